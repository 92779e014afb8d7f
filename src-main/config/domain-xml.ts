// Domain XML as libvirt writes it, the canonical text of a definition: read into the model and written from it, both by the
// table of fields. What the table does not know stays as it is, and so does what it knows and has not changed.
// Invariant: writing what was read changes nothing but blanks; reading what was written gives the same model.
// Runs in: main, plain Node.
import { err, ok, type Result } from '../../src-engine/public/result'
import { rowUsed } from '../../src-engine/public/row-use'
import type { Shape } from '../../src-engine/public/shape'
import { type ConfigNote, configNote } from '../public/config-note'
import { type Device, deviceKey, deviceShape } from '../public/device'
import { type ErrorReport, errorReport } from '../public/error-code'
import { type DomainConfig, domainConfigShape, uuidShape } from '../public/types'
import { withAllocation } from './allocation'
import { type PlacedElement, placedElements, vifAlias } from './device-elements'
import {
  absentValue,
  deviceKinds,
  domainChecks,
  domainFields,
  type FieldRow,
  fixedInDomain,
  impliedValue,
  isImplied,
  newInDomain,
} from './domain-fields'
import { ensureOwn, findOwn, isNewer, ownPath, tidyOwn } from './own-metadata'
import { readForwards, writeForwards } from './port-forwards'
import { readKeymap, readVnc, writeKeymap, writeVnc } from './vnc-graphics'
import { withoutEffect } from './without-effect'
import {
  childrenOf,
  elementAt,
  ensureElement,
  insertChild,
  lineAt,
  pathName,
  setText,
  setValueAt,
  textOf,
  valueAt,
} from './xml-path'
import { formatXml, makeElement, parseXml, textError, type XmlDocument, type XmlElement } from './xml-tree'

export interface ReadDomain {
  readonly config: DomainConfig
  readonly uuid: string | null
  readonly notes: readonly ConfigNote[]
}

export interface ReadContext {
  /** An address for an interface that has none. */
  newMac(): string
}

type Values = Record<string, unknown>

const QUOTED_MOST = 60
const NAMES_MOST = 2000

function quoted(text: string, most = QUOTED_MOST): string {
  return text.length > most ? `${text.slice(0, most)}…` : text
}

// ---- reading --------------------------------------------------------------------------------

/** Values as the rows say, with what is wrong with the first wrong one. `own` holds what stands below ~/. */
function readFields(
  element: XmlElement,
  own: XmlElement | undefined,
  rows: Readonly<Record<string, FieldRow>>,
  checks: Readonly<Record<string, Shape<unknown>>>,
): Result<Values, ErrorReport> {
  const values: Values = {}
  for (const [field, row] of Object.entries(rows)) {
    const [at, path] = row.xml.startsWith('~/') ? [own, ownPath(row.xml)] : [element, row.xml]
    const found = at === undefined ? undefined : row.many ? readMany(at, path, row) : readOne(at, path, row)
    const line = at ? lineAt(at, path) : element.line
    if (found === undefined) {
      if (row.fallback === 'required') return err(textError(line, `${pathName(element, path)} is missing`))
      Object.assign(values, absentValue(field, row))
      continue
    }
    const check = checks[field]
    if (found.value === undefined || (check && !check.is(found.value))) {
      const expected = found.value === undefined || !check ? row.codec.what : check.name
      return err(textError(line, `${pathName(element, path)} is “${quoted(found.text)}”, but ${expected} is expected`))
    }
    rowUsed('domain fields', `${element.name} ${field}`)
    if (!isImplied(row, found.value)) values[field] = found.value
  }
  return ok(values)
}

interface Found {
  readonly value: unknown
  readonly text: string
}

function readOne(element: XmlElement, path: string, row: FieldRow): Found | undefined {
  const text = valueAt(element, path)
  if (text === undefined) return undefined
  const unit = row.unit === undefined ? undefined : valueAt(element, `${path}@unit`)
  return { text, value: row.codec.read(text, unit) }
}

function readMany(element: XmlElement, path: string, row: FieldRow): Found | undefined {
  const all = childrenOf(element, path).map((child) => row.codec.read(textOf(child)))
  return all.length === 0 ? undefined : { text: '', value: all }
}

function readDevice(
  root: XmlElement,
  placed: PlacedElement,
  context: ReadContext,
  notes: ConfigNote[],
): Result<Device, ErrorReport> {
  const { kind, element, id } = placed
  const row = deviceKinds[kind]
  const values = valuesOfElement(placed, context, notes)
  if (!values.ok) return values
  const own = findOwn(root, keyOf(placed))
  const read = readFields(values.value, own, row.fields, row.checks)
  if (!read.ok) return read
  const device: Values = { kind, ...read.value }
  if (kind === 'vif') {
    const forwards = readForwards(element)
    if (!forwards.ok) return forwards
    Object.assign(device, { index: Number(id), forwards: forwards.value })
  }
  if (kind === 'vfb') {
    const vnc = readVnc(root)
    if (!vnc.ok) return vnc
    if (vnc.value) device['vnc'] = vnc.value
    const keymap = readKeymap(root)
    if (keymap) device['keymap'] = keymap
  }
  if (deviceShape.is(device)) return ok(device)
  return err(textError(element.line, `<${element.name}>: ${deviceShape.explain(device, 'device') ?? 'not a device'}`))
}

