// One vcpu of a paused machine: registers, the code it goes on with, its stack. Asked for when the machine comes to stand still.
// Invariant: nothing is shown of a vcpu that runs: it would be of no moment. Runs in: domain window.

import { useQuery } from '@tanstack/react-query'
import { useState } from 'react'
import { useClient } from '../../../client/Client'
import { callQuery, reportOf } from '../../../client/queries'
import { Button } from '../../../components/Button'
import { DataTable } from '../../../components/DataTable'
import { useWords } from '../../../components/Language'
import { Select } from '../../../components/Select'
import { isAllowed } from '../../../features/domain-actions/action-table'
import { usePerform } from '../../../features/domain-actions/DomainActions'
import { Refusal } from '../../../remedy/Refusal'
import type { InsideProps } from './TablePages'

export function VcpuPage(props: InsideProps) {
  const { domain } = props
  const { t } = useWords()
  const client = useClient()
  const perform = usePerform()
  const [vcpu, setVcpu] = useState(0)
  const paused = domain.state === 'paused'
  const count = (domain.running ?? domain.config)?.vcpus ?? 1
  const query = useQuery({
    ...callQuery(client, 'vcpuInspect', { uuid: domain.uuid, vcpu }),
    enabled: paused,
    staleTime: 0,
    gcTime: 0,
  })
  const state = paused ? query.data : undefined
  return (
    <>
      <div className="details-title">
        <h2>{t('inside.vcpus')}</h2>
        {count > 1 && (
          <Select
            label={t('inside.vcpu')}
            value={String(vcpu)}
            choices={Array.from({ length: count }, (_, index) => ({
              value: String(index),
              label: t('chart.vcpu', { vcpu: index }),
            }))}
            onChange={(value) => setVcpu(Number(value))}
          />
        )}
        <span className="fill" />
        {state !== undefined && <span className="muted">{t('inside.mode', { bits: state.mode })}</span>}
      </div>
      {!paused && (
        <div className="inside-paused">
          <p>{t('inside.vcpu-running')}</p>
          <Button icon="pause" disabled={!isAllowed('pause', domain)} onPress={() => perform('pause', domain)}>
            {t('action.pause')}
          </Button>
        </div>
      )}
      <Refusal error={paused && query.error !== null ? reportOf(query.error) : null} onChange={() => void query.refetch()} />
      {state !== undefined && (
        <div className="inside-vcpu">
          <div>
            <h3>{t('inside.code')}</h3>
            <DataTable
              label={t('inside.code')}
              rows={state.code.map((line, index) => ({ ...line, next: index === 0 }))}
              rowKey={({ address }) => address}
              empty={t('inside.not-mapped')}
              columns={[
                { id: 'next', label: '', cell: ({ next }) => (next ? '▸' : '') },
                { id: 'address', label: t('inside.address'), mono: true, cell: ({ address }) => address },
                { id: 'text', label: t('inside.instruction'), mono: true, cell: ({ text }) => text },
                {
                  id: 'bytes',
                  label: t('inside.bytes'),
                  mono: true,
                  wrap: true,
                  cell: ({ bytes }) => <span className="muted">{bytes}</span>,
                },
              ]}
            />
          </div>
          <div>
            <h3>{t('inside.registers')}</h3>
            <DataTable
              label={t('inside.registers')}
              rows={state.registers}
              rowKey={({ name }) => name}
              empty=""
              columns={[
                { id: 'name', label: t('inside.name'), mono: true, cell: ({ name }) => name },
                { id: 'value', label: t('inside.value'), mono: true, numeric: true, cell: ({ value }) => value },
                { id: 'note', label: t('inside.note'), wrap: true, cell: ({ note }) => <span className="muted">{note}</span> },
              ]}
            />
          </div>
          <div>
            <h3>{t('inside.stack')}</h3>
            <DataTable
              label={t('inside.stack')}
              rows={state.stack}
              rowKey={({ address }) => address}
              empty={t('inside.not-mapped')}
              columns={[
                { id: 'address', label: t('inside.address'), mono: true, cell: ({ address }) => address },
                { id: 'value', label: t('inside.value'), mono: true, numeric: true, cell: ({ value }) => value },
              ]}
            />
          </div>
        </div>
      )}
    </>
  )
}
