// A guest's packets and what the gateway makes of them: ARP, echo, fragments, UDP and TCP to the host, forwards, limits,
// isolated networks, and garbage. The host is a fake; node-host.test.ts and linux/ have the real one.
import { describe, expect, it } from 'vitest'
import { OPENING_PER_GUEST } from '../../../src-engine/net/nat/tcp-nat'
import { FLOWS_PER_GUEST, UDP_IDLE_MS } from '../../../src-engine/net/nat/udp-flows'
import { checkNetwork } from '../../../src-engine/net/network'
import { checksum } from '../../../src-engine/net/switch/checksum'
import { get16, get32, set16 } from '../../../src-engine/net/switch/frame'
import { DEFAULT_NETWORK } from '../../../src-engine/public/protocol/device'
import { ethernet, ipv4, mac, pattern, udp } from '../../support/frames'
import { GATEWAY, type Guest, type Seen, TestNetwork } from '../../support/network-guest'

const WORLD = '198.51.100.7'

function icmp(type: number, data: Uint8Array): Uint8Array {
  const message = new Uint8Array(8 + data.length)
  message[0] = type
  set16(message, 4, 0x1234)
  set16(message, 6, 7)
  message.set(data, 8)
  set16(message, 2, checksum(message, 0, message.length))
  return message
}

const kind = ({ source, protocol, body }: Seen): string =>
  protocol === 1 ? `${source} icmp ${body[0]}/${body[1]}` : `${source} protocol ${protocol}`

const flags = ({ body }: Seen): string => ['F', 'S', 'R', 'P', 'A'].filter((_, bit) => ((body[13] ?? 0) >> bit) & 1).join('')

/** Lets promises of the fake host settle. */
const settle = (): Promise<void> => new Promise((resolve) => setImmediate(resolve))

describe('ARP', () => {
  it('answers for the gateway, a probe too, and for nobody else', () => {
    const guest = new TestNetwork().guest()
    guest.arp(1, GATEWAY)
    guest.arp(1, GATEWAY, '0.0.0.0')
    guest.arp(1, '10.0.2.77')
    const own = `is-at 10.0.2.1 ${guest.gatewayMac.toString(16)}`
    expect(guest.arps()).toEqual([`${own} for 10.0.2.15`, `${own} for 0.0.0.0`])
  })

  it('contradicts who claims the gateway’s address, and does not learn an address leased to another', () => {
    const network = new TestNetwork({ hosts: [{ mac: '00:16:3e:00:00:10', address: '10.0.2.16' }] })
    const guest = network.guest()
    guest.arp(2, '10.0.2.99', GATEWAY)
    expect(guest.arps()).toEqual([`is-at 10.0.2.1 ${guest.gatewayMac.toString(16)} for 10.0.2.1`])
    guest.arp(1, GATEWAY, '10.0.2.16')
    expect(guest.arps()).toEqual([])
    expect(network.net.gateway.drops.of('arp')).toBe(2)
  })

  it('asks for a guest that is not known, at most once a second, and gives up', () => {
    const network = new TestNetwork()
    const guest = network.guest()
    network.net.gateway.sendUdp(network.net.gateway.address, 1, 0x0a00020f, 2, pattern(3))
    expect(guest.arps().length).toBe(1)
    network.clock.advance(1000)
    expect(guest.arps().length).toBe(1)
    guest.arp(2, GATEWAY)
    expect(guest.packets().map(kind)).toEqual(['10.0.2.1 protocol 17'])
    network.net.gateway.sendUdp(network.net.gateway.address, 1, 0x0a000263, 2, pattern(3))
    network.clock.advance(60_000)
    expect(guest.arps().length).toBe(3)
    expect(network.net.gateway.drops.of('unresolved')).toBe(1)
    expect(network.clock.pending).toBe(0)
  })
})

