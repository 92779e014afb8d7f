// The domain model as a table: for each field of a definition where it stands in libvirt's domain XML, under which key in xl.cfg,
// what it is when it is not said, and how it is written. Readers and writers of both formats derive from the rows, and the
// compiler wants a row for every field of DomainConfig and of each device. What a value may be says the field's own shape.
// Sources: libvirt's formatdomain, xl.cfg(5), xl-disk-configuration(5), xl-network-configuration(5).
// Runs in: main, plain Node.
import type { Shape } from '../../src-engine/public/shape'
import { type Device, type Disk, type Display, diskShape, displayShape, type Nic, nicShape } from '../public/device'
import { DEFAULT_STOP_ACTIONS, type DomainConfig, domainConfigShape, type StopAction } from '../public/types'
import {
  type Codec,
  macAddress,
  memorySize,
  nameText,
  plainText,
  presence,
  textOrNothing,
  wholeNumber,
  words,
  xlRate,
  yesOrNo,
} from './field-codec'

/** `required`: its absence is an error; `absent`: it is left out of the model then; `implied`: so it is where this is said, too. */
type Fallback = { readonly value: unknown } | { readonly implied: unknown } | 'required' | 'absent'

/** What the model says where nothing is said, by the field's name. */
export function absentValue(field: string, { fallback }: FieldRow): Readonly<Record<string, unknown>> {
  return typeof fallback === 'object' && 'value' in fallback ? { [field]: fallback.value } : {}
}

/** What leaving it out of the model means, where that can be said. */
export function impliedValue({ fallback }: FieldRow): unknown {
  return typeof fallback === 'object' && 'implied' in fallback ? fallback.implied : undefined
}

export function isImplied(row: FieldRow, value: unknown): boolean {
  return value !== undefined && impliedValue(row) === value
}

export interface FieldRow {
  /** Path in the XML (xml-path.ts), seen from the domain's or the device's element. Below `~/` it stands in an element of our
      own in <metadata>, because libvirt has no place for it. */
  readonly xml: string
  readonly codec: Codec
  /** The value has a unit beside it, in the attribute `unit`; this one is written. */
  readonly unit?: string
  /** Any number of such elements: a list. */
  readonly many?: true
  /** Written too, with the same value. */
  readonly also?: string
  /** Key in xl.cfg, or in a device's specification there; undefined when xl cannot say it. `partly`: xl can say more than the
      model, and what it says beyond is kept as a line that means nothing here. `bare`: in a specification the value stands alone. */
  readonly xl?: { readonly key: string; readonly codec: Codec; readonly partly?: true; readonly bare?: true }
  readonly fallback: Fallback
}

type Rows<T, Apart extends keyof T> = { readonly [K in Exclude<keyof T, Apart>]-?: FieldRow }

const nothing = { value: '' }
const no = { value: false }

// A guest of ours that has ended is gone, so nothing of it can be kept or dumped.
const stopAction = words({
  destroy: ['destroy', 'preserve', 'coredump-destroy'],
  restart: ['restart', 'rename-restart', 'coredump-restart'],
})
const xlStopAction = words({ destroy: 'destroy', restart: 'restart' })

function stopField(name: string, implied: StopAction): FieldRow {
  return { xml: name, codec: stopAction, xl: { key: name, codec: xlStopAction, partly: true }, fallback: { implied } }
}

