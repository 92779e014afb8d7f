// The source of a guest's time: the host's monotonic clock in ns, with the same epoch in every thread of a process, and its
// wall clock. Handed to constructors, so that tests drive time. Runs in: any thread.

export interface MonotonicClock {
  /** Monotonic ns. */
  now(): bigint
  /** ns since 1970. */
  wall(): bigint
}

// Asked for by guests hundreds of thousands of times a second, where looking `process` up would cost as much as the time.
const { hrtime } = process

export const hostClock: MonotonicClock = {
  now: () => hrtime.bigint(),
  wall: () => BigInt(Date.now()) * 1_000_000n,
}
