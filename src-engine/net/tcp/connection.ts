// One TCP connection as RFC 9293 describes it: states, what each segment means in each of them, and its timers. What is sent
// and received lies in `sender` and `receiver`; who uses the connection gets data in order and gives it back by `consumed`.
// Against blind attacks RFC 5961: a RST must hit the next expected number exactly, anything else gets a challenge.
// Invariant: after `closed` was called nothing is sent and no timer is left. Runs in: domain 0.
import type { Clock } from '../../lib/clock'
import { DeadlineTimer } from './deadline-timer'
import { KeepAlive } from './keep-alive'
import { Receiver } from './receiver'
import { ACK, DEFAULT_MSS, distance, FIN, plus, RST, type Segment, SYN, segmentLength, type TcpHeader } from './segment'
import type { SendQueue } from './send-queue'
import { Sender } from './sender'

/** `WAITING`: a SYN has come and its answer is put off until the other side of a relay is there. */
export type TcpState =
  | 'WAITING'
  | 'SYN-SENT'
  | 'SYN-RECEIVED'
  | 'ESTABLISHED'
  | 'FIN-WAIT-1'
  | 'FIN-WAIT-2'
  | 'CLOSE-WAIT'
  | 'CLOSING'
  | 'LAST-ACK'
  | 'TIME-WAIT'
  | 'CLOSED'

export type CloseReason = 'done' | 'reset' | 'refused' | 'timeout' | 'aborted'

/** Who uses a connection. */
export interface TcpUser {
  established(): void
  /** In order; the bytes may be kept. Each must be given back by `consumed`. */
  received(data: Uint8Array): void
  /** The peer sends no more. */
  finished(): void
  /** Bytes were acknowledged: there is room to send again. */
  drained(): void
  /** Once, at the end. */
  closed(reason: CloseReason): void
}

export interface TcpOptions {
  readonly clock: Clock
  /** Sends a segment with `length` bytes from `offset` of the queue; more than `mss` of them is a super frame. */
  output(header: TcpHeader, queue: SendQueue, offset: number, length: number, mss: number): void
  readonly user: TcpUser
  readonly iss: number
  /** Bytes the user may leave unconsumed; RECEIVE_BUFFER when left out. */
  readonly receiveBuffer?: number | undefined
}

/** What fits in a frame of the network. */
export const OUR_MSS = 1460
/** Bytes a user may leave unconsumed, unless it is told otherwise. */
export const RECEIVE_BUFFER = 1024 * 1024
const OUR_SCALE = 6
/** Twice the segment lifetime, as short as Linux has it. */
export const TIME_WAIT_MS = 60_000
const CHALLENGES_PER_SECOND = 10

const SYNCHRONIZED = new Set<TcpState>([
  'ESTABLISHED',
  'FIN-WAIT-1',
  'FIN-WAIT-2',
  'CLOSE-WAIT',
  'CLOSING',
  'LAST-ACK',
  'TIME-WAIT',
])

export class TcpConnection {
  state: TcpState = 'CLOSED'
  private readonly options: TcpOptions
  private readonly sender: Sender
  private receiver: Receiver
  private syn: Segment | undefined
  private scaling = false
  /** The peer wants to hear what came beyond a hole (RFC 2018). */
  private selective = false
  private readonly timer: DeadlineTimer
  private timeWaitAt = Number.POSITIVE_INFINITY
  private readonly keepAlive = new KeepAlive()
  private challengeSecond = 0
  private challenges = 0

  constructor(options: TcpOptions) {
    this.options = options
    this.sender = new Sender(options.iss, DEFAULT_MSS, (sequence, offset, length, flags) =>
      this.emit(sequence, offset, length, flags),
    )
    this.receiver = new Receiver(0, this.buffer, OUR_MSS)
    this.timer = new DeadlineTimer(options.clock, () => {
      try {
        this.expire()
      } finally {
        this.schedule()
      }
    })
  }

