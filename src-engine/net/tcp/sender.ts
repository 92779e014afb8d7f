// The sending half of a TCP connection: what was sent and not acknowledged, how much more may go (the peer's window, the
// congestion window of RFC 5681 with the recovery of RFC 6582), when to send it again (RFC 6298), and probes of a closed
// window (RFC 9293 section 3.8.6.1). Segments of many MSS go as one: they are super frames.
// Invariant: una <= nxt <= max in sequence order; `queue` starts at `queueStart`, which is una once SYN is acknowledged.
// Runs in: domain 0.
import { RetransmissionTimeout } from './retransmission-timeout'
import { ACK, distance, FIN, PSH, plus, type Segment, SYN } from './segment'
import { SendQueue } from './send-queue'

/** RFC 6928. */
const INITIAL_WINDOW_SEGMENTS = 10
const CONGESTION_MOST = 4 * 1024 * 1024
/** Payload of an IPv4 packet without options, in whole segments. */
const SUPER_MOST = 65535 - 40
/** R2 (RFC 9293 section 3.8.3): when to give up, for data and for SYN. */
export const GIVE_UP_MS = 120_000
export const GIVE_UP_SYN_MS = 180_000

export type Emit = (sequence: number, offset: number, length: number, flags: number) => void

export class Sender {
  readonly iss: number
  readonly queue = new SendQueue()
  una: number
  nxt: number
  /** Highest sequence number ever sent, plus one. */
  max: number
  window = 0
  mss: number
  /** Shift of the windows the peer tells. */
  scale = 0
  /** When the retransmission or persist timer is due; Infinity: stopped. */
  deadline = Number.POSITIVE_INFINITY
  /** When what is being sent again without an answer was sent first. */
  unansweredSince: number | undefined
  finQueued = false
  readonly timeout = new RetransmissionTimeout()
  private readonly emit: Emit
  private queueStart: number
  private finSequence: number | undefined
  private windowSequence = 0
  private windowAcknowledgement = 0
  private largestWindow = 0
  private congestionWindow = 0
  private slowStartThreshold = Number.POSITIVE_INFINITY
  private duplicates = 0
  private recover: number | undefined
  private timed: { readonly end: number; readonly at: number } | undefined
  private lastSentAt = 0
  private synLost = false

  constructor(iss: number, mss: number, emit: Emit) {
    this.iss = iss
    this.una = iss
    this.nxt = iss
    this.max = iss
    this.queueStart = plus(iss, 1)
    this.mss = mss
    this.emit = emit
  }

  get inFlight(): number {
    return distance(this.max, this.una)
  }

  /**
   * The number of a segment without data. After a timeout `nxt` lies below what the peer may have, and with that number its
   * acknowledgement would be thrown away: two ends doing so never come together again. The byte of a probe does not count.
   */
  get idleSequence(): number {
    return this.window === 0 && this.inFlight === 1 ? this.una : this.max
  }

  get synAcknowledged(): boolean {
    return this.una !== this.iss
  }

  get finAcknowledged(): boolean {
    return this.finSequence !== undefined && distance(this.una, this.finSequence) > 0
  }

  /** SYN, or SYN and ACK. */
  sendSyn(now: number): void {
    this.nxt = plus(this.iss, 1)
    this.max = this.nxt
    this.timed = { end: this.nxt, at: now }
    this.restart(now)
    // Last, here and everywhere: an answer may come before this returns.
    this.emit(this.iss, 0, 0, SYN)
  }

  /** The connection is up: the peer's first window. */
  begin(mss: number, scale: number): void {
    this.mss = mss
    this.scale = scale
    this.congestionWindow = INITIAL_WINDOW_SEGMENTS * mss
    if (this.synLost) {
      // RFC 5681 section 3.1 and RFC 6298 (5.7).
      this.congestionWindow = mss
      this.timeout.synWasLost()
    }
  }

  /** RFC 9293 section 3.10.7.4: only a newer segment changes the window. */
  updateWindow(segment: Segment): void {
    const newer =
      distance(segment.sequence, this.windowSequence) > 0 ||
      (segment.sequence === this.windowSequence && distance(segment.acknowledgement, this.windowAcknowledgement) >= 0)
    if (newer) this.setWindow(segment, segment.flags & SYN ? 0 : this.scale)
  }

