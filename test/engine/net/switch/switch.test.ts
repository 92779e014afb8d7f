// The software switch: learning, flooding, ageing, unique MACs, limits.
import { describe, expect, it } from 'vitest'
import { MAC_BROADCAST } from '../../../../src-engine/net/switch/address'
import type { Frame } from '../../../../src-engine/net/switch/frame'
import { STATION_AGE_MS, STATIONS_PER_PORT, Switch, type SwitchPort } from '../../../../src-engine/net/switch/switch'
import { mac, pattern, plain } from '../../../support/frames'
import { VirtualClock } from '../../../support/virtual-clock'

const A = mac('00:16:3e:00:00:0a')
const B = mac('00:16:3e:00:00:0b')
const C = mac('00:16:3e:00:00:0c')
const INNER = mac('02:00:00:00:00:01')
const GROUP = mac('01:00:5e:00:00:fb')

interface Station {
  readonly port: SwitchPort
  readonly got: Frame[]
}

class Bench {
  readonly clock = new VirtualClock()
  readonly net = new Switch(this.clock)

  station(name: string, address: number | undefined, rate?: number): Station {
    const got: Frame[] = []
    const attached = this.net.attach({
      name,
      mac: address,
      offload: { gso: true, blankChecksum: true },
      deliver: (frame) => got.push(frame),
      rate,
    })
    if (!attached.ok) throw new Error(attached.error)
    return { port: attached.value, got }
  }
}

const frame = (to: number, from: number, length = 100): Frame => plain(to, from, 0x88b5, pattern(length))

describe('a frame', () => {
  it('for a station goes to its port alone, by reference', () => {
    const bench = new Bench()
    const [a, b, c] = [bench.station('a', A), bench.station('b', B), bench.station('c', C)]
    const sent = frame(B, A)
    a.port.send(sent)
    expect(b.got).toEqual([sent])
    expect(b.got[0]).toBe(sent)
    expect([a.got.length, c.got.length]).toEqual([0, 0])
    expect(a.port.counters).toMatchObject({ sentFrames: 1, sentBytes: 114, flooded: 0 })
    expect(b.port.counters).toMatchObject({ receivedFrames: 1, receivedBytes: 114 })
  })

  it('for everybody, a group or a station not known goes to all but its sender', () => {
    const bench = new Bench()
    const [a, b, c] = [bench.station('a', A), bench.station('b', B), bench.station('c', C)]
    for (const to of [MAC_BROADCAST, GROUP, INNER]) a.port.send(frame(to, A))
    expect([a.got.length, b.got.length, c.got.length]).toEqual([0, 3, 3])
    expect(a.port.counters.flooded).toBe(3)
  })

  it('for its own sender goes nowhere', () => {
    const bench = new Bench()
    const [a, b] = [bench.station('a', A), bench.station('b', B)]
    a.port.send(frame(A, A))
    expect([a.got.length, b.got.length]).toEqual([0, 0])
  })

  it.each([
    ['shorter than its header', { bytes: pattern(13), checksum: 'complete', gsoSize: 0 }],
    ['empty', { bytes: new Uint8Array(0), checksum: 'complete', gsoSize: 0 }],
    ['longer than a card sends', frame(B, A, 1501)],
    ['blank without a checksum field', { ...frame(B, A), checksum: 'blank' }],
    ['to be cut up without TCP', { ...frame(B, A, 4000), gsoSize: 1448 }],
    ['longer than IPv4 allows', { ...frame(B, A, 65536), gsoSize: 1448 }],
  ] satisfies [string, Frame][])('%s is dropped and counted', (_what, bad) => {
    const bench = new Bench()
    const [a, b] = [bench.station('a', A), bench.station('b', B)]
    a.port.send(bad)
    expect(b.got).toEqual([])
    expect(a.port.counters).toMatchObject({ malformed: 1, sentFrames: 0 })
  })

  it('from a port that was detached is dropped; frames for it are flooded again', () => {
    const bench = new Bench()
    const [a, b, c] = [bench.station('a', A), bench.station('b', B), bench.station('c', C)]
    b.port.detach()
    b.port.send(frame(A, B))
    a.port.send(frame(B, A))
    expect([a.got.length, b.got.length, c.got.length]).toEqual([0, 0, 1])
    expect(bench.station('b again', B).port.options.mac).toBe(B)
  })
})

