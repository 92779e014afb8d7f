// One live chart with axes and units. The drawing library comes in its own chunk; until it is there the box stands
// already at its final size. Invariant: redraws on new data, at most once a frame, and when the colour scheme changes.
// Runs in: domain window.

import { type PointerEvent, useEffect, useRef, useState } from 'react'
import { useWords } from '../../components/Language'
import type { ChartPoint } from '../../state/history'
import type { Curve, CurveColour, CurveLook, SecondCurve } from './chart'
import './graphs.css'

export interface LiveChartProps {
  readonly title: string
  /** For eyes, and for those who listen. */
  readonly reading: string
  readonly points: readonly ChartPoint[]
  readonly rangeSeconds: number
  /** Seconds before now of the moment looked at; left out or null: none. */
  readonly cursor?: number | null
  /** The moment to look at is pointed to, pressed or drawn along; left out: nothing is looked at. By keyboard a slider of the page does it. */
  readonly onPick?: ((secondsAgo: number) => void) | undefined
  readonly colour: CurveColour
  readonly second?: SecondCurve
  /** What the two curves are called. */
  readonly legend?: readonly [string, string]
  readonly top: number
  /** Between two lines of the value axis; left out: a quarter of the top. */
  readonly step?: number
  readonly tick: (value: number) => string
  readonly valueTitle: string
}

export function LiveChart(props: LiveChartProps) {
  const { t } = useWords()
  const canvas = useRef<HTMLCanvasElement>(null)
  const [curve, setCurve] = useState<Curve | null>(null)
  const [schemeChanges, setSchemeChanges] = useState(0)

  useEffect(() => {
    let made: Curve | null = null
    let gone = false
    void import('./chart').then(({ makeCurve }) => {
      if (gone || canvas.current === null) return
      made = makeCurve(canvas.current)
      setCurve(made)
    })
    return () => {
      gone = true
      made?.dispose()
      setCurve(null)
    }
  }, [])

  useEffect(() => {
    const scheme = window.matchMedia('(prefers-color-scheme: dark)')
    const note = () => setSchemeChanges((count) => count + 1)
    scheme.addEventListener('change', note)
    return () => scheme.removeEventListener('change', note)
  }, [])

  const { points, rangeSeconds, colour, second, top, step = top / 4, tick, valueTitle, cursor = null } = props
  // biome-ignore lint/correctness/useExhaustiveDependencies: colours are read anew when the scheme changes
  useEffect(() => {
    if (curve === null) return
    const time = (seconds: number): string => {
      if (seconds <= 0.5) return t('chart.now')
      if (rangeSeconds <= 60) return t('chart.seconds-ago', { count: Math.round(seconds) })
      if (rangeSeconds <= 3600) return t('chart.minutes-ago', { count: t.number(Math.round(seconds / 6) / 10) })
      return t('chart.hours-ago', { count: t.number(Math.round(seconds / 360) / 10) })
    }
    const look: CurveLook = { top, step, colour, tick, time, valueTitle, timeTitle: t('chart.time-axis'), cursor }
    curve.show(points, rangeSeconds, look, second)
  }, [curve, points, rangeSeconds, colour, second, top, step, tick, valueTitle, cursor, t, schemeChanges])

  const { onPick } = props
  const pick = (event: PointerEvent<HTMLCanvasElement>): void => {
    if (curve === null || (event.buttons & 1) === 0) return
    if (event.type === 'pointerdown') event.currentTarget.setPointerCapture(event.pointerId)
    onPick?.(curve.secondsAt(event.clientX - event.currentTarget.getBoundingClientRect().left))
  }
  const pointing = onPick === undefined ? {} : { onPointerDown: pick, onPointerMove: pick }

  return (
    <figure className={onPick === undefined ? 'live-chart' : 'live-chart pointed'}>
      <figcaption>
        <span className="live-chart-title">{props.title}</span>
        {props.legend !== undefined && (
          <span className="live-chart-legend">
            <span className={`swatch ${colour}`}>{props.legend[0]}</span>
            <span className={`swatch ${second?.colour ?? colour}`}>{props.legend[1]}</span>
          </span>
        )}
        <span className="live-chart-reading">{props.reading}</span>
      </figcaption>
      <div className="live-chart-box">
        <canvas ref={canvas} role="img" aria-label={`${props.title}: ${props.reading}`} {...pointing} />
      </div>
    </figure>
  )
}
