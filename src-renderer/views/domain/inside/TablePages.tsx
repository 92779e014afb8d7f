// Tables of a guest's inside: hypercalls and exits a second, event channels, grants in use, rings with their indexes, the
// shared-info page decoded. Runs in: domain window.

import type { ReactNode } from 'react'
import type { InspectPart, InspectReply } from '../../../../src-main/public/inspect'
import type { DomainInfo } from '../../../../src-main/public/types'
import { type Column, DataTable } from '../../../components/DataTable'
import { useWords } from '../../../components/Language'
import type { Formats } from '../../../lib/format'
import { type Seen, useInspect } from './use-inspect'

export interface InsideProps {
  readonly domain: DomainInfo
}

type Counter = NonNullable<InspectReply['counters']>[number]
type Port = NonNullable<InspectReply['ports']>[number]
type Grant = NonNullable<InspectReply['grants']>['entries'][number]
type Ring = NonNullable<InspectReply['rings']>[number]
type SharedField = NonNullable<InspectReply['shared']>[number]

/** Title, a line of what it is, and the table, once there is an answer. */
function InsideTable<R>(props: {
  readonly domain: DomainInfo
  readonly part: InspectPart
  readonly title: string
  readonly about: string
  readonly rows: (seen: Seen) => readonly R[]
  readonly columns: (seen: Seen) => readonly Column<R>[]
  readonly rowKey: (row: R) => string
  readonly summary?: (seen: Seen) => ReactNode
}) {
  const { t } = useWords()
  const seen = useInspect(props.domain, props.part)
  return (
    <>
      <h2>{props.title}</h2>
      <p className="inside-about">
        {props.about} {seen !== null && props.summary?.(seen)}
      </p>
      {seen === null ? (
        <p className="muted">{t('inside.off')}</p>
      ) : (
        <DataTable
          label={props.title}
          columns={props.columns(seen)}
          rows={props.rows(seen)}
          rowKey={props.rowKey}
          empty={t('inside.none')}
          stacks
        />
      )}
    </>
  )
}

export function CountersPage(props: InsideProps) {
  const { t } = useWords()
  const rateOf = ({ before, seconds }: Seen, row: Counter): number | null => {
    const was = before?.counters?.find(({ kind, name }) => kind === row.kind && name === row.name)
    return was === undefined ? null : Math.max(0, (row.total - was.total) / seconds)
  }
  return (
    <InsideTable<Counter>
      {...props}
      part="counters"
      title={t('inside.counters')}
      about={t('inside.counters-about')}
      // Those never used are left out; once seen, a row keeps its place.
      rows={({ reply }) => (reply.counters ?? []).filter(({ total }) => total > 0)}
      rowKey={({ kind, name }) => `${kind} ${name}`}
      columns={(seen) => [
        { id: 'kind', label: t('inside.kind'), cell: ({ kind }) => t(`inside.kind-${kind}`) },
        { id: 'name', label: t('inside.name'), mono: true, cell: ({ name }) => name },
        {
          id: 'rate',
          label: t('inside.per-second'),
          numeric: true,
          cell: (row) => {
            const rate = rateOf(seen, row)
            return rate === null ? '…' : t.number(Math.round(rate))
          },
        },
        { id: 'total', label: t('inside.total'), numeric: true, cell: ({ total }) => t.number(total) },
      ]}
    />
  )
}

export function PortsPage(props: InsideProps) {
  const { t } = useWords()
  const yes = (value: boolean): string => (value ? t('inside.yes') : '–')
  return (
    <InsideTable<Port>
      {...props}
      part="ports"
      title={t('inside.ports')}
      about={t('inside.ports-about')}
      rows={({ reply }) => reply.ports ?? []}
      rowKey={({ port }) => String(port)}
      columns={() => [
        { id: 'port', label: t('inside.port'), numeric: true, cell: ({ port }) => port },
        { id: 'state', label: t('inside.port-state'), mono: true, cell: ({ state }) => state },
        { id: 'use', label: t('inside.use'), mono: true, cell: ({ use }) => use || '–' },
        {
          id: 'remote',
          label: t('inside.remote'),
          numeric: true,
          cell: ({ state, remote }) => (state === 'interdomain' || state === 'unbound' ? remote : '–'),
        },
        { id: 'vcpu', label: t('inside.vcpu'), numeric: true, cell: ({ vcpu }) => vcpu },
        { id: 'pending', label: t('inside.pending'), cell: ({ pending }) => yes(pending) },
        { id: 'masked', label: t('inside.masked'), cell: ({ masked }) => yes(masked) },
      ]}
    />
  )
}

