// One row of the list: a connection, a folder or a domain. It is drawn again only when what it says changed; its figures are
// drawn by the board.
// Invariant: a row is as high whatever it says; a cell stands where its column says. Runs in: manager window.

import { memo, type ReactNode, useLayoutEffect, useRef } from 'react'
import type { ConnectionInfo } from '../../../../src-main/public/connection'
import type { ErrorReport } from '../../../../src-main/public/error-code'
import type { DomainInfo } from '../../../../src-main/public/types'
import { Icon } from '../../../components/Icon'
import { useWords } from '../../../components/Language'
import { same } from '../../../components/steady'
import { connectionLine } from '../../../features/connection/connection-words'
import { stateLine, stateLooks } from '../../../features/domain-state/state-words'
import type { CurveCell, FigureBoard } from '../../../features/graphs/figure-board'
import { connectionName } from '../../../lib/connection-name'
import { osName } from '../../../lib/os-table'
import type { Translator } from '../../../lib/translate'
import { jobOf } from '../../../state/app-state'
import { useAppState } from '../../../state/store'
import type { Column } from './columns'
import { RenameField } from './RenameField'
import type { DomainRow, GroupRow, Row } from './rows'

export const ROW_HEIGHT = 28
const INDENT = 18
/** Room for the number beside a curve. */
const NUMBER_WIDTH = { cpu: 40, memory: 66, disk: 74, network: 74 } as const
const LEAST_CURVE = 20
/** The cell's padding and the gap between curve and number. */
const BESIDE = 28
const MIB = 1024 * 1024

export interface RowParts {
  readonly board: FigureBoard
  readonly hostCpus: number
  readonly addressesOf: (domain: DomainInfo) => string
  readonly rename: (domain: DomainInfo, name: string | null) => Promise<ErrorReport | null>
  /** Opens a connection that failed once more. */
  readonly retry: (connection: ConnectionInfo) => void
  /** Ends the opening of one that does not answer. */
  readonly callOff: (connection: ConnectionInfo) => void
}

export interface ListRowProps {
  readonly row: Row
  readonly index: number
  readonly columns: readonly Column[]
  readonly parts: RowParts
  readonly chosen: boolean
  readonly cursor: boolean
  readonly dropTarget: boolean
  readonly renaming: boolean
  readonly addresses: string
}

/** `figures`: curve and number have all the room they need. */
function cellClass({ id, figure, width }: Column): string {
  const roomy = figure !== undefined && width >= LEAST_CURVE + NUMBER_WIDTH[figure] + BESIDE
  return roomy ? `cell ${id} figures` : `cell ${id}`
}

/** Roles by hand: it is not a table of HTML, and the grid above the rows has the focus. */
export const GROUP_ROLE = { role: 'rowgroup' } as const
const cellRole = (place: number) => ({ role: place === 0 ? 'rowheader' : 'gridcell', 'aria-colindex': place + 1 })
const rowRole = ({ row, index, chosen }: ListRowProps) => ({
  role: 'row',
  'aria-level': row.level,
  'aria-selected': chosen,
  'aria-rowindex': index + 2,
  ...(row.kind !== 'domain' && row.members.length > 0 && { 'aria-expanded': row.open }),
})

export const rowId = (key: string): string => `row-${key}`

function isActive({ state }: DomainInfo): boolean {
  return state !== 'shutoff' && state !== 'crashed' && state !== 'saved'
}

function NameCell(props: { readonly row: DomainRow; readonly parts: RowParts; readonly renaming: boolean }) {
  const { domain, level } = props.row
  const { t } = useWords()
  const isHost = domain.kind === 'domain0'
  return (
    <div className="name-cell" style={{ paddingLeft: level * INDENT }}>
      <span className={`machine state-${stateLooks[domain.state].colour}`}>
        <Icon name={isHost ? 'host' : 'guest'} className="machine-icon" />
      </span>
      {props.renaming ? (
        <RenameField domain={domain} onDone={props.parts.rename} />
      ) : isHost ? (
        <span className="name-words" title={t('manager.domain0-role')}>
          <span className="name-name">{t('manager.domain0')}</span>
          <span className="name-note">{t('manager.domain0-role')}</span>
        </span>
      ) : (
        <span className="name-name" dir="auto" title={domain.config?.title ?? domain.name}>
          {domain.name}
        </span>
      )}
    </div>
  )
}

