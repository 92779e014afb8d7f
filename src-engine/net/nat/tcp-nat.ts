// TCP of a NAT network: each connection of a guest ends here and goes on as a connection of the host. The host connects
// first and the guest's SYN is answered after, so that a refused or unreachable target looks to the guest as it is.
// The gateway's own address stands for the host's loopback, unless that is switched off; port 53 there is the DNS proxy.
// Limits: connections of one guest, those not yet up, and all. Runs in: domain 0.
import { randomInt } from 'node:crypto'
import type { Host, HostStream } from '../host'
import type { Gateway } from '../ip/gateway'
import { UNREACHABLE } from '../ip/icmp'
import { type Ipv4Packet, PROTOCOL_TCP } from '../ip/ipv4'
import { ipText } from '../switch/address'
import { TcpConnection, type TcpUser } from '../tcp/connection'
import {
  ACK,
  distance,
  headerLength,
  parseTcp,
  RST,
  resetFor,
  type Segment,
  SYN,
  type TcpHeader,
  tcpPorts,
  writeTcp,
} from '../tcp/segment'
import type { SendQueue } from '../tcp/send-queue'
import { Splice } from './splice'
import { UNREACHABLE_CODES } from './unreachable'

export const CONNECTIONS_PER_GUEST = 1024
export const OPENING_PER_GUEST = 64
const CONNECTIONS_MOST = 4096
const EPHEMERAL_FIRST = 49152

/** Buffer of a connection in each direction, by how many its guest has: all of them together must stay affordable. */
const BUFFERS = [
  { connections: 64, bytes: 1024 * 1024 },
  { connections: 256, bytes: 256 * 1024 },
  { connections: CONNECTIONS_PER_GUEST, bytes: 64 * 1024 },
] as const

/** Four numbers that name a connection, the guest's side first. */
export interface Ends {
  readonly guest: number
  readonly guestPort: number
  readonly other: number
  readonly otherPort: number
}

/** A service of the gateway itself: who uses a connection to it; `guest`: whose limits it counts against. */
export type LocalService = (connection: () => TcpConnection | undefined, guest: number) => TcpUser

export interface TcpNatOptions {
  readonly gateway: Gateway
  readonly host: Host
  readonly hostLoopback: boolean
}

interface Entry {
  readonly ends: Ends
  /** Whose limits it counts against. */
  readonly guest: number
  readonly connection: TcpConnection
  opening: boolean
}

export class TcpNat {
  private readonly options: TcpNatOptions
  private readonly services = new Map<number, LocalService>()
  /** Guest's address and port → other address and port → entry. */
  private readonly entries = new Map<number, Map<number, Entry>>()
  private total = 0
  private nextPort = EPHEMERAL_FIRST

  constructor(options: TcpNatOptions) {
    this.options = options
  }

  get connections(): number {
    return this.total
  }

  /** A port of the gateway's address that is served here. */
  serve(port: number, service: LocalService): void {
    this.services.set(port, service)
  }

  take(packet: Ipv4Packet): void {
    const segment = parseTcp(packet)
    if (!segment) {
      this.options.gateway.drops.count('transport')
      return
    }
    const ports = tcpPorts(packet)
    const ends = { guest: packet.source, guestPort: ports.source, other: packet.target, otherPort: ports.target }
    let entry = this.find(ends)
    // RFC 9293 section 3.10.7.4: a new connection may follow at once on one that only waits.
    if (entry?.connection.state === 'TIME-WAIT' && (segment.flags & (SYN | ACK | RST)) === SYN) {
      if (distance(segment.sequence, entry.connection.expected) >= 0) {
        entry.connection.forget()
        entry = undefined
      }
    }
    if (entry) entry.connection.take(segment)
    else if ((segment.flags & (SYN | ACK | RST)) === SYN) this.opened(packet, segment, ends)
    else this.refuse(ends, segment)
  }

  /** A connection to the guest. Undefined: too many. */
  open(guest: number, guestPort: number, other: number, otherPort: number, user: TcpUser): TcpConnection | undefined {
    const ends = { guest, guestPort, other, otherPort }
    for (let tries = 0; this.find(ends); tries++) {
      if (tries > 1000) return undefined
      ends.otherPort = this.nextPort
      this.nextPort = this.nextPort === 0xffff ? EPHEMERAL_FIRST : this.nextPort + 1
    }
    const entry = this.add(ends, user)
    entry?.connection.open()
    return entry?.connection
  }

  /** A guest is gone, by its interface's MAC: so are its connections. */
  forget(guest: number): void {
    for (const entry of this.all()) if (entry.guest === guest) entry.connection.forget()
  }

  dispose(): void {
    for (const entry of this.all()) entry.connection.forget()
  }

