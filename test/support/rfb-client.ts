// An RFB viewer for tests, written from RFC 6143 apart from the server: it handshakes, decodes raw, copyrect, hextile, trle and zrle into
// a picture, and notes what else it is told. `channelPair` joins it to a server in this process.
// Runs in: vitest and the benchmarks, plain Node.
import { createCipheriv } from 'node:crypto'
import { constants, createInflate } from 'node:zlib'
import type { ByteChannel } from '../../src-engine/rfb/byte-channel'

/** A channel for the server and the two ways to use its other end. */
export function channelPair(wide: boolean): {
  channel: ByteChannel
  toServer(bytes: Uint8Array): void
  fromServer(listener: (bytes: Uint8Array) => void): void
  closed(): string | undefined
  hangUp(): void
} {
  let serverBytes: (bytes: Uint8Array) => void = () => {}
  let clientBytes: (bytes: Uint8Array) => void = () => {}
  const closeListeners: ((reason: string) => void)[] = []
  const early: Uint8Array[] = []
  let listening = false
  let closed: string | undefined
  const close = (reason: string): void => {
    if (closed !== undefined) return
    closed = reason
    for (const listener of closeListeners) listener(reason)
  }
  return {
    channel: {
      wide,
      backlog: 0,
      send: (bytes) => {
        if (closed !== undefined) return
        if (listening) clientBytes(bytes)
        else early.push(bytes)
      },
      onBytes: (listener) => {
        serverBytes = listener
      },
      onClose: (listener) => void closeListeners.push(listener),
      close,
      onDrain: () => {},
    },
    toServer: (bytes) => {
      if (closed === undefined) serverBytes(bytes)
    },
    fromServer: (listener) => {
      clientBytes = listener
      listening = true
      for (const bytes of early) listener(bytes)
    },
    closed: () => closed,
    hangUp: () => close('the viewer went'),
  }
}

export interface ClientFormat {
  readonly bits: 8 | 16 | 32
  readonly bigEndian: boolean
  readonly max: readonly [red: number, green: number, blue: number]
  readonly shift: readonly [red: number, green: number, blue: number]
}
export const XRGB: ClientFormat = { bits: 32, bigEndian: false, max: [255, 255, 255], shift: [16, 8, 0] }

export interface RfbClientOptions {
  readonly encodings?: readonly number[]
  readonly format?: ClientFormat
  readonly version?: string
  readonly password?: string
}

export class RfbClient {
  width = 0
  height = 0
  name = ''
  pixels = new Uint32Array(0)
  updates = 0
  /** Rectangles by encoding, and bytes of all updates. */
  readonly rectangles = new Map<number, number>()
  bytes = 0
  security = -1
  private readonly send: (bytes: Uint8Array) => void
  private readonly format: ClientFormat
  private readonly chunks: Buffer[] = []
  private held = 0
  private wanted: { count: number; resolve: (bytes: Buffer) => void } | undefined
  private readonly inflate = createInflate({ finishFlush: constants.Z_SYNC_FLUSH })
  private inflated: Buffer[] = []
  private readonly waiting: (() => void)[] = []

  constructor(
    send: (bytes: Uint8Array) => void,
    private readonly options: RfbClientOptions = {},
  ) {
    this.send = send
    this.format = options.format ?? XRGB
    this.inflate.on('data', (part: Buffer) => this.inflated.push(part))
  }

  receive(bytes: Uint8Array): void {
    this.chunks.push(Buffer.from(bytes))
    this.held += bytes.length
    this.serve()
  }

  /** To the end of the handshake; then it reads updates for ever. */
  async start(): Promise<void> {
    const { version = 'RFB 003.008\n', password } = this.options
    await this.read(12)
    this.send(Buffer.from(version))
    const minor = Number(version.slice(8, 11))
    if (minor < 7) this.security = (await this.read(4)).readUInt32BE()
    else {
      const count = (await this.read(1))[0] ?? 0
      if (count === 0) throw new Error((await this.read((await this.read(4)).readUInt32BE())).toString())
      this.security = (await this.read(count))[0] ?? 0
      this.send(Uint8Array.of(this.security))
    }
    if (this.security === 2) {
      this.send(answer(password ?? '', await this.read(16)))
      if ((await this.read(4)).readUInt32BE() !== 0) throw new Error('wrong password')
    } else if (minor >= 8) await this.read(4)
    this.send(Uint8Array.of(1))
    const init = await this.read(24)
    this.resize(init.readUInt16BE(0), init.readUInt16BE(2))
    this.name = (await this.read(init.readUInt32BE(20))).toString()
    if (this.options.format) this.setFormat(this.options.format)
    if (this.options.encodings) this.setEncodings(this.options.encodings)
    void this.loop()
  }

