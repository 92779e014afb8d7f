// The gateway's IPv4: one station on the switch with one address, which answers ARP and echo, serves the UDP ports that were
// given out (DHCP, DNS) and hands everything else to the way out, if the network has one. What is dropped is counted.
// Rules: RFC 1122 for its own address, RFC 1812 for what it passes on (TTL, errors). Runs in: domain 0.
import type { Clock } from '../../lib/clock'
import { DHCP_SERVER_PORT } from '../dhcp/message'
import { MAC_BROADCAST, maskOf, readMac, writeMac } from '../switch/address'
import { checksum } from '../switch/checksum'
import {
  ETHERNET_HEADER,
  ETHERTYPE_ARP,
  ETHERTYPE_IPV4,
  etherType,
  type Frame,
  get16,
  plainFrame,
  set16,
} from '../switch/frame'
import { DropCounters } from './drops'
import {
  ECHO_REQUEST,
  ErrorLimit,
  echoReply,
  HOST_UNREACHABLE,
  icmpError,
  mayComplain,
  PORT_UNREACHABLE,
  PROTOCOL_UNREACHABLE,
  TIME_EXCEEDED,
  UNREACHABLE,
} from './icmp'
import {
  IP_BROADCAST,
  IPV4_HEADER,
  type Ipv4Packet,
  isGroupAddress,
  isMartian,
  MTU,
  PROTOCOL_ICMP,
  PROTOCOL_TCP,
  PROTOCOL_UDP,
  parseIpv4,
  writeIpv4,
} from './ipv4'
import { Neighbours } from './neighbours'
import { Reassembly } from './reassembly'
import { buildUdp, type Datagram, parseUdp } from './udp'

/** The way out of a network. `local`: for the gateway's own address. */
export interface WayOut {
  tcp(packet: Ipv4Packet): void
  udp(datagram: Datagram): void
  /** An echo request for somebody outside. */
  echo(packet: Ipv4Packet): void
}

export interface GatewayOptions {
  readonly clock: Clock
  readonly mac: number
  readonly address: number
  readonly prefix: number
  /** Onto the switch. */
  send(frame: Frame): void
  /** The MAC an address is leased to. */
  owner(address: number): number | undefined
  /** The MAC of the interface that a station is behind, if that is known. */
  interfaceOf(mac: number): number | undefined
}

const UNLEARNED = 0

export type UdpService = (datagram: Datagram, mac: number) => void

export class Gateway {
  readonly drops = new DropCounters()
  readonly neighbours: Neighbours
  readonly options: GatewayOptions
  wayOut: WayOut | undefined
  private readonly mask: number
  private readonly reassembly: Reassembly
  private readonly errors: ErrorLimit
  private readonly services = new Map<number, UdpService>()
  private nextId = 1

  constructor(options: GatewayOptions) {
    this.options = options
    this.mask = maskOf(options.prefix)
    this.reassembly = new Reassembly(options.clock, this.drops)
    this.errors = new ErrorLimit(options.clock)
    this.neighbours = new Neighbours({
      ...options,
      isLocal: (address) => this.isStation(address),
      drops: this.drops,
    })
  }

  get address(): number {
    return this.options.address
  }

  get broadcast(): number {
    return (this.address | ~this.mask) >>> 0
  }

  /** An address a guest of this network may have. */
  isStation(address: number): boolean {
    return this.isInside(address) && address !== this.broadcast && address !== (this.address & this.mask) >>> 0
  }

  isInside(address: number): boolean {
    return (address & this.mask) >>> 0 === (this.address & this.mask) >>> 0
  }

  /**
   * Whose limits an address counts against: the interface it is behind, by its MAC address. A guest may take as many addresses as it
   * likes, and must not get the share of as many guests. Stations the switch has not learned, which are too many, have one together.
   */
  guestOf(address: number): number {
    const mac = this.neighbours.macOf(address)
    return (mac === undefined ? undefined : this.options.interfaceOf(mac)) ?? UNLEARNED
  }

  serveUdp(port: number, service: UdpService): void {
    this.services.set(port, service)
  }

  dispose(): void {
    this.neighbours.dispose()
  }

  /** A frame off the switch. */
  take(frame: Frame): void {
    const { bytes } = frame
    const to = readMac(bytes, 0)
    if (to !== this.options.mac && to !== MAC_BROADCAST) return
    switch (etherType(bytes)) {
      case ETHERTYPE_ARP:
        this.neighbours.take(bytes)
        return
      case ETHERTYPE_IPV4: {
        const packet = parseIpv4(bytes, ETHERNET_HEADER, frame.checksum !== 'complete')
        if (typeof packet === 'string') this.drops.count(packet)
        else this.packet(packet, readMac(bytes, 6))
      }
    }
  }

  /** Sends what an IPv4 packet carries, in fragments if it must be. `mac`: for a station without an address yet. */
  send(source: number, target: number, protocol: number, body: Uint8Array, mac?: number): void {
    const room = (MTU - IPV4_HEADER) & ~7
    const id = this.nextId
    this.nextId = (this.nextId % 0xffff) + 1
    for (let offset = 0; offset === 0 || offset < body.length; offset += room) {
      const part = body.length <= MTU - IPV4_HEADER ? body : body.subarray(offset, offset + room)
      const more = offset + part.length < body.length
      const bytes = this.frameFor({ source, target, protocol, length: part.length, id, offset, more })
      bytes.set(part, ETHERNET_HEADER + IPV4_HEADER)
      this.transmit(target, plainFrame(bytes), mac)
      if (!more) return
    }
  }

