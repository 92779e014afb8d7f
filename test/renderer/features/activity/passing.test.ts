// A card that goes by itself, with a clock of the test's. Runs in: vitest, plain Node.
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest'
import { PASSING_MS, Passing } from '../../../../src-renderer/features/activity/passing'

beforeEach(() => {
  vi.useFakeTimers()
})
afterEach(() => {
  vi.useRealTimers()
})

describe('a card that asks for nothing', () => {
  it('goes by itself, once', () => {
    const left = vi.fn()
    new Passing(left)
    vi.advanceTimersByTime(PASSING_MS - 1)
    expect(left).not.toHaveBeenCalled()
    vi.advanceTimersByTime(10 * PASSING_MS)
    expect(left).toHaveBeenCalledTimes(1)
  })

  it('stays while pointer or focus is within it, and its whole time after both have left', () => {
    const left = vi.fn()
    const passing = new Passing(left)
    vi.advanceTimersByTime(PASSING_MS - 1)
    passing.hold('pointer')
    passing.hold('focus')
    vi.advanceTimersByTime(10 * PASSING_MS)
    passing.release('pointer')
    vi.advanceTimersByTime(10 * PASSING_MS)
    expect(left).not.toHaveBeenCalled()
    passing.release('focus')
    vi.advanceTimersByTime(PASSING_MS - 1)
    // What was not within it leaves nothing.
    passing.release('pointer')
    expect(left).not.toHaveBeenCalled()
    vi.advanceTimersByTime(1)
    expect(left).toHaveBeenCalledTimes(1)
  })

  it('that was closed does not go again', () => {
    const left = vi.fn()
    new Passing(left).dispose()
    vi.advanceTimersByTime(10 * PASSING_MS)
    expect(left).not.toHaveBeenCalled()
  })
})