export const domainFields = {
  name: { xml: 'name', codec: nameText, xl: { key: 'name', codec: nameText }, fallback: 'required' },
  title: { xml: 'title', codec: textOrNothing, fallback: 'absent' },
  description: { xml: 'description', codec: textOrNothing, fallback: 'absent' },
  // Where libosinfo's users, virt-manager among them, keep it.
  os: { xml: 'metadata/libosinfo:libosinfo/libosinfo:os@id', codec: textOrNothing, fallback: 'absent' },
  autostart: { xml: '~/autostart', codec: yesOrNo(['yes'], ['no']), fallback: 'absent' },
  memoryMiB: {
    xml: 'memory',
    codec: memorySize,
    unit: 'KiB',
    xl: { key: 'maxmem', codec: wholeNumber },
    fallback: 'required',
  },
  // Both formats say it always; where it is all, the model leaves it out.
  currentMiB: {
    xml: 'currentMemory',
    codec: memorySize,
    unit: 'KiB',
    xl: { key: 'memory', codec: wholeNumber },
    fallback: 'absent',
  },
  vcpus: { xml: 'vcpu', codec: wholeNumber, xl: { key: 'maxvcpus', codec: wholeNumber }, fallback: { value: 1 } },
  // People say it only where it is not all; the model does too.
  currentVcpus: { xml: 'vcpu@current', codec: wholeNumber, xl: { key: 'vcpus', codec: wholeNumber }, fallback: 'absent' },
  cpuWeight: { xml: 'cputune/shares', codec: wholeNumber, xl: { key: 'cpu_weight', codec: wholeNumber }, fallback: 'absent' },
  cpuCap: { xml: '~/cap', codec: wholeNumber, xl: { key: 'cap', codec: wholeNumber }, fallback: 'absent' },
  cpuSet: { xml: 'vcpu@cpuset', codec: textOrNothing, xl: { key: 'cpus', codec: plainText, partly: true }, fallback: 'absent' },
  onPoweroff: stopField('on_poweroff', DEFAULT_STOP_ACTIONS.onPoweroff),
  onReboot: stopField('on_reboot', DEFAULT_STOP_ACTIONS.onReboot),
  onCrash: stopField('on_crash', DEFAULT_STOP_ACTIONS.onCrash),
  bootloader: { xml: 'bootloader', codec: textOrNothing, xl: { key: 'bootloader', codec: textOrNothing }, fallback: 'absent' },
  kernel: { xml: 'os/kernel', codec: textOrNothing, xl: { key: 'kernel', codec: textOrNothing }, fallback: nothing },
  ramdisk: { xml: 'os/initrd', codec: textOrNothing, xl: { key: 'ramdisk', codec: textOrNothing }, fallback: { value: null } },
  cmdline: { xml: 'os/cmdline', codec: textOrNothing, xl: { key: 'cmdline', codec: textOrNothing }, fallback: nothing },
} as const satisfies Rows<DomainConfig, 'devices'>

export const diskFields = {
  dev: { xml: 'target@dev', codec: plainText, xl: { key: 'vdev', codec: plainText }, fallback: 'required' },
  format: {
    xml: 'driver@type',
    codec: words({ raw: ['raw', 'aio', 'iso'], qcow2: 'qcow2', vhd: ['vpc', 'vhd'], vmdk: 'vmdk' }),
    xl: { key: 'format', codec: words({ raw: 'raw', qcow2: 'qcow2', vhd: 'vhd', vmdk: 'vmdk' }) },
    fallback: { value: 'raw' },
  },
  // Files are never opened past the host's page cache, which is all that none and directsync say beyond these.
  cache: {
    xml: 'driver@cache',
    codec: words({
      writeback: ['writeback', 'default', 'none'],
      writethrough: ['writethrough', 'directsync'],
      unsafe: 'unsafe',
    }),
    fallback: 'absent',
  },
  readonly: {
    xml: 'readonly?',
    codec: presence,
    xl: { key: 'access', codec: yesOrNo(['ro', 'r'], ['rw', 'w']) },
    fallback: no,
  },
  removable: {
    xml: '@device',
    codec: yesOrNo(['cdrom'], ['disk']),
    xl: {
      key: 'devtype',
      codec: { ...yesOrNo(['cdrom'], ['disk']), write: (value) => (value === true ? 'cdrom' : undefined) },
    },
    fallback: no,
  },
  enospace: { xml: 'driver@error_policy', codec: words({ stop: ['enospace', 'stop'], report: 'report' }), fallback: 'absent' },
  discard: {
    xml: 'driver@discard',
    codec: words({ unmap: 'unmap', ignore: 'ignore' }),
    xl: { key: 'discard', codec: words({ unmap: 'discard', ignore: 'no-discard' }), bare: true },
    fallback: 'absent',
  },
  allowedBacking: { xml: '~/backing', codec: plainText, many: true, fallback: 'absent' },
  // In xl.cfg `target` swallows the rest of the specification, so it is the last of the rows.
  path: { xml: 'source@file', codec: textOrNothing, xl: { key: 'target', codec: textOrNothing }, fallback: nothing },
} as const satisfies Rows<Disk, 'kind'>

