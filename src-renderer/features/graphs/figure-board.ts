// Draws the small curves of a list: every cell that is on the screen registers its canvas and the text of its number, and
// once a second all are drawn in one go. React draws none of it.
// Invariant: a curve's scale is told: fractions have a fixed top, rates share one top for all rows, said in the column's head,
// that changes in steps of 1, 2 and 5 and falls only when it is far too high. One sample is one place from the right.
// Runs in: manager window.

import { type Figure, type LiveFigures, SLOTS, timeAt, valueAt } from '../../state/live-figures'
import { type CurveColours, drawCurve, heightOf } from './curve-pixels'

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
  readonly number: Text
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
/** Connections tell their figures one after the other in one moment: all are drawn at once. */
const GATHER_MS = 50
const LEAST_RATE = 64 * 1024

/** 1, 2 or 5 times a power of ten in KiB, MiB, … */
export function roundTop(most: number): number {
  let unit = 1
  while (most > unit * 1000) unit *= 1024
  for (const step of [1, 2, 5, 10, 20, 50, 100, 200, 500, 1000]) if (most <= step * unit) return step * unit
  return most
}

/** What a colour of the style sheet is as a word of ImageData. */
function wordOf(colour: string, context: CanvasRenderingContext2D): number {
  context.clearRect(0, 0, 1, 1)
  context.fillStyle = colour
  context.fillRect(0, 0, 1, 1)
  return new Uint32Array(context.getImageData(0, 0, 1, 1).data.buffer)[0] ?? 0
}

/** Words of one curve, and its line as the style sheet has it. */
interface Colours extends CurveColours {
  readonly css: string
}

/** Pixels of one size, used for each curve in turn. */
interface Sheet {
  readonly image: ImageData
  readonly pixels: Uint32Array
}

export class FigureBoard {
  private readonly live: LiveFigures
  private readonly cells = new Set<CurveCell>()
  private readonly ticks = new Set<() => void>()
  private readonly tops: Record<Figure, number> = { cpu: 1, memory: 1, disk: LEAST_RATE, network: LEAST_RATE }
  private readonly marks = new WeakMap<HTMLCanvasElement, number>()
  private readonly sheets = new Map<string, Sheet>()
  private readonly shares = new Float64Array(SLOTS)
  private colours: Record<CurveCell['colours'], Colours> | null = null
  /** What the colours were read from. */
  private dress = ''

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
    let gathering: number | undefined
    const end = this.live.subscribe(() => {
      gathering ??= window.setTimeout(() => {
        gathering = undefined
        this.tick()
      }, GATHER_MS)
    })
    return () => {
      end()
      window.clearTimeout(gathering)
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
    if (this.dressNow() !== this.dress) this.colours = null
    for (const figure of ['disk', 'network'] as const) {
      const wanted = Math.max(LEAST_RATE, roundTop(this.live.highest(figure)))
      const now = this.tops[figure]
      if (wanted > now || wanted * 4 <= now) this.tops[figure] = wanted
    }
    if (document.visibilityState !== 'hidden') this.drawAll()
    for (const listener of this.ticks) listener()
  }

  private dressNow(): string {
    const style = getComputedStyle(document.documentElement)
    return `${style.colorScheme} ${style.getPropertyValue('--chart-cpu')} ${style.getPropertyValue('--chart-grid')}`
  }

  private palette(): Record<CurveCell['colours'], Colours> {
    if (this.colours !== null) return this.colours
    const style = getComputedStyle(document.documentElement)
    const context = document.createElement('canvas').getContext('2d', { willReadFrequently: true })
    const word = (name: string): number => (context === null ? 0 : wordOf(style.getPropertyValue(name), context))
    const grid = word('--chart-grid')
    const of = (name: string): Colours => ({
      line: word(`--chart-${name}`),
      fill: word(`--chart-${name}-fill`),
      grid,
      css: style.getPropertyValue(`--chart-${name}`),
    })
    this.dress = this.dressNow()
    this.colours = { cpu: of('cpu'), memory: of('memory'), disk: of('write'), network: of('network') }
    return this.colours
  }

  private sheet(width: number, height: number): Sheet {
    const key = `${width} ${height}`
    const kept = this.sheets.get(key)
    if (kept !== undefined) return kept
    const image = new ImageData(width, height)
    const made = { image, pixels: new Uint32Array(image.data.buffer) }
    // Columns that are being made wider need many sizes once.
    if (this.sheets.size >= 16) this.sheets.clear()
    this.sheets.set(key, made)
    return made
  }

  private draw(cell: CurveCell): void {
    const { canvas, width, figure, divisor } = cell
    const ring = this.live.ring(cell.uuid)
    const newest = ring === undefined ? undefined : valueAt(ring, figure, 0)
    const said = newest === undefined ? cell.otherwise : cell.format(newest / divisor)
    if (cell.number.data !== said) cell.number.data = said
    const scale = window.devicePixelRatio
    const [pixels, rows] = [Math.round(width * scale), Math.round(HEIGHT * scale)]
    if (canvas.width !== pixels || canvas.height !== rows) {
      canvas.width = pixels
      canvas.height = rows
    }
    // Kept in memory: its pixels come from there, and two hundred of them in a graphics card are no gain.
    const context = canvas.getContext('2d', { willReadFrequently: true })
    if (context === null) return
    if (ring === undefined || newest === undefined) {
      context.clearRect(0, 0, pixels, rows)
      return
    }
    const top = (cell.top ?? this.tops[figure]) * divisor
    const count = Math.min(ring.count, SLOTS)
    const { shares } = this
    for (let back = 0; back < count; back++) {
      shares[back] = Math.min(1, Math.max(0, (valueAt(ring, figure, back) ?? 0) / top))
    }
    const colours = this.palette()[cell.colours]
    const sheet = this.sheet(pixels, rows)
    drawCurve(sheet.pixels, pixels, rows, { shares, count, step: pixels / (SLOTS - 1), scale }, colours)
    context.putImageData(sheet.image, 0, 0)
    const mark = this.marks.get(canvas)
    if (mark === undefined) return
    const x = pixels - (mark * pixels) / (SLOTS - 1)
    context.fillStyle = colours.css
    context.fillRect(x - scale / 2, 0, scale, rows)
    context.beginPath()
    context.arc(x, heightOf(shares[mark] ?? 0, rows, scale), 2.5 * scale, 0, Math.PI * 2)
    context.fill()
  }
}
