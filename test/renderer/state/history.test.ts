// Samples over time and the points a chart shows of them.

import { describe, expect, it } from 'vitest'
import {
  addSample,
  axisTicks,
  axisTop,
  chartPoints,
  HISTORY_MS,
  pickCpu,
  pickMemory,
  pickRate,
  roundStep,
  type Sample,
  samplesOf,
  valueAt,
} from '../../../src-renderer/state/history'

function seconds(from: number, to: number): readonly Sample[] {
  const samples: Sample[] = []
  for (let second = from; second <= to; second += 1)
    samples.push({ at: second * 1000, spanMs: 1000, cpu: (second % 10) / 10, vcpus: [], memory: second, devices: [] })
  return samples
}

describe('history', () => {
  it('keeps an hour and drops what is older', () => {
    let history: readonly Sample[] = seconds(0, 3600)
    history = addSample(history, { at: 3_601_000, spanMs: 1000, cpu: 0, vcpus: [], memory: 0, devices: [] })
    expect(history[0]?.at).toBe(1000)
    expect((history.at(-1)?.at ?? 0) - (history[0]?.at ?? 0)).toBe(HISTORY_MS)
  })

  it('drops everything after a long pause, not nothing', () => {
    const history = addSample(seconds(0, 10), { at: 99_999_000, spanMs: 1000, cpu: 0, vcpus: [], memory: 0, devices: [] })
    expect(history).toHaveLength(1)
  })

  it('does not take a sample twice or out of order', () => {
    const history = seconds(0, 3)
    const back = { at: -3_600_000, spanMs: 1000, cpu: 1, vcpus: [], memory: 1, devices: [] }
    expect(addSample(history, back)).toEqual([back])
    expect(addSample(seconds(0, 20), { ...back, at: 9500 }).map(({ at }) => at)).toEqual([
      ...seconds(0, 9).map(({ at }) => at),
      9500,
    ])
    expect(addSample(history, { at: 3000, spanMs: 1000, cpu: 1, vcpus: [], memory: 1, devices: [] })).toBe(history)
    expect(addSample(history, { at: 1000, spanMs: 1000, cpu: 1, vcpus: [], memory: 1, devices: [] })).toBe(history)
  })
})

describe('the samples of an answer', () => {
  it('are each of the time since the one before, or of a minute, and of a second after a gap', () => {
    const time = [30_000, 90_000, 121_000, 124_010, 127_000, 190_000]
    const some = time.map(() => 0)
    const samples = samplesOf({ time, minutes: 2, cpu: some, vcpus: [], memoryKiB: some, devices: [] })
    expect(samples.map(({ spanMs }) => spanMs)).toEqual([60_000, 60_000, 1000, 3010, 2990, 1000])
  })
})

describe('chart points', () => {
  it('are the samples themselves for one minute, as seconds before now', () => {
    const points = chartPoints(seconds(0, 120), pickCpu, 120_000, 60_000)
    expect(points.length).toBeGreaterThanOrEqual(60)
    expect(points.length).toBeLessThanOrEqual(63)
    expect(points.at(-1)).toEqual({ x: 0, y: 0 })
  })

  it('are at most a few hundred for an hour, and their mean is that of the samples', () => {
    const points = chartPoints(seconds(0, 3600), pickCpu, 3_600_000, HISTORY_MS)
    expect(points.length).toBeLessThanOrEqual(305)
    const mean = points.reduce((sum, { y }) => sum + (y ?? 0), 0) / points.length
    expect(mean).toBeCloseTo(0.45, 1)
  })

  it('reach the newest sample even when an hour is shown and only seconds were measured', () => {
    const points = chartPoints(seconds(0, 4), pickMemory, 4000, HISTORY_MS)
    expect(points.length).toBeGreaterThanOrEqual(2)
    expect(points.at(-1)).toEqual({ x: 0, y: 4 })
  })

  it('break where nothing was measured', () => {
    const points = chartPoints([...seconds(0, 10), ...seconds(40, 50)], pickCpu, 50_000, 60_000)
    expect(points.filter(({ y }) => y === null)).toHaveLength(1)
    expect(points.find(({ y }) => y === null)?.x).toBeCloseTo(-40, 1)
  })

  it('break where nothing was measured between the mean of a minute and the seconds after it, or for one minute', () => {
    const minute = (at: number): Sample => ({ at, spanMs: 60_000, cpu: 0.5, vcpus: [], memory: 0, devices: [] })
    const gaps = (samples: readonly Sample[], now: number) =>
      chartPoints(samples, pickCpu, now, 120_000).filter(({ y }) => y === null).length
    // The minute ends at 60, and seconds are measured again from 80 on.
    expect(gaps([minute(30_000), ...seconds(80, 110)], 110_000)).toBe(1)
    expect(gaps([minute(30_000), ...seconds(61, 110)], 110_000)).toBe(0)
    expect(gaps([minute(30_000), minute(90_000)], 120_000)).toBe(0)
    expect(gaps([minute(30_000), minute(150_000)], 150_000)).toBe(1)
  })

  it('do not break while an hour is shown in slices of many seconds', () => {
    const points = chartPoints(seconds(0, 3600), pickMemory, 3_600_000, HISTORY_MS)
    expect(points.every(({ y }) => y !== null)).toBe(true)
  })
})

