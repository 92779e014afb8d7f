// The columns of the list, one row each: how they are called, how wide they are, whether they are shown at first, and by what
// they order. The user's own choice (ListLayout) is laid over this table.
// Invariant: `name` is always shown and first; a layout that knows other columns than these is read as far as it goes.
// Runs in: renderer and tests; pure.

import type { ListLayout } from '../../../../src-main/public/list'
import type { DomainInfo } from '../../../../src-main/public/types'
import type { Figure } from '../../../state/live-figures'

interface ColumnRow {
  readonly id: string
  readonly label: `manager.column-${string}`
  readonly width: number
  readonly shown: boolean
  /** Drawn as a curve with its number. */
  readonly figure?: Figure
}

export const columnTable = [
  { id: 'name', label: 'manager.column-name', width: 220, shown: true },
  { id: 'state', label: 'manager.column-state', width: 172, shown: true },
  { id: 'cpu', label: 'manager.column-cpu', width: 146, shown: true, figure: 'cpu' },
  { id: 'host', label: 'manager.column-host', width: 146, shown: false, figure: 'cpu' },
  { id: 'memory', label: 'manager.column-memory', width: 156, shown: true, figure: 'memory' },
  { id: 'disk', label: 'manager.column-disk', width: 166, shown: false, figure: 'disk' },
  { id: 'network', label: 'manager.column-network', width: 166, shown: true, figure: 'network' },
  { id: 'autostart', label: 'manager.column-autostart', width: 82, shown: false },
  { id: 'tags', label: 'manager.column-tags', width: 102, shown: true },
  { id: 'uptime', label: 'manager.column-uptime', width: 92, shown: false },
  { id: 'ip', label: 'manager.column-ip', width: 118, shown: false },
  { id: 'os', label: 'manager.column-os', width: 132, shown: false },
] as const satisfies readonly ColumnRow[]

export type ColumnId = (typeof columnTable)[number]['id']
type Label = (typeof columnTable)[number]['label']

export const LEAST_WIDTH = 64
export const MOST_WIDTH = 600

export interface Column {
  readonly id: ColumnId
  readonly label: Label
  readonly width: number
  readonly shown: boolean
  readonly figure?: Figure
}

export function isColumnId(id: string): id is ColumnId {
  return columnTable.some((column) => column.id === id)
}

/** All columns in the user's order, those the layout does not know after them. */
export function columnsOf(layout: ListLayout): readonly Column[] {
  const kept = layout.columns.flatMap(({ id, width, shown }): Column[] => {
    const row = columnTable.find((column) => column.id === id)
    if (row === undefined || row.id === 'name') return []
    return [{ ...row, width: Math.min(MOST_WIDTH, Math.max(LEAST_WIDTH, width)), shown }]
  })
  const [name, ...others] = columnTable
  const nameWidth = layout.columns.find(({ id }) => id === 'name')?.width ?? name.width
  const rest = others.filter(({ id }) => !kept.some((column) => column.id === id))
  return [{ ...name, width: Math.max(LEAST_WIDTH, nameWidth) }, ...kept, ...rest]
}

export function layoutColumns(columns: readonly Column[]): ListLayout['columns'] {
  return columns.map(({ id, width, shown }) => ({ id, width: Math.round(width), shown }))
}

/** The column put `by` places further among those shown; it never goes before the name. */
export function moveColumn(columns: readonly Column[], id: ColumnId, by: number): readonly Column[] {
  const shown = columns.filter((column) => column.shown)
  const from = shown.findIndex((column) => column.id === id)
  const target = shown[from + by]
  if (from < 1 || from + by < 1 || target === undefined) return columns
  const moved = columns.filter((column) => column.id !== id)
  const at = moved.indexOf(target) + (by > 0 ? 1 : 0)
  return [...moved.slice(0, at), ...columns.filter((column) => column.id === id), ...moved.slice(at)]
}

/** What a column orders by, beside the name; text is compared as people read it. */
export type SortKeys = Readonly<Record<ColumnId, (domain: DomainInfo) => string | number>>

export function makeCompare(
  keys: SortKeys,
  sort: ListLayout['sort'],
  collator: Intl.Collator,
): (a: DomainInfo, b: DomainInfo) => number {
  const key = keys[isColumnId(sort.column) ? sort.column : 'name']
  const sign = sort.descending ? -1 : 1
  const byName = (a: DomainInfo, b: DomainInfo) => collator.compare(a.name, b.name) || (a.uuid < b.uuid ? -1 : 1)
  return (a, b) => {
    if (a.kind !== b.kind) return a.kind === 'domain0' ? -1 : 1
    const [left, right] = [key(a), key(b)]
    const order = typeof left === 'number' && typeof right === 'number' ? left - right : collator.compare(`${left}`, `${right}`)
    return order === 0 ? byName(a, b) * (sort.column === 'name' ? sign : 1) : order * sign
  }
}
