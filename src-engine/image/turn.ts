// Long work in steps: between them the event loop has its turn, because domain 0's main thread serves everybody.
// Runs in: any thread.

/** Waits until whatever is ready has had its turn. */
export function turn(): Promise<void> {
  return new Promise((resolve) => setImmediate(resolve))
}

/** True each `STEP` counts: then a loop should wait for turn(). A step is below a millisecond of simple work. */
export function due(count: number): boolean {
  return count % STEP === STEP - 1
}

const STEP = 4096
