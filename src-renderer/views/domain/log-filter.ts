// Which lines of a log are shown, and the log as text. Runs in: renderer and tests; pure.

import { engineWords } from '../../../src-main/public/german/german-words'
import type { DomainState, LogLine, LogSource } from '../../../src-main/public/types'
import type { Translator } from '../../lib/translate'

export interface LogFilter {
  readonly source: LogSource | 'all'
  /** This and graver. */
  readonly level: LogLine['level']
  readonly words: string
}

/** In the window's language. */
export function lineText({ text, change }: LogLine, t: Translator): string {
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

/** For files and other programs: one language, whatever the window's is. */
export function logAsText(lines: readonly LogLine[]): string {
  return lines.map(({ time, level, source, text }) => `${new Date(time).toISOString()} ${level} ${source}: ${text}`).join('\n')
}
