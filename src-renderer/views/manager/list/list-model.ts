// The rows of the list as a hook: domains in the chosen order, the filter over every column, folders.
// Invariant: order by a figure is taken again every few seconds, never while the pointer is over the list, so that no row
// leaves from under it. Runs in: manager window.

import { type RefObject, useEffect, useMemo, useRef, useState } from 'react'
import type { Client } from '../../../../src-main/public/client'
import type { ListLayout, Metadata } from '../../../../src-main/public/list'
import type { DomainInfo } from '../../../../src-main/public/types'
import { useClient } from '../../../client/Client'
import { useWords } from '../../../components/Language'
import { stateLine } from '../../../features/domain-state/state-words'
import { connectionName } from '../../../lib/connection-name'
import { osName } from '../../../lib/os-table'
import { useConnections, useMetadata } from '../../../state/answers'
import { connectionOf } from '../../../state/app-state'
import type { LiveFigures } from '../../../state/live-figures'
import { useAppState, useAppStore } from '../../../state/store'
import { columnTable, makeCompare, type SortKeys } from './columns'
import { type Filter, type Filtered, parseFilter, passes } from './filter'
import { listRows, type Row } from './rows'

const LEASES_EVERY_MS = 10_000
const ORDER_EVERY_MS = 5000
const MIB = 1024 * 1024

/** Addresses by connection and MAC, asked for again and again while somebody wants to see them. */
function useAddresses(wanted: boolean): ReadonlyMap<string, string> {
  const client = useClient()
  const connections = useConnections()
  const [addresses, setAddresses] = useState<ReadonlyMap<string, string>>(new Map())
  const open = connections.flatMap(({ connection, state }) => (state === 'connected' ? [connection] : [])).join(' ')
  useEffect(() => {
    if (!wanted) return
    const ask = async () => {
      const found = await Promise.all(
        open
          .split(' ')
          .filter(Boolean)
          .map((connection) => leasesOf(client, connection)),
      )
      const leases = found.flat()
      setAddresses((before) => {
        const same = leases.length === before.size && leases.every(([key, address]) => before.get(key) === address)
        return same ? before : new Map(leases)
      })
    }
    void ask()
    const timer = setInterval(() => void ask(), LEASES_EVERY_MS)
    return () => clearInterval(timer)
  }, [wanted, open, client])
  return addresses
}

async function leasesOf(client: Client, connection: string): Promise<readonly (readonly [string, string])[]> {
  const networks = await client.call('networkList', { connection })
  const used = networks.ok ? networks.value.filter(({ usedBy }) => usedBy.length > 0) : []
  const answers = await Promise.all(used.map(({ network }) => client.call('networkLeases', { connection, name: network.name })))
  const leases = answers.flatMap((answer) => (answer.ok ? answer.value : []))
  return leases.map(({ mac, address }) => [`${connection} ${mac}`, address] as const)
}

/** Counts up while it should, so that what depends on it is looked at again. */
function useTurns(active: boolean, everyMs: number, list: RefObject<HTMLElement | null>): number {
  const [turn, setTurn] = useState(0)
  useEffect(() => {
    if (!active) return
    const timer = setInterval(() => {
      if (list.current?.matches(':hover') !== true) setTurn((before) => before + 1)
    }, everyMs)
    return () => clearInterval(timer)
  }, [active, everyMs, list])
  return turn
}

function numberOf(domain: DomainInfo, live: LiveFigures, hostCpus: number): Filtered['number'] {
  return (field) => {
    const latest = (figure: 'cpu' | 'memory' | 'disk' | 'network') => live.latest(domain.uuid, figure)
    const config = domain.running ?? domain.config
    switch (field) {
      case 'cpu':
        return ((latest('cpu') ?? 0) / (config?.vcpus ?? 1)) * 100
      case 'host':
        return ((latest('cpu') ?? 0) / hostCpus) * 100
      case 'memory':
        return (latest('memory') ?? (config?.memoryMiB ?? 0) * MIB) / MIB
      case 'disk':
        return (latest('disk') ?? 0) / 1024
      case 'network':
        return (latest('network') ?? 0) / 1024
      case 'uptime':
        return domain.startedAt === null ? undefined : (Date.now() - domain.startedAt) / 60_000
    }
  }
}

export interface ListModel {
  readonly rows: readonly Row[]
  /** Every domain, in order, without filter. */
  readonly all: readonly DomainInfo[]
  readonly placeOf: (uuid: string) => Metadata
  readonly addressesOf: (domain: DomainInfo) => string
  readonly collator: Intl.Collator
}

