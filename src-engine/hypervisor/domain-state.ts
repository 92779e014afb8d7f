// A domain's state in shared memory, as fields: what domain-layout.ts names, this class reads and writes. Also the domain's
// lock, kicks to vcpus, and the bell to the main thread.
// Invariant: nothing but views and wiring in the object; two threads with a DomainState on one memory see one domain.
// Runs in: any thread of the domain's process.
import type { MonotonicClock } from '../lib/monotonic'
import type { GuestMemory } from '../memory/guest-memory'
import type { DomainGeometry } from '../vcpu/domain-geometry'
import { DOMAIN, INVALIDATE_SLOTS, VCPU } from './domain-layout'
import { Door } from './door'

/** What a thread gives the hypervisor: time, and its ways to the outside. */
export interface Surroundings {
  readonly clock: MonotonicClock
  /** Wakes the main thread; called at most once until the main thread has looked (DOORBELL). */
  ring(): void
  /** Posts an edge-triggered vector to a vcpu's local APIC (HVMOP_set_evtchn_upcall_vector). */
  postVector(vcpu: number, vector: number): void
  /** Of the vcpu whose thread this is. */
  readonly door?: Door
}

type DomainField = keyof typeof DOMAIN
type VcpuField = keyof typeof VCPU

/** How long a waiter sleeps before it looks at the lock again: bounds the harm of a lost wake-up. */
const LOCK_RETRY_MS = 1

/** Not every main thread may sleep in Atomics.wait; where it may not, the lock spins: it is held for microseconds. */
const MAY_WAIT = ((): boolean => {
  try {
    Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 1, 0)
    return true
  } catch {
    return false
  }
})()

export class DomainState {
  private readonly base: number
  private readonly lockIndex: number
  readonly door: Door

  constructor(
    readonly memory: GuestMemory,
    readonly geometry: DomainGeometry,
    readonly surroundings: Surroundings,
  ) {
    this.base = geometry.domainBase
    this.door = surroundings.door ?? new Door()
    this.lockIndex = (this.base + DOMAIN.LOCK) >>> 2
  }

  // --- fields of the DOMAIN area ---

  address(field: DomainField): number {
    return this.base + DOMAIN[field]
  }
  get(field: DomainField, item = 0): number {
    return Atomics.load(this.memory.u32, ((this.base + DOMAIN[field]) >>> 2) + item)
  }
  set(field: DomainField, value: number, item = 0): void {
    Atomics.store(this.memory.u32, ((this.base + DOMAIN[field]) >>> 2) + item, value)
  }
  add(field: DomainField, value: number): number {
    return Atomics.add(this.memory.u32, (this.base + DOMAIN[field]) >>> 2, value)
  }
  get64(field: DomainField, item = 0): bigint {
    return Atomics.load(this.memory.i64, ((this.base + DOMAIN[field]) >>> 3) + item)
  }
  set64(field: DomainField, value: bigint, item = 0): void {
    Atomics.store(this.memory.i64, ((this.base + DOMAIN[field]) >>> 3) + item, value)
  }

  // --- fields of a vcpu's private page ---

  vcpuAddress(vcpu: number, field: VcpuField): number {
    return this.geometry.vcpuPrivate(vcpu) + VCPU[field]
  }
  vget(vcpu: number, field: VcpuField, item = 0): number {
    return Atomics.load(this.memory.u32, (this.vcpuAddress(vcpu, field) >>> 2) + item)
  }
  vset(vcpu: number, field: VcpuField, value: number, item = 0): void {
    Atomics.store(this.memory.u32, (this.vcpuAddress(vcpu, field) >>> 2) + item, value)
  }
  vget64(vcpu: number, field: VcpuField, item = 0): bigint {
    return Atomics.load(this.memory.i64, (this.vcpuAddress(vcpu, field) >>> 3) + item)
  }
  vset64(vcpu: number, field: VcpuField, value: bigint, item = 0): void {
    Atomics.store(this.memory.i64, (this.vcpuAddress(vcpu, field) >>> 3) + item, value)
  }
  /** Counters belong to the vcpu's own thread. */
  count(vcpu: number, field: 'CALLS' | 'EXITS' | 'EVENTS' | 'RUN_NS', item: number, amount = 1): void {
    const index = (this.vcpuAddress(vcpu, field) >>> 3) + item
    this.memory.f64[index] = (this.memory.f64[index] ?? 0) + amount
  }
  counter(vcpu: number, field: 'CALLS' | 'EXITS' | 'EVENTS' | 'RUN_NS', item = 0): number {
    return this.memory.f64[(this.vcpuAddress(vcpu, field) >>> 3) + item] ?? 0
  }

