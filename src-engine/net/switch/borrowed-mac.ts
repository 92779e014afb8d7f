// A guest that goes on from another's memory (a branch, a running copy) has an interface with a MAC address of its own, but its driver
// still has the one it read before. While the other guest is on the same network, frames of that address are taken for the interface's
// own: its address goes out in the Ethernet header, in ARP and in DHCP, and what comes back has the borrowed one again. So the
// guest gets an address of its own as soon as it asks for one, and until then takes none from the original: what it sends from the
// original's IP address goes nowhere. It stays so when the original has gone: the lease is the interface's. While the original is off,
// one guest may go on as it, until it asks: then it is told that the address is the original's and gets its own. A second one may not.
// Without state beside the last borrowed address, which a frame tells anew: a new domain 0 and a saved branch need nothing.
// Invariant: frames are never changed, copies are. Runs in: domain 0.
import { PROTOCOL_UDP } from '../ip/ipv4'
import { MAC_BROADCAST, readMac, writeMac } from './address'
import { updated } from './checksum'
import { ETHERNET_HEADER, ETHERTYPE_ARP, ETHERTYPE_IPV4, etherType, type Frame, get16, get32, set16 } from './frame'

/** In an ARP message: who sends and who is meant, MAC address before IP address. */
const ARP = { length: 28, senderMac: 8, sender: 14, targetMac: 18 }
const DHCP_PORTS = [67, 68]
/** Of the client's MAC address in a DHCP message. */
const CHADDR = 28

export interface BorrowedMacParts {
  /** The interface's own. */
  readonly mac: number
  /** Whether another interface of the network has this address, or another guest uses it now. */
  isOthers(mac: number): boolean
  /** Whether it was leased an address as an interface of the network, which may have gone since. */
  wasInterface(mac: number): boolean
  /** Whether an IP address is leased to this interface. */
  isLeased(address: number | undefined): boolean
  /** Whether an IP address is another's than that of `mac`; `borrowed` is who the guest was. */
  isTaken(address: number, mac: number, borrowed: number): boolean
}

export class BorrowedMac {
  private readonly parts: BorrowedMacParts
  private borrowed: number | undefined

  constructor(parts: BorrowedMacParts) {
    this.parts = parts
  }

  /** What goes out for a frame of the guest; undefined: nothing. */
  out(frame: Frame): Frame | undefined {
    const { bytes } = frame
    const { mac } = this.parts
    const from = bytes.length < ETHERNET_HEADER ? mac : readMac(bytes, 6)
    if (from === mac) {
      this.borrowed = undefined
      return frame
    }
    if (from !== this.borrowed && !this.isBorrowed(bytes, from)) return frame
    this.borrowed = from
    if (!this.mayGo(bytes, from)) return undefined
    const copy = bytes.slice()
    writeMac(copy, 6, mac)
    if (etherType(copy) === ETHERTYPE_ARP) replace(copy, ETHERNET_HEADER + ARP.senderMac, from, mac)
    else replaceInDhcp(copy, from, mac, frame.checksum === 'blank')
    return { ...frame, bytes: copy }
  }

  /** What the guest sees of a frame for it. */
  in(frame: Frame): Frame {
    const { borrowed } = this
    const { bytes } = frame
    const { mac } = this.parts
    if (borrowed === undefined) return frame
    const to = readMac(bytes, 0)
    // To all, DHCP may answer it alone.
    if (to !== mac && to !== MAC_BROADCAST) return frame
    const copy = bytes.slice()
    if (to === mac) writeMac(copy, 0, borrowed)
    if (etherType(copy) === ETHERTYPE_ARP) replace(copy, ETHERNET_HEADER + ARP.targetMac, mac, borrowed)
    else replaceInDhcp(copy, mac, borrowed, frame.checksum === 'blank')
    return { ...frame, bytes: copy }
  }

  private isBorrowed(bytes: Uint8Array, from: number): boolean {
    const { isOthers, isLeased, wasInterface } = this.parts
    return isOthers(from) || isLeased(sourceOf(bytes)) || (wasInterface(from) && chaddrAt(bytes) !== undefined)
  }

  /** ARP and IPv4, unless from an IP address that is another's; DHCP is answered whatever it comes from. */
  private mayGo(bytes: Uint8Array, from: number): boolean {
    const source = sourceOf(bytes)
    if (source === undefined) return false
    return chaddrAt(bytes) !== undefined || !this.parts.isTaken(source, this.parts.mac, from)
  }
}

/** The IP address that an ARP message or an IPv4 packet comes from. */
function sourceOf(bytes: Uint8Array): number | undefined {
  const at = ETHERNET_HEADER
  switch (etherType(bytes)) {
    case ETHERTYPE_ARP:
      return bytes.length >= at + ARP.length ? get32(bytes, at + ARP.sender) : undefined
    case ETHERTYPE_IPV4:
      return bytes.length >= at + 20 ? get32(bytes, at + 12) : undefined
    default:
      return undefined
  }
}

/** Where the client's address of a whole DHCP message is. */
function chaddrAt(bytes: Uint8Array): { readonly udp: number; readonly at: number } | undefined {
  const ip = ETHERNET_HEADER
  if (bytes.length < ip + 20 || etherType(bytes) !== ETHERTYPE_IPV4 || bytes[ip + 9] !== PROTOCOL_UDP) return undefined
  if ((get16(bytes, ip + 6) & 0x3fff) !== 0) return undefined
  const udp = ip + ((bytes[ip] ?? 0) & 15) * 4
  const at = udp + 8 + CHADDR
  if (at + 6 > bytes.length) return undefined
  const isDhcp = DHCP_PORTS.includes(get16(bytes, udp)) && DHCP_PORTS.includes(get16(bytes, udp + 2))
  return isDhcp ? { udp, at } : undefined
}

function replaceInDhcp(bytes: Uint8Array, before: number, after: number, blank: boolean): void {
  const found = chaddrAt(bytes)
  if (found === undefined || readMac(bytes, found.at) !== before) return
  const { udp, at } = found
  const words = [at, at + 2, at + 4].map((each) => get16(bytes, each))
  writeMac(bytes, at, after)
  // A blank sum holds no data yet, and zero means that there is none.
  if (blank || get16(bytes, udp + 6) === 0) return
  const sum = words.reduce((old, word, index) => updated(old, word, get16(bytes, at + 2 * index)), get16(bytes, udp + 6))
  set16(bytes, udp + 6, sum === 0 ? 0xffff : sum)
}

function replace(bytes: Uint8Array, at: number, before: number, after: number): void {
  if (bytes.length >= at + 6 && readMac(bytes, at) === before) writeMac(bytes, at, after)
}
