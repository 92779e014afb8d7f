// Stamps and locks of the build steps: what makes several runs at once safe.
// Runs in: vitest, plain Node.
import { spawnSync } from 'node:child_process'
import fs from 'node:fs'
import os from 'node:os'
import path from 'node:path'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { hashSources, withLock, writeAtomic } from '../../../resources/tooling/stamp.mjs'

let dir = ''
beforeEach(() => {
  dir = fs.mkdtempSync(path.join(os.tmpdir(), 'ringmaster-stamp-'))
})
afterEach(() => fs.rmSync(dir, { recursive: true, force: true }))

describe('withLock', () => {
  it('lets one worker in at a time', async () => {
    let inside = 0
    let most = 0
    const work = () =>
      withLock(
        'x',
        async () => {
          most = Math.max(most, ++inside)
          await new Promise((wake) => setTimeout(wake, 10))
          inside--
        },
        dir,
      )
    await Promise.all([work(), work(), work()])
    expect(most).toBe(1)
  })

  it('is given back when the work fails', async () => {
    await expect(withLock('x', () => Promise.reject(new Error('no')), dir)).rejects.toThrow('no')
    expect(await withLock('x', () => 'again', dir)).toBe('again')
  })

  it('is taken over from a process that died holding it', async () => {
    const { pid } = spawnSync(process.execPath, ['-e', '0'])
    fs.mkdirSync(path.join(dir, 'x.lock'))
    fs.writeFileSync(path.join(dir, 'x.lock/pid'), String(pid))
    expect(await withLock('x', () => 'mine', dir)).toBe('mine')
    expect(fs.readdirSync(dir)).toEqual([])
  })
})

describe('hashSources', () => {
  it('changes with content and with extra words, and leaves out build folders', () => {
    const tree = path.relative(path.resolve(import.meta.dirname ?? __dirname, '../../..'), dir)
    writeAtomic(path.join(dir, 'a.ts'), '1')
    const first = hashSources([tree])
    writeAtomic(path.join(dir, 'build/out.wasm'), 'x')
    expect(hashSources([tree])).toBe(first)
    expect(hashSources([tree], 'flag')).not.toBe(first)
    writeAtomic(path.join(dir, 'a.ts'), '2')
    expect(hashSources([tree])).not.toBe(first)
  })
})
