// How long from the start of one frame to that of the next, by what it took and showed: a seventh of the thread is spent on frames, more
// only to keep 30 a second, and never more than half, for it also serves the guest's console and store. Lines of text that run up the
// screen are shown 12 times a second: nobody reads them sooner, and each step is the whole picture for the window that draws it. The first
// few steps after a rest (a key's echo and what follows it) and all else come sooner.
// Text is known by a scroll of whole lines, which not every frame shows: one caught while the guest draws may hold parts of several. So
// what comes for a while after such a scroll is running text too. Runs in: anything.
import { TILE_HEIGHT } from './tile-set'

const FRAME_MS = 16
const GOOD_FRAME_MS = 33
const SLOWEST_FRAME_MS = 250
/** One part in this many of the time, when all is well, and at most. */
const GENTLE_SHARE = 7
const LARGEST_SHARE = 2
/** Of steps of running text: the time from one to the next, how much of it may be saved up, and how long after the last scroll it ends. */
const TEXT_FRAME_MS = 80
const TEXT_SAVED_MS = 240
const TEXT_ENDS_MS = 500

export class FramePace {
  /** Until when steps of running text have had their time, and until when there is any. */
  private paid = Number.NEGATIVE_INFINITY
  private runs = Number.NEGATIVE_INFINITY

  /**
   * From the start of this frame to that of the next, in milliseconds as the others. `scrolled`: by how many rows a part of the
   * picture went up, negative down.
   */
  period(start: number, took: number, scrolled: number): number {
    if (isLines(scrolled)) this.runs = start + TEXT_ENDS_MS
    const gentle = Math.min(GENTLE_SHARE * took, GOOD_FRAME_MS)
    const due = start < this.runs ? this.textDue(start) - start : 0
    return Math.min(SLOWEST_FRAME_MS, Math.max(FRAME_MS, gentle, due, LARGEST_SHARE * took))
  }

  private textDue(start: number): number {
    this.paid = Math.max(this.paid, start - TEXT_SAVED_MS) + TEXT_FRAME_MS
    return this.paid
  }
}

/** Whether a text console went on at its end: up by whole lines. Other things run smoother. */
function isLines(scrolled: number): boolean {
  return scrolled > 0 && scrolled % TILE_HEIGHT === 0
}
