// The clock that drivers follow: one moment for all, and never two calls for one tick. Runs in: vitest, plain Node.
import { afterEach, beforeEach, expect, it, vi } from 'vitest'
import { everyTick } from '../../../src-main/lib/ticks'

/** The process's clock lags this much behind its timers: then they come early. */
let lag = 0

beforeEach(() => {
  lag = 0
  vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout', 'Date'], now: 400 })
  vi.spyOn(performance, 'now').mockImplementation(() => Date.now() - lag)
})
afterEach(() => {
  vi.restoreAllMocks()
  vi.useRealTimers()
})

it('those who ask at different moments are called in the same ones, until they end it', () => {
  const called: string[] = []
  const note = (name: string) => () => void called.push(`${name} ${Date.now()}`)
  const ends = [everyTick(1000, note('a'))]
  vi.advanceTimersByTime(1337)
  ends.push(everyTick(1000, note('b')), everyTick(2000, note('slow')))
  vi.advanceTimersByTime(2000)
  expect([...called].sort()).toEqual(['a 1000', 'a 2000', 'a 3000', 'b 2000', 'b 3000', 'slow 2000'])
  for (const end of ends) end()
  vi.advanceTimersByTime(5000)
  expect(called).toHaveLength(6)
})

it('a timer that is called early is called once', () => {
  let called = 0
  const end = everyTick(1000, () => {
    called++
  })
  for (let tick = 0; tick < 5; tick++) {
    lag++
    vi.advanceTimersByTime(1000)
  }
  end()
  expect(called).toBe(5)
})
