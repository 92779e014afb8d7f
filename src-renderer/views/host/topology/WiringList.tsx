// The same as a list: an interface a row, its network and its cable to be changed in place. For many interfaces, and for whoever
// would rather read than look. Invariant: says no less than the drawing. Runs in: host window.

import { useState } from 'react'
import type { NetworkInfo } from '../../../../src-main/public/types'
import { Button } from '../../../components/Button'
import { Check } from '../../../components/Check'
import { DataTable } from '../../../components/DataTable'
import { useWords } from '../../../components/Language'
import { Select } from '../../../components/Select'
import { forwardWords } from './plug-words'
import type { Rewire } from './use-rewire'
import { type Addresses, addressOf, type Plug, type WiredMachine } from './wiring'

/** Rows shown at once; more are asked for. */
const ROWS = 200

export function WiringList(props: {
  readonly networks: readonly NetworkInfo[]
  readonly machines: readonly WiredMachine[]
  readonly addresses: Addresses
  readonly rewire: Rewire
}) {
  const { networks, machines, addresses, rewire } = props
  const { t } = useWords()
  const [most, setMost] = useState(ROWS)
  const plugs = machines.flatMap((machine) => machine.plugs)
  const names = networks.map(({ network }) => network.name)
  const choices = (network: string) =>
    (names.includes(network) ? names : [...names, network]).map((name) => {
      return { value: name, label: names.includes(name) ? name : `${name} (${t('nic.network-gone')})` }
    })
  const states = new Map(machines.map(({ uuid, state }) => [uuid, state]))
  const words = ({ machine, nic }: Plug, what: string) => `${machine}, ${t('details.nic', { index: nic.index })}: ${what}`
  return (
    <div className="topology-list">
      <DataTable<Plug>
        label={t('topology.interfaces')}
        rows={plugs.slice(0, most)}
        rowKey={({ id }) => id}
        empty={t('topology.none')}
        columns={[
          { id: 'machine', label: t('topology.machine'), cell: ({ machine }) => machine },
          { id: 'state', label: t('manager.column-state'), cell: ({ uuid }) => t(`state.${states.get(uuid) ?? 'shutoff'}`) },
          { id: 'index', label: t('topology.interface'), numeric: true, cell: ({ nic }) => nic.index },
          {
            id: 'network',
            label: t('topology.network'),
            cell: (plug) => (
              <>
                <Select
                  label={words(plug, t('topology.network'))}
                  value={plug.next ?? plug.nic.network}
                  choices={choices(plug.next ?? plug.nic.network)}
                  disabled={plug.fixed !== undefined}
                  onChange={(network) => rewire.plugInto(plug, network)}
                />
                {plug.next !== undefined && (
                  <div className="topology-what">{t('topology.still', { network: plug.nic.network })}</div>
                )}
                {plug.fixed !== undefined && <div className="topology-what">{t(`topology.fixed-${plug.fixed}`)}</div>}
              </>
            ),
          },
          {
            id: 'link',
            label: t('nic.link'),
            cell: (plug) => (
              <Check
                label={t('topology.cable-in')}
                value={plug.nic.link !== 'down'}
                disabled={plug.fixed !== undefined}
                onChange={(on) => rewire.setLink(plug, on ? 'up' : 'down')}
              />
            ),
          },
          {
            id: 'address',
            label: t('nic.address'),
            mono: true,
            cell: (plug) => addressOf(plug, addresses) ?? '–',
          },
          { id: 'mac', label: t('nic.mac'), mono: true, cell: ({ nic }) => nic.mac },
          {
            id: 'forwards',
            label: t('network.forwards'),
            cell: ({ nic }) => nic.forwards.map((forward) => forwardWords(forward, t)).join(', '),
          },
        ]}
      />
      {plugs.length > most && (
        <p className="topology-more">
          {t('topology.more', { shown: t.number(most), count: t.number(plugs.length) })}{' '}
          <Button kind="link" onPress={() => setMost(most + ROWS)}>
            {t('topology.more-show')}
          </Button>
        </p>
      )}
    </div>
  )
}
