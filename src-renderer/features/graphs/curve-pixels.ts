// Draws one small curve into pixels: a filled area with its line, between a base line and an upper edge. A list has two hundred
// of them and draws all each second; the canvas's own paths take ten times as long for it without a graphics card.
// Pixels are 32-bit words of ImageData: red in the lowest byte, alpha in the highest, not multiplied.
// Invariant: nothing is allocated. Runs in: renderer and tests; pure.

export interface CurveColours {
  readonly line: number
  readonly fill: number
  readonly grid: number
}

/** A part of a pixel's width; more is not seen. */
const SLICES = 3

/** `over` in front of `under`, `share` of it (0 to 1). */
export function blend(over: number, share: number, under: number): number {
  // Most pixels: nothing to add, or nothing below.
  if (share <= 0) return under
  if (under === 0) return ((over & 0xffffff) | (Math.round((over >>> 24) * share) << 24)) >>> 0
  const a = ((over >>> 24) / 255) * share
  const b = ((under >>> 24) / 255) * (1 - a)
  const alpha = a + b
  if (alpha <= 0) return 0
  const mixed = (shift: number): number =>
    Math.round((((over >>> shift) & 255) * a + ((under >>> shift) & 255) * b) / alpha) << shift
  return (mixed(0) | mixed(8) | mixed(16) | (Math.round(alpha * 255) << 24)) >>> 0
}

/** How much of the pixel row from `row` to `row + 1` lies between two heights. */
function overlap(row: number, upper: number, lower: number): number {
  return Math.max(0, Math.min(row + 1, lower) - Math.max(row, upper))
}

export interface Curve {
  /** Shares of the height, 0 the base and 1 the upper edge, newest first; `count` of them are there. */
  readonly shares: Float64Array
  readonly count: number
  /** Pixels between two of them; the newest is at the right edge. */
  readonly step: number
  /** Device pixels in a CSS pixel. */
  readonly scale: number
}

/** Where a share of the height is: the line keeps clear of the upper edge. */
export function heightOf(share: number, height: number, scale: number): number {
  return height - scale - share * (height - 3 * scale)
}

/** Heights of the curve at the edges of the slices of one column. */
const edges = new Float64Array(SLICES + 1)

/** Overwrites all of `pixels`, `width` times `height` of them. */
export function drawCurve(pixels: Uint32Array, width: number, height: number, curve: Curve, colours: CurveColours): void {
  const { shares, count, step, scale } = curve
  const thick = Math.max(1, Math.round(scale))
  pixels.fill(0)
  pixels.fill(colours.grid, 0, thick * width)
  pixels.fill(colours.grid, (height - thick) * width, height * width)
  const area = blend(colours.fill, 1, 0)
  const areaOnGrid = blend(colours.fill, 1, colours.grid)
  const yAt = (x: number): number => {
    const place = Math.min(count - 1, Math.max(0, (width - x) / step))
    const before = Math.floor(place)
    const share = shares[before] ?? 0
    return heightOf(share + ((shares[before + 1] ?? share) - share) * (place - before), height, scale)
  }
  const first = Math.max(0, width - (count - 1) * step)
  for (let x = Math.floor(first); x < width; x++) {
    let [highest, lowest] = [height, 0]
    for (let slice = 0; slice <= SLICES; slice++) {
      const y = yAt(x + slice / SLICES)
      edges[slice] = y
      highest = Math.min(highest, y)
      lowest = Math.max(lowest, y)
    }
    // A steep stroke is as thick across as a level one, and so higher.
    const rise = lowest - highest
    const half = (0.625 * scale * Math.sqrt(1 + rise * rise)) / Math.max(1, rise)
    const [from, to] = [Math.max(0, Math.floor(highest - half)), Math.min(height, Math.ceil(lowest + half))]
    for (let row = from; row < to; row++) {
      let [line, below] = [0, 0]
      for (let slice = 0; slice < SLICES; slice++) {
        const left = edges[slice] ?? 0
        const right = edges[slice + 1] ?? 0
        line += overlap(row, Math.min(left, right) - half, Math.max(left, right) + half) / SLICES
        below += overlap(row, (left + right) / 2, height) / SLICES
      }
      const place = row * width + x
      pixels[place] = blend(colours.line, Math.min(1, line), blend(colours.fill, below, pixels[place] ?? 0))
    }
    for (let row = to; row < height - thick; row++) pixels[row * width + x] = area
    for (let row = Math.max(to, height - thick); row < height; row++) pixels[row * width + x] = areaOnGrid
  }
}
