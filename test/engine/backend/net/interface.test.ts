// A network interface from ring to switch and back, with a synthetic frontend: frames of every kind, windows and full rings, a service
// that is replaced, saved rings, and frontends that lie. The whole handshake with unmodified kernels: test/boot/net.test.ts.
import { createHash } from 'node:crypto'
import { mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import path from 'node:path'
import { afterEach, describe, expect, it, vi } from 'vitest'
import type { DevicePump } from '../../../../src-engine/backend/device'
import { FrameWriter, readRecord, takenRecord } from '../../../../src-engine/backend/net/batch'
import { BURST_INSTRUCTIONS, DATAGRAM_BURST } from '../../../../src-engine/backend/net/datagram-pace'
import { makeNetPump, PACE_MOST_MS } from '../../../../src-engine/backend/net/pump'
import { NetService } from '../../../../src-engine/backend/net/service'
import { concatBytes } from '../../../../src-engine/lib/bytes'
import { systemClock } from '../../../../src-engine/lib/clock'
import { silentLog } from '../../../../src-engine/lib/log'
import { Networks } from '../../../../src-engine/net/networks'
import { type Frame, set16 } from '../../../../src-engine/net/switch/frame'
import { DEFAULT_NETWORK, type Nic } from '../../../../src-engine/public/protocol/device'
import { XEN_NETTXF } from '../../../../src-engine/public/xen/io/netif'
import { SRING } from '../../../../src-engine/public/xen/io/ring'
import { FakeHost } from '../../../support/fake-host'
import { mac, pattern, plain, tcp, udp } from '../../../support/frames'
import { NET_PAGES, NET_PORT, NetFrontend } from '../../../support/net-frontend'
import { type PlainGuest, plainGuest } from '../../../support/plain-guest'
import { randomFrom } from '../../../support/random'

const FIRST = 4
const PAGES = FIRST + NET_PAGES + 8
const view = (bytes: Uint8Array): DataView => new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength)

/** A guest with one interface on a network; pump and service talk through queues that a test can stop. */
class Interface {
  readonly mac: number
  readonly text: string
  readonly guest: PlainGuest
  readonly front: NetFrontend
  readonly got: Frame[] = []
  readonly failures: string[] = []
  readonly garbage: string[] = []
  /** What the pump told the link, in order. */
  readonly told: string[] = []
  service: NetService
  pump: DevicePump | undefined
  private readonly networks: Networks
  private readonly nic: Nic
  private readonly state: Uint8Array | undefined

  constructor(
    networks: Networks,
    number: number,
    memory = new SharedArrayBuffer(PAGES * 4096),
    state?: Uint8Array,
    front?: NetFrontend,
  ) {
    this.networks = networks
    this.state = state
    this.text = `00:16:3e:00:00:0${number}`
    this.mac = mac(this.text)
    this.nic = { kind: 'vif', index: 0, network: 'default', mac: this.text, forwards: [] }
    this.guest = plainGuest(memory)
    this.front = front ?? new NetFrontend(this.guest, FIRST)
    this.guest.onEvent = () => setImmediate(() => this.front.event())
    this.front.ring = () => setImmediate(() => this.pump?.signal(NET_PORT))
    this.front.received = (frame) => void this.got.push(frame)
    this.service = this.newService()
  }

  private newService(): NetService {
    return new NetService(this.nic, { handle: 'h', clock: systemClock, log: silentLog }, this.networks)
  }

  async start(keys: Record<string, string> = this.front.keys()): Promise<this> {
    const opened = await this.service.open()
    if (!opened.ok) throw new Error(opened.error)
    const connected = this.service.connect(keys)
    if (!connected.ok) throw new Error(connected.error)
    const made = makeNetPump({
      guest: this.guest,
      connect: { key: 'vif/0', fresh: true, frontend: keys, backend: connected.value.pump },
      state: this.state,
      failed: (reason) => this.failures.push(reason),
    })
    if (!made.ok) throw new Error(made.error)
    this.pump = made.value
    this.join()
    return this
  }