describe('echo', () => {
  it('to the gateway is answered with the same data, from fragments too', () => {
    const guest = new TestNetwork().guest()
    guest.sendTo(GATEWAY, 1, icmp(8, pattern(56)))
    const [reply] = guest.packets()
    expect(reply && kind(reply)).toBe('10.0.2.1 icmp 0/0')
    expect(reply?.body.subarray(8)).toEqual(pattern(56))
    expect(reply && checksum(reply.body, 0, reply.body.length)).toBe(0)
    const large = icmp(8, pattern(5000))
    for (const offset of [2960, 1480, 4440, 0]) {
      guest.sendTo(GATEWAY, 1, large.subarray(offset, offset + 1480), { id: 9, offset, more: offset < 4440 })
    }
    const pieces = guest.packets()
    expect(pieces.map(({ body }) => body.length)).toEqual([1480, 1480, 1480, 568])
    expect(pieces.map(({ frame }) => get16(frame.bytes, 20) & 0x3fff)).toEqual([0x2000, 0x20b9, 0x2172, 0x022b])
  })

  it('to the world goes through `ping`: the reply, or host unreachable; a few at a time', async () => {
    const network = new TestNetwork()
    const guest = network.guest()
    network.host.reachable.add(WORLD)
    guest.sendTo(WORLD, 1, icmp(8, pattern(56)))
    guest.sendTo('198.51.100.8', 1, icmp(8, pattern(56)))
    await settle()
    expect(guest.packets().map(kind)).toEqual([`${WORLD} icmp 0/0`, '10.0.2.1 icmp 3/1'])
    for (let i = 0; i < 10; i++) guest.sendTo(WORLD, 1, icmp(8, pattern(56)))
    await settle()
    expect(guest.packets().length).toBe(4)
    expect(network.net.gateway.drops.of('limit')).toBe(6)
  })

  it('with TTL 1 shows the gateway as the first hop', () => {
    const guest = new TestNetwork().guest()
    guest.sendTo(WORLD, 1, icmp(8, pattern(8)), { ttl: 1 })
    expect(guest.packets().map(kind)).toEqual(['10.0.2.1 icmp 11/0'])
  })
})

describe('packets that are dropped', () => {
  const good = (): Uint8Array => udp({ source: '10.0.2.15', target: WORLD }, 1, 2, pattern(8))
  const changed = (at: number, value: number, sum = true): Uint8Array => {
    const packet = good()
    packet[at] = value
    if (sum) {
      set16(packet, 10, 0)
      set16(packet, 10, checksum(packet, 0, 20))
    }
    return packet
  }
  it.each([
    ['cut off', good().subarray(0, 19), 'header'],
    ['version 5', changed(0, 0x55), 'version'],
    ['a header of 16 bytes', changed(0, 0x44), 'header'],
    ['a header beyond the packet', changed(0, 0x4f), 'header'],
    ['a length beyond the frame', changed(3, 200), 'length'],
    ['a length shorter than the header', changed(3, 19), 'length'],
    ['a wrong header checksum', changed(8, 3, false), 'checksum'],
    ['a wrong UDP checksum', changed(26, 0xff), 'transport'],
    ['a UDP length beyond the packet', changed(25, 200), 'transport'],
    [
      'a source route',
      ipv4({ source: '10.0.2.15', target: WORLD, protocol: 17, options: Uint8Array.of(131, 4, 4, 0) }, pattern(8)),
      'options',
    ],
    [
      'an option of length 0',
      ipv4({ source: '10.0.2.15', target: WORLD, protocol: 17, options: Uint8Array.of(7, 0, 0, 0) }, pattern(8)),
      'options',
    ],
    [
      'an option beyond the header',
      ipv4({ source: '10.0.2.15', target: WORLD, protocol: 17, options: Uint8Array.of(1, 1, 7, 9) }, pattern(8)),
      'options',
    ],
    ['a source of another network', udp({ source: '192.0.2.1', target: WORLD }, 1, 2, pattern(8)), 'source'],
    ['the gateway as its source', udp({ source: GATEWAY, target: WORLD }, 1, 2, pattern(8)), 'source'],
    ['the broadcast address as its source', udp({ source: '10.0.2.255', target: WORLD }, 1, 2, pattern(8)), 'source'],
    ['a loopback target', udp({ source: '10.0.2.15', target: '127.0.0.1' }, 1, 2, pattern(8)), 'target'],
    ['a link-local target', udp({ source: '10.0.2.15', target: '169.254.169.254' }, 1, 2, pattern(8)), 'target'],
    ['a target of its own network', udp({ source: '10.0.2.15', target: '10.0.2.20' }, 1, 2, pattern(8)), 'target'],
    ['a protocol nobody serves', ipv4({ source: '10.0.2.15', target: WORLD, protocol: 47 }, pattern(8)), 'protocol'],
    ['TCP cut off', ipv4({ source: '10.0.2.15', target: WORLD, protocol: 6 }, pattern(19)), 'transport'],
    ['ICMP cut off', ipv4({ source: '10.0.2.15', target: WORLD, protocol: 1 }, pattern(7)), 'transport'],
  ] as const)('%s', (_what, packet, reason) => {
    const network = new TestNetwork()
    const guest = network.guest()
    guest.send(packet)
    expect(network.net.gateway.drops.toJSON()).toEqual({ [reason]: 1 })
    expect(network.host.datagrams).toEqual([])
  })

  it('options that are well formed are skipped', () => {
    const network = new TestNetwork()
    network
      .guest()
      .send(udp({ source: '10.0.2.15', target: WORLD, options: Uint8Array.of(1, 148, 4, 0, 0, 0, 0, 0) }, 1, 2, pattern(8)))
    expect(network.host.datagrams.map(({ target }) => target)).toEqual([{ address: WORLD, port: 2 }])
  })

  it('multicast and broadcast go no further and get no answer', () => {
    const network = new TestNetwork()
    const guest = network.guest()
    for (const target of ['224.0.0.251', '255.255.255.255', '10.0.2.255']) {
      guest.sendUdp(target, 5353, 5353, pattern(8))
      guest.sendTo(target, 1, icmp(8, pattern(8)))
    }
    expect(guest.packets()).toEqual([])
    expect(network.host.datagrams).toEqual([])
  })

  it('every frame cut off or with a byte changed is survived', () => {
    const network = new TestNetwork()
    const guest = network.guest()
    const frame = ethernet(guest.gatewayMac, guest.mac, 0x0800, good())
    for (let length = 0; length < frame.length; length++) {
      guest.port.send({ bytes: frame.subarray(0, length), checksum: 'complete', gsoSize: 0 })
    }
    for (let at = 12; at < frame.length; at++) {
      for (const value of [0, 1, 0x7f, 0x80, 0xff]) {
        const bytes = frame.slice()
        bytes[at] = value
        for (const checksumState of ['complete', 'validated', 'blank'] as const) {
          guest.port.send({ bytes, checksum: checksumState, gsoSize: value })
        }
      }
    }
    expect(network.net.gateway.drops.total).toBeGreaterThan(50)
  })
})

