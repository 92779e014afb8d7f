// DHCP by the rules of RFC 2131 section 4.3, message by message, through a whole network: which address, which answer, whereto.
import { describe, expect, it } from 'vitest'
import { fromLatin1 } from '../../../../src-engine/lib/bytes'
import type { Lease, LeaseKeeper } from '../../../../src-engine/net/dhcp/leases'
import { LEASE_SECONDS, LEASES_MOST } from '../../../../src-engine/net/dhcp/leases'
import { parseDhcp } from '../../../../src-engine/net/dhcp/message'
import { ipText, MAC_BROADCAST } from '../../../../src-engine/net/switch/address'
import { ask, bind, message, options } from '../../../support/dhcp-client'
import { ip, pattern, udp } from '../../../support/frames'
import { GATEWAY, TestNetwork } from '../../../support/network-guest'

describe('a client without an address', () => {
  it('is offered the first free one, takes it, and is offered it again', () => {
    const network = new TestNetwork()
    const guest = network.guest()
    expect(ask(guest, 'DISCOVER')).toBe('OFFER 10.0.2.15 to 10.0.2.15 (one)')
    expect(ask(guest, 'REQUEST', { requested: '10.0.2.15', server: GATEWAY })).toBe('ACK 10.0.2.15 to 10.0.2.15 (one)')
    expect(ask(guest, 'DISCOVER')).toBe('OFFER 10.0.2.15 to 10.0.2.15 (one)')
    expect(guest.port.address()).toBe(ip('10.0.2.15'))
    expect(bind(network.guest(16))).toBe('ACK 10.0.2.16 to 10.0.2.16 (one)')
  })

  it('gets mask, router, name server, domain and times (RFC 2132)', () => {
    const guest = new TestNetwork().guest()
    guest.send(
      udp({ source: '0.0.0.0', target: '255.255.255.255' }, 68, 67, message(guest, 'DISCOVER', { more: [61, 2, 9, 9] })),
      MAC_BROADCAST,
    )
    const found = options(guest.packets()[0]?.body.subarray(8) ?? pattern(0))
    expect(Object.fromEntries(found)).toEqual({
      1: [255, 255, 255, 0],
      3: [10, 0, 2, 1],
      6: [10, 0, 2, 1],
      15: [...fromLatin1('default.internal')],
      28: [10, 0, 2, 255],
      51: [0, 0, LEASE_SECONDS >> 8, LEASE_SECONDS & 255],
      53: [2],
      54: [10, 0, 2, 1],
      58: [0, 0, (LEASE_SECONDS / 2) >> 8, (LEASE_SECONDS / 2) & 255],
      59: [0, 0, (LEASE_SECONDS * 7) / 8 / 256, ((LEASE_SECONDS * 7) / 8) & 255].map(Math.floor),
      61: [9, 9],
    })
  })

  it('gets a long identifier back in as many parts as it needs (RFC 6842, RFC 3396)', () => {
    const guest = new TestNetwork().guest()
    const id = [...pattern(300)]
    const more = [61, 255, ...id.slice(0, 255), 61, 45, ...id.slice(255)]
    guest.send(
      udp({ source: '0.0.0.0', target: '255.255.255.255' }, 68, 67, message(guest, 'DISCOVER', { more })),
      MAC_BROADCAST,
    )
    const reply = guest.packets()[0]?.body.subarray(8) ?? pattern(0)
    // As a client reads it: what it sends is a request.
    const read = parseDhcp(Uint8Array.of(1, ...reply.subarray(1)))
    expect([...(read?.options.get(61) ?? [])]).toEqual(id)
    expect(read?.options.has(1)).toBe(true)
  })

  it('on an isolated network gets neither router nor name server', () => {
    const guest = new TestNetwork({ kind: 'isolated' }).guest()
    guest.send(udp({ source: '0.0.0.0', target: '255.255.255.255' }, 68, 67, message(guest, 'DISCOVER', {})), MAC_BROADCAST)
    const found = options(guest.packets()[0]?.body.subarray(8) ?? pattern(0))
    expect([found.has(3), found.has(6), found.has(1)]).toEqual([false, false, true])
  })

  it('is answered by broadcast when it asks so', () => {
    expect(ask(new TestNetwork().guest(), 'DISCOVER', { flags: 0x8000 })).toBe('OFFER 10.0.2.15 to 255.255.255.255 (all)')
  })

  it('gets the address it wishes for when that is free', () => {
    const network = new TestNetwork()
    bind(network.guest(15))
    expect(ask(network.guest(16), 'DISCOVER', { requested: '10.0.2.40' })).toBe('OFFER 10.0.2.40 to 10.0.2.40 (one)')
    expect(ask(network.guest(17), 'DISCOVER', { requested: '10.0.2.15' })).toBe('OFFER 10.0.2.16 to 10.0.2.16 (one)')
    expect(ask(network.guest(18), 'DISCOVER', { requested: '192.0.2.7' })).toBe('OFFER 10.0.2.17 to 10.0.2.17 (one)')
  })

  it('is not offered what somebody is seen to use without a lease', () => {
    const network = new TestNetwork()
    network.guest(15).arp(1, GATEWAY)
    expect(ask(network.guest(16), 'DISCOVER')).toBe('OFFER 10.0.2.16 to 10.0.2.16 (one)')
  })

  it('that goes with another server gives the offer back', () => {
    const network = new TestNetwork()
    const guest = network.guest(15)
    ask(guest, 'DISCOVER')
    expect(ask(guest, 'REQUEST', { requested: '192.0.2.7', server: '192.0.2.1' })).toBeUndefined()
    expect(ask(network.guest(16), 'DISCOVER')).toBe('OFFER 10.0.2.15 to 10.0.2.15 (one)')
  })

  it('gets nothing when all are taken; an expired one is given again, the owner before others', () => {
    const network = new TestNetwork({ dhcp: { first: '10.0.2.15', last: '10.0.2.16' } })
    const [a, b, c] = [network.guest(15), network.guest(16), network.guest(17)]
    bind(a)
    bind(b)
    expect(ask(c, 'DISCOVER')).toBeUndefined()
    network.clock.advance(LEASE_SECONDS * 1000 + 1)
    expect(ask(b, 'DISCOVER')).toBe('OFFER 10.0.2.16 to 10.0.2.16 (one)')
    expect(ask(c, 'DISCOVER')).toBe('OFFER 10.0.2.15 to 10.0.2.15 (one)')
  })
})

