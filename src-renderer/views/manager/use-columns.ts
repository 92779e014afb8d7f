// The columns of the list as the user has them: which are shown, how wide, in which order, and by which rows are ordered.
// Invariant: what is changed is kept by main; the name's column always shows. Runs in: manager window.

import { useMemo } from 'react'
import { defaultListLayout, type ListLayout } from '../../../src-main/public/list'
import { type Column, columnsOf, isColumnId, layoutColumns, moveColumn } from './list/columns'

export interface Columns {
  readonly all: readonly Column[]
  readonly shown: readonly Column[]
  /** Figures begin with the highest, words with the first; the second time turns it round. */
  sortBy(id: Column['id'], descending?: boolean): void
  setWidth(id: Column['id'], width: number): void
  moveBefore(id: Column['id'], before: Column['id']): void
  /** What the menu of a column's head does; false for what is a command of the window. */
  act(id: string, column: Column['id']): boolean
  /** A command about columns; false for others. */
  run(id: string): boolean
}

const WIDER = 24

export function useColumns(layout: ListLayout, change: (part: Partial<ListLayout>) => void): Columns {
  const all = useMemo(() => columnsOf(layout), [layout])
  const shown = useMemo(() => all.filter((column) => column.shown), [all])
  const set = (next: readonly Column[]) => change({ columns: layoutColumns(next) })
  const widthOf = (id: Column['id']) => all.find((column) => column.id === id)?.width ?? 100
  const columns: Columns = {
    all,
    shown,
    sortBy: (id, descending) => {
      const isFigure = all.some((column) => column.id === id && column.figure !== undefined)
      const turned = layout.sort.column === id ? !layout.sort.descending : isFigure
      change({ sort: { column: id, descending: descending ?? turned } })
    },
    setWidth: (id, width) => set(all.map((each) => (each.id === id ? { ...each, width } : each))),
    moveBefore: (id, before) => {
      const ids = shown.map((column) => column.id)
      set(moveColumn(all, id, ids.indexOf(before) - ids.indexOf(id)))
    },
    act: (id, column) => {
      if (id === 'sort-up' || id === 'sort-down') columns.sortBy(column, id === 'sort-down')
      else if (id === 'left' || id === 'right') set(moveColumn(all, column, id === 'left' ? -1 : 1))
      else if (id === 'wider' || id === 'narrower')
        columns.setWidth(column, widthOf(column) + (id === 'wider' ? WIDER : -WIDER))
      else return false
      return true
    },
    run: (id) => {
      const [what, column = ''] = id.split(/-(.*)/)
      if (id === 'columns-reset') change({ columns: [], sort: defaultListLayout.sort })
      else if (what === 'sort' && isColumnId(column)) columns.sortBy(column)
      else if (what !== undefined && isColumnId(column) && columns.act(what, column)) return true
      else if (what === 'column' && isColumnId(column)) {
        set(all.map((each) => (each.id === column && column !== 'name' ? { ...each, shown: !each.shown } : each)))
      } else return false
      return true
    },
  }
  return columns
}
