// One viewer: what it asked for, what it has, and what it is sent. A frame goes out only when the viewer has asked for one and
// the one before has left this process, so a slow viewer gets fewer frames and never old ones.
// What it sends is hostile: each message is checked against its row in protocol.ts, and garbage closes this viewer alone.
// Invariant: a tile outside `dirty` is on the viewer's screen as in the server's `shown`, once what was sent has arrived.
// Runs in: the server's process.
import type { KeymapName } from '../public/keymap'
import type { ByteChannel } from './byte-channel'
import { ByteQueue } from './byte-queue'
import { Handshake } from './handshake'
import type { InputHub, ViewerInput } from './input-hub'
import { Keyboard } from './keyboard'
import { Output } from './output'
import {
  mappedColours,
  PIXEL_FORMAT_LENGTH,
  PixelConverter,
  readPixelFormat,
  SERVER_PIXEL_FORMAT,
  writePixelFormat,
} from './pixel-format'
import { RFB_CLIENT_ROWS, RFB_ENCODING, RFB_LIMITS, RFB_SET_COLOUR_MAP_ENTRIES, type RfbClientMessage } from './protocol'
import type { Change, Copy, Screen } from './screen'
import { type Rectangle, TileSet } from './tile-set'
import { type PixelEncoding, UpdateWriter } from './update-writer'

export interface SessionSurroundings {
  readonly screen: Screen
  /** Told to each viewer as it comes. */
  name: string
  readonly input: InputHub
  readonly keymap: KeymapName
  /** The viewer has asked for a frame or can take one again. */
  wantsFrame(): void
  ended(session: Session, reason: string): void
  /** One is put out for what it sent. */
  refused(): void
  mayTry(): boolean
  passwordFailed(): void
}

const ROWS = new Map<number, (typeof RFB_CLIENT_ROWS)[number]>(RFB_CLIENT_ROWS.map((row) => [row[1], row]))
/** A viewer gets pixels in the first of these that it names. */
const WIDE_ENCODINGS = new Map<number, PixelEncoding>([
  [RFB_ENCODING.trle, 'trle'],
  [RFB_ENCODING.raw, 'raw'],
])
const NARROW_ENCODINGS = new Map<number, PixelEncoding>([
  [RFB_ENCODING.zrle, 'zrle'],
  [RFB_ENCODING.hextile, 'hextile'],
  ...WIDE_ENCODINGS,
])
const NOTHING: Rectangle = { x: 0, y: 0, width: 0, height: 0 }

export class Session {
  private readonly around: SessionSurroundings
  private readonly channel: ByteChannel
  private readonly queue = new ByteQueue()
  private readonly handshake: Handshake
  private readonly input: ViewerInput
  private readonly keyboard: Keyboard
  private readonly writer = new UpdateWriter()
  private readonly timer: ReturnType<typeof setTimeout>
  private running = false
  private closed = false
  private converter = new PixelConverter(SERVER_PIXEL_FORMAT)
  private abilities: ReadonlySet<number> = new Set()
  private encoding: PixelEncoding = 'raw'
  /** Size the viewer knows. */
  private width = 0
  private height = 0
  private sizeNews = false
  private cursorNews = false
  private keyNews = false
  private requests = 0
  private requested = NOTHING
  private dirty: TileSet
  private copy: Copy | undefined
  private sending = false

  constructor(channel: ByteChannel, password: string | undefined, around: SessionSurroundings) {
    this.around = around
    this.channel = channel
    this.dirty = new TileSet(around.screen.width, around.screen.height)
    this.input = around.input.viewer()
    this.keyboard = new Keyboard(this.input, around.keymap)
    this.timer = setTimeout(() => this.refuse('the handshake took too long'), RFB_LIMITS.handshakeMs)
    this.timer.unref()
    this.handshake = new Handshake({
      password,
      send: (bytes) => channel.send(bytes),
      mayTry: () => around.mayTry(),
      failed: () => around.passwordFailed(),
      ready: () => this.begin(),
      close: (reason) => this.refuse(reason),
    })
    channel.onClose((reason) => this.end(reason))
    channel.onDrain(() => {
      if (this.ready) around.wantsFrame()
    })
    channel.onBytes((bytes) => this.receive(bytes))
  }

  /** In the session proper: past the handshake. */
  get seated(): boolean {
    return this.running && !this.closed
  }

  get ready(): boolean {
    return this.seated && this.requests > 0 && !this.sending && this.channel.backlog <= RFB_LIMITS.backlog
  }

  /** Closed because of what the viewer sent, or did not send. */
  private refuse(reason: string): void {
    if (!this.closed) this.around.refused()
    this.close(reason)
  }

  close(reason: string): void {
    if (this.closed) return
    this.channel.close(reason)
    this.end(reason)
  }