  join(): void {
    const { pump, service } = this
    let open = true
    const carry =
      (to: (body: Uint8Array, view: DataView) => string | undefined) =>
      (...parts: readonly Uint8Array[]) => {
        const body = concatBytes(parts)
        setImmediate(() => {
          const wrong = open ? to(body, view(body)) : undefined
          if (wrong !== undefined) this.garbage.push(wrong)
        })
      }
    service.attach({ send: carry((body, at) => pump?.receive(body, at)), bounce: undefined })
    const send = carry((body, at) => service.receive(body, at))
    pump?.attach({
      send: (...parts) => {
        this.told.push('record')
        send(...parts)
      },
      wake: () => void this.told.push('wake'),
      bounce: undefined,
    })
    this.part = () => {
      open = false
      pump?.detach()
      service.detach()
    }
  }

  part: () => void = () => {}
}

const closers: (() => Promise<void>)[] = []
afterEach(async () => {
  for (const close of closers.splice(0)) await close()
})

async function pair(): Promise<{ networks: Networks; a: Interface; b: Interface }> {
  const networks = new Networks(systemClock, new FakeHost())
  const a = await new Interface(networks, 1).start()
  const b = await new Interface(networks, 2).start()
  closers.push(async () => {
    for (const one of [a, b]) {
      one.pump?.close()
      await one.service.close()
    }
    networks.dispose()
  })
  return { networks, a, b }
}

const superFrame = (from: Interface, to: Interface, length: number): Frame => ({
  ...plain(
    to.mac,
    from.mac,
    0x0800,
    tcp({ source: '10.0.2.15', target: '10.0.2.16' }, { from: 1, to: 2, flags: 16 }, pattern(length)),
  ),
  checksum: 'blank',
  gsoSize: 1448,
})

/** Short and comparable: arrays of 64 KiB are slow to compare element by element. */
const digests = (frames: readonly Frame[]): string[] =>
  frames.map(
    ({ bytes, checksum, gsoSize }) => `${bytes.length} ${checksum} ${gsoSize} ${createHash('md5').update(bytes).digest('hex')}`,
  )

