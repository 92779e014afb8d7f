// The element of our own inside <metadata>: what libvirt's domain XML has no place for. A namespace of ours, as libvirt asks of
// applications; its number is the version.
//   <metadata><ringmaster:domain xmlns:ringmaster='…/1'>
//     <ringmaster:device key='vif/0'><ringmaster:capture>/path</ringmaster:capture></ringmaster:device>
//     <ringmaster:xl>lines of an imported xl.cfg that mean nothing here</ringmaster:xl>
// Invariant: an element that says nothing is not written. Runs in: main, plain Node.
import { childrenOf, elementAt, ensureElement } from './xml-path'
import { makeElement, type XmlElement } from './xml-tree'

const NAMESPACE = 'https://example.org/ringmaster/domain/'
const VERSION = 1
const OWN = 'ringmaster:domain'
const DEVICE = 'ringmaster:device'

/** The path of an element of ours below that. */
export const ownPath = (path: string): string => path.replace(/^~\//, 'ringmaster:')

function own(root: XmlElement): XmlElement | undefined {
  return elementAt(root, `metadata/${OWN}`)
}

/** Whether a newer version of us wrote this. */
export function isNewer(root: XmlElement): boolean {
  const namespace = own(root)?.attributes.get('xmlns:ringmaster') ?? ''
  return namespace.startsWith(NAMESPACE) && Number(namespace.slice(NAMESPACE.length)) > VERSION
}

export function findOwn(root: XmlElement, key?: string): XmlElement | undefined {
  const found = own(root)
  if (key === undefined || !found) return found
  return childrenOf(found, DEVICE).find((element) => element.attributes.get('key') === key)
}

export function ensureOwn(root: XmlElement, key?: string): XmlElement {
  const found = ensureElement(root, `metadata/${OWN}`)
  if (!found.attributes.has('xmlns:ringmaster')) found.attributes.set('xmlns:ringmaster', `${NAMESPACE}${VERSION}`)
  if (key === undefined) return found
  const known = findOwn(root, key)
  if (known) return known
  const made = makeElement(DEVICE, { key })
  found.children.push(made)
  return made
}

/** Takes out what says nothing, and what is about devices that are not there. */
export function tidyOwn(root: XmlElement, keys: readonly string[]): void {
  const found = own(root)
  if (!found) return
  const empty = ({ children }: XmlElement): boolean => children.every((node) => node.kind === 'text' && node.text.trim() === '')
  found.children = found.children.filter((node) => {
    if (node.kind !== 'element' || node.name !== DEVICE) return true
    return keys.includes(node.attributes.get('key') ?? '') && !empty(node)
  })
  const metadata = elementAt(root, 'metadata')
  if (!metadata || !empty(found)) return
  metadata.children = metadata.children.filter((node) => node !== found)
  if (empty(metadata) && metadata.attributes.size === 0) root.children = root.children.filter((node) => node !== metadata)
}
