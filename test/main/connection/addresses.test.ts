// MAC addresses are proposed for all connections together: the networks of two may be one outside of this computer.
// Runs in: vitest, plain Node.
import { afterEach, expect, it, vi } from 'vitest'
import { LOCAL_CONNECTION } from '../../../src-main/public/connection'
import { makeConnections, type TestConnections } from '../../support/connections'

/** What chance gives next for the end of an address, instead of chance. */
const drawn: number[] = vi.hoisted(() => [])
vi.mock('node:crypto', async (original) => {
  const crypto = await original<typeof import('node:crypto')>()
  const randomBytes = (bytes: number): Buffer => {
    const next = bytes === 3 ? drawn.shift() : undefined
    return next === undefined ? crypto.randomBytes(bytes) : Buffer.from([0, 0, next])
  }
  return { ...crypto, randomBytes }
})

let made: TestConnections | undefined
afterEach(async () => {
  await made?.close()
})

it('no address is proposed that a machine of any open connection has', async () => {
  made = await makeConnections()
  const { added, call, config } = made
  const second = await added('Second')
  const withMac = (name: string, mac: string) => ({
    ...config(name),
    devices: [{ kind: 'vif' as const, index: 0, network: 'default', mac, forwards: [] }],
  })
  const there = { connection: second, images: [], start: false }
  await call('domainDefine', { ...there, config: withMac('there', '00:16:3e:00:00:01') })
  await call('domainDefine', { ...there, connection: LOCAL_CONNECTION, config: withMac('here', '00:16:3e:00:00:02') })
  for (const connection of [LOCAL_CONNECTION, second]) {
    drawn.push(1, 2, 3)
    expect(await call('macPropose', { connection })).toEqual({ mac: '00:16:3e:00:00:03' })
    drawn.length = 0
  }
})
