// Draws the small curves of a list: every cell that is on the screen registers its canvas and the element of its number, and
// once a second all are drawn in one go. React draws none of it.
// Invariant: a curve's scale is told: fractions have a fixed top, rates share one top for all rows, said in the column's head,
// that changes in steps of 1, 2 and 5 and falls only when it is far too high. One sample is one place from the right.
// Runs in: manager window.

import { type Figure, type LiveFigures, SLOTS, timeAt, valueAt } from '../../state/live-figures'

export interface CurveCell {
  readonly uuid: string
  readonly figure: Figure
  /** What one is measured by: 4 of them make a host of four processors 1. */
  readonly divisor: number
  /** The value at the upper edge; null: that all rows share. */
  readonly top: number | null
  /** Width of the canvas in CSS pixels. */
  readonly width: number
  readonly canvas: HTMLCanvasElement
  readonly number: HTMLElement
  readonly colours: 'cpu' | 'memory' | 'disk' | 'network'
  readonly format: (value: number) => string
  /** What stands there when there is nothing to measure. */
  readonly otherwise: string
}

export interface Reading {
  readonly text: string
  readonly at: number
  /** Place in the canvas, CSS pixels. */
  readonly x: number
}

const HEIGHT = 22
const LEAST_RATE = 64 * 1024

/** 1, 2 or 5 times a power of ten in KiB, MiB, … */
export function roundTop(most: number): number {
  let unit = 1
  while (most > unit * 1000) unit *= 1024
  for (const step of [1, 2, 5, 10, 20, 50, 100, 200, 500, 1000]) if (most <= step * unit) return step * unit
  return most
}

interface Colours {
  readonly line: string
  readonly fill: string
}

export class FigureBoard {
  private readonly live: LiveFigures
  private readonly cells = new Set<CurveCell>()
  private readonly ticks = new Set<() => void>()
  private readonly tops: Record<Figure, number> = { cpu: 1, memory: 1, disk: LEAST_RATE, network: LEAST_RATE }
  private readonly marks = new WeakMap<HTMLCanvasElement, number>()
  private colours: Record<CurveCell['colours'], Colours> | null = null
  private grid = ''

  constructor(live: LiveFigures) {
    this.live = live
  }

  /** From now on once a second; returns the function that ends it. */
  start(): () => void {
    const scheme = window.matchMedia('(prefers-color-scheme: dark)')
    const recolour = (): void => {
      this.colours = null
      this.drawAll()
    }
    scheme.addEventListener('change', recolour)
    const end = this.live.subscribe(() => this.tick())
    return () => {
      end()
      scheme.removeEventListener('change', recolour)
    }
  }

  /** The cell is drawn at once and with each tick. */
  attach(cell: CurveCell): () => void {
    this.cells.add(cell)
    this.draw(cell)
    return () => {
      this.cells.delete(cell)
    }
  }

  /** Called once a second, after the scales are known. */
  onTick(listener: () => void): () => void {
    this.ticks.add(listener)
    return () => {
      this.ticks.delete(listener)
    }
  }

  /** The top all rows of a figure share. */
  sharedTop(figure: Figure): number {
    return this.tops[figure]
  }

  /** What a curve says under the pointer, and marks the place; null takes the mark away. */
  read(canvas: HTMLCanvasElement, x: number | null): Reading | null {
    const cell = [...this.cells].find((each) => each.canvas === canvas)
    if (cell === undefined) return null
    const step = cell.width / (SLOTS - 1)
    const back = x === null ? -1 : Math.round((cell.width - x) / step)
    const ring = this.live.ring(cell.uuid)
    const value = ring === undefined ? undefined : valueAt(ring, cell.figure, back)
    if (value === undefined || ring === undefined) this.marks.delete(canvas)
    else this.marks.set(canvas, back)
    this.draw(cell)
    if (value === undefined || ring === undefined) return null
    const text = cell.format(value / cell.divisor)
    return { text, at: timeAt(ring, back) ?? 0, x: cell.width - back * step }
  }

  drawAll(): void {
    for (const cell of this.cells) this.draw(cell)
  }

  private tick(): void {
    // Themes may change without a word.
    this.colours = null
    for (const figure of ['disk', 'network'] as const) {
      const wanted = Math.max(LEAST_RATE, roundTop(this.live.highest(figure)))
      const now = this.tops[figure]
      if (wanted > now || wanted * 4 <= now) this.tops[figure] = wanted
    }
    if (document.visibilityState !== 'hidden') this.drawAll()
    for (const listener of this.ticks) listener()
  }

  private palette(): Record<CurveCell['colours'], Colours> {
    if (this.colours !== null) return this.colours
    const style = getComputedStyle(document.documentElement)
    const of = (name: string): Colours => ({
      line: style.getPropertyValue(`--chart-${name}`),
      fill: style.getPropertyValue(`--chart-${name}-fill`),
    })
    this.grid = style.getPropertyValue('--chart-grid')
    this.colours = { cpu: of('cpu'), memory: of('memory'), disk: of('write'), network: of('network') }
    return this.colours
  }

  private draw(cell: CurveCell): void {
    const { canvas, width, figure, divisor } = cell
    const ring = this.live.ring(cell.uuid)
    const newest = ring === undefined ? undefined : valueAt(ring, figure, 0)
    const said = newest === undefined ? cell.otherwise : cell.format(newest / divisor)
    if (cell.number.textContent !== said) cell.number.textContent = said
    const scale = window.devicePixelRatio
    const [pixels, rows] = [Math.round(width * scale), Math.round(HEIGHT * scale)]
    if (canvas.width !== pixels || canvas.height !== rows) {
      canvas.width = pixels
      canvas.height = rows
    }
    const context = canvas.getContext('2d')
    if (context === null) return
    context.setTransform(scale, 0, 0, scale, 0, 0)
    context.clearRect(0, 0, width, HEIGHT)
    if (ring === undefined || newest === undefined) return
    const { line, fill } = this.palette()[cell.colours]
    const top = (cell.top ?? this.tops[figure]) * divisor
    const step = width / (SLOTS - 1)
    const filled = Math.min(ring.count, SLOTS)
    const y = (back: number): number => {
      const share = Math.min(1, Math.max(0, (valueAt(ring, figure, back) ?? 0) / top))
      return HEIGHT - 1 - share * (HEIGHT - 3)
    }
    // The upper edge and the base say where full and nothing are.
    context.fillStyle = this.grid
    context.fillRect(0, 0.5, width, 1)
    context.fillRect(0, HEIGHT - 1, width, 1)
    context.beginPath()
    for (let back = 0; back < filled; back++) context.lineTo(width - back * step, y(back))
    context.strokeStyle = line
    context.lineWidth = 1.25
    context.stroke()
    context.lineTo(width - (filled - 1) * step, HEIGHT)
    context.lineTo(width, HEIGHT)
    context.fillStyle = fill
    context.fill()
    const mark = this.marks.get(canvas)
    if (mark === undefined) return
    context.fillStyle = line
    context.fillRect(width - mark * step - 0.5, 0, 1, HEIGHT)
    context.beginPath()
    context.arc(width - mark * step, y(mark), 2.5, 0, Math.PI * 2)
    context.fill()
  }
}
