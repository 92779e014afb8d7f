// TRLE rectangles (RFC 6143 section 7.7.5): tiles of 16 by 16, each of one colour, packed with a palette of up to 16, or raw with three
// bytes a pixel. For windows: what crosses a port between processes is copied six times, so even of noise a quarter less is worth
// more than the packing, and a text console is a twentieth. Run lengths are left to zrle, whose viewers are far away.
// Runs in: anything.
import type { Output } from '../output'
import type { PixelConverter } from '../pixel-format'
import type { Rectangle } from '../tile-set'

const SIZE = 16
const RAW = 0
const SOLID = 1
const PALETTE_LIMIT = 16
/** This many pixels unlike the one before them in a tile's first row: not worth looking for a palette. */
const RESTLESS = 13
/** How noise is told by a few tiles. */
const NOISE_STEP = 5
const NOISE_TILES = 12
const NOISE_SHARE = 0.9

export class TrleEncoder {
  private readonly colours = new Uint32Array(PALETTE_LIMIT)
  /** Of each pixel of a tile: which colour it has. */
  private readonly indexes = new Uint8Array(SIZE * SIZE)
  private readonly row = new Uint32Array(SIZE)

  encode(out: Output, pixels: Uint32Array, stride: number, area: Rectangle, converter: PixelConverter): void {
    const { x, y, width, height } = area
    for (let top = 0; top < height; top += SIZE) {
      for (let left = 0; left < width; left += SIZE) {
        const from = (y + top) * stride + x + left
        this.tile(out, pixels, from, stride, Math.min(SIZE, width - left), Math.min(SIZE, height - top), converter)
      }
    }
  }

  private tile(
    out: Output,
    pixels: Uint32Array,
    from: number,
    stride: number,
    width: number,
    height: number,
    converter: PixelConverter,
  ): void {
    const size = isRestless(pixels, from, width) ? 0 : this.collect(pixels, from, stride, width, height)
    const bits = size <= 1 ? 0 : size <= 2 ? 1 : size <= 4 ? 2 : 4
    // Just as much: a frame that fills its buffer is sent without a copy.
    out.need(1 + (size === 0 ? width * height : size) * converter.compactBytes + Math.ceil((width * bits) / 8) * height)
    out.u8(size === 0 ? RAW : size === 1 ? SOLID : size)
    if (size === 0) this.raw(out, pixels, from, stride, width, height, converter)
    else this.raw(out, this.colours, 0, 0, size, 1, converter)
    if (size > 1) this.packed(out, width, height, bits)
  }

  private raw(
    out: Output,
    pixels: Uint32Array,
    from: number,
    stride: number,
    width: number,
    height: number,
    converter: PixelConverter,
  ): void {
    const { quick, compactBytes } = converter
    if (quick && compactBytes === 3) {
      out.pixels24(pixels, from, stride, width, height, quick === 'exchanged')
      return
    }
    for (let line = 0; line < height; line++) {
      converter.convert(pixels, from + line * stride, width, this.row, 0)
      for (let i = 0; i < width; i++) out.pixel(converter.compact(this.row[i] ?? 0), compactBytes)
    }
  }

  /** Finds the colours of a tile; gives how many, 0 when they are too many. */
  private collect(pixels: Uint32Array, from: number, stride: number, width: number, height: number): number {
    const { colours, indexes } = this
    let size = 1
    let last = (pixels[from] ?? 0) & 0xffffff
    let index = 0
    let to = 0
    colours[0] = last
    for (let line = 0; line < height; line++) {
      for (let at = from + line * stride, end = at + width; at < end; at++) {
        const value = (pixels[at] ?? 0) & 0xffffff
        if (value !== last) {
          last = value
          index = 0
          while (index < size && colours[index] !== value) index++
          if (index === size) {
            if (size === PALETTE_LIMIT) return 0
            colours[size++] = value
          }
        }
        indexes[to++] = index
      }
    }
    return size
  }

  private packed(out: Output, width: number, height: number, bits: number): void {
    const { indexes } = this
    const { bytes } = out
    let to = out.at
    let from = 0
    for (let line = 0; line < height; line++) {
      let byte = 0
      let free = 8
      for (const end = from + width; from < end; from++) {
        free -= bits
        byte |= (indexes[from] ?? 0) << free
        if (free > 0) continue
        bytes[to++] = byte
        byte = 0
        free = 8
      }
      if (free < 8) bytes[to++] = byte
    }
    out.at = to
  }
}

/** Whether nearly all tiles of an area would be raw: of every few in a row and in a column one is looked at. */
export function isNoise(pixels: Uint32Array, stride: number, { x, y, width, height }: Rectangle): boolean {
  let tiles = 0
  let restless = 0
  for (let top = y; top + SIZE <= y + height; top += SIZE * NOISE_STEP) {
    for (let left = x; left + SIZE <= x + width; left += SIZE * NOISE_STEP) {
      tiles++
      if (isRestless(pixels, top * stride + left, SIZE)) restless++
    }
  }
  return tiles >= NOISE_TILES && restless >= NOISE_SHARE * tiles
}

function isRestless(pixels: Uint32Array, from: number, width: number): boolean {
  let changes = 0
  for (let at = from + 1; at < from + width; at++) if (pixels[at] !== pixels[at - 1]) changes++
  return changes >= RESTLESS
}
