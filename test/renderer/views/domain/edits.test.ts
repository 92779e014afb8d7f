// Changes on the Details page as a patch, and how each device stands. Runs in: vitest, plain Node.

import { describe, expect, it } from 'vitest'
import type { Device } from '../../../../src-main/public/device'
import { configChanges } from '../../../../src-main/public/live-changes'
import type { DomainConfig, DomainInfo } from '../../../../src-main/public/types'
import { displayFormOf } from '../../../../src-renderer/features/display/display-form'
import { nicFormOf } from '../../../../src-renderer/features/nics/nic-form'
import { makeTranslator } from '../../../../src-renderer/lib/translate'
import { changeNames, whenWords } from '../../../../src-renderer/views/domain/details/change-words'
import {
  applied,
  checkCpuSet,
  conflicts,
  isChanged,
  isRight,
  listedDevices,
} from '../../../../src-renderer/views/domain/details/edits'
import { domainInfo } from '../../../support/domain-info'

const nic = { kind: 'vif', index: 0, network: 'default', mac: '00:16:3e:00:00:01', forwards: [] } as const
const disk = { kind: 'vbd', dev: 'xvda', path: '/a', format: 'raw', readonly: false, removable: false } as const
const display = { kind: 'vfb', width: 800, height: 600 } as const
const config: DomainConfig = {
  name: 'a',
  memoryMiB: 64,
  vcpus: 1,
  kernel: '/k',
  ramdisk: '/r',
  cmdline: '',
  devices: [display, nic, disk],
}
const domain = (devices: readonly Device[] | null): DomainInfo =>
  domainInfo({ config, running: devices === null ? null : { ...config, devices } })

