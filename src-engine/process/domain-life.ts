// How a domain stands, for all parts of its process: each flag is changed by the part it belongs to, and looked at by the others.
// Runs in: main thread of the domain's process.
import type { RunningDomain } from './running-domain'

export class DomainLife {
  /** From a good build or restore on, until it is destroyed. */
  running: RunningDomain | undefined
  /** Its vcpu threads were started. */
  started = false
  paused = true
  /** It stands because a device cannot go on, and for nothing else: then it goes on by itself. */
  stalled = false
  /** Its state is being taken or written: its vcpus stand, whether it is paused or not. */
  saving = false
  /** It ended, and main was told how. */
  exited = false
  destroyed = false
}
