// The receiving half of a TCP connection: what is expected next, pieces that came early, how much more may come, and when to
// acknowledge. The window is the receiver's buffer less what its user has not consumed; it opens in steps worth a segment
// (RFC 9293 section 3.8.6.2.2) and its right edge never goes back. Runs in: domain 0.
import { toKeep } from '../../lib/bytes'
import { distance, plus, SACK_BLOCKS, type SackBlock } from './segment'

/** Early pieces kept; an attacker's one-byte pieces must not cost more than their window. */
const EARLY_MOST = 256
/** RFC 9293 section 3.8.6.3: less than 500. */
export const DELAYED_ACK_MS = 40

interface Early {
  readonly sequence: number
  readonly data: Uint8Array
}

export class Receiver {
  nxt: number
  /** Shift of the windows we tell. */
  scale = 0
  /** The peer's FIN has been reached. */
  finished = false
  /** When a delayed acknowledgement is due; Infinity: none is. */
  deadline = Number.POSITIVE_INFINITY
  private readonly mss: number
  private buffer: number
  private edge: number
  private unconsumed = 0
  private unacknowledged = 0
  /** In order; none overlaps another. */
  private early: Early[] = []
  /** Of the early piece that came last. */
  private latest = 0
  private finAt: number | undefined

  constructor(irs: number, buffer: number, mss: number) {
    this.nxt = plus(irs, 1)
    this.edge = this.nxt
    this.buffer = buffer
    this.mss = mss
  }

  /** Without window scaling no more can be told. */
  limit(buffer: number): void {
    this.buffer = Math.min(this.buffer, buffer)
  }

  /** What came early, for the peer; undefined when nothing did. */
  get sack(): readonly SackBlock[] | undefined {
    return this.early.length > 0 ? blocksOf(this.early, this.latest) : undefined
  }

  /** Bytes that came early and are kept. */
  get held(): number {
    return this.early.reduce((sum, { data }) => sum + data.length, 0)
  }

  /** Bytes that may come now. */
  get window(): number {
    return distance(this.edge, this.nxt)
  }

  /** The window for a segment that goes out now, opened as far as is worth it. */
  advertise(scale: number): number {
    const free = this.buffer - this.unconsumed
    const more = distance(plus(this.nxt, free), this.edge)
    if (more >= Math.min(this.buffer / 2, this.mss)) this.edge = plus(this.nxt, free)
    this.unacknowledged = 0
    this.deadline = Number.POSITIVE_INFINITY
    return Math.min(this.window >> scale, 0xffff)
  }

  /** RFC 9293 section 3.10.7.4, first check. */
  accepts(sequence: number, length: number): boolean {
    const { window } = this
    const start = distance(sequence, this.nxt)
    if (length === 0) return window === 0 ? start === 0 : start >= 0 && start < window
    if (window === 0) return false
    const end = start + length - 1
    return (start >= 0 && start < window) || (end >= 0 && end < window)
  }

  /**
   * Data and FIN of an acceptable segment; `deliver` gets what is in order. Returns whether to acknowledge now, later, or not.
   */
  take(
    sequence: number,
    data: Uint8Array,
    fin: boolean,
    now: number,
    deliver: (data: Uint8Array) => void,
  ): 'now' | 'later' | 'no' {
    if (data.length === 0 && !fin) return 'no'
    if (this.finished) return 'now'
    const start = distance(sequence, this.nxt)
    const room = Math.max(0, this.window - start)
    const kept = data.length > room ? data.subarray(0, room) : data
    if (fin && kept.length === data.length) this.finAt = plus(sequence, data.length)
    if (start > 0) {
      this.keep(sequence, kept)
      return 'now'
    }
    const hadHole = this.early.length > 0
    this.advance(start < 0 ? kept.subarray(-start) : kept, deliver)
    this.fill(deliver)
    if (this.finAt === this.nxt) {
      this.finished = true
      this.nxt = plus(this.nxt, 1)
      // FIN is beyond the window when that was full.
      if (distance(this.edge, this.nxt) < 0) this.edge = this.nxt
      return 'now'
    }
    if (hadHole || this.unacknowledged >= 2 * this.mss || start < 0) return 'now'
    if (this.deadline === Number.POSITIVE_INFINITY) this.deadline = now + DELAYED_ACK_MS
    return 'later'
  }

  /** The user is done with this many bytes. True: the peer should hear that the window is open again. */
  consume(count: number): boolean {
    this.unconsumed -= count
    if (this.finished) return false
    const free = this.buffer - this.unconsumed
    const more = distance(plus(this.nxt, free), this.edge)
    return this.window < this.buffer / 2 && more >= Math.min(this.buffer / 2, 2 * this.mss)
  }

  clear(): void {
    this.early = []
  }

  private advance(data: Uint8Array, deliver: (data: Uint8Array) => void): void {
    if (data.length === 0) return
    this.nxt = plus(this.nxt, data.length)
    this.unconsumed += data.length
    this.unacknowledged += data.length
    deliver(data)
  }

  /** Each byte of the window is kept once: pieces that overlap must not cost more than it. */
  private keep(sequence: number, data: Uint8Array): void {
    const { early } = this
    if (data.length === 0) return
    this.latest = sequence
    if (early.length >= EARLY_MOST) return
    const end = plus(sequence, data.length)
    let at = early.length
    while (at > 0 && distance(sequence, early[at - 1]?.sequence ?? 0) < 0) at--
    const before = early[at - 1]
    const from = before ? Math.max(0, distance(endOf(before), sequence)) : 0
    let covered = 0
    for (let next = early[at]; next && distance(end, endOf(next)) >= 0; next = early[at + covered]) covered++
    const after = early[at + covered]
    const to = after ? Math.min(data.length, distance(after.sequence, sequence)) : data.length
    // All of it is there already.
    if (from >= to) return
    const piece = data.subarray(from, to)
    early.splice(at, covered, { sequence: plus(sequence, from), data: toKeep(piece) })
  }

  private fill(deliver: (data: Uint8Array) => void): void {
    for (let first = this.early[0]; first; first = this.early[0]) {
      const start = distance(first.sequence, this.nxt)
      if (start > 0) return
      this.early.shift()
      if (-start < first.data.length) this.advance(start === 0 ? first.data : first.data.subarray(-start), deliver)
    }
  }
}

/** The number after its last byte. */
function endOf({ sequence, data }: Early): number {
  return plus(sequence, data.length)
}

/** The blocks to tell of early pieces, which are in order: that with the latest of them first (RFC 2018 section 4), the highest after it. */
function blocksOf(pieces: readonly Early[], latest: number): SackBlock[] {
  const blocks: SackBlock[] = []
  for (const { sequence, data } of pieces) {
    const to = plus(sequence, data.length)
    const last = blocks.at(-1)
    if (!last || distance(sequence, last.to) > 0) blocks.push({ from: sequence, to })
    else if (distance(to, last.to) > 0) blocks[blocks.length - 1] = { from: last.from, to }
  }
  const first = blocks.findIndex(({ from, to }) => distance(latest, from) >= 0 && distance(to, latest) > 0)
  const newest = first < 0 ? [] : blocks.splice(first, 1)
  return [...newest, ...blocks.reverse()].slice(0, SACK_BLOCKS)
}
