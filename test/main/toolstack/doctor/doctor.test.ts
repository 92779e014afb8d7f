// The doctor on machines that are wrong in one way each: it finds that and nothing else, and what it can mend is mended.
// Runs in: vitest, plain Node; files are real ones in a folder of the test.
import fs from 'node:fs'
import { createServer } from 'node:net'
import os from 'node:os'
import path from 'node:path'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { ok } from '../../../../src-engine/public/result'
import { DEFAULT_NETWORK, type Device, type Network } from '../../../../src-main/public/device'
import { type Finding, type FindingKind, findingTable } from '../../../../src-main/public/doctor'
import { errorReport } from '../../../../src-main/public/error-code'
import type { DomainConfig, DomainInfo } from '../../../../src-main/public/types'
import { Doctor, type DoctorParts } from '../../../../src-main/toolstack/doctor/doctor'
import { type HostProbe, hostProbe } from '../../../../src-main/toolstack/doctor/host-files'
import { domainInfo } from '../../../support/domain-info'

const UUID = '11111111-2222-4333-8444-555555555555'
const GIB = 2 ** 30

let folder = ''
let config: DomainConfig
let domain: DomainInfo
let probe: Partial<HostProbe> = {}
let networks: readonly Network[] = []
let image = { virtualSize: 1 << 20, fileSize: 1 << 20, backing: '' }

function file(name: string, mode = 0o600): string {
  const at = path.join(folder, name)
  fs.writeFileSync(at, 'x', { mode })
  return at
}

function disk(change: Partial<Extract<Device, { kind: 'vbd' }>> = {}): Device {
  return {
    kind: 'vbd',
    dev: 'xvda',
    path: path.join(folder, 'disk.raw'),
    format: 'raw',
    readonly: false,
    removable: false,
    ...change,
  }
}

function has(devices: readonly Device[], change: Partial<DomainInfo> = {}): void {
  config = { ...config, devices: [...devices] }
  domain = { ...domain, config, ...change }
}

function doctor(change: Partial<DoctorParts> = {}): Doctor {
  return new Doctor({
    domains: () => [domain],
    networks: () => networks,
    startNetwork: async (_uuid, wanted) => {
      networks = networks.map(({ stopped: _off, ...each }) => (each.name === wanted ? each : { ...each, stopped: true }))
      return ok(null)
    },
    startDomain0: async () => ok(null),
    inspect: async (_uuid, at) => ok({ path: at, format: 'raw', ...image }),
    diskKernel: async () => ok({ holds: [] }),
    machine: async () => ({
      folder,
      diskFolders: [path.join(folder, 'disks')],
      chosenPools: [],
      oldElectron: null,
      demo: null,
      debian: null,
    }),
    redefine: async (_uuid, to) => {
      has(to.devices)
      return ok(null)
    },
    eject: async () => {
      has(config.devices.map((device) => (device.kind === 'vbd' ? { ...device, path: '' } : device)))
      return ok(null)
    },
    // Space and memory of the machine that runs the test are not the matter here.
    probe: async () => ({
      ...(await hostProbe()),
      space: async () => ({ free: 100 * GIB, volatile: false }),
      memory: () => ({ total: 16 * GIB, free: 8 * GIB }),
      lowestPort: async () => 0,
      ...probe,
    }),
    ...change,
  })
}

async function kinds(one = doctor()): Promise<FindingKind[]> {
  return (await one.look()).findings.map(({ kind }) => kind)
}

async function only(kind: FindingKind, one = doctor()): Promise<Finding> {
  const { findings } = await one.look()
  expect(findings.map((finding) => finding.kind)).toEqual([kind])
  const [found] = findings
  if (found === undefined) throw new Error('nothing found')
  return found
}

async function mends(kind: FindingKind): Promise<void> {
  expect(findingTable[kind].mend).toBe('mend')
  const one = doctor()
  expect(await one.mend(await only(kind, one))).toEqual(ok(null))
  expect(await kinds(one)).not.toContain(kind)
}

beforeEach(() => {
  folder = fs.mkdtempSync(path.join(os.tmpdir(), 'ringmaster-doctor-'))
  fs.mkdirSync(path.join(folder, 'disks'))
  probe = {}
  networks = [DEFAULT_NETWORK]
  image = { virtualSize: 1 << 20, fileSize: 1 << 20, backing: '' }
  config = { name: 'server', memoryMiB: 256, vcpus: 1, kernel: file('kernel'), ramdisk: null, cmdline: '', devices: [] }
  file('disk.raw')
  domain = domainInfo({ uuid: UUID, name: 'server', state: 'shutoff', domid: null, config })
  has([disk(), { kind: 'vif', index: 0, network: 'default', mac: '00:16:3e:00:00:01', forwards: [] }])
})
afterEach(() => fs.rmSync(folder, { recursive: true, force: true }))

