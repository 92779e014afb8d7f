// A definition that is changed while its machine runs: what follows at once, what waits, and who is told when two change it.
// Runs in: vitest, plain Node.
import { join } from 'node:path'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import type { Device, Nic, Vnc } from '../../../src-main/public/device'
import { errorReport } from '../../../src-main/public/error-code'
import { configChanges } from '../../../src-main/public/live-changes'
import type { DomainConfig } from '../../../src-main/public/types'
import { makeToolstack, testCaller } from '../../support/toolstack'

let made: Awaited<ReturnType<typeof makeToolstack>>

beforeEach(async () => {
  made = await makeToolstack()
})
afterEach(() => made.close())

const nic: Nic = { kind: 'vif', index: 0, network: 'default', mac: '00:16:3e:00:00:01', forwards: [] }
const screen: Device = { kind: 'vfb', width: 800, height: 600 }

async function running(devices: readonly Device[] = [nic, screen]): Promise<string> {
  const config = { ...made.config('live'), devices }
  const defined = await made.servers.domainDefine({ config, images: [], start: true }, testCaller())
  if (!defined.ok) throw new Error(defined.error.reason)
  return defined.value.uuid
}
function info(uuid: string) {
  const found = made.toolstack.domains.info(uuid)
  if (!found.ok || found.value.config === null) throw new Error('gone')
  return { ...found.value, config: found.value.config }
}
const redefine = (uuid: string, config: DomainConfig, base?: DomainConfig, chosen: readonly string[] = []) =>
  made.servers.domainRedefine({ uuid, config, ...(base && { base }) }, testCaller(chosen))

