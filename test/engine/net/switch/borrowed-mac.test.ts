// A branch of a guest on the network of its original: its interface has a MAC address of its own, its driver still the original's. It
// gets an address when it asks, as what it is, and takes nothing from the original before that.
import { expect, it } from 'vitest'
import { checksum, pseudoSum } from '../../../../src-engine/net/switch/checksum'
import { get16, get32, set16 } from '../../../../src-engine/net/switch/frame'
import { ask, bind, message } from '../../../support/dhcp-client'
import { ip, pattern, udp } from '../../../support/frames'
import { GATEWAY, type Guest, TestNetwork } from '../../../support/network-guest'

const WORLD = '198.51.100.7'

/** A guest with its lease, and a branch of it whose interface is 16. */
function beside(network = new TestNetwork()): { network: TestNetwork; original: Guest; branch: Guest; own: number } {
  const original = network.guest(15)
  expect(bind(original)).toMatch(/^ACK 10\.0\.2\.15 /)
  const branch = network.guest(16)
  const own = branch.mac
  branch.mac = original.mac
  return { network, original, branch, own }
}

it('is leased an address of its own, by either answer of the server, and is reached there', () => {
  const { network, original, branch, own } = beside()
  expect(ask(branch, 'DISCOVER', { flags: 0x8000 })).toBe('OFFER 10.0.2.16 to 255.255.255.255 (all)')
  expect(bind(branch)).toBe('ACK 10.0.2.16 to 10.0.2.16 (one)')
  expect(branch.port.address()).toBe(ip('10.0.2.16'))
  expect(original.port.address()).toBe(ip('10.0.2.15'))
  expect(network.net.leases.owner(ip('10.0.2.16'))).toBe(own)
  branch.arp(1, GATEWAY, '10.0.2.16')
  expect(branch.arps()).toEqual([`is-at 10.0.2.1 ${branch.gatewayMac.toString(16)} for 10.0.2.16`])
  original.frames.length = 0
  network.net.gateway.sendUdp(network.net.gateway.address, 1, ip('10.0.2.16'), 2, pattern(3))
  expect(branch.packets().map(({ target }) => target)).toEqual(['10.0.2.16'])
  expect(original.packets()).toEqual([])
})

it('gets answers that hold its driver’s address, with checksums that are right', () => {
  const { branch } = beside()
  branch.send(udp({ source: '0.0.0.0', target: '255.255.255.255' }, 68, 67, message(branch, 'DISCOVER', {})), 0xffff_ffff_ffff)
  const [offer] = branch.packets()
  if (!offer) throw new Error('no answer')
  const { frame, body } = offer
  const whole = pseudoSum(ip(GATEWAY), ip('10.0.2.16'), 17, body.length)
  expect([get16(frame.bytes, 0), get32(frame.bytes, 2)]).toEqual([0x0016, 0x3e00000f])
  expect([get16(body, 8 + 28), get32(body, 8 + 30)]).toEqual([0x0016, 0x3e00000f])
  expect(checksum(body, 0, body.length, whole)).toBe(0)
})

it('that keeps the original’s address goes nowhere, takes it from nobody, and hears at its renewal that it is another’s', () => {
  const { network, original, branch } = beside()
  branch.arp(1, GATEWAY, '10.0.2.15')
  branch.arp(2, GATEWAY, '10.0.2.15')
  branch.send(udp({ source: '10.0.2.15', target: WORLD }, 4000, 123, pattern(8)))
  expect([branch.arps(), original.arps(), network.host.datagrams]).toEqual([[], [], []])
  original.sendUdp(WORLD, 4000, 123, pattern(8))
  expect(network.host.datagrams.length).toBe(1)
  expect(ask(branch, 'REQUEST', { ciaddr: '10.0.2.15' })).toMatch(/^NAK /)
  // To all, in the branch's name.
  expect(original.packets().map(({ body }) => get32(body, 8 + 30))).toEqual([0x3e000010])
  expect(ask(original, 'REQUEST', { ciaddr: '10.0.2.15' })).toMatch(/^ACK 10\.0\.2\.15 /)
})

it('is kept from an address that the original has without a lease', () => {
  const network = new TestNetwork()
  const original = network.guest(15)
  original.arp(1, GATEWAY, '10.0.2.40')
  const branch = network.guest(16)
  branch.mac = original.mac
  network.clock.advance(3_600_000)
  branch.arp(1, GATEWAY, '10.0.2.40')
  expect(branch.arps()).toEqual([])
})

