// What events do to kept answers: preferences are replaced, what is known of the host is asked again when guests came or
// went. And the hooks views read them with.
// Invariant: an answer that is asked again stays shown until the new one is here, so that nothing jumps.
// Runs in: every window; the functions without `use` in tests too.

import { type QueryClient, useQuery } from '@tanstack/react-query'
import type { Client } from '../../src-main/public/client'
import { defaultPreferences, type HostInfo, type NetworkInfo, type Preferences } from '../../src-main/public/types'
import { useClient } from '../client/Client'
import { callQuery } from '../client/queries'

/** Subscribes the answers of a window to events; returns the function that ends it. */
export function followEvents(client: Client, queries: QueryClient): () => void {
  const host = callQuery(client, 'hostInfo', {})
  const active = new Map<string, boolean>()
  const hostChanged = () => void queries.invalidateQueries({ queryKey: host.queryKey })
  const ends = [
    client.subscribe('preferencesChanged', ({ preferences }) =>
      queries.setQueryData(callQuery(client, 'preferencesGet', {}).queryKey, preferences),
    ),
    client.subscribe('networksChanged', ({ networks }) =>
      queries.setQueryData(callQuery(client, 'networkList', {}).queryKey, networks),
    ),
    // A guest that starts or ends takes or gives memory; a job that ends may have fetched what the demo guest needs.
    client.subscribe('domainChanged', ({ domain }) => {
      const isActive = domain.domid !== null
      if (active.get(domain.uuid) === isActive) return
      active.set(domain.uuid, isActive)
      hostChanged()
    }),
    client.subscribe('domainRemoved', ({ uuid }) => {
      active.delete(uuid)
    }),
    client.subscribe('jobChanged', ({ job }) => {
      if (job.state !== 'running') hostChanged()
    }),
  ]
  return () => {
    for (const end of ends) end()
  }
}

/** Null until it is known: looking for a package manager may take main a moment. */
export function useHost(): HostInfo | null {
  return useQuery(callQuery(useClient(), 'hostInfo', {})).data ?? null
}

export function usePreferences(): Preferences {
  return useQuery(callQuery(useClient(), 'preferencesGet', {})).data ?? defaultPreferences
}

const noNetworks: readonly NetworkInfo[] = []

export function useNetworks(): readonly NetworkInfo[] {
  return useQuery(callQuery(useClient(), 'networkList', {})).data ?? noNetworks
}
