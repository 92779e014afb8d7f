// Where VNC viewers are let in and the keymap for them, as libvirt's <graphics> says it and as xl's vfb does. None: listen type 'none'; for this user only:
// 'socket'; else an address. libvirt's default, when nothing is said, is the host's own address and any free port.
// Runs in: main, plain Node.
import { err, ok, type Result } from '../../src-engine/public/result'
import { type Display, type Vnc, vncShape } from '../public/device'
import type { ErrorReport } from '../public/error-code'
import { isKeymapName, type KeymapName } from '../public/keymap'
import type { XlSpec } from './xl-spec'
import { childrenOf, elementAt, insertChild, valueAt } from './xml-path'
import { makeElement, textError, type XmlElement } from './xml-tree'

const FIRST_PORT = 5900
const HERE = '127.0.0.1'

function graphicsOf(devices: XmlElement): XmlElement | undefined {
  return childrenOf(devices, 'graphics').find((element) => element.attributes.get('type') === 'vnc')
}

function said(element: XmlElement): unknown {
  const listen = valueAt(element, 'listen@type')
  if (listen === 'none') return undefined
  if (listen === 'socket' || valueAt(element, '@socket') !== undefined) return { kind: 'local' }
  const port = Number(valueAt(element, '@port') ?? -1)
  const free = valueAt(element, '@autoport') === 'yes' || port === -1
  const password = valueAt(element, '@passwd')
  return {
    kind: 'tcp',
    address: valueAt(element, 'listen@address') ?? valueAt(element, '@listen') ?? HERE,
    port: free ? 0 : port,
    ...(password !== undefined && { password }),
  }
}

export function readVnc(root: XmlElement): Result<Vnc | undefined, ErrorReport> {
  const devices = elementAt(root, 'devices')
  const element = devices && graphicsOf(devices)
  if (!element) return ok(undefined)
  const vnc = said(element)
  if (vnc === undefined || vncShape.is(vnc)) return ok(vnc)
  return err(textError(element.line, vncShape.explain(vnc, '<graphics>') ?? 'this is no access for viewers'))
}

/** A keymap we do not know stays in the text, and means the default here. */
export function readKeymap(root: XmlElement): KeymapName | undefined {
  const devices = elementAt(root, 'devices')
  const name = devices && graphicsOf(devices)?.attributes.get('keymap')
  return isKeymapName(name) ? name : undefined
}

/** After `writeVnc`, which makes the element. */
export function writeKeymap(devices: XmlElement, keymap: KeymapName | undefined): void {
  const attributes = graphicsOf(devices)?.attributes
  if (keymap !== undefined) attributes?.set('keymap', keymap)
  else if (isKeymapName(attributes?.get('keymap'))) attributes?.delete('keymap')
}

export function writeVnc(devices: XmlElement, vnc: Vnc | undefined): void {
  const before = graphicsOf(devices)
  const was = before && said(before)
  if (before && JSON.stringify(was) === JSON.stringify(vnc)) return
  // Another password leaves the rest as it is.
  const same = { password: undefined }
  if (before && vnc?.kind === 'tcp' && JSON.stringify({ ...vnc, ...same }) === JSON.stringify(Object.assign({}, was, same))) {
    if (vnc.password === undefined) before.attributes.delete('passwd')
    else before.attributes.set('passwd', vnc.password)
    return
  }
  // A SPICE display of before means nothing here; a keymap stays.
  const keymap = before?.attributes.get('keymap')
  devices.children = devices.children.filter((node) => node.kind !== 'element' || node.name !== 'graphics')
  const element = makeElement('graphics', { type: 'vnc', ...(keymap !== undefined && { keymap }) })
  if (vnc?.kind === 'tcp') {
    const { address, port, password } = vnc
    element.attributes.set('port', port === 0 ? '-1' : String(port))
    if (password !== undefined) element.attributes.set('passwd', password)
    element.attributes.set('autoport', port === 0 ? 'yes' : 'no').set('listen', address)
    element.children = [makeElement('listen', { type: 'address', address })]
  } else element.children = [makeElement('listen', { type: vnc ? 'socket' : 'none' })]
  insertChild(devices, element)
}

/** Out of a vfb specification: a sentence's end when it cannot be, undefined when no viewers are let in. */
export function vncOfSpec(spec: XlSpec): Vnc | string | undefined {
  if (spec.get('vnc') === '0') return undefined
  if (spec.get('vnc') === undefined && spec.get('type') !== 'vnc') return undefined
  const display = spec.get('vncdisplay')
  const unused = spec.get('vncunused') ?? (display === undefined ? '1' : '0')
  const password = spec.get('vncpasswd')
  const [address = '', shown] = (spec.get('vnclisten') ?? HERE).split(/:(?=\d+$)/)
  const vnc: unknown = {
    kind: 'tcp',
    address,
    port: unused === '0' ? FIRST_PORT + Number(shown ?? display ?? 0) : 0,
    ...(password !== undefined && password !== '' && { password }),
  }
  return vncShape.is(vnc) ? vnc : `vfb: ${vncShape.explain(vnc, 'vnc') ?? 'this is no access for viewers'}`
}

/** Names the other side knows and we do not mean the default. */
export function keymapOfSpec(spec: XlSpec): KeymapName | undefined {
  const name = spec.get('keymap')
  return isKeymapName(name) ? name : undefined
}

export function vncSpec({ vnc, keymap }: Display): string {
  const own = keymap === undefined ? [] : [`keymap=${keymap}`]
  if (vnc?.kind !== 'tcp') return ['vnc=0', ...own].join(', ')
  const { address, port, password } = vnc
  const place = port < FIRST_PORT ? ['vncunused=1'] : ['vncunused=0', `vncdisplay=${port - FIRST_PORT}`]
  return ['vnc=1', `vnclisten=${address}`, ...place, ...(password === undefined ? [] : [`vncpasswd=${password}`]), ...own].join(
    ', ',
  )
}
