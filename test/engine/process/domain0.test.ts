// Domain 0 over its control port and links, with guests made of rings: introduction, replay after it is replaced, saving and
// restoring a domain beside its origin, garbage. The same daemon as a process of its own that is killed: dom0-process.test.ts.
import fs from 'node:fs'
import os from 'node:os'
import path from 'node:path'
import { afterEach, describe, expect, it } from 'vitest'
import { systemClock } from '../../../src-engine/lib/clock'
import { connectTransport } from '../../../src-engine/link/transport'
import { Domain0 } from '../../../src-engine/process/domain0'
import { Caller } from '../../../src-engine/public/protocol/call'
import { DOM0_CALLS, DOM0_EVENTS, type Dom0Calls, type Dom0Events } from '../../../src-engine/public/protocol/control'
import { type Transport, transportPair } from '../../../src-engine/public/protocol/transport'
import { XS } from '../../../src-engine/public/xen/io/xs-wire'
import { TestGuest } from '../../support/guest-rings'
import { domainTree, handleOf } from '../../support/xenstore-script'

const cleanups: (() => void)[] = []
afterEach(() => {
  for (const cleanup of cleanups.splice(0).reverse()) cleanup()
})

/** What domain 0 told before comes first: replies and events of a guest are one stream. */
const told = (guest: TestGuest) => guest.ask(XS.XS_READ, 'domid|')

function temporary(): string {
  const directory = fs.mkdtempSync(path.join(os.tmpdir(), 'rm-dom0-'))
  cleanups.push(() => fs.rmSync(directory, { recursive: true, force: true }))
  return directory
}

interface Running {
  readonly domain0: Domain0
  readonly caller: Caller<Dom0Calls, Dom0Events>
  readonly control: Transport
  readonly socketPath: string
  readonly links: string[]
  readonly known: readonly string[]
}

async function start(directory: string): Promise<Running> {
  const [near, far] = transportPair()
  const domain0 = new Domain0(far, systemClock, [])
  cleanups.push(() => domain0.dispose())
  const links: string[] = []
  const caller = new Caller<Dom0Calls, Dom0Events>(near, DOM0_CALLS, DOM0_EVENTS, {
    log: ({ level, text }) => {
      if (level === 'error') throw new Error(text)
    },
    storeChanged: () => {},
    link: ({ handle, state }) => links.push(`${handle.slice(-1)} ${state}`),
    device: () => {},
  })
  const sockets = fs.mkdtempSync(path.join(directory, 's'))
  const started = await caller.call('start', { journalDirectory: directory, socketDirectory: sockets })
  if (!started.ok || started.value.socketPath === undefined) throw new Error('not started')
  return { domain0, caller, control: near, socketPath: started.value.socketPath, links, known: started.value.domains }
}

let tickets = 0
async function introduce(
  running: Running,
  guest: TestGuest,
  domid: number,
  options: { restoring?: boolean; handle?: string } = {},
) {
  const { memoryKiB, ...tree } = domainTree(domid)
  const ticket = `ticket-${++tickets}`
  const done = await running.caller.call('introduce', {
    ...tree,
    handle: options.handle ?? tree.handle,
    memoryMiB: memoryKiB / 1024,
    guestDomid: domid,
    restoring: options.restoring,
    link: { path: running.socketPath, ticket },
  })
  if (!done.ok) throw new Error(done.error.message)
  const transport = await connectTransport(running.socketPath, ticket)
  if (!transport.ok) throw new Error(transport.error)
  guest.link.attach(transport.value)
  await expect.poll(() => guest.link.connected, { interval: 2 }).toBe(true)
  return transport.value
}

const value = async (running: Running, at: string) => {
  const read = await running.caller.call('readStore', { path: at })
  return read.ok ? read.value.value : read.error.code
}

/** All that domain 0 has of a guest's console. */
const shown = async (running: Running, handle = handleOf(1)) => {
  const read = await running.caller.call('readConsole', { handle })
  return read.ok ? read.value.text : read.error.code
}

/** A copy of the guest's memory with fresh pumps that go on from saved state. */
async function saveAndCopy(guest: TestGuest, handle: string): Promise<TestGuest> {
  guest.store.hold()
  const state = await guest.link.saveStore()
  if (!state.ok) throw new Error(state.error)
  const memory = new SharedArrayBuffer(guest.memory.byteLength)
  new Uint8Array(memory).set(new Uint8Array(guest.memory))
  guest.store.goOn()
  const copy = new TestGuest(handle, memory, state.value.xenstore)
  expect(copy.store.load(state.value.store)).toBe(undefined)
  copy.console.load(guest.console.save())
  return copy
}