  /** Bytes given to `send` and not yet acknowledged. */
  get queued(): number {
    return this.sender.queue.length
  }

  get expected(): number {
    return this.receiver.nxt
  }

  /** A connection of ours to the peer. */
  open(): void {
    this.state = 'SYN-SENT'
    this.sender.sendSyn(this.now)
    this.schedule()
  }

  /** A SYN has come; `accept` or `abort` follows. */
  wait(syn: Segment): void {
    this.state = 'WAITING'
    this.syn = { ...syn, data: syn.data.slice(0, 0) }
  }

  accept(): void {
    if (this.state !== 'WAITING' || !this.syn) return
    this.begin(this.syn)
    this.state = 'SYN-RECEIVED'
    this.sender.sendSyn(this.now)
    this.schedule()
  }

  /** The bytes belong to the connection now. */
  send(bytes: Uint8Array): void {
    if (this.sender.finQueued || this.state === 'CLOSED') return
    this.sender.queue.push(bytes)
    this.push()
  }

  /** No more will be sent. */
  finish(): void {
    if (this.sender.finQueued || this.state === 'CLOSED') return
    this.sender.finQueued = true
    if (this.state === 'ESTABLISHED') this.state = 'FIN-WAIT-1'
    else if (this.state === 'CLOSE-WAIT') this.state = 'LAST-ACK'
    this.push()
  }

  /** The user is done with received bytes. */
  consumed(count: number): void {
    if (this.state === 'CLOSED' || this.state === 'TIME-WAIT') return
    if (this.receiver.consume(count)) this.acknowledge()
  }

  /** Ends it at once; the peer is told by RST. */
  abort(): void {
    const { state } = this
    if (state === 'CLOSED') return
    if (state === 'WAITING' && this.syn) {
      const acknowledgement = plus(this.syn.sequence, 1)
      this.output({ sequence: 0, acknowledgement, flags: RST | ACK, window: 0 }, 0, 0)
    } else if (state !== 'SYN-SENT' && state !== 'TIME-WAIT') this.reset()
    this.close('aborted')
  }

  /** Ends it without a word: nobody is there any more. */
  forget(): void {
    this.close('aborted')
  }

  take(segment: Segment): void {
    switch (this.state) {
      case 'CLOSED':
        return
      case 'WAITING':
        if (segment.flags & RST && this.syn && segment.sequence === plus(this.syn.sequence, 1)) this.close('reset')
        return
      case 'SYN-SENT':
        this.takeInSynSent(segment)
        break
      default:
        this.takeSynchronized(segment)
    }
    this.schedule()
  }

  private get buffer(): number {
    return this.options.receiveBuffer ?? RECEIVE_BUFFER
  }

  private get now(): number {
    return this.options.clock.now()
  }

  /** The peer's SYN is known. */
  private begin(syn: Segment): void {
    this.receiver = new Receiver(syn.sequence, this.buffer, OUR_MSS)
    this.scaling = syn.scale !== undefined
    if (this.scaling) this.receiver.scale = OUR_SCALE
    else this.receiver.limit(0xffff)
    this.selective = syn.sackPermitted === true
    this.sender.setWindow(syn, 0)
    this.sender.mss = Math.min(OUR_MSS, Math.max(64, syn.mss ?? DEFAULT_MSS))
    this.syn = syn
  }

  private establish(): void {
    this.sender.begin(this.sender.mss, this.syn?.scale ?? 0)
    this.syn = undefined
    this.state = 'ESTABLISHED'
    if (this.sender.finQueued) this.state = 'FIN-WAIT-1'
    this.keepAlive.begin(this.now)
    this.options.user.established()
  }