export function useListModel(
  typed: string,
  layout: ListLayout,
  hostCpus: number,
  list: RefObject<HTMLElement | null>,
): ListModel {
  const { t, formats } = useWords()
  const { live } = useAppStore()
  const domains = useAppState((state) => state.domains)
  const connections = useConnections()
  const placeOf = useMetadata()
  const filter: Filter = useMemo(() => parseFilter(typed), [typed])
  const { sort } = layout
  const ipShown = layout.columns.some(({ id, shown }) => id === 'ip' && shown)
  // Any number may be the beginning of one.
  const addresses = useAddresses(ipShown || /\bip:|\d/.test(typed))
  const byFigure = columnTable.some((column) => column.id === sort.column && 'figure' in column) || sort.column === 'uptime'
  const orderTurn = useTurns(byFigure, ORDER_EVERY_MS, list)
  const filterTurn = useTurns(filter.live, ORDER_EVERY_MS, list)
  const collator = useMemo(() => new Intl.Collator(t.language, { numeric: true, sensitivity: 'base' }), [t.language])

  const addressesOf = useMemo(
    () => (domain: DomainInfo) => {
      const devices = domain.running?.devices ?? []
      const home = connectionOf(domain)
      return devices
        .flatMap((device) => (device.kind === 'vif' ? (addresses.get(`${home} ${device.mac}`) ?? []) : []))
        .join(' ')
    },
    [addresses],
  )

  // Almost in order already: what is sorted is the last result.
  const before = useRef<readonly DomainInfo[]>([])
  const all = useMemo(() => {
    void orderTurn
    const latest = (figure: 'cpu' | 'memory' | 'disk' | 'network') => (domain: DomainInfo) =>
      live.latest(domain.uuid, figure) ?? -1
    const keys: SortKeys = {
      name: ({ name }) => name,
      state: ({ state }) => t(`state.${state}`),
      cpu: (domain) => (live.latest(domain.uuid, 'cpu') ?? -1) / ((domain.running ?? domain.config)?.vcpus ?? 1),
      host: latest('cpu'),
      memory: latest('memory'),
      disk: latest('disk'),
      network: latest('network'),
      autostart: ({ config }) => (config?.autostart === true ? 0 : 1),
      tags: ({ uuid }) => placeOf(uuid).tags.join(' '),
      uptime: ({ startedAt }) => (startedAt === null ? -1 : -startedAt),
      ip: addressesOf,
      os: ({ config }) => osName(config?.os ?? ''),
    }
    const known = before.current.flatMap(({ uuid }) => domains[uuid] ?? [])
    const seen = new Set(known.map(({ uuid }) => uuid))
    const fresh = Object.values(domains).filter(({ uuid }) => !seen.has(uuid))
    const sorted = [...known, ...fresh].sort(makeCompare(keys, sort, collator))
    before.current = sorted
    return sorted
  }, [domains, sort, collator, placeOf, addressesOf, live, orderTurn, t])

  // What a filter sees of each domain, as long as nothing of it has changed.
  const texts = useMemo(() => {
    void hostCpus
    return new WeakMap<DomainInfo, { t: unknown; place: Metadata; addresses: string; filtered: Filtered }>()
  }, [hostCpus])
  const rows = useMemo(() => {
    void filterTurn
    const homes = new Map(connections.map((each) => [each.connection, connectionName(each, t).toLowerCase()]))
    const filteredOf = (domain: DomainInfo): Filtered => {
      const place = placeOf(domain.uuid)
      const ip = addressesOf(domain)
      const home = homes.get(connectionOf(domain)) ?? ''
      const kept = texts.get(domain)
      const isSame = kept !== undefined && kept.t === t && kept.place === place && kept.addresses === ip
      if (isSame && kept.filtered.fields.connection === home) return kept.filtered
      const { config } = domain
      const name = domain.kind === 'domain0' ? t('manager.domain0') : domain.name
      const columns = {
        name: name.toLowerCase(),
        state: t(`state.${domain.state}`).toLowerCase(),
        tag: place.tags.join(' ').toLowerCase(),
        folder: place.folder.toLowerCase(),
        ip,
        os: osName(config?.os ?? '').toLowerCase(),
        autostart: config?.autostart === true ? t('manager.yes').toLowerCase() : '',
      }
      const macs = (config?.devices ?? []).flatMap((device) => (device.kind === 'vif' ? [device.mac] : []))
      // As the columns show them: why it crashed, and memory with its separators.
      const shownAs = [stateLine(domain, undefined, t, formats), config === null ? '' : formats.memory(config.memoryMiB * MIB)]
      const words = [config?.title ?? '', config?.description ?? '', `${config?.memoryMiB ?? ''} mib`, ...macs, ...shownAs]
      const text = [...Object.values(columns), ...words].join('\n').toLowerCase()
      // Where it is is no column: a word is not looked for there.
      const fields = { ...columns, connection: home }
      const filtered = { text, fields, number: numberOf(domain, live, hostCpus) }
      texts.set(domain, { t, place, addresses: ip, filtered })
      return filtered
    }
    const shown = filter.terms.length === 0 ? null : (domain: DomainInfo) => passes(filter, filteredOf(domain))
    return listRows({ connections, domains: all, placeOf, collapsed: new Set(layout.collapsed), shown, collator })
  }, [
    connections,
    all,
    filter,
    filterTurn,
    placeOf,
    addressesOf,
    layout.collapsed,
    collator,
    live,
    hostCpus,
    texts,
    t,
    formats,
  ])

  return { rows, all, placeOf, addressesOf, collator }
}
