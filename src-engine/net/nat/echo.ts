// Echo requests of guests to the world: an unprivileged process cannot send them, the system's `ping` can. It is asked once
// for each request, a few at a time, and the guest hears what came of it: the reply, or that the host is unreachable.
// Runs in: domain 0.
import type { Host } from '../host'
import type { Gateway } from '../ip/gateway'
import { echoReply, HOST_UNREACHABLE, UNREACHABLE } from '../ip/icmp'
import { type Ipv4Packet, PROTOCOL_ICMP } from '../ip/ipv4'
import { ipText } from '../switch/address'

export const PINGS_PER_GUEST = 4
const PINGS_MOST = 8

export class EchoRelay {
  private readonly gateway: Gateway
  private readonly host: Host
  private readonly underWay = new Map<number, number>()
  private total = 0

  constructor(gateway: Gateway, host: Host) {
    this.gateway = gateway
    this.host = host
  }

  take(packet: Ipv4Packet): void {
    const { source, target } = packet
    const guest = this.gateway.guestOf(source)
    const own = this.underWay.get(guest) ?? 0
    if (own >= PINGS_PER_GUEST || this.total >= PINGS_MOST) {
      this.gateway.drops.count('limit')
      return
    }
    this.underWay.set(guest, own + 1)
    this.total++
    const bytes = packet.bytes.slice(packet.header, packet.end)
    const at = packet.at - packet.header
    const about = { ...packet, bytes, header: 0, at, end: bytes.length }
    const done = (answered: boolean): void => {
      this.total--
      const left = (this.underWay.get(guest) ?? 1) - 1
      if (left > 0) this.underWay.set(guest, left)
      else this.underWay.delete(guest)
      if (answered) this.gateway.send(target, source, PROTOCOL_ICMP, echoReply(bytes.subarray(at)))
      else this.gateway.complain(about, UNREACHABLE, HOST_UNREACHABLE)
    }
    this.host.ping(ipText(target), bytes.length - at - 8, done)
  }
}
