// Changes on the Details page as a patch, and how each device stands. Runs in: vitest, plain Node.

import { describe, expect, it } from 'vitest'
import type { Device } from '../../../../src-main/public/device'
import type { DomainConfig, DomainInfo } from '../../../../src-main/public/types'
import { nicFormOf } from '../../../../src-renderer/features/nics/nic-form'
import { makeTranslator } from '../../../../src-renderer/lib/translate'
import { applied, isChanged, isRight, listedDevices } from '../../../../src-renderer/views/domain/details/edits'

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
const domain = (devices: readonly Device[] | null): DomainInfo => ({
  uuid: '11111111-2222-4333-8444-555555555555',
  name: 'a',
  kind: 'guest',
  state: 'running',
  detail: '',
  domid: 1,
  config,
  running: devices === null ? null : { ...config, devices },
  operations: [],
  job: null,
  startedAt: null,
  savedAt: null,
  vncAt: null,
  clockStandsAt: null,
})

describe('changes of a definition', () => {
  it('are none when they lead back to what is there', () => {
    expect(isChanged(config, {})).toBe(false)
    expect(isChanged(config, { name: 'a', nics: { 'vif/0': nicFormOf(nic) }, display })).toBe(false)
    expect(isChanged(config, { memoryMiB: 65 })).toBe(true)
  })

  it('are laid over the definition as it is now', () => {
    const form = { ...nicFormOf(nic), network: 'lab' }
    const edits = { ramdisk: ' ', nics: { 'vif/0': form, 'vif/1': form }, display: { ...display, width: 1024 } }
    expect(applied(config, edits)).toEqual({
      ...config,
      ramdisk: null,
      devices: [{ ...display, width: 1024 }, { ...nic, network: 'lab' }, disk],
    })
    expect(applied({ ...config, devices: [disk] }, edits).devices).toEqual([disk])
  })

  it('are not right with half a port or no memory', () => {
    const t = makeTranslator('en')
    const half = { id: 0, protocol: 'tcp', hostPort: 80, guestPort: Number.NaN, anyone: false } as const
    expect(isRight({ nics: { 'vif/0': { ...nicFormOf(nic), forwards: [half] } } }, t)).toBe(false)
    expect(isRight({ memoryMiB: Number.NaN }, t)).toBe(false)
    expect(isRight({ nics: { 'vif/0': nicFormOf(nic) } }, t)).toBe(true)
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
