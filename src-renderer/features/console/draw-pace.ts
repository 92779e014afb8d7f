// When a terminal that was written to may be written to again: when it has drawn, and drawing was a small part of this page's time. What
// comes alone is drawn at once, and so are the first few pieces after a rest (a key's echo and what follows it); a guest that prints
// without end is drawn as often as that costs little (without a graphics card some 7 times a second). What comes meanwhile waits in
// domain 0 for the acknowledgement.
// Invariant: each call of `afterDrawing` is answered once, also while no frames come because nobody can see the window.
// Runs in: domain window.

/** Drawing may take one part in so many of the time, */
const DRAWING_SHARE = 50
/** of which so much may be saved up, */
const SAVED_MS = 800
/** and no pause is longer than this. */
const LONGEST_PAUSE_MS = 150

/** What is needed of a window. Times in milliseconds, from the same start. */
export interface FrameClock {
  now(): number
  after(milliseconds: number, call: () => void): void
  /** `call` is told when the next frame began, before the page is laid out and painted for it. */
  nextFrame(call: (began: number) => void): void
}

export const windowFrames: FrameClock = {
  now: () => performance.now(),
  after: (milliseconds, call) => void setTimeout(call, milliseconds),
  nextFrame: (call) => void requestAnimationFrame(call),
}

export class DrawPace {
  /** When all drawing so far has become its share of the time. */
  private paid = 0

  constructor(private readonly clock: FrameClock = windowFrames) {}

  /** Called when something is about to be drawn. */
  afterDrawing(ready: () => void): void {
    const { clock } = this
    let told = false
    const tell = (): void => {
      if (!told) ready()
      told = true
    }
    clock.after(LONGEST_PAUSE_MS, tell)
    // What is due at once comes when the frame has been painted.
    clock.nextFrame((began) => clock.after(0, () => clock.after(this.pauseFor(clock.now() - began), tell)))
  }

  private pauseFor(drawing: number): number {
    const now = this.clock.now()
    this.paid = Math.max(this.paid, now - SAVED_MS) + Math.min(DRAWING_SHARE * drawing, SAVED_MS)
    return Math.max(0, this.paid - now)
  }
}