describe('a guest that wants all addresses', () => {
  const dhcp = { first: '10.0.2.20', last: '10.0.2.23' }
  const all = ['10.0.2.20', '10.0.2.21', '10.0.2.22', '10.0.2.23']

  it('by made-up MAC addresses has them until another interface asks', () => {
    const network = new TestNetwork({ dhcp })
    const [greedy, other] = [network.guest(15), network.guest(16)]
    const own = greedy.mac
    for (let i = 1; i <= 4; i++) {
      greedy.mac = own + 0x1_0000 * i
      expect(bind(greedy)).toMatch(/^ACK/)
    }
    greedy.mac = own + 0x5_0000
    expect(ask(greedy, 'DISCOVER')).toBeUndefined()
    expect(bind(other)).toBe('ACK 10.0.2.20 to 10.0.2.20 (one)')
    expect(network.net.leases.owner(ip('10.0.2.20'))).toBe(other.mac)
    greedy.mac = own + 0x1_0000
    expect(ask(greedy, 'REQUEST', { ciaddr: '10.0.2.20' })).toMatch(/^NAK/)
    expect(network.net.leases.owner(ip('10.0.2.20'))).toBe(other.mac)
  })

  it('by declining each keeps no other interface from them', () => {
    const network = new TestNetwork({ dhcp })
    const [greedy, other] = [network.guest(15), network.guest(16)]
    for (const address of all) {
      expect(bind(greedy)).toContain(address)
      ask(greedy, 'DECLINE', { requested: address, server: GATEWAY })
    }
    expect(bind(other)).toBe('ACK 10.0.2.20 to 10.0.2.20 (one)')
  })

  it('of a network of 65,000 has some thousands, and other interfaces still get one', () => {
    const network = new TestNetwork({ prefix: 16, dhcp: { first: '10.0.3.0', last: '10.0.255.254' } })
    const greedy = network.guest(15)
    const own = greedy.mac
    const requested = (i: number): string => `10.0.${3 + (i >> 8)}.${i & 255}`
    for (let i = 0; i < LEASES_MOST; i++) {
      greedy.mac = own + 0x1_0000 * (i + 1)
      expect(ask(greedy, 'REQUEST', { requested: requested(i), server: GATEWAY })).toMatch(/^ACK/)
    }
    greedy.mac = own + 0xffff_0000
    expect(ask(greedy, 'DISCOVER')).toBeUndefined()
    expect(ask(greedy, 'REQUEST', { requested: requested(LEASES_MOST), server: GATEWAY })).toMatch(/^NAK/)
    const other = network.guest(16)
    expect(bind(other)).toBe('ACK 10.0.3.0 to 10.0.3.0 (one)')
    expect(network.net.leases.all().length).toBe(LEASES_MOST)
    network.clock.advance(LEASE_SECONDS * 1000 + 1)
    expect(bind(greedy)).toBe('ACK 10.0.3.1 to 10.0.3.1 (one)')
    expect(network.net.leases.all().length).toBe(LEASES_MOST)
  })

  it('by being seen at each keeps no other interface from them', () => {
    const network = new TestNetwork({ dhcp })
    const [greedy, other] = [network.guest(15), network.guest(16)]
    for (const address of all) greedy.arp(1, GATEWAY, address)
    expect(bind(other)).toBe('ACK 10.0.2.20 to 10.0.2.20 (one)')
  })
})

