// The console from the guest's ring to a window's stream and back, across slow windows, floods and a new domain 0.
import { describe, expect, it } from 'vitest'
import { SCROLLBACK_LIMIT, Scrollback } from '../../../../src-engine/backend/console/scrollback'
import { ConsoleService } from '../../../../src-engine/backend/console/service'
import type { Clock } from '../../../../src-engine/lib/clock'
import { CONSOLE_INPUT_WINDOW, CONSOLE_LINK_WINDOW } from '../../../../src-engine/public/protocol/link'
import { CONSOLE_CHUNK, CONSOLE_WINDOW } from '../../../../src-engine/public/protocol/stream'
import { transportPair } from '../../../../src-engine/public/protocol/transport'
import { TestGuest } from '../../../support/guest-rings'
import { VirtualClock } from '../../../support/virtual-clock'
import { handleOf } from '../../../support/xenstore-script'

const soon: Clock = {
  now: () => 0,
  after(_milliseconds, call) {
    let on = true
    queueMicrotask(() => on && call())
    return () => {
      on = false
    }
  },
}
const settle = () => new Promise((resolve) => setTimeout(resolve, 5))
const text = (bytes: Uint8Array) => Buffer.from(bytes).toString('latin1')

/** A pump joined to a service without a link between them. */
function joined(guest = new TestGuest(handleOf(1)), service = new ConsoleService(soon)) {
  const { output, input } = guest.console.position
  const wanted = service.connect({ input: (offset, bytes) => void guest.console.receive(offset, bytes) }, output, input)
  guest.console.connect(
    {
      output: (offset, bytes) => {
        const acknowledge = service.output(offset, bytes)
        queueMicrotask(() => guest.console.acknowledge(acknowledge))
      },
      credit: (limit) => service.giveCredit(limit),
    },
    wanted,
  )
  return { guest, service }
}

/** A window: what it was sent, acknowledging it or not. */
function open(service: ConsoleService, options: { from?: number; acknowledge?: boolean } = {}) {
  const [near, far] = transportPair()
  const seen = { text: '', next: -1, gaps: 0, states: [] as string[], ended: '' }
  near.onMessage((message) => {
    if (typeof message !== 'object' || message === null || !('kind' in message)) throw new Error('not a message')
    if (message.kind === 'output' && 'offset' in message && 'bytes' in message) {
      const { offset, bytes } = message
      if (typeof offset !== 'number' || !(bytes instanceof Uint8Array)) throw new Error('bad output')
      if (seen.next >= 0 && offset !== seen.next) seen.gaps++
      seen.next = offset + bytes.length
      seen.text += text(bytes)
      if (options.acknowledge !== false) near.send({ kind: 'ack', offset: seen.next })
    }
    if (message.kind === 'state' && 'state' in message) seen.states.push(String(message.state))
    if (message.kind === 'end' && 'reason' in message) seen.ended = String(message.reason)
  })
  service.attach(far, options.from)
  return { near, seen }
}

describe('a scrollback', () => {
  it('holds the last bytes, by offset, whatever sizes come', () => {
    const scrollback = new Scrollback()
    let all = ''
    for (let i = 0; all.length < 2.5 * SCROLLBACK_LIMIT; i++) {
      const piece = `${i}:`.repeat((i * 7919) % 5000)
      scrollback.append(Buffer.from(piece))
      all += piece
    }
    expect(scrollback.end).toBe(all.length)
    expect(scrollback.end - scrollback.start).toBe(SCROLLBACK_LIMIT)
    expect(text(scrollback.slice(scrollback.start, SCROLLBACK_LIMIT)) === all.slice(-SCROLLBACK_LIMIT)).toBe(true)
    expect(text(scrollback.slice(scrollback.end - 10, 100))).toBe(all.slice(-10))
    scrollback.append(new Uint8Array(3 * SCROLLBACK_LIMIT))
    expect(scrollback.end).toBe(all.length + 3 * SCROLLBACK_LIMIT)
  })
})

