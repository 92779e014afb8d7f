// Lines that scroll are moved up with their elements instead of being made again. xterm fills all rows anew with each picture, twice when
// lines scrolled (the second time for a selection that there is not), and the browser then lays out and paints all of them. Here what xterm
// made for a row is compared with what the row shows: equal rows stay, and where the lines have moved the row elements move first.
// It reaches into xterm, whose interface has nothing of the kind: with another version that is made differently nothing is changed.
// Invariant: after each `renderRows` every row shows just what xterm made for it, and rows stand in the document in xterm's order.
// Runs in: domain window.

import type { Terminal as Xterm } from '@xterm/xterm'

/** What of xterm's renderer (src/browser/renderer/dom/DomRenderer.ts) is needed. */
interface RowRenderer {
  renderRows: (start: number, end: number) => void
  handleSelectionChanged: (start: unknown, end: unknown, columns: unknown) => void
  readonly _rowElements: HTMLElement[]
}

type Content = readonly (Node | string)[]

export function reuseRows(xterm: Xterm): void {
  const renderer = inner(xterm, '_core', '_renderService', '_renderer', 'value')
  if (!isRowRenderer(renderer)) return
  const rows = new Rows()
  const { renderRows, handleSelectionChanged } = renderer
  renderer.renderRows = (start, end) => rows.fill(renderer._rowElements, () => renderRows.call(renderer, start, end))
  let selected = true
  renderer.handleSelectionChanged = (start, end, columns) => {
    const before = selected
    selected = start !== undefined && end !== undefined
    if (before || selected) handleSelectionChanged.call(renderer, start, end, columns)
  }
}

class Rows {
  /** What each row shows, where that is known. */
  private readonly shown = new WeakMap<Element, string>()
  private readonly watched = new WeakSet<Element>()
  /** What is to be shown, while xterm fills the rows. */
  private made: Map<Element, Content> | undefined

  /** `render` gives rows their content with `replaceChildren`. */
  fill(rows: HTMLElement[], render: () => void): void {
    for (const row of rows) this.watch(row)
    const made = new Map<Element, Content>()
    this.made = made
    try {
      render()
    } finally {
      this.made = undefined
      this.show(rows, made)
    }
  }

  private watch(row: HTMLElement): void {
    if (this.watched.has(row)) return
    this.watched.add(row)
    row.replaceChildren = (...content) => {
      if (this.made) this.made.set(row, content)
      else this.put(row, content, undefined)
    }
  }

  private show(rows: HTMLElement[], made: ReadonlyMap<Element, Content>): void {
    const contents = rows.map((row) => made.get(row))
    const looks = contents.map((content) => content?.map(markup).join(''))
    turn(
      rows,
      movedBy(
        rows.map((row) => this.shown.get(row)),
        looks,
      ),
    )
    for (const [at, row] of rows.entries()) {
      const content = contents[at]
      if (content && this.shown.get(row) !== looks[at]) this.put(row, content, looks[at])
    }
  }

  private put(row: Element, content: Content, look: string | undefined): void {
    if (look === undefined) this.shown.delete(row)
    else this.shown.set(row, look)
    Element.prototype.replaceChildren.apply(row, [...content])
  }
}

const markup = (node: Node | string): string => (node instanceof Element ? node.outerHTML : '')

/** By how many rows most of what was shown has moved up; negative: down. 0 as long as not all rows are made. */
export function movedBy(before: readonly (string | undefined)[], after: readonly (string | undefined)[]): number {
  if (after.includes(undefined)) return 0
  const places = new Map<string, number[]>()
  for (const [at, look] of before.entries()) {
    if (look) places.set(look, [...(places.get(look) ?? []), at])
  }
  const votes = new Map<number, number>()
  for (const [at, look] of after.entries()) {
    // Lines that are there several times (blank ones, mostly) tell nothing.
    const [from, more] = places.get(look ?? '') ?? []
    if (from !== undefined && more === undefined) votes.set(from - at, (votes.get(from - at) ?? 0) + 1)
  }
  let most = 0
  for (const [distance, count] of votes) if (count > (votes.get(most) ?? 0)) most = distance
  return most
}

/** Takes so many rows from the top to the bottom, in the list and in the document. */
function turn(rows: HTMLElement[], distance: number): void {
  const container = rows[0]?.parentElement
  if (distance > 0) {
    const left = rows.splice(0, distance)
    rows.push(...left)
    container?.append(...left)
  } else if (distance < 0) {
    const left = rows.splice(distance)
    rows.unshift(...left)
    container?.prepend(...left)
  }
}

function isRowRenderer(value: unknown): value is RowRenderer {
  if (typeof value !== 'object' || value === null) return false
  const functions = ['renderRows', 'handleSelectionChanged'].every((name) => typeof Reflect.get(value, name) === 'function')
  const rows: unknown = Reflect.get(value, '_rowElements')
  return functions && Array.isArray(rows) && rows.every((row) => row instanceof HTMLElement)
}

function inner(from: unknown, ...names: readonly string[]): unknown {
  return names.reduce<unknown>(
    (value, name) => (typeof value === 'object' && value !== null ? Reflect.get(value, name) : undefined),
    from,
  )
}
