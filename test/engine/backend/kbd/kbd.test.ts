// The keyboard's pump on a page read as a frontend reads it: keys and positions in order, a full ring, a guest that takes nothing,
// saving with keys held.
import { describe, expect, it } from 'vitest'
import { GuestInput } from '../../../../src-engine/backend/kbd/guest-input'
import { kbdPumps } from '../../../../src-engine/backend/kbd/pump'
import { kbdRow } from '../../../../src-engine/backend/kbd/row'
import { XENKBD, XENKBD_EVENT_SIZE, XENKBD_IN_ENTRIES } from '../../../../src-engine/public/xen/io/kbdif'
import { plainGuest } from '../../../support/plain-guest'
import { randomFrom } from '../../../support/random'

const PAGE = 5
const PORT = 11

function keyboard(options: { absolute?: boolean; range?: [number, number]; screen?: [number, number]; page?: number } = {}) {
  const { page = PAGE } = options
  const memory = new SharedArrayBuffer(4096 * (page + 1))
  const guest = plainGuest(memory)
  const view = new DataView(memory)
  const base = page * 4096
  const input = new GuestInput()
  const failures: string[] = []
  const [width, height] = options.range ?? [800, 600]
  const [screenWidth, screenHeight] = options.screen ?? [width, height]
  const connect = (state?: Uint8Array) => {
    const made = kbdPumps(input, () => ({ width: screenWidth, height: screenHeight }))({
      guest,
      connect: {
        key: 'vkbd/0',
        fresh: state === undefined,
        frontend: {
          'page-ref': String(page),
          'event-channel': String(PORT),
          ...(options.absolute === false ? {} : { 'request-abs-pointer': '1' }),
        },
        backend: { width: String(width), height: String(height) },
      },
      state,
      failed: (reason) => void failures.push(reason),
    })
    if (!made.ok) throw new Error(made.error)
    made.value.attach({ send() {}, wake() {}, bounce: undefined })
    return made.value
  }
  /** Takes what is there, as Linux does. */
  const read = (most = 1000): string[] => {
    const events: string[] = []
    let consumed = view.getUint32(base + XENKBD.in_cons, true)
    while (consumed !== view.getUint32(base + XENKBD.in_prod, true) && events.length < most) {
      const at = base + XENKBD.in + (consumed % XENKBD_IN_ENTRIES) * XENKBD_EVENT_SIZE
      const word = (offset: number) => view.getInt32(at + offset, true)
      const type = view.getUint8(at)
      if (type === 3) events.push(`key ${word(4)} ${view.getUint8(at + 1)}`)
      else events.push(`${type === 4 ? 'at' : 'by'} ${word(4)},${word(8)} ${-word(12)}`)
      consumed = (consumed + 1) >>> 0
    }
    view.setUint32(base + XENKBD.in_cons, consumed, true)
    return events
  }
  return { guest, view, base, input, failures, connect, read }
}

