// The head of the list: a press orders, a drag of the edge changes the width, a drag of the name moves the column, a right press
// or the Menu key opens the menu of columns. One stop for Tab, arrows go from column to column.
// Invariant: while an edge is dragged only the grid's own property changes; the layout is kept once, at the end.
// Runs in: manager window.

import { type KeyboardEvent, type PointerEvent, useLayoutEffect, useRef, useState } from 'react'
import type { ListLayout } from '../../../../src-main/public/list'
import { Icon } from '../../../components/Icon'
import { useWords } from '../../../components/Language'
import type { MenuPoint } from '../../../components/Menu'
import { steady } from '../../../components/steady'
import type { FigureBoard } from '../../../features/graphs/figure-board'
import { type Column, type ColumnId, columnTable, LEAST_WIDTH, MOST_WIDTH } from './columns'

export interface ListHeadProps {
  /** Those shown. */
  readonly columns: readonly Column[]
  readonly sort: ListLayout['sort']
  readonly board: FigureBoard
  readonly onSort: (id: ColumnId) => void
  /** While the edge is dragged, and with `done` at the end. */
  readonly onWidth: (id: ColumnId, width: number, done: boolean) => void
  readonly onMoveBefore: (id: ColumnId, before: ColumnId) => void
  readonly onMenu: (id: ColumnId, at: MenuPoint) => void
}

const DRAGGED = 'application/x-ringmaster-column'

/** What the upper edge of a curve stands for. */
function Scale(props: { readonly column: Column; readonly board: FigureBoard }) {
  const { column, board } = props
  const { t, formats } = useWords()
  const node = useRef<HTMLSpanElement>(null)
  const figure = column.figure ?? 'cpu'
  const rates = figure === 'disk' || figure === 'network'
  useLayoutEffect(() => {
    const show = () => {
      const top = rates ? t('chart.per-second', { amount: formats.size(board.sharedTop(figure)) }) : formats.percent(1)
      const text = `0–${top}`
      if (node.current !== null && node.current.textContent !== text) node.current.textContent = text
    }
    show()
    return rates ? board.onTick(show) : undefined
  }, [board, figure, rates, t, formats])
  return <span className="scale" ref={node} />
}

export const ListHead = steady((props: ListHeadProps) => {
  const { columns, sort, board } = props
  const { t } = useWords()
  const [stop, setStop] = useState<ColumnId>('name')
  const [over, setOver] = useState<ColumnId | null>(null)

  const drag = (event: PointerEvent<HTMLElement>, column: Column) => {
    event.preventDefault()
    event.stopPropagation()
    const edge = event.currentTarget
    const head = edge.parentElement
    const from = event.clientX
    const first = column.id === 'name' ? (head?.offsetWidth ?? column.width) : column.width
    const widthAt = (x: number) => Math.min(MOST_WIDTH, Math.max(LEAST_WIDTH, first + x - from))
    edge.setPointerCapture(event.pointerId)
    const move = (moved: globalThis.PointerEvent) => props.onWidth(column.id, widthAt(moved.clientX), false)
    const end = (ended: globalThis.PointerEvent) => {
      edge.removeEventListener('pointermove', move)
      props.onWidth(column.id, widthAt(ended.clientX), true)
    }
    edge.addEventListener('pointermove', move)
    edge.addEventListener('pointerup', end, { once: true })
  }

  const onKey = (event: KeyboardEvent<HTMLElement>, id: ColumnId) => {
    const index = columns.findIndex((column) => column.id === id)
    const step = event.key === 'ArrowRight' ? 1 : event.key === 'ArrowLeft' ? -1 : 0
    const next = columns[index + step]
    const cells = event.currentTarget.parentElement?.children
    if (step !== 0 && next !== undefined) {
      setStop(next.id)
      const cell = cells?.[index + step]
      if (cell instanceof HTMLElement) cell.focus()
    } else if (event.key === 'Enter' || event.key === ' ') props.onSort(id)
    else if (event.key === 'F10' || event.key === 'ContextMenu') {
      const rect = event.currentTarget.getBoundingClientRect()
      props.onMenu(id, { x: rect.left, y: rect.bottom, by: 'keyboard' })
    } else return
    event.preventDefault()
    event.stopPropagation()
  }

  return (
    // biome-ignore lint/a11y/useSemanticElements: a grid of elements that are laid out by column
    // biome-ignore lint/a11y/useFocusableInteractive: its cells have the focus
    <div className="list-head" role="row" aria-rowindex={1}>
      {columns.map((column, place) => (
        // biome-ignore lint/a11y/useSemanticElements: as above
        <div
          key={column.id}
          role="columnheader"
          className={over === column.id ? 'column drop' : 'column'}
          aria-colindex={place + 1}
          aria-sort={sort.column !== column.id ? 'none' : sort.descending ? 'descending' : 'ascending'}
          tabIndex={stop === column.id ? 0 : -1}
          draggable={column.id !== 'name'}
          onClick={() => props.onSort(column.id)}
          onKeyDown={(event) => onKey(event, column.id)}
          onFocus={() => setStop(column.id)}
          onContextMenu={(event) => {
            event.preventDefault()
            event.stopPropagation()
            if (event.button === 2) props.onMenu(column.id, { x: event.clientX, y: event.clientY, by: 'mouse' })
          }}
          onDragStart={(event) => {
            event.dataTransfer.setData(DRAGGED, column.id)
            event.dataTransfer.effectAllowed = 'move'
          }}
          onDragOver={(event) => {
            if (!event.dataTransfer.types.includes(DRAGGED) || column.id === 'name') return
            event.preventDefault()
            setOver(column.id)
          }}
          onDragLeave={() => setOver(null)}
          onDrop={(event) => {
            setOver(null)
            const id = columnTable.find((each) => each.id === event.dataTransfer.getData(DRAGGED))?.id
            if (id === undefined) return
            event.preventDefault()
            event.stopPropagation()
            props.onMoveBefore(id, column.id)
          }}
        >
          <span className="column-name">{t(column.label)}</span>
          {sort.column === column.id && <Icon name="down" className={sort.descending ? 'sort' : 'sort up'} />}
          {column.figure !== undefined && <Scale column={column} board={board} />}
          <span
            className="column-edge"
            aria-hidden="true"
            onPointerDown={(event) => drag(event, column)}
            onClick={(event) => event.stopPropagation()}
            onDoubleClick={(event) => {
              event.stopPropagation()
              props.onWidth(column.id, columnTable.find(({ id }) => id === column.id)?.width ?? column.width, true)
            }}
          />
        </div>
      ))}
    </div>
  )
})
