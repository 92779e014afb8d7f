// The least size of zoomed windows. Runs in: plain Node.
import { describe, expect, it } from 'vitest'
import { grown, leastSize, levelAfter } from '../../../src-main/app/zoom'

const area = { x: 0, y: 30, width: 1440, height: 970 }

describe('zoom', () => {
  it('takes the steps of the menu bar', () => {
    expect([levelAfter(1, 'in'), levelAfter(1, 'out'), levelAfter(1, 'reset')]).toEqual([1.5, 0.5, 0])
  })

  it('wants a smallest size as much larger as the page is, up to the screen, and never a smaller one', () => {
    const least = { width: 480, height: 320 }
    expect(leastSize(least, 2, area)).toEqual({ width: 960, height: 640 })
    expect(leastSize(least, 4, area)).toEqual({ width: 1440, height: 970 })
    expect(leastSize(least, 0.5, area)).toEqual(least)
  })

  it('grows a window that is too small, and keeps it on the screen', () => {
    const least = { width: 960, height: 640 }
    const there = { x: 100, y: 100, width: 1000, height: 700 }
    expect(grown(there, least, area)).toEqual(there)
    expect(grown({ ...there, width: 480 }, least, area)).toEqual({ ...there, width: 960 })
    expect(grown({ x: 900, y: 600, width: 480, height: 320 }, least, area)).toEqual({ x: 480, y: 360, ...least })
    // Where it was pulled beyond the screen's edge by hand it stays.
    expect(grown({ ...there, x: 1200 }, least, area)).toEqual({ ...there, x: 1200 })
  })
})
