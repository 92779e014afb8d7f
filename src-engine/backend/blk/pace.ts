// Whether a transfer is worth the way to a thread of the pool and back. What the host has in memory is copied in microseconds, less than
// that way costs; what must come from a disk would hold domain 0's one thread, and with it every guest's store and network. The host
// does not say beforehand, so the last transfer done at once tells: when it was slow, the next PENANCE ones go to the pool, and then one
// is tried again. So of a slow disk's transfers at most one in PENANCE holds the thread.
// Runs in: domain 0.

/** Longest transfer that is done at once. */
export const AT_ONCE_BYTES = 128 * 1024
const PENANCE = 500
/** A transfer from memory takes less, also on a busy machine; one from a disk takes more. */
const SLOW_MS = 0.5

export class Pace {
  private penance = 0

  /** Is a transfer of this many bytes to be done at once? */
  atOnce(bytes: number): boolean {
    if (bytes > AT_ONCE_BYTES) return false
    if (this.penance === 0) return true
    this.penance--
    return false
  }

  /** One was, and took so long. */
  took(milliseconds: number): void {
    if (milliseconds > SLOW_MS) this.penance = PENANCE
  }
}
