// xl.cfg and the older xmdomain.cfg: read into the model and written from it, by the same table of fields as the domain XML.
// What the table does not know is kept as lines, so that an export gives it back; what xl.cfg cannot say is a note.
// Invariant: reading what was written gives the same model, but for what the notes name. Runs in: main, plain Node.
import { err, ok, type Result } from '../../src-engine/public/result'
import type { Shape } from '../../src-engine/public/shape'
import { type ConfigNote, configNote } from '../public/config-note'
import { type Device, deviceShape } from '../public/device'
import type { ErrorReport } from '../public/error-code'
import { type DomainConfig, domainConfigShape, uuidShape } from '../public/types'
import { withAllocation } from './allocation'
import { absentValue, deviceKinds, domainChecks, domainFields, type FieldRow, isImplied } from './domain-fields'
import type { ReadContext, ReadDomain } from './domain-xml'
import { wholeNumber } from './field-codec'
import { keymapOfSpec, vncOfSpec, vncSpec } from './vnc-graphics'
import { formatSpec, parseDiskSpec, parseSpec, type XlSpec } from './xl-spec'
import { parseXl, type XlSetting, type XlValue, xlText } from './xl-text'
import { textError } from './xml-tree'

export interface ReadXl extends ReadDomain {
  /** Lines that mean nothing here, as they stood. */
  readonly unknown: string
}

type Values = Record<string, unknown>
type Settings = ReadonlyMap<string, XlSetting>

/** Keys we read besides those of the table. */
const KNOWN = new Set([
  ...['maxmem', 'extra', 'root', 'uuid', 'type', 'disk', 'vif', 'vfb', 'vnc', 'vnclisten', 'vncdisplay'],
  ...['vncunused', 'vncpasswd', 'keymap'],
])
const DEFAULT_DISPLAY = { kind: 'vfb', width: 1024, height: 768 }

function quoted(value: string): string {
  return value.length > 60 ? `${value.slice(0, 60)}…` : value
}

/** One field out of a setting's value or a part of a specification. */
function readField(
  row: FieldRow,
  text: string,
  check: Shape<unknown> | undefined,
  key: string,
  line: number,
): Result<unknown, ErrorReport> {
  const codec = row.xl?.codec ?? row.codec
  const value = codec.read(text)
  if (value !== undefined && (!check || check.is(value))) return ok(value)
  const expected = value === undefined || !check ? codec.what : check.name
  return err(textError(line, `${key} is “${quoted(text)}”, but ${expected} is expected`))
}

function plain(value: XlValue): string | undefined {
  return typeof value === 'string' || typeof value === 'number' ? String(value) : undefined
}

/**
 * What xl makes of several keys: memory is all it may get unless maxmem says so, and vcpus unless maxvcpus does (which alone leaves one
 * at the start); the command line has its root before its extra.
 */
function combined(settings: Settings, key: string): XlSetting | undefined {
  if (key === 'maxmem') return settings.get('maxmem') ?? settings.get('memory')
  const most = settings.get('maxvcpus')
  if (key === 'maxvcpus') return most ?? settings.get('vcpus')
  if (key === 'vcpus') return settings.get('vcpus') ?? (most && { ...most, key: 'vcpus', value: 1 })
  if (key !== 'cmdline') return settings.get(key)
  const [cmdline, root, extra] = ['cmdline', 'root', 'extra'].map((each) => settings.get(each))
  if (cmdline ?? (!root || !extra)) return cmdline ?? extra ?? (root && { ...root, value: `root=${plain(root.value) ?? ''}` })
  return { ...extra, value: `root=${plain(root.value) ?? ''} ${plain(extra.value) ?? ''}` }
}

/** Not where xl can say more than the model, and does. */
function isRead(field: string, { xl }: FieldRow, { value }: XlSetting): boolean {
  if (xl?.partly !== true) return true
  const text = plain(value)
  const said = text === undefined ? undefined : xl.codec.read(text)
  return said !== undefined && domainChecks[field]?.is(said) === true
}

