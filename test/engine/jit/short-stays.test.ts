// Blocks that regions are not worth being entered at, from counts as the core keeps them. Runs in: vitest.
import { expect, it } from 'vitest'
import type { CodeCache } from '../../../src-engine/jit/code-cache'
import { ShortStays } from '../../../src-engine/jit/short-stays'

/** Counts that go on by so much from sample to sample. */
function counted() {
  const now = { instructions: 0, stays: 0, last: undefined as { first: number; instructions: number } | undefined }
  const cache = { instructions: () => now.instructions, stays: () => now.stays, lastStay: () => now.last }
  const short = new ShortStays(cache as unknown as CodeCache)
  /** How many such samples it takes until a block is found, of a hundred. */
  const until = (stays: number, instructions: number, first: number, last: number): number | undefined => {
    for (let i = 1; i <= 100; i++) {
      now.stays += stays
      now.instructions += instructions
      now.last = { first, instructions: last }
      if (short.found() === first) return i
    }
    return undefined
  }
  return { now, short, until }
}

it('a block whose stays are all short is found after a while, once', () => {
  const { short, until } = counted()
  expect(short.has(64)).toBe(false)
  expect(until(4000, 8000, 64, 2)).toBe(16)
  expect(short.has(64)).toBe(true)
  short.forget()
  expect(short.has(64)).toBe(false)
})

it.each([
  ['long stays', 4000, 80_000, 20],
  ['few stays', 100, 200, 2],
  ['a short stay among long ones', 4000, 80_000, 2],
  ['a long stay among short ones', 4000, 8000, 50],
])('%s are nobody held against', (_what, stays, instructions, last) => {
  expect(counted().until(stays, instructions, 64, last)).toBeUndefined()
})

it('a block that is entered through no region any more is not blamed', () => {
  const { now, short } = counted()
  for (let i = 0; i < 100; i++) {
    now.stays += 4000
    expect(short.found()).toBeUndefined()
  }
})
