// XML as a small tree that can be changed: what the parser gives, and text again. Comments, unknown elements and attributes, and
// the order of all stay; blanks between elements do not, because the text is always written with the same indentation.
// Invariant: formatXml(parseXml(t)) written and read again is the same text. Texts are hostile: their size and depth are
// limited, a DOCTYPE is refused, so that there are no entities to expand. Parser: @rgrove/parse-xml (strict, with positions).
// Runs in: main, plain Node.
import {
  XmlCdata as ParsedCdata,
  XmlComment as ParsedComment,
  XmlDocumentType as ParsedDocumentType,
  XmlElement as ParsedElement,
  XmlProcessingInstruction as ParsedInstruction,
  type XmlNode as ParsedNode,
  XmlText as ParsedText,
  parseXml as parse,
  XmlError,
} from '@rgrove/parse-xml'
import { err, ok, type Result } from '../../src-engine/public/result'
import { CONFIG_TEXT_MOST } from '../public/definition'
import { type ErrorReport, errorReport } from '../public/error-code'

export interface XmlElement {
  readonly kind: 'element'
  readonly name: string
  readonly attributes: Map<string, string>
  children: XmlNode[]
  /** Where it began in the text it was read from; 0 for one that was made. */
  readonly line: number
}

export type XmlNode = XmlElement | { readonly kind: 'text' | 'cdata' | 'comment' | 'instruction'; readonly text: string }

export interface XmlDocument {
  readonly root: XmlElement
  /** Comments and instructions around the root. */
  readonly before: readonly XmlNode[]
  readonly after: readonly XmlNode[]
}

const DEPTH_MOST = 64

export function textError(line: number, detail: string): ErrorReport {
  return errorReport('config-text', { line, detail })
}

export function makeElement(name: string, attributes: Readonly<Record<string, string>> = {}): XmlElement {
  return { kind: 'element', name, attributes: new Map(Object.entries(attributes)), children: [], line: 0 }
}

// ---- reading --------------------------------------------------------------------------------

class TooDeep extends Error {}

/** Positions come in rising order within one tree, but a binary search needs no such promise. */
function lineFinder(text: string): (offset: number) => number {
  const ends: number[] = []
  for (let at = text.indexOf('\n'); at >= 0; at = text.indexOf('\n', at + 1)) ends.push(at)
  return (offset) => {
    let [low, high] = [0, ends.length]
    while (low < high) {
      const middle = (low + high) >>> 1
      if ((ends[middle] ?? 0) < offset) low = middle + 1
      else high = middle
    }
    return low + 1
  }
}

function convert(node: ParsedNode, lineOf: (offset: number) => number, depth: number): XmlNode | undefined {
  if (node instanceof ParsedElement) {
    if (depth > DEPTH_MOST) throw new TooDeep()
    const children = node.children.flatMap((child) => convert(child, lineOf, depth + 1) ?? [])
    const attributes = new Map(Object.entries(node.attributes))
    const element: XmlElement = { kind: 'element', name: node.name, attributes, children, line: lineOf(node.start) }
    // Blanks between elements are indentation; blanks alone in an element are its text.
    const isText = isMixed(element) || children.every(({ kind }) => kind === 'text')
    return isText ? element : { ...element, children: children.filter((child) => !isBlank(child)) }
  }
  if (node instanceof ParsedCdata) return { kind: 'cdata', text: node.text }
  if (node instanceof ParsedText) return { kind: 'text', text: node.text }
  if (node instanceof ParsedComment) return { kind: 'comment', text: node.content }
  if (node instanceof ParsedInstruction) return { kind: 'instruction', text: `${node.name} ${node.content}`.trim() }
  return undefined
}

