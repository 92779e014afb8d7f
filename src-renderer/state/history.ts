// Samples of one domain over time, and what a chart of the last minutes shows of them.
// Invariant: samples are in order of time, at most an hour of them is kept; a gap in time stays a gap in the curve.
// Runs in: renderer and tests; pure.

import type { DeviceRates, RateName } from '../../src-main/public/device'
import { SAMPLE_INTERVAL_MS, type SampleSeries } from '../../src-main/public/types'

export interface Sample {
  readonly at: number
  /** Over how long it was measured: since the one before, one to three seconds, or a minute for what is older. */
  readonly spanMs: number
  readonly cpu: number
  /** Of each vcpu; empty where it cannot be told. */
  readonly vcpus: readonly number[]
  /** How many of them the guest uses; not known of what was measured before the window was there. */
  readonly online?: number | undefined
  readonly memory: number
  /** Of disks and network interfaces, those that are attached. */
  readonly devices: readonly DeviceRates[]
}

export type Pick = (sample: Sample) => number

export const pickCpu: Pick = ({ cpu }) => cpu
export const pickMemory: Pick = ({ memory }) => memory

export function pickVcpu(vcpu: number): Pick {
  return ({ vcpus }) => vcpus[vcpu] ?? 0
}

/** One rate of one device; none while it is not there. */
export function pickRate(key: string, name: RateName): Pick {
  return ({ devices }) => devices.find((device) => device.key === key)?.[name] ?? 0
}

/** A longer time between two samples is a gap: nothing was measured in it. */
const GAP_MS = 5000

/** A sample is of the time since the one before, however often preferences have them taken. */
export function spanSince(before: number | undefined, at: number): number {
  const since = before === undefined ? 0 : at - before
  return since > 0 && since <= GAP_MS ? since : SAMPLE_INTERVAL_MS
}

/** The columns of an answer as samples. */
export function samplesOf(series: SampleSeries): readonly Sample[] {
  return series.time.map((at, index) => ({
    at,
    spanMs: index < series.minutes ? 60_000 : spanSince(index > series.minutes ? series.time[index - 1] : undefined, at),
    cpu: series.cpu[index] ?? 0,
    vcpus: series.vcpus.map((column) => column[index] ?? 0),
    memory: (series.memoryKiB[index] ?? 0) * 1024,
    devices: series.devices.map((device) => ({
      key: device.key,
      readBytes: device.readBytes[index] ?? 0,
      writtenBytes: device.writtenBytes[index] ?? 0,
      readRequests: device.readRequests[index] ?? 0,
      writeRequests: device.writeRequests[index] ?? 0,
    })),
  }))
}

export const HISTORY_MS = 60 * 60 * 1000
/** Samples may come a little out of order; a clock that was set back goes further. */
export const CLOCK_SLACK_MS = 5000

export function addSample(history: readonly Sample[], sample: Sample, keepMs = HISTORY_MS): readonly Sample[] {
  const last = history.at(-1)
  if (last !== undefined && sample.at <= last.at) {
    if (last.at - sample.at < CLOCK_SLACK_MS) return history
    // The clock was set back: what lies in the future now is forgotten.
    return addSample(
      history.filter(({ at }) => at < sample.at),
      sample,
      keepMs,
    )
  }
  const oldest = sample.at - keepMs
  const keep = history.findIndex(({ at }) => at >= oldest)
  return [...(keep <= 0 ? (keep === 0 ? history : []) : history.slice(keep)), sample]
}

export interface ChartPoint {
  /** Seconds before now, negative or 0. */
  readonly x: number
  /** null breaks the curve. */
  readonly y: number | null
}

const POINTS = 300

/**
 * The points of the last `rangeMs`: single samples when they are few, otherwise means over equal slices of time whose
 * borders are fixed in time, so that the curve moves without wobbling. The newest sample is always a point of its own.
 */
export function chartPoints(
  history: readonly Sample[],
  pick: Pick,
  now: number,
  rangeMs: number,
  gapMs = GAP_MS,
): readonly ChartPoint[] {
  const slice = Math.max(1000, rangeMs / POINTS)
  const points: ChartPoint[] = []
  let bucket = Number.NaN
  let sum = 0
  let times = 0
  let count = 0
  let lastAt = Number.NaN
  let lastSpan = 0
  let lastValue = 0
  const close = () => {
    if (count > 0) points.push({ x: (times / count - now) / 1000, y: sum / count })
    sum = 0
    times = 0
    count = 0
  }
  for (const sample of history) {
    if (sample.at < now - rangeMs - slice || sample.at > now) continue
    const here = Math.floor(sample.at / slice)
    if (here !== bucket) close()
    // A sample stands in the middle of what it was measured over: between two of them nothing is missing but this.
    const missing = sample.at - sample.spanMs / 2 - (lastAt + lastSpan / 2)
    if (missing > Math.max(gapMs, slice * 2)) {
      points.push({ x: (lastAt - now) / 1000 + 0.001, y: null })
    }
    bucket = here
    lastValue = pick(sample)
    sum += lastValue
    times += sample.at
    count += 1
    lastAt = sample.at
    lastSpan = sample.spanMs
  }
  const single = count <= 1
  close()
  if (!single) points.push({ x: (lastAt - now) / 1000, y: lastValue })
  return points
}

/**
 * What a curve has at a moment (seconds before now, negative): the nearer of the two points it runs between, however far apart (means of
 * minutes are); beside its ends and its gaps the nearest point within so many seconds.
 */
export function valueAt(points: readonly ChartPoint[], x: number, within: number): number | null {
  const next = points.findIndex((point) => point.x >= x)
  const before = points.at(next < 0 ? -1 : next - 1)
  const [left, right] = [next === 0 ? undefined : before, next < 0 ? undefined : points[next]]
  const nearest = left && right ? (x - left.x < right.x - x ? left : right) : (left ?? right)
  if (nearest === undefined) return null
  const onCurve = left && right && left.y !== null && right.y !== null
  return onCurve || Math.abs(nearest.x - x) <= within ? nearest.y : null
}

/** The top of an axis for what was seen: 1, 2 or 5 times a power of ten (of 1024 for bytes), so that it rarely changes. */
export function axisTop(points: readonly ChartPoint[], least: number, base: 1000 | 1024): number {
  const most = points.reduce((highest, { y }) => Math.max(highest, y ?? 0), least)
  let unit = 1
  while (most > unit * base) unit *= base
  for (const step of [1, 2, 5, 10, 20, 50, 100, 200, 500]) if (most <= step * unit) return step * unit
  return base * unit
}

/** Between two lines of an axis with this top: 1, 2 or 5 times a power of ten of the unit, four to nine of them. */
export function roundStep(top: number, unit: number): number {
  let power = unit
  while (top / (power * 10) >= 4) power *= 10
  const fitting = [5, 2].find((times) => top / (power * times) >= 4)
  return power * (fitting ?? 1)
}

/** Where an axis from nothing to its top has lines. */
export function axisTicks(top: number, step: number): readonly number[] {
  return Array.from({ length: Math.floor(top / step + 1e-9) + 1 }, (_, index) => index * step)
}
