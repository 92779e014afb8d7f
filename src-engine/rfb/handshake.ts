// The first words between server and viewer (RFC 6143 sections 7.1 to 7.3): version, security, and then the session begins.
// Versions 3.3, 3.7 and 3.8. With a password the viewer must prove that it knows it; wrong ones are answered late.
// Invariant: nothing of the screen is told before `ready`. Runs in: the server's process.
import { randomBytes, timingSafeEqual } from 'node:crypto'
import type { ByteQueue } from './byte-queue'
import { vncResponse } from './des'
import { Output } from './output'
import { RFB_CHALLENGE_LENGTH, RFB_SECURITY, RFB_SERVER_VERSION, RFB_VERSION_LENGTH } from './protocol'

const WRONG_PASSWORD_MS = 1000
const LOCKED = 'Too many wrong passwords; try again later.'

export interface HandshakeSurroundings {
  readonly password: string | undefined
  send(bytes: Uint8Array): void
  /** After too many wrong passwords on this server nobody may try for a while. */
  mayTry(): boolean
  failed(): void
  ready(): void
  close(reason: string): void
}

type State = 'version' | 'security' | 'response' | 'init' | 'refused' | 'done'

export class Handshake {
  private readonly around: HandshakeSurroundings
  private state: State = 'version'
  private minor = 8
  private challenge = new Uint8Array(0)
  private timer: ReturnType<typeof setTimeout> | undefined

  constructor(around: HandshakeSurroundings) {
    this.around = around
    around.send(new TextEncoder().encode(RFB_SERVER_VERSION))
  }

  dispose(): void {
    clearTimeout(this.timer)
  }

  /** Reads what has come; true while it made progress. */
  step(queue: ByteQueue): boolean {
    switch (this.state) {
      case 'version':
        return queue.length >= RFB_VERSION_LENGTH && this.version(queue.take(RFB_VERSION_LENGTH))
      case 'security':
        return queue.length >= 1 && this.security(queue.take(1)[0] ?? 0)
      case 'response':
        return queue.length >= RFB_CHALLENGE_LENGTH && this.response(queue.take(RFB_CHALLENGE_LENGTH))
      case 'init':
        // The shared flag: every viewer shares here, or one that opens a screen would put the app's own window out.
        if (queue.length < 1) return false
        queue.take(1)
        this.state = 'done'
        this.around.ready()
        return true
      case 'refused':
        queue.skip(queue.length)
        return false
      case 'done':
        return false
    }
  }

  private version(bytes: Uint8Array): boolean {
    const match = /^RFB (\d{3})\.(\d{3})\n$/.exec(Buffer.from(bytes).toString('latin1'))
    if (!match || Number(match[1]) < 3) {
      this.around.close('not an RFB viewer')
      return false
    }
    const minor = Number(match[1]) > 3 ? 8 : Number(match[2])
    this.minor = minor >= 8 ? 8 : minor === 7 ? 7 : 3
    const offered = this.around.password === undefined ? RFB_SECURITY.none : RFB_SECURITY.vncAuthentication
    if (!this.around.mayTry()) {
      const out = new Output()
      if (this.minor === 3) out.u32(RFB_SECURITY.invalid)
      else out.u8(0)
      this.refuse(out, LOCKED)
      return false
    }
    if (this.minor === 3) {
      const out = new Output()
      out.u32(offered)
      this.around.send(out.finish())
      this.chosen(offered)
    } else {
      this.around.send(Uint8Array.of(1, offered))
      this.state = 'security'
    }
    return true
  }

  private security(type: number): boolean {
    const offered = this.around.password === undefined ? RFB_SECURITY.none : RFB_SECURITY.vncAuthentication
    if (type !== offered) {
      this.around.close(`security type ${type} was not offered`)
      return false
    }
    this.chosen(type)
    return true
  }

  private chosen(type: number): void {
    if (type === RFB_SECURITY.none) {
      if (this.minor >= 8) this.around.send(new Uint8Array(4))
      this.state = 'init'
      return
    }
    this.challenge = new Uint8Array(randomBytes(RFB_CHALLENGE_LENGTH))
    this.around.send(this.challenge)
    this.state = 'response'
  }

  private response(bytes: Uint8Array): boolean {
    const { password } = this.around
    // Asked again: who tries, tries on many connections at once, and all of them were let in before the first was wrong.
    if (!this.around.mayTry()) {
      const out = new Output()
      out.u32(1)
      if (this.minor >= 8) this.refuse(out, LOCKED)
      else {
        this.around.send(out.finish())
        this.around.close(LOCKED)
      }
      return false
    }
    if (password !== undefined && timingSafeEqual(vncResponse(password, this.challenge), bytes)) {
      this.around.send(new Uint8Array(4))
      this.state = 'init'
      return true
    }
    this.around.failed()
    this.state = 'refused'
    this.timer = setTimeout(() => {
      const out = new Output()
      out.u32(1)
      if (this.minor >= 8) this.refuse(out, 'Wrong password.')
      else {
        this.around.send(out.finish())
        this.around.close('wrong password')
      }
    }, WRONG_PASSWORD_MS)
    return false
  }

  private refuse(out: Output, reason: string): void {
    const text = new TextEncoder().encode(reason)
    this.state = 'refused'
    out.u32(text.length)
    out.put(text)
    this.around.send(out.finish())
    this.around.close(reason)
  }
}
