// A clock that stands still until a test moves it; timers fire in order, each at its own time.
import type { Clock } from '../../src-engine/lib/clock'

export class VirtualClock implements Clock {
  private time: number
  private timers: { readonly at: number; readonly call: () => void }[] = []

  constructor(start = 1_700_000_000_000) {
    this.time = start
  }

  now(): number {
    return this.time
  }

  after(milliseconds: number, call: () => void): () => void {
    const timer = { at: this.time + milliseconds, call }
    this.timers.push(timer)
    return () => {
      this.timers = this.timers.filter((other) => other !== timer)
    }
  }

  get pending(): number {
    return this.timers.length
  }

  /** When the next timer fires, from now. */
  get next(): number | undefined {
    return this.timers.length > 0 ? Math.min(...this.timers.map(({ at }) => at)) - this.time : undefined
  }

  /** Lets time pass. */
  advance(milliseconds: number): void {
    const end = this.time + milliseconds
    for (;;) {
      const due = this.timers.filter(({ at }) => at <= end)
      const first = due.reduce<(typeof due)[number] | undefined>((a, b) => (a && a.at <= b.at ? a : b), undefined)
      if (!first) break
      this.timers = this.timers.filter((timer) => timer !== first)
      this.time = Math.max(this.time, first.at)
      first.call()
    }
    this.time = end
  }
}
