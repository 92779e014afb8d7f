// A rate limit: frames beyond it wait in a bounded queue and are dropped when that is full (a token bucket in front of a
// tail-drop queue). Waiting rather than dropping at once keeps a TCP sender of 64 KiB frames going at the limit.
// Invariant: order is kept, and no second passes more than the rate plus one burst. Runs in: domain 0.
import { toKeep } from '../../lib/bytes'
import type { Clock } from '../../lib/clock'
import { type Frame, SUPER_FRAME_MOST } from './frame'

/** Bytes that wait: about what a network card's ring holds. */
const QUEUE_MOST = 1024 * 1024
const FRAMES_MOST = 512

export class Shaper {
  private readonly clock: Clock
  private readonly rate: number
  private readonly burst: number
  private readonly pass: (frame: Frame) => void
  private tokens: number
  private filledAt: number
  private readonly queue: Frame[] = []
  private queuedBytes = 0
  private cancelTimer: (() => void) | undefined

  /** `rate` in bytes a second. */
  constructor(clock: Clock, rate: number, pass: (frame: Frame) => void) {
    this.clock = clock
    this.rate = rate
    this.pass = pass
    // A tenth of a second, and at least one super frame, or it would never pass.
    this.burst = Math.max(rate / 10, SUPER_FRAME_MOST)
    this.tokens = this.burst
    this.filledAt = clock.now()
  }

  /** False: dropped. */
  offer(frame: Frame): boolean {
    this.fill()
    if (this.queue.length === 0 && this.take(frame)) {
      this.pass(frame)
      return true
    }
    if (this.queue.length >= FRAMES_MOST || this.queuedBytes + frame.bytes.length > QUEUE_MOST) return false
    this.queue.push({ ...frame, bytes: toKeep(frame.bytes) })
    this.queuedBytes += frame.bytes.length
    this.wait()
    return true
  }

  dispose(): void {
    this.cancelTimer?.()
    this.queue.length = 0
    this.queuedBytes = 0
  }

  private fill(): void {
    const now = this.clock.now()
    // A wall clock may be set back: then there is nothing new.
    this.tokens = Math.min(this.burst, this.tokens + (Math.max(0, now - this.filledAt) * this.rate) / 1000)
    this.filledAt = now
  }

  /** Whether it may pass now; then it is paid for. */
  private take(frame: Frame): boolean {
    if (frame.bytes.length > this.tokens) return false
    this.tokens -= frame.bytes.length
    return true
  }

  private wait(): void {
    const next = this.queue[0]
    if (!next || this.cancelTimer) return
    const milliseconds = Math.max(1, Math.ceil(((next.bytes.length - this.tokens) * 1000) / this.rate))
    this.cancelTimer = this.clock.after(milliseconds, () => {
      this.cancelTimer = undefined
      this.fill()
      try {
        for (let frame = this.queue[0]; frame && this.take(frame); frame = this.queue[0]) {
          this.queue.shift()
          this.queuedBytes -= frame.bytes.length
          this.pass(frame)
        }
      } finally {
        this.wait()
      }
    })
  }
}
