// A growing buffer in which one message to a client is put together. Numbers of RFB are big-endian.
// Invariant: bytes[0, at) are the message so far. Runs in: anything.

const exchange = (pixel: number): number => ((pixel & 0xff) << 16) | (pixel & 0xff00) | ((pixel >>> 16) & 0xff)

export class Output {
  bytes: Uint8Array
  at = 0
  private view: DataView

  /** With the right capacity from the start nothing is copied; or the array to write to, which is all of its buffer. */
  constructor(room: number | Uint8Array = 1024) {
    this.bytes = typeof room === 'number' ? new Uint8Array(room) : room
    this.view = new DataView(this.bytes.buffer)
  }

  /** Makes room for this many more bytes; `bytes` may be another array afterwards. */
  need(count: number): void {
    if (this.at + count <= this.bytes.length) return
    const grown = new Uint8Array(Math.max(this.at + count, 2 * this.bytes.length))
    grown.set(this.bytes.subarray(0, this.at))
    this.bytes = grown
    this.view = new DataView(grown.buffer)
  }

  u8(value: number): void {
    this.need(1)
    this.bytes[this.at++] = value
  }

  u16(value: number): void {
    this.need(2)
    this.view.setUint16(this.at, value)
    this.at += 2
  }

  u32(value: number): void {
    this.need(4)
    this.view.setUint32(this.at, value)
    this.at += 4
  }

  put(bytes: Uint8Array): void {
    this.need(bytes.length)
    this.bytes.set(bytes, this.at)
    this.at += bytes.length
  }

  /** The lowest `count` bytes of a value, lowest first: a pixel. Room must have been made. */
  pixel(value: number, count: number): void {
    const { bytes } = this
    let { at } = this
    for (let rest = value, i = 0; i < count; i++, rest >>>= 8) bytes[at++] = rest & 0xff
    this.at = at
  }

  /**
   * `rows` rows of XRGB pixels, `stride` apart, as three bytes each: blue first, or red when they are `exchanged`. Four make three
   * words. Room must have been made.
   */
  pixels24(pixels: Uint32Array, from: number, stride: number, width: number, rows: number, exchanged: boolean): void {
    const { view } = this
    let { at } = this
    for (let row = 0; row < rows; row++) {
      let i = from + row * stride
      const end = i + width
      for (; i + 4 <= end; i += 4, at += 12) {
        let a = (pixels[i] ?? 0) | 0
        let b = (pixels[i + 1] ?? 0) | 0
        let c = (pixels[i + 2] ?? 0) | 0
        let d = (pixels[i + 3] ?? 0) | 0
        if (exchanged) {
          a = exchange(a)
          b = exchange(b)
          c = exchange(c)
          d = exchange(d)
        }
        view.setInt32(at, (a & 0xffffff) | (b << 24), true)
        view.setInt32(at + 4, ((b >>> 8) & 0xffff) | (c << 16), true)
        view.setInt32(at + 8, ((c >>> 16) & 0xff) | (d << 8), true)
      }
      for (; i < end; i++, at += 3) {
        const pixel = (pixels[i] ?? 0) | 0
        const value = exchanged ? exchange(pixel) : pixel
        view.setUint16(at, value & 0xffff, true)
        view.setUint8(at + 2, (value >>> 16) & 0xff)
      }
    }
    this.at = at
  }

  /** The message, exactly. Its bytes are this object's own when they fill it. */
  finish(): Uint8Array {
    return this.at === this.bytes.length ? this.bytes : this.bytes.slice(0, this.at)
  }

  /** Forgets the message, keeps the room. */
  clear(): void {
    this.at = 0
  }
}
