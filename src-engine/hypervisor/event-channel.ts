// Event channels, 2-level ABI: one pending bit per port, delivered to the vcpu the port is bound to.
// Invariant: raising sets the pending bit first, then (if unmasked) the selector bit, then upcall_pending, then kicks; after
// unmasking, look at the pending bit again, or an event is lost. Spec: Xen event_channel.h, xen-guest-abi.md 4.2 and 4.3.
// The other end of a port to domain 0 is a pump in this process: the guest's send sets a PORT_SIGNAL bit and rings.
// Runs in: any thread of the domain's process, under the domain lock where a comment says so. State: shared memory.

import { ERRNO } from '../public/xen/errno'
import { EVTCHN_2L_PORTS, EVTCHNSTAT, NR_VIRQS, PER_VCPU_VIRQS } from '../public/xen/event-channel'
import { DOMAIN_TABLE, EVENT_CHANNEL_ENTRY as ENTRY, MAX_PORTS } from './domain-layout'
import type { DomainState } from './domain-state'
import type { SharedPage } from './shared-page'

/** Flag of an entry: survives EVTCHNOP_reset (store and console ports). */
const KEPT = 1
const DOM0 = 0

export interface PortStatus {
  readonly state: number
  readonly vcpu: number
  readonly remoteDomid: number
  readonly remote: number
}

export class EventChannels {
  constructor(
    private readonly domain: DomainState,
    private readonly shared: SharedPage,
  ) {}

  // --- the table; callers hold the domain lock ---

  private entry(port: number): number {
    return this.domain.geometry.domainBase + DOMAIN_TABLE.EVENT_CHANNEL + port * ENTRY.SIZE
  }
  private state(port: number): number {
    return this.domain.memory.u8[this.entry(port) + ENTRY.STATE] ?? 0
  }
  private ports(): number {
    return EVTCHN_2L_PORTS[this.shared.width]
  }
  valid(port: number): boolean {
    return port > 0 && port < this.ports()
  }
  private fill(port: number, state: number, flags: number, remoteDomid: number, remote: number, vcpu: number): void {
    const { memory } = this.domain
    const at = this.entry(port)
    memory.u8[at + ENTRY.STATE] = state
    memory.u8[at + ENTRY.FLAGS] = flags
    memory.u16[(at + ENTRY.REMOTE_DOMID) >>> 1] = remoteDomid
    memory.u32[(at + ENTRY.REMOTE) >>> 2] = remote
    memory.u32[(at + ENTRY.VCPU) >>> 2] = vcpu
  }
  private freePort(): number {
    const end = this.ports()
    for (let port = 1; port < end; port++) if (this.state(port) === EVTCHNSTAT.closed) return port
    return -ERRNO.ENOSPC
  }
  /** A new port starts unmasked and not pending. */
  private claim(state: number, flags: number, remoteDomid: number, remote: number, vcpu: number): number {
    const port = this.freePort()
    if (port < 0) return port
    const bit = ~(1 << (port & 31))
    Atomics.and(this.domain.memory.i32, this.shared.portWord(port, false), bit)
    Atomics.and(this.domain.memory.i32, this.shared.portWord(port, true), bit)
    this.fill(port, state, flags, remoteDomid, remote, vcpu)
    return port
  }

  status(port: number): PortStatus {
    const { memory } = this.domain
    const at = this.entry(port)
    return {
      state: this.state(port),
      vcpu: memory.u32[(at + ENTRY.VCPU) >>> 2] ?? 0,
      remoteDomid: memory.u16[(at + ENTRY.REMOTE_DOMID) >>> 1] ?? 0,
      remote: memory.u32[(at + ENTRY.REMOTE) >>> 2] ?? 0,
    }
  }

  // --- operations; each takes the lock. Negative results are errno ---

  allocUnbound(remoteDomid: number, kept = false): number {
    return this.domain.locked(() => this.claim(EVTCHNSTAT.unbound, kept ? KEPT : 0, remoteDomid, 0, 0))
  }

