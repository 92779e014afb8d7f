// A small curve of the last values, newest at the right edge; the number beside it is the caller's.
// Invariant: the same size whatever it shows; values are fractions of `top`.
// Runs in: every window.

const WIDTH = 120
const HEIGHT = 26

export function Sparkline(props: {
  readonly values: readonly number[]
  readonly slots: number
  readonly top?: number
  readonly kind?: 'vbd' | 'vif'
}) {
  const { values, slots } = props
  const top = props.top ?? 1
  const step = WIDTH / Math.max(1, slots - 1)
  const first = WIDTH - (values.length - 1) * step
  const points = values.map((value, index) => {
    const y = HEIGHT - 1.5 - Math.min(1, Math.max(0, value / top)) * (HEIGHT - 3)
    return `${(first + index * step).toFixed(1)} ${y.toFixed(1)}`
  })
  return (
    <svg
      className={props.kind === undefined ? 'sparkline' : `sparkline ${props.kind}`}
      width={WIDTH}
      height={HEIGHT}
      viewBox={`0 0 ${WIDTH} ${HEIGHT}`}
      aria-hidden="true"
    >
      {points.length > 1 && (
        <>
          <path className="area" d={`M${first.toFixed(1)} ${HEIGHT} L${points.join(' L')} L${WIDTH} ${HEIGHT}Z`} />
          <path className="curve" d={`M${points.join(' L')}`} />
        </>
      )}
    </svg>
  )
}

/** How much of something is in use; the number beside it is the caller's. */
export function Meter(props: { readonly fraction: number }) {
  const percent = Math.min(100, Math.max(0, props.fraction * 100))
  return (
    <div className="meter" aria-hidden="true">
      <div style={{ width: `${percent.toFixed(1)}%` }} />
    </div>
  )
}