/** The element as it is once what comes from elsewhere is changed to fit: a copy, the text itself stays. */
function valuesOfElement(
  { kind, element, id }: PlacedElement,
  context: ReadContext,
  notes: ConfigNote[],
): Result<XmlElement, ErrorReport> {
  const type = element.attributes.get('type')
  const fitting: XmlElement = { ...element, attributes: new Map(element.attributes), children: [...element.children] }
  const replace = (path: string, value: string): void => {
    const [name = ''] = path.split('@')
    const old = elementAt(element, name)
    const made = old ? { ...old, attributes: new Map(old.attributes) } : makeElement(name)
    fitting.children = [...fitting.children.filter((node) => node !== old), made]
    setValueAt(fitting, path, value)
  }
  if (kind === 'vbd') {
    if (type !== undefined && type !== 'file') {
      return err(textError(element.line, `<disk type> is “${quoted(type)}”, but only files can be disks here`))
    }
    const dev = valueAt(element, 'target@dev')
    if (dev !== undefined && dev !== id) {
      notes.push(configNote('disk-renamed', { from: dev, to: id }))
      replace('target@dev', id)
    }
  }
  if (kind === 'vif') {
    if (valueAt(element, 'mac@address') === undefined) {
      const mac = context.newMac()
      notes.push(configNote('mac-made', { mac }))
      replace('mac@address', mac)
    }
    if (type !== undefined && type !== 'network') {
      const from = valueAt(element, 'source@bridge') ?? type
      const mac = valueAt(fitting, 'mac@address') ?? ''
      notes.push(configNote('network-changed', { mac, from, network: 'default' }))
      replace('source@network', 'default')
    }
  }
  return ok(fitting)
}

function keyOf({ kind, id }: PlacedElement): string {
  switch (kind) {
    case 'vbd':
      return /^xvd[a-p]$/.test(id)
        ? deviceKey({ kind, dev: id, path: '', format: 'raw', readonly: false, removable: false })
        : `vbd/${id}`
    case 'vif':
      return `vif/${id}`
    case 'vfb':
      return 'vfb/0'
  }
}

/** What the text holds that has no effect on a domain of ours. */
function notesOf(root: XmlElement): ConfigNote[] {
  const notes: ConfigNote[] = []
  const type = root.attributes.get('type') ?? 'none'
  const os = valueAt(root, 'os/type')
  if (type !== 'xen' || (os !== undefined && os !== 'xenpvh')) {
    notes.push(configNote('type-changed', { type: [type, os].filter(Boolean).join(' ') }))
  }
  const devices = elementAt(root, 'devices')
  const names = withoutEffect(root, placedElements(root))
  if (names.length > 0) notes.push(configNote('without-effect', { names: quoted(names.join(', '), NAMES_MOST) }))
  if (devices && childrenOf(devices, 'video').length > 1) notes.push(configNote('more-displays'))
  return notes
}

export function readDomainXml(text: string, context: ReadContext): Result<ReadDomain, ErrorReport> {
  const document = parseXml(text)
  return document.ok ? readDomain(document.value.root, context) : document
}

function readDomain(root: XmlElement, context: ReadContext): Result<ReadDomain, ErrorReport> {
  if (root.name !== 'domain') return err(textError(root.line, `<domain> is expected, <${quoted(root.name)}> was found`))
  if (isNewer(root)) return err(errorReport('config-newer'))
  const arch = valueAt(root, 'os/type@arch')
  if (arch !== undefined && arch !== 'x86_64') {
    return err(textError(lineAt(root, 'os/type@arch'), `<type arch> is “${quoted(arch)}”, but only x86_64 can be run here`))
  }
  const uuid = valueAt(root, 'uuid')?.trim().toLowerCase()
  if (uuid !== undefined && !uuidShape.is(uuid)) {
    return err(textError(lineAt(root, 'uuid'), `<uuid> is “${quoted(uuid)}”, but a UUID is expected`))
  }
  const values = readFields(root, findOwn(root), domainFields, domainChecks)
  if (!values.ok) return values
  const notes = notesOf(root)
  const devices: Device[] = []
  for (const placed of placedElements(root)) {
    const device = readDevice(root, placed, context, notes)
    if (!device.ok) return device
    devices.push(device.value)
  }
  const fields = withAllocation(values.value, '<vcpu current>')
  if (!fields.ok) return err(textError(lineAt(root, 'vcpu@current'), fields.error))
  const config = { ...fields.value, devices }
  if (domainConfigShape.is(config)) return ok({ config, uuid: uuid ?? null, notes })
  return err(textError(root.line, domainConfigShape.explain(config, '<domain>') ?? 'this is no domain'))
}

// ---- writing --------------------------------------------------------------------------------

function same(a: unknown, b: unknown): boolean {
  return JSON.stringify(a) === JSON.stringify(b)
}

