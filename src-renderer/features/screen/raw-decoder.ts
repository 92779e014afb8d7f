// Raw rectangles for noVNC, a whole one at a time: its own decoder gives each line of pixels to the canvas by itself, which for a
// full screen is hundreds of calls. Our server sends an update as one message, so nothing waits here that could be shown already.
// Invariant: as noVNC's decoders: false while bytes are missing, and then nothing was taken; 32 bits a pixel, as it asked our server for.
// Runs in: domain window.

/** What of noVNC's queue of received bytes is needed (core/websock.js). */
export interface ReceiveQueue {
  /** True while there are fewer bytes than that. */
  rQwait(what: string, bytes: number): boolean
  /** Without `copy` a view, which is good until more is received. */
  rQshiftBytes(bytes: number, copy: boolean): Uint8Array
}

/** What of noVNC's display is needed (core/display.js): pixels are red, green, blue, opacity. */
export interface PixelDisplay {
  blitImage(x: number, y: number, width: number, height: number, pixels: Uint8Array, offset: number): void
}

export interface RectangleDecoder {
  decodeRect(
    x: number,
    y: number,
    width: number,
    height: number,
    queue: ReceiveQueue,
    display: PixelDisplay,
    depth: number,
  ): boolean
}

/** In memory byte order, opacity is the last of four. */
const OPAQUE = new Uint32Array(Uint8Array.of(0, 0, 0, 255).buffer)[0] ?? 0

export class RawDecoder implements RectangleDecoder {
  /** `narrow`: for pixels of other sizes. */
  constructor(private readonly narrow: RectangleDecoder) {}

  decodeRect(
    x: number,
    y: number,
    width: number,
    height: number,
    queue: ReceiveQueue,
    display: PixelDisplay,
    depth: number,
  ): boolean {
    if (depth !== 24) return this.narrow.decodeRect(x, y, width, height, queue, display, depth)
    const bytes = width * height * 4
    if (bytes === 0) return true
    if (queue.rQwait('RAW', bytes)) return false
    const shown = queue.rQshiftBytes(bytes, false)
    const pixels = shown.byteOffset % 4 === 0 ? shown : shown.slice()
    // The fourth byte of the protocol's pixels means nothing.
    const words = new Uint32Array(pixels.buffer, pixels.byteOffset, width * height)
    for (let at = 0; at < words.length; at++) words[at] = (words[at] ?? 0) | OPAQUE
    display.blitImage(x, y, width, height, pixels, 0)
    return true
  }
}