describe('a definition changed under a machine that runs', () => {
  it('says of each change whether it applies now or at the next start', async () => {
    const uuid = await running()
    const { config, running: runs } = info(uuid)
    const to: DomainConfig = {
      ...config,
      title: 'a title',
      memoryMiB: 128,
      cpuWeight: 512,
      devices: [
        { ...nic, rateKiB: 100 },
        { kind: 'vfb', width: 1024, height: 768 },
      ],
    }
    const said = configChanges(runs, config, to).map((change) =>
      change.what === 'field' ? `${change.field} ${change.when}` : `${change.key} ${change.when}`,
    )
    expect(said).toEqual(['title now', 'memoryMiB next', 'cpuWeight now', 'vif/0 now', 'vfb/0 next'])
    const otherMac = { ...config, devices: [{ ...nic, mac: '00:16:3e:00:00:02' }, screen] }
    expect(configChanges(runs, config, otherMac)).toMatchObject([{ key: 'vif/0', when: 'next' }])
    expect(configChanges(null, config, { ...config, devices: [screen] })).toMatchObject([{ key: 'vif/0', when: 'next' }])
    expect(configChanges(runs, config, { ...config, title: undefined })).toEqual([])
  })

  it('takes the current memory to the guest at once, never more than it was started with', async () => {
    const uuid = await running([])
    const { config } = info(uuid)
    const target = async () => {
      const dump = await made.driver.dumpStore()
      return Number(/memory\/target = "(\d+)"/.exec(dump.ok ? dump.value : '')?.[1]) / 1024
    }
    const most = config.memoryMiB
    expect((await redefine(uuid, { ...config, currentMiB: most - 16 })).ok).toBe(true)
    expect(await target()).toBe(most - 16)
    expect(info(uuid).running).toMatchObject({ memoryMiB: most, currentMiB: most - 16 })
    expect((await redefine(uuid, { ...config, memoryMiB: most * 2, currentMiB: most + 16 })).ok).toBe(true)
    expect(await target()).toBe(most)
    expect(info(uuid).running).toEqual({ ...config, currentMiB: undefined })
    expect(await redefine(uuid, { ...config, currentMiB: most + 1 })).toEqual({
      ok: false,
      error: errorReport('memory-current-large', { current: most + 1, most }),
    })
  })

  it('is changed along with the memory of the guest: what it has now it starts with, all of it being all of it', async () => {
    const uuid = await running([])
    const { config } = info(uuid)
    const most = config.memoryMiB
    const give = (memoryMiB: number) => made.servers.domainSetMemory({ uuid, memoryMiB }, testCaller())
    expect((await give(most - 16)).ok).toBe(true)
    expect(info(uuid)).toMatchObject({ config: { currentMiB: most - 16 }, running: { currentMiB: most - 16 } })
    const revisions = await made.servers.revisionList({ uuid }, testCaller())
    expect(revisions).toMatchObject({ ok: true, value: [{ cause: 'defined' }, { cause: 'changed' }] })
    expect((await redefine(uuid, { ...info(uuid).config, memoryMiB: most * 2 })).ok).toBe(true)
    expect((await give(most)).ok).toBe(true)
    expect(info(uuid).config).toEqual({ ...config, memoryMiB: most * 2, currentMiB: undefined })
    expect(info(uuid).running).toEqual({ ...config, currentMiB: undefined })
    expect((await give(most - 8)).ok).toBe(true)
    made.testDriver.failNext('setMemory', errorReport('engine-said', { detail: 'no' }))
    expect((await give(most)).ok).toBe(false)
    expect(info(uuid)).toMatchObject({ config: { currentMiB: most - 8 }, running: { currentMiB: most - 8 } })
  })

  it('tells XenStore another name at once, and a refusal changes nothing', async () => {
    const uuid = await running()
    const { config } = info(uuid)
    const names = async () => {
      const dump = await made.driver.dumpStore()
      return [...(dump.ok ? dump.value : '').matchAll(/^\/(?:vm\/[-\da-f]+|local\/domain\/[1-9]\d*)\/name = "(.*?)"/gm)].map(
        ([, name]) => name,
      )
    }
    made.testDriver.failNext('rename', errorReport('engine-said', { detail: 'no' }))
    expect((await made.servers.domainRename({ uuid, name: 'other' }, testCaller())).ok).toBe(false)
    expect(info(uuid).config).toEqual(config)
    expect((await made.servers.domainRename({ uuid, name: 'other' }, testCaller())).ok).toBe(true)
    expect(await names()).toEqual(['other', 'other'])
    expect((await redefine(uuid, { ...config, name: 'third' })).ok).toBe(true)
    expect(await names()).toEqual(['third', 'third'])
  })

  it('takes network, rate and link to the guest at once, and a refusal changes nothing', async () => {
    const uuid = await running()
    const { config } = info(uuid)
    const changed = { ...config, memoryMiB: 128, devices: [{ ...nic, rateKiB: 100, link: 'down' as const }, screen] }
    made.testDriver.failNext('changeNic', errorReport('engine-said', { detail: 'no' }))
    expect((await redefine(uuid, changed)).ok).toBe(false)
    expect(info(uuid).config).toEqual(config)
    expect((await redefine(uuid, changed)).ok).toBe(true)
    expect(info(uuid).running).toMatchObject({ memoryMiB: 64, devices: [{ rateKiB: 100, link: 'down' }, {}] })
    expect(info(uuid).config).toMatchObject({ memoryMiB: 128, devices: [{ rateKiB: 100, link: 'down' }, {}] })
  })

  it('gives weight, cap and processors to the scheduler at once, and their defaults when they are left out', async () => {
    const uuid = await running()
    const { config } = info(uuid)
    const told = () => made.toolstack.log(uuid).flatMap(({ text }) => (text.startsWith('Weight') ? [text] : []))
    made.testDriver.failNext('setSchedulerParameters', errorReport('engine-said', { detail: 'no' }))
    expect((await redefine(uuid, { ...config, cpuCap: 50 })).ok).toBe(false)
    expect(info(uuid)).toMatchObject({ config, running: config })
    expect((await redefine(uuid, { ...config, cpuWeight: 512, cpuCap: 50, cpuSet: '0-2,^1' })).ok).toBe(true)
    expect(info(uuid).running).toMatchObject({ cpuWeight: 512, cpuCap: 50, cpuSet: '0-2,^1' })
    expect((await redefine(uuid, { ...config, title: 'else' })).ok).toBe(true)
    expect(info(uuid).running).toEqual({ ...config, title: 'else' })
    expect(told()).toEqual(['Weight 512, cap 50, processors 0-2,^1.', 'Weight 256, cap 0, processors all.'])
  })

  it('lets VNC viewers in and out at once, and only with a password from elsewhere', async () => {
    const uuid = await running()
    const { config } = info(uuid)
    const withVnc = (vnc: Vnc): DomainConfig => ({ ...config, devices: [nic, { kind: 'vfb', width: 800, height: 600, vnc }] })
    expect(await redefine(uuid, withVnc({ kind: 'tcp', address: '0.0.0.0', port: 5901 }))).toMatchObject({
      ok: false,
      error: { reason: 'vnc-open' },
    })
    expect((await redefine(uuid, withVnc({ kind: 'tcp', address: '0.0.0.0', port: 5901, password: 'x' }))).ok).toBe(true)
    expect(info(uuid).vncAt).toBe('0.0.0.0:5901')
    expect((await redefine(uuid, withVnc({ kind: 'local' }))).ok).toBe(true)
    expect(info(uuid).vncAt).toBe(join(made.folder, 'vnc', `${uuid.slice(0, 8)}.sock`))
    expect((await redefine(uuid, config)).ok).toBe(true)
    expect(info(uuid).vncAt).toBeNull()
    expect((await redefine(uuid, withVnc({ kind: 'tcp', address: '127.0.0.1', port: 0 }))).ok).toBe(true)
    await made.toolstack.domains.destroy(uuid)
    expect(info(uuid).vncAt).toBeNull()
    await made.toolstack.domains.create(uuid, false)
    await expect.poll(() => info(uuid).vncAt).toMatch(/^127\.0\.0\.1:59\d\d$/)
  })

  it('captures only to a file that was chosen or allowed', async () => {
    const uuid = await running()
    const { config } = info(uuid)
    const capture = join(made.folder, 'a.pcap')
    const changed = { ...config, devices: [{ ...nic, capture }, screen] }
    expect(await redefine(uuid, changed)).toMatchObject({ ok: false, error: { reason: 'file-not-allowed' } })
    expect((await redefine(uuid, changed, undefined, [capture])).ok).toBe(true)
    expect((await redefine(uuid, { ...changed, title: 'later' })).ok).toBe(true)
  })

  it('is not overwritten by a window that has not seen it', async () => {
    const uuid = await running()
    const { config } = info(uuid)
    expect((await redefine(uuid, { ...config, title: 'mine' }, config)).ok).toBe(true)
    const late = await redefine(uuid, { ...config, title: 'yours' }, config)
    expect(late).toMatchObject({ ok: false, error: { reason: 'definition-changed', values: { name: 'live' } } })
    expect(info(uuid).config.title).toBe('mine')
  })

  it('starts with the app when it is to', async () => {
    const first = { ...made.config('early'), autostart: true }
    const defined = await made.servers.domainDefine({ config: first, images: [], start: false }, testCaller())
    await made.servers.domainDefine({ config: made.config('not'), images: [], start: false }, testCaller())
    if (!defined.ok) throw new Error('not defined')
    await made.toolstack.domains.autostart()
    expect(made.toolstack.domains.active().map(({ name }) => name)).toEqual(['early'])
  })
})
