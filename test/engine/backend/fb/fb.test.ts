// The framebuffer's pump on pages a test fills as a frontend does: pixels through the page of frame numbers, both widths, events,
// new modes, and every way a guest can get these wrong.
import { describe, expect, it, vi } from 'vitest'
import { Framebuffer } from '../../../../src-engine/backend/fb/framebuffer'
import { fbPumps } from '../../../../src-engine/backend/fb/pump'
import { fbRow } from '../../../../src-engine/backend/fb/row'
import { writeStruct } from '../../../../src-engine/lib/struct-layout'
import { XENFB, XENFB_EVENT_SIZE, XENFB_OUT_ENTRIES, XENFB_PAGE } from '../../../../src-engine/public/xen/io/fbif'
import { plainGuest } from '../../../support/plain-guest'
import { randomFrom } from '../../../support/random'
import { count } from '../../../support/tier'

const WIDTH = 200
const HEIGHT = 150
const SHARED = 3
/** Pages of frame numbers from here, pixels behind them in scattered pages. */
const TABLE = 4
const PORT = 9

function frontend(
  width: 64 | 32 = 64,
  over: { width?: number; height?: number; line_length?: number; mem_length?: number; depth?: number } = {},
  shared = SHARED,
) {
  const memory = new SharedArrayBuffer(4096 * Math.max(512, shared + 1))
  const guest = plainGuest(memory)
  const view = new DataView(memory)
  const bytes = 256 * 1024
  const pages = bytes / 4096
  const gfn = (index: number): number => 20 + ((index * 37) % pages)
  const size = width === 64 ? 8 : 4
  const put = (at: number, value: number) =>
    width === 64 ? view.setBigUint64(at, BigInt(value), true) : view.setUint32(at, value, true)
  const page = shared * 4096
  writeStruct(XENFB_PAGE, width, view, page, {
    width: WIDTH,
    height: HEIGHT,
    line_length: WIDTH * 4,
    mem_length: bytes,
    depth: 32,
    ...over,
  })
  put(page + (width === 64 ? 40 : 36), TABLE)
  for (let i = 0; i < pages; i++) put(TABLE * 4096 + i * size, gfn(i))
  const failures: string[] = []
  const framebuffer = new Framebuffer(WIDTH, HEIGHT)
  let told = 0
  framebuffer.onChange(() => {
    told++
    return front.rest
  })
  const keys = (more: Record<string, string> = {}) => ({
    'page-ref': String(shared),
    'event-channel': String(PORT),
    protocol: width === 64 ? 'x86_64-abi' : 'x86_32-abi',
    'feature-update': '1',
    ...more,
  })
  const connect = (state?: Uint8Array, more?: Record<string, string>) =>
    fbPumps(framebuffer)({
      guest,
      connect: { key: 'vfb/0', fresh: state === undefined, frontend: keys(more), backend: {} },
      state,
      failed: (reason) => void failures.push(reason),
    })
  let produced = 0
  const front = {
    /** What the listener says to each news. */
    rest: 0,
    guest,
    view,
    framebuffer,
    failures,
    connect,
    put,
    told: () => told,
    pump(state?: Uint8Array) {
      const made = connect(state)
      if (!made.ok) throw new Error(made.error)
      made.value.attach({ send() {}, wake() {}, bounce: undefined })
      return made.value
    },
    /** Draws where the frontend's own mapping puts it. */
    draw(byte: number, colour: number) {
      view.setUint32(gfn(Math.floor(byte / 4096)) * 4096 + (byte % 4096), colour, true)
    },
    event(...words: number[]) {
      const at = page + XENFB.out + (produced % XENFB_OUT_ENTRIES) * XENFB_EVENT_SIZE
      for (const [i, word] of words.entries()) view.setInt32(at + 4 * i, word, true)
      view.setUint32(page + XENFB.out_prod, ++produced, true)
    },
    jump(index: number) {
      produced = index
      view.setUint32(page + XENFB.out_prod, index, true)
    },
    consumed: () => view.getUint32(page + XENFB.out_cons, true),
    picture() {
      const pixels = new Uint32Array(framebuffer.width * framebuffer.height)
      framebuffer.damage(0, 0, framebuffer.width, framebuffer.height)
      framebuffer.fetch(pixels, new Uint8Array(framebuffer.height))
      return pixels
    },
  }
  return front
}

