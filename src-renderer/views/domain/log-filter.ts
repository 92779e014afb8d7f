// Which lines of a log are shown, and the log as text. Runs in: renderer and tests; pure.

import type { LogLine, LogSource } from '../../../src-main/public/types'

export interface LogFilter {
  readonly source: LogSource | 'all'
  /** This and graver. */
  readonly level: LogLine['level']
  readonly words: string
}

const order = { debug: 0, info: 1, warning: 2, error: 3 } as const

export function filterLog(lines: readonly LogLine[], filter: LogFilter): readonly LogLine[] {
  const words = filter.words.trim().toLowerCase()
  return lines.filter(
    ({ source, level, text }) =>
      (filter.source === 'all' || filter.source === source) &&
      order[level] >= order[filter.level] &&
      (words === '' || text.toLowerCase().includes(words)),
  )
}

export function logAsText(lines: readonly LogLine[]): string {
  return lines.map(({ time, level, source, text }) => `${new Date(time).toISOString()} ${level} ${source}: ${text}`).join('\n')
}