describe('frames', () => {
  it('of every length and kind arrive as they were sent, in order', async () => {
    const { a, b } = await pair()
    b.front.fill()
    const sent: Frame[] = [
      ...[1, 46, 100, 1500].map((length) => plain(b.mac, a.mac, 0x88b5, pattern(length))),
      superFrame(a, b, 4042),
      superFrame(a, b, 4043),
      superFrame(a, b, 64_240),
      superFrame(a, b, 65_481),
      { ...superFrame(a, b, 1448), gsoSize: 0 },
      { ...plain(b.mac, a.mac, 0x88b5, pattern(60)), checksum: 'complete' },
    ]
    for (const frame of sent) a.front.send(frame)
    await expect.poll(() => b.got.length).toBe(sent.length)
    expect(digests(b.got)).toEqual(digests(sent))
    expect([a.front.wrong, b.front.wrong, a.garbage, b.garbage]).toEqual([[], [], [], []])
    expect(new Set(a.front.statuses)).toEqual(new Set([0, 1]))
    expect(a.service.counters()).toMatchObject({ writeRequests: sent.length, errors: 0 })
    expect(b.service.counters()).toMatchObject({ readRequests: sent.length })
  })

  it('have domain 0 woken before they are read, and new entries for what comes do not', async () => {
    const { a, b } = await pair()
    b.front.fill()
    b.pump?.signal(NET_PORT)
    expect(b.told).toEqual([])
    // A pump that has just been joined looks once more by itself, a turn later; a timer may come before that.
    await new Promise(setImmediate)
    a.front.send(plain(b.mac, a.mac, 0x88b5, pattern(100)))
    await expect.poll(() => b.got.length).toBe(1)
    expect(a.told).toEqual(['wake', 'record'])
  })

  it('stop and go on with the link, and go to another network, under a connected frontend', async () => {
    const { networks, a, b } = await pair()
    const folder = mkdtempSync(path.join(tmpdir(), 'ringmaster-change-'))
    closers.push(async () => rmSync(folder, { recursive: true, force: true }))
    networks.define([{ ...DEFAULT_NETWORK, name: 'other', address: '10.0.9.1', kind: 'isolated', dhcp: undefined }])
    b.front.fill()
    const nic: Nic = { kind: 'vif', index: 0, network: 'default', mac: a.text, forwards: [] }
    const send = async (): Promise<void> => {
      const before = a.service.counters().writeRequests
      const taken = a.front.statuses.length
      a.front.send(plain(b.mac, a.mac, 0x88b5, pattern(100)))
      await expect.poll(() => a.front.statuses.length).toBe(taken + 1)
      await expect.poll(() => a.service.counters().writeRequests >= before).toBe(true)
    }
    expect((await a.service.change({ ...nic, link: 'down' })).ok).toBe(true)
    await send()
    expect(a.service.counters().writeRequests).toBe(0)
    const capture = path.join(folder, 'a.pcap')
    expect((await a.service.change({ ...nic, link: 'up', rateKiB: 1000, capture })).ok).toBe(true)
    await send()
    await expect.poll(() => b.got.length).toBe(1)
    expect((await a.service.change({ ...nic, network: 'other' })).ok).toBe(true)
    await send()
    expect((await a.service.change({ ...nic, network: 'nowhere' })).ok).toBe(false)
    expect((await a.service.change({ ...nic, mac: b.text })).ok).toBe(false)
    expect((await a.service.change(nic)).ok).toBe(true)
    await send()
    await expect.poll(() => b.got.length).toBe(2)
    // What ports of before have counted is not lost.
    await expect.poll(() => a.service.counters().writeRequests).toBe(3)
    // One frame was captured: 24 bytes of header, 16 before the frame.
    await expect.poll(() => readFileSync(capture).length).toBe(24 + 16 + 114)
  })

  it('are cut up for a frontend without scatter/gather', async () => {
    const networks = new Networks(systemClock, new FakeHost())
    const a = await new Interface(networks, 1).start()
    const plainOne = new Interface(networks, 2)
    const { 'feature-sg': _sg, ...keys } = plainOne.front.keys()
    const b = await plainOne.start(keys)
    b.front.fill()
    a.front.send(superFrame(a, b, 64_000))
    await expect.poll(() => b.got.length).toBe(45)
    expect(b.got.every(({ bytes, gsoSize }) => bytes.length <= 1502 && gsoSize === 0)).toBe(true)
    for (const one of [a, b]) await one.service.close()
  })

  it('wait for pages of the guest as far as the queue goes; the rest is dropped and counted', async () => {
    const { a, b } = await pair()
    b.front.filling = false
    const total = 100
    for (let i = 0; i < total; i++) {
      await expect.poll(() => a.front.room > 20).toBe(true)
      a.front.send(superFrame(a, b, 64_000))
    }
    await expect.poll(() => a.front.room).toBe(256)
    expect(b.got).toEqual([])
    b.front.filling = true
    b.front.fill()
    await expect.poll(() => b.got.length + b.service.counters().errors).toBe(total)
    expect(b.got.length).toBeGreaterThan(40)
    expect(b.front.wrong).toEqual([])
  })

  it('that are alone and short are answered with what comes for the guest, or a little later; others at once', async () => {
    const { a, b } = await pair()
    const turns = async (): Promise<void> => {
      for (let i = 0; i < 10; i++) await new Promise((resolve) => setImmediate(resolve))
    }
    const send = (from: Interface, to: Interface, length: number): void =>
      from.front.send(plain(to.mac, from.mac, 0x88b5, pattern(length)))
    a.front.fill()
    b.front.fill()
    vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout'] })
    try {
      send(a, b, 50)
      await turns()
      expect(b.got.length).toBe(1)
      expect(a.guest.raised).toEqual([])
      send(b, a, 1000)
      await turns()
      expect([a.got.length, a.front.statuses.length, b.front.statuses.length]).toEqual([1, 1, 1])
      send(a, b, 50)
      await turns()
      expect(a.front.statuses.length).toBe(1)
      vi.runAllTimers()
      await turns()
      expect(a.front.statuses.length).toBe(2)
      send(a, b, 50)
      send(a, b, 50)
      await turns()
      expect([a.front.statuses.length, b.got.length, vi.getTimerCount()]).toEqual([4, 4, 0])
    } finally {
      vi.useRealTimers()
    }
  })

  it('of UDP wait for the guest to read those before them: a burst each time it sleeps, or has run long; TCP is not counted', async () => {
    const { a, b } = await pair()
    const turns = async (): Promise<void> => {
      for (let i = 0; i < 20; i++) await new Promise((resolve) => setImmediate(resolve))
    }
    const look = async (): Promise<number> => {
      vi.advanceTimersByTime(PACE_MOST_MS)
      await turns()
      return b.got.length
    }
    const ends = { source: '10.0.2.15', target: '10.0.2.16' }
    const datagram = (i: number): Frame => plain(b.mac, a.mac, 0x0800, udp(ends, 1, 2, pattern(1000, i)))
    const segment = plain(b.mac, a.mac, 0x0800, tcp(ends, { from: 1, to: 2, flags: 16 }, pattern(1000)))
    b.front.fill()
    const sent = Array.from({ length: 3 * DATAGRAM_BURST + 8 }, (_, i) => datagram(i))
    vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout'] })
    try {
      b.guest.asleep = false
      for (let i = 0; i < 2 * DATAGRAM_BURST; i++) a.front.send(segment)
      for (const frame of sent) a.front.send(frame)
      await turns()
      // All TCP, and a first burst.
      const first = 3 * DATAGRAM_BURST
      expect([b.got.length, await look(), await look()]).toEqual([first, first, first])
      b.guest.ran += BURST_INSTRUCTIONS - 1
      expect(await look()).toBe(first)
      b.guest.ran += 1
      expect(await look()).toBe(first + DATAGRAM_BURST)
      b.guest.asleep = true
      expect(await look()).toBeGreaterThan(first + DATAGRAM_BURST)
      await look()
      expect(digests(b.got.slice(2 * DATAGRAM_BURST))).toEqual(digests(sent))
      expect([vi.getTimerCount(), b.service.counters().errors]).toEqual([0, 0])
    } finally {
      vi.useRealTimers()
    }
  })

  it('hundreds of random sizes in both directions at once', async () => {
    const { a, b } = await pair()
    a.front.fill()
    b.front.fill()
    const random = randomFrom(7)
    const sent: [Frame[], Frame[]] = [[], []]
    for (let i = 0; i < 250; i++) {
      for (const [from, to, list] of [
        [a, b, sent[0]],
        [b, a, sent[1]],
      ] as const) {
        await expect.poll(() => from.front.room > 20, { interval: 1 }).toBe(true)
        const frame =
          random(10) < 3
            ? superFrame(from, to, 1449 + random(30_000))
            : plain(to.mac, from.mac, 0x88b5, pattern(1 + random(1500)))
        list.push(frame)
        from.front.send(frame)
      }
    }
    await expect.poll(() => [b.got.length, a.got.length]).toEqual([250, 250])
    expect(digests(b.got)).toEqual(digests(sent[0]))
    expect(digests(a.got)).toEqual(digests(sent[1]))
  })
})

