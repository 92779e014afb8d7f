// Pixels as a client wants them (RFC 6143 section 7.4): 8, 16 or 32 bits, any place of the colours, either byte order.
// Ours are 32-bit XRGB in the host's little-endian order. A conversion is three table look-ups; the tables hold the bytes in
// the client's order already, so that every value is stored little-endian whatever the client asked for.
// Invariant: a converted value has no bits beyond the client's bits per pixel. Runs in: anything.
import { err, ok, type Result } from '../public/result'

export interface PixelFormat {
  readonly bitsPerPixel: number
  readonly depth: number
  readonly bigEndian: boolean
  readonly trueColour: boolean
  readonly redMax: number
  readonly greenMax: number
  readonly blueMax: number
  readonly redShift: number
  readonly greenShift: number
  readonly blueShift: number
}

/** What we have, and what a client gets that asks for nothing else. */
export const SERVER_PIXEL_FORMAT: PixelFormat = {
  bitsPerPixel: 32,
  depth: 24,
  bigEndian: false,
  trueColour: true,
  redMax: 255,
  greenMax: 255,
  blueMax: 255,
  redShift: 16,
  greenShift: 8,
  blueShift: 0,
}

export const PIXEL_FORMAT_LENGTH = 16

/** A client with a colour map gets this cube, made known by SetColourMapEntries: index = blue << 6 | green << 3 | red. */
const MAPPED: PixelFormat = {
  bitsPerPixel: 8,
  depth: 8,
  bigEndian: false,
  trueColour: false,
  redMax: 7,
  greenMax: 7,
  blueMax: 3,
  redShift: 0,
  greenShift: 3,
  blueShift: 6,
}

export function writePixelFormat(view: DataView, at: number, format: PixelFormat): void {
  view.setUint8(at, format.bitsPerPixel)
  view.setUint8(at + 1, format.depth)
  view.setUint8(at + 2, format.bigEndian ? 1 : 0)
  view.setUint8(at + 3, format.trueColour ? 1 : 0)
  view.setUint16(at + 4, format.redMax)
  view.setUint16(at + 6, format.greenMax)
  view.setUint16(at + 8, format.blueMax)
  view.setUint8(at + 10, format.redShift)
  view.setUint8(at + 11, format.greenShift)
  view.setUint8(at + 12, format.blueShift)
}

export function readPixelFormat(view: DataView, at: number): Result<PixelFormat, string> {
  const bitsPerPixel = view.getUint8(at)
  if (bitsPerPixel !== 8 && bitsPerPixel !== 16 && bitsPerPixel !== 32) return err(`${bitsPerPixel} bits per pixel`)
  if (view.getUint8(at + 3) === 0) return bitsPerPixel === 8 ? ok(MAPPED) : err(`a colour map of ${bitsPerPixel} bits`)
  const format: PixelFormat = {
    bitsPerPixel,
    depth: view.getUint8(at + 1),
    bigEndian: view.getUint8(at + 2) !== 0,
    trueColour: true,
    redMax: view.getUint16(at + 4),
    greenMax: view.getUint16(at + 6),
    blueMax: view.getUint16(at + 8),
    redShift: view.getUint8(at + 10),
    greenShift: view.getUint8(at + 11),
    blueShift: view.getUint8(at + 12),
  }
  const fits = (max: number, shift: number): boolean => max > 0 && max * 2 ** shift < 2 ** bitsPerPixel
  if (
    !fits(format.redMax, format.redShift) ||
    !fits(format.greenMax, format.greenShift) ||
    !fits(format.blueMax, format.blueShift)
  ) {
    return err('colours beyond the pixel')
  }
  return ok(format)
}

/** Red, green, blue of each index of MAPPED, 16 bits each, as SetColourMapEntries wants them. */
export function mappedColours(): readonly (readonly [number, number, number])[] {
  const spread = (value: number, max: number): number => Math.round((value * 65535) / max)
  return Array.from({ length: 256 }, (_, index) => [spread(index & 7, 7), spread((index >>> 3) & 7, 7), spread(index >>> 6, 3)])
}

function swapped(value: number, bytes: number): number {
  if (bytes === 1) return value
  if (bytes === 2) return ((value & 0xff) << 8) | (value >>> 8)
  return (((value & 0xff) << 24) | ((value & 0xff00) << 8) | ((value >>> 8) & 0xff00) | (value >>> 24)) >>> 0
}

/** Converts pixels for one client. */
export class PixelConverter {
  readonly format: PixelFormat
  /** Bytes of a pixel, and of a CPIXEL of zrle: three where a 32-bit pixel has a byte without colours. */
  readonly bytes: number
  readonly compactBytes: number
  private readonly compactShift: number
  private readonly red: Uint32Array
  private readonly green: Uint32Array
  private readonly blue: Uint32Array
  /** The two orders nearly all viewers ask for do without tables. */
  readonly quick: 'same' | 'exchanged' | undefined

  constructor(format: PixelFormat) {
    this.format = format
    this.bytes = format.bitsPerPixel / 8
    const table = (max: number, shift: number): Uint32Array => {
      const values = new Uint32Array(256)
      for (let i = 0; i < 256; i++) {
        const value = (Math.round((i * max) / 255) << shift) >>> 0
        values[i] = format.bigEndian ? swapped(value, this.bytes) : value
      }
      return values
    }
    this.red = table(format.redMax, format.redShift)
    this.green = table(format.greenMax, format.greenShift)
    this.blue = table(format.blueMax, format.blueShift)
    const [r, g, b] = [this.red[255], this.green[255], this.blue[255]]
    if (r === 0xff0000 && g === 0xff00 && b === 0xff) this.quick = 'same'
    else if (r === 0xff && g === 0xff00 && b === 0xff0000) this.quick = 'exchanged'
    const used = (r ?? 0) | (g ?? 0) | (b ?? 0)
    const compact = this.bytes === 4 && format.depth <= 24
    if (compact && used >>> 24 === 0) [this.compactBytes, this.compactShift] = [3, 0]
    else if (compact && (used & 0xff) === 0) [this.compactBytes, this.compactShift] = [3, 8]
    else [this.compactBytes, this.compactShift] = [this.bytes, 0]
  }

  /** A pixel in the client's bytes, to be stored little-endian. */
  value(xrgb: number): number {
    const r = this.red[(xrgb >>> 16) & 0xff] ?? 0
    const g = this.green[(xrgb >>> 8) & 0xff] ?? 0
    const b = this.blue[xrgb & 0xff] ?? 0
    return (r | g | b) >>> 0
  }

  /** The CPIXEL of a value. */
  compact(value: number): number {
    return value >>> this.compactShift
  }

  /** Converts `count` pixels from `source` at `from` to values in `target` at `to`. Bits that are no colour come out 0. */
  convert(source: Uint32Array, from: number, count: number, target: Uint32Array, to: number): void {
    if (this.quick === 'same') {
      for (let i = 0; i < count; i++) target[to + i] = (source[from + i] ?? 0) & 0xffffff
    } else if (this.quick === 'exchanged') {
      for (let i = 0; i < count; i++) {
        const p = source[from + i] ?? 0
        target[to + i] = ((p & 0xff) << 16) | (p & 0xff00) | ((p >>> 16) & 0xff)
      }
    } else {
      const { red, green, blue } = this
      for (let i = 0; i < count; i++) {
        const p = source[from + i] ?? 0
        target[to + i] = (red[(p >>> 16) & 0xff] ?? 0) | (green[(p >>> 8) & 0xff] ?? 0) | (blue[p & 0xff] ?? 0)
      }
    }
  }
}
