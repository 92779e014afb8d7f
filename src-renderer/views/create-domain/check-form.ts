// Checks of the form for a new virtual machine while it is typed, and what the toolstack's refusals mean for its fields.
// The toolstack checks everything again; these checks only save the round trip and keep its limits, which it tells.
// Runs in: renderer and tests; pure.

import type { Device, Display, NewImage } from '../../../src-main/public/device'
import type { ErrorReport } from '../../../src-main/public/error-code'
import { machineNameProblem, nameKey, properName } from '../../../src-main/public/name'
import { currentOf, currentVcpusOf, type DomainConfig, type HostInfo } from '../../../src-main/public/types'
import { errorText } from '../../client/error-text'
import { checkDisk, type DiskForm, diskOf, type KnownDisk } from '../../features/disks/disk-form'
import { checkForward, checkMac, type NicForm, nicOf } from '../../features/nics/nic-form'
import { osId } from '../../lib/os-table'
import { isAbsolute } from '../../lib/path'
import type { Translator } from '../../lib/translate'

export interface Form {
  readonly name: string
  /** By name, as typed, chosen or found. */
  readonly os: string
  readonly kernel: string
  readonly ramdisk: string
  readonly cmdline: string
  /** NaN while the field is empty. */
  readonly memoryMiB: number
  /** NaN while the field is empty. */
  readonly vcpus: number
}

/** Those that can be wrong. */
export type FieldName = Exclude<keyof Form, 'os'>
export type FieldErrors = Partial<Record<FieldName, string>>

export interface FormLimits {
  readonly minMemoryMiB: number
  readonly maxMemoryMiB: number
  readonly maxVcpus: number
}

/** In the order of the page. */
export const FIELDS = ['name', 'kernel', 'ramdisk', 'cmdline', 'memoryMiB', 'vcpus'] as const satisfies readonly FieldName[]

const CMDLINE_LONGEST = 2047

export const DEFAULT_CMDLINE = 'console=hvc0'

/** The first of guest-1, guest-2… that is free. */
export function freeName(taken: readonly string[], base = 'guest'): string {
  const used = new Set(taken)
  let number = 1
  while (used.has(`${base}-${number}`)) number += 1
  return `${base}-${number}`
}

function checkName(name: string, taken: readonly string[], t: Translator): string | undefined {
  const proper = properName(name)
  if (proper === '') return t('create.name-needed')
  const problem = machineNameProblem(proper)
  if (problem) return errorText(problem, t.language).cause
  const key = nameKey(proper)
  return taken.some((other) => nameKey(other) === key) ? t('create.name-taken') : undefined
}

function checkMemory(memoryMiB: number, limits: FormLimits, t: Translator): string | undefined {
  if (!Number.isFinite(memoryMiB)) return t('create.memory-number')
  if (memoryMiB < limits.minMemoryMiB) return t('create.memory-small', { min: t.number(limits.minMemoryMiB) })
  if (memoryMiB > limits.maxMemoryMiB) return t('create.memory-large', { max: t.number(limits.maxMemoryMiB) })
  return undefined
}

function checkVcpus(vcpus: number, limits: FormLimits, t: Translator): string | undefined {
  if (!Number.isFinite(vcpus)) return t('create.memory-number')
  return vcpus < 1 || vcpus > limits.maxVcpus ? t('details.vcpus-range', { most: limits.maxVcpus }) : undefined
}

/** `ownKernel`: the disk has one. */
export function checkForm(
  form: Form,
  taken: readonly string[],
  limits: FormLimits,
  t: Translator,
  ownKernel = false,
): FieldErrors {
  const found: Record<FieldName, string | undefined> = {
    name: checkName(form.name, taken, t),
    kernel:
      form.kernel.trim() === ''
        ? ownKernel
          ? undefined
          : t('create.kernel-needed')
        : isAbsolute(form.kernel.trim())
          ? undefined
          : t('create.path-relative'),
    ramdisk: form.ramdisk.trim() === '' || isAbsolute(form.ramdisk.trim()) ? undefined : t('create.path-relative'),
    cmdline: form.cmdline.length > CMDLINE_LONGEST ? t('create.cmdline-long', { max: t.number(CMDLINE_LONGEST) }) : undefined,
    memoryMiB: checkMemory(form.memoryMiB, limits, t),
    vcpus: checkVcpus(form.vcpus, limits, t),
  }
  const errors: FieldErrors = {}
  for (const field of FIELDS) {
    const error = found[field]
    if (error !== undefined) errors[field] = error
  }
  return errors
}

