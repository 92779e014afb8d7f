// The list: a tree grid of our own, because the library's table draws a component for each cell of each row and cannot scroll
// a thousand rows smoothly without a graphics card. Only the rows on the screen exist, and they are used again for others.
// Keyboard: arrows, Page, Home and End move and choose (Shift: a range, Ctrl: without choosing), Ctrl+Space adds, Ctrl+A all,
// Left and Right fold, Enter opens; the rest is asked of the caller. Letters are handed to the filter.
// Invariant: the grid itself has the focus and names its active row; what is not drawn is never focused.
// Runs in: manager window.

import type { Ref } from 'react'
import {
  type DragEvent,
  type KeyboardEvent,
  type MouseEvent,
  type PointerEvent,
  useEffect,
  useImperativeHandle,
  useLayoutEffect,
  useRef,
  useState,
} from 'react'
import { useWords } from '../../../components/Language'
import type { MenuPoint } from '../../../components/Menu'
import type { Column } from './columns'
import { ListHead, type ListHeadProps } from './ListHead'
import { GROUP_ROLE, ListRow, ROW_HEIGHT, type RowParts, rowId } from './ListRow'
import type { Row } from './rows'
import { all, extend, moveTo, only, type Selection, toggle } from './selection'

const HEAD_HEIGHT = 28
/** Rows drawn beyond the edges, so that a turn of the wheel shows no gap. */
const BEYOND = 4

export const DRAGGED_DOMAINS = 'application/x-ringmaster-domains'
export const DRAGGED_TAG = 'application/x-ringmaster-tag'

export interface DomainListHandle {
  focus(): void
  /** Where a menu of this row opens. */
  menuPoint(key: string): MenuPoint | null
}

export interface DomainListProps {
  readonly ref: Ref<DomainListHandle>
  readonly rows: readonly Row[]
  /** Those shown. */
  readonly columns: readonly Column[]
  readonly head: Omit<ListHeadProps, 'columns' | 'board' | 'onWidth'> & {
    readonly onWidth: (id: Column['id'], width: number) => void
  }
  readonly parts: RowParts
  readonly selection: Selection
  readonly renaming: string | null
  readonly onSelection: (selection: Selection) => void
  readonly onFold: (key: string, open: boolean) => void
  readonly onOpen: (key: string) => void
  readonly onMenu: (key: string, at: MenuPoint) => void
  /** A key the list itself does not know; true when it was used. */
  readonly onKey: (event: KeyboardEvent) => boolean
  /** A letter: the filter begins with it. */
  readonly onType: (text: string) => void
  /** The row that files of the host are held over. */
  readonly filesOver: string | null
  /** Rows were dropped on a group, or a tag on a domain. */
  readonly onDropRows: (keys: readonly string[], target: Row) => void
  readonly onDropTag: (tag: string, target: Row) => void
}

/** Where not all columns have room the name stays in sight, and leaves half of the list to the others. */
const nameWidth = (width: number) => `min(${width}px, 50cqi)`

function gridTemplate(columns: readonly Column[]): string {
  return columns.map(({ id, width }) => (id === 'name' ? `minmax(${nameWidth(width)}, 1fr)` : `${width}px`)).join(' ')
}

/** Tells the style sheet whether there is anything to scroll sideways: a name that stays is a layer more for each row. */
function markWide(grid: HTMLElement): void {
  grid.toggleAttribute('data-wide', grid.scrollWidth > grid.clientWidth)
}

/** Where a menu that was opened by key belongs: below the row, where the row can be seen. */
function menuPlace(grid: HTMLElement | null, key: string): MenuPoint | null {
  const rect = document.getElementById(rowId(key))?.getBoundingClientRect()
  if (rect === undefined) return null
  return { x: Math.max(rect.left, grid?.getBoundingClientRect().left ?? 0) + 44, y: rect.bottom - 4, by: 'keyboard' }
}

function keyAt(target: EventTarget): string | null {
  return target instanceof Element ? (target.closest('[role="row"][data-key]')?.getAttribute('data-key') ?? null) : null
}

