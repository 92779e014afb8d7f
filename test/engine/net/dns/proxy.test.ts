// The DNS proxy: names of guests, what is forwarded and how it comes back, servers that fail, limits, garbage (RFC 1035).
import { describe, expect, it } from 'vitest'
import { latin1 } from '../../../../src-engine/lib/bytes'
import { encodeName } from '../../../../src-engine/net/dns/message'
import { QUERIES_PER_GUEST, SERVER_TIMEOUT_MS } from '../../../../src-engine/net/dns/proxy'
import { get16, get32, set16 } from '../../../../src-engine/net/switch/frame'
import { GATEWAY, type Guest, TestNetwork } from '../../../support/network-guest'

const HOSTS = [{ mac: '00:16:3e:00:00:0f', address: '10.0.2.5', name: 'Web' }]
const A = 1
const SOA = 6
const PTR = 12
const MX = 15
const AAAA = 28
const ANY = 255

function query(name: string, type: number, id = 0x4321): Uint8Array {
  const encoded = encodeName(name)
  const bytes = new Uint8Array(12 + encoded.length + 4)
  set16(bytes, 0, id)
  bytes[2] = 1
  bytes[5] = 1
  bytes.set(encoded, 12)
  set16(bytes, bytes.length - 4, type)
  set16(bytes, bytes.length - 2, 1)
  return bytes
}

/** Code and records of a response, in words. */
function told(guest: Guest): string | undefined {
  const [answer] = guest.packets()
  if (!answer) return undefined
  const dns = answer.body.subarray(8)
  expect([answer.source, get16(answer.body, 0), get16(dns, 0)]).toEqual([GATEWAY, 53, 0x4321])
  const records: string[] = []
  let at = 12
  for (; dns[at] !== 0; at += 1 + (dns[at] ?? 0));
  at += 5
  for (let i = 0; i < get16(dns, 6); i++) {
    const length = get16(dns, at + 10)
    const data = dns.subarray(at + 12, at + 12 + length)
    records.push(get16(dns, at + 2) === PTR ? latin1(data).replace(/[^a-z0-9-]/g, '.') : data.join('.'))
    at += 12 + length
  }
  return [(dns[3] ?? 0) & 15, ...records].join(' ')
}

const settle = (): Promise<void> => new Promise((resolve) => setImmediate(resolve))

function network(): { test: TestNetwork; guest: Guest; ask(name: string, type: number): string | undefined } {
  const test = new TestNetwork({ hosts: HOSTS })
  const guest = test.guest(15, {})
  return {
    test,
    guest,
    ask: (name, type) => {
      guest.sendTo(GATEWAY, 17, new Uint8Array(0))
      guest.send(udpFrom(guest, query(name, type)))
      return told(guest)
    },
  }
}

function udpFrom(guest: Guest, data: Uint8Array): Uint8Array {
  const body = new Uint8Array(8 + data.length)
  set16(body, 0, 4000)
  set16(body, 2, 53)
  set16(body, 4, body.length)
  body.set(data, 8)
  const packet = new Uint8Array(20 + body.length)
  packet.set([0x45, 0, packet.length >> 8, packet.length & 255, 0, 1, 0, 0, 64, 17])
  packet.set([10, 0, 2, 5, 10, 0, 2, 1], 12)
  let sum = 0
  for (let at = 0; at < 20; at += 2) sum += get16(packet, at)
  set16(packet, 10, ~((sum & 0xffff) + (sum >>> 16)) & 0xffff)
  packet.set(body, 20)
  expect(guest.mac).toBe(0x00163e00000f)
  return packet
}

describe('names of the network', () => {
  it.each([
    ['web', A, '0 10.0.2.5'],
    ['WEB.default.internal', A, '0 10.0.2.5'],
    ['web', AAAA, '0'],
    ['web.default.internal', MX, '0'],
    ['gateway', A, '0 10.0.2.1'],
    ['nobody.default.internal', A, '3'],
    ['default.internal', A, '0'],
    ['Default.Internal', SOA, '0'],
    ['no.default.internal', SOA, '3'],
    ['5.2.0.10.in-addr.arpa', PTR, '0 .web.default.internal.'],
    ['9.2.0.10.in-addr.arpa', PTR, '3'],
  ] as const)('%s, type %i', (name, type, answer) => {
    const { ask, test } = network()
    expect(ask(name, type)).toBe(answer)
    expect(test.host.datagrams).toEqual([])
  })
})