describe('what goes on', () => {
  it('with a new service beneath: frames between are lost, the rings go on', async () => {
    const { a, b } = await pair()
    b.front.fill()
    a.front.send(plain(b.mac, a.mac, 0x88b5, pattern(50)))
    await expect.poll(() => b.got.length).toBe(1)
    a.part()
    for (let i = 0; i < 10; i++) a.front.send(plain(b.mac, a.mac, 0x88b5, pattern(60)))
    await new Promise((resolve) => setImmediate(resolve))
    // Nobody takes them: they stay in the ring.
    expect(a.front.room).toBe(246)
    a.join()
    await expect.poll(() => b.got.length).toBe(11)
  })

  it('after save and restore of the rings', async () => {
    const { networks, a, b } = await pair()
    b.front.fill()
    for (let i = 0; i < 300; i++) {
      await expect.poll(() => a.front.room > 0, { interval: 1 }).toBe(true)
      a.front.send(plain(b.mac, a.mac, 0x88b5, pattern(100)))
    }
    await expect.poll(() => b.got.length).toBe(300)
    const state = b.pump?.save()
    b.part()
    b.pump?.close()
    await b.service.close()
    const memory = b.guest.words.buffer
    if (!(memory instanceof SharedArrayBuffer)) throw new Error('not shared')
    const again = new Interface(networks, 2, memory, state, b.front)
    again.guest.grants.clear()
    for (const [ref, page] of b.guest.grants) again.guest.grants.set(ref, page)
    await again.start()
    closers.push(() => again.service.close())
    for (let i = 0; i < 20; i++) a.front.send(plain(b.mac, a.mac, 0x88b5, pattern(100)))
    await expect.poll(() => again.got.length).toBe(20)
    expect(b.front.wrong).toEqual([])
  })

  it('a saved state that makes no sense is refused', () => {
    const networks = new Networks(systemClock, new FakeHost())
    const one = new Interface(networks, 1)
    for (const text of [
      '',
      '{}',
      '{"version":1,"transmit":{"consumed":5,"produced":4},"receive":{"consumed":0,"produced":0}}',
      '[]',
    ]) {
      const made = makeNetPump({
        guest: one.guest,
        connect: { key: 'vif/0', fresh: false, frontend: one.front.keys(), backend: {} },
        state: new TextEncoder().encode(text),
        failed: () => {},
      })
      expect(made).toEqual({ ok: false, error: 'its saved state makes no sense' })
    }
    networks.dispose()
  })
})