describe('fragments', () => {
  const rows = [
    [
      'that overlap',
      [
        [0, 16, true],
        [8, 16, true],
      ],
      1,
    ],
    [
      'twice the same',
      [
        [0, 16, true],
        [0, 16, true],
        [16, 16, false],
      ],
      0,
    ],
    ['of a length not a multiple of 8', [[0, 15, true]], 1],
    [
      'that end twice',
      [
        [16, 8, false],
        [24, 8, false],
      ],
      1,
    ],
    [
      'beyond the end',
      [
        [16, 8, false],
        [24, 8, true],
      ],
      1,
    ],
    ['beyond 65535 bytes', [[65528, 100, false]], 1],
    ['without data', [[8, 0, true]], 1],
  ] as const
  it.each(rows)('%s', (_what, pieces, dropped) => {
    const network = new TestNetwork()
    const guest = network.guest()
    const message = udp({ source: '10.0.2.15', target: WORLD }, 1, 2, pattern(24)).subarray(20)
    for (const [offset, length, more] of pieces) {
      const body = new Uint8Array(length)
      body.set(message.subarray(offset, offset + length))
      guest.sendTo(WORLD, 17, body, { id: 5, offset, more })
    }
    expect(network.net.gateway.drops.of('fragment')).toBe(dropped)
    expect(network.host.datagrams.length).toBe(dropped ? 0 : 1)
    if (!dropped) expect(network.host.datagrams[0]?.sent).toEqual([pattern(24)])
  })

  it('put together are quoted in an error as the one packet they were, header and all', () => {
    const guest = new TestNetwork({ hostLoopback: false }).guest()
    const datagram = udp({ source: guest.address, target: GATEWAY }, 4000, 7777, pattern(3000)).subarray(20)
    for (const offset of [2960, 0, 1480]) {
      guest.sendTo(GATEWAY, 17, datagram.subarray(offset, offset + 1480), { id: 5, offset, more: offset < 2960 })
    }
    const [told] = guest.packets()
    expect(told && kind(told)).toBe('10.0.2.1 icmp 3/3')
    const quoted = told?.body.subarray(8) ?? new Uint8Array(0)
    // Version and header length, total length, id, no fragment, the checksum; then the datagram.
    expect([quoted[0], get16(quoted, 2), get16(quoted, 4), get16(quoted, 6)]).toEqual([0x45, 20 + 3008, 5, 0])
    expect(checksum(quoted, 0, 20)).toBe(0)
    expect(quoted.subarray(20, 28)).toEqual(datagram.subarray(0, 8))
  })

  it('never finished are forgotten after a minute, and only so many wait', () => {
    const network = new TestNetwork()
    const guest = network.guest()
    for (let id = 0; id < 100; id++) guest.sendTo(WORLD, 17, pattern(16), { id, more: true })
    expect(network.net.gateway.drops.of('fragment')).toBe(84)
    network.clock.advance(60_000)
    guest.sendTo(WORLD, 17, pattern(16), { id: 500, more: true })
    expect(network.net.gateway.drops.of('fragment')).toBe(100)
  })
})

