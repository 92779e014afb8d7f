// Draws one or two curves over the last minutes with chart.js: only the parts used are registered, so the chunk stays small.
// This file is loaded when a Performance page is first shown, never at the start of a window.
// Invariant: the time axis always spans the whole range and the value axis has a fixed top: nothing jumps as data comes.
// Runs in: domain window.

import { Chart, Filler, LinearScale, LineController, LineElement, type Plugin, PointElement, Tooltip } from 'chart.js'
import { axisTicks, type ChartPoint } from '../../state/history'

Chart.register(LineController, LineElement, PointElement, LinearScale, Filler, Tooltip)

export type CurveColour = 'cpu' | 'memory' | 'read' | 'write'

/** A second curve over the first: writing over reading. */
export interface SecondCurve {
  readonly points: readonly ChartPoint[]
  readonly colour: CurveColour
}

export interface CurveLook {
  readonly top: number
  /** Between two lines of the value axis. */
  readonly step: number
  readonly colour: CurveColour
  readonly tick: (value: number) => string
  readonly time: (secondsAgo: number) => string
  readonly valueTitle: string
  readonly timeTitle: string
  /** Seconds before now of the moment looked at. */
  readonly cursor: number | null
}

export interface Curve {
  readonly show: (points: readonly ChartPoint[], rangeSeconds: number, look: CurveLook, second?: SecondCurve) => void
  /** Seconds before now of what stands at this place from the left of the canvas: within the range, also when it is beside the curve. */
  readonly secondsAt: (left: number) => number
  readonly dispose: () => void
}

function stepOf(rangeSeconds: number): number {
  return rangeSeconds <= 60 ? 10 : rangeSeconds <= 600 ? 60 : rangeSeconds <= 3600 ? 600 : rangeSeconds / 6
}

function colourOf(name: string): string {
  return getComputedStyle(document.documentElement).getPropertyValue(name).trim()
}

export function makeCurve(canvas: HTMLCanvasElement): Curve {
  let look: CurveLook | undefined
  const font = { family: getComputedStyle(document.body).fontFamily, size: 11 }
  const cursorLine: Plugin<'line'> = {
    id: 'cursor',
    afterDatasetsDraw: ({ ctx, chartArea, scales }) => {
      const x = look?.cursor === null || look === undefined ? undefined : scales['x']?.getPixelForValue(-look.cursor)
      if (x === undefined) return
      ctx.save()
      ctx.strokeStyle = colourOf('--text')
      ctx.lineWidth = 1
      ctx.beginPath()
      ctx.moveTo(x, chartArea.top)
      ctx.lineTo(x, chartArea.bottom)
      ctx.stroke()
      ctx.restore()
    },
  }
  const chart = new Chart<'line', { x: number; y: number | null }[]>(canvas, {
    type: 'line',
    plugins: [cursorLine],
    data: {
      datasets: [
        { data: [], borderWidth: 1.5, pointRadius: 0, pointHitRadius: 6, fill: 'origin', tension: 0, spanGaps: false },
        { data: [], borderWidth: 1.5, pointRadius: 0, pointHitRadius: 6, fill: 'origin', tension: 0, spanGaps: false },
      ],
    },
    options: {
      animation: false,
      responsive: true,
      maintainAspectRatio: false,
      parsing: false,
      normalized: true,
      interaction: { mode: 'nearest', axis: 'x', intersect: false },
      plugins: {
        tooltip: {
          displayColors: false,
          callbacks: {
            title: (items) => (look === undefined || items[0] === undefined ? '' : look.time(-(items[0].parsed.x ?? 0))),
            label: (item) => (look === undefined ? '' : look.tick(item.parsed.y ?? 0)),
          },
        },
      },
      scales: {
        x: {
          type: 'linear',
          title: { display: true, font },
          border: { display: false },
          ticks: { font, maxRotation: 0, callback: (value) => (look === undefined ? '' : look.time(-Number(value))) },
        },
        y: {
          type: 'linear',
          min: 0,
          title: { display: true, font },
          border: { display: false },
          // A fixed width for the labels keeps both charts of a page in line.
          afterFit: (axis) => {
            axis.width = 84
          },
          // Chart.js would divide an axis evenly whose top no step meets; then the top has no line of its own.
          afterBuildTicks: (axis) => {
            if (look !== undefined) axis.ticks = axisTicks(look.top, look.step).map((value) => ({ value }))
          },
          ticks: { font, callback: (value) => (look === undefined ? '' : look.tick(Number(value))) },
        },
      },
    },
  })

  const paint = (index: number, points: readonly ChartPoint[], colour: CurveColour) => {
    const set = chart.data.datasets[index]
    if (set === undefined) return
    set.data = [...points]
    set.borderColor = colourOf(`--chart-${colour}`)
    set.backgroundColor = colourOf(`--chart-${colour}-fill`)
  }

  const show = (points: readonly ChartPoint[], rangeSeconds: number, next: CurveLook, second?: SecondCurve) => {
    look = next
    const text = colourOf('--text-muted')
    const grid = colourOf('--chart-grid')
    paint(0, points, next.colour)
    paint(1, second?.points ?? [], second?.colour ?? next.colour)
    const x = chart.options.scales?.['x']
    const y = chart.options.scales?.['y']
    Object.assign(x ?? {}, { min: -rangeSeconds, max: 0, grid: { color: grid } })
    Object.assign(x?.ticks ?? {}, { stepSize: stepOf(rangeSeconds), color: text })
    Object.assign(x?.title ?? {}, { text: next.timeTitle, color: text })
    Object.assign(y ?? {}, { max: next.top, grid: { color: grid } })
    Object.assign(y?.ticks ?? {}, { color: text })
    Object.assign(y?.title ?? {}, { text: next.valueTitle, color: text })
    chart.update('none')
  }

  const secondsAt = (left: number): number => {
    const axis = chart.scales['x']
    if (axis === undefined) return 0
    return Math.min(Math.max(-(axis.getValueForPixel(left) ?? 0), 0), -axis.min)
  }

  return { show, secondsAt, dispose: () => chart.destroy() }
}