  sendUdp(source: number, sourcePort: number, target: number, targetPort: number, data: Uint8Array, mac?: number): void {
    this.send(source, target, PROTOCOL_UDP, buildUdp(source, sourcePort, target, targetPort, data), mac)
  }

  /** A frame with its headers written up to the transport's, for those who fill it themselves. */
  frameFor(header: Parameters<typeof writeIpv4>[2]): Uint8Array {
    const bytes = new Uint8Array(ETHERNET_HEADER + IPV4_HEADER + header.length)
    writeMac(bytes, 6, this.options.mac)
    set16(bytes, 12, ETHERTYPE_IPV4)
    writeIpv4(bytes, ETHERNET_HEADER, header)
    return bytes
  }

  transmit(target: number, frame: Frame, mac?: number): void {
    if (mac !== undefined) {
      writeMac(frame.bytes, 0, mac)
      this.options.send(frame)
    } else this.neighbours.sendTo(target, frame)
  }

  /** Tells the sender of a packet what became of it. */
  complain(packet: Ipv4Packet, type: number, code: number): void {
    if (!mayComplain(packet) || !this.isStation(packet.source) || !this.errors.take(this.guestOf(packet.source))) return
    this.send(this.address, packet.source, PROTOCOL_ICMP, icmpError(type, code, packet))
  }

  private packet(packet: Ipv4Packet, mac: number): void {
    const { source, target } = packet
    // DHCP begins without an address; everybody else is a station of this network, and no other one's.
    const nameless = source === 0 && packet.protocol === PROTOCOL_UDP
    const isOwn = (this.neighbours.macOf(source) ?? mac) === mac
    if (!nameless && !(this.isStation(source) && (isOwn || this.asksForAddress(packet)))) {
      this.drops.count('source')
      return
    }
    if (source === this.address) {
      this.drops.count('source')
      return
    }
    if (!nameless && this.neighbours.macOf(source) === undefined) this.neighbours.learn(source, mac)
    const forAll = target === IP_BROADCAST || target === this.broadcast
    const outside = !forAll && target !== this.address
    if (outside && (nameless || this.isInside(target) || isMartian(target) || !this.wayOut)) {
      if (!isGroupAddress(target)) {
        this.drops.count('target')
        this.complain(packet, UNREACHABLE, HOST_UNREACHABLE)
      }
      return
    }
    if (outside && packet.ttl <= 1) {
      this.drops.count('target')
      this.complain(packet, TIME_EXCEEDED, 0)
      return
    }
    const whole = packet.offset === 0 && !packet.more ? packet : this.reassembly.add(packet, this.guestOf(source))
    if (whole) this.dispatch(whole, mac, outside, forAll)
  }

  /** A DHCP client that keeps an address which is another's by now (a branch, its original's) is to hear that from the server. */
  private asksForAddress({ protocol, bytes, at, end, offset, target }: Ipv4Packet): boolean {
    const forUs = target === this.address || target === IP_BROADCAST
    return forUs && protocol === PROTOCOL_UDP && offset === 0 && at + 4 <= end && get16(bytes, at + 2) === DHCP_SERVER_PORT
  }

  private dispatch(packet: Ipv4Packet, mac: number, outside: boolean, forAll: boolean): void {
    switch (packet.protocol) {
      case PROTOCOL_ICMP:
        this.icmp(packet, outside, forAll)
        return
      case PROTOCOL_UDP:
        this.udp(packet, mac, outside, forAll)
        return
      case PROTOCOL_TCP:
        if (forAll) this.drops.count('transport')
        else if (this.wayOut) this.wayOut.tcp(packet)
        else this.refuse(packet)
        return
      default:
        this.refuse(packet)
    }
  }

  private refuse(packet: Ipv4Packet): void {
    this.drops.count('protocol')
    this.complain(packet, UNREACHABLE, PROTOCOL_UNREACHABLE)
  }

  private icmp(packet: Ipv4Packet, outside: boolean, forAll: boolean): void {
    const { bytes, at, end } = packet
    if (end < at + 8 || checksum(bytes, at, end) !== 0) this.drops.count('transport')
    else if (bytes[at] !== ECHO_REQUEST || forAll) return
    else if (outside) this.wayOut?.echo(packet)
    else this.send(this.address, packet.source, PROTOCOL_ICMP, echoReply(bytes.subarray(at, end)))
  }

  private udp(packet: Ipv4Packet, mac: number, outside: boolean, forAll: boolean): void {
    const datagram = parseUdp(packet)
    if (!datagram) {
      this.drops.count('transport')
      return
    }
    const service = outside ? undefined : this.services.get(datagram.targetPort)
    if (service) service(datagram, mac)
    else if (forAll || packet.source === 0) return
    else if (this.wayOut) this.wayOut.udp(datagram)
    else this.complain(packet, UNREACHABLE, PORT_UNREACHABLE)
  }
}
