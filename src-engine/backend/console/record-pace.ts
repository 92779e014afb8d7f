// When a guest's console output goes to domain 0: at once when it is much or comes after a rest; little pieces that come without end wait
// for each other a while, as each wakes domain 0 and is acknowledged. Windows draw a console that runs less often than that.
// Invariant: after `mayGo` has said no, `send` is called within a pause. Runs in: main thread of the domain's process.
import type { Clock } from '../../lib/clock'

/** This many little pieces go at once after a rest, */
const PIECES = 4
/** and one more each */
const PAUSE_MS = 80
/** This much waits for nothing. */
const MUCH = 1024

export class RecordPace {
  private left = PIECES
  private counted = 0
  private waiting: (() => void) | undefined

  constructor(
    private readonly clock: Clock,
    private readonly send: () => void,
  ) {}

  /** May a record with this many bytes go now? 0: nothing is to go, so nothing is counted. */
  mayGo(bytes: number): boolean {
    if (bytes === 0) return false
    if (bytes < MUCH && !this.another()) {
      this.waiting ??= this.clock.after(PAUSE_MS, () => {
        this.waiting = undefined
        this.send()
      })
      return false
    }
    this.waiting?.()
    this.waiting = undefined
    return true
  }

  /** The next ones go at once. */
  hurry(): void {
    this.left = PIECES
    this.counted = this.clock.now()
  }

  private another(): boolean {
    const now = this.clock.now()
    this.left = Math.min(PIECES, this.left + (now - this.counted) / PAUSE_MS)
    this.counted = now
    if (this.left < 1) return false
    this.left -= 1
    return true
  }
}
