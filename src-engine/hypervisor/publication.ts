// Publication: what a backend's pump has answered is shown to the guest by the guest's own vcpu, between two instructions.
// The pump (main thread) writes pages and responses at once, but a running guest may look at a producer index at any moment, and
// then execute what came from a disk. So the index is queued here, and the vcpu stores it after it has dropped the decoded code of
// all pages that were written before (house.md, section 1). It then looks at the guest's event index and raises the port when
// asked to: on the guest's own thread there is nothing to race with.
// Invariant: an index is stored after the invalidations requested before it was queued, and its event raised after that. Each vcpu has
// all invalidations in its list and serves them for all vcpus, so whichever shows an entry has dropped what must go.
// Runs in: main thread (queue), a vcpu's thread (show). State: PUBLISH in shared memory.
import { PUBLISH_SLOTS, PUBLISH_WORDS } from './domain-layout'
import type { DomainState } from './domain-state'
import type { EventChannels } from './event-channel'

/** How long the main thread waits for a vcpu to make room; a vcpu comes by after each slice. */
const PATIENCE_MS = 2000

export class Publication {
  constructor(
    private readonly domain: DomainState,
    private readonly events: EventChannels,
  ) {}

  /**
   * The word at `index` gets `value`; `port` is raised if the word at `event` says so (Xen io/ring.h: the other side wants to hear
   * of the index passing it), or always with `event` 0.
   */
  queue(index: number, value: number, event: number, port: number): void {
    const { domain } = this
    const { i32 } = domain.memory
    const produced = domain.get('PUBLISH_PROD')
    if (this.waiting >= PUBLISH_SLOTS) this.makeRoom()
    const at = (domain.address('PUBLISH') >>> 2) + (produced % PUBLISH_SLOTS) * PUBLISH_WORDS
    i32[at] = index
    i32[at + 1] = value
    i32[at + 2] = event
    i32[at + 3] = port
    // Orders the words above, the pump's writes and their invalidations before the entry is seen.
    domain.set('PUBLISH_PROD', (produced + 1) >>> 0)
    Atomics.store(i32, domain.address('POSTED_ANY') >>> 2, 1)
    domain.kick(this.events.status(port).vcpu)
  }

  /** Nothing queued is still to be shown. An event it raises is pending before this is true. */
  get shown(): boolean {
    return this.waiting === 0
  }

  /** Entries not shown yet. The counts of them begin anew at 2^32. */
  private get waiting(): number {
    return (this.domain.get('PUBLISH_PROD') - this.domain.get('PUBLISH_CONS')) >>> 0
  }

  private makeRoom(): void {
    const { domain } = this
    const end = performance.now() + PATIENCE_MS
    while (this.waiting >= PUBLISH_SLOTS) {
      // A vcpu that was told to stand takes nothing on its way there.
      if (this.allParked()) {
        this.showParked()
        return
      }
      domain.kickAll()
      if (performance.now() > end) throw new Error('no vcpu takes what backends have answered')
    }
  }

  private allParked(): boolean {
    for (let vcpu = 0; vcpu < this.domain.vcpus; vcpu++) if (this.domain.vget(vcpu, 'PARKED') === 0) return false
    return true
  }

  /** On the main thread while every vcpu is parked: nothing waits afterwards, so a checkpoint need not know of the queue. */
  showParked(): void {
    this.store(this.domain.get('PUBLISH_PROD'))
  }

  /** On a vcpu's thread: `serve` drops decoded code. Raises posted ports too. */
  show(serve: () => void): void {
    const produced = this.domain.get('PUBLISH_PROD')
    serve()
    this.store(produced)
    this.events.raisePosted()
  }

  private store(until: number): void {
    if (this.domain.get('PUBLISH_CONS') === until) return
    this.domain.locked(() => this.storeLocked(until), this.domain.address('PUBLISH_LOCK') >>> 2)
  }

  private storeLocked(until: number): void {
    const { domain } = this
    const { i32 } = domain.memory
    let consumed = domain.get('PUBLISH_CONS')
    // Another vcpu may have come further meanwhile.
    if (((until - consumed) | 0) <= 0) return
    const first = domain.address('PUBLISH') >>> 2
    for (; consumed !== until; consumed = (consumed + 1) >>> 0) {
      const at = first + (consumed % PUBLISH_SLOTS) * PUBLISH_WORDS
      const index = (i32[at] ?? 0) >>> 2
      const value = i32[at + 1] ?? 0
      const event = i32[at + 2] ?? 0
      const port = i32[at + 3] ?? 0
      const old = Atomics.exchange(i32, index, value)
      const wanted = event === 0 || (value - Atomics.load(i32, event >>> 2)) >>> 0 < (value - old) >>> 0
      if (wanted) this.events.raiseFromBackend(domain.door.enter('EVENT', port))
    }
    domain.set('PUBLISH_CONS', consumed)
  }
}