function readDomainFields(settings: Settings): Result<Values, ErrorReport> {
  const values: Values = {}
  const rows: Readonly<Record<string, FieldRow>> = domainFields
  for (const [field, row] of Object.entries(rows)) {
    const setting = row.xl && combined(settings, row.xl.key)
    if (!row.xl || !setting) {
      // People say memory, and maxmem only beside it.
      const named = field === 'memoryMiB' ? 'memory' : (row.xl?.key ?? field)
      if (row.fallback === 'required') return err(textError(1, `${named} is missing`))
      Object.assign(values, absentValue(field, row))
      continue
    }
    const text = plain(setting.value)
    if (!isRead(field, row, setting)) continue
    if (text === undefined) return err(textError(setting.line, `${row.xl.key} is a list, but ${row.xl.codec.what} is expected`))
    const read = readField(row, text, domainChecks[field], setting.key, setting.line)
    if (!read.ok) return read
    if (!isImplied(row, read.value)) values[field] = read.value
  }
  return ok(values)
}

function specsOf(settings: Settings, key: string): Result<{ texts: string[]; line: number }, ErrorReport> {
  const setting = settings.get(key)
  if (!setting) return ok({ texts: [], line: 1 })
  const { value, line } = setting
  const texts = (Array.isArray(value) ? value : [value]).map((item: XlValue) => plain(item))
  if (texts.some((text) => text === undefined)) return err(textError(line, `${key} is no list of strings`))
  return ok({ texts: texts.flatMap((text) => text ?? []), line })
}

function readSpec(kind: Device['kind'], spec: XlSpec, line: number): Result<Values, ErrorReport> {
  const row = deviceKinds[kind]
  const values: Values = { kind }
  for (const [field, fieldRow] of Object.entries(row.fields)) {
    const key = fieldRow.xl?.key
    const text = key === undefined ? undefined : spec.get(key)
    if (text === undefined) {
      if (fieldRow.fallback === 'required') return err(textError(line, `${row.xlKey}: ${key ?? field} is missing`))
      Object.assign(values, absentValue(field, fieldRow))
      continue
    }
    const read = readField(fieldRow, text, row.checks[field], `${row.xlKey}: ${key}`, line)
    if (!read.ok) return read
    values[field] = read.value
  }
  return ok(values)
}

function readDisks(settings: Settings, notes: ConfigNote[]): Result<Values[], ErrorReport> {
  const specs = specsOf(settings, 'disk')
  if (!specs.ok) return specs
  const { texts, line } = specs.value
  const disks: Values[] = []
  const parsed = texts.map(parseDiskSpec)
  const taken = new Set(parsed.map((spec) => (typeof spec === 'string' ? '' : (spec.get('vdev') ?? ''))))
  for (const spec of parsed) {
    if (typeof spec === 'string') return err(textError(line, `disk: ${spec}`))
    const from = spec.get('vdev') ?? ''
    const letter = /^(?:hd|sd|vd)([a-p])$/.exec(from)?.[1]
    const to =
      letter === undefined ? from : [letter, ...'abcdefghijklmnop'].map((each) => `xvd${each}`).find((each) => !taken.has(each))
    if (to !== undefined && to !== from) notes.push(configNote('disk-renamed', { from, to }))
    taken.add(to ?? '')
    const target = spec.get('target') ?? ''
    // xl looks below /dev for what is no whole path.
    const path = target === '' || target.startsWith('/') ? target : `/dev/${target}`
    const access = spec.get('access') ?? (spec.get('devtype') === 'cdrom' ? 'ro' : 'rw')
    const fitting = new Map([...spec, ['target', path], ['access', access]])
    if (to !== undefined && to !== '') fitting.set('vdev', to)
    const read = readSpec('vbd', fitting, line)
    if (!read.ok) return read
    disks.push(read.value)
  }
  return ok(disks)
}

