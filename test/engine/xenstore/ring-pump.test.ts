// The XenStore ring pump on plain shared memory: wrapping, pieces, hostile indexes, replay to a new link, saved state.
import { describe, expect, it } from 'vitest'
import { XS_REQUEST_WINDOW } from '../../../src-engine/public/protocol/link'
import { XENSTORE_ERROR_PROTO, XENSTORE_ERROR_RINGIDX, XENSTORE_RING, XS } from '../../../src-engine/public/xen/io/xs-wire'
import type { StoreChannel } from '../../../src-engine/xenstore/ring-pump'
import { writeMessage } from '../../../src-engine/xenstore/server'
import { STORE_PAGE, TestGuest } from '../../support/guest-rings'
import { handleOf, request, shownReply } from '../../support/xenstore-script'

class RecordedChannel implements StoreChannel {
  readonly requests: [number, string][] = []
  acknowledged: [number, number] = [0, 0]
  request(sequence: number, message: Uint8Array): void {
    this.requests.push([sequence, shownReply(message)])
  }
  acknowledge(replies: number, events: number): void {
    this.acknowledged = [replies, events]
  }
}

const read = (path: string) => request(XS.XS_READ, `${path}|`)
const replyTo = (text: string) => writeMessage(XS.XS_READ, 7, 0, text)
const word = (guest: TestGuest, field: number) => new Int32Array(guest.memory)[(STORE_PAGE + field) >> 2]

