// What xm prints is what xl prints, to the blank. Oracle: output of Xen 4.17's xl and the XenStore it was made from.
// Runs in: vitest, plain Node.
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, it } from 'vitest'
import { anything, fields, list } from '../../../src-engine/public/shape'
import type { Device } from '../../../src-main/public/device'
import { memorySize } from '../../../src-main/xm/life-commands'
import {
  blockTable,
  infoTable,
  listTable,
  longConfig,
  networkTable,
  snapshotTable,
  stateLetters,
  uptimeTable,
  uptimeText,
  vcpuTable,
} from '../../../src-main/xm/tables'
import { topTable } from '../../../src-main/xm/top'
import { domainInfo } from '../../support/domain-info'

const real = (name: string): string =>
  readFileSync(join(import.meta.dirname, '../../fixture/xen-4.17', name), 'utf8').replace(/\n$/, '')
const UUIDS = [
  '00000000-0000-0000-0000-000000000000',
  '7fb3382c-3743-4e89-a191-c70023fca06e',
  '3df1db14-aeba-4780-8edb-8a187446f43a',
]
const rows = (...seconds: number[]) =>
  ['Domain-0', 'pv1', 'pvh1'].map((name, domid) => ({
    name,
    domid,
    uuid: UUIDS[domid] ?? '',
    memoryMiB: [1024, 128, 160][domid] ?? 0,
    vcpus: 1,
    state: stateLetters({ state: 'running' }, domid === 0),
    seconds: seconds[domid] ?? 0,
  }))

describe('the tables of xl', () => {
  it('list, with and without UUIDs', () => {
    expect(listTable(rows(93.6, 8.2, 13.0), false)).toBe(real('xl-list.txt'))
    expect(listTable(rows(94.7, 8.2, 13.0), true)).toBe(real('xl-list-v.txt'))
  })

  it('vcpu-list', () => {
    expect(vcpuTable(rows(94.9, 8.3, 13.0))).toBe(real('xl-vcpu-list.txt'))
  })

  it('top, as xentop has it', () => {
    const nic: Device = { kind: 'vif', index: 0, network: 'default', mac: '00:16:3e:00:00:01', forwards: [] }
    const disk = (dev: string): Device => ({ kind: 'vbd', dev, path: '/d', format: 'raw', readonly: false, removable: false })
    const devices = [nic, disk('xvda'), disk('xvdb')]
    const config = { name: '', memoryMiB: 1024, vcpus: 2, kernel: '', ramdisk: null, cmdline: '', devices }
    const guest = domainInfo({ name: 'guest-01', domid: 4, config, running: config })
    const used = { cpuSeconds: 7.7, cpuShare: 0, memoryKiB: 1_048_576, netOut: 113 * 1024, netIn: 34 * 1024 }
    const disks = { reads: 2495, writes: 1077, readBytes: 112_010 * 512, writtenBytes: 31_608 * 512 }
    const [head, row] = topTable([{ domain: guest, used: { ...used, ...disks } }], { memoryMiB: 16_342 }).split('\n')
    expect(head).toBe(
      '      NAME  STATE   CPU(sec) CPU(%)     MEM(k) MEM(%)  MAXMEM(k) MAXMEM(%) VCPUS NETS NETTX(k) NETRX(k) VBDS   VBD_OO   VBD_RD   VBD_WR  VBD_RSECT  VBD_WSECT SSID',
    )
    expect(row).toBe(
      '  guest-01 --b---          7    0.0    1048576    6.3    1048576       6.3     2    1      113       34    2        0     2495     1077     112010      31608    0',
    )
  })

  it('uptime', () => {
    const seconds = [145, 128, 117]
    const shown = ['Domain-0', 'pv1', 'pvh1'].map((name, domid) => ({ name, domid, seconds: seconds[domid] ?? 0 }))
    expect(uptimeTable(shown)).toBe(real('xl-uptime.txt'))
    expect(uptimeText(3 * 86_400 + 45_296)).toBe('3 days, 12:34:56')
  })

  it('block-list and network-list, from the XenStore of that moment', () => {
    const store = real('xenstore-ls-fp-full.txt')
    const evtchn = /device\/vbd\/51712\/event-channel = "(\d+)"/.exec(store)?.[1] ?? ''
    const ring = /device\/vbd\/51712\/ring-ref = "(\d+)"/.exec(store)?.[1] ?? ''
    // The two were taken in different boots: what a boot gives out differs, all else is the same.
    expect(blockTable(store, 1)).toBe(
      real('xl-block-list-pv1.txt').replace('8      8       ', `${evtchn.padEnd(6)} ${ring.padEnd(8)}`),
    )
    const [tx, rx] = ['tx', 'rx'].map((way) => new RegExp(`device/vif/0/${way}-ring-ref = "(\\d+)"`).exec(store)?.[1] ?? '')
    const rings = `${(tx ?? '').padStart(5)}/${(rx ?? '').padEnd(11)}`
    expect(networkTable(store, 1)).toBe(
      real('xl-network-list-pv1.txt')
        .replace('  522/523        ', rings)
        .replace(/\s*$/, (end) => end),
    )
  })

  it('list -l says of a domain what xl says, under the same keys', () => {
    const shape = list(fields({ domid: anything, config: fields({ c_info: anything, b_info: anything }) }))
    const recorded: unknown = JSON.parse(real('xl-list-l-pvh1.json'))
    if (!shape.is(recorded)) throw new Error('xl-list-l-pvh1.json')
    const made = longConfig('3df1db14-aeba-4780-8edb-8a187446f43a', 2, {
      name: 'pvh1',
      memoryMiB: 160,
      vcpus: 1,
      kernel: '/root/g/vmlinuz-guest',
      ramdisk: '/root/g/guest.cpio.gz',
      cmdline: 'console=hvc0 gip=192.168.77.12 gname=pvh1',
      devices: [
        { kind: 'vbd', dev: 'xvda', path: '/root/g/disk2.img', format: 'raw', readonly: false, removable: false },
        { kind: 'vif', index: 0, network: 'xenbr0', mac: '00:16:3e:01:02:02', forwards: [] },
      ],
    })
    // All we say stands in xl's answer; xl says more, of what a domain of ours does not have.
    expect(recorded[0]).toMatchObject(made)
  })

  it('list -l says of a screen what libxl has fields for, and no password', () => {
    const of = (display: object): unknown => {
      const devices = [{ kind: 'vfb', width: 1024, height: 768, ...display } as const]
      const made = longConfig('3df1db14-aeba-4780-8edb-8a187446f43a', 2, {
        ...{ name: 'a', memoryMiB: 64, vcpus: 1, kernel: '/k', ramdisk: null, cmdline: '' },
        devices,
      })
      return Reflect.get(made, 'config')
    }
    const vkbs = [{ devid: 0 }]
    const sdl = { enable: 'False' }
    expect(of({})).toMatchObject({ vkbs, vfbs: [{ devid: 0, vnc: { enable: 'False' }, sdl }] })
    expect(of({ vnc: { kind: 'local' }, keymap: 'de' })).toMatchObject({
      vfbs: [{ devid: 0, vnc: { enable: 'True' }, sdl, keymap: 'de' }],
    })
    const tcp = { kind: 'tcp', address: '127.0.0.1', password: 'hush' }
    expect(of({ vnc: { ...tcp, port: 5902 } })).toMatchObject({
      vfbs: [{ vnc: { enable: 'True', listen: '127.0.0.1', display: 2, findunused: 'False' } }],
    })
    expect(of({ vnc: { ...tcp, port: 0 } })).toMatchObject({ vfbs: [{ vnc: { listen: '127.0.0.1', findunused: 'True' } }] })
    expect(JSON.stringify(of({ vnc: { ...tcp, port: 5902 } }))).not.toContain('hush')
  })

  it.each([
    ['running', true, 'r-----'],
    ['running', false, '-b----'],
    ['paused', false, '--p---'],
    ['shutdown', true, 'r--s--'],
    ['crashed', false, '----c-'],
  ] as const)('a domain that is %s (busy: %s) is %s', (state, busy, letters) => {
    expect(stateLetters({ state }, busy)).toBe(letters)
  })

  it('sizes of memory are xl’s', () => {
    expect(['128', '128m', '1g', '1024k', '1T', '134217728b'].map((text) => memorySize(text))).toEqual([
      128, 128, 1024, 1, 1048576, 128,
    ])
    for (const wrong of ['', 'm', '-1', '1x', '0', '1.5g', '9'.repeat(20)])
      expect(() => memorySize(wrong), wrong).toThrow('invalid memory size')
  })
})