describe('a console', () => {
  it('shows what the guest writes to every window, and gives the guest what they type', async () => {
    const { guest, service } = joined()
    const one = open(service)
    guest.print('hello ')
    await settle()
    const two = open(service)
    guest.print('world')
    await settle()
    expect(one.seen.text).toBe('hello world')
    expect(two.seen.text).toBe('hello world')
    expect(one.seen.states).toEqual(['connected'])
    one.near.send({ kind: 'input', bytes: Buffer.from('ls') })
    two.near.send({ kind: 'input', bytes: Buffer.from('\r') })
    await settle()
    expect(text(guest.consoleIn.read())).toBe('ls\r')
  })

  it('makes a guest wait that floods while domain 0 does not take it, and loses nothing', async () => {
    const guest = new TestGuest(handleOf(1))
    const line = 'x'.repeat(99).concat('\n')
    let written = 0
    for (let i = 0; i < 10_000; i++) {
      written += guest.consoleOut.write(Buffer.from(line))
      guest.console.poke()
    }
    expect(written).toBeLessThan(CONSOLE_LINK_WINDOW + 8192)
    const { service } = joined(guest)
    await settle()
    const { seen } = open(service)
    await settle()
    guest.print('end')
    await settle()
    expect(seen.text.length).toBe(written + 3)
    expect(seen.text.endsWith('end')).toBe(true)
  })

  it('lets a slow window fall behind without holding the guest or others, and shows the gap', async () => {
    const { guest, service } = joined()
    const slow = open(service, { acknowledge: false })
    const quick = open(service)
    const total = 3 * SCROLLBACK_LIMIT
    for (let sent = 0; sent < total; sent += 100_000) {
      guest.print('y'.repeat(100_000))
      await settle()
    }
    expect(quick.seen.gaps).toBe(0)
    expect(quick.seen.text.length).toBeGreaterThanOrEqual(total)
    expect(slow.seen.text.length).toBeLessThanOrEqual(CONSOLE_WINDOW + 16384)
    slow.near.send({ kind: 'ack', offset: slow.seen.next })
    await settle()
    expect(slow.seen.gaps).toBe(1)
  })

  it('sends a window little by little no more before it has drawn what it got', async () => {
    const { guest, service } = joined()
    const { near, seen } = open(service, { acknowledge: false })
    const outputs: string[] = []
    for (const line of ['one\n', 'two\n', 'three\n']) {
      const before = seen.text.length
      guest.print(line)
      await settle()
      outputs.push(seen.text.slice(before))
    }
    expect(outputs).toEqual(['one\n', '', ''])
    near.send({ kind: 'ack', offset: seen.next })
    await settle()
    expect(seen.text).toBe('one\ntwo\nthree\n')
    guest.print('z'.repeat(CONSOLE_CHUNK))
    await settle()
    expect(seen.text.length).toBe('one\ntwo\nthree\n'.length + CONSOLE_CHUNK)
  })

  it('gives input in order as the guest takes it, and drops what is typed far beyond', async () => {
    const { guest, service } = joined()
    const { near } = open(service)
    const typed = Array.from({ length: 6000 }, (_, i) => `${i},`).join('')
    for (let at = 0; at < typed.length; at += 10_000)
      near.send({ kind: 'input', bytes: Buffer.from(typed.slice(at, at + 10_000)) })
    await settle()
    let got = ''
    for (let i = 0; i < 200; i++) {
      got += text(guest.consoleIn.read())
      guest.console.poke()
    }
    expect(got).toBe(typed)
    expect(guest.console.receive(0, new Uint8Array(CONSOLE_INPUT_WINDOW * 100))).toMatch(/credit/)
  })

  it('goes to domain 0 piece by piece after a rest and where somebody types, and in fewer pieces while it runs', () => {
    const clock = new VirtualClock()
    const guest = new TestGuest(handleOf(1), undefined, undefined, undefined, undefined, clock)
    const records: string[] = []
    const channel = { output: (_offset: number, bytes: Uint8Array) => void records.push(text(bytes)), credit: () => {} }
    guest.console.connect(channel, 0)
    const lines = (count: number): void => {
      for (let i = 0; i < count; i++) {
        guest.print('line\n')
        clock.advance(10)
      }
    }
    lines(4)
    expect(records).toEqual(['line\n', 'line\n', 'line\n', 'line\n'])
    lines(40)
    expect(records.length).toBeLessThanOrEqual(4 + 1 + 5)
    clock.advance(80)
    expect(records.join('')).toBe('line\n'.repeat(44))
    expect(clock.pending).toBe(0)
    lines(8)
    records.length = 0
    expect(guest.console.receive(0, Buffer.from('a'))).toBeUndefined()
    records.length = 0
    guest.print('a')
    expect(records).toEqual(['a'])
    lines(12)
    records.length = 0
    guest.print('x'.repeat(1500))
    expect(records.join('')).toContain('x'.repeat(1500))
    // What waits is not left behind when the domain ends.
    lines(12)
    for (const word of ['a', 'few', 'of', 'which', 'this is ', 'the last']) guest.print(word)
    records.length = 0
    guest.console.disconnect()
    expect(records.join('')).toMatch(/the last$/)
  })

  it('comes back in a new domain 0, and a window goes on where it was', async () => {
    const { guest, service } = joined()
    const before = open(service)
    guest.print('first. ')
    await settle()
    guest.console.disconnect()
    service.disconnect()
    guest.print('while nobody was there. ')
    const { service: next } = joined(guest)
    const after = open(next, { from: before.seen.next })
    guest.print('then.')
    await settle()
    expect(before.seen.states).toEqual(['connected', 'gone'])
    expect(before.seen.text + after.seen.text).toBe('first. while nobody was there. then.')
    expect(text(next.scrollback.slice(0, 1000))).toBe('first. while nobody was there. then.')
  })

  it('goes on from saved state with what it had shown', async () => {
    const { guest } = joined()
    guest.print('before the save')
    guest.console.receive(0, Buffer.from('typed'.repeat(300)))
    await settle()
    const memory = new SharedArrayBuffer(guest.memory.byteLength)
    new Uint8Array(memory).set(new Uint8Array(guest.memory))
    const restored = new TestGuest(handleOf(1), memory)
    restored.console.load(guest.console.save())
    const { service } = joined(restored)
    restored.print(', after it')
    await settle()
    expect(text(service.scrollback.slice(0, 1000))).toBe('before the save, after it')
    let got = text(restored.consoleIn.read())
    restored.console.poke()
    got += text(restored.consoleIn.read())
    expect(got).toBe('typed'.repeat(300))
  })

  it('ends a window that sends garbage, and nothing else', async () => {
    const { guest, service } = joined()
    const good = open(service)
    const garbage: unknown[] = [
      new Uint8Array([1, 2]),
      { kind: 'input', bytes: 'text' },
      { kind: 'input', bytes: new Uint8Array(100_000) },
      { kind: 'ack', offset: 1e12 },
      { kind: 'ack', offset: -1 },
      { kind: 'resize' },
      { kind: 'nonsense' },
      {},
    ]
    for (const message of garbage) {
      const bad = open(service)
      Reflect.apply(bad.near.send, bad.near, [message])
      await settle()
      expect(bad.near.closed).toBe(true)
      expect(bad.seen.ended).not.toBe('')
    }
    guest.print('still here')
    await settle()
    expect(good.seen.text).toBe('still here')
    expect(good.near.closed).toBe(false)
  })

  it('does not serve a console ring with hostile indexes, and does not die of it', () => {
    const { guest } = joined()
    guest.consoleOut.prod = 999_999
    guest.console.poke()
    guest.console.poke()
    guest.consoleIn.cons = 4242
    guest.console.receive(0, new Uint8Array(5))
    expect(guest.consoleNotified).toBe(0)
  })
})
