// When a terminal that was written to may be written to again: not before it has drawn, and then only after a pause that makes drawing a
// small part of this page's time. A line that comes alone is drawn at once; a guest that prints without end is drawn as often as that
// costs little (without a graphics card some 15 times a second). What comes meanwhile waits in domain 0 for the acknowledgement.
// Invariant: each call of `afterDrawing` is answered once, also while no frames come because nobody can see the window.
// Runs in: domain window.

/** Drawing may take one part in so many of the time. */
const DRAWING_SHARE = 12
const LONGEST_PAUSE_MS = 100

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

export function afterDrawing(ready: () => void, clock: FrameClock = windowFrames): void {
  let told = false
  const tell = (): void => {
    if (!told) ready()
    told = true
  }
  clock.after(LONGEST_PAUSE_MS, tell)
  // What is due at once comes when the frame has been painted.
  clock.nextFrame((began) => clock.after(0, () => clock.after((DRAWING_SHARE - 1) * (clock.now() - began), tell)))
}
