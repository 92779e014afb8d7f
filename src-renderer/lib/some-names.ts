// Names in a sentence: the first few, and how many more there are, so that a question about a thousand machines is no page of names.
// Runs in: renderer and tests; pure.

import type { Language, Translator } from './translate'

export const NAMES_SHOWN = 8

/** In the order given; `sortedNames` puts a list into that of people. */
export function someNames(names: readonly string[], t: Translator): string {
  const shown = names.slice(0, NAMES_SHOWN).join(', ')
  const more = names.length - NAMES_SHOWN
  return more > 0 ? `${shown} ${t('confirm.more', { count: t.number(more) })}` : shown
}

export function sortedNames(names: readonly string[], language: Language): readonly string[] {
  return [...names].sort(new Intl.Collator(language, { numeric: true }).compare)
}