describe('UDP', () => {
  it('goes through a socket for each pair of ends, and answers come back from where it went', () => {
    const network = new TestNetwork()
    const guest = network.guest()
    guest.sendUdp(WORLD, 4000, 123, pattern(8))
    guest.sendUdp(WORLD, 4000, 123, pattern(9))
    guest.sendUdp(WORLD, 4001, 123, pattern(10))
    expect(network.host.datagrams.map(({ sent }) => sent.length)).toEqual([2, 1])
    network.host.datagrams[0]?.events.received(pattern(2000))
    const pieces = guest.packets()
    expect(pieces.map(({ source, body }) => [source, body.length])).toEqual([
      [WORLD, 1480],
      [WORLD, 528],
    ])
    network.clock.advance(UDP_IDLE_MS + 20_000)
    expect(network.host.datagrams.every(({ closed }) => closed)).toBe(true)
    expect(network.clock.pending).toBe(0)
  })

  it('to the gateway reaches the host’s loopback, unless that is off; refused is told', () => {
    const network = new TestNetwork()
    const guest = network.guest()
    guest.sendUdp(GATEWAY, 4000, 7777, pattern(8))
    expect(network.host.datagrams[0]?.target).toEqual({ address: '127.0.0.1', port: 7777 })
    network.host.datagrams[0]?.events.failed('ECONNREFUSED')
    const [told] = guest.packets()
    expect(told && kind(told)).toBe('10.0.2.1 icmp 3/3')
    // It quotes the header and 8 bytes.
    expect(told && get16(told.body, 8 + 20 + 2)).toBe(7777)
    const closed = new TestNetwork({ hostLoopback: false })
    const other = closed.guest()
    other.sendUdp(GATEWAY, 4000, 7777, pattern(8))
    expect(closed.host.datagrams).toEqual([])
    expect(other.packets().map(kind)).toEqual(['10.0.2.1 icmp 3/3'])
  })

  it.each([
    ['ENETUNREACH', ['10.0.2.1 icmp 3/0']],
    ['EHOSTUNREACH', ['10.0.2.1 icmp 3/1']],
    ['EACCES', ['10.0.2.1 icmp 3/13']],
    ['EOTHER', []],
  ] as const)('that the host cannot send is told, as %s', (error, told) => {
    const network = new TestNetwork()
    const guest = network.guest()
    guest.sendUdp(WORLD, 4000, 123, pattern(8))
    network.host.datagrams[0]?.events.failed(error)
    expect(guest.packets().map(kind)).toEqual(told)
    expect(network.net.gateway.drops.of('target')).toBe(1)
  })

  it('has a limit of flows, where the one unused for longest makes room', () => {
    const network = new TestNetwork()
    const guest = network.guest()
    for (let i = 0; i < FLOWS_PER_GUEST; i++) guest.sendUdp(WORLD, 2000 + i, 123, pattern(8))
    guest.sendUdp(WORLD, 2000, 123, pattern(8))
    guest.sendUdp(WORLD, 9000, 123, pattern(8))
    expect(network.host.datagrams.map(({ closed }) => closed).indexOf(true)).toBe(1)
    expect(network.host.datagrams.filter(({ closed }) => closed).length).toBe(1)
  })
})

