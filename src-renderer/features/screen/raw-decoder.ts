// Raw rectangles (RFC 6143, section 7.7.1) into the picture, in place of noVNC's decoder, which goes through each row by bytes. Our server
// sends them opaque (src-engine/rfb/encode/opaque.ts), so they are copied as they are.
// Invariant: as noVNC's decoders: false while bytes are missing, to be called again with the same rectangle; pixels are those noVNC asks
// for, four bytes with red first. Runs in: domain window.
import type { Picture } from './picture'
import type { ReceiveQueue, RectangleDecoder } from './trle-decoder'

export class RawDecoder implements RectangleDecoder {
  /** Of the rectangle that is not yet complete: how many rows have been drawn. */
  private done = 0

  decodeRect(x: number, y: number, width: number, height: number, queue: ReceiveQueue, picture: Picture): boolean {
    if (width === 0 || height === 0) return true
    picture.touch(x, y, width, height)
    const rows = Math.min(height - this.done, Math.floor(queue.rQlen() / (4 * width)))
    const bytes = queue.rQpeekBytes(4 * width * rows, false)
    const { words, width: stride } = picture
    const shown = new Uint8Array(words.buffer, words.byteOffset, words.byteLength)
    // Rows that lie side by side are one stretch.
    const [length, stretches] = width === stride ? [4 * width * rows, Math.min(1, rows)] : [4 * width, rows]
    for (let i = 0; i < stretches; i++) {
      shown.set(bytes.subarray(i * length, (i + 1) * length), 4 * ((y + this.done + i) * stride + x))
    }
    queue.rQskipBytes(4 * width * rows)
    this.done += rows
    if (this.done < height) return false
    this.done = 0
    return true
  }
}
