// How many instructions a vcpu's next slice has. Interpreted code needs a microsecond for some hundred of them, a translated loop for
// thousands: of a fixed number one is too long to be kept waiting for, or the other spends its time between slices.
// Invariant: learns from the guest's own clock and instructions alone, so that a run given the same times is the same run.
// Runs in: the vcpu's worker thread.

/** Shortest and longest slice, and how long one is to take. A request from outside, or from another vcpu, is seen after at most one. */
const OF_ONE = { least: 100_000, most: 400_000, microseconds: 250 }
const OF_SEVERAL = { least: 25_000, most: 100_000, microseconds: 60 }
/** Shortest slice near a deadline. */
const FLOOR = 2_000
/** Instructions in a microsecond that the core does at least, as far as we expect. */
const SLOWEST = 150
/** Fewer instructions than these say little. */
const TELLING = 2_000

export class Pace {
  /** Instructions in a microsecond, of the last slice and of the one before it. */
  private last = SLOWEST
  private before = SLOWEST

  /** A slice has run this many instructions, in this many nanoseconds. */
  ran(instructions: number, nanoseconds: number): void {
    if (instructions < TELLING) return
    this.before = this.last
    this.last = Math.max(SLOWEST, (instructions * 1000) / Math.max(1, nanoseconds))
  }

  /**
   * Instructions of the next slice; `left`: nanoseconds until the next timer, or undefined. What was fast may be slow from now on, so
   * the slower of two slices counts, and a slice near a deadline is to need half of what is left.
   */
  next(left: number | undefined, several: boolean): number {
    const { least, most, microseconds } = several ? OF_SEVERAL : OF_ONE
    const pace = Math.min(this.last, this.before)
    const slice = Math.min(most, Math.max(least, Math.floor(pace * microseconds)))
    if (left === undefined) return slice
    return Math.min(slice, Math.max(FLOOR, Math.floor((Math.max(SLOWEST, pace / 2) * left) / 1000)))
  }
}