describe('figures of devices', () => {
  const rates = (key: string, readBytes: number, writtenBytes: number) => ({
    key,
    readBytes,
    writtenBytes,
    readRequests: 1,
    writeRequests: 2,
  })
  const sample: Sample = {
    at: 0,
    spanMs: 1000,
    vcpus: [],
    cpu: 0,
    memory: 0,
    devices: [rates('vbd/51712', 1, 2), rates('vbd/51728', 4, 8), rates('vif/0', 16, 32)],
  }

  it('are picked by device', () => {
    expect(pickRate('vbd/51728', 'writtenBytes')(sample)).toBe(8)
    expect(pickRate('vbd/99', 'readBytes')(sample)).toBe(0)
  })

  it('have axes that change in a few steps', () => {
    const top = (y: number, base: 1000 | 1024) => axisTop([{ x: 0, y }], 10, base)
    expect([0, 10, 11, 999, 1001, 4200].map((y) => top(y, 1000))).toEqual([10, 10, 20, 1000, 2000, 5000])
    expect([65536, 3 << 20].map((y) => top(y, 1024))).toEqual([100 * 1024, 5 << 20])
  })

  it('has lines at round numbers of its unit where the top is given, at least four of them', () => {
    const gibibytes = (top: number) => roundStep(top * 1024, 1024) / 1024
    expect([4, 8, 15.5, 23.5, 128, 1000].map(gibibytes)).toEqual([1, 2, 2, 5, 20, 200])
    expect([256, 4000].map((top) => roundStep(top, 1))).toEqual([50, 1000])
  })

  it('has lines at round values, also below a top that no step meets', () => {
    expect(axisTicks(23.5 * 1024, 5 * 1024).map((value) => value / 1024)).toEqual([0, 5, 10, 15, 20])
    expect(axisTicks(1, 0.25)).toEqual([0, 0.25, 0.5, 0.75, 1])
    expect(axisTicks(0.3, 0.1)).toHaveLength(4)
  })
})

describe('a moment of a curve', () => {
  it('has the nearest point, and none where nothing was measured', () => {
    const points = [
      { x: -10, y: 1 },
      { x: -9.999, y: null },
      { x: -2, y: 3 },
      { x: 0, y: 4 },
    ]
    expect([valueAt(points, -1.2, 2), valueAt(points, 0, 2), valueAt(points, -20, 2)]).toEqual([3, 4, null])
    expect(valueAt(points, -9.5, 2)).toBeNull()
    expect(valueAt([], 0, 2)).toBeNull()
  })

  it('joins means of minutes and leaves a gap where the guest was off', () => {
    const minute = (at: number) => ({ at: at * 60_000, spanMs: 60_000, cpu: 0.5, vcpus: [], memory: 0, devices: [] })
    const points = chartPoints([minute(1), minute(2), minute(3), minute(7)], pickCpu, 8 * 60_000, 600_000)
    expect(points.filter(({ y }) => y === null)).toHaveLength(1)
    // Between two minutes the curve has a value, in the gap and beside the ends it has none.
    expect([-390, -330].map((x) => valueAt(points, x, 20))).toEqual([0.5, 0.5])
    expect([-200, -20, -500].map((x) => valueAt(points, x, 20))).toEqual([null, null, null])
  })
})