export function DomainList(props: DomainListProps) {
  const { rows, columns, parts, selection, onSelection } = props
  const { t } = useWords()
  const grid = useRef<HTMLDivElement>(null)
  const tip = useRef<HTMLDivElement>(null)
  const [height, setHeight] = useState(0)
  const [first, setFirst] = useState(0)
  const [drop, setDrop] = useState<string | null>(null)

  const visible = Math.ceil(height / ROW_HEIGHT) + 1
  const pool = visible + 2 * BEYOND
  const from = Math.max(0, Math.min(first, rows.length - visible) - BEYOND)
  const isDrawn = (index: number) => index >= from && index < from + pool
  const keys = rows.map(({ key }) => key)

  useLayoutEffect(() => {
    const node = grid.current
    if (node === null) return
    const measure = () => {
      setHeight(node.clientHeight - HEAD_HEIGHT)
      markWide(node)
    }
    measure()
    const watcher = new ResizeObserver(measure)
    watcher.observe(node)
    return () => watcher.disconnect()
  }, [])

  useLayoutEffect(() => {
    const node = grid.current
    if (node === null) return
    const total = columns.reduce((sum, { id, width }) => sum + (id === 'name' ? 0 : width), 0)
    const name = columns.find(({ id }) => id === 'name')?.width ?? 0
    node.style.setProperty('--columns', gridTemplate(columns))
    node.style.setProperty('--least', `calc(${total}px + ${nameWidth(name)})`)
    // What is gone to by key is not left below the name. The list is no part of itself: its half is a percentage here.
    node.style.setProperty('--name', `min(${name}px, 50%)`)
    markWide(node)
  }, [columns])

  const showRow = (key: string) => {
    const node = grid.current
    const index = keys.indexOf(key)
    if (node === null || index < 0) return
    const room = node.clientHeight - HEAD_HEIGHT
    const top = index * ROW_HEIGHT
    if (top < node.scrollTop) node.scrollTop = top
    else if (top + ROW_HEIGHT > node.scrollTop + room) node.scrollTop = top + ROW_HEIGHT - room
  }

  useImperativeHandle(props.ref, () => ({
    focus: () => grid.current?.focus(),
    menuPoint: (key) => {
      showRow(key)
      return menuPlace(grid.current, key)
    },
  }))

  const { cursor } = selection
  // biome-ignore lint/correctness/useExhaustiveDependencies: only when the keyboard goes elsewhere, not when rows come
  useEffect(() => {
    if (cursor !== null) showRow(cursor)
  }, [cursor])

  const row = (key: string | null): Row | undefined => rows.find((each) => each.key === key)

  /** The group it is in. */
  const parentOf = (child: Row): Row | undefined => {
    for (let index = keys.indexOf(child.key) - 1; index >= 0; index--) {
      const above = rows[index]
      if (above !== undefined && above.level < child.level) return above
    }
    return undefined
  }

  const go = (index: number, event: KeyboardEvent) => {
    const key = keys[Math.max(0, Math.min(keys.length - 1, index))]
    if (key === undefined) return
    if (event.shiftKey) onSelection(extend(selection, key, keys))
    else onSelection(event.ctrlKey || event.metaKey ? moveTo(selection, key) : only(key))
  }

  const fold = (open: boolean) => {
    const here = row(cursor)
    if (here === undefined) return
    if (here.kind !== 'domain' && here.open !== open) props.onFold(here.key, open)
    else if (!open) {
      const parent = parentOf(here)
      if (parent !== undefined) onSelection(only(parent.key))
    }
  }

  const onKeyDown = (event: KeyboardEvent) => {
    if (event.target !== grid.current) return
    const at = cursor === null ? -1 : keys.indexOf(cursor)
    const page = Math.max(1, Math.floor(height / ROW_HEIGHT) - 1)
    const command = event.ctrlKey || event.metaKey
    if (props.onKey(event)) {
      // used
    } else if (event.key === 'ArrowDown') go(at + 1, event)
    else if (event.key === 'ArrowUp') go(at - 1, event)
    else if (event.key === 'PageDown') go(at + page, event)
    else if (event.key === 'PageUp') go(at - page, event)
    else if (event.key === 'Home') go(0, event)
    else if (event.key === 'End') go(keys.length - 1, event)
    else if (event.key === 'ArrowRight') fold(true)
    else if (event.key === 'ArrowLeft') fold(false)
    else if (event.key === ' ' && cursor !== null) onSelection(command ? toggle(selection, cursor) : only(cursor))
    else if (event.key.toLowerCase() === 'a' && command && !event.shiftKey) {
      onSelection(
        all(
          selection,
          rows.flatMap((each) => (each.kind === 'domain' && each.domain.kind === 'guest' ? [each.key] : [])),
        ),
      )
    } else if (event.key === 'Enter' && cursor !== null) props.onOpen(cursor)
    else if ((event.key === 'F10' || event.key === 'ContextMenu') && cursor !== null) {
      const place = menuPlace(grid.current, cursor)
      if (place !== null) props.onMenu(cursor, place)
    } else if (event.key.length === 1 && !command && !event.altKey) props.onType(event.key)
    else return
    event.preventDefault()
    event.stopPropagation()
  }

  const onClick = (event: MouseEvent) => {
    const key = keyAt(event.target)
    if (key === null) return
    const here = row(key)
    const onTwist = event.target instanceof Element && event.target.closest('[data-twist]') !== null
    if (onTwist && here !== undefined && here.kind !== 'domain') props.onFold(key, !here.open)
    if (event.shiftKey) onSelection(extend(selection, key, keys))
    else if (event.ctrlKey || event.metaKey) onSelection(toggle(selection, key))
    else onSelection(only(key))
  }

  const onContextMenu = (event: MouseEvent) => {
    const key = keyAt(event.target)
    // The Menu key comes as an event without a pressed button; it was answered as a key.
    if (event.button !== 2) return event.preventDefault()
    if (key === null) return
    event.preventDefault()
    if (!selection.chosen.has(key)) onSelection(only(key))
    else onSelection(moveTo(selection, key))
    props.onMenu(key, { x: event.clientX, y: event.clientY, by: 'mouse' })
  }

  // ---- drag: machines and folders to a folder, a tag to a domain --------------------------------------------------

  const onDragStart = (event: DragEvent) => {
    const { target } = event
    const tag = target instanceof HTMLElement ? target.dataset['tag'] : undefined
    if (tag !== undefined) {
      event.dataTransfer.setData(DRAGGED_TAG, tag)
      event.dataTransfer.effectAllowed = 'copy'
      return
    }
    const key = keyAt(target)
    if (key === null) return
    const dragged = selection.chosen.has(key) ? [...selection.chosen] : [key]
    if (!selection.chosen.has(key)) onSelection(only(key))
    event.dataTransfer.setData(DRAGGED_DOMAINS, JSON.stringify(dragged))
    event.dataTransfer.effectAllowed = 'move'
  }

  /** The row that would take it: for domains the group under the pointer, or the group a domain there is in. */
  const takes = (event: DragEvent): Row | undefined => {
    const here = row(keyAt(event.target))
    if (here === undefined) return undefined
    const { types } = event.dataTransfer
    if (types.includes(DRAGGED_TAG)) return here.kind === 'domain' && here.domain.kind === 'guest' ? here : undefined
    if (!types.includes(DRAGGED_DOMAINS)) return undefined
    return here.kind !== 'domain' ? here : parentOf(here)
  }

  const onDragOver = (event: DragEvent) => {
    const target = takes(event)
    if (target !== undefined) event.preventDefault()
    setDrop(target?.key ?? null)
  }

  const onDrop = (event: DragEvent) => {
    const target = takes(event)
    setDrop(null)
    if (target === undefined) return
    event.preventDefault()
    event.stopPropagation()
    const tag = event.dataTransfer.getData(DRAGGED_TAG)
    if (tag !== '') return props.onDropTag(tag, target)
    const dragged: unknown = JSON.parse(event.dataTransfer.getData(DRAGGED_DOMAINS))
    if (Array.isArray(dragged)) props.onDropRows(dragged.map(String), target)
  }

  // ---- the value under the pointer ----------------------------------------------------------------

  const pointed = useRef<HTMLCanvasElement | null>(null)
  const pointer = useRef('')
  const point = (event: PointerEvent | null) => {
    // Rows that scroll away beneath the pointer move it as well, as the browser sees it.
    const place = event === null ? '' : `${event.clientX} ${event.clientY}`
    if (event !== null && place === pointer.current) return
    if (event !== null) pointer.current = place
    const canvas = event?.target instanceof HTMLCanvasElement ? event.target : null
    if (pointed.current !== null && pointed.current !== canvas) parts.board.read(pointed.current, null)
    pointed.current = canvas
    const node = tip.current
    if (node === null) return
    const reading = canvas === null || event === null ? null : parts.board.read(canvas, event.nativeEvent.offsetX)
    node.hidden = reading === null
    if (reading === null || canvas === null) return
    const rect = canvas.getBoundingClientRect()
    const seconds = Math.max(0, Math.round((Date.now() - reading.at) / 1000))
    node.textContent = t('chart.reading', { value: reading.text, seconds: t.number(seconds) })
    node.style.left = `${Math.round(rect.left + reading.x)}px`
    node.style.top = `${Math.round(rect.bottom + 4)}px`
  }

  const { head } = props
  /** While an edge is dragged only the style sheet is told. */
  const onWidth: ListHeadProps['onWidth'] = (id, width, done) => {
    if (done) return head.onWidth(id, width)
    const changed = columns.map((column) => (column.id === id ? { ...column, width } : column))
    grid.current?.style.setProperty('--columns', gridTemplate(changed))
  }

  return (
    <>
      <div
        ref={grid}
        className="domain-list"
        role="treegrid"
        data-home=""
        tabIndex={0}
        aria-label={t('manager.table')}
        aria-multiselectable="true"
        aria-rowcount={rows.length + 1}
        aria-colcount={columns.length}
        aria-activedescendant={cursor === null || !isDrawn(keys.indexOf(cursor)) ? undefined : rowId(cursor)}
        onScroll={(event) => {
          const next = Math.floor(event.currentTarget.scrollTop / ROW_HEIGHT)
          if (next !== first) setFirst(next)
          point(null)
        }}
        onKeyDown={onKeyDown}
        onClick={onClick}
        onDoubleClick={(event) => {
          const key = keyAt(event.target)
          if (key !== null) props.onOpen(key)
        }}
        onContextMenu={onContextMenu}
        onPointerMove={point}
        onPointerLeave={() => point(null)}
        onDragStart={onDragStart}
        onDragOver={onDragOver}
        onDragLeave={() => setDrop(null)}
        onDrop={onDrop}
      >
        <ListHead {...head} columns={columns} board={parts.board} onWidth={onWidth} />
        <div className="list-body" {...GROUP_ROLE} style={{ height: rows.length * ROW_HEIGHT }}>
          {Array.from({ length: Math.min(pool, rows.length) }, (_, slot) => {
            // The element in a slot stays where it is in the page, and takes the row that has come to its place.
            const index = from + ((slot - (from % pool) + pool) % pool)
            const each = rows[index]
            if (each === undefined) return null
            return (
              <ListRow
                // biome-ignore lint/suspicious/noArrayIndexKey: it is the place that lasts
                key={slot}
                row={each}
                index={index}
                columns={columns}
                parts={parts}
                chosen={selection.chosen.has(each.key)}
                cursor={cursor === each.key}
                dropTarget={drop === each.key || props.filesOver === each.key}
                renaming={props.renaming === each.key}
                addresses={each.kind === 'domain' ? parts.addressesOf(each.domain) : ''}
              />
            )
          })}
        </div>
      </div>
      <div ref={tip} className="curve-tip" hidden aria-hidden="true" />
    </>
  )
}
