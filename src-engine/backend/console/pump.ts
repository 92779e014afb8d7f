// The console ring of one guest, on the guest's side of the link. Output goes into a scrollback kept here (so that a new domain 0
// gets it back, and a restored domain shows what it had written) and from there over the link, at most
// CONSOLE_LINK_WINDOW unacknowledged: a guest that floods finds its ring full and waits. Input waits here until the guest takes it.
// Little pieces that come one after the other wait a moment for the next, so that domain 0 is not woken for each (record-pace.ts).
// Linux limits the rate of a channel that is raised without an index having moved, so `notify` follows movement only.
// Invariant: acknowledged <= sent <= end of the scrollback. Runs in: main thread of the domain's process.

import { type Clock, systemClock } from '../../lib/clock'
import { CONSOLE_INPUT_WINDOW, CONSOLE_LINK_WINDOW } from '../../public/protocol/link'
import { XENCONS, XENCONS_IN_SIZE, XENCONS_OUT_SIZE } from '../../public/xen/io/console'
import { BROKEN, ByteRing } from '../../ring/byte-ring'
import { RecordPace } from './record-pace'
import { Scrollback } from './scrollback'

const CHUNK = 32 * 1024

/** Where the pump's bytes go: the link. */
export interface ConsoleChannel {
  output(offset: number, bytes: Uint8Array): void
  /** The other side may send input up to this offset. */
  credit(limit: number): void
}

export interface ConsolePage {
  readonly memory: SharedArrayBuffer | ArrayBuffer
  readonly offset: number
  notify(): void
  wrote?(): void
}

export interface ConsolePumpState {
  readonly start: number
  readonly history: Uint8Array
  readonly inputReceived: number
  readonly input: Uint8Array
}

export class ConsolePump {
  private readonly page: ConsolePage
  private readonly out: ByteRing
  private readonly in: ByteRing
  private readonly scrollback = new Scrollback()
  private readonly buffer = new Uint8Array(XENCONS_OUT_SIZE)
  private channel: ConsoleChannel | undefined
  private sent = 0
  private acknowledged = 0
  private input = new Uint8Array(0)
  private inputReceived = 0
  private credited = 0
  private broken = false
  private readonly pace: RecordPace
  /** Told of every piece of output as it comes: a headless runner without a window. */
  onOutput: ((bytes: Uint8Array) => void) | undefined

  constructor(page: ConsolePage, clock: Clock = systemClock) {
    this.page = page
    this.pace = new RecordPace(clock, () => this.sendOut())
    const place = { memory: page.memory, page: page.offset }
    this.out = new ByteRing({
      ...place,
      data: XENCONS.out,
      size: XENCONS_OUT_SIZE,
      consumer: XENCONS.out_cons,
      producer: XENCONS.out_prod,
    })
    this.in = new ByteRing({
      ...place,
      data: XENCONS.in,
      size: XENCONS_IN_SIZE,
      consumer: XENCONS.in_cons,
      producer: XENCONS.in_prod,
    })
  }

  /** Offset output will be sent from, and input bytes received: for the link's HELLO. */
  get position(): { output: number; input: number } {
    return { output: this.scrollback.start, input: this.inputReceived }
  }

  /** Bytes the guest has written so far, those in its ring too. */
  get written(): number {
    return this.scrollback.end + (this.broken ? 0 : Math.max(0, this.out.waiting()))
  }

  /** A link is up; the other side has everything before `offset`. */
  connect(channel: ConsoleChannel, offset: number): void {
    this.channel = channel
    const from = offset > this.scrollback.end ? this.scrollback.start : Math.max(offset, this.scrollback.start)
    this.sent = from
    this.acknowledged = from
    this.credited = 0
    this.poke()
    this.giveCredit()
  }

  disconnect(): void {
    this.pace.hurry()
    this.sendOut()
    this.channel = undefined
  }

  /** The guest has rung: take output, fill in input. Cheap when there is nothing to do. */
  poke(): void {
    let moved = false
    // The window counts from what domain 0 has, also while there is none: then the guest waits for the next one.
    while (!this.broken && this.scrollback.end - this.acknowledged < CONSOLE_LINK_WINDOW) {
      const n = this.out.take(this.buffer, 0, this.buffer.length)
      if (n === BROKEN) this.broken = true
      if (n <= 0) break
      moved = true
      this.add(this.buffer.subarray(0, n))
    }
    if (this.fillIn()) moved = true
    if (moved) {
      this.page.wrote?.()
      this.page.notify()
    }
    this.sendOut()
  }

  /** Output that does not come through the ring (console_io of an early kernel). The oldest bytes are dropped when it floods. */
  inject(bytes: Uint8Array): void {
    this.add(bytes)
    this.sendOut()
  }

  /** From the link. */
  acknowledge(offset: number): string | undefined {
    if (offset > this.sent) return `console bytes up to ${offset} acknowledged, ${this.sent} sent`
    if (offset <= this.acknowledged) return undefined
    this.acknowledged = offset
    this.poke()
    return undefined
  }

  /** From the link. */
  receive(offset: number, bytes: Uint8Array): string | undefined {
    if (offset + bytes.length > this.credited) return 'console input beyond the credit'
    // After a link was lost the other side may say something twice.
    const skip = this.inputReceived - offset
    if (skip < 0) return 'console input with a gap'
    if (skip >= bytes.length) return undefined
    const joined = new Uint8Array(this.input.length + bytes.length - skip)
    joined.set(this.input)
    joined.set(bytes.subarray(skip), this.input.length)
    this.input = joined
    this.inputReceived += bytes.length - skip
    // Who types waits for the answer.
    this.pace.hurry()
    this.poke()
    return undefined
  }

  /** Only while the vcpus stand still. */
  save(): ConsolePumpState {
    const { start, end } = this.scrollback
    return {
      start,
      history: this.scrollback.slice(start, end - start),
      inputReceived: this.inputReceived,
      input: this.input.slice(),
    }
  }

  load(state: ConsolePumpState): void {
    this.scrollback.jump(state.start)
    this.scrollback.append(state.history)
    this.sent = this.scrollback.start
    this.acknowledged = this.scrollback.start
    this.inputReceived = state.inputReceived
    this.input = state.input.slice()
  }

  private add(bytes: Uint8Array): void {
    this.scrollback.append(bytes)
    this.onOutput?.(bytes)
  }

  private sendOut(): void {
    if (!this.channel) return
    this.sent = Math.max(this.sent, this.scrollback.start)
    if (!this.pace.mayGo(this.scrollback.end - this.sent)) return
    while (this.sent < this.scrollback.end && this.sent - this.acknowledged < CONSOLE_LINK_WINDOW) {
      const bytes = this.scrollback.slice(this.sent, CHUNK)
      this.channel.output(this.sent, bytes)
      this.sent += bytes.length
    }
  }

  private fillIn(): boolean {
    if (this.broken || this.input.length === 0) return false
    const n = this.in.put(this.input, 0)
    if (n === BROKEN) this.broken = true
    if (n <= 0) return false
    this.input = this.input.slice(n)
    this.giveCredit()
    return true
  }

  private giveCredit(): void {
    const limit = this.inputReceived - this.input.length + CONSOLE_INPUT_WINDOW
    // Small steps are not worth a record, except when the other side has nothing left.
    if (limit - this.credited < CONSOLE_INPUT_WINDOW / 4 && this.credited > this.inputReceived) return
    this.credited = limit
    this.channel?.credit(limit)
  }
}