describe('xm info', () => {
  const host = { hostName: 'dom0', cpus: 1, memoryMiB: 2559, freeMemoryMiB: 1216, cpuModel: 'CPU' }
  const system = { release: '6.1.0-56-amd64', version: '#1', machine: 'x86_64' }
  const keys = (text: string) => text.split('\n').map((line) => line.slice(0, line.indexOf(':')).trimEnd())

  it('has xl\u2019s rows in their order, for our own hypervisor with what its guests are told', () => {
    const [ours, theirs] = [infoTable({ ...host, driver: 'embedded' }, system), real('xl-info.txt')]
    const shared = keys(ours).filter((key) => keys(theirs).includes(key))
    expect(keys(theirs).filter((key) => shared.includes(key))).toEqual(shared)
    expect(shared).toEqual(expect.arrayContaining(['xen_version', 'xen_caps', 'cc_compiler']))
    for (const key of ['host', 'release', 'nr_cpus', 'max_cpu_id', 'total_memory', 'free_memory', 'xen_pagesize'])
      expect(ours.split('\n')).toContain(theirs.split('\n').find((line) => line.startsWith(`${key} `)))
  })

  it('says nothing of Xen where there is none', () => {
    expect(infoTable({ ...host, driver: 'test' }, system)).not.toContain('xen_version')
  })
})

describe('xm snapshot-list', () => {
  it('names what each came from, and marks where the present came from', () => {
    const [a, b] = ['00000000-0000-4000-8000-00000000000a', '00000000-0000-4000-8000-00000000000b']
    const kept = {
      description: '',
      state: 'running',
      picture: 'none',
      memoryBytes: 1,
      diskBytes: 0,
      whenDeleted: 'merged',
    } as const
    const config = { name: 'web', memoryMiB: 64, vcpus: 1, kernel: '/vmlinuz', ramdisk: null, cmdline: '', devices: [] }
    const snapshots = [
      { ...kept, config, id: a, name: 'First', parent: null, createdAt: Date.UTC(2026, 10, 26, 20, 0, 1, 5) },
      { ...kept, config, id: b, name: 'Zweiter', parent: a, createdAt: Date.UTC(2026, 10, 26, 20, 5) },
    ]
    expect(snapshotTable({ current: b, snapshots }).split('\n')).toEqual([
      'Name                              Taken                State   Parent',
      'First                             2026-11-26T20:00:01Z running -',
      'Zweiter *                         2026-11-26T20:05:00Z running First',
    ])
  })
})
