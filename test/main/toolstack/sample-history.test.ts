// The hour of samples behind the charts. Runs in: vitest, plain Node.
import { describe, expect, it } from 'vitest'
import { SampleHistory } from '../../../src-main/toolstack/sample-history'

describe('the sample history', () => {
  it('keeps one hour at one sample a second, oldest first', () => {
    const history = new SampleHistory()
    const start = 1_000_000_000
    for (let second = 0; second < 4000; second++) {
      history.add({ uuid: 'a', time: start + second * 1000, cpu: second % 2, memoryKiB: second, devices: [] })
    }
    const now = start + 3999 * 1000
    const hour = history.series('a', 60, now)
    expect(hour.time).toHaveLength(3600)
    expect(hour.memoryKiB[0]).toBe(400)
    expect(hour.memoryKiB.at(-1)).toBe(3999)
    const minute = history.series('a', 1, now)
    expect(minute.time[0]).toBe(now - 60_000)
    expect(minute.cpu).toHaveLength(61)
  })

  it('has columns for each device, zero while it was not there', () => {
    const history = new SampleHistory()
    const rates = (readBytes: number) => ({ key: 'vbd/51712', readBytes, writtenBytes: 1, readRequests: 2, writeRequests: 3 })
    for (const [second, devices] of [[], [rates(100)], [rates(200)], []].entries()) {
      history.add({ uuid: 'a', time: second * 1000, cpu: 0, memoryKiB: 0, devices })
    }
    const { devices } = history.series('a', 60, 3000)
    expect(devices).toHaveLength(1)
    expect(devices[0]).toMatchObject({ key: 'vbd/51712', readBytes: [0, 100, 200, 0], writeRequests: [0, 3, 3, 0] })
  })

  it('is empty for a domain that never ran or was forgotten', () => {
    const history = new SampleHistory()
    history.add({ uuid: 'a', time: 1, cpu: 0, memoryKiB: 0, devices: [] })
    history.forget('a')
    for (const uuid of ['a', 'b'])
      expect(history.series(uuid, 60, 2)).toEqual({ time: [], cpu: [], memoryKiB: [], devices: [] })
  })
})
