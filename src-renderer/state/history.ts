// Samples of one domain over time, and what a chart of the last minutes shows of them.
// Invariant: samples are in order of time, at most an hour of them is kept; a gap in time stays a gap in the curve.
// Runs in: renderer and tests; pure.

export interface Sample {
  readonly at: number
  readonly cpu: number
  readonly memory: number
}

export const HISTORY_MS = 60 * 60 * 1000

export function addSample(history: readonly Sample[], sample: Sample, keepMs = HISTORY_MS): readonly Sample[] {
  const last = history.at(-1)
  if (last !== undefined && sample.at <= last.at) return history
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
  pick: 'cpu' | 'memory',
  now: number,
  rangeMs: number,
  gapMs = 5000,
): readonly ChartPoint[] {
  const slice = Math.max(1000, rangeMs / POINTS)
  const points: ChartPoint[] = []
  let bucket = Number.NaN
  let sum = 0
  let times = 0
  let count = 0
  let lastAt = Number.NaN
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
    if (Number.isFinite(lastAt) && sample.at - lastAt > Math.max(gapMs, slice * 2)) {
      points.push({ x: (lastAt - now) / 1000 + 0.001, y: null })
    }
    bucket = here
    lastValue = sample[pick]
    sum += lastValue
    times += sample.at
    count += 1
    lastAt = sample.at
  }
  const single = count <= 1
  close()
  if (!single) points.push({ x: (lastAt - now) / 1000, y: lastValue })
  return points
}
