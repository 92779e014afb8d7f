// The RFB server against a viewer of our own: every encoding in many pixel formats gives the picture, changes and scrolling arrive
// as little as possible, sizes change, passwords hold, and no message a viewer can send does harm to another.
import { createHash } from 'node:crypto'
import { afterEach, describe, expect, it } from 'vitest'
import type { InputSink } from '../../../src-engine/rfb/input-hub'
import { RFB_ENCODING, RFB_LIMITS } from '../../../src-engine/rfb/protocol'
import { RfbServer } from '../../../src-engine/rfb/server'
import { TestPattern } from '../../../src-engine/rfb/test-pattern'
import { Canvas, random } from '../../support/pictures'
import { type ClientFormat, channelPair, RfbClient, type RfbClientOptions, XRGB } from '../../support/rfb-client'
import { count } from '../../support/tier'

const { raw, copyRect, hextile, trle, zrle, cursor, desktopSize, extendedDesktopSize, qemuExtendedKeyEvent } = RFB_ENCODING

class Inputs implements InputSink {
  readonly told: string[] = []
  key(code: number, pressed: boolean): void {
    this.told.push(`${code}${pressed ? '+' : '-'}`)
  }
  pointer(x: number, y: number, wheel: number): void {
    this.told.push(`${x},${y}${wheel === 0 ? '' : `w${wheel}`}`)
  }
}

const servers: RfbServer[] = []
afterEach(() => {
  for (const server of servers.splice(0)) server.dispose('the test is over')
})

function serve(source: Canvas | TestPattern) {
  const inputs = new Inputs()
  const server = new RfbServer({ source, input: inputs, name: 'a guest' })
  servers.push(server)
  return { server, inputs }
}

async function view(server: RfbServer, options: RfbClientOptions & { wide?: boolean; serverPassword?: string } = {}) {
  const pair = channelPair(options.wide ?? false)
  server.attach(pair.channel, options.serverPassword)
  const client = new RfbClient(pair.toServer, options)
  pair.fromServer((bytes) => client.receive(bytes))
  await client.start()
  return { client, pair }
}

const hash = (pixels: Uint32Array) => createHash('sha256').update(new Uint8Array(pixels.buffer)).digest('hex')

/** The picture as a viewer with few colours sees it. */
function rounded(pixels: Uint32Array, { max }: ClientFormat): Uint32Array {
  const part = (value: number, most: number): number => Math.round((Math.round((value * most) / 255) * 255) / most)
  return pixels.map(
    (p) => ((part((p >>> 16) & 255, max[0]) << 16) | (part((p >>> 8) & 255, max[1]) << 8) | part(p & 255, max[2])) >>> 0,
  )
}

const FORMATS: readonly (readonly [string, ClientFormat])[] = [
  ['our own', XRGB],
  ["a browser's", { bits: 32, bigEndian: false, max: [255, 255, 255], shift: [0, 8, 16] }],
  ['big-endian', { bits: 32, bigEndian: true, max: [255, 255, 255], shift: [16, 8, 0] }],
  ['colours in the upper bytes', { bits: 32, bigEndian: false, max: [255, 255, 255], shift: [24, 16, 8] }],
  ['the same big-endian', { bits: 32, bigEndian: true, max: [255, 255, 255], shift: [24, 16, 8] }],
  ['16 bits, 565', { bits: 16, bigEndian: false, max: [31, 63, 31], shift: [11, 5, 0] }],
  ['16 bits big-endian, 555', { bits: 16, bigEndian: true, max: [31, 31, 31], shift: [10, 5, 0] }],
  ['8 bits, 233', { bits: 8, bigEndian: false, max: [7, 7, 3], shift: [0, 3, 6] }],
]

/** Sizes that are no multiples of a tile, with content of every kind. */
function mixed(seed: number): Canvas {
  const next = random(seed)
  const canvas = new Canvas(333, 245)
  canvas.noise(next, 200, 100, 133, 145)
  canvas.fill(0x1234ab, 100, 60, 150, 80)
  for (let line = 0; line < 6; line++) canvas.text(next, line, line < 3 ? [0xaaaaaa] : [0xaaaaaa, 0x00ff00, 0xff5555])
  canvas.text(
    next,
    10,
    Array.from({ length: 40 }, () => Math.floor(next() * 2 ** 24)),
  )
  for (let x = 0; x < 120; x++) canvas.fill((x * 0x020408) & 0xffffff, x, 180, 1, 60)
  return canvas
}

