// Small curves in pixels: where line and area are, and how much of them there is. Runs in: plain Node.
import { describe, expect, it } from 'vitest'
import { blend, drawCurve } from '../../../src-renderer/features/graphs/curve-pixels'

const LINE = 0xff0000c8
const FILL = 0x40c80000
const GRID = 0xffe0e0e0
const colours = { line: LINE, fill: FILL, grid: GRID }
const [WIDTH, HEIGHT, COUNT] = [59, 22, 60]

function drawn(shares: (back: number) => number, count = COUNT, scale = 1): (x: number, row: number) => number {
  const [width, height] = [WIDTH * scale, HEIGHT * scale]
  const pixels = new Uint32Array(width * height).fill(0x12345678)
  const values = Float64Array.from({ length: COUNT }, (_, back) => shares(back))
  drawCurve(pixels, width, height, { shares: values, count, step: width / (COUNT - 1), scale }, colours)
  return (x, row) => pixels[row * width + x] ?? 0
}

/** How much line there is in a column, in pixels. */
function inked(at: (x: number, row: number) => number, x: number, height = HEIGHT): number {
  let sum = 0
  for (let row = 1; row < height - 1; row++) sum += ((at(x, row) & 255) / 0xc8) * ((at(x, row) >>> 24) / 255)
  return sum
}

describe('a small curve in pixels', () => {
  it('has the area below its line, nothing above but the upper edge, and a line as thick as it is to be', () => {
    // Between the edges: base at 21, top at 2; a half is at 11.5.
    const at = drawn(() => 0.5)
    expect(at(30, 0)).toBe(GRID)
    expect(at(30, 5)).toBe(0)
    expect(at(30, 15)).toBe(FILL)
    expect(at(30, 11)).toBe(blend(LINE, 1, blend(FILL, 0.5, 0)))
    expect(inked(at, 30)).toBeGreaterThan(1.15)
    expect(inked(at, 30)).toBeLessThan(1.4)
  })

  it('is one unbroken line where it goes from the base to the upper edge and back', () => {
    const at = drawn((back) => (back % 2 === 0 ? 1 : 0))
    for (let x = 1; x < WIDTH - 1; x++) {
      for (let row = 4; row < HEIGHT - 4; row++) expect(at(x, row) & 255, `${x} ${row}`).toBeGreaterThan(0)
    }
  })

  it('begins where its samples begin', () => {
    const at = drawn(() => 0.5, 10)
    expect(at(20, 15)).toBe(0)
    expect(at(WIDTH - 2, 15)).toBe(FILL)
  })

  it('keeps its looks at twice the pixels', () => {
    const at = drawn(() => 0.5, COUNT, 2)
    expect([at(60, 0), at(60, 1), at(60, 2)]).toEqual([GRID, GRID, 0])
    expect(at(60, 30)).toBe(FILL)
    expect(inked(at, 60, HEIGHT * 2)).toBeGreaterThan(2.3)
  })

  it('covers as paint does: over nothing its own colour, all of it what it covers, half of it the mean', () => {
    expect(blend(LINE, 1, FILL)).toBe(LINE)
    expect(blend(LINE, 0, FILL)).toBe(FILL)
    expect(blend(0xff000000, 0.5, 0xffffffff)).toBe(0xff808080)
    expect(blend(LINE, 0.5, 0)).toBe(0x800000c8)
  })
})
