// One timer for deadlines that move with each segment: it is left alone when it is early enough, and who is called looks what is
// due, and sets it again.
// Runs in: domain 0.
import type { Clock } from '../../lib/clock'

export class DeadlineTimer {
  private at = Number.POSITIVE_INFINITY
  private cancel: (() => void) | undefined

  constructor(
    private readonly clock: Clock,
    private readonly call: () => void,
  ) {}

  /** Calls at `due`, or before. */
  set(due: number): void {
    if (due >= this.at || due === Number.POSITIVE_INFINITY) return
    this.cancel?.()
    this.at = due
    this.cancel = this.clock.after(Math.max(0, due - this.clock.now()), () => {
      this.cancel = undefined
      this.at = Number.POSITIVE_INFINITY
      this.call()
    })
  }

  stop(): void {
    this.cancel?.()
    this.cancel = undefined
  }
}
