// One domain's console in domain 0: the scrollback that windows read, the windows' streams, and what they type.
// A stream is a cursor in the scrollback: it gets at most CONSOLE_WINDOW bytes beyond its last acknowledgement, CONSOLE_CHUNK bytes
// at once, less after COALESCE_MS and not before it has acknowledged what it got: so windows say how often they draw. When it is so
// slow that its place falls out of the scrollback it jumps (offset of the next message shows it). Nothing a window does or fails to
// do delays the guest or another window.
// Input of all windows goes to the guest in the order it came, as far as the pump gives credit; 64 KiB wait, the rest is lost.
// Invariant: offsets only grow. All that is here comes back from the pump when domain 0 is new. Runs in: domain 0.
import type { Clock } from '../../lib/clock'
import {
  COALESCE_MS,
  CONSOLE_CHUNK,
  CONSOLE_FROM_WINDOW,
  CONSOLE_INPUT_LIMIT,
  CONSOLE_WINDOW,
  type ConsoleToWindow,
} from '../../public/protocol/stream'
import type { Transport } from '../../public/protocol/transport'
import { fields, text } from '../../public/shape'
import { Scrollback } from './scrollback'

const INPUT_WAITING = 64 * 1024
const KIND = fields({ kind: text })

/** The link to the pump. */
export interface ConsoleInput {
  input(offset: number, bytes: Uint8Array): void
}

class Stream {
  readonly transport: Transport
  private readonly service: ConsoleService
  private sent: number
  private acknowledged: number
  /** Stretches that were skipped: they will never be acknowledged and do not count as being on the way. */
  private gaps: { from: number; to: number }[] = []
  private cancelTimer: (() => void) | undefined

  constructor(service: ConsoleService, transport: Transport, from: number) {
    this.service = service
    this.transport = transport
    this.sent = from
    this.acknowledged = from
    transport.onClose(() => {
      this.cancelTimer?.()
      service.detach(this)
    })
    transport.onMessage((message) => {
      const wrong = this.take(message)
      if (wrong !== undefined) this.end(wrong)
    })
  }

  say(message: ConsoleToWindow): void {
    this.transport.send(message)
  }

  end(reason: string): void {
    this.say({ kind: 'end', reason })
    this.transport.close(reason)
  }

  /** There is new output: at once if much waits, else soon, or with the acknowledgement of what is on the way. */
  wake(): void {
    const { scrollback, clock } = this.service
    if (scrollback.end - this.sent >= CONSOLE_CHUNK) this.push()
    else if (this.onTheWay === 0) this.cancelTimer ??= clock.after(COALESCE_MS, () => this.push())
  }

  push(): void {
    this.cancelTimer?.()
    this.cancelTimer = undefined
    const { scrollback } = this.service
    while (this.sent < scrollback.end && this.onTheWay < CONSOLE_WINDOW && !this.transport.closed) {
      if (this.sent < scrollback.start) {
        this.gaps.push({ from: this.sent, to: scrollback.start })
        this.sent = scrollback.start
      }
      const bytes = scrollback.slice(this.sent, CONSOLE_CHUNK)
      const offset = this.sent
      this.sent += bytes.length
      this.say({ kind: 'output', offset, bytes })
    }
  }

  private get onTheWay(): number {
    return this.gaps.reduce((sum, { from, to }) => sum - (to - from), this.sent - this.acknowledged)
  }

  private take(message: unknown): string | undefined {
    if (!KIND.is(message)) return 'not a message'
    switch (message.kind) {
      case 'input':
        if (!CONSOLE_FROM_WINDOW.input.is(message)) return CONSOLE_FROM_WINDOW.input.explain(message)
        if (message.bytes.length > CONSOLE_INPUT_LIMIT) return 'input too long'
        this.service.typed(message.bytes)
        return undefined
      case 'ack':
        if (!CONSOLE_FROM_WINDOW.ack.is(message)) return CONSOLE_FROM_WINDOW.ack.explain(message)
        if (message.offset > this.sent) return 'acknowledgement of what was not sent'
        this.acknowledged = Math.max(this.acknowledged, message.offset)
        this.gaps = this.gaps.filter(({ from }) => from >= this.acknowledged)
        this.push()
        return undefined
      case 'resize':
        return CONSOLE_FROM_WINDOW.resize.explain(message)
      default:
        return 'message of unknown kind'
    }
  }
}

export class ConsoleService {
  readonly scrollback = new Scrollback()
  readonly clock: Clock
  private readonly streams = new Set<Stream>()
  private link: ConsoleInput | undefined
  private waiting: Uint8Array[] = []
  private waitingBytes = 0
  private inputSent = 0
  private credit = 0

  constructor(clock: Clock) {
    this.clock = clock
  }

  /** The pump is there. Returns the offset wanted from it: what it has before that is here already. */
  connect(link: ConsoleInput, pumpStart: number, inputReceived: number): number {
    this.link = link
    this.inputSent = inputReceived
    this.credit = inputReceived
    if (this.scrollback.end < pumpStart) this.scrollback.jump(pumpStart)
    for (const stream of this.streams) stream.say(this.state)
    return this.scrollback.end
  }

  disconnect(): void {
    if (!this.link) return
    this.link = undefined
    for (const stream of this.streams) {
      stream.push()
      stream.say(this.state)
    }
  }

  /** From the pump. Returns the offset to acknowledge. */
  output(offset: number, bytes: Uint8Array): number {
    const known = this.scrollback.end - offset
    if (known < 0) this.scrollback.jump(offset)
    if (known < bytes.length) this.scrollback.append(known > 0 ? bytes.subarray(known) : bytes)
    for (const stream of this.streams) stream.wake()
    return this.scrollback.end
  }

  /** From the pump: input may go up to this offset. */
  giveCredit(limit: number): void {
    this.credit = Math.max(this.credit, limit)
    this.sendInput()
  }

  attach(transport: Transport, fromOffset: number | undefined): void {
    const from = Math.min(Math.max(fromOffset ?? 0, this.scrollback.start), this.scrollback.end)
    const stream = new Stream(this, transport, from)
    if (transport.closed) return
    this.streams.add(stream)
    stream.say(this.state)
    stream.push()
  }

  private get state(): ConsoleToWindow {
    if (!this.link) return { kind: 'state', state: 'gone' }
    return { kind: 'state', state: 'connected', input: this.inputSent + this.waitingBytes }
  }

  detach(stream: Stream): void {
    this.streams.delete(stream)
  }

  typed(bytes: Uint8Array): void {
    const room = INPUT_WAITING - this.waitingBytes
    const kept = bytes.length > room ? bytes.slice(0, room) : bytes
    if (kept.length > 0) {
      this.waiting.push(kept)
      this.waitingBytes += kept.length
    }
    this.sendInput()
  }

  /** The domain is released: windows are told and let go. */
  dispose(reason: string): void {
    this.link = undefined
    for (const stream of [...this.streams]) {
      stream.push()
      stream.end(reason)
    }
    this.streams.clear()
  }

  private sendInput(): void {
    while (this.link && this.credit > this.inputSent) {
      const next = this.waiting.shift()
      if (!next) return
      const room = this.credit - this.inputSent
      const now = next.length > room ? next.slice(0, room) : next
      if (now.length < next.length) this.waiting.unshift(next.slice(now.length))
      this.waitingBytes -= now.length
      const offset = this.inputSent
      this.inputSent += now.length
      this.link.input(offset, now)
    }
  }
}

export type { Stream as ConsoleStream }