describe('a fixed lease', () => {
  const hosts = [{ mac: '00:16:3e:00:00:0f', address: '10.0.2.5', name: 'web' }]

  it('is for its MAC alone, in or out of the range', () => {
    const network = new TestNetwork({ hosts })
    expect(bind(network.guest(15))).toBe('ACK 10.0.2.5 to 10.0.2.5 (one)')
    expect(ask(network.guest(16), 'REQUEST', { requested: '10.0.2.5', server: GATEWAY })).toBe(
      'NAK 0.0.0.0 to 255.255.255.255 (all)',
    )
    expect(ask(network.guest(15 + 2), 'DISCOVER', { requested: '10.0.2.5' })).toBe('OFFER 10.0.2.15 to 10.0.2.15 (one)')
  })

  it('another guest cannot use its address', () => {
    const network = new TestNetwork({ hosts })
    const guest = network.guest(16)
    guest.send(udp({ source: '10.0.2.5', target: '198.51.100.7' }, 1, 2, pattern(8)))
    expect(network.net.gateway.drops.of('source')).toBe(1)
  })
})

describe('a client with an address', () => {
  it.each([
    ['renews it (RENEWING)', { ciaddr: '10.0.2.15' }, 'ACK 10.0.2.15 to 10.0.2.15 (one)'],
    ['of another network is told no (REBINDING)', { ciaddr: '192.0.2.9' }, undefined],
    ['boots again with it (INIT-REBOOT)', { requested: '10.0.2.15' }, 'ACK 10.0.2.15 to 10.0.2.15 (one)'],
    ['boots again with another (INIT-REBOOT)', { requested: '10.0.2.99' }, 'NAK 0.0.0.0 to 255.255.255.255 (all)'],
    ['boots again in the wrong network (INIT-REBOOT)', { requested: '192.0.2.9' }, 'NAK 0.0.0.0 to 255.255.255.255 (all)'],
    ['asks without an address', {}, undefined],
  ] as const)('%s', (_what, fields, answer) => {
    const guest = new TestNetwork().guest()
    bind(guest)
    expect(ask(guest, 'REQUEST', fields)).toBe(answer)
  })

  it('of which nothing is known gets no answer when it boots (RFC 2131 section 4.3.2)', () => {
    expect(ask(new TestNetwork().guest(), 'REQUEST', { requested: '10.0.2.20' })).toBeUndefined()
  })

  it('keeps it for the time of the lease', () => {
    const network = new TestNetwork()
    const guest = network.guest()
    bind(guest)
    network.clock.advance((LEASE_SECONDS * 1000) / 2)
    ask(guest, 'REQUEST', { ciaddr: '10.0.2.15' })
    network.clock.advance(LEASE_SECONDS * 1000 - 1)
    expect(network.net.leases.addressOf(guest.mac)).toBe(ip('10.0.2.15'))
    network.clock.advance(1)
    expect(network.net.leases.addressOf(guest.mac)).toBeUndefined()
  })

  it('releases it; declines one that somebody uses', () => {
    const network = new TestNetwork()
    const [a, b] = [network.guest(15), network.guest(16)]
    bind(a)
    expect(ask(a, 'RELEASE', { ciaddr: '10.0.2.15', server: GATEWAY })).toBeUndefined()
    expect(network.net.leases.addressOf(a.mac)).toBeUndefined()
    bind(b)
    expect(network.net.leases.addressOf(b.mac)).toBe(ip('10.0.2.16'))
    ask(b, 'DECLINE', { requested: '10.0.2.16', server: GATEWAY })
    expect(ask(b, 'DISCOVER')).toBe('OFFER 10.0.2.17 to 10.0.2.17 (one)')
  })

  it('is informed without a lease (INFORM)', () => {
    const guest = new TestNetwork().guest()
    expect(ask(guest, 'INFORM', { ciaddr: '10.0.2.77' })).toBe('ACK 0.0.0.0 to 10.0.2.77 (one)')
  })
})

