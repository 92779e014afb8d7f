// Samples over time and the points a chart shows of them.

import { describe, expect, it } from 'vitest'
import { addSample, chartPoints, HISTORY_MS, type Sample } from '../../../src-renderer/state/history'

function seconds(from: number, to: number): readonly Sample[] {
  const samples: Sample[] = []
  for (let second = from; second <= to; second += 1)
    samples.push({ at: second * 1000, cpu: (second % 10) / 10, memory: second })
  return samples
}

describe('history', () => {
  it('keeps an hour and drops what is older', () => {
    let history: readonly Sample[] = seconds(0, 3600)
    history = addSample(history, { at: 3_601_000, cpu: 0, memory: 0 })
    expect(history[0]?.at).toBe(1000)
    expect((history.at(-1)?.at ?? 0) - (history[0]?.at ?? 0)).toBe(HISTORY_MS)
  })

  it('drops everything after a long pause, not nothing', () => {
    const history = addSample(seconds(0, 10), { at: 99_999_000, cpu: 0, memory: 0 })
    expect(history).toHaveLength(1)
  })

  it('does not take a sample twice or out of order', () => {
    const history = seconds(0, 3)
    expect(addSample(history, { at: 3000, cpu: 1, memory: 1 })).toBe(history)
    expect(addSample(history, { at: 1000, cpu: 1, memory: 1 })).toBe(history)
  })
})

describe('chart points', () => {
  it('are the samples themselves for one minute, as seconds before now', () => {
    const points = chartPoints(seconds(0, 120), 'cpu', 120_000, 60_000)
    expect(points.length).toBeGreaterThanOrEqual(60)
    expect(points.length).toBeLessThanOrEqual(63)
    expect(points.at(-1)).toEqual({ x: 0, y: 0 })
  })

  it('are at most a few hundred for an hour, and their mean is that of the samples', () => {
    const points = chartPoints(seconds(0, 3600), 'cpu', 3_600_000, HISTORY_MS)
    expect(points.length).toBeLessThanOrEqual(305)
    const mean = points.reduce((sum, { y }) => sum + (y ?? 0), 0) / points.length
    expect(mean).toBeCloseTo(0.45, 1)
  })

  it('reach the newest sample even when an hour is shown and only seconds were measured', () => {
    const points = chartPoints(seconds(0, 4), 'memory', 4000, HISTORY_MS)
    expect(points.length).toBeGreaterThanOrEqual(2)
    expect(points.at(-1)).toEqual({ x: 0, y: 4 })
  })

  it('break where nothing was measured', () => {
    const points = chartPoints([...seconds(0, 10), ...seconds(40, 50)], 'cpu', 50_000, 60_000)
    expect(points.filter(({ y }) => y === null)).toHaveLength(1)
    expect(points.find(({ y }) => y === null)?.x).toBeCloseTo(-40, 1)
  })

  it('do not break while an hour is shown in slices of many seconds', () => {
    const points = chartPoints(seconds(0, 3600), 'memory', 3_600_000, HISTORY_MS)
    expect(points.every(({ y }) => y !== null)).toBe(true)
  })
})
