// Passwords of screens in definitions, hidden as libvirt hides them: in what is shown and exported unless asked for. A text that comes
// back without one keeps what is stored; passwd='' takes it away.
// Invariant: a difference shows that a password changed, and never what it is or was. Runs in: main, plain Node.
import type { DiffLine } from '../public/definition'
import type { DomainConfig } from '../public/types'
import { diffTexts } from './text-diff'
import { childrenOf, elementAt } from './xml-path'
import { formatXml, parseXml, type XmlElement } from './xml-tree'

const MASK = "passwd='…'"

function graphicsIn(root: XmlElement): readonly XmlElement[] {
  const devices = elementAt(root, 'devices')
  return devices ? childrenOf(devices, 'graphics') : []
}

/** A definition's text as it is shown. */
export function withoutPasswords(text: string): string {
  const document = parseXml(text)
  if (!document.ok) return text
  const graphics = graphicsIn(document.value.root).filter(({ attributes }) => attributes.delete('passwd'))
  return graphics.length === 0 ? text : formatXml(document.value)
}

export function configWithoutPasswords(config: DomainConfig): DomainConfig {
  const devices = config.devices.map((device) => {
    if (device.kind !== 'vfb' || device.vnc?.kind !== 'tcp') return device
    const { password: _, ...vnc } = device.vnc
    return { ...device, vnc }
  })
  return { ...config, devices }
}

/** A configuration out of a text, with the password that the text did not show. */
export function withKeptPassword(config: DomainConfig, before: DomainConfig['devices']): DomainConfig {
  const [password] = before.flatMap((device) =>
    device.kind === 'vfb' && device.vnc?.kind === 'tcp' ? [device.vnc.password] : [],
  )
  if (password === undefined) return config
  const devices = config.devices.map((device) => {
    if (device.kind !== 'vfb' || device.vnc?.kind !== 'tcp' || device.vnc.password !== undefined) return device
    return { ...device, vnc: { ...device.vnc, password } }
  })
  return { ...config, devices }
}

function passwordsOf(text: string): string {
  const document = parseXml(text)
  return document.ok
    ? JSON.stringify(graphicsIn(document.value.root).map(({ attributes }) => attributes.get('passwd') ?? ''))
    : ''
}

/** The difference of two definitions' texts as it is shown. */
export function shownDiff(before: string, after: string): DiffLine[] {
  if (passwordsOf(before) === passwordsOf(after)) return diffTexts(withoutPasswords(before), withoutPasswords(after))
  return diffTexts(before, after).map((line) => ({ ...line, text: line.text.replace(/\bpasswd=('[^']*'|"[^"]*")/g, MASK) }))
}