  private opened(packet: Ipv4Packet, segment: Segment, ends: Ends): void {
    const { gateway, host, hostLoopback } = this.options
    const local = ends.other === gateway.address
    const service = local ? this.services.get(ends.otherPort) : undefined
    if (local && !service && !hostLoopback) {
      this.refuse(ends, segment)
      return
    }
    if (service) {
      const entry: Entry | undefined = this.add(
        ends,
        service(() => entry?.connection, gateway.guestOf(ends.guest)),
      )
      entry?.connection.wait(segment)
      entry?.connection.accept()
      return
    }
    const splice = new Splice({ closed: () => {} })
    const entry = this.add(ends, splice)
    if (!entry) return
    const { connection } = entry
    splice.connection = connection
    connection.wait(segment)
    // Kept for the ICMP error, without holding on to the batch it came in.
    const about = {
      ...packet,
      bytes: packet.bytes.slice(packet.header, packet.end),
      header: 0,
      at: packet.at - packet.header,
      end: packet.end - packet.header,
    }
    const target = { address: local ? '127.0.0.1' : ipText(ends.other), port: ends.otherPort }
    const events = splice.fromHost(
      () => {
        entry.opening = false
        connection.accept()
      },
      (error) => {
        const unreachable = connection.state === 'WAITING' && error !== 'ECONNREFUSED'
        const code = unreachable ? UNREACHABLE_CODES[error] : undefined
        if (code === undefined && !(connection.state === 'WAITING' && error === 'ETIMEDOUT')) return false
        if (code !== undefined) gateway.complain(about, UNREACHABLE, code)
        connection.forget()
        return true
      },
    )
    const stream: HostStream = host.connectTcp(target, events)
    splice.stream = stream
  }

  private add(ends: Ends, user: TcpUser): Entry | undefined {
    const { gateway } = this.options
    const guest = gateway.guestOf(ends.guest)
    let own = 0
    let opening = 0
    for (const other of this.ofGuest(guest)) {
      own++
      if (other.opening) opening++
    }
    const full = own >= CONNECTIONS_PER_GUEST || this.total >= CONNECTIONS_MOST
    if (opening >= OPENING_PER_GUEST || (full && !this.evict(guest))) {
      gateway.drops.count('limit')
      return undefined
    }
    const { clock } = gateway.options
    const receiveBuffer = BUFFERS.find(({ connections }) => own < connections)?.bytes
    if (user instanceof Splice && receiveBuffer !== undefined) user.buffer = receiveBuffer
    const connection: TcpConnection = new TcpConnection({
      clock,
      receiveBuffer,
      // RFC 6528 wants numbers nobody can guess.
      iss: randomInt(0x1_0000_0000),
      output: (header, queue, offset, length, mss) => this.output(ends, header, queue, offset, length, mss),
      user: {
        established: () => {
          entry.opening = false
          user.established()
        },
        received: (data) => user.received(data),
        finished: () => user.finished(),
        drained: () => user.drained(),
        closed: (reason) => {
          this.remove(ends)
          user.closed(reason)
        },
      },
    })
    const entry: Entry = { ends, guest, connection, opening: true }
    const key = ends.guest * 0x1_0000 + ends.guestPort
    let others = this.entries.get(key)
    if (!others) {
      others = new Map()
      this.entries.set(key, others)
    }
    others.set(ends.other * 0x1_0000 + ends.otherPort, entry)
    this.total++
    return entry
  }

  private output(
    ends: Ends,
    header: TcpHeader,
    queue: SendQueue | undefined,
    offset: number,
    length: number,
    mss: number,
  ): void {
    const { gateway } = this.options
    const size = headerLength(header)
    const bytes = gateway.frameFor({
      source: ends.other,
      target: ends.guest,
      protocol: PROTOCOL_TCP,
      length: size + length,
      dontFragment: true,
    })
    const at = bytes.length - size - length
    const addresses = { source: ends.other, sourcePort: ends.otherPort, target: ends.guest, targetPort: ends.guestPort }
    writeTcp(bytes, at, addresses, header, length > 0 ? queue : undefined, offset, length)
    gateway.transmit(ends.guest, { bytes, checksum: 'blank', gsoSize: length > mss ? mss : 0 })
  }

  private refuse(ends: Ends, segment: Segment): void {
    const header = resetFor(segment)
    if (header) this.output(ends, header, undefined, 0, 0, 0)
  }

  private find(ends: Ends): Entry | undefined {
    return this.entries.get(ends.guest * 0x1_0000 + ends.guestPort)?.get(ends.other * 0x1_0000 + ends.otherPort)
  }

  private remove(ends: Ends): void {
    const key = ends.guest * 0x1_0000 + ends.guestPort
    const others = this.entries.get(key)
    if (!others?.delete(ends.other * 0x1_0000 + ends.otherPort)) return
    this.total--
    if (others.size === 0) this.entries.delete(key)
  }

  /** Makes room by ending a connection that only waits for its time. */
  private evict(guest: number): boolean {
    for (const entry of this.total >= CONNECTIONS_MOST ? this.all() : this.ofGuest(guest)) {
      if (entry.connection.state !== 'TIME-WAIT') continue
      entry.connection.forget()
      return true
    }
    return false
  }

  private *ofGuest(guest: number): Iterable<Entry> {
    for (const others of this.entries.values()) for (const entry of others.values()) if (entry.guest === guest) yield entry
  }

  private all(): Entry[] {
    return [...this.entries.values()].flatMap((others) => [...others.values()])
  }
}
