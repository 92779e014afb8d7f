// The text of an xl.cfg or xmdomain.cfg as settings: KEY=VALUE lines, values being strings, numbers and lists of such, `+=` too
// (xl.cfg(5), SYNTAX). xmdomain.cfg was Python; of that only such lines are understood, anything else is named by its line.
// Invariant: a text is read in one pass, without recursion deeper than DEPTH_MOST; the last setting of a key counts, as in xl.
// Runs in: main, plain Node.
import { err, ok, type Result } from '../../src-engine/public/result'
import { CONFIG_TEXT_MOST } from '../public/definition'
import type { ErrorReport } from '../public/error-code'
import { textError } from './xml-tree'

export type XlValue = string | number | readonly XlValue[]

export interface XlSetting {
  readonly key: string
  readonly value: XlValue
  readonly line: number
  /** As it stands in the text. */
  readonly source: string
}

const DEPTH_MOST = 8
const ESCAPES: Readonly<Record<string, string>> = {
  a: '\x07',
  b: '\b',
  f: '\f',
  n: '\n',
  r: '\r',
  t: '\t',
  v: '\v',
  '\\': '\\',
  "'": "'",
  '"': '"',
}

class Wrong extends Error {}

class Reader {
  readonly text: string
  private at = 0
  private line = 1

  constructor(text: string) {
    this.text = text
  }

  settings(): XlSetting[] {
    const settings = new Map<string, XlSetting>()
    for (;;) {
      this.skip(/[\s;]/)
      if (this.at >= this.text.length) return [...settings.values()]
      const [from, line] = [this.at, this.line]
      const key = this.take(/[A-Za-z_][A-Za-z0-9_.-]*/y)
      if (key === undefined) throw this.wrong('a setting such as memory = 256 is expected')
      this.skip(/[^\S\n]/)
      const operator = this.take(/\+?=/y)
      if (operator === undefined) throw this.wrong(`“=” is expected after ${key.slice(0, 60)}`)
      this.skip(/[^\S\n]/)
      const value = this.value(0)
      const source = this.text.slice(from, this.at)
      this.skip(/[^\S\n]/)
      if (this.at < this.text.length && !/[\n;]/.test(this.peek()))
        throw this.wrong(`the end of the line is expected after ${key}`)
      const before = operator === '+=' ? settings.get(key) : undefined
      settings.delete(key)
      if (before === undefined) settings.set(key, { key, value, line, source })
      else settings.set(key, { key, value: this.added(before.value, value), line, source: `${before.source}\n${source}` })
    }
  }

  wrong(what: string): Wrong {
    return new Wrong(what)
  }

  get lineNumber(): number {
    return this.line
  }

  private added(before: XlValue, value: XlValue): XlValue {
    if (typeof before === 'string' && typeof value === 'string') return before + value
    if (Array.isArray(before) && Array.isArray(value)) return [...before, ...value]
    throw this.wrong('+= adds strings to strings and lists to lists')
  }

  private peek(): string {
    return this.text[this.at] ?? ''
  }

  private take(pattern: RegExp): string | undefined {
    pattern.lastIndex = this.at
    const found = pattern.exec(this.text)?.[0]
    if (found !== undefined) this.advance(found.length)
    return found
  }

  private advance(length: number): void {
    for (const end = this.at + length; this.at < end; this.at++) if (this.text[this.at] === '\n') this.line++
  }

  /** Blanks as given, and comments to the end of their line. */
  private skip(blank: RegExp): void {
    for (;;) {
      const char = this.peek()
      if (char === '#') {
        while (this.at < this.text.length && this.peek() !== '\n') this.at++
      } else if (char !== '' && blank.test(char)) this.advance(1)
      else return
    }
  }

  private value(depth: number): XlValue {
    const char = this.peek()
    if (char === '"' || char === "'") return this.string(char)
    if (char === '[') return this.list(depth)
    const digits = this.take(/-?(0x[0-9a-fA-F]+|\d+)(?![\w.])/y)
    if (digits === undefined) throw this.wrong('a string in quotes, a number or a [list] is expected')
    const number = /^-?0\d/.test(digits) ? Number.parseInt(digits, 8) : Number(digits)
    if (!Number.isSafeInteger(number)) throw this.wrong(`the number ${digits.slice(0, 30)} is too large`)
    return number
  }

  private string(quote: string): string {
    let text = ''
    this.at++
    for (;;) {
      const char = this.peek()
      if (char === '' || char === '\n') throw this.wrong('a string is not closed')
      this.at++
      if (char === quote) return text
      if (char !== '\\') text += char
      else text += this.escape()
    }
  }

  private escape(): string {
    const char = this.peek()
    const means = ESCAPES[char]
    if (means === undefined) throw this.wrong(`\\${char} means nothing in a string`)
    this.at++
    return means
  }

  private list(depth: number): XlValue[] {
    if (depth >= DEPTH_MOST) throw this.wrong(`lists are nested more than ${DEPTH_MOST} deep`)
    const values: XlValue[] = []
    this.at++
    for (;;) {
      this.skip(/\s/)
      if (this.peek() === ']') break
      values.push(this.value(depth + 1))
      this.skip(/\s/)
      if (this.peek() === ',') this.at++
      else if (this.peek() !== ']') throw this.wrong('“,” or “]” is expected in a list')
    }
    this.at++
    return values
  }
}

export function parseXl(text: string): Result<readonly XlSetting[], ErrorReport> {
  if (text.length > CONFIG_TEXT_MOST) return err(textError(1, `the text is longer than ${CONFIG_TEXT_MOST >> 20} MiB`))
  const nul = text.indexOf('\0')
  if (nul >= 0) return err(textError(text.slice(0, nul).split('\n').length, 'there is a NUL character'))
  const reader = new Reader(text)
  try {
    return ok(reader.settings())
  } catch (thrown) {
    if (thrown instanceof Wrong) return err(textError(reader.lineNumber, thrown.message))
    throw thrown
  }
}

/** A value as xl reads it: strings in the quotes that need no escapes where that is possible. */
export function xlText(value: XlValue): string {
  if (typeof value === 'number') return String(value)
  if (typeof value !== 'string') {
    const items = value.map(xlText)
    return items.length < 2 ? `[ ${items.join('')} ]` : `[\n${items.map((item) => `  ${item},\n`).join('')}]`
  }
  const quote = value.includes("'") && !value.includes('"') ? '"' : "'"
  const escaped = value.replace(/[\\\n\r\t]|'|"/g, (char) => {
    if (char === '\n') return '\\n'
    if (char === '\r') return '\\r'
    if (char === '\t') return '\\t'
    return char === '\\' || char === quote ? `\\${char}` : char
  })
  return quote + escaped + quote
}