describe('events', () => {
  it('come in order, and each turn rings once', () => {
    const { guest, input, connect, read } = keyboard()
    connect()
    input.pointer(10, 20, 0)
    input.key(0x110, true)
    input.key(0x110, false)
    input.pointer(10, 20, 1)
    input.key(30, true)
    input.key(30, true)
    expect(guest.raised).toEqual([PORT, PORT, PORT, PORT, PORT, PORT])
    expect(read()).toEqual(['at 10,20 0', 'key 272 1', 'key 272 0', 'at 10,20 1', 'key 30 1', 'key 30 1'])
    expect(guest.dirty.has(PAGE)).toBe(true)
  })

  it('come to a page beyond 2 GiB too', () => {
    const { input, connect, read, failures } = keyboard({ page: 2 ** 19 + PAGE })
    const pump = connect()
    input.key(30, true)
    pump.signal(PORT)
    expect([read(), failures]).toEqual([['key 30 1'], []])
  })

  it('positions are scaled when the screen has another size: corner to corner', () => {
    const { input, connect, read } = keyboard({ range: [800, 600], screen: [1920, 1200] })
    connect()
    for (const [x, y] of [
      [0, 0],
      [1919, 1199],
      [960, 600],
    ] as const) {
      input.pointer(x, y, 0)
    }
    expect(read()).toEqual(['at 0,0 0', 'at 799,599 0', 'at 400,300 0'])
  })

  it('a frontend without absolute positions gets differences', () => {
    const { input, connect, read } = keyboard({ absolute: false })
    connect()
    input.pointer(100, 100, 0)
    input.pointer(103, 98, 0)
    input.pointer(103, 98, -1)
    input.pointer(103, 98, 0)
    expect(read()).toEqual(['by 3,-2 0', 'by 0,0 -1'])
  })

  it('what does not fit waits; motion nobody saw is joined, keys are not', () => {
    const { input, connect, read } = keyboard()
    const pump = connect()
    for (let i = 0; i < 60; i++) input.key(30 + (i % 2), i % 4 < 2)
    for (let i = 0; i < 100; i++) input.pointer(i, i, 0)
    input.key(0x110, true)
    const first = read()
    expect(first.length).toBe(XENKBD_IN_ENTRIES)
    pump.signal(PORT)
    const second = read()
    expect([...first, ...second].filter((event) => event.startsWith('key')).length).toBe(61)
    expect(second.slice(-2)).toEqual(['at 99,99 0', 'key 272 1'])
  })

  it('a guest that takes nothing for long has nothing held when it takes again', () => {
    const { input, connect, read } = keyboard()
    const pump = connect()
    const next = randomFrom(1)
    const told = new Set<string>()
    const down = new Set<number>()
    for (let i = 0; i < 5000; i++) {
      const code = 1 + next(80)
      if (down.has(code)) down.delete(code)
      else down.add(code)
      input.key(code, down.has(code))
    }
    for (const code of down) input.key(code, false)
    for (let turn = 0; turn < 100; turn++) {
      for (const event of read()) {
        const [, code = '', pressed] = event.split(' ')
        if (pressed === '1') told.add(code)
        else told.delete(code)
      }
      pump.signal(PORT)
    }
    expect([...told]).toEqual([])
  })

  it('without a frontend nothing is kept', () => {
    const { input, connect, read } = keyboard()
    input.key(30, true)
    connect()
    expect(read()).toEqual([])
    expect(input.held).toEqual([])
  })
})

describe('saved and restored', () => {
  it('the ring goes on where it was, and keys held then are released: nobody holds them now', () => {
    const first = keyboard()
    const pump = first.connect()
    for (let i = 0; i < 40; i++) first.input.pointer(i, 0, 1)
    first.read()
    first.input.key(42, true)
    first.input.key(30, true)
    first.read()
    const saved = pump.save()
    expect(JSON.parse(new TextDecoder().decode(saved))).toEqual({ version: 1, produced: 42, held: [42, 30] })
    const second = keyboard()
    for (const index of [XENKBD.in_cons, XENKBD.in_prod]) second.view.setUint32(second.base + index, 42, true)
    second.connect(saved)
    second.input.key(31, true)
    expect(second.read()).toEqual(['key 42 0', 'key 30 0', 'key 31 1'])
  })

  it('a damaged state is refused', () => {
    const { connect } = keyboard()
    for (const text of ['', '{}', '{"version":1,"produced":-1,"held":[]}', '{"version":1,"produced":1,"held":[1e9]}']) {
      expect(() => connect(new TextEncoder().encode(text))).toThrow('its saved state makes no sense')
    }
  })
})

describe('bad guests', () => {
  it('a consumer beyond the producer gets nothing, and nothing breaks', () => {
    const { view, base, input, connect, failures } = keyboard()
    const pump = connect()
    view.setUint32(base + XENKBD.in_cons, 1000, true)
    for (let i = 0; i < 3000; i++) input.key(30, i % 2 === 0)
    pump.signal(PORT)
    expect(view.getUint32(base + XENKBD.in_prod, true)).toBe(0)
    expect(failures).toEqual([])
  })

  it('a page that is taken away ends the pump', () => {
    const { guest, connect, failures } = keyboard()
    const pump = connect()
    guest.frame = () => -3
    pump.signal(PORT)
    expect(failures).toEqual(['its page is gone'])
  })

  it('whatever it sends is passed over', () => {
    const { view, base, connect } = keyboard()
    const pump = connect()
    view.setUint32(base + XENKBD.out_prod, 12345, true)
    pump.signal(PORT)
    expect(view.getUint32(base + XENKBD.out_cons, true)).toBe(12345)
  })
})

it('the row serves a display: absolute positions in its size', async () => {
  const part = kbdRow.of({ kind: 'vfb', width: 1024, height: 768 })
  const service = part?.make({ handle: 'x', clock: { now: () => 0, after: () => () => {} }, log: () => {} })
  expect(await service?.open()).toEqual({ ok: true, value: { 'feature-abs-pointer': '1', width: '1024', height: '768' } })
})
