// The retransmission timeout (RFC 6298): smoothed round trip time and its variation, doubled at each retransmission.
// Karn's rule (no sample from what was sent twice) is kept by the caller. Runs in: domain 0.

export const RTO_INITIAL_MS = 1000
export const RTO_LEAST_MS = 1000
export const RTO_MOST_MS = 60_000
/** Resolution of the clock, G. */
const GRANULARITY_MS = 1
/** RFC 6298 (5.7): after a lost SYN. */
const RTO_AFTER_LOST_SYN_MS = 3000

export class RetransmissionTimeout {
  milliseconds = RTO_INITIAL_MS
  private smoothed: number | undefined
  private variation = 0

  /** A round trip was measured. */
  sample(roundTrip: number): void {
    const r = Math.max(0, roundTrip)
    if (this.smoothed === undefined) {
      this.smoothed = r
      this.variation = r / 2
    } else {
      this.variation = (3 / 4) * this.variation + (1 / 4) * Math.abs(this.smoothed - r)
      this.smoothed = (7 / 8) * this.smoothed + (1 / 8) * r
    }
    this.forgetBackOff()
  }

  /** What the samples say, without doubling. */
  forgetBackOff(): void {
    if (this.smoothed === undefined) return
    const timeout = this.smoothed + Math.max(GRANULARITY_MS, 4 * this.variation)
    this.milliseconds = Math.min(Math.max(timeout, RTO_LEAST_MS), RTO_MOST_MS)
  }

  backOff(): void {
    this.milliseconds = Math.min(2 * this.milliseconds, RTO_MOST_MS)
  }

  synWasLost(): void {
    this.milliseconds = RTO_AFTER_LOST_SYN_MS
  }
}