describe('encodings', () => {
  for (const [name, encoding] of [
    ['raw', raw],
    ['hextile', hextile],
    ['trle', trle],
    ['zrle', zrle],
  ] as const) {
    it.each(FORMATS)(`${name} gives the picture in %s`, async (_format, format) => {
      const canvas = mixed(encoding + 1)
      const { server } = serve(canvas)
      const { client } = await view(server, { encodings: [encoding], format })
      await client.frame(false)
      expect(hash(client.pixels)).toBe(hash(rounded(canvas.pixels, format)))
      expect([...client.rectangles.keys()]).toEqual([encoding])
      const next = random(99)
      for (let turn = 0; turn < 5; turn++) {
        canvas.noise(next, Math.floor(next() * 300), Math.floor(next() * 200), 1 + Math.floor(next() * 30), 20)
        canvas.tell()
        await client.frame()
        expect(hash(client.pixels)).toBe(hash(rounded(canvas.pixels, format)))
      }
    })
  }

  it('a viewer gets the first of its encodings that we have; a window what is quick to unpack', async () => {
    const { server } = serve(mixed(1))
    for (const [encodings, wide, expected] of [
      [[7, hextile, zrle], false, hextile],
      [[copyRect, zrle, hextile, raw], false, zrle],
      [[raw, zrle], false, raw],
      [[zrle], true, raw],
      [[hextile, zrle, trle, raw], true, trle],
      [[raw, trle], true, raw],
      [[trle, zrle], false, trle],
      [[], false, raw],
    ] as const) {
      const { client } = await view(server, { encodings, wide })
      await client.frame(false)
      expect([...client.rectangles.keys()]).toEqual([expected])
    }
  })

  it('a window gets what is nearly all noise with four bytes a pixel, anything else packed', async () => {
    const canvas = mixed(3)
    const { server } = serve(canvas)
    const browser = FORMATS.find(([name]) => name.includes('browser'))?.[1]
    const { client } = await view(server, { encodings: [trle], wide: true, ...(browser && { format: browser }) })
    const frame = async (): Promise<number[]> => {
      client.rectangles.clear()
      canvas.tell()
      await client.frame()
      expect(hash(client.pixels)).toBe(hash(canvas.pixels))
      return [...client.rectangles.keys()]
    }
    const next = random(7)
    for (let turn = 0; turn < 2; turn++) {
      canvas.noise(next, 0, 0, canvas.width, canvas.height)
      expect(await frame()).toEqual([raw])
      canvas.noise(next, 20, 20, 40, 40)
      expect(await frame()).toEqual([trle])
      canvas.fill(0x123456, 0, 0, canvas.width, canvas.height / 2)
      canvas.noise(next, 0, canvas.height / 2, canvas.width, canvas.height / 2)
      expect(await frame()).toEqual([trle])
    }
    // Not to one far away, for whom each byte counts.
    const { client: far } = await view(server, { encodings: [trle], wide: false })
    canvas.noise(next, 0, 0, canvas.width, canvas.height)
    canvas.tell()
    await far.frame(false)
    expect([...far.rectangles.keys()]).toEqual([trle])
  })
})

