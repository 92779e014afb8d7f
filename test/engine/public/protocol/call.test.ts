// Calls and events by table: typed replies, errors as values, and garbage that changes nothing.
import { describe, expect, it } from 'vitest'
import { Answerer, Caller, type CallTypesOf, type EventTypesOf } from '../../../../src-engine/public/protocol/call'
import { transportPair } from '../../../../src-engine/public/protocol/transport'
import { ok } from '../../../../src-engine/public/result'
import { count, fields, text } from '../../../../src-engine/public/shape'

const CALLS = {
  add: { args: fields({ a: count, b: count }), reply: fields({ sum: count }) },
  fail: { args: fields({}), reply: fields({}) },
  throw: { args: fields({}), reply: fields({}) },
  lie: { args: fields({}), reply: fields({ sum: count }) },
} as const
const EVENTS = { said: fields({ text }) } as const
type Calls = CallTypesOf<typeof CALLS>
type Events = EventTypesOf<typeof EVENTS>

function pair() {
  const [near, far] = transportPair()
  const said: string[] = []
  const answerer = new Answerer<Calls, Events>(far, CALLS, {
    add: ({ a, b }) => ok({ sum: a + b }),
    fail: async () => ({ ok: false, error: { code: 'NO_DOMAIN', message: 'There is none.' } }),
    throw: () => {
      throw new Error('our fault')
    },
    lie: () => ok(JSON.parse('{"sum":"many"}')),
  })
  const caller = new Caller<Calls, Events>(near, CALLS, EVENTS, { said: ({ text }) => said.push(text) })
  return { near, far, caller, answerer, said }
}

describe('a call', () => {
  it('gets its reply, an error as a value, and INTERNAL_ERROR when the other side failed', async () => {
    const { caller } = pair()
    expect(await caller.call('add', { a: 2, b: 3 })).toEqual({ ok: true, value: { sum: 5 } })
    expect(await caller.call('fail', {})).toEqual({ ok: false, error: { code: 'NO_DOMAIN', message: 'There is none.' } })
    expect(await caller.call('throw', {})).toMatchObject({
      ok: false,
      error: { code: 'INTERNAL_ERROR', message: 'throw: our fault' },
    })
    expect(await caller.call('lie', {})).toMatchObject({ ok: false, error: { code: 'INTERNAL_ERROR' } })
  })

  it('of a process that ends gets an error, and so do later ones', async () => {
    const { caller, far } = pair()
    const waiting = caller.call('add', { a: 1, b: 1 })
    far.close('killed')
    expect(await waiting).toMatchObject({ ok: false, error: { code: 'OPERATION_FAILED' } })
    expect(await caller.call('add', { a: 1, b: 1 })).toMatchObject({ ok: false, error: { code: 'OPERATION_FAILED' } })
  })
})

describe('an answering process', () => {
  it('answers garbage on its control port with an error and goes on', async () => {
    const { near, far, caller } = pair()
    const garbage: unknown[] = [
      null,
      undefined,
      7,
      'x',
      [],
      {},
      { kind: 5 },
      { kind: 'call' },
      { kind: 'call', id: -1, call: 'add' },
    ]
    for (const one of garbage) Reflect.apply(near.send, near, [one ?? new Uint8Array([1])])
    near.send({ kind: 'call', id: 1e9, call: 'nonsense', args: {} })
    expect(await caller.call('add', { a: 1, b: 2 })).toEqual({ ok: true, value: { sum: 3 } })
    expect(far.closed).toBe(false)
  })

  it('refuses arguments of the wrong shape and says which', async () => {
    const { near, caller } = pair()
    const wrong = Reflect.apply(caller.call, caller, ['add', { a: 1, b: 'two' }])
    expect(await wrong).toMatchObject({ ok: false, error: { code: 'INVALID_ARG', message: expect.stringContaining('args.b') } })
    expect(near.closed).toBe(false)
  })
})

describe('a calling process', () => {
  it('is told events, ignores unknown ones, and closes on garbage', async () => {
    const { far, near, answerer, said } = pair()
    answerer.event('said', { text: 'hello' })
    far.send({ kind: 'event', event: 'unknown', value: 1 })
    answerer.event('said', { text: 'again' })
    await expect.poll(() => said).toEqual(['hello', 'again'])
    expect(near.closed).toBe(false)
    far.send({ kind: 'event', event: 'said', value: { text: 5 } })
    await expect.poll(() => near.closed).toBe(true)
  })
})
