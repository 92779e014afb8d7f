// One virtual network as its definition says: a switch; a gateway with DHCP; and for `nat` the way out, DNS and port forwards.
// An `isolated` network has nothing behind its gateway. Definitions and guests come and go; leases live with their keeper.
// Runs in: domain 0.
import type { Clock } from '../lib/clock'
import type { Log } from '../lib/log'
import type { Network, PortForward } from '../public/protocol/device'
import { err, ok, type Result } from '../public/result'
import { Containment } from './containment'
import { type LeaseKeeper, Leases } from './dhcp/leases'
import { DHCP_CLIENT_PORT, DHCP_SERVER_PORT } from './dhcp/message'
import { DhcpServer } from './dhcp/server'
import { DnsProxy } from './dns/proxy'
import { DnsStream } from './dns/stream-service'
import type { Host } from './host'
import { Gateway } from './ip/gateway'
import { EchoRelay } from './nat/echo'
import { openForward } from './nat/forward'
import { TcpNat } from './nat/tcp-nat'
import { UdpFlows } from './nat/udp-flows'
import { macText, maskOf, parseIp, parseMac } from './switch/address'
import { BorrowedMac } from './switch/borrowed-mac'
import type { Capture } from './switch/capture'
import type { Frame, Offload } from './switch/frame'
import { type PortCounters, Switch, type SwitchPort } from './switch/switch'

const DNS_PORT = 53
/** Locally administered, and the gateway's address in the rest. */
const GATEWAY_MAC_PREFIX = 0x0252 * 0x1_0000_0000

export interface NetworkParts {
  readonly clock: Clock
  readonly host: Host
  readonly log: Log
  readonly leases?: LeaseKeeper | undefined
}

export interface Attachment {
  /** For messages: whose interface it is. */
  readonly name: string
  readonly mac: string
  readonly offload: Offload
  readonly forwards: readonly PortForward[]
  readonly rateKiB?: number | undefined
  /** Whoever attaches closes it. */
  readonly capture?: Capture | undefined
  deliver(frame: Frame): void
  /** A forward listens on this port, or cannot; without either it has no effect in this network. */
  forwardReady?(forward: PortForward, port: number | undefined, error?: string): void
}

/** An interface on a network. */
export interface NetworkPort {
  readonly counters: PortCounters
  send(frame: Frame): void
  /** The guest's address, as far as it is known. */
  address(): number | undefined
  detach(): void
}

/** What is wrong with a definition, in one sentence. */
export function checkNetwork(network: Network): string | undefined {
  const address = parseIp(network.address)
  if (address === undefined) return `${network.address} is not an IPv4 address`
  const mask = maskOf(network.prefix)
  const inside = (text: string): boolean => {
    const other = parseIp(text)
    if (other === undefined || (other & mask) !== (address & mask)) return false
    const part = (other & ~mask) >>> 0
    return part !== 0 && part !== ~mask >>> 0
  }
  if (!inside(network.address)) return `${network.address} cannot be the gateway of a network of that size`
  const { dhcp } = network
  if (dhcp && !(inside(dhcp.first) && inside(dhcp.last) && (parseIp(dhcp.first) ?? 0) <= (parseIp(dhcp.last) ?? 0))) {
    return `${dhcp.first} to ${dhcp.last} is not a range of the network`
  }
  const outside = network.hosts.find((host) => !inside(host.address) || host.address === network.address)
  return outside ? `${outside.address} is not an address for a guest of the network` : undefined
}

export class VirtualNetwork {
  readonly definition: Network
  readonly gateway: Gateway
  readonly leases: Leases
  private readonly parts: NetworkParts
  private readonly contained: Containment
  private readonly net: Switch
  private readonly out: { readonly tcp: TcpNat; readonly udp: UdpFlows } | undefined
  private readonly ports = new Set<NetworkPort>()

  /** The definition was checked. */
  constructor(definition: Network, parts: NetworkParts) {
    this.definition = definition
    const contained = new Containment(parts.log)
    this.contained = contained
    this.parts = { ...parts, clock: contained.clock(parts.clock), host: contained.host(parts.host) }
    const { clock } = this.parts
    const address = parseIp(definition.address) ?? 0
    const mac = GATEWAY_MAC_PREFIX + address
    this.leases = new Leases({
      clock,
      gateway: address,
      first: parseIp(definition.dhcp?.first ?? '') ?? 1,
      last: parseIp(definition.dhcp?.last ?? '') ?? 0,
      fixed: definition.hosts.map((host) => ({
        mac: parseMac(host.mac) ?? 0,
        address: parseIp(host.address) ?? 0,
        name: host.name,
      })),
      keeper: parts.leases,
      user: (other) => this.gateway.neighbours.macOf(other),
      isInterface: (mac) => this.net.isOwned(mac),
    })
    this.net = new Switch(clock)
    const port: Result<SwitchPort, string> = this.net.attach({
      name: 'the gateway',
      mac,
      offload: { blankChecksum: true, gso: true },
      deliver: (frame) => this.gateway.take(frame),
    })
    this.gateway = new Gateway({
      clock,
      mac,
      address,
      prefix: definition.prefix,
      send: (frame) => {
        if (port.ok) port.value.send(frame)
      },
      owner: (other) => this.leases.owner(other),
      interfaceOf: (other) => this.net.interfaceOf(other),
    })
    if (definition.dhcp) this.serveDhcp()
    if (definition.kind === 'nat') this.out = this.openWayOut()
  }