describe('changes', () => {
  it('one pixel costs one tile, nothing costs nothing', async () => {
    const canvas = mixed(2)
    const { server } = serve(canvas)
    const { client } = await view(server)
    await client.frame(false)
    const before = client.bytes
    canvas.fill(0xff00ff, 130, 70, 1, 1)
    canvas.tell()
    await client.frame()
    expect(client.bytes - before).toBe(4 + 12 + 64 * 16 * 4)
    // Said to have changed and has not: the viewer waits on, until there is something.
    client.request(true)
    canvas.tell()
    await new Promise((resolve) => setTimeout(resolve, 60))
    expect(client.updates).toBe(2)
    canvas.fill(0xff00ff, 0, 0, 1, 1)
    canvas.tell()
    await expect.poll(() => client.updates).toBe(3)
    expect(hash(client.pixels)).toBe(hash(canvas.pixels))
  })

  it('a scrolled text console is copied, and only the new line is sent', async () => {
    const canvas = new Canvas(640, 400)
    const next = random(3)
    for (let line = 0; line < 25; line++) canvas.text(next, line)
    const { server } = serve(canvas)
    const scrolling = await view(server, { encodings: [copyRect, raw] })
    const plain = await view(server, { encodings: [raw] })
    await Promise.all([scrolling.client.frame(false), plain.client.frame(false)])
    for (let turn = 0; turn < 10; turn++) {
      const before = scrolling.client.bytes
      canvas.scroll(turn === 5 ? 48 : 16)
      for (let line = turn === 5 ? 22 : 24; line < 25; line++) canvas.text(next, line)
      canvas.tell()
      await Promise.all([scrolling.client.frame(), plain.client.frame()])
      expect(hash(scrolling.client.pixels)).toBe(hash(canvas.pixels))
      expect(hash(plain.client.pixels)).toBe(hash(canvas.pixels))
      expect(scrolling.client.bytes - before).toBeLessThan(640 * 64 * 4 + 100)
    }
    expect(scrolling.client.rectangles.get(copyRect)).toBe(10)
    expect(plain.client.rectangles.has(copyRect)).toBe(false)
  })

  it('what a screenshot was the first to see is sent to the viewers too', async () => {
    const canvas = mixed(4)
    const { server } = serve(canvas)
    const { client } = await view(server)
    const beside = await view(server)
    await client.frame(false)
    client.request(true)
    // A frame for the other one: the first has had its turn, and waits.
    await beside.client.frame(false)
    canvas.fill(0xff00ff, 130, 70, 1, 1)
    server.screenshot()
    await expect.poll(() => client.updates).toBe(2)
    expect(hash(client.pixels)).toBe(hash(canvas.pixels))
  })

  describe('a scroll that a screenshot was the first to see', () => {
    /** Twenty lines of text on a black ground: all of it moves, and nothing else is to be sent. */
    async function scrolled(encodings: readonly number[]) {
      const canvas = new Canvas(640, 400)
      const next = random(5)
      for (let line = 0; line < 20; line++) canvas.text(next, line)
      const { server } = serve(canvas)
      const { client } = await view(server, { encodings: [copyRect, raw, ...encodings] })
      await client.frame(false)
      client.request(true)
      canvas.scroll(16)
      server.screenshot()
      return { canvas, client }
    }

    it('is not forgotten over the next one', async () => {
      const { canvas, client } = await scrolled([])
      canvas.scroll(16)
      canvas.tell()
      await expect.poll(() => client.updates).toBe(2)
      expect(hash(client.pixels)).toBe(hash(canvas.pixels))
    })

    it('is not copied on a screen of another size', async () => {
      const { canvas, client } = await scrolled([desktopSize])
      canvas.resize(64, 48)
      await expect.poll(() => client.updates).toBe(2)
      expect(client.rectangles.has(copyRect)).toBe(false)
      await client.frame(false)
      expect(hash(client.pixels)).toBe(hash(canvas.pixels))
    })
  })

  it('viewers of different speed all end with the picture, through random changes and scrolls', async () => {
    const canvas = new Canvas(400, 300)
    const next = random(4)
    canvas.noise(next)
    const { server } = serve(canvas)
    const viewers = await Promise.all(
      [
        { encodings: [copyRect, raw], wide: true },
        { encodings: [copyRect, trle], wide: true },
        { encodings: [copyRect, zrle] },
        { encodings: [copyRect, hextile] },
        { encodings: [zrle] },
      ].map((options) => view(server, options)),
    )
    for (const { client } of viewers) client.request(false)
    for (let turn = 0; turn < count(40, 400); turn++) {
      const what = next()
      if (what < 0.4) canvas.scroll(8 * (1 + Math.floor(next() * 4)))
      else if (what < 0.8) canvas.noise(next, Math.floor(next() * 350), Math.floor(next() * 250), 50, 50)
      else canvas.fill(Math.floor(next() * 2 ** 24), 0, Math.floor(next() * 200), 400, 60)
      canvas.tell()
      for (const { client } of viewers) if (next() < 0.5) client.request(true)
      await new Promise((resolve) => setTimeout(resolve, Math.floor(next() * 25)))
    }
    for (const { client } of viewers) {
      for (let more = 0; more < 3; more++) client.request(true)
      await expect.poll(() => hash(client.pixels)).toBe(hash(canvas.pixels))
    }
  })

  it('frames that nobody takes are not made: at most two on the way', async () => {
    const canvas = mixed(5)
    const { server } = serve(canvas)
    const { client } = await view(server)
    await client.frame(false)
    for (let i = 0; i < 100; i++) client.request(true)
    const next = random(6)
    for (let i = 0; i < 10; i++) {
      canvas.noise(next, 0, 0, 64, 16)
      canvas.tell()
      await new Promise((resolve) => setTimeout(resolve, 25))
    }
    await expect.poll(() => client.updates).toBeGreaterThanOrEqual(1 + RFB_LIMITS.framesInFlight)
    expect(client.updates).toBe(1 + RFB_LIMITS.framesInFlight)
  })

  it('the source is watched only while there are viewers', async () => {
    const canvas = mixed(7)
    const { server } = serve(canvas)
    expect(canvas.looked).toBe(0)
    const one = await view(server)
    const two = await view(server)
    expect(canvas.looked).toBe(1)
    one.pair.hangUp()
    expect(canvas.looked).toBe(1)
    two.pair.hangUp()
    expect(canvas.looked).toBe(0)
    expect(server.viewers).toBe(0)
  })
})