  /** Ends of one channel in this domain: `remotePort` must wait for this domain. */
  bindInterdomain(self: number, remotePort: number): number {
    return this.domain.locked(() => {
      if (!this.valid(remotePort)) return -ERRNO.EINVAL
      const remote = this.status(remotePort)
      if (remote.state !== EVTCHNSTAT.unbound || remote.remoteDomid !== self) return -ERRNO.EINVAL
      const port = this.claim(EVTCHNSTAT.interdomain, 0, self, remotePort, 0)
      if (port < 0) return port
      this.fill(remotePort, EVTCHNSTAT.interdomain, 0, self, port, remote.vcpu)
      this.raiseLocked(port) // the peer may have sent before it was bound
      return port
    })
  }

  bindVirq(virq: number, vcpu: number): number {
    return this.domain.locked(() => {
      if (virq < 0 || virq >= NR_VIRQS) return -ERRNO.EINVAL
      if (vcpu >= this.domain.vcpus) return -ERRNO.ENOENT
      if (vcpu !== 0 && !PER_VCPU_VIRQS.includes(virq)) return -ERRNO.EINVAL
      if (this.domain.vget(vcpu, 'VIRQ_PORT', virq) !== 0) return -ERRNO.EEXIST
      const port = this.claim(EVTCHNSTAT.virq, 0, 0, virq, vcpu)
      if (port > 0) this.domain.vset(vcpu, 'VIRQ_PORT', port, virq)
      return port
    })
  }

  bindIpi(vcpu: number): number {
    if (vcpu >= this.domain.vcpus) return -ERRNO.ENOENT
    return this.domain.locked(() => this.claim(EVTCHNSTAT.ipi, 0, 0, 0, vcpu))
  }

  close(port: number): number {
    return this.domain.locked(() => this.closeLocked(port))
  }

  private closeLocked(port: number): number {
    if (!this.valid(port)) return -ERRNO.EINVAL
    const { state, vcpu, remoteDomid, remote } = this.status(port)
    if (state === EVTCHNSTAT.closed) return -ERRNO.EINVAL
    if (state === EVTCHNSTAT.virq) this.domain.vset(vcpu, 'VIRQ_PORT', 0, remote)
    if (state === EVTCHNSTAT.interdomain && remoteDomid !== DOM0) {
      this.fill(remote, EVTCHNSTAT.unbound, 0, remoteDomid, 0, this.status(remote).vcpu)
    }
    this.fill(port, EVTCHNSTAT.closed, 0, 0, 0, 0)
    Atomics.and(this.domain.memory.i32, this.shared.portWord(port, false), ~(1 << (port & 31)))
    return 0
  }

  /** Closes every port but those of XenStore and console. */
  reset(): number {
    return this.domain.locked(() => {
      for (let port = 1; port < MAX_PORTS; port++) {
        const kept = (this.domain.memory.u8[this.entry(port) + ENTRY.FLAGS] ?? 0) & KEPT
        if (this.state(port) !== EVTCHNSTAT.closed && !kept && this.valid(port)) this.closeLocked(port)
      }
      return 0
    })
  }

  bindVcpu(port: number, vcpu: number): number {
    if (vcpu >= this.domain.vcpus) return -ERRNO.ENOENT
    return this.domain.locked(() => {
      if (!this.valid(port)) return -ERRNO.EINVAL
      const { state, remote } = this.status(port)
      const movable =
        state === EVTCHNSTAT.unbound ||
        state === EVTCHNSTAT.interdomain ||
        (state === EVTCHNSTAT.virq && !PER_VCPU_VIRQS.includes(remote))
      if (!movable) return -ERRNO.EINVAL
      this.domain.memory.u32[(this.entry(port) + ENTRY.VCPU) >>> 2] = vcpu
      return 0
    })
  }

