// The doctor's buttons on machines as they are stored: every kind of finding that main can mend is made as a user would meet it,
// pressed, and gone; also when one machine has them all at once, whichever is pressed first.
// Runs in: vitest, plain Node; a toolstack on the test driver, definitions and files in a folder of the test.
import fs from 'node:fs'
import os from 'node:os'
import path from 'node:path'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { doctorParts } from '../../../../src-main/connection/doctor-parts'
import { DefinitionStore } from '../../../../src-main/definition/definition-store'
import type { TestDriver } from '../../../../src-main/driver/test/test-driver'
import { DEFAULT_NETWORK, type Device } from '../../../../src-main/public/device'
import { type FindingKind, findingTable } from '../../../../src-main/public/doctor'
import type { DomainConfig } from '../../../../src-main/public/types'
import { Doctor } from '../../../../src-main/toolstack/doctor/doctor'
import { type HostProbe, hostProbe } from '../../../../src-main/toolstack/doctor/host-files'
import { makeConnections, type TestConnections } from '../../../support/connections'

const UUID = '11111111-2222-4333-8444-555555555555'
const STOPPED = 'idle'

let folder = ''
let made: TestConnections | undefined
let driver: TestDriver | undefined
beforeEach(() => {
  folder = fs.mkdtempSync(path.join(os.tmpdir(), 'ringmaster-mends-'))
  fs.chmodSync(folder, 0o700)
})
afterEach(async () => {
  await made?.close()
  made = undefined
  fs.rmSync(folder, { recursive: true, force: true })
})

function image(name: string, mode = 0o600): string {
  const at = path.join(folder, name)
  fs.writeFileSync(at, Buffer.alloc(1 << 20))
  fs.chmodSync(at, mode)
  return at
}

const nic = (index: number, change: object = {}): Device => ({
  kind: 'vif',
  index,
  network: 'default',
  mac: `00:16:3e:00:00:0${index}`,
  forwards: [],
  ...change,
})
const disk = (dev: string, at: string, change: object = {}): Device => ({
  kind: 'vbd',
  dev,
  path: at,
  format: 'raw',
  readonly: false,
  removable: false,
  ...change,
})
const vfb = (password?: string): Device => ({
  kind: 'vfb',
  width: 800,
  height: 600,
  vnc: { kind: 'tcp', address: '0.0.0.0', port: 0, ...(password !== undefined && { password }) },
})

/** What makes each finding: devices of the machine, or something beside it. */
const faults: Partial<Record<FindingKind, { devices?(): Device[]; beside?(): void }>> = {
  'folder-readable': { beside: () => fs.chmodSync(folder, 0o755) },
  'folder-closed': { beside: () => fs.chmodSync(path.join(folder, 'disks'), 0o500) },
  'medium-missing': { devices: () => [disk('xvdc', path.join(folder, 'gone.iso'), { readonly: true, removable: true })] },
  'disk-closed': { devices: () => [disk('xvda', image('closed.raw', 0o400))] },
  'disk-unsafe': { devices: () => [disk('xvdb', image('unsafe.raw'), { cache: 'unsafe' })] },
  'vnc-open': { devices: () => [vfb()] },
  'vnc-exposed': { devices: () => [vfb('secret')] },
  'forward-open': {
    devices: () => [nic(0, { forwards: [{ protocol: 'tcp', hostPort: 40022, guestPort: 22, hostAddress: '0.0.0.0' }] })],
  },
  'network-stopped': { devices: () => [nic(1, { network: STOPPED })] },
  'network-missing': { devices: () => [nic(2, { network: 'gone' }), nic(3, { network: 'gone too' })] },
  'name-twice': { beside: () => {} },
  'domain0-down': { beside: () => driver?.endDomain0('killed by SIGKILL') },
}
const mended = Object.entries(findingTable).flatMap(([kind, { mend }]) => (mend === 'mend' ? [kind] : []))

/** Root may write whatever the mode says. */
async function probe(): Promise<HostProbe> {
  const real = await hostProbe()
  const file: HostProbe['file'] = async (at) => {
    const facts = await real.file(at)
    return facts && { ...facts, writable: (facts.mode & 0o200) !== 0 }
  }
  return { ...real, file, space: async () => ({ free: 2 ** 40, volatile: false }), lowestPort: async () => 0 }
}

