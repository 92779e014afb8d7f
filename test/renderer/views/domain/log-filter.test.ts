// The lines of a log that are shown, and as text. Runs in: vitest, plain Node.

import { describe, expect, it } from 'vitest'
import type { LogLine } from '../../../../src-main/public/types'
import { makeTranslator } from '../../../../src-renderer/lib/translate'
import { dayHeads, filterLog, lineText, logAsText } from '../../../../src-renderer/views/domain/log-filter'

const [en, de] = [makeTranslator('en'), makeTranslator('de')]
const change = { from: 'shutoff', to: 'starting', detail: '' } as const
const lines: readonly LogLine[] = [
  { time: 0, level: 'info', source: 'life', text: 'shutoff → starting', change },
  { time: 1, level: 'debug', source: 'hypervisor', text: 'vcpu 0 is up' },
  { time: 2, level: 'warning', source: 'device', text: 'vbd/51712: No space' },
]

describe('a filtered log', () => {
  it('has who was asked for, this and graver, and the words whatever their case', () => {
    const shown = (part: object) =>
      filterLog(lines, { source: 'all', level: 'debug', words: '', ...part }, en).map(({ time }) => time)
    expect(shown({})).toEqual([0, 1, 2])
    expect(shown({ source: 'hypervisor' })).toEqual([1])
    expect(shown({ level: 'info' })).toEqual([0, 2])
    expect(shown({ level: 'error' })).toEqual([])
    expect(shown({ words: ' no SPACE ' })).toEqual([2])
  })

  it('says states in the language of the window, and finds them by it; the text for files has one language', () => {
    const german = lines.map((line) => lineText(line, de))
    expect(german).toEqual(['Ausgeschaltet → Startet', 'vcpu 0 is up', 'vbd/51712: No space'])
    expect(filterLog(lines, { source: 'all', level: 'debug', words: 'startet' }, de)).toEqual(lines.slice(0, 1))
    const crashed: LogLine = {
      ...lines[0],
      time: 3,
      level: 'error',
      source: 'life',
      text: '',
      change: { from: 'running', to: 'crashed', detail: 'panic' },
    }
    expect(lineText(crashed, en)).toBe('Running → Crashed: panic')
  })

  it('has the day above the first line of another day, today included after one', () => {
    const day = (time: number): string => String(Math.floor(time / 10))
    const at = (...times: number[]) =>
      dayHeads(
        times.map((time) => ({ time, level: 'info', source: 'life', text: '' }) as const),
        35,
        day,
      )
    expect(at(31, 32)).toEqual([null, null])
    expect(at(11, 12, 31)).toEqual(['1', null, '3'])
    // A clock that was set forward and back.
    expect(at(31, 55, 56, 32)).toEqual([null, '5', null, '3'])
  })

  it('is text a line each', () => {
    expect(logAsText(lines.slice(0, 1))).toBe('1970-01-01T00:00:00.000Z info life: shutoff → starting')
  })
})
