// How long slices become. Runs in: vitest.
import { expect, it } from 'vitest'
import { Pace } from '../../../src-engine/process/pace'

/** Slices of code that does this many instructions in a microsecond. */
function slices(pace: Pace, speed: number, count: number, several = false): number[] {
  return Array.from({ length: count }, () => {
    const instructions = pace.next(undefined, several)
    pace.ran(instructions, (instructions * 1000) / speed)
    return instructions
  })
}

it('slices of fast code become longer from the third on, and after one slow slice short ones', () => {
  const pace = new Pace()
  expect(slices(pace, 1000, 4)).toEqual([100_000, 100_000, 250_000, 250_000])
  expect(slices(pace, 10_000, 3)).toEqual([250_000, 250_000, 400_000])
  expect(slices(pace, 100, 2)).toEqual([400_000, 100_000])
})

it('slices are shorter where other vcpus may wait', () => {
  expect(slices(new Pace(), 1000, 4, true)).toEqual([25_000, 25_000, 60_000, 60_000])
})

it('a deadline is come near to in a few slices, and not run past while the pace holds', () => {
  for (const speed of [150, 1000, 4000]) {
    const pace = new Pace()
    slices(pace, speed, 3)
    let left = 400_000
    let count = 0
    while (left > 0) {
      const instructions = pace.next(left, false)
      pace.ran(instructions, (instructions * 1000) / speed)
      const took = (instructions * 1000) / speed
      // only the shortest slice may end behind it
      if (took > left) expect(instructions).toBe(2000)
      left -= took
      count++
    }
    expect(count).toBeLessThan(20)
  }
})

it('what a few instructions took says nothing, nor a clock that stands still', () => {
  const pace = new Pace()
  for (let i = 0; i < 3; i++) pace.ran(100, 1)
  expect(pace.next(undefined, false)).toBe(100_000)
  for (let i = 0; i < 3; i++) pace.ran(100_000, 0)
  expect(pace.next(undefined, false)).toBe(400_000)
})