export function GrantsPage(props: InsideProps) {
  const { t } = useWords()
  return (
    <InsideTable<Grant>
      {...props}
      part="grants"
      title={t('inside.grants')}
      about={t('inside.grants-about')}
      summary={({ reply }) =>
        reply.grants !== undefined &&
        t('inside.grants-summary', {
          used: t.number(reply.grants.inUse),
          frames: t.number(reply.grants.frames),
          most: t.number(reply.grants.mostFrames),
          shown: t.number(reply.grants.entries.length),
        })
      }
      rows={({ reply }) => reply.grants?.entries ?? []}
      rowKey={({ ref }) => String(ref)}
      columns={() => [
        { id: 'ref', label: t('inside.ref'), numeric: true, cell: ({ ref }) => ref },
        { id: 'gfn', label: t('inside.gfn'), mono: true, numeric: true, cell: ({ gfn }) => gfn },
        { id: 'domid', label: t('inside.granted-to'), numeric: true, cell: ({ domid }) => domid },
        { id: 'access', label: t('inside.access'), cell: ({ access }) => t(`inside.access-${access}`) },
      ]}
    />
  )
}

const distance = (ahead: number, behind: number): number => (ahead - behind) >>> 0

export function RingsPage(props: InsideProps) {
  const { t } = useWords()
  return (
    <InsideTable<Ring>
      {...props}
      part="rings"
      title={t('inside.rings')}
      about={t('inside.rings-about')}
      rows={({ reply }) => reply.rings ?? []}
      rowKey={({ key, name }) => `${key} ${name}`}
      columns={() => [
        { id: 'key', label: t('inside.device'), mono: true, cell: ({ key }) => key },
        { id: 'name', label: t('inside.ring'), mono: true, cell: ({ name }) => name },
        {
          id: 'size',
          label: t('inside.size'),
          numeric: true,
          cell: ({ size, unit }) => t(`inside.size-${unit}`, { size: t.number(size) }),
        },
        { id: 'produced', label: 'req_prod', mono: true, numeric: true, cell: ({ produced }) => produced },
        { id: 'consumed', label: 'req_cons', mono: true, numeric: true, cell: ({ consumed }) => consumed },
        { id: 'answered', label: 'rsp_prod', mono: true, numeric: true, cell: ({ answered }) => answered ?? '–' },
        {
          id: 'waiting',
          label: t('inside.waiting'),
          cell: ({ produced, consumed, answered, size }) => {
            const waiting = distance(produced, answered ?? consumed)
            return (
              <span className="ring-fill">
                <meter min={0} max={size} value={Math.min(size, waiting)} aria-label={t('inside.waiting')} />
                {t.number(waiting)}
              </span>
            )
          },
        },
      ]}
    />
  )
}

/** As people of the language write it. */
function sharedValue({ kind, value }: NonNullable<SharedField['note']>, formats: Formats): string {
  if (kind === 'wall-clock') return formats.dateTime(Date.parse(value))
  return kind === 'seconds' || kind === 'tsc' ? formats.thousandths(Number(value)) : value
}

export function SharedPage(props: InsideProps) {
  const { t, formats } = useWords()
  return (
    <InsideTable<SharedField>
      {...props}
      part="shared"
      title={t('inside.shared')}
      about={t('inside.shared-about')}
      rows={({ reply }) => reply.shared ?? []}
      rowKey={({ name }) => name}
      columns={() => [
        { id: 'name', label: t('inside.field'), mono: true, cell: ({ name }) => name },
        { id: 'value', label: t('inside.value'), mono: true, cell: ({ value }) => value },
        {
          id: 'note',
          label: t('inside.note'),
          wrap: true,
          cell: ({ note }) =>
            note && <span className="muted">{t(`inside.shared-${note.kind}`, { value: sharedValue(note, formats) })}</span>,
        },
      ]}
    />
  )
}