  get vcpus(): number {
    return this.geometry.vcpus
  }

  // --- locks: a futex word each; not recursive. The domain lock is the innermost ---

  lock(index = this.lockIndex): void {
    const words = this.memory.i32
    if (Atomics.compareExchange(words, index, 0, 1) === 0) return
    while (Atomics.exchange(words, index, 2) !== 0) {
      if (MAY_WAIT) Atomics.wait(words, index, 2, LOCK_RETRY_MS)
    }
  }
  unlock(index = this.lockIndex): void {
    if (Atomics.exchange(this.memory.i32, index, 0) === 2) Atomics.notify(this.memory.i32, index, 1)
  }
  /** Runs `work` under the domain lock, or another. */
  locked<T>(work: () => T, index = this.lockIndex): T {
    this.lock(index)
    try {
      return work()
    } finally {
      this.unlock(index)
    }
  }

  // --- wake-ups ---

  /** Wakes vcpu's thread if it sleeps. Store the reason first: the sleeper samples KICK before it looks for reasons. */
  kick(vcpu: number): void {
    const index = this.vcpuAddress(vcpu, 'KICK') >>> 2
    Atomics.add(this.memory.i32, index, 1)
    Atomics.notify(this.memory.i32, index)
  }
  kickAll(): void {
    for (let vcpu = 0; vcpu < this.vcpus; vcpu++) this.kick(vcpu)
  }

  /** Tells the main thread that something waits for it. Coalesced until `answerBell`. */
  ringBell(): void {
    if (Atomics.exchange(this.memory.i32, this.address('DOORBELL') >>> 2, 1) === 0) {
      this.add('CROSSINGS', 1)
      this.surroundings.ring()
    }
  }
  /** The main thread calls this before it looks at what waits. */
  answerBell(): void {
    Atomics.store(this.memory.i32, this.address('DOORBELL') >>> 2, 0)
  }
  bellPending(): boolean {
    return Atomics.load(this.memory.i32, this.address('DOORBELL') >>> 2) !== 0
  }

  // --- requests to vcpus about translated state ---

  /**
   * After a change of the p2m. Each vcpu flushes before it runs another slice; the caller's hypercall returns when all have heard of it.
   * A wish to drop everything that stands there already is the greater one.
   */
  requestFlush(): void {
    for (let vcpu = 0; vcpu < this.vcpus; vcpu++) {
      Atomics.compareExchange(this.memory.i32, this.vcpuAddress(vcpu, 'FLUSH') >>> 2, 0, 1)
      this.kick(vcpu)
    }
  }

  /**
   * Asks every vcpu to drop what it decoded of a page. A full list turns into 'drop everything' (FLUSH = 2). The main thread
   * (pumps) and vcpus (hypercalls) both ask, some of them under the domain lock, so the lists have a lock of their own.
   */
  requestInvalidate(page: number): void {
    const lock = this.address('INVALIDATE_LOCK') >>> 2
    while (Atomics.exchange(this.memory.i32, lock, 1) !== 0);
    this.listInvalidate(page)
    Atomics.store(this.memory.i32, lock, 0)
  }

  private listInvalidate(page: number): void {
    for (let vcpu = 0; vcpu < this.vcpus; vcpu++) {
      const produced = this.vget(vcpu, 'INVALIDATE_PROD')
      if ((produced - this.vget(vcpu, 'INVALIDATE_CONS')) >>> 0 >= INVALIDATE_SLOTS) {
        this.vset(vcpu, 'FLUSH', 2)
        continue
      }
      this.vset(vcpu, 'INVALIDATE', page, produced % INVALIDATE_SLOTS)
      this.vset(vcpu, 'INVALIDATE_PROD', (produced + 1) >>> 0)
    }
  }
}