/** The machine with these faults as it lies in the folder, and the doctor of an app that has read it. */
async function doctorOf(kinds: readonly FindingKind[]) {
  const kernel = path.join(folder, 'kernel')
  fs.writeFileSync(kernel, '')
  const config: DomainConfig = {
    name: 'server',
    memoryMiB: 64,
    vcpus: 1,
    kernel,
    ramdisk: null,
    cmdline: '',
    devices: kinds.flatMap((kind) => faults[kind]?.devices?.() ?? []),
  }
  const store = new DefinitionStore(folder)
  await store.load()
  const others = kinds.includes('name-twice') ? [UUID.replaceAll('1', '9')] : []
  for (const uuid of [...others, UUID]) {
    const one = uuid === UUID ? config : { ...config, devices: [] }
    await store.put({ uuid, config: one, managedSave: null, savedConfig: null }, 'defined')
  }
  made = await makeConnections({
    folder,
    made: (one) => {
      driver = one
    },
  })
  fs.mkdirSync(path.join(folder, 'disks'), { recursive: true })
  if (kinds.includes('network-stopped')) {
    const { dhcp: _none, ...plain } = DEFAULT_NETWORK
    const network = { ...plain, name: STOPPED, address: '10.77.0.1', stopped: true }
    await made.call('networkDefine', { network, replaces: null })
  }
  for (const kind of kinds) faults[kind]?.beside?.()
  return new Doctor({ ...doctorParts(made.connections, folder, () => null), probe })
}

describe('the doctor’s buttons', () => {
  it('are all tried here', () => {
    expect(Object.keys(faults).sort()).toEqual(mended.sort())
  })

  it.each(Object.keys(faults) as FindingKind[])('mend %s', async (kind) => {
    const doctor = await doctorOf([kind])
    const before = (await doctor.look()).findings.filter((finding) => finding.kind === kind)
    expect(before.length).toBeGreaterThan(0)
    for (const finding of before) expect(await doctor.mend(finding)).toEqual({ ok: true, value: null })
    expect((await doctor.look()).findings.filter((finding) => finding.kind === kind)).toEqual([])
  })

  it('reach the pools that the user chose', async () => {
    const doctor = await doctorOf([])
    const pool = path.join(folder, 'pool')
    fs.mkdirSync(pool)
    expect(await made?.connections.place(UUID)?.toolstack.pools.define({ name: 'pool', path: pool })).toMatchObject({
      ok: true,
    })
    fs.chmodSync(pool, 0o500)
    const [found] = (await doctor.look()).findings
    expect(found).toMatchObject({ kind: 'folder-closed', subject: pool })
    expect(found && (await doctor.mend(found))).toEqual({ ok: true, value: null })
    expect((await doctor.look()).findings).toEqual([])
  })

  it('tell of a pool whose folder is gone until it is there again or the pool is not', async () => {
    const doctor = await doctorOf([])
    const pools = made?.connections.place(UUID)?.toolstack.pools
    const pool = path.join(folder, 'away')
    fs.mkdirSync(pool)
    await pools?.define({ name: 'USB', path: pool })
    const found = async () => (await doctor.look()).findings
    expect(await found()).toEqual([])
    fs.rmdirSync(pool)
    const missing = [{ kind: 'pool-missing', uuid: null, subject: pool, values: { pool: 'USB', path: pool } }]
    expect(await found()).toEqual(missing)
    fs.mkdirSync(pool)
    expect(await found()).toEqual([])
    fs.rmdirSync(pool)
    expect(await pools?.undefine('USB')).toMatchObject({ ok: true })
    expect(await found()).toEqual([])
  })

  it.each(['first', 'last'])('mend all that one machine has, beginning with the %s', async (end) => {
    const doctor = await doctorOf((Object.keys(faults) as FindingKind[]).filter((kind) => kind !== 'vnc-exposed'))
    const found = (await doctor.look()).findings.filter(({ kind }) => findingTable[kind].mend === 'mend')
    expect(new Set(found.map(({ kind }) => kind)).size).toBe(mended.length - 1)
    for (const finding of end === 'first' ? found : found.reverse()) {
      expect([finding.kind, await doctor.mend(finding)]).toEqual([finding.kind, { ok: true, value: null }])
    }
    expect((await doctor.look()).findings.map(({ kind }) => kind)).toEqual([])
  })
})