describe('pictures', () => {
  it.each([64, 32] as const)('pixels come through the page of frame numbers of a %i-bit guest', (width) => {
    const front = frontend(width)
    const next = randomFrom(1)
    const expected = Uint32Array.from({ length: WIDTH * HEIGHT }, () => next(2 ** 24))
    for (const [i, colour] of expected.entries()) front.draw(i * 4, colour)
    front.pump()
    expect(front.picture()).toEqual(expected)
  })

  it('events are taken from a page beyond 2 GiB too', () => {
    const front = frontend(64, {}, 2 ** 19 + SHARED)
    const pump = front.pump()
    front.event(2, 10, 40, 30, 20)
    pump.signal(PORT)
    expect([front.consumed(), front.failures]).toEqual([1, []])
  })

  it('only what was drawn is looked at, and only rows that changed are told', () => {
    const front = frontend()
    const pump = front.pump()
    const pixels = new Uint32Array(WIDTH * HEIGHT)
    const rows = new Uint8Array(HEIGHT)
    front.framebuffer.fetch(pixels, rows)
    expect(rows.indexOf(1)).toBe(-1)
    front.draw((50 * WIDTH + 20) * 4, 0x112233)
    front.draw((90 * WIDTH + 20) * 4, 0x445566)
    front.event(2, 10, 40, 30, 20)
    pump.signal(PORT)
    front.framebuffer.fetch(pixels, rows)
    expect(rows.reduce((sum, row) => sum + row, 0)).toBe(1)
    expect([rows[50], pixels[50 * WIDTH + 20], pixels[90 * WIDTH + 20]]).toEqual([1, 0x112233, 0])
    expect(front.consumed()).toBe(1)
  })

  it('many updates are one look, the index runs over, the listener is told', () => {
    const front = frontend()
    front.jump(0xffff_fff0)
    front.view.setUint32(SHARED * 4096 + XENFB.out_cons, 0xffff_fff0, true)
    const pump = front.pump()
    const before = front.told()
    for (let i = 0; i < 30; i++) front.event(2, 0, i, WIDTH, 1)
    pump.signal(PORT)
    expect(front.consumed()).toBe((0xffff_fff0 + 30) >>> 0)
    expect(front.told()).toBe(before + 1)
    expect(front.failures).toEqual([])
  })

  it('a frontend that draws is not heard but looked at; when it rests its bell is heard again', async () => {
    const front = frontend()
    const pump = front.pump()
    front.event(2, 0, 0, 1, 1)
    pump.signal(PORT)
    expect(front.guest.hushed.has(PORT)).toBe(true)
    // Nobody rings for these; the ring was full, so what was drawn then may not have been told.
    for (let i = 0; i < 51; i++) front.event(2, 0, 0, 1, 1)
    await expect.poll(front.consumed).toBe(52)
    await expect.poll(() => front.guest.hushed.has(PORT)).toBe(false)
    const rows = new Uint8Array(HEIGHT)
    front.draw((HEIGHT - 1) * WIDTH * 4, 0x123456)
    front.framebuffer.fetch(new Uint32Array(WIDTH * HEIGHT), rows)
    expect(rows[HEIGHT - 1]).toBe(1)
    pump.close()
  })

  it('a pump that ends leaves its port with a bell: another device may get it', () => {
    const front = frontend()
    const pump = front.pump()
    front.event(2, 0, 0, 1, 1)
    pump.signal(PORT)
    expect(front.guest.hushed.has(PORT)).toBe(true)
    pump.close()
    expect(front.guest.hushed.has(PORT)).toBe(false)
  })

  it('between looks, a fetch finds what was told and not yet taken, and all of the picture when the ring was full', () => {
    const front = frontend()
    const pump = front.pump()
    const pixels = new Uint32Array(WIDTH * HEIGHT)
    const fetched = (): number[] => {
      const rows = new Uint8Array(HEIGHT)
      front.framebuffer.look()
      front.framebuffer.fetch(pixels, rows)
      return [...rows.keys()].filter((row) => rows[row] === 1)
    }
    fetched()
    front.event(2, 0, 0, WIDTH, 1)
    pump.signal(PORT)
    const before = front.told()
    front.draw(60 * WIDTH * 4, 0x123456)
    front.draw(140 * WIDTH * 4, 0x123456)
    front.event(2, 0, 60, WIDTH, 1)
    expect(fetched()).toEqual([60])
    for (let i = 0; i < 51; i++) front.event(2, 0, 0, 1, 1)
    expect(fetched()).toEqual([140])
    expect([front.consumed(), front.told()]).toEqual([53, before])
    pump.close()
  })

  it('a frontend whose next frame is far away is left alone till then', () => {
    vi.useFakeTimers()
    const front = frontend()
    const pump = front.pump()
    front.rest = 80
    front.event(2, 0, 0, 1, 1)
    pump.signal(PORT)
    front.event(2, 0, 0, 1, 1)
    vi.advanceTimersByTime(79)
    expect([front.consumed(), front.guest.hushed.has(PORT)]).toEqual([1, true])
    vi.advanceTimersByTime(1)
    expect(front.consumed()).toBe(2)
    pump.close()
    vi.useRealTimers()
  })

  it('a new mode changes size, stride and place of the picture; saved and restored it stays', () => {
    const front = frontend()
    const pump = front.pump()
    front.draw(1000 * 4 + 3 * 512 + 8, 0xabcdef)
    front.event(3, 100, 50, 512, 32, 4000)
    pump.signal(PORT)
    expect([front.framebuffer.width, front.framebuffer.height]).toEqual([100, 50])
    expect(front.picture()[3 * 100 + 2]).toBe(0xabcdef)
    const saved = pump.save()
    pump.close()
    expect(front.framebuffer.connected).toBe(false)
    const again = frontend()
    again.draw(1000 * 4 + 3 * 512 + 8, 0xfedcba)
    again.jump(1)
    const restored = again.connect(saved)
    expect(restored.ok && again.framebuffer.connected).toBe(true)
    expect([again.framebuffer.width, again.picture()[3 * 100 + 2]]).toEqual([100, 0xfedcba])
  })

  it('a page that is gone keeps its last look; a frontend that goes leaves its picture', () => {
    const front = frontend()
    front.draw(0, 0x010203)
    front.draw(8 * 4096, 0x040506)
    const pump = front.pump()
    const pixels = new Uint32Array(WIDTH * HEIGHT)
    front.framebuffer.fetch(pixels, new Uint8Array(HEIGHT))
    const { frame } = front.guest
    front.guest.frame = (gfn, write) => (gfn === 20 ? -3 : frame(gfn, write))
    front.draw(0, 0)
    front.draw(8 * 4096, 0x070809)
    front.framebuffer.damage(0, 0, WIDTH, HEIGHT)
    front.framebuffer.fetch(pixels, new Uint8Array(HEIGHT))
    expect([pixels[0], pixels[2 * 4096]]).toEqual([0x010203, 0x070809])
    pump.close()
    front.framebuffer.damage(0, 0, WIDTH, HEIGHT)
    front.framebuffer.fetch(pixels, new Uint8Array(HEIGHT))
    expect(pixels[0]).toBe(0x010203)
  })

  it('a frontend that tells nothing is looked at while somebody watches', async () => {
    const front = frontend()
    const made = front.connect(undefined, { 'feature-update': '0' })
    if (!made.ok) throw new Error(made.error)
    made.value.attach({ send() {}, wake() {}, bounce: undefined })
    const before = front.told()
    front.framebuffer.watched(true)
    await expect.poll(() => front.told() - before).toBeGreaterThan(2)
    front.framebuffer.watched(false)
    made.value.close()
  })
})

