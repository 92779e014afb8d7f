// Every compression a kernel may come in, compared with the programs that make them; recorded output of the same
// programs where they are not installed.
import { readFileSync } from 'node:fs'
import path from 'node:path'
import { describe, expect, it } from 'vitest'
import { COMPRESSIONS, type Compression, decompressPayload } from '../../../../src-engine/builder/decompress/payload'
import { decompressXz } from '../../../../src-engine/builder/decompress/xz'
import { codeLikeBytes } from '../../../support/code-like'
import { missingProgram, runProgram } from '../../../support/programs'
import { count } from '../../../support/tier'

/** Origin: test/fixture/builder/README.md. Each vector is codeLikeBytes(length, seed), packed. */
const recorded: { name: Compression; length: number; seed: number; packed: string }[] = JSON.parse(
  readFileSync(path.join(import.meta.dirname, '../../../fixture/builder/packed.json'), 'utf8'),
)

const PROGRAMS: { name: Compression; program: string; args: string[] }[] = [
  { name: 'gzip', program: 'gzip', args: ['-9nc'] },
  { name: 'xz', program: 'xz', args: ['-c', '--check=crc32', '--x86', '--lzma2=preset=9e'] },
  { name: 'xz', program: 'xz', args: ['-c', '--check=crc32', '--lzma2=preset=1'] },
  { name: 'xz', program: 'xz', args: ['-c', '--check=sha256', '--x86', '--lzma2=lc=1,lp=2,pb=3'] },
  { name: 'xz', program: 'xz', args: ['-c', '--check=none', '--x86', '--lzma2=preset=6'] },
  { name: 'xz', program: 'xz', args: ['-c', '--block-size=20000', '-T1', '--x86', '--lzma2=preset=6'] },
  { name: 'lz4', program: 'lz4', args: ['-l', '-9', '-c'] },
  { name: 'zstd', program: 'zstd', args: ['-19', '-c', '-q'] },
  { name: 'zstd', program: 'zstd', args: ['--ultra', '-22', '-c', '-q', '--no-check'] },
]

/** As the kernel's build lays it out: gzip ends with its size, to the others it is appended. */
function payload(name: Compression, packed: Uint8Array, size: number): Uint8Array {
  if (name === 'gzip') return packed
  const tail = Buffer.alloc(4)
  tail.writeUInt32LE(size)
  return Buffer.concat([packed, tail])
}

function unpacked(name: Compression, packed: Uint8Array, size: number): Buffer {
  const result = decompressPayload(name, payload(name, packed, size), size)
  if (!result.ok) throw new Error(result.error)
  return Buffer.from(result.value)
}

describe('a packed kernel', () => {
  for (const vector of recorded) {
    it(`that ${vector.name} packed is unpacked to the same bytes (recorded, ${vector.length} bytes)`, () => {
      const packed = Buffer.from(vector.packed, 'base64')
      const content = Buffer.from(codeLikeBytes(vector.length, vector.seed))
      expect(unpacked(vector.name, packed, content.length).equals(content)).toBe(true)
    })
  }

  for (const { name, program, args } of PROGRAMS) {
    it(`that "${program} ${args.join(' ')}" packs is unpacked to the same bytes`, ({ skip }) => {
      const missing = missingProgram(program)
      if (missing) skip(`${missing} is not installed`)
      const large = name === 'lz4' ? 9_000_000 : count(300_000, 9_000_000) // beyond one lz4 block
      // zstd's highest levels take a second each run to lay out their tables.
      const more = name === 'zstd' ? [] : [1, 4, 5, 6, 4095, ...Array.from({ length: count(10, 200) }, (_, n) => 977 * n)]
      for (const [index, length] of [0, 100, 70_000, large, ...more].entries()) {
        const content = Buffer.from(codeLikeBytes(length, index + 1))
        const back = unpacked(name, runProgram(program, args, content), length)
        expect(back.equals(content), `${length} bytes`).toBe(true)
      }
    })
  }

  it('that is damaged anywhere gives an error, never other bytes or an exception', () => {
    for (const vector of recorded) {
      const packed = payload(vector.name, Buffer.from(vector.packed, 'base64'), vector.length)
      const content = Buffer.from(codeLikeBytes(vector.length, vector.seed))
      for (let at = 0; at < packed.length; at += 7) {
        const damaged = Uint8Array.from(packed)
        damaged[at] = (damaged[at] ?? 0) ^ 0x10
        const result = decompressPayload(vector.name, damaged, vector.length)
        // lz4's legacy frame and our zstd library have no checksum: other bytes of the right size can come out.
        if (result.ok && (vector.name === 'xz' || vector.name === 'gzip'))
          expect(Buffer.from(result.value).equals(content)).toBe(true)
        decompressPayload(vector.name, packed.subarray(0, at), vector.length)
      }
    }
  })

  it('with an announced size that is not the real one gives an error', () => {
    for (const vector of recorded) {
      const packed = Buffer.from(vector.packed, 'base64')
      for (const size of [vector.length - 1, vector.length + 1]) {
        expect(decompressPayload(vector.name, payload(vector.name, packed, size), size).ok, `${vector.name} ${size}`).toBe(
          false,
        )
      }
    }
  })

  it('has a recorded vector for each compression we support', () => {
    const supported = COMPRESSIONS.filter((row) => row.status === 'done').map((row) => row.name)
    expect(new Set(recorded.map((vector) => vector.name))).toEqual(new Set(supported))
  })

  it('with an xz filter we do not have is refused by its number', ({ skip }) => {
    if (missingProgram('xz')) skip('xz is not installed')
    const packed = runProgram('xz', ['-c', '--check=crc32', '--arm', '--lzma2'], codeLikeBytes(1000, 1))
    expect(decompressXz(packed, 1000)).toEqual({ ok: false, error: 'xz data with filters we do not have (7, 33)' })
  })
})