  private end(reason: string): void {
    if (this.closed) return
    this.closed = true
    clearTimeout(this.timer)
    this.handshake.dispose()
    this.keyboard.releaseAll()
    this.input.releaseButtons()
    this.writer.dispose()
    this.around.ended(this, reason)
  }

  private begin(): void {
    const { screen, name } = this.around
    clearTimeout(this.timer)
    this.running = true
    this.width = screen.width
    this.height = screen.height
    this.dirty = new TileSet(screen.width, screen.height)
    this.dirty.mark(screen.all)
    const title = new TextEncoder().encode(name)
    const out = new Output(8 + PIXEL_FORMAT_LENGTH + title.length)
    out.u16(this.width)
    out.u16(this.height)
    writePixelFormat(new DataView(out.bytes.buffer), out.at, SERVER_PIXEL_FORMAT)
    out.at += PIXEL_FORMAT_LENGTH
    out.u32(title.length)
    out.put(title)
    this.channel.send(out.finish())
  }

  // --- from the viewer ---

  private receive(bytes: Uint8Array): void {
    if (this.closed) return
    this.queue.push(bytes)
    while (!this.closed && (this.running ? this.message() : this.handshake.step(this.queue))) {}
  }

  /** Takes one message; false when it has not come whole. */
  private message(): boolean {
    const { queue } = this
    const number = queue.peek(0)
    if (number === undefined) return false
    const row = ROWS.get(number)
    if (!row) {
      this.refuse(`message of unknown type ${number}`)
      return false
    }
    const [name, , fixed] = row
    const head = queue.view(fixed)
    if (!head) return false
    const more = this.more(name, head)
    if (typeof more === 'string') {
      this.refuse(more)
      return false
    }
    const view = queue.view(fixed + more)
    if (!view) return false
    const wrong = this.take(name, view)
    if (wrong !== undefined) {
      this.refuse(wrong)
      return false
    }
    queue.skip(fixed + more)
    if (name === 'ClientCutText') queue.skip(view.getUint32(4))
    return true
  }

  /** Bytes that follow the fixed part and are needed whole, or what is wrong with them. */
  private more(name: RfbClientMessage, head: DataView): number | string {
    switch (name) {
      case 'SetEncodings': {
        const count = head.getUint16(2)
        return count > RFB_LIMITS.encodings ? `${count} encodings` : 4 * count
      }
      case 'SetDesktopSize': {
        const screens = head.getUint8(6)
        return screens > RFB_LIMITS.screens ? `${screens} screens` : 16 * screens
      }
      case 'ClientCutText':
        return head.getUint32(4) > RFB_LIMITS.cutText ? 'a text too long' : 0
      default:
        return 0
    }
  }

  private take(name: RfbClientMessage, view: DataView): string | undefined {
    switch (name) {
      case 'SetPixelFormat': {
        const format = readPixelFormat(view, 4)
        if (!format.ok) return format.error
        this.converter = new PixelConverter(format.value)
        if (!format.value.trueColour) this.sendColourMap()
        this.cursorNews = this.abilities.has(RFB_ENCODING.cursor)
        return undefined
      }
      case 'SetEncodings':
        this.setEncodings(view)
        return undefined
      case 'FramebufferUpdateRequest':
        this.request(view.getUint8(1) !== 0, {
          x: view.getUint16(2),
          y: view.getUint16(4),
          width: view.getUint16(6),
          height: view.getUint16(8),
        })
        return undefined
      case 'KeyEvent':
        this.keyboard.keysym(view.getUint32(4), view.getUint8(1) !== 0)
        return undefined
      case 'PointerEvent':
        this.input.pointer(view.getUint8(1), this.clampX(view.getUint16(2)), this.clampY(view.getUint16(4)))
        return undefined
      case 'ClientCutText':
        return undefined
      case 'SetDesktopSize':
        // Answered as the extension wants it: reason 1 (this client asked), status 1 (prohibited).
        if (this.abilities.has(RFB_ENCODING.extendedDesktopSize)) {
          const { width, height } = this.around.screen
          this.channel.send(this.writer.sizeRefused(width, height))
        }
        return undefined
      case 'QemuExtendedKeyEvent': {
        if (view.getUint8(1) !== 0) return `QEMU message ${view.getUint8(1)}`
        const down = view.getUint16(2) !== 0
        this.keyboard.scancode(view.getUint32(8), view.getUint32(4), down)
        return undefined
      }
    }
  }

  private clampX(x: number): number {
    return Math.min(x, Math.max(0, this.width - 1))
  }

  private clampY(y: number): number {
    return Math.min(y, Math.max(0, this.height - 1))
  }