describe('TCP', () => {
  const SYN = { from: 4000, to: 80, sequence: 1000, flags: 2, options: Uint8Array.of(2, 4, 5, 180, 1, 3, 3, 7) }

  function connected(target = WORLD): { network: TestNetwork; guest: Guest } {
    const network = new TestNetwork()
    const guest = network.guest()
    guest.sendTcp(target, SYN)
    network.host.streams[0]?.events?.connected()
    const [answer] = guest.packets()
    guest.sendTcp(target, {
      from: 4000,
      to: 80,
      sequence: 1001,
      acknowledgement: answer ? get32(answer.body, 4) + 1 : 0,
      flags: 16,
    })
    return { network, guest }
  }

  it('the host connects first, then the guest’s SYN is answered', () => {
    const network = new TestNetwork()
    const guest = network.guest()
    guest.sendTcp(WORLD, SYN)
    expect(network.host.streams[0]?.target).toEqual({ address: WORLD, port: 80 })
    expect(guest.packets()).toEqual([])
    network.host.streams[0]?.events?.connected()
    const [answer] = guest.packets()
    expect(answer && [answer.source, flags(answer), answer.frame.checksum]).toEqual([WORLD, 'SA', 'blank'])
  })

  it.each([
    ['ECONNREFUSED', 'RA'],
    ['ECONNRESET', 'RA'],
    ['EHOSTUNREACH', '3/1'],
    ['ENETUNREACH', '3/0'],
    ['EACCES', '3/13'],
  ] as const)('%s is told as %s', (error, told) => {
    const network = new TestNetwork()
    const guest = network.guest()
    guest.sendTcp(WORLD, SYN)
    network.host.streams[0]?.events?.closed(error)
    const [answer] = guest.packets()
    expect(answer && (answer.protocol === 1 ? `${answer.body[0]}/${answer.body[1]}` : flags(answer))).toBe(told)
    expect(network.clock.pending).toBe(0)
  })

  it('data, half closes and the end pass in both directions', () => {
    const { network, guest } = connected()
    const [stream] = network.host.streams
    stream?.events?.received(pattern(5000))
    const [data] = guest.packets()
    expect(data?.frame.gsoSize).toBe(1460)
    const next = data ? get32(data.body, 4) + 5000 : 0
    guest.sendTcp(WORLD, { from: 4000, to: 80, sequence: 1001, acknowledgement: next, flags: 16 }, pattern(10))
    expect(stream?.written).toEqual([...pattern(10)])
    guest.sendTcp(WORLD, { from: 4000, to: 80, sequence: 1011, acknowledgement: next, flags: 17 })
    expect(stream?.log).toEqual(['finish'])
    stream?.events?.finished()
    expect(guest.packets().map(flags).at(-1)).toBe('FA')
    guest.sendTcp(WORLD, { from: 4000, to: 80, sequence: 1012, acknowledgement: next + 1, flags: 16 })
    stream?.events?.closed(undefined)
    expect(stream?.log).toEqual(['finish'])
    expect(network.clock.pending).toBe(0)
  })

  it('a reset of either side resets the other', () => {
    const one = connected()
    one.network.host.streams[0]?.events?.closed('ECONNRESET')
    expect(one.guest.packets().map(flags)).toEqual(['RA'])
    const two = connected()
    two.guest.sendTcp(WORLD, { from: 4000, to: 80, sequence: 1001, flags: 4 })
    expect(two.network.host.streams[0]?.log).toEqual(['reset'])
  })

  it('a slow socket closes the guest’s window; a slow guest pauses the socket', () => {
    const { network, guest } = connected()
    const [stream] = network.host.streams
    if (!stream) throw new Error('no stream')
    stream.events?.received(pattern(1))
    const [first] = guest.packets()
    const ack = first ? get32(first.body, 4) + 1 : 0
    stream.taking = false
    let sequence = 1001
    let window = Number.POSITIVE_INFINITY
    for (let i = 0; i < 2000 && window > 1400; i++) {
      guest.sendTcp(WORLD, { from: 4000, to: 80, sequence, acknowledgement: ack, flags: 16 }, pattern(1400))
      sequence += 1400
      network.clock.advance(50)
      for (const { body } of guest.packets()) window = get16(body, 14) * 64
    }
    expect(stream.written.length).toBeGreaterThan(1_000_000)
    expect(stream.written.length).toBeLessThanOrEqual(1024 * 1024)
    for (const done of stream.waiting) done()
    expect(
      guest
        .packets()
        .map(({ body }) => get16(body, 14) * 64)
        .at(-1),
    ).toBeGreaterThan(500_000)
    stream.events?.received(new Uint8Array(2_000_000))
    expect(stream.log).toEqual(['pause'])
  })

  it('what belongs to no connection gets RST, but RST gets nothing', () => {
    const guest = new TestNetwork().guest()
    guest.sendTcp(WORLD, { from: 1, to: 2, sequence: 5, acknowledgement: 77, flags: 16 })
    guest.sendTcp(WORLD, { from: 1, to: 2, sequence: 5, flags: 1 }, pattern(3))
    guest.sendTcp(WORLD, { from: 1, to: 2, sequence: 5, flags: 4 })
    const answers = guest.packets()
    expect(answers.map(flags)).toEqual(['R', 'RA'])
    expect(answers.map(({ body }) => [get32(body, 4), get32(body, 8)])).toEqual([
      [77, 0],
      [0, 9],
    ])
  })

  it('opens only so many at a time, and forgets a guest that is detached', () => {
    const network = new TestNetwork()
    const guest = network.guest()
    for (let i = 0; i < 100; i++) guest.sendTcp(WORLD, { ...SYN, from: 5000 + i })
    expect(network.host.streams.length).toBe(OPENING_PER_GUEST)
    guest.port.detach()
    expect(network.host.streams.every(({ log }) => log[0] === 'reset')).toBe(true)
    expect(network.clock.pending).toBe(0)
  })

  it('has smaller buffers the more connections a guest has', () => {
    const network = new TestNetwork()
    const guest = network.guest()
    const windows: number[] = []
    for (let i = 0; i < 400; i++) {
      guest.sendTcp(WORLD, { ...SYN, from: 5000 + i })
      network.host.streams[i]?.events?.connected()
      const [answer] = guest.packets()
      const ack = answer ? get32(answer.body, 4) + 1 : 0
      const end = { from: 5000 + i, to: 80, acknowledgement: ack, flags: 24 }
      guest.sendTcp(WORLD, { ...end, sequence: 1001 }, pattern(1))
      network.clock.advance(50)
      const told = guest.packets().at(-1)
      windows.push(told ? get16(told.body, 14) * 64 : 0)
    }
    expect(windows[0]).toBeGreaterThan(1_000_000)
    expect(windows[100]).toBeLessThanOrEqual(256 * 1024)
    expect(windows[399]).toBeLessThanOrEqual(64 * 1024)
  })

  it('to the gateway reaches the host’s loopback, unless that is off', () => {
    const { network } = connected(GATEWAY)
    expect(network.host.streams[0]?.target.address).toBe('127.0.0.1')
    const closed = new TestNetwork({ hostLoopback: false })
    const guest = closed.guest()
    guest.sendTcp(GATEWAY, SYN)
    expect(guest.packets().map(flags)).toEqual(['RA'])
  })
})

