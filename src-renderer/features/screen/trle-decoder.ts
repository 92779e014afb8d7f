// TRLE rectangles (RFC 6143, section 7.7.5) into the picture: what our server sends to windows, and noVNC has no decoder for. Of the kinds
// of tiles those it makes: raw, of one colour, packed with a palette.
// Invariant: as noVNC's decoders: false while bytes are missing, to be called again with the same rectangle; pixels have red, green and
// blue in three bytes, as noVNC asks for. Runs in: domain window.
import type { Picture } from './picture'

/** What of noVNC's queue of received bytes is needed (core/websock.js). */
export interface ReceiveQueue {
  /** How many bytes are there. */
  rQlen(): number
  /** Without `copy` a view, which is good until more is received. */
  rQpeekBytes(bytes: number, copy: boolean): Uint8Array
  rQskipBytes(bytes: number): void
}

export interface RectangleDecoder {
  decodeRect(x: number, y: number, width: number, height: number, queue: ReceiveQueue, picture: Picture): boolean
}

const SIZE = 16
const RAW = 0
const SOLID = 1
const PALETTE_LIMIT = 16

/** In memory byte order, opacity is the last of four. */
const OPAQUE = new Uint32Array(Uint8Array.of(0, 0, 0, 255).buffer)[0] ?? 0

const bitsOf = (colours: number): number => (colours <= 2 ? 1 : colours <= 4 ? 2 : 4)

export class TrleDecoder implements RectangleDecoder {
  /** Of the rectangle that is not yet complete: how many tiles have been drawn. */
  private done = 0
  private readonly palette = new Uint32Array(PALETTE_LIMIT)

  decodeRect(x: number, y: number, width: number, height: number, queue: ReceiveQueue, picture: Picture): boolean {
    const columns = Math.ceil(width / SIZE)
    const tiles = columns * Math.ceil(height / SIZE)
    picture.touch(x, y, width, height)
    const { buffer, byteOffset, byteLength } = queue.rQpeekBytes(queue.rQlen(), false)
    const bytes = new DataView(buffer, byteOffset, byteLength)
    let at = 0
    for (; this.done < tiles; this.done++) {
      const left = (this.done % columns) * SIZE
      const top = Math.floor(this.done / columns) * SIZE
      const [wide, high] = [Math.min(SIZE, width - left), Math.min(SIZE, height - top)]
      const used = this.tile(bytes, at, picture, (y + top) * picture.width + x + left, wide, high)
      if (used === 0) break
      at += used
    }
    queue.rQskipBytes(at)
    if (this.done < tiles) return false
    this.done = 0
    return true
  }

  /** Draws one, whose first pixel has this place in the picture; gives how many bytes it took, 0 while some are missing. */
  private tile(bytes: DataView, at: number, picture: Picture, to: number, width: number, height: number): number {
    if (at >= bytes.byteLength) return 0
    const kind = bytes.getUint8(at)
    if (kind > PALETTE_LIMIT) throw new RangeError(`a tile of kind ${kind}`)
    const rowBytes = kind === RAW ? 3 * width : kind === SOLID ? 0 : Math.ceil((width * bitsOf(kind)) / 8)
    const size = 1 + 3 * kind + rowBytes * height
    if (at + size > bytes.byteLength) return 0
    const { words, width: stride } = picture
    if (kind !== RAW) unpack(bytes, at + 1, this.palette, 0, kind)
    let from = at + 1 + 3 * kind
    for (let line = 0; line < height; line++, from += rowBytes) {
      const first = to + line * stride
      if (kind === RAW) unpack(bytes, from, words, first, width)
      else if (kind === SOLID) words.fill(this.palette[0] ?? 0, first, first + width)
      else this.indexed(bytes, from, words, first, width, bitsOf(kind))
    }
    return size
  }

  private indexed(bytes: DataView, from: number, words: Uint32Array, to: number, width: number, bits: number): void {
    const mask = (1 << bits) - 1
    for (let column = 0, bit = bits; column < width; column++, bit += bits) {
      const byte = bytes.getUint8(from + ((bit - 1) >> 3))
      words[to + column] = this.palette[(byte >> (-bit & 7)) & mask] ?? 0
    }
  }
}

/** Pixels of three bytes each to opaque ones; four at a time, as their bytes then lie in three words. */
function unpack(bytes: DataView, from: number, words: Uint32Array, to: number, count: number): void {
  let at = from
  let column = to
  for (const end = to + count - 3; column < end; column += 4, at += 12) {
    const a = bytes.getInt32(at, true)
    const b = bytes.getInt32(at + 4, true)
    const c = bytes.getInt32(at + 8, true)
    words[column] = (a & 0xffffff) | OPAQUE
    words[column + 1] = (a >>> 24) | ((b & 0xffff) << 8) | OPAQUE
    words[column + 2] = (b >>> 16) | ((c & 0xff) << 16) | OPAQUE
    words[column + 3] = (c >>> 8) | OPAQUE
  }
  for (; column < to + count; column++, at += 3) {
    words[column] = bytes.getUint8(at) | (bytes.getUint8(at + 1) << 8) | (bytes.getUint8(at + 2) << 16) | OPAQUE
  }
}