  /** Puts an interface on the network; the error is a sentence. */
  attach(attachment: Attachment): Result<NetworkPort, string> {
    const { host, log } = this.parts
    const mac = parseMac(attachment.mac)
    if (mac === undefined) return err(`${attachment.mac} is not a MAC address`)
    const { gateway, leases, out } = this
    const borrowed = new BorrowedMac({
      mac,
      isOthers: (other) =>
        other !== gateway.options.mac &&
        (this.net.isOwned(other) || (attached.ok && this.net.isElsewhere(other, attached.value))),
      wasInterface: (other) => leases.wasInterface(other),
      isLeased: (ip) => ip !== undefined && leases.owner(ip) === mac,
      isTaken: (ip, own, other) => {
        if (ip === 0) return false
        const owner = gateway.neighbours.macOf(ip)
        return (owner !== undefined && owner !== own) || gateway.neighbours.addressOf(other) === ip
      },
    })
    const attached: Result<SwitchPort, string> = this.net.attach({
      name: attachment.name,
      mac,
      offload: attachment.offload,
      deliver: (frame) => attachment.deliver(borrowed.in(frame)),
      rate: attachment.rateKiB === undefined ? undefined : attachment.rateKiB * 1024,
      capture: attachment.capture,
    })
    if (!attached.ok) return err(`the MAC address ${macText(mac)} is in use by ${attached.error}`)
    const address = (): number | undefined => leases.addressOf(mac) ?? gateway.neighbours.addressOf(mac)
    const closers = attachment.forwards.map((forward) => {
      const ready = (port: number | undefined, error?: string): void => {
        if (error !== undefined)
          log('warning', `port forward ${forward.protocol} ${forward.hostPort} of ${attachment.name}: ${error}`)
        attachment.forwardReady?.(forward, port, error)
      }
      if (out) return openForward(forward, { gateway, host, ...out, guest: address, ready })
      // It is no fault: the interface may have been moved here, and may go back with its forwards.
      log(
        'info',
        `port forward ${forward.protocol} ${forward.hostPort} of ${attachment.name} leads nowhere: the network is isolated`,
      )
      attachment.forwardReady?.(forward, undefined)
      return () => {}
    })
    const port: NetworkPort = {
      counters: attached.value.counters,
      send: (frame) => {
        try {
          const sent = borrowed.out(frame)
          if (sent) attached.value.send(sent)
          else attached.value.counters.spoofed++
        } catch (error) {
          attached.value.counters.failed++
          this.contained.caught(error)
        }
      },
      address,
      detach: () => {
        if (!this.ports.delete(port)) return
        for (const close of closers) close()
        out?.tcp.forget(mac)
        out?.udp.forget(mac)
        gateway.neighbours.forget(mac)
        attached.value.detach()
      },
    }
    this.ports.add(port)
    return ok(port)
  }

  dispose(): void {
    for (const port of [...this.ports]) port.detach()
    this.out?.tcp.dispose()
    this.out?.udp.dispose()
    this.gateway.dispose()
  }

  private get domain(): string {
    return `${this.definition.name.toLowerCase()}.internal`
  }

  private serveDhcp(): void {
    const { gateway } = this
    const { address, prefix } = gateway.options
    const router = this.definition.kind === 'nat'
    const server = new DhcpServer({ leases: this.leases, address, prefix, router, domain: this.domain })
    gateway.serveUdp(DHCP_SERVER_PORT, (datagram, mac) => {
      const { good, answer } = server.take(datagram.data, mac)
      if (!good) gateway.drops.count('dhcp')
      if (answer) gateway.sendUdp(address, DHCP_SERVER_PORT, answer.target, DHCP_CLIENT_PORT, answer.bytes, answer.mac)
    })
  }

  private openWayOut(): { tcp: TcpNat; udp: UdpFlows } {
    const { gateway, parts } = this
    const { clock, host } = parts
    const { hostLoopback } = this.definition
    const tcp = new TcpNat({ gateway, host, hostLoopback })
    const udp = new UdpFlows({ gateway, host, hostLoopback })
    const echo = new EchoRelay(gateway, host)
    gateway.wayOut = {
      tcp: (packet) => tcp.take(packet),
      udp: (datagram) => udp.take(datagram),
      echo: (packet) => echo.take(packet),
    }
    const dns = new DnsProxy({
      clock,
      host,
      domain: this.domain,
      names: () => this.leases.names().set('gateway', gateway.address),
      isInside: (address) => gateway.isInside(address),
    })
    gateway.serveUdp(DNS_PORT, ({ source, sourcePort, data }) => {
      const taken = dns.ask(data, gateway.guestOf(source), (response) =>
        gateway.sendUdp(gateway.address, DNS_PORT, source, sourcePort, response),
      )
      if (!taken) gateway.drops.count('dns')
    })
    tcp.serve(DNS_PORT, (connection, guest) => new DnsStream(dns, connection, guest))
    return { tcp, udp }
  }
}
