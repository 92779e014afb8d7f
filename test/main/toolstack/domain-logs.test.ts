// A domain's log stays small whatever its guest does. Runs in: vitest, plain Node.
import { describe, expect, it } from 'vitest'
import { DomainLogs } from '../../../src-main/toolstack/domain-logs'

const line = (time: number, text: string) => ({ time, level: 'info' as const, source: 'engine' as const, text })

describe('the log of a domain', () => {
  it('keeps the latest two thousand lines', () => {
    const logs = new DomainLogs()
    for (let index = 0; index < 5000; index++) logs.add('a', line(index * 1000, `${index}`))
    expect(logs.of('a')).toHaveLength(2000)
    expect(logs.of('a').at(-1)?.text).toBe('4999')
    expect(logs.of('b')).toEqual([])
  })

  it('leaves out what is too much for one second and says how much that was', () => {
    const logs = new DomainLogs()
    const told = Array.from({ length: 1000 }, (_, index) => logs.add('a', line(5000, `${index}`)).length)
    expect(told.filter((count) => count > 0)).toHaveLength(100)
    expect(logs.add('a', line(6000, 'later')).map(({ text }) => text)).toEqual(['(900 lines were left out)', 'later'])
    expect(logs.add('b', line(6000, 'other'))).toHaveLength(1)
  })

  it('of a deleted domain is forgotten', () => {
    const logs = new DomainLogs()
    logs.add('a', line(0, 'x'))
    logs.forget('a')
    expect(logs.of('a')).toEqual([])
  })
})
