// Turns a row of the message table into a sentence: {name} marks are filled from typed values, plurals have two rows
// (`x-one`, `x-other`). No ICU: the sentences of this app need nothing else, and a wrong mark is a type error here.
// Invariant: a mark that has no value stays visible rather than vanish.
// Runs in: renderer and tests; pure.

import { type MessageKey, type MessageRow, messages } from './messages'

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
  /** The row for this number; {count} is filled with it. */
  readonly count: (key: PluralKey, count: number, values?: Readonly<Record<string, string | number>>) => string
}

export function fillMarks(sentence: string, values: Readonly<Record<string, string | number>>): string {
  return sentence.replace(/\{(\w+)\}/g, (mark, name: string) => {
    const value = values[name]
    return value === undefined ? mark : String(value)
  })
}

function isMessageKey(key: string): key is MessageKey {
  return key in messages
}

export function makeTranslator(language: Language): Translator {
  const rules = new Intl.PluralRules(language)
  const say = (key: MessageKey, values: Readonly<Record<string, string | number>> = {}): string => {
    const row: MessageRow = messages[key]
    return fillMarks(row[language], values)
  }
  const count = (base: PluralKey, number: number, values: Readonly<Record<string, string | number>> = {}): string => {
    const key = `${base}-${rules.select(number) === 'one' ? 'one' : 'other'}`
    return isMessageKey(key) ? say(key, { ...values, count: number }) : base
  }
  return Object.assign(say, { language, count })
}

/** 'de-AT' means German; everything we do not speak means English. */
export function languageOf(tag: string): Language {
  return tag.toLowerCase().split(/[-_]/)[0] === 'de' ? 'de' : 'en'
}