function writeFields(
  element: XmlElement,
  own: (make: boolean) => XmlElement | undefined,
  rows: Readonly<Record<string, FieldRow>>,
  values: Readonly<Record<string, unknown>>,
): void {
  for (const [field, row] of Object.entries(rows)) {
    const value = values[field]
    if (row.xml.startsWith('~/')) {
      const path = ownPath(row.xml)
      const at = own(value !== undefined)
      if (at) writeField(at, path, row, value)
    } else {
      writeField(element, row.xml, row, value)
      if (row.also !== undefined) writeField(element, row.also, row, value)
    }
  }
}

function writeField(element: XmlElement, path: string, row: FieldRow, wanted: unknown): void {
  const found = row.many ? readMany(element, path, row) : readOne(element, path, row)
  // What was said stays said.
  const value = wanted === undefined && found !== undefined ? impliedValue(row) : wanted
  // What stands there and means the same stays as it was written.
  if (same(found?.value, value) && found !== undefined) return
  if (row.many) {
    element.children = element.children.filter((node) => node.kind !== 'element' || node.name !== path)
    for (const item of Array.isArray(value) ? value : []) {
      const made = makeElement(path)
      setText(made, row.codec.write(item) ?? '')
      element.children.push(made)
    }
    return
  }
  const text = row.codec.write(value)
  setValueAt(element, path, text)
  if (text !== undefined && row.unit !== undefined) setValueAt(element, `${path}@unit`, row.unit)
}

function setFixed(element: XmlElement, fixed: Readonly<Record<string, string>>): void {
  for (const [path, value] of Object.entries(fixed)) if (valueAt(element, path) !== value) setValueAt(element, path, value)
}

/** What a screen has besides its <video>; taken away with it. */
function isPartOfDisplay(element: XmlElement): boolean {
  return ['graphics', 'video'].includes(element.name) || (element.name === 'input' && element.attributes.get('bus') === 'xen')
}

function addDisplay(devices: XmlElement): void {
  if (childrenOf(devices, 'graphics').length > 0) return
  insertChild(devices, makeElement('input', { type: 'mouse', bus: 'xen' }))
  insertChild(devices, makeElement('input', { type: 'keyboard', bus: 'xen' }))
}

function writeDevices(root: XmlElement, config: DomainConfig): void {
  const devices = ensureElement(root, 'devices')
  const placed = new Map(placedElements(root).map((each) => [keyOf(each), each]))
  const wanted = new Set(config.devices.map(deviceKey))
  for (const [key, { kind, element }] of placed) {
    if (wanted.has(key)) continue
    devices.children = devices.children.filter((node) => {
      if (node.kind !== 'element') return true
      return kind === 'vfb' ? !isPartOfDisplay(node) : node !== element
    })
  }
  const indexes = config.devices.flatMap((device) => (device.kind === 'vif' ? [device.index] : []))
  const inOrder = indexes.every((index, at) => index === at)
  for (const device of config.devices) {
    const row = deviceKinds[device.kind]
    const key = deviceKey(device)
    let element = placed.get(key)?.element
    if (!element) {
      element = makeElement(row.element)
      insertChild(devices, element)
    } else if (!devices.children.includes(element)) insertChild(devices, element)
    if (device.kind === 'vfb') {
      addDisplay(devices)
      writeVnc(devices, device.vnc)
      writeKeymap(devices, device.keymap)
    }
    if (device.kind === 'vif' && element.attributes.get('type') !== 'network') setValueAt(element, 'source@bridge', undefined)
    setFixed(element, row.fixed)
    writeFields(element, (make) => (make ? ensureOwn(root, key) : findOwn(root, key)), row.fields, { ...device })
    setFixed(element, row.fixedAfter ?? {})
    if (device.kind === 'vif') {
      writeForwards(element, device.forwards)
      if (!inOrder) setValueAt(element, 'alias@name', vifAlias(device.index))
    }
  }
  tidyOwn(root, [...wanted])
}

function newDomain(): XmlDocument {
  const root = makeElement('domain')
  for (const [path, value] of Object.entries(newInDomain)) setValueAt(root, path, value)
  return { root, before: [], after: [] }
}

/** The text of a definition. `before` is its text until now: what is not ours in it stays. */
export function writeDomainXml(config: DomainConfig, uuid: string, before?: string): string {
  const parsed = before === undefined ? undefined : parseXml(before)
  const document = parsed?.ok && parsed.value.root.name === 'domain' ? parsed.value : newDomain()
  const { root } = document
  // What only a running domain has.
  root.attributes.delete('id')
  setFixed(root, fixedInDomain)
  const { currentMiB = config.memoryMiB } = config
  // Libvirt says the vcpus at the start only where they are not all; a text that says it always goes on to.
  const { currentVcpus = valueAt(root, 'vcpu@current') === undefined ? undefined : config.vcpus } = config
  const current = { currentMiB, currentVcpus }
  writeFields(root, (make) => (make ? ensureOwn(root) : findOwn(root)), domainFields, { ...config, ...current })
  if (valueAt(root, 'uuid')?.trim().toLowerCase() !== uuid) setValueAt(root, 'uuid', uuid)
  writeDevices(root, config)
  return formatXml(document)
}
