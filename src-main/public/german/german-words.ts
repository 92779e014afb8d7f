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

/** English → German. A mark may hold a sentence that has a row itself. */
export const germanSentences: Readonly<Record<string, string>> = {
  ...system,
  ...configurations,
  ...engine,
  ...images,
  ...kernels,
}

interface Row {
  /** What stands in every such sentence: cheap to look for. */
  readonly fixed: string
  readonly pattern: RegExp
  readonly marks: readonly string[]
  readonly german: string
}

/** A full stop at the end is the sentence's around it to set. */
const withoutStop = (text: string): string => text.replace(/\.\s*$/, '')

/** Who says the sentence, or its code, before it: `xvda: …`, `ENOENT: …`, and `(XEN) [ 1.5] d3: …` of the message ring. */
const SPEAKER = /^(\(XEN\) \[[^\]]+\] \w+|\S+): (.*)$/s

const plain = new Map<string, string>()

/** The more of its words a sentence brings itself, the earlier it is tried: "{file} was closed" after "{dev} was taken away". */
const rows: readonly Row[] = readRows()

function readRows(): Row[] {
  const found: { readonly row: Row; readonly weight: number }[] = []
  for (const [english, german] of Object.entries(germanSentences)) {
    const parts = withoutStop(english).split(/\{(\w+)\}/)
    const words = parts.filter((_, index) => index % 2 === 0)
    const marks = parts.filter((_, index) => index % 2 === 1)
    if (marks.length === 0) {
      plain.set(withoutStop(english), withoutStop(german))
      continue
    }
    const escaped = words.map((part) => part.replace(/[.*+?^${}()|[\]\\]/g, '\\$&'))
    const fixed = words.reduce((longest, part) => (part.length > longest.length ? part : longest), '')
    const row = { fixed, pattern: new RegExp(`^${escaped.join('(.+?)')}$`, 's'), marks, german: withoutStop(german) }
    found.push({ row, weight: words.join('').length })
  }
  return found.sort((a, b) => b.weight - a.weight).map(({ row }) => row)
}

function translate(text: string): string | undefined {
  const whole = plain.get(text)
  if (whole !== undefined) return whole
  for (const { fixed, pattern, marks, german } of rows) {
    const found = text.includes(fixed) ? pattern.exec(text) : null
    if (found === null) continue
    const values = new Map(marks.map((mark, index) => [mark, germanWords(found[index + 1] ?? '')]))
    return german.replace(/\{(\w+)\}/g, (mark, name: string) => values.get(name) ?? mark)
  }
  const [, head, rest] = SPEAKER.exec(text) ?? []
  const said = rest === undefined ? undefined : translate(rest)
  return said === undefined ? undefined : `${head}: ${said}`
}

/** The text in German; as it came where the catalogue does not know it. */
export function germanWords(text: string): string {
  const bare = withoutStop(text)
  const german = translate(bare)
  return german === undefined ? text : german + text.slice(bare.length)
}

/** The same where the language is a window's or a person's. */
export function engineWords(text: string, language: 'en' | 'de'): string {
  return language === 'de' ? germanWords(text) : text
}