function StateCell(props: { readonly domain: DomainInfo }) {
  const { domain } = props
  const { t, formats } = useWords()
  const job = useAppState((state) => jobOf(state, domain))
  const look = stateLooks[domain.state]
  const line = stateLine(domain, job, t, formats)
  return (
    <span className={`name-state state-${look.colour}`} title={line}>
      <Icon name={look.icon} />
      <span>{line}</span>
    </span>
  )
}

/** A curve and its number; what they are is up to the column. */
function FigureCell(props: { readonly domain: DomainInfo; readonly column: Column; readonly parts: RowParts }) {
  const { domain, column, parts } = props
  const { t, formats } = useWords()
  const canvas = useRef<HTMLCanvasElement>(null)
  const number = useRef<HTMLSpanElement>(null)
  const figure = column.figure ?? 'cpu'
  const numberWidth = NUMBER_WIDTH[figure]
  const width = Math.max(LEAST_CURVE, column.width - numberWidth - BESIDE)
  const { board, hostCpus } = parts
  const config = domain.running ?? domain.config
  const memory = (config?.memoryMiB ?? 0) * MIB
  const vcpus = config?.vcpus ?? 1
  const active = isActive(domain)
  const { uuid } = domain
  const colours = figure
  const id = column.id
  useLayoutEffect(() => {
    if (canvas.current === null || number.current === null) return
    // One text for good: a new one each second would have its box built anew.
    const kept = number.current.firstChild
    const text = kept instanceof Text ? kept : document.createTextNode('')
    if (text !== kept) number.current.append(text)
    const rates = figure === 'disk' || figure === 'network'
    const cell: CurveCell = {
      uuid,
      figure,
      divisor: id === 'cpu' ? vcpus : id === 'host' ? hostCpus : 1,
      top: rates ? null : figure === 'memory' ? Math.max(1, memory) : 1,
      width,
      canvas: canvas.current,
      number: text,
      colours,
      format: rates
        ? (value) => t('chart.per-second', { amount: formats.size(value) })
        : figure === 'memory'
          ? formats.memory
          : formats.percent,
      otherwise: figure === 'memory' && memory > 0 && !active ? formats.memory(memory) : '',
    }
    return board.attach(cell)
  }, [uuid, figure, id, vcpus, hostCpus, memory, active, width, colours, board, t, formats])
  return (
    <>
      <canvas ref={canvas} className="spark" style={{ width, height: 22 }} />
      <span
        ref={number}
        className={`figure ${figure === 'disk' || figure === 'network' ? 'traffic' : figure}${active ? '' : ' idle'}`}
        style={{ width: numberWidth }}
      />
    </>
  )
}

/** How long it runs; only its own text changes. */
function UptimeCell(props: { readonly domain: DomainInfo; readonly board: FigureBoard }) {
  const { domain, board } = props
  const { formats } = useWords()
  const node = useRef<HTMLSpanElement>(null)
  const { startedAt } = domain
  useLayoutEffect(() => {
    const show = () => {
      if (node.current !== null) node.current.textContent = startedAt === null ? '' : formats.uptime(Date.now() - startedAt)
    }
    show()
    return startedAt === null ? undefined : board.onTick(show)
  }, [startedAt, board, formats])
  return <span className="figure" ref={node} />
}

function Tags(props: { readonly tags: readonly string[] }) {
  return (
    <span className="tags" title={props.tags.join(', ')}>
      {props.tags.map((tag) => (
        <span key={tag} className="tag" dir="auto" draggable data-tag={tag}>
          {tag}
        </span>
      ))}
    </span>
  )
}

/** What the definition says; what a guest really runs only it knows. */
function OsCell({ domain }: { readonly domain: DomainInfo }) {
  const name = osName(domain.config?.os ?? '')
  return (
    <span className="address" title={name}>
      {name}
    </span>
  )
}