describe('sizes', () => {
  it.each([
    ['DesktopSize', desktopSize],
    ['ExtendedDesktopSize', extendedDesktopSize],
  ])('%s tells a viewer of a new mode', async (_name, encoding) => {
    const canvas = mixed(8)
    const { server } = serve(canvas)
    const { client } = await view(server, { encodings: [zrle, copyRect, encoding] })
    await client.frame(false)
    for (const [width, height] of [
      [640, 480],
      [200, 100],
      [1024, 768],
    ] as const) {
      canvas.resize(width, height)
      canvas.noise(random(width))
      canvas.tell()
      await client.frame()
      await client.frame(false)
      expect([client.width, client.height]).toEqual([width, height])
      expect(hash(client.pixels)).toBe(hash(canvas.pixels))
    }
  })

  it('a viewer that knows of no sizes keeps seeing its part', async () => {
    const canvas = mixed(9)
    const { server } = serve(canvas)
    const { client } = await view(server, { encodings: [raw] })
    await client.frame(false)
    canvas.resize(200, 100)
    canvas.fill(0x112233)
    canvas.tell()
    await client.frame()
    expect(client.pixels[0]).toBe(0x112233)
    canvas.resize(700, 500)
    canvas.fill(0x332211)
    canvas.tell()
    await client.frame()
    expect(client.pixels.every((pixel) => pixel === 0x332211)).toBe(true)
  })

  it('cursor and extended keys are acknowledged once', async () => {
    const { server } = serve(mixed(10))
    const { client } = await view(server, { encodings: [raw, cursor, qemuExtendedKeyEvent, extendedDesktopSize] })
    await client.frame(false)
    await client.frame(false)
    expect([cursor, qemuExtendedKeyEvent, extendedDesktopSize].map((one) => client.rectangles.get(one))).toEqual([1, 1, 1])
  })
})