it('and its original reach each other', () => {
  const { original, branch } = beside()
  bind(branch)
  branch.arp(1, '10.0.2.15', '10.0.2.16')
  expect(original.arps()).toEqual(['who-has 10.0.2.16 163e000010 for 10.0.2.15'])
  original.send(udp({ source: '10.0.2.15', target: '10.0.2.16' }, 1, 2, pattern(8)), 0x0016_3e00_0010)
  expect(branch.packets().map(({ source }) => source)).toEqual(['10.0.2.15'])
  branch.send(udp({ source: '10.0.2.16', target: '10.0.2.15' }, 2, 1, pattern(8)), original.mac)
  expect(original.packets().flatMap(({ source }) => (source === '0.0.0.0' ? [] : [source]))).toEqual(['10.0.2.16'])
})

it.each(['', ', where domain 0 is a new one that has the leases'])('stays who it is when its original has gone%s', (anew) => {
  const { network, original, branch } = beside()
  bind(branch)
  original.port.detach()
  if (anew !== '') {
    branch.port.detach()
    const again = network.guest(16)
    again.mac = branch.mac
    again.arp(1, GATEWAY, '10.0.2.16')
    expect(again.arps().length).toBe(1)
    again.sendUdp(WORLD, 4001, 123, pattern(8))
  } else {
    branch.frames.length = 0
    expect(bind(branch)).toBe('ACK 10.0.2.16 to 10.0.2.16 (one)')
    branch.send(udp({ source: '10.0.2.16', target: WORLD }, 4000, 123, pattern(8)))
  }
  expect(network.host.datagrams.length).toBe(1)
  expect(network.guest(15).port.address()).toBe(ip('10.0.2.15'))
})

it('goes on as an original that is off until it asks, and has its own address when that starts', () => {
  const { network, original, branch } = beside()
  original.port.detach()
  branch.send(udp({ source: '10.0.2.15', target: WORLD }, 4000, 123, pattern(8)))
  expect(network.host.datagrams.length).toBe(1)
  expect(ask(branch, 'REQUEST', { ciaddr: '10.0.2.15' })).toMatch(/^NAK /)
  expect(bind(branch)).toBe('ACK 10.0.2.16 to 10.0.2.16 (one)')
  const again = network.guest(15)
  expect(bind(again)).toMatch(/^ACK 10\.0\.2\.15 /)
  branch.send(udp({ source: '10.0.2.16', target: WORLD }, 4000, 123, pattern(8)))
  again.sendUdp(WORLD, 4001, 123, pattern(8))
  expect(network.host.datagrams.length).toBe(3)
})

it.each(['10.0.2.15', '10.0.2.40'])('of an original that is off leaves %s to the branch that has it already', (address) => {
  const { network, original, branch } = beside()
  const second = network.guest(17)
  second.mac = original.mac
  original.port.detach()
  for (const each of [branch, second]) each.arp(1, GATEWAY, address)
  expect([branch.arps().filter((seen) => seen.startsWith('is-at')).length, second.arps()]).toEqual([1, expect.any(Array)])
  second.send(udp({ source: address, target: WORLD }, 4000, 123, pattern(8)))
  expect(network.host.datagrams).toEqual([])
  for (const each of [branch, second]) each.frames.length = 0
  network.net.gateway.sendUdp(network.net.gateway.address, 1, ip(address), 2, pattern(3))
  expect([branch.packets().length, second.packets().length]).toEqual([1, 0])
  expect(bind(second)).toBe('ACK 10.0.2.16 to 10.0.2.16 (one)')
  second.send(udp({ source: '10.0.2.16', target: WORLD }, 4000, 123, pattern(8)))
  expect(network.host.datagrams.length).toBe(1)
})

it('is not what a station behind an interface is, which keeps its lease', () => {
  const network = new TestNetwork()
  const bridge = network.guest(16)
  bridge.mac = 0x0016_3e00_0099
  const [first, then] = [bind(bridge), bind(bridge)]
  expect(first).toMatch(/^ACK /)
  expect(then).toBe(first)
  expect(network.net.leases.addressOf(bridge.mac)).toBeDefined()
})

it('that has read its own address is let alone', () => {
  const { branch, own } = beside()
  bind(branch)
  branch.mac = own
  expect(ask(branch, 'REQUEST', { ciaddr: '10.0.2.16' })).toBe('ACK 10.0.2.16 to 10.0.2.16 (one)')
})

it('is survived with any frame cut off or with a byte changed', () => {
  const { network, branch } = beside()
  const dhcp = udp({ source: '0.0.0.0', target: '255.255.255.255' }, 68, 67, message(branch, 'DISCOVER', {}))
  for (let length = 0; length < 60; length++) branch.send(dhcp.subarray(0, length), 0xffff_ffff_ffff)
  for (let at = 0; at < 60; at++) {
    const changed = dhcp.slice()
    set16(changed, at, 0xff00 | at)
    branch.send(changed, 0xffff_ffff_ffff)
  }
  expect(network.net.gateway.drops.total).toBeGreaterThan(50)
})
