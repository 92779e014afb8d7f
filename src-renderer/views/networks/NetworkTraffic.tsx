// Who is in a network: the machines that join it, the addresses it gave, the ports that lead in. Leases are asked for every few
// seconds while they are shown: domain 0 does not tell of them by itself. Runs in: networks window.

import { useQuery } from '@tanstack/react-query'
import { useMemo } from 'react'
import type { NetworkInfo } from '../../../src-main/public/types'
import { useClient } from '../../client/Client'
import { callQuery } from '../../client/queries'
import { Button } from '../../components/Button'
import { DataTable } from '../../components/DataTable'
import { useWords } from '../../components/Language'
import { tidyMac } from '../../features/nics/nic-form'
import { NAMES_SHOWN, someNames, sortedNames } from '../../lib/some-names'
import { useDomainsHere } from '../../state/answers'
import type { HostForm } from './network-form'

const LEASES_MS = 3000

export function NetworkTraffic(props: {
  readonly info: NetworkInfo
  readonly fixed: readonly HostForm[]
  /** The interface of this MAC address is to have this address from now on. */
  readonly onKeep: (mac: string, address: string) => void
}) {
  const { fixed, onKeep } = props
  const { network, usedBy } = props.info
  const { t, formats } = useWords()
  const client = useClient()
  const domains = useDomainsHere()
  const query = callQuery(client, 'networkLeases', { name: network.name })
  const { data: leases = [] } = useQuery({ ...query, staleTime: 0, gcTime: 0, refetchInterval: LEASES_MS })
  const forwards = useMemo(
    () =>
      domains.flatMap(({ name, config }) =>
        (config?.devices ?? []).flatMap((device) =>
          device.kind === 'vif' && device.network === network.name
            ? device.forwards.map((forward) => ({ name, ...forward }))
            : [],
        ),
      ),
    [domains, network.name],
  )
  const users = sortedNames(usedBy, t.language)
  return (
    <>
      <dl className="facts">
        <dt>{t('network.used-by')}</dt>
        <dd title={users.length > NAMES_SHOWN ? users.join(', ') : undefined}>
          {users.length === 0 ? t('network.unused') : someNames(users, t)}
        </dd>
        <dt>{t('network.forwards')}</dt>
        <dd>
          {forwards.length === 0
            ? t('network.no-forwards')
            : forwards.map(({ name, protocol, hostAddress, hostPort, guestPort }) => (
                <div key={`${name} ${protocol} ${hostAddress ?? ''} ${hostPort}`}>
                  {t('network.forward', {
                    protocol: protocol.toUpperCase(),
                    host: `${hostAddress ?? '127.0.0.1'}:${hostPort}`,
                    name,
                    guest: guestPort,
                  })}
                </div>
              ))}
        </dd>
      </dl>
      <h3>{t('network.leases')}</h3>
      {leases.length === 0 ? (
        <p className="muted">{t('network.no-leases')}</p>
      ) : (
        <DataTable
          label={t('network.leases')}
          rows={leases}
          rowKey={({ mac }) => mac}
          empty=""
          columns={[
            { id: 'address', label: t('network.lease-address'), mono: true, cell: ({ address }) => address },
            { id: 'mac', label: t('nic.mac'), mono: true, cell: ({ mac }) => mac },
            { id: 'name', label: t('network.lease-name'), cell: ({ name }) => name },
            {
              id: 'until',
              label: t('network.lease-until'),
              cell: ({ expiresAt }) => (expiresAt === undefined ? t('network.lease-forever') : formats.dateTime(expiresAt)),
            },
            {
              id: 'keep',
              label: t('network.fixed-column'),
              cell: ({ mac, address }) =>
                fixed.some((host) => tidyMac(host.mac) === mac) ? (
                  t('network.fixed-is')
                ) : (
                  <Button
                    kind="tool"
                    icon="check"
                    label={t('network.fixed-keep', { mac })}
                    onPress={() => onKeep(mac, address)}
                  />
                ),
            },
          ]}
        />
      )}
    </>
  )
}