  /** RFC 9293 section 3.10.7.3. */
  private takeInSynSent(segment: Segment): void {
    const acknowledges = (segment.flags & ACK) !== 0
    if (acknowledges && segment.acknowledgement !== this.sender.nxt) {
      if (!(segment.flags & RST)) this.refuse(segment)
      return
    }
    if (segment.flags & RST) {
      if (acknowledges) this.close('refused')
      return
    }
    if (!(segment.flags & SYN)) return
    this.begin(segment)
    if (acknowledges) {
      this.sender.acknowledge(segment, this.now)
      this.establish()
      this.receive(segment, plus(segment.sequence, 1))
      if (!this.push()) this.acknowledge()
    } else {
      // Both opened at once.
      this.state = 'SYN-RECEIVED'
      this.emit(this.sender.iss, 0, 0, SYN)
    }
  }

  /** RFC 9293 section 3.10.7.4. */
  private takeSynchronized(segment: Segment): void {
    const { flags, sequence } = segment
    const { receiver, sender } = this
    const zeroWindow = receiver.window === 0 && sequence === receiver.nxt
    if (!receiver.accepts(sequence, segmentLength(segment)) && !zeroWindow) {
      if (!(flags & RST)) {
        if (this.state === 'TIME-WAIT' && flags & FIN) this.timeWaitAt = this.now + TIME_WAIT_MS
        // A lost answer to a SYN is sent again, SYN and all.
        if (this.state === 'SYN-RECEIVED' && flags & SYN) this.emit(sender.iss, 0, 0, SYN)
        else this.acknowledge()
      }
      return
    }
    if (flags & RST) {
      if (sequence === receiver.nxt) this.close('reset')
      else this.challenge()
      return
    }
    if (flags & SYN) {
      this.challenge()
      return
    }
    if (!(flags & ACK)) return
    if (!this.takeAcknowledgement(segment) || !SYNCHRONIZED.has(this.state)) return
    this.keepAlive.heard(this.now)
    this.receive(
      zeroWindow && segment.data.length > 0 ? { ...segment, data: segment.data.subarray(0, 0), flags: ACK } : segment,
      sequence,
    )
    if (zeroWindow && segment.data.length > 0) this.acknowledge()
    this.push()
  }

  /** False: the segment is done with. */
  private takeAcknowledgement(segment: Segment): boolean {
    const { sender } = this
    const ack = segment.acknowledgement
    if (this.state === 'SYN-RECEIVED') {
      if (distance(ack, sender.una) <= 0 || distance(ack, sender.max) > 0) {
        this.refuse(segment)
        return false
      }
      sender.setWindow(segment, this.syn?.scale ?? 0)
      sender.acknowledge(segment, this.now)
      this.establish()
    } else {
      // RFC 5961 section 5: neither of what was never sent nor of what is long past.
      if (distance(ack, sender.max) > 0 || distance(ack, sender.una) < -RECEIVE_BUFFER * 4) {
        this.challenge()
        return false
      }
      const fresh = sender.acknowledge(segment, this.now)
      if (distance(ack, sender.una) >= 0) sender.updateWindow(segment)
      // Only now: what the user sends in answer must meet the new window.
      if (fresh) this.options.user.drained()
      if (this.isClosed()) return false
    }
    if (sender.finAcknowledged) {
      if (this.state === 'FIN-WAIT-1') this.state = 'FIN-WAIT-2'
      else if (this.state === 'CLOSING') this.waitTime()
      else if (this.state === 'LAST-ACK') {
        this.close('done')
        return false
      }
    }
    return true
  }

  private receive(segment: Segment, sequence: number): void {
    const { state } = this
    if (state !== 'ESTABLISHED' && state !== 'FIN-WAIT-1' && state !== 'FIN-WAIT-2') {
      // The peer has said that it sends no more; it may have missed our answer.
      if (segmentLength(segment) > 0) this.acknowledge()
      if (state === 'TIME-WAIT' && segment.flags & FIN) this.timeWaitAt = this.now + TIME_WAIT_MS
      return
    }
    const { receiver } = this
    const when = receiver.take(sequence, segment.data, (segment.flags & FIN) !== 0, this.now, (data) =>
      this.options.user.received(data),
    )
    if (this.isClosed()) return
    if (receiver.finished) {
      if (this.state === 'ESTABLISHED') this.state = 'CLOSE-WAIT'
      else if (this.state === 'FIN-WAIT-1') this.state = this.sender.finAcknowledged ? 'FIN-WAIT-2' : 'CLOSING'
      if (this.state === 'FIN-WAIT-2') this.waitTime()
      this.options.user.finished()
    }
    if (when === 'now' && !this.isClosed()) this.acknowledge()
  }