describe('the machine', () => {
  it('that is in order has no findings, and says what was looked at', async () => {
    expect((await doctor().look()).findings).toEqual([])
    expect((await doctor().look()).checks).toContain('space')
  })

  it('with little or no room, told once for folders of one file system', async () => {
    probe = { space: async () => ({ free: GIB, volatile: false }) }
    expect((await only('space-low')).values['free']).toBe('1.0 GiB')
    probe = { space: async () => ({ free: 1 << 20, volatile: false }) }
    expect((await only('space-out')).values['free']).toBe('1 MiB')
    for (const free of [0, 4096]) {
      probe = { space: async () => ({ free, volatile: false }) }
      expect(await kinds()).toEqual(['space-none'])
    }
  })

  it('whose folder others may read, which it closes', async () => {
    fs.chmodSync(folder, 0o755)
    await mends('folder-readable')
    expect(fs.statSync(folder).mode & 0o777).toBe(0o700)
  })

  it('whose folder may not be written, which it opens', async () => {
    fs.chmodSync(folder, 0o700)
    let closed = true
    probe = {
      file: async (at) => {
        const facts = await (await hostProbe()).file(at)
        return facts && at.endsWith('/disks') ? { ...facts, writable: !closed } : facts
      },
      setMode: async () => {
        closed = false
      },
    }
    await mends('folder-closed')
  })

  it('with less memory than was promised, and with little left', async () => {
    has(config.devices, { running: { ...config, memoryMiB: 20 * 1024 } })
    expect(await kinds()).toEqual(['memory-promised'])
    has(config.devices, { running: config })
    probe = { memory: () => ({ total: 16 * GIB, free: 1 << 20 }) }
    expect(await kinds()).toEqual(['memory-low'])
  })

  it('where somebody else listens on a wanted port, and not when the machine itself does', async () => {
    const server = createServer()
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
    const address = server.address()
    const hostPort = typeof address === 'object' && address !== null ? address.port : 0
    const forwards = [{ protocol: 'tcp', hostPort, guestPort: 22 }] as const
    has([{ kind: 'vif', index: 0, network: 'default', mac: '00:16:3e:00:00:01', forwards: [...forwards] }])
    expect((await only('port-taken')).values['port']).toBe(String(hostPort))
    has(config.devices, { running: config })
    expect(await kinds()).toEqual([])
    await new Promise((resolve) => server.close(resolve))
    has(config.devices, { running: null })
    expect(await kinds()).toEqual([])
    probe = { lowestPort: async () => 65536 }
    expect(await kinds()).toEqual(['port-low'])
  })

  it('with an old Electron, without helpers, without domain 0', async () => {
    const one = doctor({
      machine: async () => ({
        folder,
        diskFolders: [folder],
        chosenPools: [],
        oldElectron: errorReport('old-electron', { version: '25.1.1' }),
        demo: errorReport('demo-unavailable', { detail: 'apt was not found' }),
        debian: errorReport('debian-unavailable', { detail: 'mmdebstrap was not found' }),
      }),
      domains: () => [{ ...domain, kind: 'domain0', state: 'crashed', config: null }],
    })
    expect(await kinds(one)).toEqual(['domain0-down', 'electron-old', 'helper-demo', 'helper-debian'])
  })
})