  /** EVTCHNOP_send. */
  send(port: number): number {
    this.domain.lock()
    let bell = false
    let result = 0
    if (!this.valid(port)) result = -ERRNO.EINVAL
    else {
      const { state, remoteDomid, remote } = this.status(port)
      switch (state) {
        case EVTCHNSTAT.interdomain:
          if (remoteDomid === DOM0) {
            // A bit that is set is one the main thread still has to look at: it needs no second bell.
            bell = this.signal(port, true)
          } else this.raiseLocked(remote)
          break
        case EVTCHNSTAT.ipi:
          this.raiseLocked(port)
          break
        case EVTCHNSTAT.unbound:
          break
        default:
          result = -ERRNO.EINVAL
      }
    }
    this.domain.unlock()
    if (bell) this.domain.ringBell()
    return result
  }

  unmask(port: number): number {
    return this.domain.locked(() => {
      if (!this.valid(port) || this.state(port) === EVTCHNSTAT.closed) return -ERRNO.EINVAL
      const { i32 } = this.domain.memory
      const bit = 1 << (port & 31)
      const was = Atomics.and(i32, this.shared.portWord(port, true), ~bit)
      if ((was & bit) !== 0 && (Atomics.load(i32, this.shared.portWord(port, false)) & bit) !== 0) this.select(port)
      return 0
    })
  }

  // --- from the other side ---

  /** Makes a port pending; the caller does not hold the lock. */
  raise(port: number): void {
    this.domain.locked(() => this.raiseLocked(port))
  }

  /**
   * Makes a port pending from a thread that is no vcpu's. A guest on one vcpu runs its LOCK-prefixed instructions as plain
   * loads and stores, so a bit set in between would be lost: the vcpu's thread raises the port between two instructions.
   */
  post(port: number): void {
    if (!this.valid(port)) return
    const { i32 } = this.domain.memory
    Atomics.or(i32, (this.domain.address('POSTED') >>> 2) + (port >>> 5), 1 << (port & 31))
    Atomics.store(i32, this.domain.address('POSTED_ANY') >>> 2, 1)
    this.domain.kick(this.status(port).vcpu)
  }

  /** A backend's notify, on a vcpu's thread. */
  raiseFromBackend(port: number): void {
    if (this.backendHolds(port)) this.raise(port)
  }

  /** Does a backend hold the other end? The guest may have closed or reused the port at any time. */
  backendHolds(port: number): boolean {
    if (!this.valid(port)) return false
    const { state, remoteDomid } = this.status(port)
    return state === EVTCHNSTAT.interdomain && remoteDomid === DOM0
  }

  /** Raises what others have posted. Called on a vcpu's thread between instructions. */
  raisePosted(): void {
    const { i32 } = this.domain.memory
    if (Atomics.exchange(i32, this.domain.address('POSTED_ANY') >>> 2, 0) === 0) return
    const first = this.domain.address('POSTED') >>> 2
    for (let word = 0; word < MAX_PORTS / 32; word++) {
      let bits = Atomics.exchange(i32, first + word, 0)
      while (bits !== 0) {
        const bit = 31 - Math.clz32(bits)
        bits &= ~(1 << bit)
        const port = word * 32 + bit
        // Closed since it was posted: the next one to get this number must not find it pending.
        if (this.state(port) !== EVTCHNSTAT.closed) this.raise(this.domain.door.enter('EVENT', port))
      }
    }
  }

  raiseVirq(vcpu: number, virq: number): void {
    const port = this.domain.vget(vcpu, 'VIRQ_PORT', virq)
    if (port !== 0) this.raise(port)
  }

  private raiseLocked(port: number): void {
    if (!this.valid(port)) return
    const { i32 } = this.domain.memory
    const bit = 1 << (port & 31)
    if ((Atomics.or(i32, this.shared.portWord(port, false), bit) & bit) !== 0) return
    if ((Atomics.load(i32, this.shared.portWord(port, true)) & bit) === 0) this.select(port)
    this.wakePollers()
  }

