// The list of domains: name and state, processor use as a curve with its number, memory. Rows are drawn only when seen.
// Invariant: row height and column widths do not depend on what the rows say; figures redraw their own cell alone.
// Runs in: manager window.

import { type KeyboardEvent, type MouseEvent, useMemo, useSyncExternalStore } from 'react'
import {
  Cell,
  Column,
  ResizableTableContainer,
  Row,
  Table,
  TableBody,
  TableHeader,
  TableLayout,
  Virtualizer,
} from 'react-aria-components'
import type { DomainInfo } from '../../../src-main/public/types'
import { Icon } from '../../components/Icon'
import { useWords } from '../../components/Language'
import type { MenuPoint } from '../../components/Menu'
import { Meter, Sparkline } from '../../components/Sparkline'
import { usePerform } from '../../features/domain-actions/DomainActions'
import { stateLine, stateLooks } from '../../features/domain-state/state-words'
import { jobOf } from '../../state/app-state'
import { pickTraffic } from '../../state/history'
import { useAppState } from '../../state/store'

const MIB = 1024 * 1024
const SLOTS = 60

function rowOf(uuid: string): HTMLElement | null {
  const row = document.querySelector(`[role="row"][data-key="${CSS.escape(uuid)}"]`)
  return row instanceof HTMLElement ? row : null
}

/** Puts the keyboard back on a row, after a menu or the filter. */
export function focusRow(uuid: string | null): void {
  if (uuid !== null) requestAnimationFrame(() => rowOf(uuid)?.focus())
}

function NameCell(props: { readonly domain: DomainInfo }) {
  const { domain } = props
  const { t, formats } = useWords()
  const job = useAppState((state) => jobOf(state, domain))
  const look = stateLooks[domain.state]
  const line = stateLine(domain, job, t, formats)
  const isHost = domain.kind === 'domain0'
  return (
    <div className="name-cell">
      <span className={`machine state-${look.colour}`}>
        <Icon name={isHost ? 'host' : 'guest'} className="machine-icon" />
      </span>
      <div className="name-words">
        <div className="name-name">{isHost ? t('manager.domain0') : domain.name}</div>
        <div className={`name-state state-${look.colour}`} title={domain.state === 'crashed' ? line : undefined}>
          <Icon name={look.icon} />
          <span>{isHost ? `${line} · ${t('manager.domain0-role')}` : line}</span>
        </div>
      </div>
    </div>
  )
}

function CpuCell(props: { readonly domain: DomainInfo }) {
  const { uuid, state, kind } = props.domain
  const { formats } = useWords()
  const samples = useAppState((app) => app.figures[uuid])
  const values = useMemo(() => (samples ?? []).slice(-SLOTS).map(({ cpu }) => cpu), [samples])
  const active = state === 'running' || state === 'paused' || state === 'shutdown' || state === 'saving'
  const now = active ? values.at(-1) : undefined
  // A driver that does not measure domain 0 leaves its cell empty.
  if (kind === 'domain0' && values.length === 0) return null
  return (
    <div className={active ? 'figure-cell' : 'figure-cell idle'}>
      <Sparkline values={active ? values : []} slots={SLOTS} />
      <span className="figure">{now === undefined ? '' : formats.percent(now)}</span>
    </div>
  )
}

function MemoryCell(props: { readonly domain: DomainInfo }) {
  const { domain } = props
  const { formats } = useWords()
  const samples = useAppState((app) => app.figures[domain.uuid])
  const active = domain.domid !== null && domain.state !== 'crashed'
  const used = active ? (samples?.at(-1)?.memory ?? null) : null
  const most = ((domain.running ?? domain.config)?.memoryMiB ?? 0) * MIB
  return (
    <div className={active ? 'figure-cell' : 'figure-cell idle'}>
      {most > 0 && <Meter fraction={used === null ? 0 : used / most} />}
      <span className="figure memory">{used !== null ? formats.memory(used) : most > 0 ? formats.memory(most) : ''}</span>
    </div>
  )
}

/** Bytes a second of all disks, or all network interfaces, as a curve with its number; the curve's top is the busiest second shown. */
function TrafficCell(props: { readonly domain: DomainInfo; readonly kind: 'vbd' | 'vif' }) {
  const { domain, kind } = props
  const { t, formats } = useWords()
  const samples = useAppState((app) => app.figures[domain.uuid])
  const values = useMemo(() => (samples ?? []).slice(-SLOTS).map(pickTraffic(kind)), [samples, kind])
  const has = domain.running?.devices.some((device) => device.kind === kind) === true
  if (!has) return null
  const top = Math.max(65536, ...values)
  return (
    <div className="figure-cell">
      <Sparkline values={values} slots={SLOTS} top={top} kind={kind} />
      <span className="figure traffic">{t('chart.per-second', { amount: formats.size(values.at(-1) ?? 0) })}</span>
    </div>
  )
}

