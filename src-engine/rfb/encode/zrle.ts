// ZRLE rectangles (RFC 6143 section 7.7.6): tiles of 64 by 64, each solid, packed with a palette, run-length coded or raw, and all
// of a connection through one zlib stream. What is here is everything before zlib; session.ts has the stream.
// Runs in: anything.
import type { Output } from '../output'
import type { PixelConverter } from '../pixel-format'
import type { Rectangle } from '../tile-set'
import { Palette } from './palette'

const SIZE = 64
const RAW = 0
const SOLID = 1
const PLAIN_RLE = 128
/** The largest palette of packed pixels, and of run-length coded ones. */
const PACKED_LIMIT = 16
const PALETTE_LIMIT = 127

export class ZrleEncoder {
  private readonly values = new Uint32Array(SIZE * SIZE)
  private readonly palette = new Palette()

  encode(out: Output, pixels: Uint32Array, stride: number, area: Rectangle, converter: PixelConverter): void {
    for (let y = area.y; y < area.y + area.height; y += SIZE) {
      const height = Math.min(SIZE, area.y + area.height - y)
      for (let x = area.x; x < area.x + area.width; x += SIZE) {
        const width = Math.min(SIZE, area.x + area.width - x)
        for (let line = 0; line < height; line++) {
          converter.convert(pixels, (y + line) * stride + x, width, this.values, line * width)
        }
        this.tile(out, width, height, converter)
      }
    }
  }

  private tile(out: Output, width: number, height: number, converter: PixelConverter): void {
    const count = width * height
    const bytes = converter.compactBytes
    // The longest form is plain run lengths of single pixels, and that is never chosen over raw.
    out.need(count * (bytes + 1) + 4 * PALETTE_LIMIT + 1)
    const { runs, runBytes, singles } = this.measure(count)
    const few = this.palette.collect(this.values, count, PALETTE_LIMIT)
    const { size } = this.palette
    if (few && size === 1) {
      out.u8(SOLID)
      out.pixel(converter.compact(this.values[0] ?? 0), bytes)
      return
    }
    const bits = size <= 2 ? 1 : size <= 4 ? 2 : 4
    const candidates = {
      raw: count * bytes,
      plain: runs * bytes + runBytes,
      packed: few && size <= PACKED_LIMIT ? size * bytes + height * Math.ceil((width * bits) / 8) : Number.POSITIVE_INFINITY,
      palette: few ? size * bytes + runs + runBytes - singles : Number.POSITIVE_INFINITY,
    }
    const best = Math.min(candidates.raw, candidates.plain, candidates.packed, candidates.palette)
    if (best === candidates.packed) this.packed(out, width, height, bits, converter)
    else if (best === candidates.palette) this.runs(out, count, converter, true)
    else if (best === candidates.plain) this.runs(out, count, converter, false)
    else {
      out.u8(RAW)
      for (let i = 0; i < count; i++) out.pixel(converter.compact(this.values[i] ?? 0), bytes)
    }
  }

  /** Number of runs, bytes their lengths take (one for each begun 255), and how many are of a single pixel. */
  private measure(count: number): { runs: number; runBytes: number; singles: number } {
    const { values } = this
    let runs = 0
    let runBytes = 0
    let singles = 0
    for (let i = 0; i < count; ) {
      const end = this.runEnd(i, count, values[i] ?? 0)
      runs++
      runBytes += 1 + Math.floor((end - i - 1) / 255)
      if (end - i === 1) singles++
      i = end
    }
    return { runs, runBytes, singles }
  }

  private runEnd(from: number, count: number, value: number): number {
    const { values } = this
    let end = from + 1
    while (end < count && values[end] === value) end++
    return end
  }

  private colours(out: Output, converter: PixelConverter): void {
    for (let i = 0; i < this.palette.size; i++) {
      out.pixel(converter.compact(this.palette.colours[i] ?? 0), converter.compactBytes)
    }
  }

  private packed(out: Output, width: number, height: number, bits: number, converter: PixelConverter): void {
    out.u8(this.palette.size)
    this.colours(out, converter)
    for (let y = 0; y < height; y++) {
      let byte = 0
      let filled = 0
      for (let x = 0; x < width; x++) {
        byte = (byte << bits) | this.palette.index(this.values[y * width + x] ?? 0)
        filled += bits
        if (filled < 8) continue
        out.pixel(byte, 1)
        byte = 0
        filled = 0
      }
      if (filled > 0) out.pixel(byte << (8 - filled), 1)
    }
  }

  private runs(out: Output, count: number, converter: PixelConverter, indexed: boolean): void {
    out.u8(indexed ? PLAIN_RLE + this.palette.size : PLAIN_RLE)
    if (indexed) this.colours(out, converter)
    for (let i = 0; i < count; ) {
      const value = this.values[i] ?? 0
      const end = this.runEnd(i, count, value)
      let rest = end - i - 1
      i = end
      if (indexed) {
        const index = this.palette.index(value)
        out.pixel(rest === 0 ? index : index | 0x80, 1)
        if (rest === 0) continue
      } else out.pixel(converter.compact(value), converter.compactBytes)
      for (; rest >= 255; rest -= 255) out.pixel(255, 1)
      out.pixel(rest, 1)
    }
  }
}
