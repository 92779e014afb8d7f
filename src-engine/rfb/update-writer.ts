// Puts FramebufferUpdate messages together (RFC 6143 section 7.6.1): pseudo-rectangles first, then a copy, then pixels.
// Invariant: the number in the head is the number of rectangles written. Runs in: the server's process.
import { concatBytes } from '../lib/bytes'
import { encodeCursor } from './cursor'
import { DeflateStream } from './deflate-stream'
import { HextileEncoder } from './encode/hextile'
import { encodeRaw } from './encode/raw'
import { isNoise, TrleEncoder } from './encode/trle'
import { ZrleEncoder } from './encode/zrle'
import { Output } from './output'
import { PixelConverter, SERVER_PIXEL_FORMAT } from './pixel-format'
import { RFB_ENCODING, RFB_FRAMEBUFFER_UPDATE } from './protocol'
import type { Copy } from './screen'
import type { Rectangle } from './tile-set'

export type PixelEncoding = 'raw' | 'hextile' | 'trle' | 'zrle'
/** Those whose message is there at once. */
export type PlainEncoding = 'raw' | 'trle'

/** Reasons and results of the ExtendedDesktopSize pseudo-encoding; they stand where x and y of a rectangle do. */
const SIZE_BY_SERVER = 0
const SIZE_BY_THIS_CLIENT = 1
const SIZE_PROHIBITED = 1

/** Pixels of one zrle rectangle: bounds what is held between two pieces of the zlib stream. */
const ZRLE_PIXELS = 512 * 1024

export class UpdateWriter {
  private converter = new PixelConverter(SERVER_PIXEL_FORMAT)
  private shown: Uint32Array = new Uint32Array(0)
  private stride = 0
  private news = new Output()
  private newsCount = 0
  private areas: Rectangle[] = []
  private readonly hextile = new HextileEncoder()
  private readonly trle = new TrleEncoder()
  private readonly zrle = new ZrleEncoder()
  private deflate: DeflateStream | undefined
  private readonly scratch = new Output(64 * 1024)
  private row = new Uint32Array(0)
  private lastPlain = new Output(0)

  get empty(): boolean {
    return this.newsCount === 0 && this.areas.length === 0
  }

  /** `shown` is this frame's picture to its end, also when the screen gets another size before all is packed. */
  begin(converter: PixelConverter, shown: Uint32Array, stride: number): void {
    this.converter = converter
    this.shown = shown
    this.stride = stride
    this.news = new Output()
    this.newsCount = 0
    this.areas = []
  }

  dispose(): void {
    this.deflate?.dispose()
  }

  size(width: number, height: number, extended: boolean): void {
    this.newsCount++
    if (extended) writeExtendedSize(this.news, SIZE_BY_SERVER, 0, width, height)
    else head(this.news, { x: 0, y: 0, width, height }, RFB_ENCODING.desktopSize)
  }

  /** A whole message of its own. */
  sizeRefused(width: number, height: number): Uint8Array {
    const out = new Output()
    writeUpdateHead(out, 1)
    writeExtendedSize(out, SIZE_BY_THIS_CLIENT, SIZE_PROHIBITED, width, height)
    return out.finish()
  }

  extendedKeys(): void {
    this.newsCount++
    head(this.news, { x: 0, y: 0, width: 0, height: 0 }, RFB_ENCODING.qemuExtendedKeyEvent)
  }

  cursor(): void {
    this.newsCount++
    encodeCursor(this.news, this.converter)
  }

  copy({ target, distance }: Copy): void {
    this.newsCount++
    head(this.news, target, RFB_ENCODING.copyRect)
    this.news.u16(target.x)
    this.news.u16(target.y + distance)
  }

  pixels(area: Rectangle): void {
    if (area.width > 0 && area.height > 0) this.areas.push(area)
  }

  /** The message in a buffer of just its size; `again`: which may be used again for the next one. */
  finishPlain(encoding: PlainEncoding, again: boolean): Uint8Array {
    return encoding === 'raw' ? this.finishRaw(again) : this.finishTrle(again)
  }

