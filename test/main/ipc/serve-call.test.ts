// Calls from a page are hostile until their name and arguments have been looked at. Runs in: vitest, plain Node.
import { describe, expect, it } from 'vitest'
import { serveCall } from '../../../src-main/ipc/serve-call'
import { calls } from '../../../src-main/public/calls'
import { makeClient } from '../../../src-main/public/client'
import { makeToolstack, testCaller } from '../../support/toolstack'

async function setUp() {
  const made = await makeToolstack()
  const serve = (name: unknown, params: unknown) => serveCall(made.servers, name, params, testCaller())
  return { ...made, serve }
}

describe('serving a call', () => {
  it('answers a good call', async () => {
    const { serve, close } = await setUp()
    expect(await serve('domainList', {})).toMatchObject({ ok: true, value: [{ kind: 'domain0', name: 'Domain-0' }] })
    await close()
  })

  it.each([['nosuchcall'], ['constructor'], ['__proto__'], ['toString'], [7], [null], [undefined], [{}]])(
    'answers NO_SUPPORT to the name %s',
    async (name) => {
      const { serve, close } = await setUp()
      expect(await serve(name, {})).toMatchObject({ ok: false, error: { code: 'NO_SUPPORT' } })
      await close()
    },
  )

  it.each(Object.keys(calls).flatMap((name) => [null, undefined, 7, 'x', []].map((params) => [name, params] as const)))(
    'answers INVALID_ARG to %s with %s for arguments',
    async (name, params) => {
      const { serve, close } = await setUp()
      expect(await serve(name, params)).toMatchObject({ ok: false, error: { code: 'INVALID_ARG' } })
      await close()
    },
  )

  it('says which argument is wrong', async () => {
    const { serve, close } = await setUp()
    const reply = await serve('domainDefine', { start: true, config: { name: 7 } })
    expect(reply).toMatchObject({ ok: false, error: { values: { detail: expect.stringContaining('config.name') } } })
    await close()
  })

  it('turns an exception into INTERNAL_ERROR', async () => {
    const { servers, close } = await setUp()
    const broken = { ...servers, domainList: () => Promise.reject(new Error('boom')) }
    expect(await serveCall(broken, 'domainList', {}, testCaller())).toMatchObject({
      ok: false,
      error: { code: 'INTERNAL_ERROR' },
    })
    await close()
  })

  it('will not write a file that was not chosen in a dialog', async () => {
    const { serve, close } = await setUp()
    const uuid = '11111111-2222-4333-8444-555555555555'
    expect(await serve('domainSave', { uuid, path: '/etc/passwd' })).toMatchObject({
      ok: false,
      error: { code: 'OPERATION_DENIED' },
    })
    expect(await serve('domainRestore', { path: '/etc/passwd' })).toMatchObject({
      ok: false,
      error: { code: 'OPERATION_DENIED' },
    })
    await close()
  })
})

describe('the client made from the table', () => {
  it('gives results and events typed by their rows', async () => {
    const { serve, onEvent, close } = await setUp()
    const client = makeClient({
      invoke: async (name, params) => structuredClone(await serve(name, params)),
      listen: (listener) => onEvent(listener),
    })
    const seen: string[] = []
    const stop = client.subscribe('domainChanged', ({ domain }) => seen.push(`${domain.name} ${domain.state}`))
    const config = { name: 'A', memoryMiB: 64, vcpus: 1, kernel: '/k', ramdisk: null, cmdline: '', devices: [] }
    const defined = await client.call('domainDefine', { config, images: [], start: false })
    expect(defined.ok).toBe(true)
    expect(seen).toEqual(['A shutoff'])
    stop()
    await client.call('domainDefine', { config: { ...config, name: 'B' }, images: [], start: false })
    expect(seen).toHaveLength(1)
    await close()
  })

  it('makes an error of a reply that is none', async () => {
    const client = makeClient({ invoke: async () => 'what', listen: () => {} })
    expect(await client.call('domainList', {})).toMatchObject({ ok: false, error: { code: 'INTERNAL_ERROR' } })
  })
})
