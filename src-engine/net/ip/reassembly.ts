// Fragments of IPv4 packets put together again (RFC 791 section 3.2, RFC 1122 section 3.3.2). A packet whose fragments
// overlap is thrown away whole: nobody honest sends them, and which one wins is what attacks are made of (RFC 1858, 5722).
// The whole has the first fragment's header, made good for it: an ICMP error about it must quote one (RFC 1122 section 3.2.2).
// Limits: packets under way and their bytes, for all guests of a network together and for each. Runs in: domain 0.
import type { Clock } from '../../lib/clock'
import { checksum } from '../switch/checksum'
import { set16 } from '../switch/frame'
import type { DropCounters } from './drops'
import type { Ipv4Packet } from './ipv4'

/** RFC 1122: between 60 and 120 seconds. */
export const REASSEMBLY_MS = 60_000
export const PACKETS_PER_GUEST = 16
const BYTES_MOST = 4 * 1024 * 1024
const FRAGMENTS_MOST = 128
const PACKET_MOST = 65535

interface Piece {
  readonly from: number
  readonly bytes: Uint8Array
}

interface Partial {
  readonly key: string
  readonly guest: number
  readonly startedAt: number
  /** Of the first fragment, once it is there. */
  header: Uint8Array
  pieces: Piece[]
  bytes: number
  /** Length of all, once the last fragment is there. */
  length: number | undefined
}

export class Reassembly {
  private readonly clock: Clock
  private readonly drops: DropCounters
  private readonly partials = new Map<string, Partial>()
  private bytes = 0

  constructor(clock: Clock, drops: DropCounters) {
    this.clock = clock
    this.drops = drops
  }

  get waiting(): number {
    return this.partials.size
  }

  /** The whole packet when this was its last missing piece. `guest`: whose limit it counts against. */
  add(packet: Ipv4Packet, guest: number): Ipv4Packet | undefined {
    this.age()
    const key = `${packet.source} ${packet.target} ${packet.protocol} ${packet.id}`
    const bytes = packet.bytes.slice(packet.at, packet.end)
    const end = packet.offset + bytes.length
    const partial = this.partials.get(key) ?? this.begin(key, guest)
    if (!partial) {
      this.drops.count('fragment')
      return undefined
    }
    if (!this.fits(partial, packet, bytes)) {
      // A copy of what is there harms nobody.
      if (!partial.pieces.some((piece) => piece.from === packet.offset && same(piece.bytes, bytes))) this.drop(partial)
      return undefined
    }
    partial.pieces.push({ from: packet.offset, bytes })
    partial.bytes += bytes.length
    this.bytes += bytes.length
    if (!packet.more) partial.length = end
    if (packet.offset === 0) partial.header = packet.bytes.slice(packet.header, packet.at)
    if (partial.length === undefined || partial.bytes < partial.length) return undefined
    const at = partial.header.length
    if (at + partial.length > PACKET_MOST) {
      this.drop(partial)
      return undefined
    }
    this.forget(partial)
    const whole = new Uint8Array(at + partial.length)
    whole.set(partial.header)
    nowWhole(whole, at)
    for (const piece of partial.pieces) whole.set(piece.bytes, at + piece.from)
    return { ...packet, bytes: whole, header: 0, at, end: whole.length, offset: 0, more: false, trusted: false }
  }

  private fits(partial: Partial, packet: Ipv4Packet, bytes: Uint8Array): boolean {
    const end = packet.offset + bytes.length
    if (bytes.length === 0 || end > 65515 || (packet.more && bytes.length % 8 !== 0)) return false
    if (partial.pieces.length >= FRAGMENTS_MOST || this.bytes + bytes.length > BYTES_MOST) return false
    const { length } = partial
    if (packet.more ? length !== undefined && end > length : length !== undefined) return false
    return partial.pieces.every((piece) => {
      const beyond = !packet.more && piece.from + piece.bytes.length > end
      return !beyond && (end <= piece.from || packet.offset >= piece.from + piece.bytes.length)
    })
  }

  private begin(key: string, guest: number): Partial | undefined {
    let others = 0
    for (const partial of this.partials.values()) if (partial.guest === guest) others++
    if (others >= PACKETS_PER_GUEST) return undefined
    const partial: Partial = {
      key,
      guest,
      startedAt: this.clock.now(),
      header: new Uint8Array(0),
      pieces: [],
      bytes: 0,
      length: undefined,
    }
    this.partials.set(key, partial)
    return partial
  }

  private age(): void {
    const now = this.clock.now()
    // In the order they began.
    for (const partial of this.partials.values()) {
      if (now - partial.startedAt < REASSEMBLY_MS) return
      this.drop(partial)
    }
  }

  private drop(partial: Partial): void {
    this.drops.count('fragment')
    this.forget(partial)
  }

  private forget(partial: Partial): void {
    this.partials.delete(partial.key)
    this.bytes -= partial.bytes
  }
}

/** The header of a fragment, up to `end`, as that of the whole packet in `bytes`. */
function nowWhole(bytes: Uint8Array, end: number): void {
  set16(bytes, 2, bytes.length)
  set16(bytes, 6, 0)
  set16(bytes, 10, 0)
  set16(bytes, 10, checksum(bytes, 0, end))
}

function same(a: Uint8Array, b: Uint8Array): boolean {
  return a.length === b.length && a.every((byte, i) => byte === b[i])
}
