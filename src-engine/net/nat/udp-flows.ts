// UDP of a NAT network: a flow is a guest's port and the port it talks to, with a connected socket of the host behind it, so
// that nobody else can send into it and nothing listens. (RFC 4787 would have one mapping for all targets of a port; what
// that allows, being reached by strangers, is what we do not want. Decided 2026-11-25.)
// Limits: flows of one guest, where the one unused for longest makes room, and of all. Runs in: domain 0.
import type { Host, HostDatagrams } from '../host'
import type { Gateway } from '../ip/gateway'
import { PORT_UNREACHABLE, UNREACHABLE } from '../ip/icmp'
import type { Ipv4Packet } from '../ip/ipv4'
import type { Datagram } from '../ip/udp'
import { ipText } from '../switch/address'
import { UNREACHABLE_CODES } from './unreachable'

export const UDP_IDLE_MS = 120_000
export const FLOWS_PER_GUEST = 256
const FLOWS_MOST = 2048
const SWEEP_MS = 10_000

interface Flow {
  readonly key: string
  /** Whose limit it counts against. */
  readonly guest: number
  socket: HostDatagrams
  usedAt: number
}

export interface UdpFlowsOptions {
  readonly gateway: Gateway
  readonly host: Host
  readonly hostLoopback: boolean
}

export class UdpFlows {
  private readonly options: UdpFlowsOptions
  /** In the order they were last used. */
  private readonly flows = new Map<string, Flow>()
  private cancelSweep: (() => void) | undefined

  constructor(options: UdpFlowsOptions) {
    this.options = options
  }

  get size(): number {
    return this.flows.size
  }

  take(datagram: Datagram): void {
    const { gateway, host, hostLoopback } = this.options
    const { source, sourcePort, target, targetPort, data } = datagram
    const known = this.use(keyOf(source, sourcePort, target, targetPort))
    if (known) {
      known.socket.send(data)
      return
    }
    const local = target === gateway.address
    if ((local && !hostLoopback) || targetPort === 0) {
      gateway.complain(datagram.packet, UNREACHABLE, PORT_UNREACHABLE)
      return
    }
    const about = quoted(datagram.packet)
    const socket = host.openUdp(
      { address: local ? '127.0.0.1' : ipText(target), port: targetPort },
      {
        received: (bytes) => {
          if (this.use(keyOf(source, sourcePort, target, targetPort))) {
            gateway.sendUdp(target, targetPort, source, sourcePort, bytes)
          }
        },
        failed: (error) => {
          const code = UNREACHABLE_CODES[error]
          if (code !== undefined) gateway.complain(about, UNREACHABLE, code)
          if (error !== 'ECONNREFUSED') gateway.drops.count('target')
        },
      },
    )
    if (this.add(source, sourcePort, target, targetPort, socket)) socket.send(data)
  }

  /** A flow that began on the host's side: what the guest answers goes to `socket`. */
  adopt(guest: number, guestPort: number, other: number, otherPort: number, socket: HostDatagrams): void {
    if (!this.use(keyOf(guest, guestPort, other, otherPort))) this.add(guest, guestPort, other, otherPort, socket)
  }

  /** A guest is gone, by its interface's MAC: so are its flows. */
  forget(guest: number): void {
    for (const flow of this.flows.values()) if (flow.guest === guest) this.remove(flow)
  }

  dispose(): void {
    this.cancelSweep?.()
    for (const flow of this.flows.values()) this.remove(flow)
  }

  private add(address: number, port: number, other: number, otherPort: number, socket: HostDatagrams): boolean {
    const { gateway } = this.options
    const guest = gateway.guestOf(address)
    let own = 0
    let oldest: Flow | undefined
    for (const flow of this.flows.values()) {
      if (flow.guest !== guest) continue
      own++
      oldest ??= flow
    }
    if (own >= FLOWS_PER_GUEST && oldest) this.remove(oldest)
    else if (this.flows.size >= FLOWS_MOST) {
      gateway.drops.count('limit')
      socket.close()
      return false
    }
    const key = keyOf(address, port, other, otherPort)
    this.flows.set(key, { key, guest, socket, usedAt: gateway.options.clock.now() })
    this.sweepLater()
    return true
  }

  /** The flow, marked as used now. */
  private use(key: string): Flow | undefined {
    const flow = this.flows.get(key)
    if (!flow) return undefined
    flow.usedAt = this.options.gateway.options.clock.now()
    this.flows.delete(key)
    this.flows.set(key, flow)
    return flow
  }

  private remove(flow: Flow): void {
    this.flows.delete(flow.key)
    flow.socket.close()
  }

  private sweepLater(): void {
    if (this.cancelSweep) return
    const { clock } = this.options.gateway.options
    this.cancelSweep = clock.after(SWEEP_MS, () => {
      this.cancelSweep = undefined
      const now = clock.now()
      for (const flow of this.flows.values()) {
        if (now - flow.usedAt < UDP_IDLE_MS) break
        this.remove(flow)
      }
      if (this.flows.size > 0) this.sweepLater()
    })
  }
}

function keyOf(guest: number, guestPort: number, other: number, otherPort: number): string {
  return `${guest}:${guestPort}>${other}:${otherPort}`
}

/** As much of a packet as an ICMP error must quote, on its own. */
function quoted(packet: Ipv4Packet): Ipv4Packet {
  const end = Math.min(packet.end, packet.at + 8)
  const shift = packet.header
  return { ...packet, bytes: packet.bytes.slice(shift, end), header: 0, at: packet.at - shift, end: end - shift }
}