export const nicFields = {
  mac: { xml: 'mac@address', codec: macAddress, xl: { key: 'mac', codec: macAddress }, fallback: 'required' },
  network: { xml: 'source@network', codec: plainText, xl: { key: 'bridge', codec: plainText }, fallback: { value: 'default' } },
  rateKiB: {
    xml: 'bandwidth/inbound@average',
    also: 'bandwidth/outbound@average',
    codec: wholeNumber,
    xl: { key: 'rate', codec: xlRate },
    fallback: 'absent',
  },
  link: { xml: 'link@state', codec: words({ up: 'up', down: 'down' }), fallback: 'absent' },
  capture: { xml: '~/capture', codec: plainText, fallback: 'absent' },
} as const satisfies Rows<Nic, 'kind' | 'index' | 'forwards'>

export const displayFields = {
  width: { xml: 'model/resolution@x', codec: wholeNumber, fallback: { value: 1024 } },
  height: { xml: 'model/resolution@y', codec: wholeNumber, fallback: { value: 768 } },
} as const satisfies Rows<Display, 'kind' | 'vnc' | 'keymap'>

type Parts = Readonly<Record<string, Shape<unknown>>>

/** What may stand in a field, by its name. */
export const domainChecks: Parts = domainConfigShape.parts

export interface DeviceKindRow {
  readonly element: string
  readonly fields: Readonly<Record<string, FieldRow>>
  readonly checks: Parts
  /** What is always so for our devices, by path; written if it is not there or says something else. */
  readonly fixed: Readonly<Record<string, string>>
  /** The same, written after the fields, as libvirt does. */
  readonly fixedAfter?: Readonly<Record<string, string>>
  /** Key of its list in xl.cfg. */
  readonly xlKey: string
}

export const deviceKinds: Readonly<Record<Device['kind'], DeviceKindRow>> = {
  vbd: {
    element: 'disk',
    fields: diskFields,
    checks: diskShape.parts,
    fixed: { '@type': 'file', 'driver@name': 'qemu' },
    fixedAfter: { 'target@bus': 'xen' },
    xlKey: 'disk',
  },
  vif: {
    element: 'interface',
    fields: nicFields,
    checks: nicShape.parts,
    fixed: { '@type': 'network', 'model@type': 'netfront' },
    xlKey: 'vif',
  },
  vfb: {
    element: 'video',
    fields: displayFields,
    checks: displayShape.parts,
    fixed: { 'model@type': 'xen' },
    xlKey: 'vfb',
  },
}

/** What every domain of ours is, by path. */
export const fixedInDomain: Readonly<Record<string, string>> = {
  '@type': 'xen',
  'os/type@arch': 'x86_64',
  'os/type@machine': 'xenpvh',
  'os/type': 'xenpvh',
}

/** Written into a new domain for those who read the text; what a user changed stays. */
export const newInDomain: Readonly<Record<string, string>> = {
  on_poweroff: 'destroy',
  on_reboot: 'restart',
  on_crash: 'destroy',
  'devices/console@type': 'pty',
  'devices/console/target@type': 'xen',
  'devices/console/target@port': '0',
}