describe('the XenStore ring pump', () => {
  it('cuts messages out of a ring in which they wrap and arrive byte by byte', () => {
    const guest = new TestGuest(handleOf(1))
    const channel = new RecordedChannel()
    guest.store.connect(channel)
    for (let i = 0; i < 200; i++) {
      const message = read(`data/node-${i}`)
      if (i % 2) guest.requests.write(message)
      else {
        for (const byte of message) {
          guest.requests.write(new Uint8Array([byte]))
          guest.store.poke()
        }
      }
      guest.store.poke()
      expect(guest.store.reply(i + 1, replyTo(`value-${i}`))).toBe(undefined)
      expect(shownReply(guest.responses.read())).toBe(`value-${i}`)
    }
    expect(channel.requests.map(([sequence]) => sequence)).toEqual(Array.from({ length: 200 }, (_, i) => i + 1))
    expect(channel.requests[199]?.[1]).toBe('data/node-199|')
    expect(channel.acknowledged).toEqual([200, 0])
  })

  it('notifies the guest only after an index has moved', () => {
    const guest = new TestGuest(handleOf(1))
    guest.store.connect(new RecordedChannel())
    guest.store.poke()
    expect(guest.storeNotified).toBe(0)
    guest.requests.write(read('a').subarray(0, 5))
    guest.store.poke()
    expect(guest.storeNotified).toBe(1)
    guest.store.poke()
    expect(guest.storeNotified).toBe(1)
  })

  it('takes no more requests than the window, and goes on when replies come', () => {
    const guest = new TestGuest(handleOf(1))
    const channel = new RecordedChannel()
    guest.store.connect(channel)
    const flood = () => {
      while (guest.requests.write(read('x')) > 0) guest.store.poke()
    }
    flood()
    expect(channel.requests.length).toBe(XS_REQUEST_WINDOW)
    expect(guest.requests.prod - guest.requests.cons).toBe(1024)
    guest.store.reply(1, replyTo('y'))
    expect(channel.requests.length).toBe(XS_REQUEST_WINDOW + 1)
  })

  it('keeps replies and events in order while the guest does not read', () => {
    const guest = new TestGuest(handleOf(1))
    const channel = new RecordedChannel()
    guest.store.connect(channel)
    for (let i = 1; i <= 3; i++) guest.requests.write(read('x'))
    guest.store.poke()
    expect(guest.store.reply(1, replyTo('a'.repeat(2000)))).toBe(undefined)
    expect(guest.store.event(1, writeMessage(XS.XS_WATCH_EVENT, 0, 0, 'p\0t\0'))).toBe(undefined)
    expect(guest.store.reply(2, replyTo('b'))).toBe(undefined)
    expect(channel.acknowledged).toEqual([2, 0])
    let stream = ''
    for (let i = 0; i < 10; i++) {
      stream += Buffer.from(guest.responses.read()).toString('latin1')
      guest.store.poke()
    }
    expect(stream.replace(/[^abpt]/g, '').replace(/a+/, 'A')).toBe('Aptb')
    expect(channel.acknowledged).toEqual([2, 1])
  })

  it('stops at hostile indexes and at a message that is too long, says so on the page, and serves no more', () => {
    for (const [prod, cons] of [
      [2000, 0],
      [0, 1],
      [-1, 100],
      [0x7fffffff, -5],
    ] as const) {
      const guest = new TestGuest(handleOf(1))
      guest.store.connect(new RecordedChannel())
      guest.requests.prod = prod
      guest.requests.cons = cons
      guest.store.poke()
      guest.store.poke()
      expect(word(guest, XENSTORE_RING.error)).toBe(XENSTORE_ERROR_RINGIDX)
    }
    const guest = new TestGuest(handleOf(1))
    const channel = new RecordedChannel()
    guest.store.connect(channel)
    const message = read('x')
    new DataView(message.buffer).setUint32(12, 4097, true)
    guest.requests.write(message)
    guest.store.poke()
    expect(word(guest, XENSTORE_RING.error)).toBe(XENSTORE_ERROR_PROTO)
    expect(channel.requests).toEqual([])
    const broken = new TestGuest(handleOf(1))
    const served = new RecordedChannel()
    broken.store.connect(served)
    broken.requests.write(read('x'))
    broken.store.poke()
    broken.responses.cons = 77
    broken.requests.write(read('y'))
    broken.store.reply(1, replyTo('v'))
    expect(word(broken, XENSTORE_RING.error)).toBe(XENSTORE_ERROR_RINGIDX)
    expect(served.requests).toEqual([[1, 'x|']])
  })

  it('asks what was not answered again on a new link, with the old numbers, and drops what it has', () => {
    const guest = new TestGuest(handleOf(1))
    guest.store.connect(new RecordedChannel())
    for (const name of ['a', 'b', 'c']) guest.requests.write(read(name))
    guest.store.poke()
    guest.store.reply(1, replyTo('A'))
    guest.store.event(1, writeMessage(XS.XS_WATCH_EVENT, 0, 0, 'p\0t\0'))
    guest.store.disconnect()
    guest.requests.write(read('d'))
    guest.store.poke()
    expect(guest.store.position).toEqual({ replies: 1, events: 1 })
    const channel = new RecordedChannel()
    guest.store.connect(channel)
    expect(channel.requests).toEqual([
      [2, 'b|'],
      [3, 'c|'],
      [4, 'd|'],
    ])
    expect(guest.store.reply(1, replyTo('A'))).toBe(undefined)
    expect(guest.store.event(1, writeMessage(XS.XS_WATCH_EVENT, 0, 0, 'p\0t\0'))).toBe(undefined)
    expect(guest.store.reply(3, replyTo('C'))).toMatch(/2 expected/)
    expect(guest.store.event(3, replyTo('x'))).toMatch(/2 expected/)
  })

  it('goes on from saved state in the middle of a request and of a reply', () => {
    const guest = new TestGuest(handleOf(1))
    guest.store.connect(new RecordedChannel())
    const second = read('second')
    guest.requests.write(read('first'))
    guest.store.poke()
    guest.store.reply(1, replyTo('v'.repeat(1500)))
    guest.requests.write(second.subarray(0, 18))
    guest.store.poke()
    const half = guest.responses.read(500)
    const state = guest.store.save()
    const memory = new SharedArrayBuffer(guest.memory.byteLength)
    new Uint8Array(memory).set(new Uint8Array(guest.memory))
    const restored = new TestGuest(handleOf(1), memory)
    expect(restored.store.load(state)).toBe(undefined)
    const channel = new RecordedChannel()
    restored.store.connect(channel)
    restored.requests.write(second.subarray(18))
    restored.store.poke()
    expect(channel.requests).toEqual([[2, 'second|']])
    let rest = Buffer.from(half).toString('latin1')
    for (let i = 0; i < 5; i++) {
      rest += Buffer.from(restored.responses.read()).toString('latin1')
      restored.store.poke()
    }
    expect(rest.slice(16)).toBe('v'.repeat(1500))
  })
})