  private finishRaw(again: boolean): Uint8Array {
    const pixels = this.areas.reduce((sum, { width, height }) => sum + width * height, 0)
    const out = this.plainOutput(4 + this.news.at + 12 * this.areas.length + pixels * this.converter.bytes, again)
    this.open(out)
    if (this.row.length < this.stride) this.row = new Uint32Array(this.stride)
    for (const area of this.areas) {
      head(out, area, RFB_ENCODING.raw)
      encodeRaw(out, this.shown, this.stride, area, this.converter, this.row)
    }
    return out.finish()
  }

  private finishTrle(again: boolean): Uint8Array {
    const { areas, shown, stride, converter } = this
    const out = again ? this.lastPlain : this.scratch
    const room = out.bytes.length
    out.clear()
    this.open(out)
    for (const area of areas) {
      // Four bytes a pixel, opaque, are copied and no more at the window; three, for what would be hardly less, are much work at both ends.
      const raw = again && converter.quick !== undefined && isNoise(shown, stride, area)
      head(out, area, raw ? RFB_ENCODING.raw : RFB_ENCODING.trle)
      if (raw) encodeRaw(out, shown, stride, area, converter, this.row)
      else this.trle.encode(out, shown, stride, area, converter)
    }
    if (!again) return out.bytes.slice(0, out.at)
    const message = out.finish()
    // The largest so far, for which there was no room: the next one of its size fills this array and is not copied.
    if (message.length > room) this.lastPlain = new Output(message)
    return message
  }

  /** The message with packed pixels; undefined when the viewer went meanwhile. */
  async finish(encoding: Exclude<PixelEncoding, PlainEncoding>): Promise<Uint8Array | undefined> {
    if (encoding === 'zrle') this.areas = this.areas.flatMap(bands)
    const { areas, shown, stride, converter, scratch } = this
    const out = new Output(16 * 1024)
    this.open(out)
    if (encoding === 'hextile') {
      for (const area of areas) {
        head(out, area, RFB_ENCODING.hextile)
        this.hextile.encode(out, shown, stride, area, converter)
      }
      return out.finish()
    }
    const parts = [out.finish()]
    this.deflate ??= new DeflateStream()
    const { deflate } = this
    for (const area of areas) {
      scratch.clear()
      this.zrle.encode(scratch, shown, stride, area, converter)
      const packed = await deflate.compress(scratch.bytes.subarray(0, scratch.at))
      if (!packed) return undefined
      const lead = new Output(16)
      head(lead, area, RFB_ENCODING.zrle)
      lead.u32(packed.length)
      parts.push(lead.finish(), packed)
    }
    return concatBytes(parts)
  }

  /** Whole frames follow each other in the same size, and fresh memory for each costs as much as filling it. */
  private plainOutput(size: number, again: boolean): Output {
    if (!again) return new Output(size)
    if (this.lastPlain.bytes.length === size) this.lastPlain.clear()
    else this.lastPlain = new Output(size)
    return this.lastPlain
  }

  private open(out: Output): void {
    writeUpdateHead(out, this.newsCount + this.areas.length)
    out.put(this.news.bytes.subarray(0, this.news.at))
  }
}

function bands(area: Rectangle): Rectangle[] {
  const rows = Math.max(64, Math.floor(ZRLE_PIXELS / area.width / 64) * 64)
  const cut: Rectangle[] = []
  for (let y = 0; y < area.height; y += rows) {
    cut.push({ ...area, y: area.y + y, height: Math.min(rows, area.height - y) })
  }
  return cut
}

function writeUpdateHead(out: Output, rectangles: number): void {
  out.u8(RFB_FRAMEBUFFER_UPDATE)
  out.u8(0)
  out.u16(rectangles)
}

function head(out: Output, { x, y, width, height }: Rectangle, encoding: number): void {
  out.u16(x)
  out.u16(y)
  out.u16(width)
  out.u16(height)
  out.u32(encoding)
}

/** One screen that is the whole desktop. */
function writeExtendedSize(out: Output, reason: number, result: number, width: number, height: number): void {
  head(out, { x: reason, y: result, width, height }, RFB_ENCODING.extendedDesktopSize)
  out.u8(1)
  for (let i = 0; i < 3; i++) out.u8(0)
  out.u32(0)
  out.u16(0)
  out.u16(0)
  out.u16(width)
  out.u16(height)
  out.u32(0)
}
