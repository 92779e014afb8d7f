// Who has which address of a network, and until when. Fixed leases are of the definition; the others come from the range, the
// same one again for the same MAC as long as it is free. They are handed to whoever keeps them on every change.
// Interfaces of the network go before stations behind them: those cost nothing to make up, and one guest could have all addresses.
// Invariants: an address has one holder at most, and no question looks at more than some thousand of them, however large the range.
// Runs in: domain 0.
import type { Clock } from '../../lib/clock'

export interface Lease {
  readonly mac: number
  readonly address: number
  /** Milliseconds since 1970; a fixed lease has no end. */
  readonly until: number
  /** What the guest calls itself: one DNS label. */
  readonly name: string | undefined
  /** It was given to an interface of the network, and not to a station behind one. */
  readonly own?: boolean | undefined
}

/** Where leases outlive the process. */
export interface LeaseKeeper {
  load(): readonly Lease[]
  save(leases: readonly Lease[]): void
}

export interface FixedLease {
  readonly mac: number
  readonly address: number
  readonly name: string | undefined
}

export interface LeaseOptions {
  readonly clock: Clock
  readonly first: number
  readonly last: number
  readonly fixed: readonly FixedLease[]
  readonly keeper?: LeaseKeeper | undefined
  /** Never given out: the gateway. */
  readonly gateway: number
  /** Who is seen to use an address, lease or not. */
  user?(address: number): number | undefined
  /** Whether an interface of the network has this MAC now. */
  isInterface?(mac: number): boolean
}

const OFFER_MS = 60_000
const DECLINED_MS = 600_000
export const LEASE_SECONDS = 12 * 3600
/** Expired leases count, which are remembered so that a guest finds its address again until another one needs the place. */
export const LEASES_MOST = 4096
/** Each search passes over declined addresses, so that only the last ones are remembered. */
const DECLINED_MOST = 1024

interface Held {
  readonly mac: number
  readonly address: number
  until: number
  name: string | undefined
  /** Offered only, not yet asked for. */
  offer: boolean
  own?: boolean | undefined
}

export class Leases {
  private readonly options: LeaseOptions
  private readonly byMac = new Map<number, Held>()
  private readonly byAddress = new Map<number, Held>()
  private readonly fixedByMac = new Map<number, FixedLease>()
  private readonly fixedByAddress = new Map<number, FixedLease>()
  private readonly declined = new Map<number, number>()

  constructor(options: LeaseOptions) {
    this.options = options
    for (const fixed of options.fixed) {
      this.fixedByMac.set(fixed.mac, fixed)
      this.fixedByAddress.set(fixed.address, fixed)
    }
    // Written before the host's clock was set back, a lease would hold its address for as long as that.
    const latest = options.clock.now() + LEASE_SECONDS * 1000
    for (const lease of options.keeper?.load() ?? []) {
      if (!this.isFree(lease.address, lease.mac) || this.byMac.has(lease.mac)) continue
      const until = this.fixedByMac.has(lease.mac) ? lease.until : Math.min(lease.until, latest)
      this.hold({ ...lease, until, offer: false })
    }
  }

  /** The address of a MAC: fixed, or leased and not yet over. */
  addressOf(mac: number): number | undefined {
    const fixed = this.fixedByMac.get(mac)
    if (fixed) return fixed.address
    const held = this.byMac.get(mac)
    return held && !held.offer && held.until > this.options.clock.now() ? held.address : undefined
  }

  /** The MAC an address belongs to. */
  owner(address: number): number | undefined {
    const fixed = this.fixedByAddress.get(address)
    if (fixed) return fixed.mac
    const held = this.byAddress.get(address)
    return held && !held.offer && held.until > this.options.clock.now() ? held.mac : undefined
  }

  /** Name → address of all that have one; the definition's names go before those guests give themselves. */
  names(): Map<string, number> {
    const names = new Map<string, number>()
    for (const { name, address } of this.options.fixed) if (name) names.set(name.toLowerCase(), address)
    const now = this.options.clock.now()
    for (const { name, address, offer, until } of this.byMac.values()) {
      if (name && !offer && until > now && !names.has(name)) names.set(name, address)
    }
    return names
  }

  all(): Lease[] {
    return [...this.byMac.values()]
      .filter(({ offer }) => !offer)
      .map(({ mac, address, until, name, own }) => ({ mac, address, until, name, ...(own === true && { own }) }))
  }

  /** Whether this MAC was that of an interface when it got its address. */
  wasInterface(mac: number): boolean {
    return this.byMac.get(mac)?.own === true
  }

