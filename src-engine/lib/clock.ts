// The clock that parts of the engine are given, so that tests can turn it. What a guest sees of time is not from here: that is
// the hypervisor's one monotonic source.
// Invariant: it never jumps, whatever is done to the host's clock: leases, flows and connections live as long as they should.
// Runs in: anything.

export interface Clock {
  /** Milliseconds since 1970, as the host's clock had it when the process began and as long as that has run since. */
  now(): number
  /** Calls back once after this many milliseconds; the returned function calls it off. */
  after(milliseconds: number, call: () => void): () => void
}

const began = Date.now() - performance.now()

export const systemClock: Clock = {
  now: () => Math.floor(began + performance.now()),
  after(milliseconds, call) {
    const timer = setTimeout(call, milliseconds)
    return () => clearTimeout(timer)
  },
}
