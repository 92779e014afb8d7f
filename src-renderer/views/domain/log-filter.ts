// Which lines of a log are shown, and the log as text. Runs in: renderer and tests; pure.

import { engineWords } from '../../../src-main/public/german/german-words'
import type { DomainState, LogLine, LogSource } from '../../../src-main/public/types'
import type { Language, Translator } from '../../lib/translate'

export interface LogFilter {
  readonly source: LogSource | 'all'
  /** This and graver. */
  readonly level: LogLine['level']
  readonly words: string
}

/** A line stays the object it is; all of them are asked for whenever one more comes. */
const known: Readonly<Record<Language, WeakMap<LogLine, string>>> = { en: new WeakMap(), de: new WeakMap() }

/** In the window's language. */
export function lineText(line: LogLine, t: Translator): string {
  const text = known[t.language].get(line) ?? madeText(line, t)
  known[t.language].set(line, text)
  return text
}

function madeText({ text, change }: LogLine, t: Translator): string {
  if (change === undefined) return engineWords(text, t.language)
  const key = (state: DomainState) => `state.${state}` as const
  const states = `${t(key(change.from))} → ${t(key(change.to))}`
  return change.detail === '' ? states : `${states}: ${engineWords(change.detail, t.language)}`
}

const order = { debug: 0, info: 1, warning: 2, error: 3 } as const

export function filterLog(lines: readonly LogLine[], filter: LogFilter, t: Translator): readonly LogLine[] {
  const words = filter.words.trim().toLowerCase()
  return lines.filter(
    (line) =>
      (filter.source === 'all' || filter.source === line.source) &&
      order[line.level] >= order[filter.level] &&
      (words === '' || lineText(line, t).toLowerCase().includes(words)),
  )
}

/** The day that stands above each line, as lines say only the time: above the first of another day than the one before; null: none. */
export function dayHeads(lines: readonly LogLine[], now: number, day: (time: number) => string): readonly (string | null)[] {
  let before = day(now)
  return lines.map(({ time }) => {
    const own = day(time)
    const head = own === before ? null : own
    before = own
    return head
  })
}

/** For files and other programs: one language, whatever the window's is. */
export function logAsText(lines: readonly LogLine[]): string {
  return lines.map(({ time, level, source, text }) => `${new Date(time).toISOString()} ${level} ${source}: ${text}`).join('\n')
}