  private isClosed(): boolean {
    return this.state === 'CLOSED'
  }

  private waitTime(): void {
    this.state = 'TIME-WAIT'
    this.timeWaitAt = this.now + TIME_WAIT_MS
    this.keepAlive.stop()
  }

  private push(): boolean {
    if (this.state === 'CLOSED' || this.state === 'SYN-SENT' || this.state === 'WAITING') return false
    const sent = this.sender.push(this.now)
    this.schedule()
    return sent
  }

  private acknowledge(): void {
    this.emit(this.sender.idleSequence, 0, 0, ACK)
  }

  private challenge(): void {
    const second = Math.floor(this.now / 1000)
    if (second !== this.challengeSecond) this.challenges = 0
    this.challengeSecond = second
    if (this.challenges++ < CHALLENGES_PER_SECOND) this.acknowledge()
  }

  /** Tells the peer that the connection is at its end. */
  private reset(): void {
    this.output({ sequence: this.sender.idleSequence, acknowledgement: this.receiver.nxt, flags: RST | ACK, window: 0 }, 0, 0)
  }

  /** Answers an acknowledgement of what was never sent. */
  private refuse({ acknowledgement }: Segment): void {
    this.output({ sequence: acknowledgement, acknowledgement: 0, flags: RST, window: 0 }, 0, 0)
  }

  private emit(sequence: number, offset: number, length: number, flags: number): void {
    const syn = (flags & SYN) !== 0
    const asking = this.state === 'SYN-SENT'
    const header: TcpHeader = {
      sequence,
      acknowledgement: asking ? 0 : this.receiver.nxt,
      flags: asking ? flags : flags | ACK,
      window: this.receiver.advertise(syn ? 0 : this.receiver.scale),
      mss: syn ? OUR_MSS : undefined,
      scale: syn && (asking || this.scaling) ? OUR_SCALE : undefined,
      sackPermitted: syn && (asking || this.selective) ? true : undefined,
      sack: this.selective && !syn && length === 0 ? this.receiver.sack : undefined,
    }
    this.output(header, offset, length)
  }

  private output(header: TcpHeader, offset: number, length: number): void {
    this.options.output(header, this.sender.queue, offset, length, this.sender.mss)
  }

  private schedule(): void {
    if (this.state === 'CLOSED') return
    const { sender, receiver, keepAlive } = this
    this.timer.set(Math.min(sender.deadline, receiver.deadline, this.timeWaitAt, keepAlive.deadline))
  }

  private expire(): void {
    const { now } = this
    if (now >= this.receiver.deadline) this.acknowledge()
    if (now >= this.timeWaitAt) this.close('done')
    else if (now >= this.sender.deadline && !this.sender.expire(now)) this.giveUp()
    else if (now >= this.keepAlive.deadline) {
      if (this.keepAlive.expire(now)) this.emit(plus(this.sender.una, -1), 0, 0, ACK)
      else this.giveUp()
    }
  }

  private giveUp(): void {
    if (this.state !== 'SYN-SENT') this.reset()
    this.close('timeout')
  }

  private close(reason: CloseReason): void {
    if (this.state === 'CLOSED') return
    // One that only waits has ended well, whatever comes now: the user may still be busy with what the peer sent last.
    const how = this.state === 'TIME-WAIT' ? 'done' : reason
    this.state = 'CLOSED'
    this.timer.stop()
    this.sender.queue.clear()
    this.receiver.clear()
    this.options.user.closed(how)
  }
}
