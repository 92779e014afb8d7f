// Main killed with SIGKILL while guests run: every process goes with it, and the next start shows what ran as crashed and has
// lost nothing else: definitions, managed saves, files. Also a managed save that was being written when the end came.
// Runs in: vitest, plain Node, on the bundles in out/main.
import { type ChildProcess, spawn } from 'node:child_process'
import { mkdtempSync, rmSync } from 'node:fs'
import os from 'node:os'
import path from 'node:path'
import { rolldown } from 'rolldown'
import { afterAll, describe, expect, it } from 'vitest'
import { alive } from '../support/alive'
import { buildMicroKernel, cannotBuild } from '../support/micro-kernel'
import { children, filesBelow, good, Supervised } from '../support/supervised'
import { count } from '../support/tier'
import { WorkerLines } from '../support/worker-guest'

const cannot = cannotBuild() ?? (process.platform === 'linux' ? undefined : 'processes are looked for in /proc')
const folder = mkdtempSync(path.join(os.tmpdir(), 'ringmaster-killed-'))
const started: ChildProcess[] = []
afterAll(() => {
  for (const child of started) child.kill('SIGKILL')
  rmSync(folder, { recursive: true, force: true })
})

/** Starts a main, waits for its guests, and kills it after a while. */
async function killedMain(program: string, kernel: string, home: string, afterMs: number): Promise<Record<string, string>> {
  const root = path.resolve(__dirname, '../..')
  const child = spawn(process.execPath, [program, home, kernel], {
    stdio: ['ignore', 'pipe', 'inherit'],
    env: { ...process.env, RINGMASTER_ROOT: root },
  })
  started.push(child)
  let told = ''
  child.stdout.on('data', (bytes: Buffer) => {
    told += bytes.toString('utf8')
  })
  await expect.poll(() => told, { timeout: 60_000, interval: 20 }).toMatch(/^(READY|FAILED) .*\n/m)
  const ready = /^READY (.*)$/m.exec(told)?.[1]
  if (ready === undefined) throw new Error(told)
  await new Promise((resolve) => setTimeout(resolve, afterMs))
  const pids = [...children(child.pid ?? -1, 'dom0'), ...children(child.pid ?? -1, 'domain')]
  expect(pids.length).toBeGreaterThanOrEqual(3)
  const ended = new Promise((resolve) => child.once('exit', resolve))
  child.kill('SIGKILL')
  await ended
  await expect.poll(() => pids.filter(alive), { timeout: 60_000 }).toEqual([])
  const parsed: unknown = JSON.parse(ready)
  if (typeof parsed !== 'object' || parsed === null) throw new Error(ready)
  return Object.fromEntries(Object.entries(parsed).map(([key, value]) => [key, String(value)]))
}

describe.skipIf(cannot)('a main process that is killed', () => {
  it('takes its processes along; the next start shows what ran as crashed and goes on with the rest', async () => {
    const kernel = buildMicroKernel('worker')
    const program = path.join(folder, 'main.cjs')
    const bundle = await rolldown({
      input: path.join(__dirname, '../support/main-process.ts'),
      platform: 'node',
      logLevel: 'warn',
    })
    await bundle.write({ file: program, format: 'cjs' })
    await bundle.close()
    // At different moments of the last guest's save.
    for (const afterMs of count(1, 3) === 1 ? [100] : [0, 120, 900]) {
      const home = path.join(folder, `home-${afterMs}`)
      const uuids = await killedMain(program, kernel, home, afterMs)
      const machine = new Supervised(home)
      await machine.open()
      try {
        const { running = '', paused = '', saved = '', off = '', saving = '' } = uuids
        expect([running, paused, saved, off].map((uuid) => machine.state(uuid))).toEqual([
          'crashed',
          'crashed',
          'saved',
          'shutoff',
        ])
        expect(machine.info(running).detail).toMatch(/ended unexpectedly/)
        // Cut off in its save it has crashed; when the save was whole it goes on from it.
        const cut = machine.state(saving)
        expect(['crashed', 'saved']).toContain(cut)
        expect(machine.notices).toEqual([])
        const lines = new WorkerLines()
        for (const uuid of cut === 'saved' ? [saved, saving] : [saved]) {
          good(await machine.toolstack.domains.create(uuid, false))
          const from = uuid === saved ? 25 : 3
          const text = await machine.console(uuid, (shown) => lines.check(shown).last >= from)
          expect(lines.check(text)).toMatchObject({ wrong: undefined, first: 1 })
        }
        good(await machine.toolstack.domains.create(running, false))
        await machine.console(running, (text) => text.includes('LINE 3 '))
        // Each was gone on from.
        const files = filesBelow(path.join(home, 'saved'))
        expect(files).toEqual([])
      } finally {
        await machine.close()
      }
      // Closed in order there is no marker left: nothing is shown as crashed next time.
      const next = new Supervised(home)
      await next.toolstack.load()
      expect(next.toolstack.domains.list().map(({ state }) => state)).not.toContain('restoring')
      expect(filesBelow(path.join(home, 'running'))).toEqual([])
    }
  }, 180_000)
})
