// Which elements of a domain's XML are devices of ours, and under which name: what reader and writer agree on. A domain from
// elsewhere calls its disks vda or sda; they get xvd names in the order they stand in.
// Invariant: no two disks or interfaces placed get the same name or number, unless the text says so itself.
// Runs in: main, plain Node.
import type { Device } from '../public/device'
import { deviceKinds } from './domain-fields'
import { childrenOf, elementAt, valueAt } from './xml-path'
import { makeElement, type XmlElement } from './xml-tree'

export interface PlacedElement {
  readonly kind: Device['kind']
  readonly element: XmlElement
  /** xvda of a disk, the number of an interface; a display has none. */
  readonly id: string
}

const LETTERS = 'abcdefghijklmnop'
const ALIAS = /^ua-vif([0-7])$/

export const vifAlias = (index: number): string => `ua-vif${index}`

function placeDisks(elements: readonly XmlElement[]): PlacedElement[] {
  const names = elements.map((element) => valueAt(element, 'target@dev'))
  const taken = new Set(names.filter((name) => name !== undefined && /^xvd/.test(name)))
  return elements.map((element, at) => {
    const name = names[at] ?? ''
    if (/^xvd/.test(name) || name === '') return { kind: 'vbd', element, id: name }
    const letter = /^(?:vd|sd|hd|fd)([a-p])$/.exec(name)?.[1] ?? 'a'
    const free = [letter, ...LETTERS].map((each) => `xvd${each}`).find((each) => !taken.has(each))
    if (free === undefined) return { kind: 'vbd', element, id: name }
    taken.add(free)
    return { kind: 'vbd', element, id: free }
  })
}

function placeNics(elements: readonly XmlElement[]): PlacedElement[] {
  const said = elements.map((element) => ALIAS.exec(valueAt(element, 'alias@name') ?? '')?.[1])
  const taken = new Set(said.filter((index) => index !== undefined))
  return elements.map((element, at) => {
    let index = said[at]
    for (let number = 0; index === undefined; number++) if (!taken.has(String(number))) index = String(number)
    taken.add(index)
    return { kind: 'vif', element, id: index }
  })
}

/** The first screen that is one; a domain that has only <graphics> has the usual one. */
function placeDisplay(devices: XmlElement): PlacedElement[] {
  const videos = childrenOf(devices, 'video').filter((element) => valueAt(element, 'model@type') !== 'none')
  const graphics = childrenOf(devices, 'graphics').length > 0
  const element = videos[0] ?? (graphics ? makeElement('video') : undefined)
  return element ? [{ kind: 'vfb', element, id: '0' }] : []
}

export function placedElements(root: XmlElement): PlacedElement[] {
  const devices = elementAt(root, 'devices')
  if (!devices) return []
  return [
    ...placeDisks(childrenOf(devices, deviceKinds.vbd.element)),
    ...placeNics(childrenOf(devices, deviceKinds.vif.element)),
    ...placeDisplay(devices),
  ]
}
