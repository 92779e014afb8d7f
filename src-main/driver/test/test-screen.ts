// The screen of a make-believe guest: an RFB 3.8 server (RFC 6143) with a test pattern of one-pixel lines, so that scaling can be
// judged, a cross where the pointer is, and a box for each key pressed. What arrives is told to the log, for tests to read.
// Invariant: speaks only what the protocol's server must: no security, raw encoding; garbage closes the stream.
// Runs in: main (test driver), plain Node.
import type { Transport } from '../../../src-engine/public/protocol/transport'

const VERSION = 'RFB 003.008\n'
const PIXEL = 4

interface Viewer {
  readonly transport: Transport
  phase: 'version' | 'security' | 'init' | 'open'
  input: Uint8Array
  /** An update was asked for and not sent yet. */
  asked: boolean
  /** Something changed since the last update. */
  stale: boolean
  /** The order of colours it asked for: red in the first byte, as noVNC does, or in the third, as we have it. */
  redFirst: boolean
}

export class TestScreen {
  readonly width: number
  readonly height: number
  readonly pixels: Uint8Array
  private readonly viewers = new Set<Viewer>()
  private readonly name: string
  private readonly told: (line: string) => void
  private readonly timer: NodeJS.Timeout
  private pointer = { x: 0, y: 0, buttons: 0 }
  private keys = 0
  private tick = 0

  constructor(name: string, width: number, height: number, told: (line: string) => void) {
    this.name = name
    this.width = width
    this.height = height
    this.told = told
    this.pixels = new Uint8Array(width * height * PIXEL)
    this.drawPattern()
    this.timer = setInterval(() => this.move(), 250)
    this.timer.unref()
  }

  attach(transport: Transport): void {
    const viewer: Viewer = { transport, phase: 'version', input: new Uint8Array(0), asked: false, stale: true, redFirst: false }
    this.viewers.add(viewer)
    transport.onClose(() => this.viewers.delete(viewer))
    transport.onMessage((message) => {
      if (!(message instanceof Uint8Array)) return this.drop(viewer)
      const all = new Uint8Array(viewer.input.length + message.length)
      all.set(viewer.input)
      all.set(message, viewer.input.length)
      viewer.input = all
      for (let used = this.take(viewer); used > 0; used = this.take(viewer)) viewer.input = viewer.input.slice(used)
    })
    transport.send(new TextEncoder().encode(VERSION))
  }

  end(): void {
    clearInterval(this.timer)
    for (const viewer of this.viewers) viewer.transport.close()
    this.viewers.clear()
  }

  // ---- the protocol -------------------------------------------------------------------------

  private drop(viewer: Viewer): void {
    viewer.transport.close('garbage on the screen stream')
    this.viewers.delete(viewer)
  }

  /** Handles one message at the start of the input; how long it was, or 0 while it is not whole. */
  private take(viewer: Viewer): number {
    const { input, transport } = viewer
    if (input.length === 0) return 0
    switch (viewer.phase) {
      case 'version':
        if (input.length < VERSION.length) return 0
        viewer.phase = 'security'
        transport.send(Uint8Array.from([1, 1])) // one type: none
        return VERSION.length
      case 'security':
        viewer.phase = 'init'
        transport.send(Uint8Array.from([0, 0, 0, 0]))
        return 1
      case 'init':
        viewer.phase = 'open'
        transport.send(this.serverInit())
        return 1
      case 'open':
        return this.takeOpen(viewer, new DataView(input.buffer, input.byteOffset, input.length))
    }
  }

  private takeOpen(viewer: Viewer, view: DataView): number {
    const whole = (length: number): boolean => view.byteLength >= length
    switch (view.getUint8(0)) {
      case 0: // SetPixelFormat: of all there are only the order of colours is followed, at 32 bits a pixel
        if (!whole(20)) return 0
        viewer.redFirst = view.getUint8(14) === 0
        return 20
      case 2: // SetEncodings
        return whole(4) && whole(4 + 4 * view.getUint16(2)) ? 4 + 4 * view.getUint16(2) : 0
      case 3: // FramebufferUpdateRequest
        if (!whole(10)) return 0
        viewer.asked = true
        if (view.getUint8(1) === 0) viewer.stale = true
        this.update(viewer)
        return 10
      case 4: // KeyEvent
        if (!whole(8)) return 0
        this.key(view.getUint32(4), view.getUint8(1) === 1)
        return 8
      case 5: // PointerEvent
        if (!whole(6)) return 0
        this.point(view.getUint16(2), view.getUint16(4), view.getUint8(1))
        return 6
      case 6: // ClientCutText
        return whole(8) && whole(8 + Math.abs(view.getInt32(4))) ? 8 + Math.abs(view.getInt32(4)) : 0
      default:
        this.drop(viewer)
        return 0
    }
  }

