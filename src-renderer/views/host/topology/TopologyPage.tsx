// The wiring of the virtual networks as a drawing or as a list, filtered by what is typed. Both change it: a guest that runs is in
// its new network at once, and each change can be undone. Runs in: host window.

import { useQueries } from '@tanstack/react-query'
import { useMemo, useState } from 'react'
import { Input, SearchField } from 'react-aria-components'
import { useClient } from '../../../client/Client'
import { callQuery } from '../../../client/queries'
import { Segmented } from '../../../components/Field'
import { Icon } from '../../../components/Icon'
import { useWords } from '../../../components/Language'
import { useDomainsHere, useNetworks } from '../../../state/answers'
import { Drawing } from './Drawing'
import { useRewire } from './use-rewire'
import { WiringList } from './WiringList'
import { type Addresses, addressKey, filterMachines, wiredMachines } from './wiring'
import './topology.css'

const LEASES_MS = 3000

/** Asked again while somebody looks. */
function useAddresses(names: readonly string[]): Addresses {
  const client = useClient()
  return useQueries({
    queries: names.map((name) => {
      return { ...callQuery(client, 'networkLeases', { name }), staleTime: 0, gcTime: 0, refetchInterval: LEASES_MS }
    }),
    combine: (answers) =>
      new Map(
        answers.flatMap(({ data = [] }, index) =>
          data.map(({ mac, address }) => [addressKey(names[index] ?? '', mac), address]),
        ),
      ),
  })
}

export function TopologyPage(props: { readonly onOpenNetwork: (name: string) => void }) {
  const { t } = useWords()
  const networks = useNetworks()
  const domains = useDomainsHere()
  const [shown, setShown] = useState<'drawing' | 'list'>('drawing')
  const [filter, setFilter] = useState('')
  const rewire = useRewire()
  const names = useMemo(() => networks.map(({ network }) => network.name), [networks])
  const addresses = useAddresses(names)
  const all = useMemo(() => wiredMachines(domains, names, t.language), [domains, names, t.language])
  const machines = useMemo(() => filterMachines(all, filter, addresses), [all, filter, addresses])
  const parts = { networks, machines, addresses, rewire }
  return (
    <section className="topology" aria-label={t('host.tab-topology')}>
      <header className="topology-bar">
        <SearchField className="filter" aria-label={t('topology.filter')} value={filter} onChange={setFilter}>
          <Icon name="search" />
          <Input className="input" placeholder={t('topology.filter')} />
        </SearchField>
        <Segmented
          label={t('topology.shown')}
          value={shown}
          choices={[
            { value: 'drawing', label: t('topology.drawing') },
            { value: 'list', label: t('topology.list') },
          ]}
          onChange={setShown}
        />
        <span className="fill muted topology-hint">{t(shown === 'drawing' ? 'topology.hint' : 'topology.hint-list')}</span>
      </header>
      {machines.length === 0 && (
        <p className="muted topology-empty">{t(all.length === 0 ? 'topology.none' : 'topology.none-found')}</p>
      )}
      {shown === 'drawing' ? <Drawing {...parts} onOpenNetwork={props.onOpenNetwork} /> : <WiringList {...parts} />}
      {shown === 'drawing' && (
        <ul className="topology-legend">
          {(['live', 'off', 'out'] as const).map((kind) => (
            <li key={kind}>
              <svg width="34" height="10" aria-hidden="true">
                <path className={`cable ${kind}`} d="M1 5H33" />
              </svg>
              {t(`topology.legend-${kind}`)}
            </li>
          ))}
        </ul>
      )}
    </section>
  )
}
