// The filter of the list, from what is typed to the domains that stay. Words are looked for in every column; all must be
// found. `state:running`, `tag:web`, `folder:work`, `ip:192.`, `os:debian` look in one column, `connection:lab` at where it is, `cpu>50`, `memory<512`, `uptime>60` compare
// numbers (per cent, MiB, minutes, KiB a second for disk and network), `-word` must not be found, "two words" belong together.
// Invariant: what cannot be understood is looked for as a word, so that typing never fails. Runs in: renderer and tests; pure.

const TEXT_FIELDS = ['name', 'state', 'tag', 'folder', 'ip', 'os', 'autostart', 'connection'] as const
const NUMBER_FIELDS = ['cpu', 'host', 'memory', 'disk', 'network', 'uptime'] as const
export type TextField = (typeof TEXT_FIELDS)[number]
export type NumberField = (typeof NUMBER_FIELDS)[number]

/** The words of other languages for them. */
const ALIASES: Readonly<Record<string, TextField | NumberField>> = {
  zustand: 'state',
  ordner: 'folder',
  verbindung: 'connection',
  tags: 'tag',
  speicher: 'memory',
  platte: 'disk',
  platten: 'disk',
  netz: 'network',
  laufzeit: 'uptime',
  betriebssystem: 'os',
  system: 'os',
}

/** What the filter sees of a domain; all text in lower case. */
export interface Filtered {
  /** Every column's text. */
  readonly text: string
  readonly fields: Readonly<Record<TextField, string>>
  readonly number: (field: NumberField) => number | undefined
}

type Term =
  | { readonly kind: 'word'; readonly word: string; readonly not: boolean }
  | { readonly kind: 'field'; readonly field: TextField; readonly word: string; readonly not: boolean }
  | {
      readonly kind: 'number'
      readonly field: NumberField
      readonly least: boolean
      readonly limit: number
      readonly not: boolean
    }

export interface Filter {
  readonly terms: readonly Term[]
  /** It compares figures, which change by themselves. */
  readonly live: boolean
}

const isTextField = (name: string): name is TextField => TEXT_FIELDS.some((field) => field === name)
const isNumberField = (name: string): name is NumberField => NUMBER_FIELDS.some((field) => field === name)

function termOf(part: string): Term {
  const not = part.startsWith('-') && part.length > 1
  const said = not ? part.slice(1) : part
  const [, name = '', sign = '', value = ''] = /^(\p{L}+)([:<>])(.*)$/u.exec(said) ?? []
  const field = ALIASES[name] ?? name
  if (sign === ':' && isTextField(field)) return { kind: 'field', field, word: value.replaceAll('"', ''), not }
  const limit = Number(value.replace(',', '.'))
  if ((sign === '<' || sign === '>') && isNumberField(field) && value !== '' && Number.isFinite(limit)) {
    return { kind: 'number', field, least: sign === '>', limit, not }
  }
  return { kind: 'word', word: said.replaceAll('"', ''), not }
}

export function parseFilter(typed: string): Filter {
  const parts =
    typed
      .normalize('NFC')
      .toLowerCase()
      .match(/(?:[^\s"]|"[^"]*"?)+/g) ?? []
  const terms = parts.map(termOf).filter((term) => term.kind === 'number' || term.word !== '')
  return { terms, live: terms.some(({ kind }) => kind === 'number') }
}

function holds(term: Term, domain: Filtered): boolean {
  switch (term.kind) {
    case 'word':
      return domain.text.includes(term.word)
    case 'field':
      return domain.fields[term.field].includes(term.word)
    case 'number': {
      const value = domain.number(term.field)
      return value !== undefined && (term.least ? value > term.limit : value < term.limit)
    }
  }
}

export function passes({ terms }: Filter, domain: Filtered): boolean {
  for (const term of terms) if (holds(term, domain) === term.not) return false
  return true
}
