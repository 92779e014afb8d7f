// Paths into an XML tree, as the table of fields writes them: `os/kernel` is the text of an element, `target@dev` an attribute,
// `@device` an attribute of the element itself, `readonly?` whether the element is there.
// Invariant: setting what is there already changes nothing; taking the last thing out of an element that was made for it takes
// the element too, others stay. Runs in: main, plain Node.
import { makeElement, type XmlElement } from './xml-tree'

interface ParsedPath {
  readonly elements: readonly string[]
  readonly attribute: string | undefined
  readonly presence: boolean
}

const parsed = new Map<string, ParsedPath>()

function parsePath(path: string): ParsedPath {
  const known = parsed.get(path)
  if (known) return known
  const [steps = '', attribute] = path.replace(/\?$/, '').split('@')
  const made = { elements: steps.split('/').filter((step) => step !== ''), attribute, presence: path.endsWith('?') }
  parsed.set(path, made)
  return made
}

export function childrenOf(element: XmlElement, name: string): XmlElement[] {
  return element.children.flatMap((node) => (node.kind === 'element' && node.name === name ? [node] : []))
}

export function textOf(element: XmlElement): string {
  return element.children.map((node) => (node.kind === 'text' || node.kind === 'cdata' ? node.text : '')).join('')
}

export function setText(element: XmlElement, text: string): void {
  if (textOf(element) !== text) element.children = text === '' ? [] : [{ kind: 'text', text }]
}

/** The element a path leads to, or the last one on the way that exists. */
function descend(element: XmlElement, { elements }: ParsedPath): { readonly at: XmlElement; readonly whole: boolean } {
  let at = element
  for (const step of elements) {
    const [next] = childrenOf(at, step)
    if (!next) return { at, whole: false }
    at = next
  }
  return { at, whole: true }
}

export function elementAt(element: XmlElement, path: string): XmlElement | undefined {
  const { at, whole } = descend(element, parsePath(path))
  return whole ? at : undefined
}

/** What stands at the path; undefined when there is nothing. Presence is 'yes'. */
export function valueAt(element: XmlElement, path: string): string | undefined {
  const steps = parsePath(path)
  const { at, whole } = descend(element, steps)
  if (!whole) return undefined
  if (steps.attribute !== undefined) return at.attributes.get(steps.attribute)
  return steps.presence ? 'yes' : textOf(at)
}

/** The line of what stands at the path, or of the nearest element around the place where it would be. */
export function lineAt(element: XmlElement, path: string): number {
  return descend(element, parsePath(path)).at.line
}

/** For sentences: `<target dev>` of `target@dev`, `<kernel>` of `os/kernel`, `<disk device>` of `@device` in a disk. */
export function pathName(element: XmlElement, path: string): string {
  const { elements, attribute } = parsePath(path)
  const name = elements.at(-1) ?? element.name
  return attribute === undefined ? `<${name}>` : `<${name} ${attribute}>`
}

/** The order in which libvirt writes an element's children; where we put a new one. Others come last. */
const ORDER: Readonly<Record<string, readonly string[]>> = {
  domain: [
    ...[
      'name',
      'uuid',
      'title',
      'description',
      'metadata',
      'memory',
      'currentMemory',
      'vcpu',
      'cputune',
      'bootloader',
      'os',
      'features',
      'cpu',
      'clock',
    ],
    ...['on_poweroff', 'on_reboot', 'on_crash', 'devices'],
  ],
  os: ['type', 'kernel', 'initrd', 'cmdline'],
  devices: ['emulator', 'disk', 'interface', 'console', 'input', 'graphics', 'video'],
  disk: ['driver', 'source', 'backingStore', 'target', 'readonly', 'alias'],
  interface: ['mac', 'source', 'target', 'model', 'link', 'portForward', 'bandwidth', 'alias'],
}

/** Puts a new child where libvirt would write it: before the first one that comes later. */
export function insertChild(parent: XmlElement, child: XmlElement): void {
  const order = ORDER[parent.name] ?? []
  const rank = order.indexOf(child.name)
  const at = parent.children.findIndex((node) => node.kind === 'element' && order.indexOf(node.name) > rank)
  if (rank < 0 || at < 0) parent.children.push(child)
  else parent.children.splice(at, 0, child)
}

/** What elements of others declare, by their name: put in when we make one. */
const NAMESPACES: Readonly<Record<string, Readonly<Record<string, string>>>> = {
  'libosinfo:libosinfo': { 'xmlns:libosinfo': 'http://libosinfo.org/xmlns/libvirt/domain/1.0' },
}

/** The element at the path, made if need be. */
export function ensureElement(element: XmlElement, path: string): XmlElement {
  let at = element
  for (const step of parsePath(path).elements) {
    let [next] = childrenOf(at, step)
    if (!next) {
      next = makeElement(step, NAMESPACES[step])
      insertChild(at, next)
    }
    at = next
  }
  return at
}

/** Takes an element out, and with it each one around it (below `top`) that holds nothing any more. */
function prune(top: XmlElement, steps: readonly string[]): void {
  if (steps.length === 0) return
  const parent = descend(top, { elements: steps.slice(0, -1), attribute: undefined, presence: false })
  if (!parent.whole) return
  const [victim] = childrenOf(parent.at, steps.at(-1) ?? '')
  // A namespace that is declared says nothing by itself.
  if (!victim || [...victim.attributes.keys()].some((name) => !/^xmlns(:|$)/.test(name))) return
  if (victim.children.some((node) => node.kind !== 'text' || node.text.trim() !== '')) return
  parent.at.children = parent.at.children.filter((node) => node !== victim)
  prune(top, steps.slice(0, -1))
}

export function setValueAt(element: XmlElement, path: string, value: string | undefined): void {
  const { elements, attribute, presence } = parsePath(path)
  if (value !== undefined) {
    const at = ensureElement(element, path)
    if (attribute !== undefined) at.attributes.set(attribute, value)
    else if (!presence) setText(at, value)
    return
  }
  const at = elementAt(element, path)
  if (!at) return
  if (attribute !== undefined) at.attributes.delete(attribute)
  else at.children = []
  prune(element, elements)
}