describe('domain 0', () => {
  it('serves a guest over its rings, and main over control', async () => {
    const running = await start(temporary())
    const guest = new TestGuest(handleOf(1))
    await introduce(running, guest, 1)
    expect(await guest.ask(XS.XS_READ, 'name|')).toBe('guest1')
    expect(await guest.ask(XS.XS_WATCH, 'control/shutdown|tok|')).toBe('OK|')
    expect(await guest.ask(XS.XS_WATCH, 'memory/target|mem|')).toBe('OK|')
    expect(await running.caller.call('shutdown', { handle: handleOf(1), request: 'poweroff' })).toEqual({ ok: true, value: {} })
    expect(await running.caller.call('setTarget', { handle: handleOf(1), targetKiB: 100_000 })).toEqual({ ok: true, value: {} })
    await told(guest)
    expect(guest.watchEvents).toEqual([
      'control/shutdown|tok|',
      'memory/target|mem|',
      'control/shutdown|tok|',
      'memory/target|mem|',
    ])
    expect(await guest.ask(XS.XS_READ, 'control/shutdown|')).toBe('poweroff')
    expect(await guest.ask(XS.XS_READ, 'memory/target|')).toBe('100000')
    expect(await running.caller.call('setTarget', { handle: handleOf(1), targetKiB: 200_000 })).toMatchObject({
      error: { code: 'INVALID_ARG' },
    })
    expect(await running.caller.call('shutdown', { handle: handleOf(9), request: 'halt' })).toMatchObject({
      error: { code: 'NO_DOMAIN' },
    })
    guest.print('hello')
    await expect.poll(() => shown(running)).toBe('hello')
    expect(await running.caller.call('readConsole', { handle: handleOf(1) })).toEqual({
      ok: true,
      value: { text: 'hello', offset: 0 },
    })
    expect(running.links).toEqual(['1 connected'])
    await running.caller.call('release', { handle: handleOf(1) })
    expect(await value(running, '/local/domain/1')).toBe('NO_XENSTORE_NODE')
    await expect.poll(() => guest.link.connected).toBe(false)
  })

  it('gives a window a console stream by ticket', async () => {
    const running = await start(temporary())
    const guest = new TestGuest(handleOf(1))
    await introduce(running, guest, 1)
    guest.print('prompt# ')
    await expect.poll(() => shown(running)).toBe('prompt# ')
    await running.caller.call('openConsole', { handle: handleOf(1), link: { path: running.socketPath, ticket: 'window' } })
    const window = await connectTransport(running.socketPath, 'window')
    if (!window.ok) throw new Error(window.error)
    let seen = ''
    window.value.onMessage((message) => {
      if (typeof message === 'object' && message !== null && 'bytes' in message && message.bytes instanceof Uint8Array) {
        seen += Buffer.from(message.bytes).toString()
      }
    })
    window.value.send({ kind: 'input', bytes: Buffer.from('uname -a\r') })
    await expect.poll(() => seen).toBe('prompt# ')
    let typed = ''
    const read = () => (typed += Buffer.from(guest.consoleIn.read()).toString())
    await expect.poll(read).toBe('uname -a\r')
    window.value.close()
  })

  it('that is replaced has the store, watches, transactions, events and consoles of the one before', async () => {
    const directory = temporary()
    const first = await start(directory)
    const guest = new TestGuest(handleOf(1))
    await introduce(first, guest, 1)
    await guest.ask(XS.XS_WATCH, 'data|t|')
    await guest.ask(XS.XS_WRITE, 'data/a|1')
    const id = Number((await guest.ask(XS.XS_TRANSACTION_START, '|')).slice(0, -1))
    await guest.ask(XS.XS_WRITE, 'data/in-transaction|x', id)
    guest.print('one ')
    await expect.poll(() => shown(first)).toBe('one ')
    const events = guest.watchEvents.length
    first.domain0.dispose()
    await expect.poll(() => guest.link.connected).toBe(false)
    // Asked and printed while there is no domain 0: it waits.
    const waiting = guest.ask(XS.XS_WRITE, 'data/while-away|2')
    guest.print('two ')
    const second = await start(directory)
    expect(second.known).toEqual([handleOf(1)])
    await introduce(second, guest, 1)
    expect(await waiting).toBe('OK|')
    expect(await guest.ask(XS.XS_READ, 'data/a|')).toBe('1')
    // Committing a transaction that was open across the change, without a conflict: it looked at other nodes.
    expect(await guest.ask(XS.XS_TRANSACTION_END, 'T|', id)).toBe('OK|')
    expect(await guest.ask(XS.XS_READ, 'data/in-transaction|')).toBe('x')
    await told(guest)
    expect(guest.watchEvents.slice(events)).toEqual(['data/while-away|t|', 'data/in-transaction|t|'])
    await expect.poll(() => shown(second)).toBe('one two ')
  })

  it('executes each request once, even if it died between doing it and answering', async () => {
    const directory = temporary()
    const first = await start(directory)
    const guest = new TestGuest(handleOf(1))
    const transport = await introduce(first, guest, 1)
    await guest.ask(XS.XS_WATCH, 'data|t|')
    // The request goes out, the link is cut before the reply can come in.
    const made = guest.ask(XS.XS_TRANSACTION_START, '|')
    const removed = guest.ask(XS.XS_RM, 'data|')
    const written = guest.ask(XS.XS_WRITE, 'data/x|1')
    await Promise.resolve()
    transport.onMessage(() => {})
    await expect.poll(() => value(first, '/local/domain/1/data')).toBe('NO_XENSTORE_NODE')
    guest.link.dispose()
    first.domain0.dispose()
    const before = guest.watchEvents.length
    const second = await start(directory)
    await introduce(second, guest, 1)
    expect([await made, await removed, await written]).toEqual(['1|', 'OK|', 'EACCES|'])
    expect(second.domain0.log).toBeDefined()
    const counters = await second.caller.call('counters', {})
    expect(counters).toMatchObject({ value: { transactions: 1, watches: 1 } })
    await told(guest)
    expect(guest.watchEvents.slice(before)).toEqual(['data|t|'])
  })

  it('restores a saved domain beside its origin: each has its own tree, the guest keeps its numbers', async () => {
    const running = await start(temporary())
    const origin = new TestGuest(handleOf(1))
    await introduce(running, origin, 1)
    await origin.ask(XS.XS_WATCH, 'data|rel|')
    await origin.ask(XS.XS_WATCH, '/local/domain/1/data|abs|')
    await origin.ask(XS.XS_WRITE, 'data/k|before')
    await origin.ask(XS.XS_SET_PERMS, 'data/k|n1|r0|')
    const id = Number((await origin.ask(XS.XS_TRANSACTION_START, '|')).slice(0, -1))
    await origin.ask(XS.XS_WRITE, '/local/domain/1/data/t|mine', id)
    origin.print('shown before ')
    await expect.poll(() => shown(running)).toBe('shown before ')
    const copy = await saveAndCopy(origin, handleOf(5))
    copy.takeOver(origin)
    const seen = copy.watchEvents.length
    await introduce(running, copy, 5, { restoring: true })
    expect(await copy.ask(XS.XS_READ, '/local/domain/1/data/k|')).toBe('before')
    expect(await copy.ask(XS.XS_READ, 'domid|')).toBe('1')
    expect(await copy.ask(XS.XS_READ, 'name|')).toBe('guest5')
    expect(await copy.ask(XS.XS_GET_PERMS, 'data/k|')).toBe('n1|r0|')
    expect(await copy.ask(XS.XS_GET_DOMAIN_PATH, '1|')).toBe('/local/domain/1|')
    expect(await copy.ask(XS.XS_READ, 'data/t|', id)).toBe('mine')
    expect(await copy.ask(XS.XS_TRANSACTION_END, 'T|', id)).toBe('EAGAIN|')
    await copy.ask(XS.XS_WRITE, '/local/domain/1/data/k|copy')
    await origin.ask(XS.XS_WRITE, 'data/k|origin')
    await told(copy)
    expect(await value(running, '/local/domain/1/data/k')).toBe('origin')
    expect(await value(running, '/local/domain/5/data/k')).toBe('copy')
    expect(copy.watchEvents.slice(seen)).toEqual(['data/k|rel|', '/local/domain/1/data/k|abs|'])
    expect(await origin.ask(XS.XS_TRANSACTION_END, 'T|', id)).toBe('OK|')
    expect(await value(running, '/local/domain/1/data/t')).toBe('mine')
    expect(await value(running, '/local/domain/5/data/t')).toBe('NO_XENSTORE_NODE')
    copy.print('and after')
    await expect.poll(() => shown(running, handleOf(5))).toBe('shown before and after')
  })

  it('restores a domain saved in another life under its old domid, and once more after it was killed', async () => {
    const first = await start(temporary())
    const origin = new TestGuest(handleOf(1))
    await introduce(first, origin, 1)
    await origin.ask(XS.XS_WATCH, 'data|t|')
    await origin.ask(XS.XS_WRITE, 'data/k|kept')
    await told(origin)
    const copy = await saveAndCopy(origin, handleOf(1))
    copy.takeOver(origin)
    first.domain0.dispose()
    const directory = temporary()
    const second = await start(directory)
    await introduce(second, copy, 1, { restoring: true })
    expect(await copy.ask(XS.XS_READ, 'data/k|')).toBe('kept')
    second.domain0.dispose()
    const third = await start(directory)
    await introduce(third, copy, 1, { restoring: true })
    const seen = copy.watchEvents.length
    expect(await copy.ask(XS.XS_WRITE, 'data/k|again')).toBe('OK|')
    await told(copy)
    expect(copy.watchEvents.slice(seen)).toEqual(['data/k|t|'])
  })

  it('refuses store state that is corrupted, and the domain finds its ring refused', async () => {
    const running = await start(temporary())
    const guest = new TestGuest(handleOf(1), undefined, Buffer.from('{"version":1,"nonsense":true}'))
    await introduce(running, guest, 1, { restoring: true })
    await expect.poll(() => guest.log.join()).toMatch(/refused/)
    await expect.poll(() => value(running, '/local/domain/1')).toBe('NO_XENSTORE_NODE')
    await running.caller.call('release', { handle: handleOf(1) })
  })

  it('outlives garbage on links and control, and closes only the link it came on', async () => {
    const running = await start(temporary())
    const good = new TestGuest(handleOf(1))
    await introduce(running, good, 1)
    let seed = 7
    const random = () => {
      seed = (Math.imul(seed, 1103515245) + 12345) >>> 0
      return seed >>> 16
    }
    for (let round = 0; round < 60; round++) {
      const bad = new TestGuest(handleOf(2))
      const transport = await introduce(running, bad, 2)
      if (round === 0) transport.send({ kind: 'call', id: 1, call: 'release', args: { handle: handleOf(1) } })
      else {
        const bytes = new Uint8Array(8 + (random() % 64)).map(() => random())
        // Mostly a real record type, so that the bodies are looked at.
        if (round % 4) {
          const types = [1, 2, 16, 19, 20, 22, 32, 35, 17, 34]
          new DataView(bytes.buffer).setUint16(0, types[round % types.length] ?? 0, true)
          new DataView(bytes.buffer).setUint32(4, round % 3 ? bytes.length - 8 : 1e9, true)
        }
        transport.send(bytes)
      }
      // Time to look at it; nothing depends on whether that was enough.
      await new Promise((resolve) => setTimeout(resolve, 3))
      transport.close()
    }
    for (const garbage of [new Uint8Array([1]), { kind: 'call' }, { kind: 'call', id: 1, call: 'introduce', args: null }]) {
      running.control.send(garbage)
    }
    expect(await good.ask(XS.XS_READ, 'name|')).toBe('guest1')
    expect(await running.caller.call('dumpStore', { path: '/local/domain/1/name' })).toMatchObject({ ok: true })
  })

  it('compacts its journal, and the compacted one gives the same store', async () => {
    const directory = temporary()
    const running = await start(directory)
    const guest = new TestGuest(handleOf(1))
    await introduce(running, guest, 1)
    await guest.ask(XS.XS_WATCH, 'data|t|')
    for (let i = 0; i < 2500; i++) await guest.ask(XS.XS_WRITE, `data/${i % 50}|${String(i).padEnd(1900, 'x')}`)
    const counters = await running.caller.call('counters', {})
    if (!counters.ok) throw new Error('no counters')
    expect(counters.value.journalBytes).toBeLessThan(4.5 * 1024 * 1024)
    const before = await running.caller.call('dumpStore', {})
    running.domain0.dispose()
    const next = await start(directory)
    expect(await next.caller.call('dumpStore', {})).toEqual(before)
    await introduce(next, guest, 1)
    expect(await guest.ask(XS.XS_READ, 'data/49|')).toBe('2499'.padEnd(1900, 'x'))
  })

  it('drops a torn last record of its journal and goes on from there', async () => {
    const directory = temporary()
    const first = await start(directory)
    const guest = new TestGuest(handleOf(1))
    await introduce(first, guest, 1)
    await guest.ask(XS.XS_WRITE, 'data/whole|1')
    first.domain0.dispose()
    const file = path.join(directory, 'xenstore.journal')
    fs.appendFileSync(file, new Uint8Array([40, 0, 0, 0, 1, 2, 3, 4, 2, 0, 0]))
    const second = await start(directory)
    expect(await value(second, '/local/domain/1/data/whole')).toBe('1')
    await introduce(second, guest, 1)
    await guest.ask(XS.XS_WRITE, 'data/more|2')
    second.domain0.dispose()
    const third = await start(directory)
    expect(await value(third, '/local/domain/1/data/more')).toBe('2')
  })
})