  setWindow(segment: Segment, scale: number): void {
    // Probes have doubled the timeout; the path itself is as good as before.
    if (this.window === 0 && segment.window > 0) this.timeout.forgetBackOff()
    this.window = segment.window << scale
    this.largestWindow = Math.max(this.largestWindow, this.window)
    this.windowSequence = segment.sequence
    this.windowAcknowledgement = segment.acknowledgement
  }

  /** An acknowledgement within what was sent. True: something new was acknowledged. */
  acknowledge(segment: Segment, now: number): boolean {
    const ack = segment.acknowledgement
    const fresh = distance(ack, this.una)
    if (fresh <= 0) {
      if (fresh === 0) this.duplicate(segment, now)
      return false
    }
    const first = !this.synAcknowledged
    this.una = ack
    if (distance(ack, this.nxt) > 0) this.nxt = ack
    const bytes = Math.min(Math.max(0, distance(ack, this.queueStart)), this.queue.length)
    this.queue.discard(bytes)
    this.queueStart = plus(this.queueStart, bytes)
    if (this.timed && distance(ack, this.timed.end) >= 0) {
      this.timeout.sample(now - this.timed.at)
      this.timed = undefined
    }
    this.unansweredSince = undefined
    if (this.inFlight === 0) this.deadline = Number.POSITIVE_INFINITY
    else this.restart(now)
    if (!first) this.grow(bytes)
    return true
  }

  /** Sends what may be sent. True: something went, and an acknowledgement with it. */
  push(now: number): boolean {
    if (!this.synAcknowledged) return false
    // RFC 5681 section 4.1: after a pause the path is a new one.
    if (this.inFlight === 0 && now - this.lastSentAt > this.timeout.milliseconds) {
      this.congestionWindow = Math.min(this.congestionWindow, INITIAL_WINDOW_SEGMENTS * this.mss)
    }
    let sent = false
    for (;;) {
      const offset = distance(this.nxt, this.queueStart)
      const available = this.queue.length - offset
      if (available <= 0) break
      const room = distance(plus(this.una, Math.min(this.window, this.congestionWindow)), this.nxt)
      const length = this.sizeOf(Math.min(available, room), available)
      if (length <= 0) break
      this.sendFrom(offset, length, now)
      sent = true
    }
    if (this.finQueued && this.nxt === plus(this.queueStart, this.queue.length)) {
      this.sendFrom(this.queue.length, 0, now)
      sent = true
    }
    // Closed window, or one too small to be worth it, and nothing on the way that would bring news.
    if (this.inFlight === 0 && this.queue.length > 0 && this.deadline === Number.POSITIVE_INFINITY) {
      this.deadline = now + this.timeout.milliseconds
    }
    return sent
  }

  /** The deadline has passed. False: the peer has not answered for too long. */
  expire(now: number): boolean {
    this.unansweredSince ??= now
    const unanswered = now - this.unansweredSince
    if (unanswered >= (this.synAcknowledged ? GIVE_UP_MS : GIVE_UP_SYN_MS)) return false
    this.timed = undefined
    this.timeout.backOff()
    this.restart(now)
    if (!this.synAcknowledged) {
      this.synLost = true
      this.emit(this.iss, 0, 0, SYN)
    } else if (this.inFlight === 0 || this.window === 0) this.resend(now)
    else {
      // RFC 5681 section 3.1: once for each loss.
      if (unanswered === 0) this.halve()
      this.recover = undefined
      this.duplicates = 0
      this.congestionWindow = this.mss
      this.resend(now)
    }
    return true
  }

  /** The peer answered a probe without taking anything: it is alive, whatever its window. */
  answered(): void {
    this.unansweredSince = undefined
  }

