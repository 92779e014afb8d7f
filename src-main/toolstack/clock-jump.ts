// Finds that the host's clock was set: looked at every now and then, it should go as far as the monotonic clock does.
// A computer that slept is the same to us: guests slept too. Runs in: main, plain Node.

/** Clocks are slewed by less, and looks are not that exact. */
const LEAST_MS = 5000

export class ClockJump {
  private offset: number | undefined

  /** By how many ms the clock was set forward since the last look; 0 as a rule. `now` is the time of day, ms since 1970. */
  look(now: number, monotonic = performance.now()): number {
    const offset = now - monotonic
    const jump = offset - (this.offset ?? offset)
    if (this.offset !== undefined && Math.abs(jump) < LEAST_MS) return 0
    this.offset = offset
    return Math.round(jump)
  }
}
