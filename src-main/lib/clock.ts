// The time as the toolstack sees it; tests give their own. Runs in: main, plain Node.
export interface Clock {
  /** Milliseconds since 1970. */
  now(): number
}

export const systemClock: Clock = { now: () => Date.now() }