describe('MACs are unique', () => {
  it('a second port with the same one is refused, naming the first', () => {
    const bench = new Bench()
    bench.station('first', A)
    expect(
      bench.net.attach({ name: 'second', mac: A, offload: { gso: false, blankChecksum: false }, deliver: () => {} }),
    ).toEqual({ ok: false, error: 'first' })
  })

  it.each([
    ["another port's", B],
    ['everybody', MAC_BROADCAST],
    ['a group', GROUP],
    ['nobody', 0],
  ])('a frame from %s is dropped', (_whose, from) => {
    const bench = new Bench()
    const [a, b, c] = [bench.station('a', A), bench.station('b', B), bench.station('c', C)]
    a.port.send(frame(C, from))
    expect(c.got).toEqual([])
    expect(a.port.counters.spoofed).toBe(1)
    // What is for b still reaches b.
    c.port.send(frame(B, C))
    expect(b.got.length).toBe(1)
  })

  it('a learned station whose MAC becomes a port is behind that port', () => {
    const bench = new Bench()
    const [a, b] = [bench.station('a', A), bench.station('b', B)]
    a.port.send(frame(B, INNER))
    const inner = bench.station('inner', INNER)
    b.port.send(frame(INNER, B))
    expect([a.got.length, inner.got.length]).toEqual([0, 1])
    expect(a.port.stations).toBe(0)
  })
})

describe('a station behind a port', () => {
  it('is learned, moves, and is forgotten with age', () => {
    const bench = new Bench()
    const [a, b, c] = [bench.station('a', A), bench.station('b', B), bench.station('c', C)]
    a.port.send(frame(B, INNER))
    b.port.send(frame(INNER, B))
    expect([a.got.length, c.got.length]).toEqual([1, 0])
    c.port.send(frame(B, INNER))
    b.port.send(frame(INNER, B))
    expect([a.got.length, c.got.length]).toEqual([1, 1])
    bench.clock.advance(STATION_AGE_MS + 1)
    b.port.send(frame(INNER, B))
    expect([a.got.length, c.got.length]).toEqual([2, 2])
  })

  it('does not push others out: the table of a port is limited', () => {
    const bench = new Bench()
    const [a, b, c] = [bench.station('a', A), bench.station('b', B), bench.station('c', C)]
    c.port.send(frame(B, INNER))
    for (let i = 0; i < 4 * STATIONS_PER_PORT; i++) a.port.send(frame(B, INNER + 1 + i))
    expect(a.port.stations).toBe(STATIONS_PER_PORT)
    b.port.send(frame(INNER, B))
    expect([a.got.length, c.got.length]).toEqual([0, 1])
    // Old ones make room.
    bench.clock.advance(STATION_AGE_MS + 1)
    a.port.send(frame(B, INNER + 1000))
    expect(a.port.stations).toBe(1)
  })
})

describe('a rate limit', () => {
  it('lets a burst pass, then the rate, in order, and drops what is too much', () => {
    const bench = new Bench()
    const rate = 100_000
    const a = bench.station('a', A, rate)
    const b = bench.station('b', B)
    for (let i = 0; i < 2000; i++) a.port.send(plain(B, A, 0x88b5, pattern(986, i)))
    const atOnce = b.got.length
    expect(atOnce).toBe(65)
    bench.clock.advance(1000)
    expect(Math.abs(b.got.length - atOnce - 100)).toBeLessThanOrEqual(1)
    bench.clock.advance(60_000)
    expect(a.port.counters.limited).toBe(2000 - b.got.length)
    expect(b.got.length).toBe(65 + 512)
    b.got.forEach((got, i) => {
      expect(got.bytes[14]).toBe((i + (i >> 8)) & 0xff)
    })
    expect(bench.clock.pending).toBe(0)
  })

  it('holds in the other direction too, and ends with the port', () => {
    const bench = new Bench()
    const a = bench.station('a', A)
    const b = bench.station('b', B, 100_000)
    for (let i = 0; i < 200; i++) a.port.send(frame(B, A, 986))
    expect(b.got.length).toBe(65)
    expect(bench.clock.pending).toBe(1)
    b.port.detach()
    expect(bench.clock.pending).toBe(0)
  })
})
