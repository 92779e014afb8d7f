// What crosses to a page as text comes out as it went in, and bytes go as they are. Runs in: vitest, plain Node.
import { describe, expect, it } from 'vitest'
import { err, ok } from '../../../src-engine/public/result'
import { makeClient } from '../../../src-main/public/client'
import { errorReport } from '../../../src-main/public/error-code'
import { fromWire, toWire } from '../../../src-main/public/wire'
import { makeToolstack } from '../../support/toolstack'

describe('answers on the wire', () => {
  it.each([
    ok(null),
    ok([]),
    ok({ names: ['server', 'ö “ \u2028 \ud83d\ude00'], count: 2 ** 53 - 1, share: 0.1 }),
    err(errorReport('no-such-call', { call: 'x' })),
  ])('are texts and come out as they were: %j', (answer) => {
    expect(typeof toWire(answer)).toBe('string')
    expect(fromWire(toWire(answer))).toEqual(answer)
  })

  it.each([ok(new Uint8Array([1, 2])), ok({ png: new Uint8Array([1, 2]), text: '' })])('keep their bytes', (answer) => {
    const wire = toWire(answer)
    expect(fromWire(structuredClone(wire))).toEqual(answer)
  })

  it('satisfy the client: a list of domains, and a picture in bytes', async () => {
    const { servers, started, close } = await makeToolstack()
    const uuid = await started('server')
    const client = makeClient({
      invoke: async (name) => {
        const caller = {
          choseFile: () => false,
          allowsWriting: async () => false,
          handOver: () => 0,
          pageFile: async () => undefined,
        }
        const answer =
          name === 'domainList'
            ? await servers.domainList({}, caller)
            : await servers.domainThumbnail({ uuid, width: 64 }, caller)
        return fromWire(structuredClone(toWire(answer)))
      },
      listen: () => {},
    })
    const list = await client.call('domainList', {})
    expect(list.ok && list.value.some(({ name }) => name === 'server')).toBe(true)
    expect((await client.call('domainThumbnail', { uuid, width: 64 })).ok).toBe(true)
    await close()
  })
})
