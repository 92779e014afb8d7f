// What the host's kernel knows of the threads of this process, which Node does not tell: Linux alone, elsewhere nothing is known.
// Runs in: any thread of a domain's process.
import { readFileSync, readlinkSync } from 'node:fs'

/** The kernel's number of the calling thread. */
export function ownThreadId(): number | undefined {
  try {
    return Number(readlinkSync('/proc/thread-self').split('/').at(-1))
  } catch {
    return undefined
  }
}

/** Nanoseconds of processor time a thread of this process has had; a thread that runs just now may lag by a tick (proc(5), schedstat). */
function processorNs(thread: number): number | undefined {
  try {
    return Number.parseInt(readFileSync(`/proc/self/task/${thread}/schedstat`, 'latin1'), 10)
  } catch {
    return undefined
  }
}

/**
 * Processor time that this process takes beside its main thread and its vcpus: V8's compilers and collector, threads that carry messages.
 * Nothing is counted while the threads of the vcpus are not known.
 */
export class TimeBeside {
  private last: number | undefined
  private owed = 0

  /** `vcpus`: how many there are, and the kernel's numbers of the threads that are known of them. */
  constructor(private readonly vcpus: () => { readonly count: number; readonly threads: readonly number[] }) {}

  /** Nanoseconds since the last look. */
  look(): number {
    const now = this.now()
    if (now !== undefined && this.last !== undefined) this.owed += now - this.last
    this.last = now
    // A thread's figure that lagged at the last look makes this one too small: it is made up for by the next.
    const beside = Math.max(0, this.owed)
    this.owed -= beside
    return beside
  }

  private now(): number | undefined {
    const { count, threads } = this.vcpus()
    if (threads.length < count) return undefined
    const { user, system } = process.cpuUsage()
    let ns = (user + system) * 1000
    for (const thread of [process.pid, ...threads]) {
      const own = processorNs(thread)
      if (own === undefined) return undefined
      ns -= own
    }
    return ns
  }
}
