// A guest's process that dies around the end of its save, through toolstack, driver and supervisor. The engine's bundle is wrapped
// so that it kills itself just before or just after the rename that makes the save whole.
// Runs in: vitest, plain Node, on the bundles in out/main.
import { mkdirSync, mkdtempSync, readdirSync, rmSync, writeFileSync } from 'node:fs'
import os from 'node:os'
import path from 'node:path'
import { afterAll, describe, expect, it } from 'vitest'
import { buildMicroKernel, cannotBuild } from '../support/micro-kernel'
import { good, Supervised } from '../support/supervised'
import { WorkerLines } from '../support/worker-guest'

const cannot = cannotBuild()
const folder = mkdtempSync(path.join(os.tmpdir(), 'ringmaster-cut-'))
afterAll(() => rmSync(folder, { recursive: true, force: true }))

function bundles(name: string, rename: string): string {
  const at = path.join(folder, `${name}-bundles`)
  mkdirSync(at)
  for (const bundle of ['dom0.cjs', 'domain.cjs']) {
    const wrap = [
      `const files = require('node:fs/promises')`,
      'const { rename } = files',
      `const die = () => { process.kill(process.pid, 'SIGKILL'); for (;;); }`,
      `files.rename = async (from, to) => { if (!to.endsWith('.save')) return rename(from, to); ${rename} }`,
    ]
    const real = path.resolve(__dirname, '../../out/main', bundle)
    writeFileSync(path.join(at, bundle), `${wrap.join('\n')}\nrequire(${JSON.stringify(real)})\n`)
  }
  return at
}

describe.skipIf(cannot)('a process that dies in its managed save', () => {
  it.each([
    ['before', 'die()', 'crashed', 'shutoff'],
    ['after', 'await rename(from, to); die()', 'saved', 'saved'],
  ] as const)(
    '%s it is whole leaves its guest what it should be, also after a new start',
    async (when, rename, state, later) => {
      const home = path.join(folder, when)
      const machine = new Supervised(home, { bundleFolder: bundles(when, rename) })
      await machine.open()
      const lines = new WorkerLines()
      const uuid = await machine.start('guest', buildMicroKernel('worker'), 'pulse=10')
      await machine.console(uuid, (text) => lines.check(text).last > 5)
      const ended = await machine.toolstack.jobs.wait(good(machine.toolstack.domains.managedSave(uuid)))
      expect(ended.ok).toBe(false)
      await expect.poll(() => machine.state(uuid)).toBe(state)
      await machine.close()
      const next = new Supervised(home)
      await next.open()
      expect(next.state(uuid)).toBe(later)
      expect(readdirSync(path.join(home, 'saved'))).toEqual(state === 'saved' ? [`${uuid}.save`] : [])
      good(await next.toolstack.domains.create(uuid, false))
      const text = await next.console(uuid, (shown) => lines.check(shown).last > 10)
      expect(lines.check(text)).toMatchObject({ wrong: undefined, first: 1 })
      expect(readdirSync(path.join(home, 'saved'))).toEqual([])
      await next.close()
    },
    180_000,
  )
})