describe('handshake', () => {
  it.each(['RFB 003.003\n', 'RFB 003.005\n', 'RFB 003.007\n', 'RFB 003.008\n', 'RFB 003.889\n'])(
    'with %j, without and with a password',
    async (version) => {
      const canvas = mixed(11)
      const { server } = serve(canvas)
      const open = await view(server, { version })
      expect([open.client.security, open.client.name]).toEqual([1, 'a guest'])
      await open.client.frame(false)
      expect(hash(open.client.pixels)).toBe(hash(canvas.pixels))
      const closed = await view(server, { version, serverPassword: 'geheim!', password: 'geheim!' })
      expect(closed.client.security).toBe(2)
      await closed.client.frame(false)
      expect(hash(closed.client.pixels)).toBe(hash(canvas.pixels))
    },
  )

  it('a wrong password is answered late and ends; after five nobody may try for a while', async () => {
    const { server } = serve(mixed(12))
    const tries = Array.from({ length: 5 }, () => view(server, { serverPassword: 'right', password: 'wrong' }))
    for (const one of tries) await expect(one).rejects.toThrow('wrong password')
    await expect(view(server, { serverPassword: 'right', password: 'right' })).rejects.toThrow('Too many wrong passwords')
  })

  it('passwords tried on many connections at once are looked at five times all the same', async () => {
    const { server } = serve(mixed(15))
    const pairs = Array.from({ length: 20 }, () => channelPair(false))
    const tries = pairs.map((pair, i) => {
      server.attach(pair.channel, 'right')
      const client = new RfbClient(pair.toServer, { password: i < 19 ? `wrong ${i}` : 'right' })
      pair.fromServer((bytes) => client.receive(bytes))
      return client.start()
    })
    const ended = await Promise.allSettled(tries)
    expect(ended.every(({ status }) => status === 'rejected')).toBe(true)
    const reasons = pairs.map((pair) => pair.closed())
    expect(reasons.filter((reason) => reason === 'Wrong password.')).toHaveLength(5)
    expect(reasons.filter((reason) => reason?.startsWith('Too many wrong passwords'))).toHaveLength(15)
  })

  it('what is no viewer, or asks for a type not offered, is closed', () => {
    const { server } = serve(mixed(13))
    for (const [messages, reason] of [
      [['GET / HTTP/1.1\r\n\r\n'], 'not an RFB viewer'],
      [['RFB 003.008\n', '\x02'], 'security type 2 was not offered'],
    ] as const) {
      const pair = channelPair(false)
      server.attach(pair.channel)
      for (const text of messages) pair.toServer(Buffer.from(text, 'latin1'))
      expect(pair.closed()).toBe(reason)
    }
  })

  it('no more viewers than the limit', async () => {
    const { server } = serve(mixed(14))
    for (let i = 0; i < RFB_LIMITS.clients; i++) await view(server)
    const pair = channelPair(false)
    server.attach(pair.channel)
    expect(pair.closed()).toBe('too many viewers')
  })

  it('connections that never say who they are keep no viewer out', async () => {
    const { server } = serve(mixed(16))
    const { pair: seated } = await view(server)
    const strangers = Array.from({ length: RFB_LIMITS.clients }, () => channelPair(false))
    for (const { channel } of strangers) server.attach(channel, 'secret')
    const { client } = await view(server)
    await client.frame(false)
    expect(server.viewers).toBe(RFB_LIMITS.clients)
    expect(seated.closed()).toBe(undefined)
    expect(strangers.filter((one) => one.closed() !== undefined)).toEqual(strangers.slice(0, 2))
  })
})

