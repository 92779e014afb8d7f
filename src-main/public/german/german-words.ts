// German for what the engine, domain 0 and the toolstack say in sentences of their own: reasons inside errors, why a guest ended, lines of a
// log. Those are English where they arise, as they stand in files, on the command line and in other programs; the catalogue's key is the
// sentence as the source has it, with {marks} for what differs, as gettext does it, and a test holds keys and sources against each other.
// Words of others (a guest, the kernel, another program) are not in it and stay as they came.
// Runs in: main (notifications), renderer. No platform.

import { configurations } from './configurations'
import { engine } from './engine'
import { images } from './images'
import { kernels } from './kernels'
import { system } from './system'

/** English → German. A mark may hold a sentence that has a row itself, if it is not one of NAMED. */
export const germanSentences: Readonly<Record<string, string>> = {
  ...system,
  ...configurations,
  ...engine,
  ...images,
  ...kernels,
}

/**
 * Marks that hold what people, guests or files are called: a network may be called `text` or `closed`, which are words of ours elsewhere.
 * A row whose mark holds words of ours calls it otherwise ({why}, {what}, {found}).
 */
const NAMED: ReadonlySet<string> = new Set('name network file path key field value parameter other mac type'.split(' '))

interface Row {
  /** What stands before, between and after the marks. */
  readonly words: readonly string[]
  readonly marks: readonly string[]
  readonly german: string
}

/** Sentences within sentences, one in the other: none of ours has as many, and what others say may be made to have thousands. */
const NESTED_MOST = 6

/** A full stop at the end is the sentence's around it to set. */
const withoutStop = (text: string): string => text.replace(/\.\s*$/, '')

/** Who says the sentence, or its code, before it: `xvda: …`, `ENOENT: …`, and `(XEN) [ 1.5] d3: …` of the message ring. */
const SPEAKER = /^(\(XEN\) \[[^\]]+\] \w+|\S+): (.*)$/s

const plain = new Map<string, string>()

/** The more of its words a sentence brings itself, the earlier it is tried: "{file} was closed" after "{dev} was taken away". */
const rows: readonly Row[] = readRows()

function readRows(): Row[] {
  const found: Row[] = []
  for (const [english, german] of Object.entries(germanSentences)) {
    const parts = withoutStop(english).split(/\{(\w+)\}/)
    const words = parts.filter((_, index) => index % 2 === 0)
    const marks = parts.filter((_, index) => index % 2 === 1)
    if (marks.length > 0) found.push({ words, marks, german: withoutStop(german) })
    else plain.set(withoutStop(english), withoutStop(german))
  }
  const weight = ({ words }: Row) => words.join('').length
  return found.sort((a, b) => weight(b) - weight(a))
}

/**
 * What stands in place of the marks; null for another sentence. Words are taken where they come first, which finds all that a regular
 * expression would, and is not slow for a text that was made to be.
 */
function valuesIn(text: string, [first = '', ...rest]: readonly string[]): string[] | null {
  if (!text.startsWith(first)) return null
  const values: string[] = []
  let from = first.length
  for (const [index, word] of rest.entries()) {
    const isLast = index === rest.length - 1
    if (isLast && !text.endsWith(word)) return null
    const at = isLast ? text.length - word.length : text.indexOf(word, from + 1)
    // A mark stands for something.
    if (at <= from) return null
    values.push(text.slice(from, at))
    from = at + word.length
  }
  return values
}

function translate(text: string, nested: number): string | undefined {
  const whole = plain.get(text)
  if (whole !== undefined || nested === 0) return whole
  for (const { words, marks, german } of rows) {
    const found = valuesIn(text, words)
    if (found === null) continue
    const said = (mark: string, value: string): string => (NAMED.has(mark) ? value : germanIn(value, nested - 1))
    const values = new Map(marks.map((mark, index) => [mark, said(mark, found[index] ?? '')]))
    return german.replace(/\{(\w+)\}/g, (mark, name: string) => values.get(name) ?? mark)
  }
  const [, head, rest] = SPEAKER.exec(text) ?? []
  const said = rest === undefined ? undefined : translate(rest, nested - 1)
  return said === undefined ? undefined : `${head}: ${said}`
}

function germanIn(text: string, nested: number): string {
  const bare = withoutStop(text)
  const german = translate(bare, nested)
  return german === undefined ? text : german + text.slice(bare.length)
}

/** The text in German; as it came where the catalogue does not know it. */
export function germanWords(text: string): string {
  return germanIn(text, NESTED_MOST)
}

/** The same where the language is a window's or a person's. */
export function engineWords(text: string, language: 'en' | 'de'): string {
  return language === 'de' ? germanWords(text) : text
}