describe('messages that are none', () => {
  it.each([
    ['in another’s name', { mac: 0x00163e000099 }],
    ['of a relay', { giaddr: '10.0.2.9' }],
    ['with an option beyond the end', { more: [12, 200] }],
  ] as const)('%s are dropped', (_what, fields) => {
    const network = new TestNetwork()
    expect(ask(network.guest(), 'DISCOVER', fields)).toBeUndefined()
    expect(network.net.gateway.drops.of('dhcp')).toBe(1)
  })

  it('every cut and every changed byte is survived', () => {
    const network = new TestNetwork()
    const guest = network.guest()
    const good = message(guest, 'DISCOVER', { name: 'x', more: [52, 1, 3] })
    const send = (bytes: Uint8Array): void =>
      guest.send(udp({ source: '0.0.0.0', target: '255.255.255.255' }, 68, 67, bytes), MAC_BROADCAST)
    for (let length = 0; length < good.length; length++) send(good.slice(0, length))
    for (let at = 0; at < good.length; at++) {
      const bytes = good.slice()
      bytes[at] = 255 - (bytes[at] ?? 0)
      send(bytes)
    }
    expect(network.net.gateway.drops.of('dhcp')).toBeGreaterThan(200)
  })

  it('one longer than a frame is not read: an option in thousands of parts would be work without end', () => {
    const network = new TestNetwork()
    const guest = network.guest()
    const parts = Array.from({ length: 25_000 }, (_, i) => [
      61,
      i < 60 ? 255 : 0,
      ...new Array(i < 60 ? 255 : 0).fill(1),
    ]).flat()
    const long = message(guest, 'DISCOVER', { more: parts })
    expect(parseDhcp(long)).toBe(undefined)
    expect(parseDhcp(message(guest, 'DISCOVER', { more: parts.slice(0, 1028) }))?.options.get(61)).toHaveLength(1020)
  })
})

it('leases are kept by whoever keeps them, with names that are names', () => {
  let kept: readonly Lease[] = []
  const keeper: LeaseKeeper = {
    load: () => kept,
    save: (leases) => {
      kept = leases
    },
  }
  const first = new TestNetwork({}, { leases: keeper })
  bind(first.guest(15), 'Web-1.example.org')
  bind(first.guest(16), 'no name!')
  expect(kept.map(({ address, name }) => [ipText(address), name])).toEqual([
    ['10.0.2.15', 'web-1'],
    ['10.0.2.16', undefined],
  ])
  const again = new TestNetwork({}, { leases: keeper })
  expect(ask(again.guest(16), 'REQUEST', { requested: '10.0.2.16' })).toBe('ACK 10.0.2.16 to 10.0.2.16 (one)')
  expect(again.net.leases.names().get('web-1')).toBe(ip('10.0.2.15'))
})
