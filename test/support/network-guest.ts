// A guest on a virtual network, frame by frame: it sends what a test builds and keeps what it gets, sorted by protocol.

import { type Attachment, type NetworkParts, type NetworkPort, VirtualNetwork } from '../../src-engine/net/network'
import { ipText, MAC_BROADCAST, readMac } from '../../src-engine/net/switch/address'
import { etherType, type Frame, get16, get32 } from '../../src-engine/net/switch/frame'
import type { Network } from '../../src-engine/public/protocol/device'
import { DEFAULT_NETWORK } from '../../src-engine/public/protocol/device'
import { FakeHost } from './fake-host'
import { ethernet, type Ipv4Fields, ip, ipv4, mac, plain, type TcpFields, tcp, udp } from './frames'
import { VirtualClock } from './virtual-clock'

export const GATEWAY = '10.0.2.1'

export class TestNetwork {
  readonly clock = new VirtualClock()
  readonly host = new FakeHost()
  readonly log: string[] = []
  readonly net: VirtualNetwork

  constructor(changes: Partial<Network> = {}, parts: Partial<NetworkParts> = {}) {
    this.net = new VirtualNetwork(
      { ...DEFAULT_NETWORK, ...changes },
      { clock: this.clock, host: this.host, log: (_level, text) => this.log.push(text), ...parts },
    )
  }

  guest(number = 15, options: Partial<Attachment> = {}): Guest {
    return new Guest(this, number, options)
  }
}

/** One IPv4 packet as a guest sees it. */
export interface Seen {
  readonly source: string
  readonly target: string
  readonly protocol: number
  /** After the IPv4 header. */
  readonly body: Uint8Array
  readonly frame: Frame
}

export class Guest {
  readonly network: TestNetwork
  /** What its driver takes for its own. */
  mac: number
  readonly address: string
  readonly port: NetworkPort
  readonly frames: Frame[] = []

  constructor(network: TestNetwork, number: number, options: Partial<Attachment>) {
    this.network = network
    const text = `00:16:3e:00:00:${number.toString(16).padStart(2, '0')}`
    this.mac = mac(text)
    this.address = `10.0.2.${number}`
    const attached = network.net.attach({
      name: `guest ${number}`,
      mac: text,
      offload: { gso: true, blankChecksum: true },
      forwards: [],
      deliver: (frame) => this.frames.push(frame),
      ...options,
    })
    if (!attached.ok) throw new Error(attached.error)
    this.port = attached.value
  }

  get gatewayMac(): number {
    return 0x0252 * 0x1_0000_0000 + ip(GATEWAY)
  }

  /** An IPv4 packet to the gateway's MAC. */
  send(packet: Uint8Array, to = this.gatewayMac): void {
    this.port.send(plain(to, this.mac, 0x0800, packet))
  }

  sendTo(target: string, protocol: number, body: Uint8Array, more: Partial<Ipv4Fields> = {}): void {
    this.send(ipv4({ source: this.address, target, protocol, ...more }, body))
  }

  sendUdp(target: string, from: number, to: number, data: Uint8Array): void {
    this.send(udp({ source: this.address, target }, from, to, data))
  }

  sendTcp(target: string, segment: TcpFields, data?: Uint8Array): void {
    this.send(tcp({ source: this.address, target }, segment, data))
  }

  arp(operation: number, target: string, sender = this.address, source = this.mac): void {
    const body = new Uint8Array(28)
    const message = ethernet(MAC_BROADCAST, source, 0x0806, body)
    message.set([0, 1, 8, 0, 6, 4, 0, operation], 14)
    message.set(message.subarray(6, 12), 22)
    message.set(sender.split('.').map(Number), 28)
    message.set(target.split('.').map(Number), 38)
    this.port.send({ bytes: message, checksum: 'complete', gsoSize: 0 })
  }

  /** What came since the last look: ARP messages as text. */
  arps(): string[] {
    return this.take(0x0806).map(
      ({ bytes }) =>
        `${get16(bytes, 20) === 1 ? 'who-has' : 'is-at'} ${ipText(get32(bytes, 28))} ${readMac(bytes, 22).toString(16)} for ${ipText(get32(bytes, 38))}`,
    )
  }

  packets(): Seen[] {
    return this.take(0x0800).map((frame) => {
      const { bytes } = frame
      const at = 14 + ((bytes[14] ?? 0) & 15) * 4
      return {
        source: ipText(get32(bytes, 26)),
        target: ipText(get32(bytes, 30)),
        protocol: bytes[23] ?? 0,
        body: bytes.subarray(at, 14 + get16(bytes, 16)),
        frame,
      }
    })
  }

  private take(type: number): Frame[] {
    const taken = this.frames.filter(({ bytes }) => etherType(bytes) === type)
    const others = this.frames.filter(({ bytes }) => etherType(bytes) !== type)
    this.frames.length = 0
    this.frames.push(...others)
    return taken
  }
}
