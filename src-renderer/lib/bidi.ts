// Names that run from right to left, within sentences that run from left to right: isolated, they do not take the words and marks
// around them along (Unicode Standard Annex 9, FSI and PDI). Runs in: renderer and tests; pure.

/** Hebrew, Arabic and the other scripts from right to left, their presentation forms, and controls that turn a direction round. */
const TURNS = /[\u0590-\u08ff\u200f\u202a-\u202e\u2066-\u2069\ufb1d-\ufdff\ufe70-\ufefc\u{10800}-\u{10fff}\u{1e800}-\u{1efff}]/u
const FIRST_STRONG_ISOLATE = '\u2068'
const POP_ISOLATE = '\u2069'

/** As it is where it runs as the sentence does. */
export function isolated(value: string): string {
  return TURNS.test(value) ? `${FIRST_STRONG_ISOLATE}${value}${POP_ISOLATE}` : value
}

/** What a sentence is shown with is not part of a name that is made of one. */
export function withoutIsolates(sentence: string): string {
  return sentence.replaceAll(FIRST_STRONG_ISOLATE, '').replaceAll(POP_ISOLATE, '')
}

/** Values of a sentence's marks, each isolated. */
export function isolatedValues<T extends string | number>(values: Readonly<Record<string, T>>): Record<string, T | string> {
  return Object.fromEntries(
    Object.entries(values).map(([mark, value]) => [mark, typeof value === 'string' ? isolated(value) : value]),
  )
}
