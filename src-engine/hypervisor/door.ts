// The door of a vcpu: whatever enters it from outside (the time, events others have posted, timers that ran out, the moment an
// interrupt is taken) passes `enter`, which knows how many instructions the vcpu has retired. A run given the same entries at the
// same instructions is the same run, so recording one is a log of this function; test/engine/hypervisor/door.test.ts does both.
// There is no source of random values: RDRAND is hidden in CPUID. Not yet through here: the moment at which bytes that a pump
// writes into a shared page become visible (the guest is told by an event, which is), and when a backend binds a port.
// Invariant: entries are told in the order of instructions. With nobody observing it costs one comparison, and nothing in run().
// Runs in: the vcpu's thread; other threads see a domain through a door that counts nothing.

/** What enters. `value` is what the guest gets of it. */
export const ENTRIES = {
  /** System time in ns: for RDTSC, clock records, hypercalls, and to see which timers have run out. */
  CLOCK: 'ns',
  /** An event channel that another thread has posted is raised. */
  EVENT: 'port',
  TIMER: 'one of TIMERS',
  /** An interrupt is taken between two instructions: an upcall, or what a timer, an IPI or an event left in the local APIC. */
  INTERRUPT: 'vector',
  NMI: '0',
} as const
export type EntryKind = keyof typeof ENTRIES

export const TIMERS = { SINGLESHOT: 0, PERIODIC: 1, LAPIC: 2, WATCHDOG: 3 } as const

export interface Entry {
  readonly kind: EntryKind
  /** Instructions the vcpu had retired before it. */
  readonly retired: number
  readonly value: bigint
}

export class Door {
  private readonly observers = new Set<(entry: Entry) => void>()
  private readonly retired: () => number

  constructor(retired: () => number = () => 0) {
    this.retired = retired
  }

  /** Lets a value in. */
  enter<V extends number | bigint>(kind: EntryKind, value: V): V {
    if (this.observers.size > 0) this.tell({ kind, retired: this.retired(), value: BigInt(value) })
    return value
  }

  /** Tells each entry from now on, before the guest has it; until the returned function is called. */
  observe(observer: (entry: Entry) => void): () => void {
    this.observers.add(observer)
    return () => this.observers.delete(observer)
  }

  private tell(entry: Entry): void {
    for (const observer of this.observers) observer(entry)
  }
}
