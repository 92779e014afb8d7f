// Raw rectangles (RFC 6143 section 7.7.1): the pixels row by row. For windows, whose stream is as wide as memory.
// Runs in: anything.
import type { Output } from '../output'
import type { PixelConverter } from '../pixel-format'
import type { Rectangle } from '../tile-set'
import { encodeOpaque } from './opaque'

export function encodeRaw(
  out: Output,
  pixels: Uint32Array,
  stride: number,
  area: Rectangle,
  converter: PixelConverter,
  row: Uint32Array,
): void {
  const { x, y, width, height } = area
  const { bytes, quick } = converter
  if (bytes === 4 && quick) {
    encodeOpaque(out, pixels, stride, area, quick)
    return
  }
  out.need(width * height * bytes)
  // 32-bit pixels are written in place where they fall on words: in an update of raw rectangles they always do.
  if (bytes === 4 && out.at % 4 === 0) {
    const words = new Uint32Array(out.bytes.buffer, 0, out.bytes.length >>> 2)
    for (let line = 0; line < height; line++) {
      converter.convert(pixels, (y + line) * stride + x, width, words, (out.at >>> 2) + line * width)
    }
    out.at += width * height * 4
    return
  }
  for (let line = 0; line < height; line++) {
    converter.convert(pixels, (y + line) * stride + x, width, row, 0)
    for (let i = 0; i < width; i++) out.pixel(row[i] ?? 0, bytes)
  }
}