  setFormat({ bits, bigEndian, max, shift }: ClientFormat): void {
    const message = Buffer.alloc(20)
    message.writeUInt8(bits, 4)
    message.writeUInt8(bits === 32 ? 24 : bits, 5)
    message.writeUInt8(bigEndian ? 1 : 0, 6)
    message.writeUInt8(1, 7)
    for (const [i, value] of max.entries()) message.writeUInt16BE(value, 8 + 2 * i)
    for (const [i, value] of shift.entries()) message.writeUInt8(value, 14 + i)
    this.send(message)
  }

  setEncodings(encodings: readonly number[]): void {
    const message = Buffer.alloc(4 + 4 * encodings.length)
    message.writeUInt8(2)
    message.writeUInt16BE(encodings.length, 2)
    for (const [i, encoding] of encodings.entries()) message.writeInt32BE(encoding, 4 + 4 * i)
    this.send(message)
  }

  request(incremental: boolean, x = 0, y = 0, width = this.width, height = this.height): void {
    const message = Buffer.alloc(10)
    message.writeUInt8(3)
    message.writeUInt8(incremental ? 1 : 0, 1)
    for (const [i, value] of [x, y, width, height].entries()) message.writeUInt16BE(value, 2 + 2 * i)
    this.send(message)
  }

  /** The next update, after asking for it. */
  async frame(incremental = true): Promise<void> {
    const next = this.updates + 1
    this.request(incremental)
    while (this.updates < next) await new Promise<void>((resolve) => this.waiting.push(resolve))
  }

  key(keysym: number, down: boolean): void {
    const message = Buffer.alloc(8)
    message.writeUInt8(4)
    message.writeUInt8(down ? 1 : 0, 1)
    message.writeUInt32BE(keysym, 4)
    this.send(message)
  }

  extendedKey(keysym: number, scancode: number, down: boolean): void {
    const message = Buffer.alloc(12)
    message.writeUInt8(255)
    message.writeUInt16BE(down ? 1 : 0, 2)
    message.writeUInt32BE(keysym, 4)
    message.writeUInt32BE(scancode, 8)
    this.send(message)
  }

