// The lines of a log that are shown, and as text. Runs in: vitest, plain Node.

import { describe, expect, it } from 'vitest'
import { filterLog, logAsText } from '../../../../src-renderer/views/domain/log-filter'

const lines = [
  { time: 0, level: 'info', source: 'life', text: 'shutoff → starting' },
  { time: 1, level: 'debug', source: 'hypervisor', text: 'vcpu 0 is up' },
  { time: 2, level: 'warning', source: 'device', text: 'vbd/51712: No space' },
] as const

describe('a filtered log', () => {
  it('has who was asked for, this and graver, and the words whatever their case', () => {
    const shown = (part: object) =>
      filterLog(lines, { source: 'all', level: 'debug', words: '', ...part }).map(({ time }) => time)
    expect(shown({})).toEqual([0, 1, 2])
    expect(shown({ source: 'hypervisor' })).toEqual([1])
    expect(shown({ level: 'info' })).toEqual([0, 2])
    expect(shown({ level: 'error' })).toEqual([])
    expect(shown({ words: ' no SPACE ' })).toEqual([2])
  })

  it('is text a line each', () => {
    expect(logAsText(lines.slice(0, 1))).toBe('1970-01-01T00:00:00.000Z info life: shutoff → starting')
  })
})
