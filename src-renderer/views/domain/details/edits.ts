// What was changed on the Details page and not yet applied, as a patch on the definition: a change another window makes
// meanwhile to something else is kept. And how each device stands: there now, from the next start, or only until the end.
// Runs in: renderer and tests; pure.

import { type Device, type Display, deviceKey } from '../../../../src-main/public/device'
import type { DomainConfig, DomainInfo } from '../../../../src-main/public/types'
import { checkForward, checkMac, type NicForm, nicOf } from '../../../features/nics/nic-form'
import type { Translator } from '../../../lib/translate'

export interface Edits {
  readonly name?: string
  readonly memoryMiB?: number
  readonly kernel?: string
  readonly ramdisk?: string
  readonly cmdline?: string
  readonly nics?: Readonly<Record<string, NicForm>>
  readonly display?: Display
}

/** The definition with the changes; a network interface that is gone meanwhile is not brought back. */
export function applied(config: DomainConfig, edits: Edits): DomainConfig {
  const { name = config.name, memoryMiB = config.memoryMiB, kernel = config.kernel, cmdline = config.cmdline } = edits
  const ramdisk = edits.ramdisk === undefined ? config.ramdisk : edits.ramdisk.trim() === '' ? null : edits.ramdisk.trim()
  const devices = config.devices.map((device): Device => {
    const nic = edits.nics?.[deviceKey(device)]
    if (device.kind === 'vif' && nic !== undefined) return nicOf(nic)
    return device.kind === 'vfb' && edits.display !== undefined ? edits.display : device
  })
  const plain = { name: name.trim(), memoryMiB: Math.round(memoryMiB), kernel: kernel.trim(), cmdline: cmdline.trim() }
  return { ...config, ...plain, ramdisk, devices }
}

export function isChanged(config: DomainConfig, edits: Edits): boolean {
  return Object.keys(edits).length > 0 && !same(config, applied(config, edits))
}

/** Whether the changes can be applied as far as can be said here; the toolstack says the rest. */
export function isRight(edits: Edits, t: Translator): boolean {
  if (edits.memoryMiB !== undefined && !Number.isFinite(edits.memoryMiB)) return false
  return Object.values(edits.nics ?? {}).every(
    ({ mac, forwards }) =>
      checkMac(mac, t) === undefined && forwards.every((forward) => checkForward(forward, forwards, t) === undefined),
  )
}

export function same(a: unknown, b: unknown): boolean {
  if (a === b) return true
  if (typeof a !== 'object' || typeof b !== 'object' || a === null || b === null) return false
  const [left, right] = [Object.entries(a), new Map(Object.entries(b))]
  return left.length === right.size && left.every(([key, value]) => right.has(key) && same(value, right.get(key)))
}

export type DeviceStanding = 'off' | 'now' | 'next' | 'changed' | 'leaving'

export interface ListedDevice {
  readonly key: string
  /** As defined; for one that leaves, as it runs. */
  readonly device: Device
  readonly standing: DeviceStanding
}

/** Devices of definition and run together, in the order disks, network interfaces, display. */
export function listedDevices(domain: DomainInfo): readonly ListedDevice[] {
  const defined = domain.config?.devices ?? []
  const running = domain.running?.devices
  const listed = defined.map((device): ListedDevice => {
    const key = deviceKey(device)
    const live = running?.find((each) => deviceKey(each) === key)
    const standing = running === undefined ? 'off' : live === undefined ? 'next' : same(live, device) ? 'now' : 'changed'
    return { key, device, standing }
  })
  const leaving = (running ?? []).filter((device) => !defined.some((each) => deviceKey(each) === deviceKey(device)))
  const all = [...listed, ...leaving.map((device): ListedDevice => ({ key: deviceKey(device), device, standing: 'leaving' }))]
  const order = { vbd: 0, vif: 1, vfb: 2 } as const
  return all.sort((a, b) => order[a.device.kind] - order[b.device.kind] || a.key.localeCompare(b.key, 'en', { numeric: true }))
}
