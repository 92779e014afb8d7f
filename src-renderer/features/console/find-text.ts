// Where words stand in the text console, rows above the screen included. A line the terminal had to break is one line here.
// Invariant: case does not count, and places are cells, as a wide character takes two. Runs in: renderer and tests; pure.

/** What of xterm's buffer is looked at. */
export interface TextRows {
  readonly length: number
  getLine(row: number): TextRow | undefined
}

export interface TextRow {
  readonly isWrapped: boolean
  readonly length: number
  translateToString(trimRight?: boolean): string
  getCell(column: number): { getChars(): string; getWidth(): number } | undefined
}

/** `row` counts from the oldest that is kept; `column` and `width` are cells, the width may go on in the next rows. */
export interface Found {
  readonly row: number
  readonly column: number
  readonly width: number
}

/** All places in their order. */
export function findText(rows: TextRows, words: string): readonly Found[] {
  if (words === '') return []
  const pattern = new RegExp(words.replace(/[.*+?^${}()|[\]\\]/g, '\\$&'), 'giu')
  const found: Found[] = []
  for (let first = 0; first < rows.length; ) {
    let end = first + 1
    let text = rows.getLine(first)?.translateToString() ?? ''
    for (; rows.getLine(end)?.isWrapped === true; end += 1) text += rows.getLine(end)?.translateToString() ?? ''
    // The cells of a line are only looked at when there is something in it.
    const cells = text.search(pattern) < 0 ? [] : cellsOf(rows, first, end)
    for (const { index, 0: match } of text.matchAll(pattern)) {
      const start = cells[index]
      const after = cells[index + match.length] ?? cells.at(-1)
      if (start === undefined || after === undefined) continue
      const columns = rows.getLine(first)?.length ?? 1
      found.push({ row: first + Math.floor(start / columns), column: start % columns, width: after - start })
    }
    first = end
  }
  return found
}

/** For each UTF-16 unit of the rows' text the cell where its character begins, and one more for the end. */
function cellsOf(rows: TextRows, first: number, end: number): readonly number[] {
  const cells: number[] = []
  let cell = 0
  for (let row = first; row < end; row += 1) {
    const line = rows.getLine(row)
    for (let column = 0; line !== undefined && column < line.length; column += 1) {
      const at = line.getCell(column)
      // The second half of a wide character has no width and no text.
      const units = at === undefined || at.getWidth() === 0 ? 0 : at.getChars().length || 1
      for (let unit = 0; unit < units; unit += 1) cells.push(cell)
      cell += 1
    }
  }
  cells.push(cell)
  return cells
}

/** The place to go to from the one that is shown, `back` towards the older rows; around the end to the other one. -1: there is none. */
export function nextFound(
  found: readonly Found[],
  from: { readonly row: number; readonly column: number } | null,
  back: boolean,
): number {
  if (from === null) return back ? found.length - 1 : Math.min(0, found.length - 1)
  const isBefore = (a: Found) => a.row < from.row || (a.row === from.row && a.column < from.column)
  const isAfter = (a: Found) => a.row > from.row || (a.row === from.row && a.column > from.column)
  const next = back ? found.filter(isBefore).length - 1 : found.findIndex(isAfter)
  return next >= 0 ? next : back ? found.length - 1 : Math.min(0, found.length - 1)
}