  /** From the first byte that is not acknowledged; into a closed window one byte, as a probe. */
  private resend(now: number): void {
    // What the peer has beyond the hole it will say.
    this.nxt = this.una
    const offset = distance(this.nxt, this.queueStart)
    const closed = this.window === 0
    // FIN would be a second number beyond the window, and what is sent beside it too high for a peer with no room (`idleSequence`).
    const fin = this.finQueued && !(closed && offset < this.queue.length)
    this.sendFrom(offset, Math.min(this.mss, Math.max(1, this.window), this.queue.length - offset), now, fin)
    // The byte of a probe counts as sent only when it is acknowledged.
    if (closed && distance(this.nxt, this.una) > 0 && this.window === 0) this.nxt = this.una
  }

  /** How much of `usable` bytes to send in one segment: no silly ones (RFC 9293 section 3.8.6.2.1), whole MSS otherwise. */
  private sizeOf(usable: number, available: number): number {
    if (usable <= 0) return 0
    if (usable < available && usable < this.mss && usable < this.largestWindow / 2) return 0
    if (usable <= this.mss) return usable
    const most = Math.min(usable, SUPER_MOST - (SUPER_MOST % this.mss))
    return most === available ? most : most - (most % this.mss)
  }

  /** `mayEnd`: with the last byte goes FIN. */
  private sendFrom(offset: number, length: number, now: number, mayEnd = this.finQueued): void {
    const end = plus(this.nxt, length)
    const last = offset + length === this.queue.length
    const fin = last && mayEnd
    const sequence = this.nxt
    if (fin) this.finSequence = end
    this.nxt = fin ? plus(end, 1) : end
    if (distance(this.nxt, this.max) > 0) {
      this.timed ??= { end: this.nxt, at: now }
      this.max = this.nxt
    }
    this.lastSentAt = now
    if (sequence === this.una || this.deadline === Number.POSITIVE_INFINITY) this.restart(now)
    this.emit(sequence, offset, length, ACK | (last && length > 0 ? PSH : 0) | (fin ? FIN : 0))
  }

  private restart(now: number): void {
    this.deadline = now + this.timeout.milliseconds
  }

  private grow(bytes: number): void {
    this.duplicates = 0
    if (this.recover !== undefined) {
      if (distance(this.una, this.recover) >= 0) {
        this.congestionWindow = Math.min(this.slowStartThreshold, Math.max(this.inFlight, this.mss) + this.mss)
        this.recover = undefined
      } else {
        // A partial acknowledgement: the next hole (RFC 6582).
        this.congestionWindow = Math.max(this.mss, this.congestionWindow - bytes + this.mss)
        this.resendFirst()
      }
    } else if (this.congestionWindow < this.slowStartThreshold) this.congestionWindow += bytes
    else this.congestionWindow += Math.max(1, Math.floor((this.mss * bytes) / this.congestionWindow))
    this.congestionWindow = Math.min(this.congestionWindow, CONGESTION_MOST)
  }

  /** RFC 5681 section 2 says which acknowledgements are duplicates. */
  private duplicate(segment: Segment, now: number): void {
    this.answered()
    const same = segment.window << this.scale === this.window
    // Answers to probes of a closed window look like duplicates and are none.
    if (this.inFlight === 0 || this.window === 0 || segment.data.length > 0 || segment.flags & (SYN | FIN) || !same) return
    this.duplicates++
    if (this.duplicates === 3 && this.recover === undefined) {
      this.halve()
      this.recover = this.max
      this.congestionWindow = this.slowStartThreshold + 3 * this.mss
      this.restart(now)
      this.resendFirst()
    } else if (this.duplicates > 3 && this.recover !== undefined) this.congestionWindow += this.mss
  }

  private halve(): void {
    this.slowStartThreshold = Math.max(Math.floor(this.inFlight / 2), 2 * this.mss)
  }

  private resendFirst(): void {
    this.timed = undefined
    const offset = distance(this.una, this.queueStart)
    const length = Math.min(this.mss, this.queue.length - offset, distance(this.max, this.una))
    const fin = this.finSequence !== undefined && plus(this.una, Math.max(0, length)) === this.finSequence
    if (length > 0 || fin) this.emit(this.una, offset, Math.max(0, length), ACK | (fin ? FIN : 0))
  }
}