describe('bad frontends', () => {
  it.each([
    [{ width: 0 }, 'a picture of 0 by 150'],
    [{ height: -5 }, 'a picture of 200 by -5'],
    [{ width: 100_000, line_length: 400_000 }, 'a picture of 100000 by 150'],
    [{ line_length: 4 }, 'rows of 4 bytes from 0'],
    [{ line_length: 801 }, 'rows of 801 bytes from 0'],
    [{ line_length: 0xffff_fffc }, 'a picture beyond its memory'],
    [{ mem_length: 4096 }, 'a picture beyond its memory'],
    [{ mem_length: 0 }, 'a framebuffer of 0 bytes'],
    [{ mem_length: 0xffff_ffff }, 'a framebuffer of 4294967295 bytes'],
    [{ depth: 16 }, '16 bits per pixel'],
  ])('%j is refused', (over, error) => {
    expect(frontend(64, over).connect()).toEqual({ ok: false, error })
  })

  it.each([
    [{ 'page-ref': 'x' }, 'the frontend gave no page or event channel'],
    [{ 'page-ref': '99999999' }, 'its page is not there'],
    [{ 'event-channel': '-1' }, 'the frontend gave no page or event channel'],
    [{ protocol: 'arm-abi' }, 'unknown protocol arm-abi'],
  ])('keys %j are refused', (more, error) => {
    expect(frontend().connect(undefined, more)).toEqual({ ok: false, error })
  })

  it('a table of frame numbers that is not there is refused', () => {
    const front = frontend()
    front.put(SHARED * 4096 + 40, 1e9)
    expect(front.connect().ok).toBe(false)
  })

  it.each([
    ['more events than the ring has', (front: ReturnType<typeof frontend>) => front.jump(52), '52 events in a ring of 51'],
    ['an index behind', (front: ReturnType<typeof frontend>) => front.jump(-1 >>> 0), '4294967295 events in a ring of 51'],
    [
      'a mode beyond its memory',
      (front: ReturnType<typeof frontend>) => front.event(3, 2000, 2000, 8000, 32, 0),
      'a picture beyond its memory',
    ],
    [
      'a negative place',
      (front: ReturnType<typeof frontend>) => front.event(3, 10, 10, 40, 32, -400),
      'rows of 40 bytes from -400',
    ],
  ])('%s ends the pump', (_name, act, reason) => {
    const front = frontend()
    const pump = front.pump()
    act(front)
    pump.signal(PORT)
    expect(front.failures).toEqual([reason])
  })

  it('damage anywhere is cut to the screen, unknown events are passed over', () => {
    const front = frontend()
    const pump = front.pump()
    const next = randomFrom(3)
    const wild = () => [0, -1, 1, 199, 200, 2 ** 31 - 1, -(2 ** 31), next(400)][next(8)] ?? 0
    for (let i = 0; i < count(2000, 50_000); i++) {
      front.event(next(10) === 0 ? 77 : 2, wild(), wild(), wild(), wild())
      pump.signal(PORT)
      const rows = new Uint8Array(HEIGHT)
      front.framebuffer.fetch(new Uint32Array(WIDTH * HEIGHT), rows)
      expect(rows.length).toBe(HEIGHT)
    }
    expect(front.failures).toEqual([])
  })

  it('random bytes in a saved state and in the shared page never throw', () => {
    const next = randomFrom(4)
    for (let i = 0; i < count(500, 10_000); i++) {
      const front = frontend()
      const made = front.connect()
      if (!made.ok) throw new Error(made.error)
      const saved = made.value.save()
      const at = next(saved.length)
      saved[at] = next(256)
      const restored = front.connect(saved)
      if (!restored.ok) expect(restored.error).toBeTruthy()
      for (let n = 0; n < 20; n++) front.view.setUint8(SHARED * 4096 + next(64), next(256))
      front.connect()
      made.value.attach({ send() {}, wake() {}, bounce: undefined })
      front.picture()
    }
  })
})

it('the row serves a display: sizes and memory are there before the guest looks', async () => {
  const part = fbRow.of({ kind: 'vfb', width: 1920, height: 1200 })
  const service = part?.make({ handle: 'x', clock: { now: () => 0, after: () => () => {} }, log: () => {} })
  expect(await service?.open()).toEqual({
    ok: true,
    value: { width: '1920', height: '1200', videoram: '9', 'request-update': '1', 'feature-resize': '1' },
  })
  expect(fbRow.of({ kind: 'vbd', dev: 'xvda', path: '', format: 'raw', readonly: false, removable: true })).toBeUndefined()
})