describe('a frontend that lies', () => {
  type Lie = (front: NetFrontend, guest: PlainGuest) => void
  const GOOD = FIRST + 2 + 1000
  it.each<[string, Lie, number[]]>([
    ['about a reference', (f) => f.request(99_999, 0, 0, 100), [-1]],
    ['about an offset', (f) => f.request(GOOD, 4000, 0, 100), [-1]],
    ['about a size', (f) => f.request(GOOD, 0, 0, 5000), [-1]],
    [
      'about the size of all',
      (f) => {
        f.request(GOOD, 0, XEN_NETTXF.more_data, 100)
        f.request(GOOD, 0, 0, 200)
      },
      [-1, -1],
    ],
    [
      'with too many entries',
      (f) => {
        for (let i = 0; i < 40; i++) f.request(GOOD, 0, i < 39 ? XEN_NETTXF.more_data : 0, i ? 10 : 400)
      },
      new Array<number>(40).fill(-1),
    ],
    [
      'with an extra entry of an unknown type',
      (f) => {
        f.request(GOOD, 0, XEN_NETTXF.extra_info, 100)
        f.extra(9, 0)
      },
      [0, 1],
    ],
    [
      'with GSO of size 0',
      (f) => {
        f.request(GOOD, 0, XEN_NETTXF.extra_info, 100)
        f.extra(1, 0, 0, 1)
      },
      [-1, 1],
    ],
    [
      'with GSO of IPv6',
      (f) => {
        f.request(GOOD, 0, XEN_NETTXF.extra_info, 100)
        f.extra(1, 0, 1448, 2)
      },
      [-1, 1],
    ],
  ])('%s gets an error and goes on', async (_what, lie, statuses) => {
    const { a, b } = await pair()
    b.front.fill()
    lie(a.front, a.guest)
    a.front.show()
    await expect.poll(() => a.front.statuses).toEqual(statuses)
    a.front.send(plain(b.mac, a.mac, 0x88b5, pattern(50)))
    await expect.poll(() => b.got.length).toBe(1)
    expect([a.failures, a.garbage]).toEqual([[], []])
  })

  it.each<[string, Lie, string]>([
    ['about how many packets there are', (f) => f.store(f.tx + SRING.req_prod, 5000), 'the ring makes no sense'],
    ['about how many pages it gives', (f) => f.store(f.rx + SRING.req_prod, 5000), 'the ring makes no sense'],
    [
      'about more entries of a packet',
      (f) => {
        f.request(GOOD, 0, XEN_NETTXF.more_data, 100)
        f.show()
      },
      'the ring makes no sense',
    ],
    [
      'about an extra entry',
      (f) => {
        f.request(GOOD, 0, XEN_NETTXF.extra_info, 100)
        f.show()
      },
      'the ring makes no sense',
    ],
    ['and takes its ring back', (_f, guest) => void guest.grants.delete(FIRST + 1000), 'a ring is not granted any more'],
  ])('%s is cut off, others go on', async (_what, lie, reason) => {
    const { a, b } = await pair()
    const frame = plain(a.mac, b.mac, 0x88b5, pattern(50))
    lie(a.front, a.guest)
    a.front.ring()
    // A frame for it makes the RX ring looked at.
    b.front.send(frame)
    await expect.poll(() => a.failures).toEqual([reason])
    expect(b.failures).toEqual([])
  })

  it('with pages that are not to be written loses what was for them', async () => {
    const { a, b } = await pair()
    for (let ref = FIRST + 2 + 256 + 1000; ref < FIRST + 2 + 256 + 1004; ref++) b.guest.readonlyGrants.add(ref)
    b.front.fill()
    a.front.send(superFrame(a, b, 10_000))
    a.front.send(plain(b.mac, a.mac, 0x88b5, pattern(50)))
    await expect.poll(() => b.got.length).toBe(1)
    expect(b.front.wrong).toEqual(['status -1', 'status -1', 'status -1', 'status -1'])
  })

  it('that takes a page back while a frame is put in it ends nothing', async () => {
    const { a, b } = await pair()
    const { granted } = b.guest
    const asked = new Set<number>()
    b.guest.granted = (ref, write) => {
      const again = ref >= FIRST + 2 + 256 + 1000 && asked.has(ref)
      asked.add(ref)
      return again ? -3 : granted(ref, write)
    }
    b.front.fill()
    a.front.send(plain(b.mac, a.mac, 0x88b5, pattern(50)))
    await expect.poll(() => b.got.length).toBe(1)
    expect([b.front.wrong, b.failures]).toEqual([[], []])
  })

  it('entries of random bytes are survived', async () => {
    const { a, b } = await pair()
    const random = randomFrom(99)
    for (let round = 0; round < 200; round++) {
      const refs = [GOOD, GOOD + 1, random(2000), random(0xffff_ffff)]
      for (let i = 0; i < 8; i++)
        a.front.request(refs[random(4)] ?? 0, random(5000), random(4) ? random(4) : random(16), random(3000))
      a.front.request(GOOD, 0, 0, 100)
      a.front.request(GOOD, 0, 0, 100)
      a.front.show()
      await new Promise((resolve) => setImmediate(resolve))
      if (a.failures.length > 0) break
    }
    expect([a.garbage, b.failures, b.garbage]).toEqual([[], [], []])
  })
})