  /** Whether this MAC may have this address. */
  isFree(address: number, mac: number): boolean {
    const { first, last, gateway, clock } = this.options
    const fixed = this.fixedByMac.get(mac)
    if (fixed) return fixed.address === address
    if (address < first || address > last || address === gateway || this.fixedByAddress.has(address)) return false
    const now = clock.now()
    if ((this.declined.get(address) ?? 0) > now) return false
    const held = this.byAddress.get(address)
    return held ? held.mac === mac || held.until <= now : !this.isFull || this.byMac.has(mac)
  }

  private get isFull(): boolean {
    return this.byMac.size >= LEASES_MOST
  }

  /** Whether anything is known of this client (RFC 2131 section 4.3.2, INIT-REBOOT). */
  knows(mac: number): boolean {
    return this.fixedByMac.has(mac) || this.byMac.has(mac)
  }

  /** An address for an offer, in the order of RFC 2131 section 4.3.1; undefined: all are taken. */
  offer(mac: number, wanted: number | undefined): number | undefined {
    const address = this.choose(mac, wanted)
    if (address === undefined || this.fixedByMac.has(mac)) return address
    const held = this.byMac.get(mac)
    if (held?.address !== address || held.until <= this.options.clock.now()) {
      const own = this.isOwn(mac)
      this.hold({ mac, address, until: this.options.clock.now() + OFFER_MS, name: held?.name, own, offer: true })
      this.declined.delete(address)
    }
    return address
  }

  /** The client took it. */
  commit(mac: number, address: number, milliseconds: number, name: string | undefined): void {
    const until = this.fixedByMac.has(mac) ? Number.MAX_SAFE_INTEGER : this.options.clock.now() + milliseconds
    this.hold({ mac, address, until, name, offer: false, own: this.isOwn(mac) })
    this.save()
  }

  /** The client took another server's offer. */
  withdraw(mac: number): void {
    const held = this.byMac.get(mac)
    if (held?.offer) this.forget(held)
  }

  release(mac: number, address: number): void {
    const held = this.byMac.get(mac)
    if (held?.address !== address) return
    held.until = 0
    this.save()
  }

  /** The client found somebody else at its address. */
  decline(mac: number, address: number): void {
    const held = this.byMac.get(mac)
    if (held?.address !== address || this.fixedByMac.has(mac)) return
    this.declined.set(address, this.options.clock.now() + DECLINED_MS)
    const oldest = this.declined.keys().next().value
    if (this.declined.size > DECLINED_MOST && oldest !== undefined) this.declined.delete(oldest)
    this.forget(held)
    this.save()
  }

  private choose(mac: number, wanted: number | undefined): number | undefined {
    const fixed = this.fixedByMac.get(mac)
    if (fixed) return fixed.address
    const before = this.byMac.get(mac)?.address
    for (const address of [before, wanted]) if (address !== undefined && this.isFree(address, mac)) return address
    // Addresses nobody ever had go before those that somebody may come back for.
    let expired: number | undefined
    for (const address of this.candidates()) {
      if (!this.isFree(address, mac)) continue
      // Somebody has it without asking (RFC 2131 section 4.3.1 wants us to look).
      const user = this.options.user?.(address)
      if (user !== undefined && user !== mac) continue
      if (!this.byAddress.has(address)) return address
      expired ??= address
    }
    const now = this.options.clock.now()
    for (const [address, until] of this.declined) if (until <= now) this.declined.delete(address)
    return expired ?? (this.isOwn(mac) ? this.fromOthers(now) : undefined)
  }

  /** The range; when there are as many leases as there may be, their addresses alone. */
  private *candidates(): Iterable<number> {
    const { first, last } = this.options
    if (this.isFull) yield* this.byAddress.keys()
    else for (let address = first; address <= last; address++) yield address
  }

  private isOwn(mac: number): boolean {
    return this.byMac.get(mac)?.own === true || this.options.isInterface?.(mac) === true
  }

  /** For an interface when nothing is free: what was declined or is only seen in use, at last what a station behind one has. */
  private fromOthers(now: number): number | undefined {
    const { gateway } = this.options
    let station: number | undefined
    for (const address of this.candidates()) {
      if (address === gateway || this.fixedByAddress.has(address)) continue
      const held = this.byAddress.get(address)
      if (!held || held.until <= now) return address
      if (held.own !== true) station ??= address
    }
    return station
  }

  private hold(held: Held): void {
    for (const other of [this.byMac.get(held.mac), this.byAddress.get(held.address)]) if (other) this.forget(other)
    this.byMac.set(held.mac, held)
    this.byAddress.set(held.address, held)
  }

  private forget(held: Held): void {
    if (this.byMac.get(held.mac) === held) this.byMac.delete(held.mac)
    if (this.byAddress.get(held.address) === held) this.byAddress.delete(held.address)
  }

  private save(): void {
    this.options.keeper?.save(this.all())
  }
}
