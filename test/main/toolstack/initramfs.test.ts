// The demo guest's archive, read back by the system's cpio and by our own look at its fields.
import { spawnSync } from 'node:child_process'
import { describe, expect, it } from 'vitest'
import { type InitramfsEntry, makeInitramfs } from '../../../src-main/toolstack/initramfs'
import { missingProgram } from '../../support/programs'

const ENTRIES: InitramfsEntry[] = [
  { kind: 'folder', path: 'bin' },
  { kind: 'device', path: 'console', mode: 0o600, major: 5, minor: 1 },
  { kind: 'file', path: 'bin/program', mode: 0o755, content: new Uint8Array(5).fill(65) },
  { kind: 'file', path: 'empty', mode: 0o644, content: new Uint8Array(0) },
  { kind: 'link', path: 'bin/sh', target: 'program' },
]

describe('an initramfs', () => {
  it('is made of newc members that begin at multiples of 4 and end with the trailer', () => {
    const archive = Buffer.from(makeInitramfs(ENTRIES))
    const seen: [name: string, mode: string, size: number, device: string][] = []
    let at = 0
    for (;;) {
      expect(at % 4).toBe(0)
      expect(archive.toString('latin1', at, at + 6)).toBe('070701')
      const field = (index: number): number =>
        Number.parseInt(archive.toString('latin1', at + 6 + index * 8, at + 14 + index * 8), 16)
      const size = field(6)
      const content = (at + 110 + field(11) + 3) & ~3
      const name = archive.toString('latin1', at + 110, at + 110 + field(11) - 1)
      if (name === 'TRAILER!!!') break
      seen.push([name, field(1).toString(8), size, `${field(9)}:${field(10)}`])
      if (name === 'bin/program') expect(archive.toString('latin1', content, content + size)).toBe('AAAAA')
      at = (content + size + 3) & ~3
    }
    expect(seen).toEqual([
      ['bin', '40755', 0, '0:0'],
      ['console', '20600', 0, '5:1'],
      ['bin/program', '100755', 5, '0:0'],
      ['empty', '100644', 0, '0:0'],
      ['bin/sh', '120777', 7, '0:0'],
    ])
  })

  it('is listed by cpio as it was meant', ({ skip }) => {
    const cpio = missingProgram('cpio') ? (missingProgram('busybox') ? undefined : ['busybox', 'cpio']) : ['cpio']
    if (!cpio) return skip('neither cpio nor busybox is installed')
    const [program = '', ...words] = cpio
    const run = spawnSync(program, [...words, '-t'], { input: makeInitramfs(ENTRIES), encoding: 'utf8' })
    expect(run.status, run.stderr).toBe(0)
    expect(run.stdout.trim().split('\n').sort()).toEqual(ENTRIES.map((entry) => entry.path).sort())
  })
})