it('a question for anything about a guest is answered with its address, as a record of that type', () => {
  const { test, guest } = network()
  guest.sendTo(GATEWAY, 17, new Uint8Array(0))
  guest.send(udpFrom(guest, query('web', ANY)))
  const dns = guest.packets()[0]?.body.subarray(8) ?? new Uint8Array(0)
  const at = query('web', ANY).length
  expect([get16(dns, 6), get16(dns, at + 2), get16(dns, at + 4), [...dns.subarray(at + 12)]]).toEqual([1, A, 1, [10, 0, 2, 5]])
  expect(test.host.datagrams).toEqual([])
})

describe('other names', () => {
  it('go to the system’s server with another id, and the answer comes back with the guest’s', () => {
    const { ask, test, guest } = network()
    expect(ask('example.org', A)).toBeUndefined()
    const [socket] = test.host.datagrams
    expect(socket?.target).toEqual({ address: '192.0.2.53', port: 53 })
    const sent = socket?.sent[0] ?? new Uint8Array(0)
    expect(sent.subarray(2)).toEqual(query('example.org', A).subarray(2))
    const response = new Uint8Array(sent.length + 16)
    response.set(sent)
    response[2] = 0x81
    response[7] = 1
    response.set([0xc0, 12, 0, 1, 0, 1, 0, 0, 0, 60, 0, 4, 93, 184, 216, 34], sent.length)
    // Forged: another id, another question, no response.
    const wrongId = response.slice()
    set16(wrongId, 0, get16(response, 0) ^ 1)
    const wrongName = response.slice()
    wrongName[14] = (wrongName[14] ?? 0) ^ 0x20
    for (const forged of [wrongId, wrongName, sent, response.subarray(0, 11)]) socket?.events.received(forged)
    expect(told(guest)).toBeUndefined()
    socket?.events.received(response)
    expect(told(guest)).toBe('0 93.184.216.34')
    expect([socket?.closed, test.clock.pending]).toEqual([true, 0])
  })

  it('go to the next server when one is silent or refuses, and to the system’s resolver at last', async () => {
    const { ask, test, guest } = network()
    test.host.servers = ['192.0.2.1', '192.0.2.2'].map((address) => ({ address, port: 53 }))
    test.host.known.set('example.org', ['93.184.216.34', '2001:db8::7:1'])
    ask('example.org', A)
    test.clock.advance(SERVER_TIMEOUT_MS)
    test.host.datagrams[1]?.events.failed('ECONNREFUSED')
    await settle()
    expect(told(guest)).toBe('0 93.184.216.34')
    expect(test.host.datagrams.map(({ target, closed }) => [target.address, closed])).toEqual([
      ['192.0.2.1', true],
      ['192.0.2.2', true],
    ])
    test.host.servers = []
    ask('example.org', AAAA)
    await settle()
    expect(told(guest)).toBe('0 32.1.13.184.0.0.0.0.0.0.0.0.0.7.0.1')
    ask('other.example.org', A)
    await settle()
    expect(told(guest)).toBe('3')
    expect(ask('example.org', MX)).toBe('2')
  })

  it('without a dot are the system’s to know', async () => {
    const { ask, test, guest } = network()
    test.host.known.set('printer', ['192.0.2.9'])
    ask('printer', A)
    await settle()
    expect(told(guest)).toBe('0 192.0.2.9')
    expect(test.host.datagrams).toEqual([])
  })

  it('with more addresses than 512 bytes hold have TC set over UDP, and those that fit (RFC 1035 section 4.2.1)', async () => {
    const { test, guest } = network()
    test.host.servers = []
    // A header of 12 bytes, a question of 76, 28 for each address.
    const name = `${'a'.repeat(58)}.example.org`
    const addresses = Array.from({ length: 16 }, (_, i) => `2001:db8::${i + 1}`)
    const answer = async (count: number): Promise<(number | undefined)[]> => {
      test.host.known.set(name, addresses.slice(0, count))
      guest.send(udpFrom(guest, query(name, AAAA)))
      await settle()
      const dns = guest.packets()[0]?.body.subarray(8) ?? new Uint8Array(0)
      return [(get16(dns, 2) >> 9) & 1, get16(dns, 6), dns.length]
    }
    guest.sendTo(GATEWAY, 17, new Uint8Array(0))
    expect(await answer(15)).toEqual([0, 15, 12 + 76 + 15 * 28])
    expect(await answer(16)).toEqual([1, 15, 12 + 76 + 15 * 28])
  })

  it('are asked for only so many at a time', () => {
    const { ask, test } = network()
    for (let i = 0; i < 100; i++) ask(`name${i}.example.org`, A)
    expect(test.host.datagrams.length).toBe(QUERIES_PER_GUEST)
    test.clock.advance(10 * SERVER_TIMEOUT_MS)
    expect(test.host.datagrams.every(({ closed }) => closed)).toBe(true)
  })
})

