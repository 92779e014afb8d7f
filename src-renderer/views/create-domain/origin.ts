// What a new machine can be filled in from, and what a configuration fills in: a file's or a template's. Fields of the page show what
// they know; the rest goes along unchanged.
// Invariant: a machine from a template shares nothing with others: its disks are images of its own, its addresses are new, and no port
// of the host leads to it. Runs in: renderer and tests; pure.

import type { Device, Nic } from '../../../src-main/public/device'
import type { Template } from '../../../src-main/public/template'
import type { DomainConfig, DomainInfo } from '../../../src-main/public/types'
import { type DiskForm, newDisk } from '../../features/disks/disk-form'
import { newNic, nicFormOf } from '../../features/nics/nic-form'
import { osName } from '../../lib/os-table'
import { type DevicesForm, type Form, freeName } from './check-form'

export const WAYS = ['iso', 'tree', 'kernel', 'image', 'disk', 'config', 'template'] as const
export type Way = (typeof WAYS)[number]

/** A configuration that the page was filled in from. */
export interface Origin {
  readonly config: DomainConfig
  /** As domain XML. */
  readonly text: string
  /** Devices that the page has no fields for: network interfaces beyond the first. */
  readonly others: readonly Device[]
  /** The file it was read from; a template has none. */
  readonly file?: string
}

export interface Filled {
  readonly fields: Partial<Form>
  readonly parts: DevicesForm
  readonly origin: Origin
}

/** Of an image with a partition table, as most have. */
export const DISK_CMDLINE = 'console=hvc0 root=/dev/xvda1 rw'

export function fromConfig(config: DomainConfig, text: string, taken: readonly string[], file?: string): Filled {
  const { os = '', kernel, ramdisk, cmdline, memoryMiB, vcpus, devices } = config
  const name = taken.includes(config.name) ? freeName(taken, config.name) : config.name
  const nics = devices.filter((device) => device.kind === 'vif')
  const [nic, ...others] = nics
  const display = devices.find((device) => device.kind === 'vfb') ?? null
  const disks = devices.flatMap((device): DiskForm[] => {
    if (device.kind !== 'vbd') return []
    const { dev, path, format, readonly, removable, enospace = 'report', allowedBacking = [] } = device
    const { cache = 'writeback', discard = 'unmap' } = device
    const source = path === '' ? 'empty' : 'file'
    return [
      { ...newDisk(dev), source, path, fileFormat: format, readonly, removable, enospace, cache, discard, allowedBacking },
    ]
  })
  return {
    fields: { name, os: osName(os), kernel, ramdisk: ramdisk ?? '', cmdline, memoryMiB, vcpus },
    parts: { disks, nic: nic === undefined ? newNic(0, '', '') : nicFormOf(nic), display },
    origin: { config, text, others, ...(file !== undefined && { file }) },
  }
}

/** `macs` are free addresses, one for each network interface. */
export function fromTemplate(template: Template, taken: readonly string[], macs: readonly string[]): Filled {
  const free = [...macs]
  const fresh = (nic: Nic): Nic => ({ ...nic, mac: free.shift() ?? nic.mac, forwards: [] })
  const devices = template.config.devices.map((device): Device => {
    if (device.kind === 'vif') return fresh(device)
    if (device.kind !== 'vfb' || device.vnc?.kind !== 'tcp') return device
    const { vnc: _ofTheOther, ...screen } = device
    return screen
  })
  const config = { ...template.config, devices, name: freeName(taken, template.name) }
  const filled = fromConfig(config, template.text, taken)
  const disks = filled.parts.disks.map((disk): DiskForm => {
    const own = template.disks.find(({ dev }) => dev === disk.dev)
    if (own === undefined) return disk
    const form = { ...disk, allowedBacking: [], newFormat: disk.fileFormat === 'raw' ? 'raw' : 'qcow2' } as const
    const { sizeMiB } = own
    if (own.image === undefined) return { ...form, source: 'new', path: '', sizeMiB }
    return { ...form, source: 'copy', path: own.image, sizeMiB }
  })
  return { ...filled, parts: { ...filled.parts, disks } }
}

/** The kernel another machine has, for one that begins with a disk: of the one that was started last. */
export function kernelInUse(domains: readonly DomainInfo[]): Pick<Form, 'kernel' | 'ramdisk'> | undefined {
  const known = domains.flatMap(({ config, startedAt }) =>
    config === null || config.kernel === '' ? [] : [{ config, startedAt }],
  )
  const [last] = known.sort((a, b) => (b.startedAt ?? 0) - (a.startedAt ?? 0))
  return last === undefined ? undefined : { kernel: last.config.kernel, ramdisk: last.config.ramdisk ?? '' }
}
