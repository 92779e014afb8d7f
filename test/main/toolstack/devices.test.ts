// Devices of definitions and of running machines, image files, networks: the toolstack on the test driver.
// Runs in: vitest, plain Node.
import { existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { TestImages } from '../../../src-main/driver/test/test-images'
import { DEFAULT_NETWORK, type Device, type Disk, type Network, type Nic } from '../../../src-main/public/device'
import { errorReport } from '../../../src-main/public/error-code'
import type { DomainConfig } from '../../../src-main/public/types'
import { makeToolstack, testCaller } from '../../support/toolstack'

let made: Awaited<ReturnType<typeof makeToolstack>>
let image = ''

beforeEach(async () => {
  made = await makeToolstack()
  image = join(made.folder, 'disks', 'a.qcow2')
  mkdirSync(join(made.folder, 'disks'), { recursive: true })
  writeFileSync(image, '')
})
afterEach(() => made.close())

const disk = (path: string, more: Partial<Disk> = {}): Disk => ({
  kind: 'vbd',
  dev: 'xvda',
  path,
  format: 'qcow2',
  readonly: false,
  removable: false,
  ...more,
})
const nic = (more: Partial<Nic> = {}): Nic => ({
  kind: 'vif',
  index: 0,
  network: 'default',
  mac: '00:16:3e:00:00:01',
  forwards: [],
  ...more,
})
const forward = (hostPort: number, hostAddress?: string): Nic['forwards'][number] => ({
  protocol: 'tcp',
  hostPort,
  guestPort: 22,
  ...(hostAddress === undefined ? {} : { hostAddress }),
})

async function define(name: string, devices: readonly Device[], more: Partial<DomainConfig> = {}) {
  return made.servers.domainDefine(
    { config: { ...made.config(name), devices, ...more }, images: [], start: false },
    testCaller(),
  )
}

async function defined(name: string, devices: readonly Device[]): Promise<string> {
  const result = await define(name, devices)
  if (!result.ok) throw new Error(`${result.error.reason} ${JSON.stringify(result.error.values)}`)
  return result.value.uuid
}

function info(uuid: string) {
  const found = made.toolstack.domains.info(uuid)
  if (!found.ok) throw new Error('gone')
  return found.value
}

describe('a definition with devices', () => {
  it('is refused for what cannot be', async () => {
    await defined('first', [nic({ forwards: [forward(2222)] })])
    const other = { mac: '00:16:3e:00:00:02' }
    const rows: [string, readonly Device[]][] = [
      ['device-twice', [disk(image), disk(image, { readonly: true })]],
      ['disk-no-file', [disk('')]],
      ['disk-format-readonly', [disk(image, { format: 'vmdk' })]],
      ['disk-file-twice', [disk(image), disk(image, { dev: 'xvdb', readonly: true })]],
      ['no-network', [nic({ ...other, network: 'nowhere' })]],
      ['mac-taken', [nic()]],
      ['mac-taken', [nic(other), nic({ ...other, index: 1 })]],
      ['forward-taken', [nic({ ...other, forwards: [forward(2222)] })]],
      ['forward-taken', [nic({ ...other, forwards: [forward(2222, '0.0.0.0')] })]],
      ['forward-taken', [nic({ ...other, forwards: [forward(80), forward(80)] })]],
    ]
    for (const [reason, devices] of rows)
      expect(await define('second', devices)).toMatchObject({ ok: false, error: { reason } })
    await defined('second', [nic({ ...other, forwards: [forward(2222, '127.0.0.2'), forward(0), forward(0)] })])
    await defined('third', [disk('', { removable: true }), disk(image, { dev: 'xvdb' })])
  })

  it('starts only when its image files are there, and no other machine writes to them', async () => {
    const uuid = await defined('first', [disk(join(made.folder, 'disks', 'none.raw'), { format: 'raw' })])
    expect(await made.toolstack.domains.create(uuid, false)).toMatchObject({ ok: false, error: { reason: 'file-unreadable' } })
    const [one, two] = [await defined('one', [disk(image)]), await defined('two', [disk(image, { readonly: true })])]
    expect((await made.toolstack.domains.create(one, false)).ok).toBe(true)
    const used = { ok: false, error: { reason: 'disk-in-use', values: { name: 'one' } } }
    expect(await made.toolstack.domains.create(two, false)).toMatchObject(used)
    expect(made.state(two)).toBe('shutoff')
  })

  it('writes only to files that were chosen, allowed or are in the folder of disks', async () => {
    const elsewhere = join(made.folder, 'mine.raw')
    const config = { ...made.config('a'), devices: [disk(elsewhere, { format: 'raw' })] }
    const ask = (caller: Parameters<typeof made.servers.domainDefine>[1]) =>
      made.servers.domainDefine({ config, images: [], start: false }, caller)
    expect(await ask(testCaller())).toMatchObject({ ok: false, error: { reason: 'file-not-allowed' } })
    const asked: string[] = []
    const allowing = { ...testCaller(), allowsWriting: async (path: string) => asked.push(path) > 0 }
    expect((await ask(allowing)).ok).toBe(true)
    expect(asked).toEqual([elsewhere])
    const sneaky = [disk(`${made.folder}/disks/../mine.raw`, { format: 'raw' })]
    expect(await define('b', sneaky)).toMatchObject({ ok: false, error: { reason: 'file-not-allowed' } })
    expect((await define('c', [disk(elsewhere, { format: 'raw', readonly: true })])).ok).toBe(true)
  })

  it('makes new images before it is stored, and takes them back when it is refused', async () => {
    const path = join(made.folder, 'disks', 'new.qcow2')
    const order = (name: string, images: readonly string[]) =>
      made.servers.domainDefine(
        {
          config: { ...made.config(name), devices: [disk(path)] },
          images: images.map((each) => ({ path: each, format: 'qcow2' as const, sizeMiB: 64 })),
          start: true,
        },
        testCaller(),
      )
    expect(await order('a', ['/etc/new.qcow2'])).toMatchObject({ ok: false, error: { reason: 'path-not-chosen' } })
    expect(await order('a', [path, image])).toMatchObject({ ok: false, error: { reason: 'file-exists' } })
    expect(existsSync(path)).toBe(false)
    expect(readFileSync(image, 'utf8')).toBe('')
    expect((await order('a', [path])).ok).toBe(true)
    const inspected = await made.servers.imageInspect({ path }, testCaller())
    expect(inspected).toMatchObject({ ok: true, value: { format: 'qcow2', virtualSize: 64 << 20 } })
  })
})

describe('devices of a machine that runs', () => {
  const running = async (devices: readonly Device[] = []): Promise<string> => {
    const uuid = await defined('live', devices)
    expect((await made.toolstack.domains.create(uuid, false)).ok).toBe(true)
    return uuid
  }
  const keys = (devices: readonly Device[] | undefined) =>
    devices?.map((device) => (device.kind === 'vbd' ? device.dev : device.kind))

  it('are attached and detached at once, and in the definition', async () => {
    const uuid = await running()
    expect((await made.servers.deviceAttach({ uuid, device: disk(image) }, testCaller())).ok).toBe(true)
    expect((await made.servers.deviceAttach({ uuid, device: nic() }, testCaller())).ok).toBe(true)
    const twice = await made.servers.deviceAttach({ uuid, device: disk(image) }, testCaller())
    expect(twice).toMatchObject({ ok: false, error: { reason: 'device-twice' } })
    expect(keys(info(uuid).running?.devices)).toEqual(['xvda', 'vif'])
    expect(keys(info(uuid).config?.devices)).toEqual(['xvda', 'vif'])
    expect((await made.servers.deviceDetach({ uuid, key: 'vbd/51712', force: false }, testCaller())).ok).toBe(true)
    expect(keys(info(uuid).running?.devices)).toEqual(['vif'])
    expect(await made.servers.deviceDetach({ uuid, key: 'vbd/51712', force: false }, testCaller())).toMatchObject({
      ok: false,
      error: { reason: 'no-device' },
    })
  })

  it('leave the definition as it was when the guest refuses them', async () => {
    const uuid = await running()
    made.testDriver.failNext('attachDevice', errorReport('engine-said', { detail: 'no' }))
    expect((await made.servers.deviceAttach({ uuid, device: disk(image) }, testCaller())).ok).toBe(false)
    expect([info(uuid).config?.devices, info(uuid).running?.devices]).toEqual([[], []])
  })

  it('keep a display for the next start', async () => {
    const uuid = await running()
    const device = { kind: 'vfb', width: 800, height: 600 } as const
    expect((await made.servers.deviceAttach({ uuid, device }, testCaller())).ok).toBe(true)
    expect([keys(info(uuid).config?.devices), keys(info(uuid).running?.devices)]).toEqual([['vfb'], []])
    expect(await made.servers.screenOpen({ uuid }, testCaller())).toMatchObject({ ok: false, error: { reason: 'no-screen' } })
    await made.toolstack.domains.destroy(uuid)
    await made.toolstack.domains.create(uuid, false)
    expect((await made.servers.screenOpen({ uuid }, testCaller())).ok).toBe(true)
    const path = join(made.folder, 'shot.png')
    expect(await made.servers.screenSave({ uuid, path }, testCaller())).toMatchObject({ ok: false })
    expect((await made.servers.screenSave({ uuid, path }, testCaller([path]))).ok).toBe(true)
    expect(readFileSync(path).subarray(1, 4).toString()).toBe('PNG')
  })

  it('change their medium when they are removable, at once', async () => {
    const other = join(made.folder, 'disks', 'other.raw')
    writeFileSync(other, '')
    const fixed = disk(other, { dev: 'xvdb', format: 'raw' })
    const uuid = await running([disk('', { removable: true, readonly: true }), fixed])
    const change = (key: string, path: string) => made.servers.mediumChange({ uuid, key, path, format: 'raw' }, testCaller())
    expect((await change('vbd/51712', image)).ok).toBe(true)
    expect(info(uuid).running?.devices[0]).toMatchObject({ path: image, format: 'raw' })
    expect((await change('vbd/51712', '')).ok).toBe(true)
    expect(await change('vbd/51728', image)).toMatchObject({ ok: false, error: { reason: 'not-hot-pluggable' } })
  })

  it('show what their image refers to elsewhere, and use it only when that was allowed', async () => {
    const [secret, middle, top] = ['secret.raw', 'middle.qcow2', 'top.qcow2'].map((name) => join(made.folder, 'disks', name))
    if (!secret || !middle || !top) return
    writeFileSync(secret, Buffer.alloc(4096))
    const images = new TestImages(async () => undefined)
    expect((await images.overlay(middle, { path: secret, format: 'raw' })).ok).toBe(true)
    expect((await images.overlay(top, { path: 'middle.qcow2', format: 'qcow2' })).ok).toBe(true)
    const asked = {
      ok: false,
      error: { reason: 'backing-refused', values: { dev: 'xvdb', path: secret, chain: `${top} → ${middle}` } },
    }
    const device = disk(top, { dev: 'xvdb' })
    expect(await define('asked', [device])).toMatchObject(asked)
    const uuid = await defined('guest', [disk('', { removable: true, readonly: true })])
    const attach = (more: Partial<Disk>) => made.servers.deviceAttach({ uuid, device: { ...device, ...more } }, testCaller())
    expect(await attach({})).toMatchObject(asked)
    expect(await attach({ allowedBacking: [image] })).toMatchObject(asked)
    expect((await attach({ allowedBacking: [secret] })).ok).toBe(true)
    expect((await made.servers.deviceDetach({ uuid, key: 'vbd/51728', force: false }, testCaller())).ok).toBe(true)

    // A definition from elsewhere: the driver refuses, and it is said why.
    const config = { ...made.config('guest'), devices: [device] }
    expect((await made.servers.domainRedefine({ uuid, config }, testCaller())).ok).toBe(true)
    expect(await made.toolstack.domains.create(uuid, false)).toMatchObject(asked)
    expect(made.state(uuid)).toBe('shutoff')
    const allow = (key: string) => made.servers.backingAllow({ uuid, key, path: secret }, testCaller())
    expect(await allow('vbd/51712')).toMatchObject({ ok: false, error: { reason: 'no-device' } })
    expect((await allow('vbd/51728')).ok).toBe(true)
    expect(info(uuid).config?.devices).toEqual([{ ...device, allowedBacking: [secret] }])
    expect((await made.toolstack.domains.create(uuid, false)).ok).toBe(true)
  })

  it('ask for each medium anew what it may refer to', async () => {
    const [secret, top] = ['secret.raw', 'top.qcow2'].map((name) => join(made.folder, 'disks', name))
    if (!secret || !top) return
    writeFileSync(secret, Buffer.alloc(4096))
    await new TestImages(async () => undefined).overlay(top, { path: secret, format: 'raw' })
    const uuid = await running([disk('', { removable: true, readonly: true })])
    const change = (path: string, more: Partial<Disk> = {}) =>
      made.servers.mediumChange({ uuid, key: 'vbd/51712', path, format: 'qcow2', ...more }, testCaller())
    expect(await change(top)).toMatchObject({ ok: false, error: { reason: 'backing-refused', values: { path: secret } } })
    expect((await change(top, { allowedBacking: [secret] })).ok).toBe(true)
    expect(info(uuid).running?.devices[0]).toMatchObject({ path: top, allowedBacking: [secret] })
    expect((await change('')).ok).toBe(true)
    expect(await change(top)).toMatchObject({ ok: false, error: { reason: 'backing-refused' } })
  })

  it('show a changed definition beside what runs, and what was saved is what goes on', async () => {
    const uuid = await running([disk(image)])
    const config = { ...made.config('live'), memoryMiB: 128, devices: [] }
    expect((await made.servers.domainRedefine({ uuid, config }, testCaller())).ok).toBe(true)
    expect([info(uuid).config?.memoryMiB, info(uuid).running?.memoryMiB]).toEqual([128, 64])
    const saving = made.toolstack.domains.managedSave(uuid)
    if (!saving.ok) throw new Error('not saved')
    await made.toolstack.jobs.wait(saving.value)
    expect(info(uuid).running).toBeNull()
    expect((await made.toolstack.domains.create(uuid, false)).ok).toBe(true)
    expect(info(uuid).running).toMatchObject({ memoryMiB: 64, devices: [{ dev: 'xvda' }] })
    expect(info(uuid).config).toMatchObject({ memoryMiB: 128, devices: [] })
  })

  it('get addresses and ports of their own when a save file is continued beside the original', async () => {
    const uuid = await running([nic({ forwards: [forward(8080)] })])
    const path = join(made.folder, 'a.rmsave')
    const saved = made.toolstack.domains.save(uuid, path)
    if (!saved.ok) throw new Error('not saved')
    await made.toolstack.jobs.wait(saved.value)
    await made.toolstack.domains.create(uuid, false)
    expect((await made.toolstack.jobs.wait(made.toolstack.domains.restore(path))).ok).toBe(true)
    const beside = made.toolstack.domains.list().find((domain) => domain.uuid !== uuid)
    const card = beside?.config?.devices[0]
    expect(card).toMatchObject({ kind: 'vif', forwards: [] })
    expect(card?.kind === 'vif' && /^00:16:3e:/.test(card.mac) && card.mac !== nic().mac).toBe(true)
  })

  it('are told by figures, and XenStore shows the part of the machine', async () => {
    const uuid = await running([disk(image)])
    const dump = await made.servers.storeDump({ uuid }, testCaller())
    if (!dump.ok) throw new Error('no dump')
    expect(dump.value.text).toContain('/device/vbd/51712/state = "4"')
    expect(dump.value.text).toContain('/local/domain/0/backend/vbd/')
    expect(dump.value.text).not.toContain('Domain-0')
    await expect
      .poll(async () => {
        const series = await made.servers.domainSamples({ uuid, minutes: 1 }, testCaller())
        return series.ok ? series.value.devices.map(({ key }) => key) : []
      })
      .toEqual(['vbd/51712'])
  })
})

describe('image files', () => {
  const work = async (started: { ok: boolean; value?: { job: number } }) => {
    if (!started.ok || started.value === undefined) throw new Error('not started')
    return made.toolstack.jobs.wait(started.value.job)
  }

  it('are made, enlarged, converted and checked by jobs', async () => {
    const path = join(made.folder, 'disks', 'b.raw')
    const to = join(made.folder, 'disks', 'b.qcow2')
    const { imageCreate, imageResize, imageConvert, imageCheck, imageInspect } = made.servers
    expect((await work(await imageCreate({ image: { path, format: 'raw', sizeMiB: 8 } }, testCaller()))).ok).toBe(true)
    expect(await work(await imageResize({ path, sizeMiB: 4 }, testCaller()))).toMatchObject({
      error: { reason: 'image-shrink' },
    })
    expect((await work(await imageResize({ path, sizeMiB: 16 }, testCaller()))).ok).toBe(true)
    expect((await work(await imageConvert({ from: path, to, format: 'qcow2' }, testCaller()))).ok).toBe(true)
    expect((await work(await imageCheck({ path: to, repair: false }, testCaller()))).ok).toBe(true)
    expect(await imageInspect({ path: to }, testCaller())).toMatchObject({ value: { format: 'qcow2', virtualSize: 16 << 20 } })
    expect(await imageResize({ path: '/etc/passwd', sizeMiB: 1 }, testCaller())).toMatchObject({ ok: false })
  })

  it('are left alone while a machine uses them', async () => {
    const uuid = await defined('a', [disk(image)])
    await made.toolstack.domains.create(uuid, false)
    const refused = await made.servers.imageResize({ path: image, sizeMiB: 100 }, testCaller())
    expect(refused).toMatchObject({ ok: false, error: { reason: 'disk-in-use', values: { name: 'a' } } })
  })
})

describe('virtual networks', () => {
  const network = (more: Partial<Network> = {}): Network => ({
    ...DEFAULT_NETWORK,
    name: 'lab',
    kind: 'isolated',
    address: '10.1.0.1',
    dhcp: { first: '10.1.0.10', last: '10.1.0.20' },
    ...more,
  })
  const set = (given: Network, replaces: string | null = null) =>
    made.servers.networkDefine({ network: given, replaces }, testCaller())

  it('begin with the default one, which stays', async () => {
    expect(made.toolstack.networks.list()).toEqual([{ network: DEFAULT_NETWORK, usedBy: [], permanent: true }])
    const undefine = await made.servers.networkUndefine({ name: 'default' }, testCaller())
    expect(undefine).toMatchObject({ ok: false, error: { reason: 'network-permanent' } })
    const moved = { ...DEFAULT_NETWORK, address: '10.9.0.1', dhcp: { first: '10.9.0.2', last: '10.9.0.9' } }
    expect((await set(moved, 'default')).ok).toBe(true)
  })

  it('are refused for addresses that cannot be', async () => {
    const rows: [string, Partial<Network>][] = [
      ['network-exists', { name: 'default' }],
      ['network-overlaps', { address: '10.0.2.200', dhcp: undefined }],
      ['network-overlaps', { address: '10.0.0.1', prefix: 16, dhcp: undefined }],
      ['network-bad', { address: '10.1.0.0' }],
      ['network-bad', { address: '10.1.0.999', dhcp: undefined }],
      ['network-bad', { dhcp: { first: '10.2.0.1', last: '10.1.0.9' } }],
      ['network-bad', { dhcp: { first: '10.1.0.9', last: '10.1.0.2' } }],
      ['network-bad', { dhcp: { first: '10.1.0.1', last: '10.1.0.9' } }],
      ['network-bad', { hosts: [{ mac: '00:16:3e:00:00:01', address: '10.1.0.1' }] }],
    ]
    for (const [reason, more] of rows) expect(await set(network(more))).toMatchObject({ ok: false, error: { reason } })
  })

  it('are kept, tell who uses them, and stay while somebody does', async () => {
    expect((await set(network())).ok).toBe(true)
    const uuid = await defined('a', [nic({ network: 'lab' })])
    const told = () => made.events.filter(({ name }) => name === 'networksChanged').at(-1)?.payload
    await expect.poll(told).toMatchObject({ networks: [{}, { network: { name: 'lab' }, usedBy: ['a'] }] })
    const inUse = { ok: false, error: { reason: 'network-in-use', values: { names: 'a' } } }
    expect(await made.servers.networkUndefine({ name: 'lab' }, testCaller())).toMatchObject(inUse)
    expect(await set(network({ name: 'other' }), 'lab')).toMatchObject(inUse)
    await made.toolstack.domains.create(uuid, false)
    const leases = await made.servers.networkLeases({ name: 'lab' }, testCaller())
    expect(leases).toMatchObject({ ok: true, value: [{ mac: nic().mac, address: '10.1.0.10', name: 'a' }] })
    await made.close(true)
    made = await makeToolstack({ folder: made.folder })
    expect(made.toolstack.networks.names()).toEqual(['default', 'lab'])
    expect(made.toolstack.networks.list()[1]?.usedBy).toEqual(['a'])
  })

  it('are stopped and started, over a restart too; no machine starts on one that is stopped, and one that runs goes on', async () => {
    expect((await set(network())).ok).toBe(true)
    const uuid = await defined('a', [nic({ network: 'lab' })])
    const other = await defined('b', [nic({ network: 'lab', mac: '00:16:3e:00:00:99' })])
    expect((await made.toolstack.domains.create(uuid, false)).ok).toBe(true)
    expect((await set(network({ stopped: true }), 'lab')).ok).toBe(true)
    expect(made.toolstack.domains.list().find((each) => each.uuid === uuid)?.state).toBe('running')
    expect(await made.servers.networkLeases({ name: 'lab' }, testCaller())).toEqual({ ok: true, value: [] })
    const refused = { ok: false, error: { reason: 'network-stopped', values: { network: 'lab' } } }
    expect(await made.toolstack.domains.create(other, false)).toMatchObject(refused)
    await made.close(true)
    made = await makeToolstack({ folder: made.folder })
    expect(await made.toolstack.domains.create(other, false)).toMatchObject(refused)
    expect((await set(network(), 'lab')).ok).toBe(true)
    expect((await made.toolstack.domains.create(other, false)).ok).toBe(true)
  })

  it.each([
    ['garbage', '{"version": 1, "networks": [{', 'networks-corrupt', 'damaged'],
    ['of a newer version', '{"version": 2, "networks": {"lab": {}}}', 'networks-newer', 'newer'],
  ] as const)('are there again, and it is told, when their file is %s', async (_what, text, reason, ending) => {
    await made.close(true)
    writeFileSync(join(made.folder, 'networks.json'), text)
    made = await makeToolstack({ folder: made.folder })
    expect(made.toolstack.networks.names()).toEqual(['default'])
    expect(made.toolstack.notices.list()).toMatchObject([
      { error: { reason, values: { kept: expect.stringMatching(ending) } } },
    ])
  })
})
