// Files out of a tar stream, however it is cut into pieces.

import { spawnSync } from 'node:child_process'
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import os from 'node:os'
import path from 'node:path'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { readTarMembers } from '../../../src-main/toolstack/tar-member'
import { missingProgram } from '../../support/programs'

const folder = mkdtempSync(path.join(os.tmpdir(), 'ringmaster-tar-'))
const missing = missingProgram('tar')
const first = Buffer.alloc(1537, 'a')
const second = Buffer.from('second')
let archive: Buffer = Buffer.alloc(0)

beforeAll(() => {
  if (missing) return
  mkdirSync(path.join(folder, 'boot/grub'), { recursive: true })
  writeFileSync(path.join(folder, 'boot/config'), 'x'.repeat(5000))
  writeFileSync(path.join(folder, 'boot/vmlinuz-1'), first)
  writeFileSync(path.join(folder, 'boot', 'n'.repeat(180)), 'a long name')
  writeFileSync(path.join(folder, 'busybox'), second)
  archive = spawnSync('tar', ['-C', folder, '--sort=name', '-cf', '-', './boot', './busybox']).stdout
})
afterAll(() => rmSync(folder, { recursive: true }))

async function* pieces(size: number): AsyncGenerator<Uint8Array> {
  for (let at = 0; at < archive.length; at += size) yield archive.subarray(at, at + size)
}

const wanted = (name: string): string | undefined => (/vmlinuz|busybox/.test(name) ? path.basename(name) : undefined)

describe('a tar stream', () => {
  for (const size of [1, 7, 511, 512, 513, 4096, 1 << 20]) {
    it(`in pieces of ${size} bytes gives the files wanted`, async ({ skip }) => {
      if (missing) return skip(`${missing} is not installed`)
      const found = await readTarMembers(pieces(size), wanted, 2)
      expect([...found.keys()].sort()).toEqual(['busybox', 'vmlinuz-1'])
      expect(found.get('vmlinuz-1')?.equals(first)).toBe(true)
      expect(found.get('busybox')?.equals(second)).toBe(true)
    })
  }

  it('is left when enough was found', async ({ skip }) => {
    if (missing) return skip(`${missing} is not installed`)
    let read = 0
    async function* counted(): AsyncGenerator<Uint8Array> {
      for await (const piece of pieces(512)) {
        read += piece.length
        yield piece
      }
    }
    await readTarMembers(counted(), (name) => (name === 'boot/config' ? name : undefined), 1)
    expect(read).toBeLessThan(archive.length)
  })

  it('without the file, cut off, or of noise gives nothing', async () => {
    expect((await readTarMembers(pieces(512), () => undefined, 1)).size).toBe(0)
    async function* noise(): AsyncGenerator<Uint8Array> {
      yield Uint8Array.from({ length: 5000 }, (_, at) => (at * 7919) & 0xff)
    }
    expect((await readTarMembers(noise(), wanted, 1)).size).toBe(0)
  })
})
