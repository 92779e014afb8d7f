// The parts of a vcpu's code cache lie one behind the other, each with room for what it holds. Runs in: vitest.
import { expect, it } from 'vitest'
import { CODE_CACHE, HASH_BUCKETS, JUMP_ENTRIES, NOTE_ENTRIES } from '../../../src-engine/isa/state-layout'

it('no part of the code cache reaches into the next one', () => {
  const pages = 2 ** 32 / 4096
  const parts: [from: number, bytes: number, until: number][] = [
    [CODE_CACHE.HEADS, pages * 4, CODE_CACHE.HASH],
    [CODE_CACHE.HASH, HASH_BUCKETS * 4, CODE_CACHE.JUMPS],
    [CODE_CACHE.JUMPS, JUMP_ENTRIES * 16, CODE_CACHE.ONE_SHOT],
    [CODE_CACHE.NOTES, NOTE_ENTRIES * 8, CODE_CACHE.STRADDLES],
  ]
  for (const [from, bytes, until] of parts) expect(from + bytes).toBeLessThanOrEqual(until)
  // the cache finds a slot by the lowest bits
  expect(JUMP_ENTRIES & (JUMP_ENTRIES - 1)).toBe(0)
})