describe('a port forward', () => {
  const forwards = [
    { protocol: 'tcp' as const, hostPort: 8080, guestPort: 80 },
    { protocol: 'udp' as const, hostPort: 5300, guestPort: 53, hostAddress: '192.0.2.1' },
  ]

  it('listens on loopback unless it says otherwise, until the interface goes', () => {
    const network = new TestNetwork()
    const guest = network.guest(15, { forwards })
    expect([network.host.listeners[0]?.at, network.host.bound[0]?.at]).toEqual([
      { address: '127.0.0.1', port: 8080 },
      { address: '192.0.2.1', port: 5300 },
    ])
    guest.port.detach()
    expect([network.host.listeners[0]?.closed, network.host.bound[0]?.closed]).toEqual([true, true])
  })

  it('opens a connection to the guest from the gateway; refused by the guest it is reset', async () => {
    const { FakeStream } = await import('../../support/fake-host')
    const network = new TestNetwork()
    const guest = network.guest(15, { forwards })
    const early = new FakeStream({ address: '', port: 0 })
    network.host.listeners[0]?.accept(early, { address: '127.0.0.1', port: 3333 })
    expect(early.log).toEqual(['pause', 'reset'])
    guest.arp(1, GATEWAY)
    const stream = new FakeStream({ address: '', port: 0 })
    network.host.listeners[0]?.accept(stream, { address: '127.0.0.1', port: 3334 })
    const [syn] = guest.packets()
    expect(syn && [syn.source, get16(syn.body, 0), get16(syn.body, 2), flags(syn)]).toEqual([GATEWAY, 3334, 80, 'S'])
    guest.sendTcp(GATEWAY, { from: 80, to: 3334, sequence: 9, acknowledgement: syn ? get32(syn.body, 4) + 1 : 0, flags: 18 })
    expect(stream.log).toEqual(['pause', 'resume'])
    const refused = new FakeStream({ address: '', port: 0 })
    network.host.listeners[0]?.accept(refused, { address: '203.0.113.9', port: 3335 })
    const other = guest.packets().at(-1)
    expect(other?.source).toBe('203.0.113.9')
    guest.sendTcp('203.0.113.9', { from: 80, to: 3335, acknowledgement: other ? get32(other.body, 4) + 1 : 0, flags: 20 })
    expect(refused.log).toEqual(['pause', 'reset'])
  })

  it('of UDP brings answers back to who asked', () => {
    const network = new TestNetwork()
    const guest = network.guest(15, { forwards })
    guest.arp(1, GATEWAY)
    network.host.bound[0]?.receive(pattern(5), { address: '203.0.113.9', port: 1234 })
    const [asked] = guest.packets()
    expect(asked && [asked.source, get16(asked.body, 0), get16(asked.body, 2)]).toEqual(['203.0.113.9', 1234, 53])
    guest.sendUdp('203.0.113.9', 53, 1234, pattern(6))
    expect(network.host.bound[0]?.sent).toEqual([{ bytes: pattern(6), to: { address: '203.0.113.9', port: 1234 } }])
  })
})