  /** ASCII text as a viewer with an American keyboard types it. */
  type(text: string): void {
    for (const character of text) {
      const keysym = character === '\n' ? 0xff0d : character.charCodeAt(0)
      const shift = /[A-Z~!@#$%^&*()_+{}|:"<>?]/.test(character)
      if (shift) this.key(0xffe1, true)
      this.key(keysym, true)
      this.key(keysym, false)
      if (shift) this.key(0xffe1, false)
    }
  }

  pointer(mask: number, x: number, y: number): void {
    const message = Buffer.alloc(6)
    message.writeUInt8(5)
    message.writeUInt8(mask, 1)
    message.writeUInt16BE(x, 2)
    message.writeUInt16BE(y, 4)
    this.send(message)
  }

  private resize(width: number, height: number): void {
    this.width = width
    this.height = height
    this.pixels = new Uint32Array(width * height)
  }

  private read(count: number): Promise<Buffer> {
    return new Promise((resolve) => {
      this.wanted = { count, resolve }
      this.serve()
    })
  }

  private serve(): void {
    const { wanted } = this
    if (!wanted || this.held < wanted.count) return
    const all = Buffer.concat(this.chunks)
    this.chunks.length = 0
    this.chunks.push(all.subarray(wanted.count))
    this.held = all.length - wanted.count
    this.wanted = undefined
    this.bytes += wanted.count
    wanted.resolve(all.subarray(0, wanted.count))
  }

  private async loop(): Promise<void> {
    for (;;) {
      const type = (await this.read(1))[0]
      if (type === 1) {
        const head = await this.read(5)
        await this.read(6 * head.readUInt16BE(3))
        continue
      }
      if (type !== 0) throw new Error(`message ${type}`)
      const count = (await this.read(3)).readUInt16BE(1)
      for (let i = 0; i < count; i++) await this.rectangle()
      this.updates++
      for (const resolve of this.waiting.splice(0)) resolve()
    }
  }

  private async rectangle(): Promise<void> {
    const head = await this.read(12)
    const [x, y, width, height] = [head.readUInt16BE(0), head.readUInt16BE(2), head.readUInt16BE(4), head.readUInt16BE(6)]
    const encoding = head.readInt32BE(8)
    this.rectangles.set(encoding, (this.rectangles.get(encoding) ?? 0) + 1)
    const bytes = this.format.bits / 8
    switch (encoding) {
      case 0: {
        const data = await this.read(width * height * bytes)
        for (let i = 0; i < width * height; i++)
          this.set(x + (i % width), y + Math.floor(i / width), this.pixel(data, i * bytes))
        return
      }
      case 1: {
        const from = await this.read(4)
        const [fromX, fromY] = [from.readUInt16BE(0), from.readUInt16BE(2)]
        const before = this.pixels.slice()
        for (let row = 0; row < height; row++) {
          for (let column = 0; column < width; column++) {
            this.set(x + column, y + row, before[(fromY + row) * this.width + fromX + column] ?? 0)
          }
        }
        return
      }
      case 5:
        return this.hextile(x, y, width, height)
      case 15:
        return this.trle(x, y, width, height)
      case 16:
        return this.zrle(x, y, width, height)
      case -239:
        await this.read(width * height * bytes + Math.ceil(width / 8) * height)
        return
      case -223:
        this.resize(width, height)
        return
      case -308: {
        await this.read(16 * ((await this.read(4))[0] ?? 0))
        if (y === 0 && (width !== this.width || height !== this.height)) this.resize(width, height)
        return
      }
      case -258:
        return
      default:
        throw new Error(`encoding ${encoding}`)
    }
  }

  private set(x: number, y: number, pixel: number): void {
    if (x >= this.width || y >= this.height) throw new Error(`a pixel at ${x},${y} of ${this.width}x${this.height}`)
    this.pixels[y * this.width + x] = pixel
  }

  private fill(x: number, y: number, width: number, height: number, pixel: number): void {
    for (let row = 0; row < height; row++) for (let column = 0; column < width; column++) this.set(x + column, y + row, pixel)
  }

  /** A pixel of the asked format as XRGB. */
  private pixel(data: Buffer, at: number, bytes = this.format.bits / 8): number {
    const { bigEndian, max, shift } = this.format
    const value = bigEndian ? data.readUIntBE(at, bytes) : data.readUIntLE(at, bytes)
    const part = (i: 0 | 1 | 2): number => Math.round((((value >>> shift[i]) & max[i]) * 255) / max[i])
    return ((part(0) << 16) | (part(1) << 8) | part(2)) >>> 0
  }

  private async hextile(left: number, top: number, width: number, height: number): Promise<void> {
    const bytes = this.format.bits / 8
    let background = -1
    let foreground = -1
    for (let y = top; y < top + height; y += 16) {
      for (let x = left; x < left + width; x += 16) {
        const w = Math.min(16, left + width - x)
        const h = Math.min(16, top + height - y)
        const mask = (await this.read(1))[0] ?? 0
        if (mask & 1) {
          const data = await this.read(w * h * bytes)
          for (let i = 0; i < w * h; i++) this.set(x + (i % w), y + Math.floor(i / w), this.pixel(data, i * bytes))
          background = -1
          foreground = -1
          continue
        }
        if (mask & 2) background = this.pixel(await this.read(bytes), 0)
        if (background < 0) throw new Error('hextile without a background')
        this.fill(x, y, w, h, background)
        if (mask & 4) foreground = this.pixel(await this.read(bytes), 0)
        const count = mask & 8 ? ((await this.read(1))[0] ?? 0) : 0
        for (let i = 0; i < count; i++) {
          const colour = mask & 16 ? this.pixel(await this.read(bytes), 0) : foreground
          if (colour < 0) throw new Error('hextile without a foreground')
          const [place = 0, size = 0] = await this.read(2)
          this.fill(x + (place >> 4), y + (place & 15), (size >> 4) + 1, (size & 15) + 1, colour)
        }
        if (mask & 16) foreground = -1
      }
    }
  }

  /** Bytes of a CPIXEL, and what they mean. */
  private compact(): { bytes: number; colour(data: Buffer, at: number): number } {
    const { bits, shift, max, bigEndian } = this.format
    const used = max.reduce((sum, value, i) => (sum | (value << (shift[i] ?? 0))) >>> 0, 0)
    if (bits !== 32 || (used >>> 24 !== 0 && (used & 0xff) !== 0)) {
      return { bytes: bits / 8, colour: (data, at) => this.pixel(data, at) }
    }
    // The three bytes stand for the ones with colours: which, depends on the order of bytes.
    const to = (used >>> 24 !== 0) !== bigEndian ? 1 : 0
    const four = Buffer.alloc(4)
    const colour = (data: Buffer, at: number): number => {
      four.fill(0)
      data.copy(four, to, at, at + 3)
      return this.pixel(four, 0)
    }
    return { bytes: 3, colour }
  }

  private async trle(left: number, top: number, width: number, height: number): Promise<void> {
    const { bytes, colour } = this.compact()
    const colours = async (count: number): Promise<number[]> => {
      const data = await this.read(count * bytes)
      return Array.from({ length: count }, (_, i) => colour(data, i * bytes))
    }
    for (let y = top; y < top + height; y += 16) {
      for (let x = left; x < left + width; x += 16) {
        const w = Math.min(16, left + width - x)
        const h = Math.min(16, top + height - y)
        const kind = (await this.read(1))[0] ?? 0
        if (kind > 16) throw new Error(`trle tile ${kind}`)
        const palette = await colours(kind === 0 ? w * h : kind)
        if (kind === 0) palette.forEach((value, i) => void this.set(x + (i % w), y + Math.floor(i / w), value))
        else if (kind === 1) this.fill(x, y, w, h, palette[0] ?? -1)
        if (kind < 2) continue
        const perPixel = kind === 2 ? 1 : kind <= 4 ? 2 : 4
        for (let row = 0; row < h; row++) {
          const data = await this.read(Math.ceil((w * perPixel) / 8))
          for (let column = 0; column < w; column++) {
            const bit = column * perPixel
            const index = ((data[bit >> 3] ?? 0) >> (8 - perPixel - (bit & 7))) & ((1 << perPixel) - 1)
            this.set(x + column, y + row, palette[index] ?? -1)
          }
        }
      }
    }
  }

  private async zrle(left: number, top: number, width: number, height: number): Promise<void> {
    const packed = await this.read((await this.read(4)).readUInt32BE())
    await new Promise<void>((resolve) => this.inflate.write(packed, () => resolve()))
    await new Promise<void>((resolve) => this.inflate.flush(constants.Z_SYNC_FLUSH, resolve))
    const data = Buffer.concat(this.inflated)
    this.inflated = []
    const compact = this.compact()
    let at = 0
    const colour = (): number => {
      at += compact.bytes
      return compact.colour(data, at - compact.bytes)
    }
    const run = (): number => {
      let length = 1
      let byte = 255
      while (byte === 255) {
        byte = data[at++] ?? 0
        length += byte
      }
      return length
    }
    for (let y = top; y < top + height; y += 64) {
      for (let x = left; x < left + width; x += 64) {
        const w = Math.min(64, left + width - x)
        const h = Math.min(64, top + height - y)
        const kind = data[at++] ?? 0
        const put = (i: number, value: number): void => this.set(x + (i % w), y + Math.floor(i / w), value)
        if (kind === 0) for (let i = 0; i < w * h; i++) put(i, colour())
        else if (kind === 1) this.fill(x, y, w, h, colour())
        else if (kind <= 16) {
          const palette = Array.from({ length: kind }, colour)
          const perPixel = kind === 2 ? 1 : kind <= 4 ? 2 : 4
          for (let row = 0; row < h; row++) {
            for (let column = 0; column < w; column++) {
              const bit = column * perPixel
              const index = ((data[at + (bit >> 3)] ?? 0) >> (8 - perPixel - (bit & 7))) & ((1 << perPixel) - 1)
              put(row * w + column, palette[index] ?? -1)
            }
            at += Math.ceil((w * perPixel) / 8)
          }
        } else if (kind === 128) {
          for (let i = 0; i < w * h; ) {
            const value = colour()
            for (let n = run(); n > 0; n--) put(i++, value)
          }
        } else if (kind >= 130) {
          const palette = Array.from({ length: kind - 128 }, colour)
          for (let i = 0; i < w * h; ) {
            const index = data[at++] ?? 0
            for (let n = index & 0x80 ? run() : 1; n > 0; n--) put(i++, palette[index & 0x7f] ?? -1)
          }
        } else throw new Error(`zrle tile ${kind}`)
      }
    }
    if (at !== data.length) throw new Error(`zrle: ${data.length - at} bytes too many`)
  }
}

/** DES by way of triple DES with the same key three times, which OpenSSL still has. */
function answer(password: string, challenge: Buffer): Buffer {
  const key = Buffer.alloc(8)
  Buffer.from(password)
    .subarray(0, 8)
    .forEach((byte, i) => {
      let turned = 0
      for (let bit = 0; bit < 8; bit++) turned |= ((byte >> bit) & 1) << (7 - bit)
      key[i] = turned
    })
  const cipher = createCipheriv('des-ede3', Buffer.concat([key, key, key]), null)
  cipher.setAutoPadding(false)
  return Buffer.concat([cipher.update(challenge), cipher.final()])
}
