// What every driver must do alike with the devices of a domain: disks, interfaces and their networks, the screen. Part of the
// contract, on the driver it is about. Runs in: vitest, plain Node.

import { randomUUID } from 'node:crypto'
import { mkdirSync } from 'node:fs'
import { join } from 'node:path'
import { expect, it } from 'vitest'
import { DEFAULT_NETWORK, type Disk, type Nic } from '../../src-main/public/device'
import { count } from '../support/tier'
import { type ContractScene, disk } from './contract-scene'

export function deviceContract(scene: ContractScene): void {
  const { driver, channels, config, folder, events, timeout, atPrompt } = scene

  it('knows the networks it is told, and their leases', async () => {
    expect((await driver.setNetworks([DEFAULT_NETWORK])).ok).toBe(true)
    expect(await driver.leases(DEFAULT_NETWORK.name)).toEqual({ ok: true, value: [] })
  })

  it('attaches, changes and detaches a disk while the domain runs', { timeout }, async (context) => {
    if (!driver.limits.devices.includes('vbd')) return context.skip()
    const disks = join(folder, randomUUID())
    mkdirSync(disks)
    const [first, second] = [join(disks, 'first.raw'), join(disks, 'second.raw')]
    for (const path of [first, second]) {
      expect(await driver.images.create({ path, format: 'raw', sizeMiB: 4 })).toEqual({ ok: true, value: null })
    }
    expect(await driver.images.create({ path: first, format: 'raw', sizeMiB: 4 })).toMatchObject({
      ok: false,
      error: { reason: 'file-exists' },
    })
    expect(await driver.images.inspect(first)).toMatchObject({ ok: true, value: { format: 'raw', virtualSize: 4 << 20 } })
    const uuid = await atPrompt()
    expect(await driver.attachDevice(uuid, disk('xvdb', first))).toEqual({ ok: true, value: null })
    expect((await driver.attachDevice(uuid, disk('xvdb', second))).ok).toBe(false)
    expect(await driver.changeMedium(uuid, 'vbd/51728', { path: second, format: 'raw' })).toEqual({ ok: true, value: null })
    const counted = () =>
      events.some((event) => {
        if (event.kind !== 'samples') return false
        return event.samples.some((sample) => sample.uuid === uuid && sample.devices.some(({ key }) => key === 'vbd/51728'))
      })
    await expect.poll(counted).toBe(true)
    expect(await driver.detachDevice(uuid, 'vbd/51728', false)).toEqual({ ok: true, value: null })
    expect((await driver.detachDevice(uuid, 'vbd/51728', false)).ok).toBe(false)
    const nic = { kind: 'vif', index: 0, network: 'default', mac: '00:16:3e:00:00:01', forwards: [] } as const
    expect(await driver.attachDevice(uuid, nic)).toEqual({ ok: true, value: null })
    expect((await driver.attachDevice(uuid, { ...nic, index: 1, network: 'nowhere' })).ok).toBe(false)
    expect(await driver.detachDevice(uuid, 'vif/0', true)).toEqual({ ok: true, value: null })
  })

  it('takes devices away that the guest has hardly seen, and gives it others of their names', { timeout }, async (context) => {
    if (!driver.limits.devices.includes('vbd')) return context.skip()
    const path = join(folder, `${randomUUID()}.raw`)
    expect((await driver.images.create({ path, format: 'raw', sizeMiB: 4 })).ok).toBe(true)
    const uuid = await atPrompt()
    const nic = { kind: 'vif', index: 3, network: 'default', mac: '00:16:3e:00:00:03', forwards: [] } as const
    const done = { ok: true, value: null }
    // The guest is somewhere else on its way to each of them each time.
    for (let round = 0; round < count(8, 16); round++) {
      const wait = () => new Promise((resolve) => setTimeout(resolve, 5 * round))
      expect(await driver.attachDevice(uuid, disk('xvdc', path))).toEqual(done)
      if (round % 2 === 1) await wait()
      expect(await driver.detachDevice(uuid, 'vbd/51744', false)).toEqual(done)
      expect(await driver.attachDevice(uuid, nic)).toEqual(done)
      if (round % 2 === 1) await wait()
      expect(await driver.detachDevice(uuid, 'vif/3', false)).toEqual(done)
    }
  })

  it('tells a guest whether its disk takes discards and flushes', { timeout }, async (context) => {
    if (!driver.limits.devices.includes('vbd')) return context.skip()
    const modes: readonly (readonly [Partial<Disk>, string, string])[] = [
      [{}, '1', '1'],
      [{ cache: 'unsafe', discard: 'ignore' }, '0', '1'],
      [{ cache: 'writethrough', discard: 'unmap' }, '1', '0'],
    ]
    const devices: Disk[] = []
    for (const [at, [change]] of modes.entries()) {
      const path = join(folder, `modes-${at}.raw`)
      expect(await driver.images.create({ path, format: 'raw', sizeMiB: 1 })).toEqual({ ok: true, value: null })
      devices.push({ ...disk(`xvd${'abc'[at]}`, path), removable: false, ...change })
    }
    const uuid = randomUUID()
    expect((await driver.create(uuid, { ...config, devices })).ok).toBe(true)
    for (const [at, [, discards, flushes]] of modes.entries()) {
      const node = async (name: string) => {
        const dump = await driver.dumpStore()
        const found = new RegExp(`/backend/vbd/\\d+/${51712 + 16 * at}/${name} = "(.)"`).exec(dump.ok ? dump.value : '')
        return found?.[1]
      }
      await expect.poll(() => node('feature-discard')).toBe(discards)
      await expect.poll(() => node('feature-flush-cache')).toBe(flushes)
    }
    await driver.destroy(uuid)
  })

  it('changes an interface while the domain runs: network, rate and link, but no MAC address it has not', {
    timeout,
  }, async (context) => {
    if (!driver.limits.devices.includes('vif')) return context.skip()
    const uuid = randomUUID()
    const nic: Nic = { kind: 'vif', index: 0, network: 'default', mac: '00:16:3e:00:00:77', forwards: [] }
    expect((await driver.create(uuid, { ...config, devices: [nic] })).ok).toBe(true)
    expect((await driver.changeNic(uuid, { ...nic, rateKiB: 512, link: 'down' })).ok).toBe(true)
    expect((await driver.changeNic(uuid, { ...nic, network: 'nowhere' })).ok).toBe(false)
    expect((await driver.changeNic(uuid, { ...nic, index: 3 })).ok).toBe(false)
    expect((await driver.changeNic(uuid, nic)).ok).toBe(true)
    await driver.destroy(uuid)
  })

  it('serves a screen that begins as RFB does, and pictures of it', { timeout }, async (context) => {
    if (!driver.limits.devices.includes('vfb')) return context.skip()
    const uuid = randomUUID()
    const devices = [{ kind: 'vfb', width: 800, height: 600 }] as const
    expect((await driver.create(uuid, { ...config, devices })).ok).toBe(true)
    const opened = await driver.openScreen(uuid)
    if (!opened.ok) throw new Error(`no screen: ${opened.error.reason}`)
    const transport = channels.transport(opened.value)
    let greeting = ''
    transport.onMessage((message) => {
      if (message instanceof Uint8Array) greeting += new TextDecoder('latin1').decode(message)
    })
    await expect.poll(() => greeting).toMatch(/^RFB 003\.008\n/)
    transport.close()
    const shot = await driver.screenshot(uuid)
    expect(shot).toMatchObject({ ok: true, value: { width: 800, height: 600 } })
    const small = await driver.screenshot(uuid, 200)
    expect(small.ok && small.value.width <= 800).toBe(true)
    // Viewers are let in at a port the system chooses, then at a socket, then nowhere.
    const port = await driver.listenVnc(uuid, { address: '127.0.0.1', port: 0, password: 'secret' })
    expect(port.ok && port.value).toBeGreaterThan(0)
    expect(await driver.listenVnc(uuid, { path: join(folder, 'vnc.sock') })).toEqual({ ok: true, value: undefined })
    expect(await driver.listenVnc(uuid, undefined)).toEqual({ ok: true, value: undefined })
    await driver.destroy(uuid)
  })
}