describe('changes of a definition', () => {
  it('are none when they lead back to what is there', () => {
    expect(isChanged(config, {})).toBe(false)
    expect(isChanged(config, { name: 'a', nics: { 'vif/0': nicFormOf(nic) }, display: displayFormOf(display) })).toBe(false)
    expect(isChanged(config, { memoryMiB: 65 })).toBe(true)
  })

  it('are laid over the definition as it is now', () => {
    const form = { ...nicFormOf(nic), network: 'lab' }
    const edits = { ramdisk: ' ', nics: { 'vif/0': form, 'vif/1': form }, display: { ...displayFormOf(display), width: 1024 } }
    expect(applied(config, edits)).toEqual({
      ...config,
      ramdisk: null,
      devices: [{ ...display, width: 1024 }, { ...nic, network: 'lab' }, disk],
    })
    expect(applied({ ...config, devices: [disk] }, edits).devices).toEqual([disk])
  })

  it('of the own disk keep the name of the boot loader that stands there', () => {
    expect(applied(config, { ownDisk: true }).bootloader).toBe('pygrub')
    const other = { ...config, bootloader: '/usr/bin/pygrub' }
    expect(applied(other, { ownDisk: true }).bootloader).toBe('/usr/bin/pygrub')
    expect(applied(other, {}).bootloader).toBe('/usr/bin/pygrub')
    expect(applied(other, { ownDisk: false }).bootloader).toBeUndefined()
  })

  it('of current memory leave it out where it is all there may be', () => {
    const most = config.memoryMiB
    expect(applied(config, { currentMiB: most - 8 })).toEqual({ ...config, currentMiB: most - 8 })
    expect(isChanged(config, { currentMiB: most })).toBe(false)
    expect(isChanged(config, { currentMiB: most + 8, memoryMiB: most + 8 })).toBe(true)
    const less = { ...config, currentMiB: most - 8 }
    expect(applied(less, { memoryMiB: most - 8 })).toEqual({ ...config, memoryMiB: most - 8 })
    expect(applied(less, { memoryMiB: most + 8 })).toEqual({ ...less, memoryMiB: most + 8 })
    expect(isRight({ currentMiB: Number.NaN }, 1, makeTranslator('en'))).toBe(false)
  })

  it('of vcpus at the start leave them out where those are all there may be', () => {
    const four = { ...config, vcpus: 4 }
    expect(applied(four, { currentVcpus: 2 })).toEqual({ ...four, currentVcpus: 2 })
    expect(isChanged(four, { currentVcpus: 4 })).toBe(false)
    const less = { ...four, currentVcpus: 2 }
    expect(applied(less, { vcpus: 2 })).toEqual({ ...config, vcpus: 2 })
    expect(applied(less, { vcpus: 8 })).toEqual({ ...less, vcpus: 8 })
    expect(isRight({ currentVcpus: Number.NaN }, 1, makeTranslator('en'))).toBe(false)
  })

  it('of what follows an end leave out what that means anyway', () => {
    const edits = { onCrash: 'restart', onReboot: 'destroy', onPoweroff: 'destroy' } as const
    const to = { ...config, onCrash: 'restart', onReboot: 'destroy' } as const
    expect(applied(config, edits)).toEqual(to)
    expect(applied(to, { onCrash: 'destroy', onReboot: 'restart' })).toEqual(config)
    expect(isChanged(config, { onCrash: 'destroy', onReboot: 'restart' })).toBe(false)
  })

  it('of a disk are none when what is said is what leaving it out means', () => {
    const flags = { readonly: false, removable: false, cache: undefined, discard: undefined }
    const changed = (enospace: 'stop' | 'report' | undefined) =>
      isChanged(config, { disks: { 'vbd/51712': { ...flags, enospace } } })
    expect([changed(undefined), changed('stop')]).toEqual([false, true])
    const modes = { ...flags, enospace: undefined, cache: 'unsafe', discard: 'ignore' } as const
    expect(applied(config, { disks: { 'vbd/51712': modes } }).devices).toContainEqual({
      ...disk,
      ...{ cache: 'unsafe', discard: 'ignore' },
    })
  })

  it('of weight and cap leave the defaults out, and are right only in their range', () => {
    const t = makeTranslator('en')
    expect(applied(config, { cpuWeight: 512, cpuCap: 50 })).toEqual({ ...config, cpuWeight: 512, cpuCap: 50 })
    expect(applied({ ...config, cpuWeight: 512, cpuCap: 50 }, { cpuWeight: 256, cpuCap: 0 })).toEqual(config)
    expect(isChanged(config, { cpuWeight: 256, cpuCap: 0 })).toBe(false)
    expect(isChanged({ ...config, cpuWeight: 256 }, { cpuWeight: 256 })).toBe(false)
    const right = (weight: number, cap: number) => isRight({ cpuWeight: weight, cpuCap: cap }, 8, t)
    expect([right(1, 0), right(65_535, 3200), right(0, 0), right(1, 3201), right(Number.NaN, 0)]).toEqual([
      ...[true, true],
      ...[false, false, false],
    ])
  })

  it('of processors are a set, or leave the definition without one', () => {
    const t = makeTranslator('en')
    expect(applied(config, { cpuSet: ' 0-1 ' })).toEqual({ ...config, cpuSet: '0-1' })
    expect(applied({ ...config, cpuSet: '0' }, { cpuSet: ' ' })).toEqual(config)
    expect(['0-1,^0', '', '1-0', '8', 'all'].map((cpuSet) => isRight({ cpuSet }, 8, t))).toEqual([
      true,
      true,
      false,
      false,
      false,
    ])
    const said = ['0-7', '', '8', 'x'].map((set) => checkCpuSet(set, 8, t))
    expect(said).toEqual([
      undefined,
      undefined,
      'This computer has 0 to 7',
      'Numbers and ranges with commas between, such as 0-1,3',
    ])
  })

  it('are not right with half a port or no memory', () => {
    const t = makeTranslator('en')
    const half = { id: 0, protocol: 'tcp', hostPort: 80, guestPort: Number.NaN, anyone: false } as const
    expect(isRight({ nics: { 'vif/0': { ...nicFormOf(nic), forwards: [half] } } }, 8, t)).toBe(false)
    expect(isRight({ memoryMiB: Number.NaN }, 8, t)).toBe(false)
    expect(isRight({ nics: { 'vif/0': nicFormOf(nic) } }, 8, t)).toBe(true)
  })

  it('are not right with a screen open to others without a password, a rate that is none, a capture to nowhere', () => {
    const t = makeTranslator('en')
    const open = { ...displayFormOf(display), access: 'address' } as const
    expect(isRight({ display: open }, 8, t)).toBe(false)
    expect(isRight({ display: { ...open, password: 'secret' } }, 8, t)).toBe(true)
    expect(isRight({ display: { ...open, access: 'loopback', port: '70000' } }, 8, t)).toBe(false)
    expect(isRight({ display: { ...open, access: 'loopback', port: '' } }, 8, t)).toBe(true)
    expect(isRight({ nics: { 'vif/0': { ...nicFormOf(nic), rate: '-1' } } }, 8, t)).toBe(false)
    expect(isRight({ nics: { 'vif/0': { ...nicFormOf(nic), capture: 'a.pcap' } } }, 8, t)).toBe(false)
  })

  it('say when they apply, and clash only with what is changed elsewhere in the same place', () => {
    const t = makeTranslator('en')
    const edits = { title: 'mine', memoryMiB: 128, cpuCap: 50 }
    const changes = configChanges({ ...config }, config, applied(config, edits))
    expect(whenWords(changes, t)).toBe('At once: Title, Cap. At the next start: Memory.')
    expect(conflicts(config, { ...config, description: 'theirs' }, edits)).toEqual([])
    expect(changeNames(conflicts(config, { ...config, title: 'theirs' }, edits), t)).toBe('Title')
    expect(conflicts(config, { ...config, title: 'mine', memoryMiB: 128, cpuCap: 50 }, edits)).toEqual([])
  })

  it('keep the operating system by its id, and one that nobody knows as it was typed', () => {
    const debian = { ...config, os: 'http://debian.org/debian/12' }
    expect(applied(config, { os: ' Debian 12' }).os).toBe(debian.os)
    expect(applied(config, { os: 'My own ' }).os).toBe('My own')
    expect(applied(debian, { os: ' ' }).os).toBeUndefined()
    expect(isChanged(debian, { os: 'debian 12' })).toBe(false)
    const changes = configChanges({ ...config }, config, applied(config, { os: 'Debian 12' }))
    expect(whenWords(changes, makeTranslator('en'))).toBe('At once: Operating system.')
  })

  it('leave every device with a word on how it stands', () => {
    const standings = (devices: readonly Device[] | null) =>
      listedDevices(domain(devices)).map(({ key, standing }) => `${key} ${standing}`)
    expect(standings(null)).toEqual(['vbd/51712 off', 'vif/0 off', 'vfb/0 off'])
    expect(standings([disk, nic])).toEqual(['vbd/51712 now', 'vif/0 now', 'vfb/0 next'])
    expect(
      standings([
        { ...nic, network: 'lab' },
        { ...disk, dev: 'xvdc' },
      ]),
    ).toEqual(['vbd/51712 next', 'vbd/51744 leaving', 'vif/0 changed', 'vfb/0 next'])
  })
})
