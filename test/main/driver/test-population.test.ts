// Domains of the test driver's script, through the toolstack: they are listed, run, can be stopped, started and redefined,
// and what was changed of them lasts. Runs in: vitest, plain Node.
import { describe, expect, it } from 'vitest'
import { drivers } from '../../../src-main/driver/drivers'
import { TestDriver } from '../../../src-main/driver/test/test-driver'
import { testPopulation, testUuid } from '../../../src-main/driver/test/test-population'
import { NodeChannels } from '../../../src-main/supervisor/node'
import { makeToolstack } from '../../support/toolstack'

const driverOf = (script: ConstructorParameters<typeof TestDriver>[1]) => new TestDriver(new NodeChannels(), script)

describe('domains of a script', () => {
  it('are as many as it says, as many of them running, with names and MAC addresses of their own', () => {
    const all = testPopulation({ domains: 1000, running: 700 }, 1_000_000_000)
    expect(all).toHaveLength(1000)
    expect(all.filter(({ domid }) => domid !== null)).toHaveLength(700)
    expect(new Set(all.map(({ config }) => config.name)).size).toBe(1000)
    const macs = all.flatMap(({ config }) => config.devices.flatMap((device) => (device.kind === 'vif' ? [device.mac] : [])))
    expect(new Set(macs).size).toBe(1000)
  })

  it('are listed with their state, can be stopped and started, and keep what was changed', async () => {
    const script = { delayMs: 0, script: { domains: 6, running: 3 } }
    const first = await makeToolstack({ driver: driverOf(script) })
    const { domains } = first.toolstack
    expect(domains.list().map(({ state }) => state)).toEqual(['shutoff', 'running', 'shutoff', 'running', 'shutoff', 'running'])
    const uuid = testUuid(1)
    expect(await domains.destroy(uuid)).toEqual({ ok: true, value: null })
    expect(await domains.create(uuid, false)).toEqual({ ok: true, value: null })
    const info = domains.info(uuid)
    if (!info.ok || info.value.config === null) throw new Error('it is gone')
    expect(await domains.redefine(uuid, { ...info.value.config, name: 'renamed' })).toEqual({ ok: true, value: null })
    await first.close(true)
    const second = await makeToolstack({ folder: first.folder, driver: driverOf(script) })
    expect(second.toolstack.domains.info(uuid)).toMatchObject({ ok: true, value: { name: 'renamed', state: 'running' } })
    await second.close()
  })

  it('can change their state by themselves, each second', async () => {
    const told: string[] = []
    const driver = driverOf({ delayMs: 0, script: { domains: 4, changes: 1 } })
    await driver.open((event) => {
      if (event.kind === 'paused') told.push(event.uuid)
    })
    await expect.poll(() => told.length).toBeGreaterThan(0)
    await driver.close()
  })
})

it('a script that is wrong is refused by the name of what is wrong in it', () => {
  process.env['RINGMASTER_TEST_SCRIPT'] = '{"domains":-1}'
  const parts = { channels: new NodeChannels(), folder: '' }
  const make = () =>
    drivers.test({
      ...parts,
      get supervisor(): never {
        throw new Error('not used')
      },
    })
  expect(make).toThrow(/RINGMASTER_TEST_SCRIPT.domains/)
  delete process.env['RINGMASTER_TEST_SCRIPT']
})