describe('an isolated network', () => {
  it('has a gateway that answers echo and DHCP, and no way out', () => {
    const network = new TestNetwork({ kind: 'isolated' })
    const guest = network.guest(15, { forwards: [{ protocol: 'tcp', hostPort: 8080, guestPort: 80 }] })
    guest.sendTo(GATEWAY, 1, icmp(8, pattern(8)))
    expect(guest.packets().map(kind)).toEqual(['10.0.2.1 icmp 0/0'])
    guest.sendTcp(WORLD, { from: 1, to: 2, flags: 2 })
    guest.sendUdp(WORLD, 1, 2, pattern(3))
    guest.sendUdp(GATEWAY, 1, 53, pattern(3))
    guest.sendTcp(GATEWAY, { from: 1, to: 53, flags: 2 })
    expect(guest.packets().map(kind)).toEqual([
      '10.0.2.1 icmp 3/1',
      '10.0.2.1 icmp 3/1',
      '10.0.2.1 icmp 3/3',
      '10.0.2.1 icmp 3/2',
    ])
    expect([network.host.streams, network.host.datagrams, network.host.listeners]).toEqual([[], [], []])
    expect(network.log).toEqual(['port forward tcp 8080 of guest 15 leads nowhere: the network is isolated'])
  })
})

describe('definitions', () => {
  it.each([
    [{}, undefined],
    [{ address: '10.0.2.300' }, '10.0.2.300 is not an IPv4 address'],
    [{ address: '10.0.2.0' }, '10.0.2.0 cannot be the gateway of a network of that size'],
    [{ address: '10.0.2.255' }, '10.0.2.255 cannot be the gateway of a network of that size'],
    [{ dhcp: { first: '10.0.2.20', last: '10.0.2.10' } }, '10.0.2.20 to 10.0.2.10 is not a range of the network'],
    [{ dhcp: { first: '10.0.3.1', last: '10.0.3.9' } }, '10.0.3.1 to 10.0.3.9 is not a range of the network'],
    [{ hosts: [{ mac: '00:16:3e:00:00:01', address: '10.0.2.1' }] }, '10.0.2.1 is not an address for a guest of the network'],
  ])('%j', (changes, wrong) => {
    expect(checkNetwork({ ...DEFAULT_NETWORK, ...changes })).toBe(wrong)
  })

  it('a second interface with the same MAC is refused in a sentence', () => {
    const network = new TestNetwork()
    network.guest(15)
    expect(mac('00:16:3e:00:00:0f')).toBe(0x00163e00000f)
    expect(() => network.guest(15)).toThrow('the MAC address 00:16:3e:00:00:0f is in use by guest 15')
  })
})