  private serverInit(): Uint8Array {
    const name = new TextEncoder().encode(this.name)
    const message = new Uint8Array(24 + name.length)
    const view = new DataView(message.buffer)
    view.setUint16(0, this.width)
    view.setUint16(2, this.height)
    // 32 bits a pixel, depth 24, little endian, true colour, 255 each, red at 16, green at 8, blue at 0.
    message.set([32, 24, 0, 1, 0, 255, 0, 255, 0, 255, 16, 8, 0], 4)
    view.setUint32(20, name.length)
    message.set(name, 24)
    return message
  }

  private update(viewer: Viewer): void {
    if (!viewer.asked || !viewer.stale) return
    viewer.asked = false
    viewer.stale = false
    const message = new Uint8Array(16 + this.pixels.length)
    const view = new DataView(message.buffer)
    view.setUint16(2, 1) // one rectangle: all of it, raw
    view.setUint16(8, this.width)
    view.setUint16(10, this.height)
    message.set(this.pixels, 16)
    if (viewer.redFirst) {
      for (let at = 16; at < message.length; at += PIXEL) {
        message[at] = message[at + 2] ?? 0
        message[at + 2] = this.pixels[at - 16] ?? 0
      }
    }
    viewer.transport.send(message)
  }

  private changed(): void {
    for (const viewer of this.viewers) {
      viewer.stale = true
      this.update(viewer)
    }
  }

  // ---- what is on it ------------------------------------------------------------------------

  private key(keysym: number, down: boolean): void {
    this.told(`key ${keysym.toString(16)} ${down ? 'down' : 'up'}`)
    if (!down) return
    const slots = Math.floor(this.width / 16)
    const colour = ((keysym * 2654435761) >>> 8) & 0xffffff
    this.fill(16 * (this.keys++ % slots), this.height - 24, 12, 12, colour)
    this.changed()
  }

  private point(x: number, y: number, buttons: number): void {
    if (buttons !== this.pointer.buttons) this.told(`pointer ${x} ${y} buttons ${buttons}`)
    this.drawPatternAround(this.pointer.x, this.pointer.y)
    this.pointer = { x, y, buttons }
    const colour = buttons === 0 ? 0xffd75f : 0xff5f5f
    this.fill(x - 8, y, 17, 1, colour)
    this.fill(x, y - 8, 1, 17, colour)
    this.changed()
  }

  private move(): void {
    if (this.viewers.size === 0) return
    const place = () => 40 + ((this.tick * 6) % Math.max(1, this.width - 120))
    this.fill(place(), 40, 40, 8, 0x14171c)
    this.tick++
    this.fill(place(), 40, 40, 8, 0x5cc27c)
    this.changed()
  }

  private patternAt(x: number, y: number): number {
    if (x === 0 || y === 0 || x === this.width - 1 || y === this.height - 1) return 0xffffff
    if (x > this.width - 130 && y > this.height - 130 && x < this.width - 2 && y < this.height - 2)
      return (x + y) % 2 === 0 ? 0xffffff : 0
    if (y > 64 && y < 96) return x % 2 === 0 ? 0xffffff : 0x14171c
    if (y > 110 && y < 142) {
      const level = Math.floor((x / this.width) * 256)
      return (level << 16) | (level << 8) | level
    }
    if (x % 64 === 0 || y % 64 === 0) return 0x2d3440
    return 0x14171c
  }

  private drawPattern(): void {
    for (let y = 0; y < this.height; y++) for (let x = 0; x < this.width; x++) this.set(x, y, this.patternAt(x, y))
  }

  private drawPatternAround(atX: number, atY: number): void {
    for (let y = atY - 8; y <= atY + 8; y++) for (let x = atX - 8; x <= atX + 8; x++) this.set(x, y, this.patternAt(x, y))
  }

  private fill(left: number, top: number, width: number, height: number, colour: number): void {
    for (let y = top; y < top + height; y++) for (let x = left; x < left + width; x++) this.set(x, y, colour)
  }

  private set(x: number, y: number, colour: number): void {
    if (x < 0 || y < 0 || x >= this.width || y >= this.height) return
    const at = (y * this.width + x) * PIXEL
    this.pixels[at] = colour & 0xff
    this.pixels[at + 1] = (colour >> 8) & 0xff
    this.pixels[at + 2] = (colour >> 16) & 0xff
    this.pixels[at + 3] = 0xff
  }
}