describe('records', () => {
  const writer = new FrameWriter()
  writer.add(plain(1, 2, 3, pattern(10)))
  writer.add({ bytes: pattern(101), checksum: 'blank', gsoSize: 77 })
  const good = concatBytes(writer.take().parts)

  it('read back what was written', () => {
    const record = readRecord(good, view(good))
    expect(
      typeof record === 'object' &&
        record.kind === 'frames' &&
        record.frames.map(({ bytes, gsoSize }) => [bytes.length, gsoSize]),
    ).toEqual([
      [24, 0],
      [101, 77],
    ])
    const taken = takenRecord(123)
    expect(readRecord(taken, view(taken))).toEqual({ kind: 'taken', bytes: 123 })
  })

  it('cut off or with a byte changed are refused or read, never more than that', () => {
    for (let length = 0; length < good.length; length++) {
      const cut = good.subarray(0, length)
      expect(typeof readRecord(cut, view(cut))).toBe('string')
    }
    for (let at = 0; at < 24; at++) {
      for (const value of [0, 1, 0x7f, 0xff]) {
        const bytes = good.slice()
        bytes[at] = value
        const record = readRecord(bytes, view(bytes))
        if (typeof record === 'object' && record.kind === 'frames') {
          for (const frame of record.frames) expect(frame.bytes.length).toBeLessThan(200)
        }
      }
    }
  })
})

