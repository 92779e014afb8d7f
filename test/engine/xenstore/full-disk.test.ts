// A journal on a disk that becomes full: the store goes on, and when there is room again the journal is whole without anybody's
// help, whether little or much happened meanwhile. Runs in: vitest, plain Node; mounts a small file system, so root only.
import { execFileSync } from 'node:child_process'
import fs from 'node:fs'
import os from 'node:os'
import path from 'node:path'
import { afterEach, describe, expect, it } from 'vitest'
import { lookup } from '../../../src-engine/xenstore/tree'
import { XenStored } from '../../../src-engine/xenstore/xenstored'

const MIB = 1024 * 1024
let disk = ''
afterEach(unmount)

function mount(): boolean {
  const made = fs.mkdtempSync(path.join(os.tmpdir(), 'ringmaster-full-'))
  try {
    execFileSync('mount', ['-t', 'tmpfs', '-o', 'size=4m', 'tmpfs', made], { stdio: 'ignore' })
    disk = made
    return true
  } catch {
    fs.rmSync(made, { recursive: true })
    return false
  }
}

function mayMount(): boolean {
  if (!mount()) return false
  unmount()
  return true
}

function unmount(): void {
  if (disk === '') return
  execFileSync('umount', [disk])
  fs.rmSync(disk, { recursive: true })
  disk = ''
}

function fill(): string {
  const filler = path.join(disk, 'filler')
  const file = fs.openSync(filler, 'w')
  try {
    for (;;) fs.writeSync(file, new Uint8Array(4096))
  } catch {
    fs.closeSync(file)
  }
  return filler
}

describe.skipIf(!mayMount())('a journal on a full disk', () => {
  it.each([
    ['little', 20],
    ['much', 6000],
  ])('is whole again when there is room, after %s has happened', async (_how, changes) => {
    const said: string[] = []
    expect(mount()).toBe(true)
    const journal = path.join(disk, 'journal')
    const store = new XenStored(journal, (level, text) => said.push(`${level} ${text}`))
    const write = (key: string, value: string): void => {
      store.change([{ kind: 'write', path: `/tool/${key}`, value, creator: 0 }])
      store.flush()
    }
    write('before', 'there')
    const filler = fill()
    for (let each = 0; each < changes; each++) write('busy', `${each} ${'x'.repeat(2000)}`)
    expect(said.filter((line) => line.startsWith('error')).join('\n')).toMatch(/journal cannot be written/)
    expect(said.length).toBeLessThan(5)
    fs.rmSync(filler)
    write('after', 'room')
    const kept = (): (string | undefined)[] => {
      const again = new XenStored(journal, () => {})
      const values = ['before', 'busy', 'after'].map((key) => lookup(again.store.tree, `/tool/${key}`)?.value?.slice(0, 6))
      again.dispose()
      return values
    }
    // With little to catch up by itself; with much at the next thing that happens.
    await expect
      .poll(
        () => {
          if (changes > 100) store.flush()
          return kept()
        },
        { timeout: 60_000, interval: 200 },
      )
      .toEqual(['there', `${changes - 1} ${'x'.repeat(6)}`.slice(0, 6), 'room'])
    expect(said.at(-1)).toContain('written again')
    expect(fs.statSync(path.join(journal, 'xenstore.journal')).size).toBeLessThan(4 * MIB)
    store.dispose()
  })
})