function cellOf(row: DomainRow, column: Column, props: ListRowProps, yes: string): ReactNode {
  const { domain } = row
  switch (column.id) {
    case 'name':
      return <NameCell row={row} parts={props.parts} renaming={props.renaming} />
    case 'state':
      return <StateCell domain={domain} />
    case 'cpu':
    case 'host':
    case 'memory':
    case 'disk':
    case 'network':
      return <FigureCell domain={domain} column={column} parts={props.parts} />
    case 'autostart':
      return domain.config?.autostart === true ? <span>{yes}</span> : null
    case 'tags':
      return <Tags tags={row.tags} />
    case 'uptime':
      return <UptimeCell domain={domain} board={props.parts.board} />
    case 'os':
      return <OsCell domain={domain} />
    case 'ip':
      return (
        <span className="address" title={props.addresses}>
          {props.addresses}
        </span>
      )
  }
}

/** How many of them run; how many of them a filter shows, where it does not show all. */
function groupCount(shown: readonly DomainInfo[], all: number, t: Translator): string {
  if (shown.length < all) return t('manager.group-shown', { shown: t.number(shown.length), guests: t.number(all) })
  const running = shown.filter(({ state }) => state === 'running').length
  return t('manager.group-count', { running: t.number(running), guests: t.number(all) })
}

function GroupCells(props: { readonly row: GroupRow; readonly parts: RowParts; readonly columns: number }) {
  const { row, parts } = props
  const { t } = useWords()
  const { connection } = row
  const isConnection = row.kind === 'connection'
  const guests = row.members.filter(({ kind }) => kind === 'guest')
  const name = isConnection ? connectionName(connection, t) : (row.path.split('/').at(-1) ?? '')
  const failed = isConnection && connection.state === 'failed'
  const count = isConnection && row.members.length === 0 ? '' : groupCount(guests, row.guests, t)
  const note = [isConnection ? connectionLine(connection, t) : '', count].filter((part) => part !== '').join(' · ')
  return (
    <div className="cell group-cell" {...cellRole(0)} {...{ 'aria-colspan': props.columns }}>
      <span className="name-cell" style={{ paddingLeft: (row.level - 1) * INDENT }}>
        <span className={row.open ? 'twist open' : 'twist'} data-twist="">
          {row.members.length > 0 && <Icon name="down" />}
        </span>
        <Icon name={isConnection ? 'network' : 'folder'} className="machine-icon" />
        <span className="group-name" dir="auto">
          {name}
        </span>
        <span className={failed ? 'group-note bad' : 'group-note'} title={note}>
          {note}
        </span>
        {failed && (
          <button type="button" tabIndex={-1} className="button row-button" onClick={() => parts.retry(connection)}>
            {t('connection.retry')}
          </button>
        )}
        {isConnection && connection.state === 'connecting' && (
          <button type="button" tabIndex={-1} className="button row-button late" onClick={() => parts.callOff(connection)}>
            {t('connection.call-off')}
          </button>
        )}
      </span>
    </div>
  )
}

export const ListRow = memo(function ListRow(props: ListRowProps) {
  const { row, index, columns, chosen, cursor } = props
  const { t } = useWords()
  const classes = ['row', row.kind]
  if (cursor) classes.push('cursor')
  if (props.dropTarget) classes.push('drop')
  return (
    <div
      id={rowId(row.key)}
      {...rowRole(props)}
      className={classes.join(' ')}
      data-key={row.key}
      data-selected={chosen ? '' : undefined}
      draggable={!props.renaming && (row.kind === 'domain' ? row.domain.kind === 'guest' : row.kind === 'folder')}
      style={{ transform: `translateY(${index * ROW_HEIGHT}px)` }}
    >
      {row.kind === 'domain' ? (
        columns.map((column, place) => (
          <div key={column.id} className={cellClass(column)} {...cellRole(place)}>
            {cellOf(row, column, props, t('manager.yes'))}
          </div>
        ))
      ) : (
        <GroupCells row={row} parts={props.parts} columns={columns.length} />
      )}
    </div>
  )
}, same)