describe('bad viewers', () => {
  it.each([
    ['an unknown message', [99], 'message of unknown type 99'],
    ['17 bits per pixel', [0, 0, 0, 0, 17, 24, 0, 1, 0, 255, 0, 255, 0, 255, 16, 8, 0, 0, 0, 0], '17 bits per pixel'],
    [
      'colours beyond the pixel',
      [0, 0, 0, 0, 8, 8, 0, 1, 0, 255, 0, 255, 0, 255, 16, 8, 0, 0, 0, 0],
      'colours beyond the pixel',
    ],
    ['no colours', [0, 0, 0, 0, 8, 8, 0, 1, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0], 'colours beyond the pixel'],
    ['too many encodings', [2, 0, 0xff, 0xff], '65535 encodings'],
    ['an endless text', [6, 0, 0, 0, 0x7f, 0xff, 0xff, 0xff], 'a text too long'],
    ['a QEMU message of another kind', [255, 1, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0], 'QEMU message 1'],
  ])('%s closes that viewer and no other', async (_name, bytes, reason) => {
    const canvas = mixed(15)
    const { server } = serve(canvas)
    const good = await view(server)
    const bad = await view(server)
    bad.pair.toServer(Uint8Array.from(bytes))
    expect(bad.pair.closed()).toBe(reason)
    expect([server.refused, server.viewers]).toEqual([1, 1])
    await good.client.frame(false)
    expect(hash(good.client.pixels)).toBe(hash(canvas.pixels))
  })

  it('a text is skipped, however it is cut', async () => {
    const { server, inputs } = serve(mixed(16))
    const { pair } = await view(server)
    const text = Buffer.concat([
      Buffer.from([6, 0, 0, 0, 0, 0, 0x40, 0]),
      Buffer.alloc(0x4000, 4),
      Buffer.from([4, 1, 0, 0, 0, 0, 0, 0x61]),
    ])
    for (let at = 0; at < text.length; at += 1000) pair.toServer(text.subarray(at, at + 1000))
    expect(pair.closed()).toBeUndefined()
    expect(inputs.told).toEqual(['30+'])
  })

  it('random and mutated messages never throw and never harm the viewer beside them', async () => {
    const canvas = mixed(17)
    const { server, inputs } = serve(canvas)
    const good = await view(server, { encodings: [zrle] })
    const next = random(17)
    const rounds = count(600, 10_000)
    const whole = (n: number): number => Math.floor(next() * n)
    let closed = 0
    for (let round = 0; round < rounds; round++) {
      const pair = channelPair(next() < 0.5)
      server.attach(pair.channel, next() < 0.1 ? 'secret' : undefined)
      const hello = next() < 0.9 ? ['RFB 003.008\n', '\x01', '\x01'] : ['RFB 003.003\n', '\x01']
      for (const text of hello) pair.toServer(Buffer.from(text, 'latin1'))
      for (let n = 0; n < 8; n++) {
        const kind = [0, 2, 3, 4, 5, 6, 251, 255][whole(8)] ?? 0
        const message = Uint8Array.from({ length: 1 + whole(40) }, () => (next() < 0.5 ? 0 : whole(256)))
        message[0] = next() < 0.95 ? kind : whole(256)
        if (next() < 0.7) message[1] = 0
        pair.toServer(message)
      }
      if (pair.closed() !== undefined) closed++
      else pair.hangUp()
      if (round % 100 === 0) {
        await good.client.frame(false)
        expect(hash(good.client.pixels)).toBe(hash(canvas.pixels))
      }
    }
    expect(closed).toBeGreaterThan(rounds / 10)
    expect(server.viewers).toBe(1)
    expect(server.refused).toBe(closed)
    // Whatever they pressed, they released when they were closed.
    const down = new Map<string, number>()
    for (const one of inputs.told) if (/^\d+[+-]$/.test(one)) down.set(one.slice(0, -1), one.endsWith('+') ? 1 : 0)
    expect([...down].filter(([, held]) => held === 1)).toEqual([])
  })
})

it('the test pattern shows keys and clicks and remembers them', async () => {
  const pattern = new TestPattern(320, 240, false)
  const server = new RfbServer({ source: pattern, input: pattern, name: 'pattern' })
  servers.push(server)
  const { client } = await view(server, { wide: true })
  await client.frame(false)
  const before = hash(client.pixels)
  client.pointer(0, 50, 60)
  client.pointer(1, 50, 60)
  client.key(0x61, true)
  await client.frame()
  expect(hash(client.pixels)).not.toBe(before)
  expect(pattern.inputs.map(({ kind, code, x, y }) => [kind, code, x, y])).toEqual([
    ['pointer', 0, 50, 60],
    ['key', 0x110, 50, 60],
    ['key', 30, 50, 60],
  ])
  const shot = server.screenshot()
  expect([shot.width, shot.height, Buffer.from(shot.png.subarray(1, 4)).toString()]).toEqual([320, 240, 'PNG'])
})
