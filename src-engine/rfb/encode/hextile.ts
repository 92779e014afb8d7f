// Hextile rectangles (RFC 6143 section 7.7.4): tiles of 16 by 16, each raw, or a background with one-coloured rectangles on it.
// Background and foreground carry over from tile to tile, never beyond a raw one (the RFC leaves that open, viewers differ).
// Runs in: anything.
import type { Output } from '../output'
import type { PixelConverter } from '../pixel-format'
import type { Rectangle } from '../tile-set'
import { Palette } from './palette'

const SIZE = 16
const RAW = 1
const BACKGROUND = 2
const FOREGROUND = 4
const SUBRECTANGLES = 8
const COLOURED = 16

export class HextileEncoder {
  private readonly values = new Uint32Array(SIZE * SIZE)
  private readonly done = new Uint8Array(SIZE * SIZE)
  private readonly palette = new Palette()
  /** Subrectangles of the tile: value, x << 4 | y, (width - 1) << 4 | height - 1. */
  private readonly found = new Uint32Array(3 * SIZE * SIZE)
  private background = -1
  private foreground = -1

  encode(out: Output, pixels: Uint32Array, stride: number, area: Rectangle, converter: PixelConverter): void {
    this.background = -1
    this.foreground = -1
    for (let y = area.y; y < area.y + area.height; y += SIZE) {
      const height = Math.min(SIZE, area.y + area.height - y)
      for (let x = area.x; x < area.x + area.width; x += SIZE) {
        const width = Math.min(SIZE, area.x + area.width - x)
        for (let line = 0; line < height; line++) {
          converter.convert(pixels, (y + line) * stride + x, width, this.values, line * width)
        }
        this.tile(out, width, height, converter.bytes)
      }
    }
  }

  private tile(out: Output, width: number, height: number, bytes: number): void {
    const count = width * height
    out.need(count * bytes + 16)
    if (!this.palette.collect(this.values, count, 64)) {
      this.raw(out, count, bytes)
      return
    }
    const background = this.commonest(count)
    const mono = this.palette.size <= 2
    const rectangles = this.cut(width, height, background)
    const size = rectangles * (mono ? 2 : 2 + bytes)
    if (rectangles > 255 || size + 2 * bytes + 2 >= count * bytes) {
      this.raw(out, count, bytes)
      return
    }
    const { found } = this
    const newBackground = background !== this.background
    const foreground = found[0] ?? 0
    const newForeground = mono && rectangles > 0 && foreground !== this.foreground
    out.u8(
      (newBackground ? BACKGROUND : 0) |
        (newForeground ? FOREGROUND : 0) |
        (rectangles > 0 ? SUBRECTANGLES | (mono ? 0 : COLOURED) : 0),
    )
    if (newBackground) out.pixel(background, bytes)
    if (newForeground) out.pixel(foreground, bytes)
    this.background = background
    // A tile with coloured rectangles leaves the foreground undefined for the next one.
    if (rectangles > 0) this.foreground = mono ? foreground : -1
    if (rectangles === 0) return
    out.u8(rectangles)
    for (let i = 0; i < rectangles; i++) {
      if (!mono) out.pixel(found[3 * i] ?? 0, bytes)
      out.u8(found[3 * i + 1] ?? 0)
      out.u8(found[3 * i + 2] ?? 0)
    }
  }

  private raw(out: Output, count: number, bytes: number): void {
    out.u8(RAW)
    for (let i = 0; i < count; i++) out.pixel(this.values[i] ?? 0, bytes)
    this.background = -1
    this.foreground = -1
  }

  private commonest(count: number): number {
    const { palette, values } = this
    if (palette.size === 1) return values[0] ?? 0
    const counts = new Uint16Array(palette.size)
    for (let i = 0; i < count; i++) {
      const index = palette.index(values[i] ?? 0)
      counts[index] = (counts[index] ?? 0) + 1
    }
    let best = 0
    for (let i = 1; i < counts.length; i++) if ((counts[i] ?? 0) > (counts[best] ?? 0)) best = i
    return palette.colours[best] ?? 0
  }

  /** Cuts what is not background into rectangles of one colour, each as wide as it goes and then as high. */
  private cut(width: number, height: number, background: number): number {
    const { values, done, found } = this
    done.fill(0)
    let count = 0
    for (let y = 0; y < height; y++) {
      for (let x = 0; x < width; x++) {
        const at = y * width + x
        const value = values[at] ?? 0
        if (done[at] || value === background) continue
        let right = x + 1
        while (right < width && values[y * width + right] === value && !done[y * width + right]) right++
        let bottom = y + 1
        while (bottom < height && this.same(bottom * width, x, right, value)) bottom++
        for (let line = y; line < bottom; line++) done.fill(1, line * width + x, line * width + right)
        found[3 * count] = value
        found[3 * count + 1] = (x << 4) | y
        found[3 * count + 2] = ((right - x - 1) << 4) | (bottom - y - 1)
        count++
      }
    }
    return count
  }

  private same(line: number, from: number, to: number, value: number): boolean {
    for (let x = from; x < to; x++) if (this.values[line + x] !== value || this.done[line + x]) return false
    return true
  }
}
