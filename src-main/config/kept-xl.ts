// Lines of an imported xl.cfg that mean nothing here: kept in the definition's metadata, given back by an export.
// Runs in: main, plain Node.
import { ensureOwn, findOwn, ownPath } from './own-metadata'
import { setValueAt, valueAt } from './xml-path'
import { formatXml, isXmlText, parseXml } from './xml-tree'

const PATH = ownPath('~/xl')

export function keepXlLines(definition: string, lines: string): string {
  const document = parseXml(definition)
  if (lines === '' || !isXmlText(lines) || !document.ok) return definition
  setValueAt(ensureOwn(document.value.root), PATH, lines)
  return formatXml(document.value)
}

export function keptXlLines(definition: string): string {
  const document = parseXml(definition)
  const own = document.ok ? findOwn(document.value.root) : undefined
  return (own && valueAt(own, PATH)) ?? ''
}
