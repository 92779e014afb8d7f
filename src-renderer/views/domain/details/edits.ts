// What was changed on the Details page and not yet applied, as a patch on the definition: a change another window makes
// meanwhile to something else is kept. And how each device stands: there now, from the next start, or only until the end.
// Runs in: renderer and tests; pure.

import { parseCpuSet } from '../../../../src-main/public/cpu-set'
import { type Device, type Disk, deviceKey } from '../../../../src-main/public/device'
import { type ConfigChange, configChanges, sameValue } from '../../../../src-main/public/live-changes'
import { properName } from '../../../../src-main/public/name'
import { BOOTLOADER } from '../../../../src-main/public/own-disk'
import {
  currentOf,
  currentVcpusOf,
  DEFAULT_CPU_WEIGHT,
  DEFAULT_STOP_ACTIONS,
  type DomainConfig,
  type DomainInfo,
  MOST_CPU_CAP,
  MOST_CPU_WEIGHT,
  type StopAction,
} from '../../../../src-main/public/types'
import { checkDisplay, type DisplayForm, displayOf } from '../../../features/display/display-form'
import { checkCapture, checkForward, checkMac, checkRate, type NicForm, nicOf } from '../../../features/nics/nic-form'
import { osId } from '../../../lib/os-table'
import type { Translator } from '../../../lib/translate'

export interface Edits {
  readonly name?: string
  readonly title?: string
  readonly description?: string
  /** By name, as typed or chosen. */
  readonly os?: string
  readonly autostart?: boolean
  readonly memoryMiB?: number
  readonly currentMiB?: number
  readonly vcpus?: number
  readonly currentVcpus?: number
  readonly cpuWeight?: number
  readonly cpuCap?: number
  readonly cpuSet?: string
  readonly onPoweroff?: StopAction
  readonly onReboot?: StopAction
  readonly onCrash?: StopAction
  /** Whether what its disk has goes before the files it names. */
  readonly ownDisk?: boolean
  readonly kernel?: string
  readonly ramdisk?: string
  readonly cmdline?: string
  readonly disks?: Readonly<Record<string, DiskEdit>>
  readonly nics?: Readonly<Record<string, NicForm>>
  readonly display?: DisplayForm
}

export type DiskEdit = Required<Pick<Disk, 'readonly' | 'removable'>> & {
  readonly [K in 'enospace' | 'cache' | 'discard']: Disk[K]
}

function words(edited: string | undefined, before: string | undefined): string | undefined {
  const value = (edited ?? before ?? '').trim()
  return value === '' ? undefined : value
}

/** What is the default is left out of a definition, unless it stands there already. */
function figure(edited: number | undefined, before: number | undefined, fallback: number): number | undefined {
  if (edited === undefined || edited === before) return before
  return Math.round(edited) === fallback ? undefined : Math.round(edited)
}

/** As chosen, left out where that means the same. */
function stopActions(config: DomainConfig, edits: Edits): Pick<DomainConfig, keyof typeof DEFAULT_STOP_ACTIONS> {
  const chosen = (field: keyof typeof DEFAULT_STOP_ACTIONS): StopAction | undefined => {
    const action = edits[field] ?? config[field]
    return action === DEFAULT_STOP_ACTIONS[field] ? undefined : action
  }
  return { onPoweroff: chosen('onPoweroff'), onReboot: chosen('onReboot'), onCrash: chosen('onCrash') }
}

/** The definition with the changes; a device that is gone meanwhile is not brought back. */
export function applied(config: DomainConfig, edits: Edits): DomainConfig {
  const { name = config.name, memoryMiB = config.memoryMiB, vcpus = config.vcpus } = edits
  const { kernel = config.kernel, cmdline = config.cmdline } = edits
  const ramdisk = edits.ramdisk === undefined ? config.ramdisk : edits.ramdisk.trim() === '' ? null : edits.ramdisk.trim()
  const devices = config.devices.map((device): Device => {
    const key = deviceKey(device)
    const nic = edits.nics?.[key]
    if (device.kind === 'vif') return nic === undefined ? device : nicOf(nic)
    if (device.kind === 'vfb') return edits.display === undefined ? device : displayOf(edits.display)
    return { ...device, ...edits.disks?.[key] }
  })
  return {
    ...config,
    name: properName(name),
    title: words(edits.title, config.title),
    description: words(edits.description, config.description),
    os: edits.os === undefined ? config.os : words(osId(edits.os), undefined),
    autostart: (edits.autostart ?? config.autostart) === true ? true : undefined,
    memoryMiB: Math.round(memoryMiB),
    currentMiB: currentOf(Math.round(edits.currentMiB ?? config.currentMiB ?? memoryMiB), Math.round(memoryMiB)).currentMiB,
    vcpus: Math.round(vcpus),
    currentVcpus: currentVcpusOf(Math.round(edits.currentVcpus ?? config.currentVcpus ?? vcpus), Math.round(vcpus))
      .currentVcpus,
    cpuWeight: figure(edits.cpuWeight, config.cpuWeight, DEFAULT_CPU_WEIGHT),
    cpuCap: figure(edits.cpuCap, config.cpuCap, 0),
    cpuSet: words(edits.cpuSet, config.cpuSet),
    ...stopActions(config, edits),
    bootloader: edits.ownDisk === undefined ? config.bootloader : edits.ownDisk ? (config.bootloader ?? BOOTLOADER) : undefined,
    kernel: kernel.trim(),
    ramdisk,
    cmdline: cmdline.trim(),
    devices,
  }
}

