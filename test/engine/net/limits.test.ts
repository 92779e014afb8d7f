// A guest that takes a hundred addresses of its network has the share of one guest of all that the gateway keeps: what is left is the
// other guests'. Numbers are counted at the host, or by what a second guest still gets.
import { describe, expect, it } from 'vitest'
import { encodeName } from '../../../src-engine/net/dns/message'
import { QUERIES_PER_GUEST } from '../../../src-engine/net/dns/proxy'
import { ERRORS_PER_GUEST } from '../../../src-engine/net/ip/icmp'
import { PACKETS_PER_GUEST } from '../../../src-engine/net/ip/reassembly'
import { PINGS_PER_GUEST } from '../../../src-engine/net/nat/echo'
import { OPENING_PER_GUEST } from '../../../src-engine/net/nat/tcp-nat'
import { FLOWS_PER_GUEST } from '../../../src-engine/net/nat/udp-flows'
import { checksum } from '../../../src-engine/net/switch/checksum'
import { set16 } from '../../../src-engine/net/switch/frame'
import { ipv4, pattern, tcp, udp } from '../../support/frames'
import { GATEWAY, type Guest, TestNetwork } from '../../support/network-guest'

const WORLD = '198.51.100.7'
/** As many as a guest has of the network's here. */
const ADDRESSES = Array.from({ length: 100 }, (_, i) => `10.0.2.${100 + i}`)

function echo(): Uint8Array {
  const message = new Uint8Array(16)
  message[0] = 8
  set16(message, 2, checksum(message, 0, message.length))
  return message
}

function query(): Uint8Array {
  const name = encodeName('www.example.org')
  return Uint8Array.of(0, 1, 1, 0, 0, 1, 0, 0, 0, 0, 0, 0, ...name, 0, 1, 0, 1)
}

/** What a guest sends from one of its addresses, the nth time. */
type Send = (guest: Guest, source: string, n: number) => void

const sendUdp: Send = (guest, source, n) => guest.send(udp({ source, target: WORLD }, 2000 + n, 123, pattern(8)))
const sendSyn: Send = (guest, source, n) =>
  guest.send(tcp({ source, target: WORLD }, { from: 2000 + n, to: 80, sequence: 1, flags: 2 }))
const sendEcho: Send = (guest, source) => guest.send(ipv4({ source, target: WORLD, protocol: 1 }, echo()))
const sendQuery: Send = (guest, source, n) => guest.send(udp({ source, target: GATEWAY }, 2000 + n, 53, query()))
const sendFragment: Send = (guest, source, n) =>
  guest.send(ipv4({ source, target: WORLD, protocol: 17, id: n, offset: 0, more: true }, pattern(8)))

describe('a guest of many addresses has the share of one', () => {
  it.each([
    [
      'of flows',
      sendUdp,
      40,
      FLOWS_PER_GUEST,
      ({ host }: TestNetwork) => host.datagrams.filter(({ closed }) => !closed).length,
    ],
    ['of connections not yet up', sendSyn, 2, OPENING_PER_GUEST, ({ host }: TestNetwork) => host.streams.length],
    ['of pings', sendEcho, 1, PINGS_PER_GUEST, ({ host }: TestNetwork) => host.pings.length],
    ['of questions for names', sendQuery, 5, QUERIES_PER_GUEST, ({ host }: TestNetwork) => host.datagrams.length],
  ] as const)('%s', (_what, send, each, share, held) => {
    const network = new TestNetwork()
    const [greedy, other] = [network.guest(15), network.guest(16)]
    for (const source of ADDRESSES) for (let n = 0; n < each; n++) send(greedy, source, n)
    expect(held(network)).toBe(share)
    send(other, other.address, 0)
    expect(held(network)).toBe(share + 1)
  })

  it('of packets in fragments', () => {
    const network = new TestNetwork()
    const [greedy, other] = [network.guest(15), network.guest(16)]
    for (const source of ADDRESSES) sendFragment(greedy, source, 1)
    expect(network.net.gateway.drops.of('fragment')).toBe(ADDRESSES.length - PACKETS_PER_GUEST)
    sendFragment(other, other.address, 1)
    expect(network.net.gateway.drops.of('fragment')).toBe(ADDRESSES.length - PACKETS_PER_GUEST)
  })

  it('of errors a second', () => {
    const network = new TestNetwork()
    const [greedy, other] = [network.guest(15), network.guest(16)]
    const errors = (guest: Guest): number =>
      guest.packets().filter(({ protocol, body }) => protocol === 1 && body[0] === 3).length
    const unknown: Send = (guest, source) => guest.send(ipv4({ source, target: WORLD, protocol: 99 }, pattern(8)))
    for (const source of ADDRESSES) for (let n = 0; n < 2; n++) unknown(greedy, source, n)
    expect(errors(greedy)).toBe(ERRORS_PER_GUEST)
    unknown(other, other.address, 0)
    expect(errors(other)).toBe(1)
    network.clock.advance(1000)
    unknown(greedy, ADDRESSES[0] ?? '', 0)
    expect(errors(greedy)).toBe(1)
  })

  it('also where it sends from as many MAC addresses, and nothing of it stays when it goes', () => {
    const network = new TestNetwork()
    const [greedy, other] = [network.guest(15), network.guest(16)]
    const own = greedy.mac
    for (const [i, source] of ADDRESSES.entries()) {
      greedy.mac = own + 0x1_0000 + (i % 50)
      for (let n = 0; n < 40; n++) sendUdp(greedy, source, n)
    }
    const open = () => network.host.datagrams.filter(({ closed }) => !closed).length
    expect(open()).toBe(FLOWS_PER_GUEST)
    sendUdp(other, other.address, 0)
    greedy.port.detach()
    expect(open()).toBe(1)
  })
})
