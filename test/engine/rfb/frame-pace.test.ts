// How often a server makes frames: by what the last one took, and slower for text that runs up the screen.
import { describe, expect, it } from 'vitest'
import { FramePace, isRunningText } from '../../../src-engine/rfb/frame-pace'
import { TileSet } from '../../../src-engine/rfb/tile-set'

const scrolledBy = (distance: number): boolean =>
  isRunningText({ target: { x: 0, y: 0, width: 640, height: 400 - distance }, distance, rest: new TileSet(640, 400) })

/** Periods of so many frames, one after the other. */
function periods(frames: number, took: number, runningText: boolean): number[] {
  const pace = new FramePace()
  let start = 10_000
  return Array.from({ length: frames }, () => {
    const period = pace.period(start, took, runningText)
    start += period
    return period
  })
}

describe('frames', () => {
  it('take a seventh of the time, more only to keep 30 a second, and never more than half', () => {
    expect([1, 4, 10, 40, 100, 1000].map((took) => periods(1, took, false)[0])).toEqual([16, 28, 33, 80, 200, 250])
  })

  it('come 12 times a second while text runs up by whole lines, the first few as ever', () => {
    const text = periods(20, 4, true)
    expect(text.slice(0, 3)).toEqual([28, 28, 28])
    expect(new Set(text.slice(10))).toEqual(new Set([80]))
    expect(new Set(periods(20, 50, true))).toEqual(new Set([100]))
  })

  it('show as running text what goes up by whole lines', () => {
    expect([16, 32, 48].map(scrolledBy)).toEqual([true, true, true])
    expect([-16, 7, 53, 120].map(scrolledBy)).toEqual([false, false, false, false])
  })
})