/** One sentence on what is wrong with it; undefined: nothing, or not edited. */
export function checkCpuWeight(weight: number | undefined, t: Translator): string | undefined {
  if (weight === undefined || (weight >= 1 && weight <= MOST_CPU_WEIGHT)) return undefined
  return t('details.cpu-weight-range', { most: t.number(MOST_CPU_WEIGHT) })
}
export function checkCpuCap(cap: number | undefined, t: Translator): string | undefined {
  if (cap === undefined || (cap >= 0 && cap <= MOST_CPU_CAP)) return undefined
  return t('details.cpu-cap-range', { most: t.number(MOST_CPU_CAP) })
}

/** `pinning`: how many processors of the host vcpus can be pinned to. */
export function checkCpuSet(set: string | undefined, pinning: number, t: Translator): string | undefined {
  if (set === undefined || set.trim() === '') return undefined
  const processors = parseCpuSet(set)
  if (processors === undefined) return t('details.cpu-set-form')
  return processors.every((processor) => processor < pinning) ? undefined : t('details.cpu-set-range', { last: pinning - 1 })
}

export function isChanged(config: DomainConfig, edits: Edits): boolean {
  return Object.keys(edits).length > 0 && !sameValue(config, applied(config, edits))
}

/** Whether the changes can be applied as far as can be said here; the toolstack says the rest. */
export function isRight(edits: Edits, pinning: number, t: Translator): boolean {
  if ([edits.memoryMiB, edits.currentMiB].some((size) => size !== undefined && !Number.isFinite(size))) return false
  if ([edits.vcpus, edits.currentVcpus].some((count) => count !== undefined && !Number.isFinite(count))) return false
  if (checkCpuWeight(edits.cpuWeight, t) !== undefined || checkCpuCap(edits.cpuCap, t) !== undefined) return false
  if (checkCpuSet(edits.cpuSet, pinning, t) !== undefined) return false
  if (edits.display !== undefined && Object.keys(checkDisplay(edits.display, t)).length > 0) return false
  return Object.values(edits.nics ?? {}).every(
    ({ mac, forwards, rate, capture }) =>
      checkMac(mac, t) === undefined &&
      checkRate(rate, t) === undefined &&
      checkCapture(capture, t) === undefined &&
      forwards.every((forward) => checkForward(forward, forwards, t) === undefined),
  )
}

const place = (change: ConfigChange): string => (change.what === 'field' ? change.field : change.key)

/** What was changed here and elsewhere too since `base`, the definition as it was when the first change was made. */
export function conflicts(base: DomainConfig, now: DomainConfig, edits: Edits): readonly ConfigChange[] {
  const theirs = new Set(configChanges(null, base, now).map(place))
  const wanted = applied(now, edits)
  return configChanges(null, base, applied(base, edits)).filter((mine) => theirs.has(place(mine)) && !sameValue(wanted, now))
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
    const standing = running === undefined ? 'off' : live === undefined ? 'next' : sameValue(live, device) ? 'now' : 'changed'
    return { key, device, standing }
  })
  const leaving = (running ?? []).filter((device) => !defined.some((each) => deviceKey(each) === deviceKey(device)))
  const all = [...listed, ...leaving.map((device): ListedDevice => ({ key: deviceKey(device), device, standing: 'leaving' }))]
  const order = { vbd: 0, vif: 1, vfb: 2 } as const
  return all.sort((a, b) => order[a.device.kind] - order[b.device.kind] || a.key.localeCompare(b.key, 'en', { numeric: true }))
}