export function parseXml(text: string): Result<XmlDocument, ErrorReport> {
  if (text.length > CONFIG_TEXT_MOST) return err(textError(1, `the text is longer than ${CONFIG_TEXT_MOST >> 20} MiB`))
  try {
    const { children } = parse(text, {
      includeOffsets: true,
      preserveCdata: true,
      preserveComments: true,
      preserveDocumentType: true,
    })
    const lineOf = lineFinder(text)
    const doctype = children.find((node) => node instanceof ParsedDocumentType)
    if (doctype) return err(textError(lineOf(doctype.start), 'a DOCTYPE is not allowed here'))
    const nodes = children.flatMap((node) => convert(node, lineOf, 1) ?? [])
    const at = nodes.findIndex(({ kind }) => kind === 'element')
    const root = nodes[at]
    if (root?.kind !== 'element') return err(textError(1, 'there is no element'))
    return ok({ root, before: nodes.slice(0, at), after: nodes.slice(at + 1) })
  } catch (thrown) {
    if (thrown instanceof XmlError) {
      const [said = ''] = thrown.message.split(' (line ')
      return err(textError(thrown.line, `${said.slice(0, 1).toLowerCase()}${said.slice(1)}`))
    }
    // The parser descends by calls: too deep for it is too deep for us.
    if (thrown instanceof TooDeep || thrown instanceof RangeError) {
      return err(textError(1, `elements are nested more than ${DEPTH_MOST} deep`))
    }
    throw thrown
  }
}

// ---- writing --------------------------------------------------------------------------------

/** Whether XML can hold this text at all: no control characters, no half of a surrogate pair. */
export function isXmlText(text: string): boolean {
  for (const char of text) {
    const code = char.codePointAt(0) ?? 0
    if (code < 0x20 && code !== 9 && code !== 10 && code !== 13) return false
    if ((code >= 0xd800 && code <= 0xdfff) || code === 0xfffe || code === 0xffff) return false
  }
  return true
}

/** The same of all texts in a value. */
export function isXmlValue(value: unknown): boolean {
  if (typeof value === 'string') return isXmlText(value)
  return typeof value !== 'object' || value === null || Object.values(value).every(isXmlValue)
}

const ESCAPES: Readonly<Record<string, string>> = {
  '&': '&amp;',
  '<': '&lt;',
  '>': '&gt;',
  "'": '&apos;',
  '\n': '&#10;',
  '\t': '&#9;',
  '\r': '&#13;',
}

function escaped(text: string, characters: RegExp): string {
  return text.replace(characters, (char) => ESCAPES[char] ?? char)
}

function inline(node: XmlNode): string {
  switch (node.kind) {
    case 'text':
      return escaped(node.text, /[&<>\r]/g)
    case 'cdata':
      return `<![CDATA[${node.text}]]>`
    case 'comment':
      return `<!--${node.text}-->`
    case 'instruction':
      return `<?${node.text}?>`
    case 'element': {
      const content = node.children.map(inline).join('')
      return content === '' ? `${opening(node)}/>` : `${opening(node)}>${content}</${node.name}>`
    }
  }
}

function opening(element: XmlElement): string {
  const attributes = [...element.attributes].map(([name, value]) => ` ${name}='${escaped(value, /[&<'\n\t\r]/g)}'`)
  return `<${element.name}${attributes.join('')}`
}

function isBlank(node: XmlNode): boolean {
  return node.kind === 'text' && /^[ \t\r\n]*$/.test(node.text)
}

/** Text between elements means something: then nothing of it is moved. */
function isMixed(element: XmlElement): boolean {
  if (element.attributes.get('xml:space') === 'preserve') return true
  return element.children.some((node) => (node.kind === 'text' && !isBlank(node)) || node.kind === 'cdata')
}

function lines(node: XmlNode, indent: string): string {
  if (node.kind !== 'element' || isMixed(node) || node.children.every(({ kind }) => kind === 'text')) {
    return `${indent}${inline(node)}\n`
  }
  const inside = node.children.map((child) => lines(child, `${indent}  `)).join('')
  return `${indent}${opening(node)}>\n${inside}${indent}</${node.name}>\n`
}

export function formatXml(document: XmlDocument): string {
  return [...document.before, document.root, ...document.after].map((node) => lines(node, '')).join('')
}
