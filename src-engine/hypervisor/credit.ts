// Vcpu time a domain may use, when somebody meters it: the scheduler outside (in main, over all domains) grants time in slices, the
// vcpus use it up together, and stand runnable when there is none. Unmetered, which is how a domain starts, it costs one load a slice.
// Time is the host's while a vcpu is inside run(). A slice is not cut short for credit: what it overdraws is taken off the next grant.
// Invariant: CREDIT is changed by atomic additions alone, but for the cut at a grant. Spec: Xen's credit scheduler (docs/misc, xl sched-credit).
// Runs in: vcpu threads (spend), main thread of the domain's process (grant). State: shared memory.
import type { DomainState } from './domain-state'

/** A domain that had nothing to do must not save up: at most this many grants lie ready. */
const GRANTS_KEPT = 4n

export class Credit {
  constructor(private readonly domain: DomainState) {}

  private get index(): number {
    return this.domain.address('CREDIT') >>> 3
  }

  get metered(): boolean {
    return this.domain.get('METERED') !== 0
  }

  mayRun(): boolean {
    return !this.metered || Atomics.load(this.domain.memory.i64, this.index) > 0n
  }

  spend(ns: bigint): void {
    if (this.metered) Atomics.sub(this.domain.memory.i64, this.index, ns)
  }

  /** From now on the domain may use what it has been granted, and no more. Debts stay. */
  grant(ns: bigint): void {
    const { domain, index } = this
    const { i64 } = domain.memory
    const most = GRANTS_KEPT * ns
    if (this.metered) {
      const now = Atomics.add(i64, index, ns) + ns
      if (now > most) Atomics.sub(i64, index, now - most)
    } else {
      Atomics.store(i64, index, ns)
      domain.set('METERED', 1)
    }
    domain.kickAll()
  }

  /** It may use what it wants. */
  release(): void {
    if (!this.metered) return
    this.domain.set('METERED', 0)
    this.domain.kickAll()
  }

  /** How many vcpus run or would like to. */
  wanting(): number {
    const { domain } = this
    let count = 0
    for (let vcpu = 0; vcpu < domain.vcpus; vcpu++) {
      if (domain.vget(vcpu, 'UP') !== 0 && domain.vget(vcpu, 'BLOCKED') === 0) count += 1
    }
    return count
  }
}