describe('a domain', () => {
  it.each(['kernel', 'disk.raw'])('whose %s is missing', async (name) => {
    fs.rmSync(path.join(folder, name))
    expect((await only('file-missing')).values['path']).toBe(path.join(folder, name))
  })

  it('whose kernel is missing and is not needed, as its disk has one', async () => {
    fs.rmSync(path.join(folder, 'kernel'))
    const found = { from: 'grub', title: '', kernel: '/vmlinuz', ramdisks: [], cmdline: '', dirty: false } as const
    const itsDisk = { diskKernel: async () => ok({ found, holds: [] }) }
    expect(await kinds(doctor(itsDisk))).toEqual(['file-missing'])
    has([disk({})])
    config = { ...config, bootloader: 'pygrub' }
    has(config.devices)
    expect(await kinds(doctor())).toEqual(['file-missing'])
    expect(await kinds(doctor(itsDisk))).toEqual([])
  })

  it('whose disk is to be started and has no kernel, what it has instead, or what cannot be read', async () => {
    config = { ...config, kernel: '' }
    const looks = (answer: Awaited<ReturnType<DoctorParts['diskKernel']>>) => doctor({ diskKernel: async () => answer })
    has([disk({})])
    expect((await only('disk-no-kernel')).values).toMatchObject({ name: 'server', dev: 'xvda' })
    expect((await only('disk-no-kernel-but', looks(ok({ holds: ['FAT', 'swap'] })))).values['holds']).toBe('FAT, swap')
    const unread = { ok: false, error: errorReport('image-unreadable', { detail: 'it has XFS' }) } as const
    expect((await only('disk-kernel-unread', looks(unread))).values['detail']).toBe('it has XFS')
    // Told already, as what is wrong with the image.
    const broken = doctor({ diskKernel: async () => unread, inspect: async () => unread })
    expect(await kinds(broken)).toEqual(['disk-broken'])
    has(config.devices, { running: config })
    expect(await kinds()).toEqual([])
    has([], { running: null })
    expect(await kinds()).toEqual(['kernel-none'])
    // It goes on from what was saved.
    has([], { state: 'saved' })
    expect(await kinds()).toEqual([])
  })

  it('whose medium is missing, which it takes out', async () => {
    has([disk({ path: path.join(folder, 'gone.iso'), readonly: true, removable: true })])
    await mends('medium-missing')
  })

  it('whose disk may not be written, which it opens', async () => {
    const closed = path.join(folder, 'disk.raw')
    fs.chmodSync(closed, 0o440)
    // Root may write whatever the mode says.
    probe = {
      file: async (at) => {
        const facts = await (await hostProbe()).file(at)
        return facts && at === closed ? { ...facts, writable: (facts.mode & 0o200) !== 0 } : facts
      },
    }
    await mends('disk-closed')
    expect(fs.statSync(closed).mode & 0o777).toBe(0o640)
  })

  it('whose image is broken, but not while its guest writes to it', async () => {
    const one = doctor({
      inspect: async () => ({ ok: false, error: errorReport('image-unreadable', { detail: 'a bad header' }) }),
    })
    expect((await only('disk-broken', one)).values['detail']).toBe('a bad header')
    has(config.devices, { running: config })
    expect(await kinds(one)).toEqual([])
  })

  it('whose backing file is gone, as seen from the image', async () => {
    image = { ...image, backing: 'base.qcow2' }
    expect((await only('backing-missing')).values['backing']).toBe(path.join(folder, 'base.qcow2'))
    file('base.qcow2')
    expect(await kinds()).toEqual([])
  })

  it('whose disk lies in memory, or may outgrow its file system', async () => {
    probe = { space: async () => ({ free: 100 * GIB, volatile: true }) }
    expect(await kinds()).toEqual(['disk-volatile'])
    probe = {}
    image = { ...image, virtualSize: 500 * GIB }
    expect((await only('disk-grows')).values['free']).toBe('100.0 GiB')
    has([disk({ readonly: true })])
    expect(await kinds()).toEqual([])
  })

  it('whose disk is never flushed, which it mends and nothing else', async () => {
    has([disk({ cache: 'unsafe', discard: 'ignore' }), disk({ dev: 'xvdb', path: file('b.raw'), cache: 'writethrough' })])
    await mends('disk-unsafe')
    expect(config.devices).toMatchObject([{ dev: 'xvda', discard: 'ignore' }, { cache: 'writethrough' }])
    has([disk({ cache: 'unsafe', readonly: true })])
    expect(await kinds()).toEqual([])
  })

  it('that was saved before its disk was changed', async () => {
    has(config.devices, { state: 'saved', savedAt: Date.now() - 60_000 })
    expect(await kinds()).toEqual(['disk-newer'])
    has(config.devices, { state: 'saved', savedAt: Date.now() })
    expect(await kinds()).toEqual([])
  })

  it.each([
    ['vnc-open', undefined],
    ['vnc-exposed', 'secret'],
  ] as const)('with a screen open to others (%s), which it closes', async (kind, password) => {
    const vnc = { kind: 'tcp', address: '0.0.0.0', port: 0, ...(password !== undefined && { password }) } as const
    has([{ kind: 'vfb', width: 800, height: 600, vnc }])
    await mends(kind)
    expect(config.devices).toEqual([{ kind: 'vfb', width: 800, height: 600, vnc: { ...vnc, address: '127.0.0.1' } }])
  })

  it('with open ports and a network that is gone, which it mends', async () => {
    const nic = { kind: 'vif', index: 0, network: 'default', mac: '00:16:3e:00:00:01' } as const
    has([{ ...nic, forwards: [{ protocol: 'udp', hostPort: 5353, guestPort: 53, hostAddress: '0.0.0.0' }] }])
    await mends('forward-open')
    expect(config.devices).toEqual([{ ...nic, forwards: [{ protocol: 'udp', hostPort: 5353, guestPort: 53 }] }])
    has([{ ...nic, network: 'gone', forwards: [] }])
    await mends('network-missing')
    expect(config.devices).toEqual([{ ...nic, forwards: [] }])
  })

  it('beside others: what is as grave stands by the machines’ names', async () => {
    const crashed = ['web-10', 'web-9', 'db'].map((name) => ({ ...domain, uuid: name, name, state: 'crashed' as const }))
    const { findings } = await doctor({ domains: () => crashed }).look()
    expect(findings.flatMap(({ kind, uuid }) => (kind === 'crashed' ? [uuid] : []))).toEqual(['db', 'web-9', 'web-10'])
  })

  it('in a network that is stopped, which it starts: one finding for all that are in it, in each connection', async () => {
    networks = [{ ...DEFAULT_NETWORK, stopped: true }]
    await mends('network-stopped')
    networks = [{ ...DEFAULT_NETWORK, stopped: true }]
    const others = ['a', 'b', 'c', 'd', 'e'].map((name) => {
      return domainInfo({ ...domain, uuid: `${name.repeat(8)}-2222-4333-8444-555555555555`, name, config: { ...config, name } })
    })
    const away = domainInfo({ ...domain, uuid: UUID.replaceAll('1', '9'), name: 'away', connection: UUID })
    const all = { domains: () => [domain, ...others, away] }
    const { findings } = await doctor(all).look()
    expect(findings).toMatchObject([
      { kind: 'network-stopped', uuid: away.uuid, subject: 'default', values: { machines: 'away' } },
      { kind: 'network-stopped', uuid: UUID, subject: 'default', values: { machines: 'server, a, b, c, d, …' } },
    ])
  })

  it('whose name another of its connection has is renamed to what nobody has', async () => {
    const all = ['1', '2', '3', '4'].map((digit) => ({
      ...domain,
      uuid: UUID.replaceAll('1', digit),
      ...(digit === '3' ? { name: 'server 2', config: { ...config, name: 'server 2' } } : {}),
      ...(digit === '4' ? { connection: '99999999-2222-4333-8444-555555555555' } : {}),
    }))
    const renamed: unknown[] = []
    const one = doctor({
      domains: () => all,
      redefine: async (uuid, to) => {
        renamed.push([uuid, to.name])
        return ok(null)
      },
    })
    const found = await only('name-twice', one)
    const second = UUID.replaceAll('1', '2')
    expect(found).toMatchObject({ uuid: second, values: { name: 'server', id: second, other: UUID, free: 'server 3' } })
    expect(await one.mend(found)).toEqual(ok(null))
    expect(renamed).toEqual([[second, 'server 3']])
  })

  it('that crashed, and one whose clock stands or is off', async () => {
    has(config.devices, { state: 'crashed', detail: 'a triple fault' })
    expect(await kinds()).toEqual(['crashed'])
    const restored = { state: 'running', domid: 3, running: config, clockStandsAt: 1 } as const
    has(config.devices, { ...restored, startedAt: 3_600_000 })
    expect(await kinds()).toEqual(['clock-stands'])
    // A running copy goes on at once.
    has(config.devices, { ...restored, startedAt: 900 })
    expect(await kinds()).toEqual([])
    has(config.devices, { state: 'running', domid: 3, running: config, clockStandsAt: null, clockOffMs: 30_000 })
    expect(await kinds()).toEqual([])
    has(config.devices, { state: 'running', domid: 3, running: config, clockStandsAt: null, clockOffMs: -93_789_400 })
    expect((await only('clock-off')).values['off']).toBe('26:03:09')
  })

  it('is left alone when the finding named is not there, or cannot be mended', async () => {
    const before = config
    const one = doctor()
    expect(await one.mend({ kind: 'vnc-open', uuid: UUID, subject: 'vfb/0' })).toEqual(ok(null))
    fs.rmSync(path.join(folder, 'kernel'))
    expect(await one.mend(await only('file-missing', one))).toMatchObject({ ok: false, error: { reason: 'unsupported' } })
    expect(config).toBe(before)
  })
})
