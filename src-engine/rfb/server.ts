// An RFB server for one screen and any number of viewers (RFC 6143). Viewers come as byte channels: a window's stream, or sockets
// from listen.ts. One fetch of the picture serves all of them; a frame is made only when somebody waits for one.
// How often: frame-pace.ts. Runs in: the process of the source (the guest's).
import type { KeymapName } from '../public/keymap'
import type { ByteChannel } from './byte-channel'
import { FramePace } from './frame-pace'
import { InputHub, type InputSink } from './input-hub'
import { Keyboard } from './keyboard'
import { keysymOfCharacter } from './keysym'
import type { PixelSource } from './pixel-source'
import { encodePng } from './png'
import { RFB_LIMITS } from './protocol'
import { type Change, Screen } from './screen'
import { Session, type SessionSurroundings } from './session'
import { shrink } from './shrink'

/** How long nobody need be told of changes while no viewer is there. */
const UNSEEN_MS = 100
/** Wrong passwords, with right ones between them or not, before nobody may try, and for how long. */
const WRONG_PASSWORDS = 5
const LOCKED_MS = 10_000

export interface RfbServerOptions {
  readonly source: PixelSource
  readonly input: InputSink
  /** What viewers show as their title. */
  readonly name: string
  /** What the guest believes its keyboard to be, for viewers that do not say which key it was; left out: the American one. */
  readonly keymap?: KeymapName | undefined
}

export class RfbServer {
  private readonly source: PixelSource
  private readonly screen: Screen
  private readonly sessions = new Set<Session>()
  private readonly pace = new FramePace()
  private readonly around: SessionSurroundings
  private timer: ReturnType<typeof setTimeout> | undefined
  /** Viewers put out since the start for what they sent: not RFB, malformed, a wrong password, nothing for too long. */
  refused = 0
  private stale = true
  private nextFrame = 0
  private wrongPasswords = 0
  private lockedUntil = 0
  private disposed = false

  constructor({ source, input, name, keymap = 'en-us' }: RfbServerOptions) {
    this.source = source
    this.screen = new Screen(source)
    this.around = {
      screen: this.screen,
      name,
      input: new InputHub(input),
      keymap,
      wantsFrame: () => this.schedule(),
      ended: (session) => this.ended(session),
      refused: () => void this.refused++,
      mayTry: () => performance.now() >= this.lockedUntil,
      passwordFailed: () => {
        if (++this.wrongPasswords < WRONG_PASSWORDS) return
        this.wrongPasswords = 0
        this.lockedUntil = performance.now() + LOCKED_MS
      },
    }
    source.onChange(() => {
      this.stale = true
      if (this.sessions.size === 0) return UNSEEN_MS
      for (const session of this.sessions) {
        if (!session.ready) continue
        this.schedule()
        return this.nextFrame - performance.now()
      }
      return 0
    })
  }

  /** For viewers that come from now on. */
  rename(name: string): void {
    this.around.name = name
  }

  get viewers(): number {
    return this.sessions.size
  }

  /** A new viewer; with `password` it must know it. */
  attach(channel: ByteChannel, password?: string): void {
    if (this.disposed || (this.sessions.size >= RFB_LIMITS.clients && !this.makeRoom())) {
      channel.close(this.disposed ? 'the screen is gone' : 'too many viewers')
      return
    }
    if (this.sessions.size === 0) this.source.watched(true)
    const session = new Session(channel, password, this.around)
    this.sessions.add(session)
  }

  /** Who has not shown a password yet takes nobody's place: the one that has taken longest goes. */
  private makeRoom(): boolean {
    for (const session of this.sessions) {
      if (session.seated) continue
      session.close('another viewer came before it had said who it is')
      return true
    }
    return false
  }

  /** Types text as a viewer that sends keysyms would: no window needs to be open. */
  type(text: string): void {
    const keyboard = new Keyboard(this.around.input.viewer(), this.around.keymap)
    for (const character of text) {
      const keysym = keysymOfCharacter(character)
      keyboard.keysym(keysym, true)
      keyboard.keysym(keysym, false)
    }
    keyboard.releaseAll()
  }

  /** What is seen now; at most so wide when a width is given. */
  screenshot(most?: number): { width: number; height: number; png: Uint8Array } {
    // What it found is found: who looks on is sent it now, for the source will not tell of it again.
    if (this.refresh()) this.schedule()
    const { shown, width: wide, height: high } = this.screen
    const { pixels, width, height } = shrink({ pixels: shown, width: wide, height: high }, most ?? wide)
    return { width, height, png: encodePng(pixels, width, height) }
  }

  dispose(reason: string): void {
    this.disposed = true
    clearTimeout(this.timer)
    for (const session of [...this.sessions]) session.close(reason)
  }

  private ended(session: Session): void {
    if (!this.sessions.delete(session)) return
    if (this.sessions.size === 0) this.source.watched(false)
  }

  private schedule(): void {
    if (this.timer || this.disposed) return
    this.timer = setTimeout(() => this.frame(), Math.max(0, this.nextFrame - performance.now()))
  }

  private frame(): void {
    this.timer = undefined
    const start = performance.now()
    const change = this.stale ? this.refresh() : undefined
    for (const session of this.sessions) session.sendFrame()
    this.nextFrame = start + this.pace.period(start, performance.now() - start, change?.scrolled ?? 0)
  }

  private refresh(): Change | undefined {
    this.stale = false
    const change = this.screen.refresh()
    if (change) for (const session of this.sessions) session.apply(change)
    return change
  }
}