function readNics(settings: Settings, context: XlContext, notes: ConfigNote[]): Result<Values[], ErrorReport> {
  const specs = specsOf(settings, 'vif')
  if (!specs.ok) return specs
  const nics: Values[] = []
  for (const [index, text] of specs.value.texts.entries()) {
    const spec = new Map(parseSpec(text))
    if (!spec.has('mac')) {
      const mac = context.newMac()
      notes.push(configNote('mac-made', { mac }))
      spec.set('mac', mac)
    }
    const bridge = spec.get('bridge')
    if (bridge !== undefined && !context.networks.includes(bridge)) {
      notes.push(configNote('network-changed', { mac: spec.get('mac') ?? '', from: bridge, network: 'default' }))
      spec.set('bridge', 'default')
    }
    const read = readSpec('vif', spec, specs.value.line)
    if (!read.ok) return read
    nics.push({ ...read.value, index, forwards: [] })
  }
  return ok(nics)
}

/** `vfb` of PV and PVH guests; HVM ones have the same keys at the top. */
function readDisplay(settings: Settings, notes: ConfigNote[]): Result<Values[], ErrorReport> {
  const specs = specsOf(settings, 'vfb')
  if (!specs.ok) return specs
  const { texts, line } = specs.value
  const top = new Map([...settings].map(([key, { value }]) => [key, plain(value) ?? '']))
  if (texts.length === 0 && top.get('vnc') !== '1') return ok([])
  const spec = texts[0] === undefined ? top : parseSpec(texts[0])
  const vnc = vncOfSpec(spec)
  if (typeof vnc === 'string') return err(textError(line, vnc))
  const keymap = keymapOfSpec(spec)
  const named = spec.get('keymap')
  if (named !== undefined && !keymap) notes.push(configNote('without-effect', { names: `keymap=${named}` }))
  return ok([{ ...DEFAULT_DISPLAY, ...(vnc && { vnc }), ...(keymap && { keymap }) }])
}

export interface XlContext extends ReadContext {
  /** The virtual networks there are: bridges of other names become `default`. */
  readonly networks: readonly string[]
}

export function readXl(text: string, context: XlContext): Result<ReadXl, ErrorReport> {
  const parsed = parseXl(text)
  if (!parsed.ok) return parsed
  const settings: Settings = new Map(parsed.value.map((setting) => [setting.key, setting]))
  const values = readDomainFields(settings)
  if (!values.ok) return values
  const notes: ConfigNote[] = []
  const type = plain(settings.get('type')?.value ?? plain(settings.get('builder')?.value ?? '') ?? '') ?? ''
  if (type !== '' && type !== 'pvh') notes.push(configNote('type-changed', { type }))
  const uuid = uuidOf(settings)
  if (!uuid.ok) return uuid
  const disks = readDisks(settings, notes)
  if (!disks.ok) return disks
  const nics = readNics(settings, context, notes)
  if (!nics.ok) return nics
  const display = readDisplay(settings, notes)
  if (!display.ok) return display
  const devices: Device[] = []
  for (const device of [...disks.value, ...nics.value, ...display.value]) {
    if (!deviceShape.is(device)) return err(textError(1, deviceShape.explain(device, 'device') ?? 'this is no device'))
    devices.push(device)
  }
  const fields = withAllocation(values.value, 'vcpus')
  if (!fields.ok) return err(textError(settings.get('vcpus')?.line ?? 1, fields.error))
  const config = { ...fields.value, devices }
  if (!domainConfigShape.is(config))
    return err(textError(1, domainConfigShape.explain(config, 'domain') ?? 'this is no domain'))
  const unread = new Set(
    Object.entries<FieldRow>(domainFields).flatMap(([field, row]) => {
      const setting = row.xl && settings.get(row.xl.key)
      return setting && !isRead(field, row, setting) ? [setting.key] : []
    }),
  )
  const unknown = parsed.value.filter(({ key }) => !isKnown(key) || unread.has(key))
  if (unknown.length > 0) notes.push(configNote('without-effect', { names: unknown.map(({ key }) => key).join(', ') }))
  return ok({ config, uuid: uuid.value, notes, unknown: unknown.map(({ source }) => source).join('\n') })
}

