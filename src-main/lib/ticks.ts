// A clock that several can follow: who asks for the same interval is called in the same moment, so that what they tell comes together
// and is drawn once. Runs in: main, plain Node.

/** A timer may be called a little before its time: that is this tick's, not one more. */
const EARLY_MS = 2

/** Calls at each whole multiple of the interval since the process began, until the function it gives is called. Keeps no process alive. */
export function everyTick(intervalMs: number, act: () => void): () => void {
  let timer: NodeJS.Timeout | undefined
  const wait = (): void => {
    const now = performance.now()
    const due = (Math.floor((now + EARLY_MS) / intervalMs) + 1) * intervalMs
    timer = setTimeout(() => {
      wait()
      act()
    }, due - now)
    timer.unref()
  }
  wait()
  return () => clearTimeout(timer)
}