/** The part of the form about devices. A network interface without a network is none. */
export interface DevicesForm {
  readonly disks: readonly DiskForm[]
  readonly nic: NicForm | null
  readonly display: Display | null
}

export function devicesAreRight({ disks, nic }: DevicesForm, t: Translator): boolean {
  if (disks.some((disk) => Object.keys(checkDisk(disk, t)).length > 0)) return false
  if (nic === null || nic.network === '') return true
  return checkMac(nic.mac, t) === undefined && nic.forwards.every((one) => checkForward(one, nic.forwards, t) === undefined)
}

/** Of which every disk's file was looked into. */
export interface KnownDevices extends DevicesForm {
  readonly disks: readonly KnownDisk[]
}

export interface Order {
  readonly config: DomainConfig
  readonly images: readonly NewImage[]
}

/** `proposed` says where a disk's new image goes when the user named no place; of `origin` stays what the page has no field for. */
export function orderOf(
  form: Form,
  parts: KnownDevices,
  proposed: (disk: DiskForm) => string,
  origin: { readonly config: DomainConfig; readonly others: readonly Device[] } | null = null,
): Order {
  const ramdisk = form.ramdisk.trim()
  const disks = parts.disks.map((disk) => diskOf(disk, proposed(disk)))
  const devices: Device[] = disks.map(({ disk }) => disk)
  if (parts.nic !== null && parts.nic.network !== '') devices.push(nicOf(parts.nic))
  devices.push(...(origin?.others ?? []))
  if (parts.display !== null) devices.push(parts.display)
  const { currentMiB, currentVcpus, ...kept }: Partial<DomainConfig> = origin?.config ?? {}
  const memoryMiB = Math.round(form.memoryMiB)
  const vcpus = Math.round(form.vcpus)
  const os = osId(form.os)
  const config = {
    ...kept,
    name: properName(form.name),
    os: os === '' ? undefined : os,
    memoryMiB,
    ...currentOf(currentMiB, memoryMiB),
    vcpus,
    ...currentVcpusOf(currentVcpus, vcpus),
    kernel: form.kernel.trim(),
    ramdisk: ramdisk === '' ? null : ramdisk,
    cmdline: form.cmdline.trim(),
    devices,
  }
  return { config, images: disks.flatMap(({ image }) => (image === undefined ? [] : [image])) }
}

export function limitsOf(host: HostInfo | null): FormLimits {
  return host?.limits ?? { minMemoryMiB: 1, maxMemoryMiB: 4096, maxVcpus: 1 }
}

/** The field an error of the toolstack belongs to; undefined when it belongs to the whole form. */
export function fieldOf(error: ErrorReport, form: Form): FieldName | undefined {
  switch (error.reason) {
    case 'name-empty':
    case 'name-bad':
    case 'name-long':
    case 'name-unwritten':
    case 'name-turning':
    case 'name-invisible':
    case 'name-slash':
    case 'name-exists':
      return 'name'
    case 'memory-too-small':
    case 'memory-current-large':
    case 'memory-too-large':
      return 'memoryMiB'
    case 'no-vcpus':
    case 'vcpus-current-many':
    case 'too-many-vcpus':
      return 'vcpus'
    case 'kernel-missing':
      return 'kernel'
    case 'file-unreadable':
      if (error.values['path'] === form.ramdisk.trim()) return 'ramdisk'
      return error.values['path'] === form.kernel.trim() ? 'kernel' : undefined
    default:
      return undefined
  }
}