const NARROW = '(max-width: 640px)'

/** In a narrow window the figures give way to names and states. */
function useNarrow(): boolean {
  return useSyncExternalStore(
    (changed) => {
      const query = window.matchMedia(NARROW)
      query.addEventListener('change', changed)
      return () => query.removeEventListener('change', changed)
    },
    () => window.matchMedia(NARROW).matches,
  )
}

export interface DomainTableProps {
  readonly domains: readonly DomainInfo[]
  readonly selected: string | null
  readonly diskColumn: boolean
  readonly networkColumn: boolean
  readonly onSelect: (uuid: string) => void
  readonly onContextMenu: (uuid: string, at: MenuPoint) => void
}

export function DomainTable(props: DomainTableProps) {
  const { domains, selected, diskColumn, networkColumn, onSelect } = props
  const { t } = useWords()
  const perform = usePerform()
  const narrow = useNarrow()
  const find = (uuid: string) => domains.find((domain) => domain.uuid === uuid)

  const menuAtRow = (uuid: string) => {
    const rect = rowOf(uuid)?.getBoundingClientRect()
    if (rect !== undefined) props.onContextMenu(uuid, { x: rect.left + 44, y: rect.bottom - 6, by: 'keyboard' })
  }

  const openMenu = (event: MouseEvent) => {
    event.preventDefault()
    const row = event.target instanceof Element ? event.target.closest('[role="row"][data-key]') : null
    const uuid = row?.getAttribute('data-key') ?? null
    if (uuid === null || find(uuid) === undefined) return
    // The Menu key comes as a context menu event without a pressed button.
    if (event.button === 2) props.onContextMenu(uuid, { x: event.clientX, y: event.clientY, by: 'mouse' })
    else menuAtRow(uuid)
  }

  const onKey = (event: KeyboardEvent) => {
    const uuid = selected
    const domain = uuid === null ? undefined : find(uuid)
    if (uuid === null || domain === undefined) return
    if (event.key === 'Delete') perform('delete', domain)
    else if (event.key === 'F10' || event.key === 'ContextMenu') menuAtRow(uuid)
    else return
    event.preventDefault()
    event.stopPropagation()
  }

  return (
    // biome-ignore lint/a11y/noStaticElementInteractions: the table inside has the role; keys bubble up from its rows
    <div className="domain-table" onContextMenu={openMenu} onKeyDownCapture={onKey}>
      <ResizableTableContainer className="table-box">
        <Virtualizer layout={TableLayout} layoutOptions={{ rowHeight: 46, headingHeight: 28 }}>
          <Table
            key={`${diskColumn} ${networkColumn}`}
            aria-label={t('manager.table')}
            className="table"
            selectionMode="single"
            selectionBehavior="replace"
            disallowEmptySelection
            selectedKeys={selected === null ? [] : [selected]}
            onSelectionChange={(keys) => {
              if (keys === 'all') return
              const [key] = keys
              if (key !== undefined) onSelect(String(key))
            }}
            onRowAction={(key) => perform('open', find(String(key)) ?? null)}
          >
            <TableHeader className="table-head">
              <Column id="name" isRowHeader className="column" defaultWidth="1fr" minWidth={170}>
                {t('manager.column-name')}
              </Column>
              <Column id="cpu" className="column" width={narrow ? 140 : 206}>
                {t('manager.column-cpu')}
              </Column>
              <Column id="memory" className="column" width={narrow ? 112 : 176}>
                {t('manager.column-memory')}
              </Column>
              {diskColumn && (
                <Column id="disk" className="column" width={narrow ? 92 : 228}>
                  {t('manager.column-disk')}
                </Column>
              )}
              {networkColumn && (
                <Column id="network" className="column" width={narrow ? 92 : 228}>
                  {t('manager.column-network')}
                </Column>
              )}
            </TableHeader>
            <TableBody items={domains} dependencies={[t, diskColumn, networkColumn]}>
              {(domain) => (
                <Row
                  id={domain.uuid}
                  className="row"
                  textValue={domain.kind === 'domain0' ? t('manager.domain0') : domain.name}
                >
                  <Cell className="cell">
                    <NameCell domain={domain} />
                  </Cell>
                  <Cell className="cell">
                    <CpuCell domain={domain} />
                  </Cell>
                  <Cell className="cell">
                    <MemoryCell domain={domain} />
                  </Cell>
                  {diskColumn && (
                    <Cell className="cell">
                      <TrafficCell domain={domain} kind="vbd" />
                    </Cell>
                  )}
                  {networkColumn && (
                    <Cell className="cell">
                      <TrafficCell domain={domain} kind="vif" />
                    </Cell>
                  )}
                </Row>
              )}
            </TableBody>
          </Table>
        </Virtualizer>
      </ResizableTableContainer>
    </div>
  )
}
