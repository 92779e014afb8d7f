// ARP at the gateway (RFC 826, RFC 1122 section 2.3.2): who has which address, asked at most once a second, with a few frames
// waiting for the answer. An address that DHCP has given to somebody belongs to that MAC alone.
// Runs in: domain 0.
import type { Clock } from '../../lib/clock'
import { MAC_BROADCAST, readMac, writeMac } from '../switch/address'
import { ETHERNET_HEADER, ETHERTYPE_ARP, type Frame, get16, get32, plainFrame, set16, set32 } from '../switch/frame'
import type { DropCounters } from './drops'

const ARP_LENGTH = 28
const REQUEST = 1
const REPLY = 2
const ENTRIES_MOST = 1024
const WAITING_MOST = 16
const AGE_MS = 600_000
const ASK_EVERY_MS = 1000
const ASK_TIMES = 3

export interface NeighbourOptions {
  readonly clock: Clock
  readonly mac: number
  readonly address: number
  /** Whether the address is one of this network's stations. */
  isLocal(address: number): boolean
  /** The MAC an address is leased to. */
  owner(address: number): number | undefined
  send(frame: Frame): void
  readonly drops: DropCounters
}

interface Entry {
  mac: number | undefined
  seenAt: number
  waiting: Frame[]
  asked: number
  cancel: (() => void) | undefined
}

export class Neighbours {
  private readonly options: NeighbourOptions
  private readonly entries = new Map<number, Entry>()

  constructor(options: NeighbourOptions) {
    this.options = options
  }

  /** An ARP message off the network. */
  take(bytes: Uint8Array): void {
    const { address, drops, isLocal } = this.options
    const at = ETHERNET_HEADER
    const good =
      bytes.length >= at + ARP_LENGTH &&
      get32(bytes, at) === 0x0001_0800 &&
      get16(bytes, at + 4) === 0x0604 &&
      readMac(bytes, at + 8) === readMac(bytes, 6)
    const operation = get16(bytes, at + 6)
    if (!good || (operation !== REQUEST && operation !== REPLY)) {
      drops.count('arp')
      return
    }
    const mac = readMac(bytes, at + 8)
    const sender = get32(bytes, at + 14)
    const target = get32(bytes, at + 24)
    // 0.0.0.0 is a probe (RFC 5227): it is answered and not learned.
    if (sender !== 0 && !(isLocal(sender) && this.learn(sender, mac))) {
      drops.count('arp')
      // Somebody claims the gateway's address: tell all whose it is.
      if (sender === address) this.options.send(this.message(REPLY, MAC_BROADCAST, address))
      return
    }
    if (operation === REQUEST && target === address) this.options.send(this.message(REPLY, mac, sender))
  }

  /** False: the address is somebody else's. */
  learn(address: number, mac: number): boolean {
    const owner = this.options.owner(address)
    if (address === this.options.address || (owner !== undefined && owner !== mac)) return false
    let entry = this.entries.get(address)
    if (!entry) {
      if (this.entries.size >= ENTRIES_MOST) this.evict()
      entry = { mac, seenAt: 0, waiting: [], asked: 0, cancel: undefined }
      this.entries.set(address, entry)
    }
    entry.mac = mac
    entry.seenAt = this.options.clock.now()
    entry.asked = 0
    entry.cancel?.()
    entry.cancel = undefined
    const { waiting } = entry
    entry.waiting = []
    for (const frame of waiting) this.transmit(frame, mac)
    return true
  }

  /** The MAC of an address, if it is known now. */
  macOf(address: number): number | undefined {
    const owner = this.options.owner(address)
    if (owner !== undefined) return owner
    const entry = this.entries.get(address)
    return entry && this.options.clock.now() - entry.seenAt <= AGE_MS ? entry.mac : undefined
  }

  /** The address a station was last seen with. */
  addressOf(mac: number): number | undefined {
    for (const [address, entry] of this.entries) if (entry.mac === mac) return address
    return undefined
  }

  /** Sends a frame, all but its target's MAC written, to whoever has this address. */
  sendTo(address: number, frame: Frame): void {
    const mac = this.macOf(address)
    if (mac !== undefined) {
      this.transmit(frame, mac)
      return
    }
    let entry = this.entries.get(address)
    if (!entry) {
      if (this.entries.size >= ENTRIES_MOST) this.evict()
      entry = { mac: undefined, seenAt: this.options.clock.now(), waiting: [], asked: 0, cancel: undefined }
      this.entries.set(address, entry)
    }
    if (entry.waiting.length < WAITING_MOST) entry.waiting.push(frame)
    else this.options.drops.count('unresolved')
    if (!entry.cancel) this.ask(address, entry)
  }

  /** All frames from or about a station are forgotten: it is gone. */
  forget(mac: number): void {
    for (const [address, entry] of this.entries) if (entry.mac === mac) this.remove(address, entry)
  }

  dispose(): void {
    for (const [address, entry] of this.entries) this.remove(address, entry)
  }

  private ask(address: number, entry: Entry): void {
    if (entry.asked++ >= ASK_TIMES) {
      for (const _ of entry.waiting) this.options.drops.count('unresolved')
      this.remove(address, entry)
      return
    }
    entry.cancel = this.options.clock.after(ASK_EVERY_MS, () => this.ask(address, entry))
    this.options.send(this.message(REQUEST, MAC_BROADCAST, address))
  }

  private evict(): void {
    const oldest = this.entries.entries().next().value
    if (oldest) this.remove(...oldest)
  }

  private remove(address: number, entry: Entry): void {
    entry.cancel?.()
    this.entries.delete(address)
  }

  private transmit(frame: Frame, mac: number): void {
    writeMac(frame.bytes, 0, mac)
    this.options.send(frame)
  }

  private message(operation: number, to: number, target: number): Frame {
    const { mac, address } = this.options
    const bytes = new Uint8Array(ETHERNET_HEADER + ARP_LENGTH)
    writeMac(bytes, 0, to)
    writeMac(bytes, 6, mac)
    set16(bytes, 12, ETHERTYPE_ARP)
    const at = ETHERNET_HEADER
    set32(bytes, at, 0x0001_0800)
    set16(bytes, at + 4, 0x0604)
    set16(bytes, at + 6, operation)
    writeMac(bytes, at + 8, mac)
    set32(bytes, at + 14, address)
    if (to !== MAC_BROADCAST) writeMac(bytes, at + 18, to)
    set32(bytes, at + 24, target)
    return plainFrame(bytes)
  }
}