  private wakePollers(): void {
    for (let vcpu = 0; vcpu < this.domain.vcpus; vcpu++) if (this.domain.vget(vcpu, 'BLOCKED') === 2) this.domain.kick(vcpu)
  }

  /** Selector bit and upcall of the vcpu that the port is bound to. */
  private select(port: number): void {
    const { vcpu } = this.status(port)
    const word = Math.floor(port / this.shared.width)
    const bit = 1 << (word & 31)
    if ((Atomics.or(this.domain.memory.i32, this.shared.selectorWord(vcpu, word), bit) & bit) !== 0) return
    this.upcall(vcpu)
  }

  /** Marks the vcpu's upcall pending and wakes it. */
  upcall(vcpu: number): void {
    const was = this.shared.setUpcallPending(vcpu)
    const vector = this.domain.vget(vcpu, 'UPCALL_VECTOR')
    if (!was && vector !== 0) this.domain.surroundings.postVector(vcpu, vector)
    this.domain.kick(vcpu)
  }

  /** Is this port pending, whatever its mask? For SCHEDOP_poll. */
  pending(port: number): boolean {
    return ((Atomics.load(this.domain.memory.i32, this.shared.portWord(port, false)) >>> (port & 31)) & 1) !== 0
  }

  // --- backends in domain 0: their pumps hold the other end ---

  /** A backend takes the other end of a port the guest has offered to domain 0. */
  bindBackend(port: number): boolean {
    return this.domain.locked(() => {
      if (!this.valid(port)) return false
      const { state, remoteDomid, vcpu } = this.status(port)
      if (state === EVTCHNSTAT.interdomain && remoteDomid === DOM0) return true
      if (state !== EVTCHNSTAT.unbound || remoteDomid !== DOM0) return false
      const flags = this.domain.memory.u8[this.entry(port) + ENTRY.FLAGS] ?? 0
      this.fill(port, EVTCHNSTAT.interdomain, flags, DOM0, 0, vcpu)
      return true
    })
  }

  /** The backend lets go; the port waits for domain 0 again. */
  unbindBackend(port: number): void {
    this.domain.locked(() => {
      const { state, remoteDomid, vcpu } = this.status(port)
      const flags = this.domain.memory.u8[this.entry(port) + ENTRY.FLAGS] ?? 0
      if (state === EVTCHNSTAT.interdomain && remoteDomid === DOM0) {
        this.fill(port, EVTCHNSTAT.unbound, flags, DOM0, 0, vcpu)
      }
    })
  }

  /** Sets or clears a PORT_SIGNAL bit; true when that changed it. */
  private signal(port: number, on: boolean): boolean {
    const { i32 } = this.domain.memory
    const word = (this.domain.address('PORT_SIGNAL') >>> 2) + (port >>> 5)
    const bit = 1 << (port & 31)
    const before = on ? Atomics.or(i32, word, bit) : Atomics.and(i32, word, ~bit)
    return ((before & bit) !== 0) !== on
  }

  /**
   * While hushed, the guest's sends on a port ring no bell: its pump looks by itself, and once more after the hush is over. The main
   * thread only.
   */
  hush(port: number, on: boolean): void {
    if (this.valid(port)) this.signal(port, on)
  }

  /** Ports the guest has sent on since the last call; the main thread calls this after `answerBell`. */
  takeSignals(visit: (port: number) => void): void {
    const first = this.domain.address('PORT_SIGNAL') >>> 2
    for (let word = 0; word < MAX_PORTS / 32; word++) {
      let bits = Atomics.load(this.domain.memory.i32, first + word)
      if (bits === 0) continue
      bits = Atomics.exchange(this.domain.memory.i32, first + word, 0)
      for (let bit = 0; bit < 32; bit++) if ((bits >>> bit) & 1) visit(word * 32 + bit)
    }
  }
}
