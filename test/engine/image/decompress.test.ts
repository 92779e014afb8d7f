// Compressed clusters: what the zstd program packs comes out the same, at every level; what nobody honest packs is refused before it costs
// more than a cluster. Seeds are fixed; npm run test:long has more of them.
import { execFileSync } from 'node:child_process'
import { readFileSync } from 'node:fs'
import { describe, expect, it } from 'vitest'
import { decompressCluster } from '../../../src-engine/image/qcow2/decompress'
import type { Result } from '../../../src-engine/public/result'
import { pattern } from '../../support/frames'
import { missingProgram } from '../../support/programs'
import { randomFrom } from '../../support/random'
import { count } from '../../support/tier'

const KIB = 1024

const unpack = (packed: Uint8Array, room: number): Promise<Result<Uint8Array, string>> =>
  decompressCluster('zstd', packed, room)

const pack = (bytes: Uint8Array, ...words: string[]): Uint8Array =>
  execFileSync('zstd', ['-q', '-c', ...words], { input: bytes, maxBuffer: 64 * KIB * KIB })

const noise = (length: number, values = 256, seed = 5): Uint8Array => {
  const next = randomFrom(seed)
  return Uint8Array.from({ length }, () => next(values))
}

/** Text and code as there is enough of it here. */
const text = readFileSync(new URL('../../../package-lock.json', import.meta.url))

/** Pieces of what came before, from far away and with something in between. */
function patchwork(length: number): Uint8Array {
  const next = randomFrom(9)
  const bytes = noise(length)
  for (let at = 5000; at + 3000 < length; ) {
    const size = 4 + next(2500)
    bytes.copyWithin(at, next(at), next(at) + size)
    at += size + next(40)
  }
  return bytes
}

const INPUTS: readonly (readonly [string, Uint8Array])[] = [
  ['a byte', Uint8Array.of(7)],
  ['zeroes', new Uint8Array(300 * KIB)],
  ['text', text.subarray(0, 700 * KIB)],
  ['a cluster of text', text.subarray(0, 64 * KIB)],
  ['noise', noise(200 * KIB)],
  ['few values', noise(200 * KIB, 3)],
  ['a skewed code', Uint8Array.from({ length: 150 * KIB }, (_, i) => 31 - Math.clz32(i | 1))],
  ['patchwork', patchwork(600 * KIB)],
  ['a pattern', pattern(100 * KIB)],
]

describe.skipIf(missingProgram('zstd'))('what zstd has packed', () => {
  it.each(INPUTS)('comes out the same: %s', async (_what, bytes) => {
    const size = `--stream-size=${bytes.length}`
    for (const words of [['-1'], ['-3', '--no-check', size], ['-19', size]]) {
      // in whole sectors
      const packed = Buffer.concat([pack(bytes, ...words), noise(300)])
      const unpacked = await unpack(packed, bytes.length)
      expect(unpacked.ok && Buffer.compare(unpacked.value, bytes), words.join(' ')).toBe(0)
    }
  })

  it('is refused where there is no room for it, or too much', async () => {
    for (const [, bytes] of INPUTS) {
      for (const room of [bytes.length - 1, bytes.length + 1]) {
        if (room > 0)
          expect(await unpack(pack(bytes), room)).toMatchObject({ ok: false, error: expect.stringMatching(/damaged/) })
      }
    }
  })

  it('and was damaged since is refused, or is as long as before', async () => {
    const next = randomFrom(20261127)
    const packed = INPUTS.flatMap(([, bytes]) => [
      pack(bytes.subarray(0, 20 * KIB), '-3'),
      pack(bytes.subarray(0, 5 * KIB), '-9'),
    ])
    let refused = 0
    const rounds = count(1000, 100_000)
    for (let i = 0; i < rounds; i++) {
      const bytes = Uint8Array.from(packed[i % packed.length] ?? [])
      for (let flips = 1 + next(4); flips > 0; flips--) {
        const at = next(3) === 0 ? next(bytes.length) : Math.min(next(60), bytes.length - 1)
        bytes[at] = (bytes[at] ?? 0) ^ (1 << next(8))
      }
      const cut = next(4) === 0 ? bytes.subarray(0, next(bytes.length)) : bytes
      const unpacked = await unpack(cut, i % 2 === 0 ? 20 * KIB : 5 * KIB)
      if (unpacked.ok) expect(unpacked.value.length % (5 * KIB)).toBe(0)
      else refused++
    }
    expect(refused).toBeGreaterThan(rounds / 4)
    expect(refused).toBeLessThan(rounds)
  })
})

describe('a cluster that is made to cost much', () => {
  /** The last block says that it is. */
  const frame = (...blocks: readonly (readonly number[])[]): Uint8Array => {
    const last = blocks.at(-1) ?? []
    const others = blocks.slice(0, -1).flat()
    return Uint8Array.of(0x28, 0xb5, 0x2f, 0xfd, 0, 0x58, ...others, (last[0] ?? 0) | 1, ...last.slice(1))
  }
  const block = (type: number, size: number, body: readonly number[]): number[] => {
    const head = (size << 3) | (type << 1)
    return [head & 255, (head >> 8) & 255, head >> 16, ...body]
  }
  /** 98,047 copies of 34 bytes in nine: each code is always the same one, and none has further bits. */
  const copies = block(2, 9, [0, 255, 255, 255, 0x54, 0, 0, 31, 1])
  const longest = block(1, 128 * KIB, [7])
  it.each([
    ['a block of copies without end', frame(block(1, 16, [7]), copies)],
    ['blocks of one byte over and over', frame(...new Array<number[]>(1000).fill(longest))],
    ['empty blocks without end', frame(...new Array<number[]>(10_000).fill(block(0, 0, [])))],
    ['a block larger than one can be', frame(block(1, 1024 * KIB, [7]))],
  ])('is refused: %s', async (_what, bytes) => {
    const unpacked = await decompressCluster('zstd', bytes, 64 * KIB)
    expect(unpacked).toMatchObject({ ok: false, error: expect.stringMatching(/damaged/) })
  })
})