describe('garbage', () => {
  it.each([
    ['two questions', 5, 2, '1'],
    ['no question', 5, 0, '1'],
    ['a compressed name', 12, 0xc0, '1'],
    ['a label beyond the end', 12, 60, '1'],
    ['an update', 2, 0x28, '4'],
    ['a response', 2, 0x81, undefined],
  ] as const)('%s', (_what, at, value, answer) => {
    const { guest } = network()
    const bytes = query('example.org', A)
    bytes[at] = value
    guest.send(udpFrom(guest, bytes))
    const [reply] = guest.packets()
    expect(reply && String((reply.body[11] ?? 0) & 15)).toBe(answer)
  })

  it('of any length and with any byte changed is survived', () => {
    const { guest, test } = network()
    const good = query('www.example.org', A)
    for (let length = 0; length < good.length; length++) guest.send(udpFrom(guest, good.slice(0, length)))
    for (let at = 0; at < good.length; at++) {
      const bytes = good.slice()
      bytes[at] = 255 - (bytes[at] ?? 0)
      guest.send(udpFrom(guest, bytes))
    }
    expect(test.net.gateway.drops.of('dns')).toBeGreaterThan(0)
  })
})

it('over TCP each message has its length before it, and both may come in pieces (RFC 7766)', () => {
  const { guest } = network()
  const end = { from: 4000, to: 53 }
  const tcp = (fields: { sequence: number; acknowledgement?: number; flags: number }, data?: Uint8Array): void => {
    const body = new Uint8Array(20 + (data?.length ?? 0))
    set16(body, 0, end.from)
    set16(body, 2, end.to)
    set16(body, 6, fields.sequence)
    const ack = fields.acknowledgement ?? 0
    set16(body, 8, ack >>> 16)
    set16(body, 10, ack & 0xffff)
    body.set([0x50, fields.flags, 0xff, 0xff], 12)
    body.set(data ?? [], 20)
    const packet = udpFrom(guest, new Uint8Array(body.length - 8))
    packet.set(body, 20)
    packet[9] = 6
    let sum = 0
    set16(packet, 10, 0)
    for (let at = 0; at < 20; at += 2) sum += get16(packet, at)
    set16(packet, 10, ~((sum & 0xffff) + (sum >>> 16)) & 0xffff)
    guest.port.send({
      bytes: Uint8Array.from([...macBytes(guest.gatewayMac), ...macBytes(guest.mac), 8, 0, ...packet]),
      checksum: 'validated',
      gsoSize: 0,
    })
  }
  tcp({ sequence: 1, flags: 2 })
  const ack = (get32(guest.packets()[0]?.body ?? new Uint8Array(8), 4) + 1) >>> 0
  const message = query('web', A)
  const framed = Uint8Array.from([0, message.length, ...message, 0, message.length, ...message])
  tcp({ sequence: 2, acknowledgement: ack, flags: 16 }, framed.subarray(0, 10))
  expect(guest.packets().filter(({ body }) => body.length > 20)).toEqual([])
  tcp({ sequence: 12, acknowledgement: ack, flags: 17 }, framed.subarray(10))
  const answers = guest.packets().filter(({ body }) => body.length > 24)
  expect(answers.map(({ body }) => [get16(body, 20), body.subarray(-4).join('.')])).toEqual([
    [message.length + 16, '10.0.2.5'],
    [message.length + 16, '10.0.2.5'],
  ])
})

function macBytes(mac: number): number[] {
  return (mac.toString(16).padStart(12, '0').match(/../g) ?? []).map((text) => Number.parseInt(text, 16))
}