const tableKeys = new Set(Object.values<FieldRow>(domainFields).map(({ xl }) => xl?.key))

function isKnown(key: string): boolean {
  return KNOWN.has(key) || tableKeys.has(key)
}

function uuidOf(settings: Settings): Result<string | null, ErrorReport> {
  const setting = settings.get('uuid')
  if (!setting) return ok(null)
  const uuid = plain(setting.value)?.toLowerCase()
  return uuidShape.is(uuid) ? ok(uuid) : err(textError(setting.line, 'uuid is no UUID'))
}

// ---- writing --------------------------------------------------------------------------------

function fieldsText(rows: Readonly<Record<string, FieldRow>>, values: Values): (readonly [string, string])[] {
  return Object.entries(rows).flatMap(([field, { xl }]) => {
    const text = xl?.codec.write(values[field])
    return xl && text !== undefined ? [[xl.bare ? '' : xl.key, text] as const] : []
  })
}

/** What of a device has no place in xl.cfg, in words for people. */
function unsaidOf(device: Device): string[] {
  switch (device.kind) {
    case 'vbd':
      return [
        ...(device.allowedBacking?.length ? [`backing files of ${device.dev}`] : []),
        ...(device.cache === undefined || device.cache === 'writeback'
          ? []
          : [`the cache mode of ${device.dev} (${device.cache})`]),
        ...(device.enospace === undefined ? [] : [`what happens when the host of ${device.dev} has no space`]),
      ]
    case 'vif': {
      const forwards = device.forwards.map(({ protocol, hostPort, guestPort }) => `${protocol} ${hostPort} to ${guestPort}`)
      const names = forwards.length > 0 ? [`port forwards of vif ${device.index} (${forwards.join(', ')})`] : []
      if (device.capture !== undefined) names.push(`capture of vif ${device.index}`)
      if (device.link === 'down') names.push(`the cable of vif ${device.index}, which is out`)
      return names
    }
    case 'vfb':
      return [`the size of the screen (${device.width}x${device.height})`]
  }
}

/** `unknown` are the lines kept from an import. */
export function writeXl(config: DomainConfig, uuid: string, unknown = ''): { text: string; notes: ConfigNote[] } {
  const numbers = new Set(
    Object.values<FieldRow>(domainFields).flatMap(({ xl }) => (xl?.codec === wholeNumber ? [xl.key] : [])),
  )
  const lines = [`# ${config.title ?? config.name}`.replace(/\s+/g, ' '), `type = 'pvh'`]
  // A later line overrides an earlier one.
  if (unknown !== '') lines.push(unknown)
  // Where it is all, the one word for both is that for what it starts with.
  const { memoryMiB, currentMiB, vcpus, currentVcpus } = config
  const memory = currentMiB === undefined ? { memoryMiB: undefined, currentMiB: memoryMiB } : {}
  const processors = currentVcpus === undefined ? { vcpus: undefined, currentVcpus: vcpus } : {}
  for (const [key, text] of fieldsText(domainFields, { ...config, ...memory, ...processors })) {
    lines.push(`${key} = ${numbers.has(key) ? text : xlText(text)}`)
    if (key === 'name') lines.push(`uuid = ${xlText(uuid)}`)
  }
  for (const kind of ['vbd', 'vif', 'vfb'] as const) {
    const row = deviceKinds[kind]
    const devices = config.devices.filter((device) => device.kind === kind)
    if (devices.length === 0) continue
    const specs = devices.map((device) =>
      device.kind === 'vfb' ? vncSpec(device) : formatSpec(fieldsText(row.fields, { ...device })),
    )
    lines.push(`${row.xlKey} = ${xlText(specs)}`)
  }
  const names = [...(config.autostart ? ['autostart'] : []), ...config.devices.flatMap(unsaidOf)]
  if (names.length > 0) lines.push(`# xl.cfg has no place for: ${names.join('; ')}`)
  return { text: `${lines.join('\n')}\n`, notes: names.length > 0 ? [configNote('not-said', { names: names.join('; ') })] : [] }
}
