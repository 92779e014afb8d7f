// How long from the start of one frame to that of the next, by what it took and showed: a seventh of the thread is spent on frames, more
// only to keep 30 a second, and never more than half, for it also serves the guest's console and store. Lines of text that run up the
// screen are shown 12 times a second: nobody reads them sooner, and each step is the whole picture for the window that draws it. The first
// few steps after a rest (a key's echo and what follows it) and all else come sooner. Runs in: anything.
import type { Copy } from './screen'
import { TILE_HEIGHT } from './tile-set'

const FRAME_MS = 16
const GOOD_FRAME_MS = 33
const SLOWEST_FRAME_MS = 250
/** One in so many parts of the time, when all is well, and at most. */
const GENTLE_SHARE = 7
const LARGEST_SHARE = 2
/** Of steps of running text: the time from one to the next, and how much of it may be saved up. */
const TEXT_FRAME_MS = 80
const TEXT_SAVED_MS = 240

export class FramePace {
  /** Until when steps of running text have had their time. */
  private text = 0

  /** From the start of this frame to that of the next. All in milliseconds. */
  period(start: number, took: number, runningText: boolean): number {
    const gentle = Math.min(GENTLE_SHARE * took, GOOD_FRAME_MS)
    const due = runningText ? this.textDue(start) - start : 0
    return Math.min(SLOWEST_FRAME_MS, Math.max(FRAME_MS, gentle, due, LARGEST_SHARE * took))
  }

  private textDue(start: number): number {
    this.text = Math.max(this.text, start - TEXT_SAVED_MS) + TEXT_FRAME_MS
    return this.text
  }
}

/** Whether a text console goes on at its end: up by whole lines, perhaps caught while it was being drawn. Other things run smoother. */
export function isRunningText({ distance }: Copy): boolean {
  return distance > 0 && distance % TILE_HEIGHT === 0
}
