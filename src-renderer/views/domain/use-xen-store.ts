// XenStore's nodes about one domain, followed for as long as a page shows something of them.
// Invariant: main watches for a while each time it is asked; nobody looking, nobody asks. Runs in: domain window.

import { useQuery } from '@tanstack/react-query'
import { useEffect } from 'react'
import type { DomainInfo } from '../../../src-main/public/types'
import { useClient } from '../../client/Client'
import { callQuery } from '../../client/queries'

const WATCH_SECONDS = 20

/** The answer of `storeDump`, asked again at each change and for each run. */
export function useXenStore(domain: DomainInfo) {
  const client = useClient()
  const query = useQuery({ ...callQuery(client, 'storeDump', { uuid: domain.uuid }), staleTime: 0, gcTime: 0 })
  const { refetch } = query
  useEffect(() => {
    const ask = () => void client.call('storeWatch', { seconds: WATCH_SECONDS })
    ask()
    const timer = setInterval(ask, (WATCH_SECONDS / 2) * 1000)
    const end = client.subscribe('storeChanged', () => void refetch())
    return () => {
      clearInterval(timer)
      end()
    }
  }, [client, refetch])
  const active = domain.domid
  // biome-ignore lint/correctness/useExhaustiveDependencies: another run has another tree
  useEffect(() => void refetch(), [active, refetch])
  return query
}
