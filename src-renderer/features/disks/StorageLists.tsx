// Pools and volumes as lists to choose from: the Storage page of the host and the dialog that picks a disk's file show the same.
// Invariant: what is chosen is the caller's; a row says who uses the volume. Each column can order the rows; equal ones stay by name. Runs in: host, create-domain and domain windows.
import { Fragment, type ReactNode, useState } from 'react'
import { Cell, Column, ListBoxItem, Row, type SortDescriptor, Table, TableBody, TableHeader } from 'react-aria-components'
import { DEFAULT_POOL, type PoolInfo, type Volume, type VolumeUse } from '../../../src-main/public/storage'
import { errorText } from '../../client/error-text'
import { Icon } from '../../components/Icon'
import { useWords } from '../../components/Language'
import { SideList } from '../../components/SideList'
import { useNeighbour } from '../../components/use-neighbour'
import { lastPart } from '../../lib/path'
import type { Translator } from '../../lib/translate'
import './storage.css'
import { isVolumeColumn, sortedVolumes } from './volume-order'

export function PoolList(props: {
  readonly pools: readonly PoolInfo[]
  readonly chosen: string
  readonly onChoose: (name: string) => void
}) {
  const { t } = useWords()
  return (
    <SideList label={t('storage.pools')} chosen={props.chosen} onChoose={props.onChoose}>
      {props.pools.map((one) => (
        <ListBoxItem key={one.name} id={one.name} textValue={poolName(one.name, t)} className="side-item storage-pool">
          <PoolRow pool={one} />
        </ListBoxItem>
      ))}
    </SideList>
  )
}

export function poolName(name: string, t: Translator): string {
  return name === DEFAULT_POOL ? t('storage.default-pool') : name
}

function PoolRow(props: { readonly pool: PoolInfo }) {
  const { pool } = props
  const { t, formats } = useWords()
  const used = pool.capacity > 0 ? 1 - pool.available / pool.capacity : 0
  const own = pool.capacity > 0 ? Math.min(used, pool.allocation / pool.capacity) : 0
  return (
    <>
      <span className="side-name">{poolName(pool.name, t)}</span>
      <span className="storage-bar" aria-hidden="true">
        <span className="storage-used" style={{ width: `${used * 100}%` }} />
        <span className="storage-own" style={{ width: `${own * 100}%` }} />
      </span>
      <span className="muted small">
        {pool.problem === null
          ? t('storage.space', { free: formats.size(pool.available), own: formats.size(pool.allocation) })
          : t('storage.unreadable')}
      </span>
    </>
  )
}

function Heading(props: { readonly id: string; readonly number?: boolean; readonly children: ReactNode }) {
  const { id, number = false } = props
  return (
    <Column id={id} allowsSorting isRowHeader={id === 'name'} className={number ? 'number' : ''}>
      {({ sortDirection }) => (
        <span className="storage-heading">
          {props.children}
          {sortDirection !== undefined && <Icon name="down" className={sortDirection === 'descending' ? 'sort' : 'sort up'} />}
        </span>
      )}
    </Column>
  )
}

export function VolumeTable(props: {
  readonly volumes: readonly Volume[]
  readonly loading: boolean
  readonly chosen: string
  readonly onChoose: (name: string) => void
  /** A row pressed twice, or Enter. */
  readonly onOpen?: (name: string) => void
}) {
  const { chosen, onOpen } = props
  const { t, formats } = useWords()
  const [order, setOrder] = useState<SortDescriptor>({ column: 'name', direction: 'ascending' })
  const { column, direction } = order
  const volumes = sortedVolumes(props.volumes, isVolumeColumn(column) ? column : 'name', direction === 'descending', t.language)
  useNeighbour(
    volumes.map(({ name }) => name),
    chosen,
    props.onChoose,
  )
  return (
    <div className="storage-table-box">
      <Table
        className="storage-table"
        data-home=""
        aria-label={t('storage.volumes')}
        selectionMode="single"
        selectionBehavior="replace"
        disallowEmptySelection
        sortDescriptor={order}
        onSortChange={setOrder}
        selectedKeys={volumes.some(({ name }) => name === chosen) ? [chosen] : []}
        {...(onOpen !== undefined && { onRowAction: (key: unknown) => onOpen(String(key)) })}
        onSelectionChange={(keys) => {
          if (keys === 'all') return
          const [key] = keys
          props.onChoose(key === undefined ? '' : String(key))
        }}
      >
        <TableHeader>
          <Heading id="name">{t('storage.column-name')}</Heading>
          <Heading id="size" number>
            {t('storage.column-size')}
          </Heading>
          <Heading id="host" number>
            {t('storage.column-host')}
          </Heading>
          <Heading id="format">{t('storage.column-format')}</Heading>
          <Heading id="used">{t('storage.column-used')}</Heading>
        </TableHeader>
        <TableBody
          items={volumes}
          dependencies={[volumes]}
          renderEmptyState={() => <p className="muted storage-none">{t(props.loading ? 'storage.loading' : 'storage.none')}</p>}
        >
          {(one) => (
            <Row id={one.name} textValue={one.name} className="storage-row">
              <Cell>
                <span className="storage-file">{one.name}</span>
                {one.backing !== null && (
                  <span className="muted small storage-file">{t('storage.on', { name: lastPart(one.backing) })}</span>
                )}
              </Cell>
              <Cell className="number">{one.problem === null ? formats.size(one.capacity) : '–'}</Cell>
              <Cell className="number">{formats.size(one.allocation)}</Cell>
              <Cell>{one.format ?? '?'}</Cell>
              <Cell>
                <Uses volume={one} />
              </Cell>
            </Row>
          )}
        </TableBody>
      </Table>
    </div>
  )
}

function wordsOf(use: VolumeUse, t: Translator): string {
  return t(`storage.use-${use.how}`, { name: use.name })
}

/** Stands for the name while the words around it are looked for. */
const NAME = '\ufffc'

/** The name alone is cut where there is no room: what its machine does with the volume, as `(running)`, stands behind it. */
function Use({ use, end }: { readonly use: VolumeUse; readonly end: string }) {
  const { t } = useWords()
  const [before, after] = wordsOf({ ...use, name: NAME }, t).split(NAME)
  return (
    <span className="storage-use">
      {before}
      <bdi>{use.name}</bdi>
      {after}
      {end}
    </span>
  )
}

/** More are a number, with their names under the pointer. */
const USES_SHOWN = 3

function Uses(props: { readonly volume: Volume }) {
  const { t } = useWords()
  const { name, usedBy, problem } = props.volume
  if (problem !== null) {
    // Its folder stands over the table.
    const { cause } = errorText({ ...problem, values: { ...problem.values, path: name } }, t.language)
    return <span className="storage-problem">{cause}</span>
  }
  if (usedBy.length === 0) return <span className="muted">{t('storage.unused')}</span>
  const uses = [...new Map(usedBy.map((use) => [wordsOf(use, t), use]))]
  const all = uses.map(([words]) => words)
  const more = all.length - USES_SHOWN
  const last = Math.min(all.length, USES_SHOWN) - 1
  // A name longer than the column is cut and not broken, as a row of many lines hides the others. Screen readers have it whole.
  return (
    <span className="storage-uses" title={all.join(', ')}>
      {uses.slice(0, USES_SHOWN).map(([words, use], index) => (
        <Fragment key={words}>
          {index > 0 && ' '}
          <Use use={use} end={index < last ? ',' : ''} />
        </Fragment>
      ))}
      {more > 0 && ` ${t('storage.more-uses', { count: more })}`}
    </span>
  )
}