describe('networks', () => {
  it('are defined anew beneath their interfaces; one that is gone leaves them silent', async () => {
    const { networks, a, b } = await pair()
    b.front.fill()
    const send = async (arrived: number): Promise<void> => {
      const frame = plain(b.mac, a.mac, 0x88b5, pattern(60))
      set16(frame.bytes, 20, arrived)
      a.front.send(frame)
      await expect.poll(() => b.got.length).toBe(arrived)
    }
    await send(1)
    const other = {
      name: 'default',
      kind: 'isolated',
      address: '10.7.0.1',
      prefix: 16,
      hosts: [],
      hostLoopback: false,
    } as const
    expect(networks.define([other])).toEqual({ ok: true, value: undefined })
    await send(2)
    expect(networks.define([{ ...other, address: '10.7.0.0' }])).toEqual({
      ok: false,
      error: 'Network default: 10.7.0.0 cannot be the gateway of a network of that size.',
    })
    expect(networks.define([])).toEqual({ ok: true, value: undefined })
    await send(3)
    expect(a.service.counters().writeRequests).toBe(3)
  })

  it('that are stopped keep their interfaces, which are silent until they are started; new ones may come meanwhile', async () => {
    const { networks, a, b } = await pair()
    b.front.fill()
    const stopped = { ...DEFAULT_NETWORK, stopped: true }
    expect(networks.define([stopped])).toEqual({ ok: true, value: undefined })
    expect(networks.leasesOf('default')).toEqual([])
    a.front.send(plain(b.mac, a.mac, 0x88b5, pattern(60)))
    await expect.poll(() => a.front.statuses.length).toBe(1)
    const forwards = [{ protocol: 'tcp', hostPort: 2222, guestPort: 22 }] as const
    const late: Nic = { kind: 'vif', index: 0, network: 'default', mac: '00:16:3e:00:00:77', forwards: [...forwards] }
    const got: Frame[] = []
    const offload = { gso: false, blankChecksum: false }
    const attached = await networks.attach(late, 'late', offload, (frame) => got.push(frame))
    if (!attached.ok) throw new Error(attached.error)
    attached.value.send(plain(b.mac, 0x00163e000077, 0x88b5, pattern(60)))
    expect(b.got).toEqual([])
    expect(networks.define([DEFAULT_NETWORK])).toEqual({ ok: true, value: undefined })
    a.front.send(plain(b.mac, a.mac, 0x88b5, pattern(60)))
    await expect.poll(() => b.got.length).toBe(1)
    attached.value.send(plain(b.mac, 0x00163e000077, 0x88b5, pattern(60)))
    await expect.poll(() => b.got.length).toBe(2)
    expect(a.service.counters().writeRequests).toBe(1)
    attached.value.detach()
  })

  it('that are isolated take interfaces with port forwards, which lead nowhere there', async () => {
    const networks = new Networks(systemClock, new FakeHost())
    const lab = { ...DEFAULT_NETWORK, name: 'lab', kind: 'isolated', address: '10.0.9.1' } as const
    const dhcp = { first: '10.0.9.15', last: '10.0.9.250' }
    expect(networks.define([{ ...lab, dhcp }])).toEqual({ ok: true, value: undefined })
    const forwards = [{ protocol: 'tcp', hostPort: 2222, guestPort: 22 } as const]
    const nic: Nic = { kind: 'vif', index: 0, network: 'lab', mac: '00:16:3e:00:00:77', forwards }
    const attached = await networks.attach(nic, 'moved', { gso: false, blankChecksum: false }, () => {})
    if (!attached.ok) throw new Error(attached.error)
    attached.value.detach()
    networks.dispose()
  })
})
