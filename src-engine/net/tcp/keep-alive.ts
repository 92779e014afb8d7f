// An idle connection is asked whether its peer is still there (RFC 9293 section 3.8.4).
// Runs in: domain 0.

export const KEEP_ALIVE_MS = 7_200_000
const EVERY_MS = 75_000
const TIMES = 9

export class KeepAlive {
  /** When the peer is to be asked next, if nothing is heard of it. */
  deadline = Number.POSITIVE_INFINITY
  private asked = 0

  begin(now: number): void {
    this.deadline = now + KEEP_ALIVE_MS
  }

  heard(now: number): void {
    this.asked = 0
    if (this.deadline !== Number.POSITIVE_INFINITY) this.deadline = now + KEEP_ALIVE_MS
  }

  stop(): void {
    this.deadline = Number.POSITIVE_INFINITY
  }

  /** The deadline has come. True: ask; false: it was asked often enough. */
  expire(now: number): boolean {
    if (this.asked++ >= TIMES) return false
    this.deadline = now + EVERY_MS
    return true
  }
}
