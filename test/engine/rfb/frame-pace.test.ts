// How often a server makes frames: by what the last one took, and slower for text that runs up the screen.
import { describe, expect, it } from 'vitest'
import { FramePace } from '../../../src-engine/rfb/frame-pace'
import { Screen } from '../../../src-engine/rfb/screen'
import { Canvas, random } from '../../support/pictures'

const START = 10_000

/** Periods of this many frames, one after the other. */
function periods(frames: number, took: number, scrolled: number): number[] {
  const pace = new FramePace()
  let start = START
  return Array.from({ length: frames }, () => {
    const period = pace.period(start, took, scrolled)
    start += period
    return period
  })
}

describe('frames', () => {
  it('take a seventh of the time, more only to keep 30 a second, and never more than half', () => {
    expect([1, 4, 10, 40, 100, 1000].map((took) => periods(1, took, 0)[0])).toEqual([16, 28, 33, 80, 200, 250])
  })

  it('come 12 times a second while text runs up by whole lines, the first few as ever', () => {
    const text = periods(20, 4, 16)
    expect(text.slice(0, 3)).toEqual([28, 28, 28])
    expect(new Set(text.slice(10))).toEqual(new Set([80]))
    expect(new Set(periods(20, 50, 32))).toEqual(new Set([100]))
  })

  it('take what goes up by whole lines for running text, and nothing else', () => {
    expect([16, 32, 48].map((scrolled) => periods(20, 4, scrolled).at(-1))).toEqual([80, 80, 80])
    expect([-16, 7, 53, 120].map((scrolled) => periods(20, 4, scrolled).at(-1))).toEqual([28, 28, 28, 28])
  })

  it('keep that pace through frames that show no scroll, and half a second after the last one come as ever', () => {
    const pace = new FramePace()
    let start = START
    for (let i = 0; i < 40; i++) start += pace.period(start, 4, i % 5 === 0 ? 16 : 0)
    expect(pace.period(start, 4, 0)).toBe(80)
    expect(pace.period(start + 500, 4, 0)).toBe(28)
  })
})

// A kernel's console on a machine that has nothing else to do, as its framebuffer was seen there: it draws each line from the top of the
// screen to its end in 2 to 25 ms, so a frame finds the upper part a step ahead of the lower one, or two or three steps behind.
const WIDTH = 512
const ROWS = 30
const LINE_MS = 1000 / 30

class Console {
  readonly canvas = new Canvas(WIDTH, ROWS * 16)
  private readonly lines: Uint32Array[] = []
  private readonly next = random(3)

  constructor(private readonly drawMs: number) {}

  /** The picture after this many milliseconds. */
  at(time: number): void {
    const printed = Math.floor(time / LINE_MS)
    const drawn = Math.min(1, (time - printed * LINE_MS) / this.drawMs) * ROWS
    for (let row = 0; row < ROWS; row++) {
      this.canvas.pixels.set(this.line(printed + row + (row < Math.floor(drawn) ? 1 : 0)), row * 16 * WIDTH)
    }
  }

  private line(number: number): Uint32Array {
    while (this.lines.length <= number) {
      const strip = new Canvas(WIDTH, 16)
      strip.text(this.next, 0)
      // Lines end somewhere, and every fourth is an empty one.
      const end = this.lines.length % 4 === 0 ? 0 : Math.floor(this.next() * WIDTH)
      strip.fill(0, end, 0, WIDTH - end)
      this.lines.push(strip.pixels)
    }
    return this.lines[number] ?? new Uint32Array(0)
  }
}

describe('a console that prints 30 lines a second', () => {
  it.each([2, 8, 15, 25, 33])('is shown 12 times a second where a line takes %i ms to draw', (drawMs) => {
    const text = new Console(drawMs)
    const screen = new Screen(text.canvas)
    const pace = new FramePace()
    const frames: number[] = []
    for (let time = 0; time < 10_000; ) {
      text.at(time)
      const change = screen.refresh()
      if (change) frames.push(time)
      time += pace.period(START + time, 3, change?.scrolled ?? 0)
    }
    // The first second has the few that come sooner.
    expect(frames.filter((time) => time >= 1000).length).toBeLessThanOrEqual(12.5 * 9 + 1)
    expect(frames.length).toBeGreaterThan(100)
  })
})
