// Has V8 optimise a function after a twentieth of what it would otherwise run first. The event loops of a domain's process and of domain 0
// run seldom and shortly (a packet, a key, a block), so their functions would stay with V8's first compiler for thousands of requests; its
// code calls a builtin for nearly every step, and after some milliseconds of sleep each of them is a miss of the cache.
// A kernel that boots runs much that is not worth it, so a domain's process begins with the first device. Measured: src-engine/backend/README.md.
// Runs in: domain 0; a domain's process, with its vcpus' threads.
import { setFlagsFromString } from 'node:v8'

/** Up to 11.3 V8 counts bytes of bytecode, later ones count calls; either says on stderr that it does not know the other's flag. */
const COUNTS_CALLS = { major: 11, minor: 4 }
const BYTES = 3_000
const CALLS = 100

/** From now on, in all threads of this process; may be called again. */
export function optimiseEarly(): void {
  const [major = 0, minor = 0] = process.versions.v8.split('.').map(Number)
  if (major > COUNTS_CALLS.major || (major === COUNTS_CALLS.major && minor >= COUNTS_CALLS.minor)) {
    setFlagsFromString(`--invocation-count-for-maglev=${CALLS}`)
    setFlagsFromString(`--invocation-count-for-turbofan=${CALLS}`)
  } else setFlagsFromString(`--interrupt-budget=${BYTES}`)
}
