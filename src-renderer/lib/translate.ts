// Sentences of the catalogue in the language chosen, by i18next: it fills {marks} and takes the row of a number by the language's
// plural rules. What it is asked is typed here by the catalogue: an unknown key or a missing mark does not compile.
// Invariant: a mark that has no value stays visible rather than vanish; values are never looked at for marks of their own.
// Runs in: renderer and tests; pure.

import i18next from 'i18next'
import { isolatedValues } from './bidi'
import { type MessageKey, messages } from './messages'

export const languages = ['en', 'de'] as const
export type Language = (typeof languages)[number]

/** The names between braces in a sentence, as a type: MarkNames<'a {x} b {y}'> is 'x' | 'y'. */
export type MarkNames<S extends string> = S extends `${string}{${infer Name}}${infer Rest}` ? Name | MarkNames<Rest> : never

type Values<S extends string> = [MarkNames<S>] extends [never] ? [] : [values: Readonly<Record<MarkNames<S>, string | number>>]

type PluralBase<K extends string> = K extends `${infer Base}-one` ? Base : never
export type PluralKey = PluralBase<MessageKey>

export interface Translator {
  readonly language: Language
  <K extends MessageKey>(key: K, ...values: Values<(typeof messages)[K]['en']>): string
  /** The row for this number; {count} is filled with it as the language writes it. */
  readonly count: (key: PluralKey, count: number, values?: Readonly<Record<string, string | number>>) => string
  /** As the language writes it, for a mark: ports and identifiers are no such numbers. */
  readonly number: (value: number) => string
}

const catalogue = (language: Language) => ({
  translation: Object.fromEntries(Object.entries(messages).map(([key, row]) => [key, row[language]])),
})

const i18n = i18next.createInstance({
  lng: 'en',
  fallbackLng: false,
  resources: { en: catalogue('en'), de: catalogue('de') },
  initAsync: false,
  keySeparator: false,
  nsSeparator: false,
  pluralSeparator: '-',
  // React escapes what it shows.
  interpolation: { prefix: '{', suffix: '}', escapeValue: false },
  missingInterpolationHandler: (_sentence: string, [mark]: RegExpExecArray) => mark,
})
void i18n.init()

export function makeTranslator(language: Language): Translator {
  const t = i18n.getFixedT(language)
  const written = new Intl.NumberFormat(localeOf(language))
  const number = (value: number): string => written.format(value)
  // A sentence without marks is its row: lists of a thousand machines ask for their states' names at each key of a filter.
  const say = (key: MessageKey, values?: Readonly<Record<string, string | number>>): string =>
    values === undefined ? messages[key][language] : t(key, isolatedValues(values))
  const count = (base: PluralKey, many: number, values: Readonly<Record<string, string | number>> = {}): string =>
    t(base, { count: many, replace: { ...isolatedValues(values), count: number(many) } })
  return Object.assign(say, { language, count, number })
}

/** Whose forms of numbers and dates go with the language. */
export const localeOf = (language: Language): string => (language === 'de' ? 'de-DE' : 'en-GB')

/** 'de-AT' means German; everything we do not speak means English. */
export function languageOf(tag: string): Language {
  return tag.toLowerCase().split(/[-_]/)[0] === 'de' ? 'de' : 'en'
}
