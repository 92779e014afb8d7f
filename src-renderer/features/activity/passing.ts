// When a card that asks for nothing goes by itself: so long after it came, or after pointer and focus have left it.
// Runs in: every window; knows no page.

/** Long enough to read two lines and to reach its button. */
export const PASSING_MS = 10_000

export type Hold = 'pointer' | 'focus'

export class Passing {
  private readonly leave: () => void
  private readonly holds = new Set<Hold>()
  private timer: ReturnType<typeof setTimeout> | undefined

  /** `leave` is called once at most. */
  constructor(leave: () => void) {
    this.leave = leave
    this.start()
  }

  hold(by: Hold): void {
    this.holds.add(by)
    this.dispose()
  }

  release(by: Hold): void {
    if (this.holds.delete(by) && this.holds.size === 0) this.start()
  }

  dispose(): void {
    clearTimeout(this.timer)
  }

  private start(): void {
    this.timer = setTimeout(this.leave, PASSING_MS)
  }
}
