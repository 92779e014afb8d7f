// Raw rectangles (RFC 6143, section 7.7.1) into the picture, whole: noVNC's own decoder gives it each line of pixels by itself. Our server
// sends an update as one message, so nothing waits here that could be shown already.
// Invariant: as noVNC's decoders: false while bytes are missing, and then nothing was taken; 32 bits a pixel, as it asked our server for.
// Runs in: domain window.
import type { Picture } from './picture'

/** What of noVNC's queue of received bytes is needed (core/websock.js). */
export interface ReceiveQueue {
  /** True while there are fewer bytes than that. */
  rQwait(what: string, bytes: number): boolean
  /** Without `copy` a view, which is good until more is received. */
  rQshiftBytes(bytes: number, copy: boolean): Uint8Array
}

export interface RectangleDecoder {
  decodeRect(x: number, y: number, width: number, height: number, queue: ReceiveQueue, picture: Picture): boolean
}

/** In memory byte order, opacity is the last of four. */
const OPAQUE = new Uint32Array(Uint8Array.of(0, 0, 0, 255).buffer)[0] ?? 0

export const rawDecoder: RectangleDecoder = {
  decodeRect(x, y, width, height, queue, picture) {
    const bytes = width * height * 4
    if (bytes === 0) return true
    if (queue.rQwait('RAW', bytes)) return false
    const shown = queue.rQshiftBytes(bytes, false)
    const pixels = shown.byteOffset % 4 === 0 ? shown : shown.slice()
    const given = new Uint32Array(pixels.buffer, pixels.byteOffset, width * height)
    picture.touch(x, y, width, height)
    const { words } = picture
    for (let line = 0, from = 0; line < height; line++) {
      const to = (y + line) * picture.width + x
      // The fourth byte of the protocol's pixels means nothing.
      for (let column = 0; column < width; column++) words[to + column] = (given[from++] ?? 0) | OPAQUE
    }
    return true
  },
}