  private setEncodings(view: DataView): void {
    const before = this.abilities
    const wanted = Array.from({ length: view.getUint16(2) }, (_, i) => view.getInt32(4 + 4 * i))
    this.abilities = new Set(wanted)
    const known = this.channel.wide ? WIDE_ENCODINGS : NARROW_ENCODINGS
    this.encoding = wanted.map((number) => known.get(number)).find((name) => name !== undefined) ?? 'raw'
    const fresh = (encoding: number): boolean => this.abilities.has(encoding) && !before.has(encoding)
    if (fresh(RFB_ENCODING.cursor)) this.cursorNews = true
    if (fresh(RFB_ENCODING.qemuExtendedKeyEvent)) this.keyNews = true
    if (fresh(RFB_ENCODING.extendedDesktopSize)) this.sizeNews = true
  }

  private request(incremental: boolean, area: Rectangle): void {
    if (!incremental) this.dirty.mark(area)
    this.requested = this.requests === 0 ? area : union(this.requested, area)
    this.requests = Math.min(this.requests + 1, RFB_LIMITS.framesInFlight)
    if (this.ready) this.around.wantsFrame()
  }

  private sendColourMap(): void {
    const colours = mappedColours()
    const out = new Output(6 + 6 * colours.length)
    out.u8(RFB_SET_COLOUR_MAP_ENTRIES)
    out.u8(0)
    out.u16(0)
    out.u16(colours.length)
    for (const colour of colours) for (const part of colour) out.u16(part)
    this.channel.send(out.finish())
  }

  // --- to the viewer ---

  /** The shared picture has changed. */
  apply(change: Change): void {
    if (!this.seated) return
    if (change.resized) {
      const { screen } = this.around
      this.dirty = new TileSet(screen.width, screen.height)
      this.dirty.mark(screen.all)
      this.sizeNews = true
      this.copy = undefined
      return
    }
    const { copy } = change
    if (copy && this.mayCopy(copy)) {
      this.copy = copy
      this.dirty.add(copy.rest)
    } else this.dirty.add(change.tiles)
  }

  /** Only while the viewer has all of what is copied, and gets it at once. A copy that waits already comes before all the rest. */
  private mayCopy({ target, distance }: Copy): boolean {
    if (!this.ready || this.copy || this.sizeNews || !this.abilities.has(RFB_ENCODING.copyRect)) return false
    const source = { ...target, y: target.y + distance }
    const whole = union(target, source)
    return !this.dirty.touches(whole) && inside(whole, this.requested) && whole.x + whole.width <= this.width
  }

  /** Sends what the viewer lacks, if it wants a frame; called after every change and request. */
  sendFrame(): void {
    if (!this.ready) return
    const { screen } = this.around
    const extended = this.abilities.has(RFB_ENCODING.extendedDesktopSize)
    const resizable = extended || this.abilities.has(RFB_ENCODING.desktopSize)
    const resized = resizable && (this.width !== screen.width || this.height !== screen.height)
    const { writer } = this
    writer.begin(this.converter, screen.shown, screen.width)
    if ((this.sizeNews && extended) || resized) {
      this.width = screen.width
      this.height = screen.height
      writer.size(screen.width, screen.height, extended)
    }
    this.sizeNews = false
    if (this.keyNews) writer.extendedKeys()
    if (this.cursorNews) writer.cursor()
    this.keyNews = false
    this.cursorNews = false
    if (this.copy) writer.copy(this.copy)
    this.copy = undefined
    // After a new size the viewer asks for everything: pixels for the old request would only come twice.
    if (!resized) {
      const known: Rectangle = { x: 0, y: 0, width: this.width, height: this.height }
      for (const area of this.dirty.take(this.requested)) writer.pixels(intersection(area, known))
    }
    if (writer.empty) return
    this.requests--
    const { encoding } = this
    if (encoding === 'raw' || encoding === 'trle') {
      this.channel.send(writer.finishPlain(encoding, this.channel.wide))
      return
    }
    this.sending = true
    writer.finish(encoding).then((bytes) => {
      this.sending = false
      if (this.closed || !bytes) return
      this.channel.send(bytes)
      if (this.ready) this.around.wantsFrame()
    })
  }
}

function union(a: Rectangle, b: Rectangle): Rectangle {
  const x = Math.min(a.x, b.x)
  const y = Math.min(a.y, b.y)
  return {
    x,
    y,
    width: Math.max(a.x + a.width, b.x + b.width) - x,
    height: Math.max(a.y + a.height, b.y + b.height) - y,
  }
}

function intersection(a: Rectangle, b: Rectangle): Rectangle {
  const x = Math.max(a.x, b.x)
  const y = Math.max(a.y, b.y)
  return {
    x,
    y,
    width: Math.max(0, Math.min(a.x + a.width, b.x + b.width) - x),
    height: Math.max(0, Math.min(a.y + a.height, b.y + b.height) - y),
  }
}

function inside(a: Rectangle, b: Rectangle): boolean {
  return a.x >= b.x && a.y >= b.y && a.x + a.width <= b.x + b.width && a.y + a.height <= b.y + b.height
}
