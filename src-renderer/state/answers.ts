// What events do to kept answers: preferences are replaced, what is known of the host is asked again when guests came or
// went. And the hooks views read them with.
// Invariant: an answer that is asked again stays shown until the new one is here, so that nothing jumps.
// Runs in: every window; the functions without `use` in tests too.

import { type QueryClient, useQuery, useQueryClient } from '@tanstack/react-query'
import { useCallback, useMemo } from 'react'
import type { Client } from '../../src-main/public/client'
import { type ConnectionInfo, LOCAL_CONNECTION } from '../../src-main/public/connection'
import { defaultListLayout, type ListLayout, type Metadata, noMetadata } from '../../src-main/public/list'
import { defaultPreferences, type Preferences } from '../../src-main/public/preferences'
import type { DomainInfo, HostInfo, NetworkInfo } from '../../src-main/public/types'
import { useClient } from '../client/Client'
import { callQuery, type QueryName } from '../client/queries'
import { connectionOf } from './app-state'
import { useAppState, useAppStore } from './store'

/** Subscribes the answers of a window to events; returns the function that ends it. */
export function followEvents(client: Client, queries: QueryClient): () => void {
  const host = callQuery(client, 'hostInfo', {})
  const active = new Map<string, boolean>()
  const hostChanged = () => void queries.invalidateQueries({ queryKey: host.queryKey })
  const ask = (...names: readonly QueryName[]) => {
    for (const name of names) void queries.invalidateQueries({ queryKey: [name] })
  }
  const ends = [
    client.subscribe('preferencesChanged', ({ preferences }) =>
      queries.setQueryData(callQuery(client, 'preferencesGet', {}).queryKey, preferences),
    ),
    client.subscribe('metadataChanged', ({ changes }) =>
      queries.setQueryData(callQuery(client, 'metadataList', {}).queryKey, (before) => {
        if (before === undefined) return undefined
        const kept = new Map(before.map((entry) => [entry.uuid, entry]))
        for (const change of changes) kept.set(change.uuid, change)
        return [...kept.values()]
      }),
    ),
    client.subscribe('snapshotsChanged', ({ tree }) =>
      queries.setQueryData(callQuery(client, 'snapshotTree', { uuid: tree.uuid }).queryKey, (before) =>
        before === undefined ? undefined : tree,
      ),
    ),
    client.subscribe('storageChanged', () => ask('poolList', 'volumeList', 'imageInspect')),
    client.subscribe('templatesChanged', () => ask('templateList')),
    client.subscribe('networksChanged', ({ connection, networks }) => {
      for (const params of connection === undefined ? [{}, { connection: LOCAL_CONNECTION }] : [{ connection }]) {
        queries.setQueryData(callQuery(client, 'networkList', params).queryKey, networks)
      }
    }),
    // One that was opened brings answers along, and may be the first that is there.
    client.subscribe('connectionsChanged', () =>
      ask('hostInfo', 'metadataList', 'networkList', 'poolList', 'volumeList', 'templateList'),
    ),
    // A guest that starts or ends takes or gives memory, and its disks are in use or are not; a job that ends may have fetched what the demo guest needs.
    client.subscribe('domainChanged', ({ domain }) => {
      const isActive = domain.domid !== null
      if (active.get(domain.uuid) === isActive) return
      active.set(domain.uuid, isActive)
      hostChanged()
      ask('volumeList', 'imageInspect')
    }),
    client.subscribe('domainRemoved', ({ uuid }) => {
      active.delete(uuid)
    }),
    client.subscribe('jobChanged', ({ job }) => {
      if (job.state === 'running') return
      hostChanged()
      // It may have written an image, or put another under one.
      ask('imageInspect')
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

/** Folder and tags of a domain. */
export function useMetadata(): (uuid: string) => Metadata {
  const { data } = useQuery(callQuery(useClient(), 'metadataList', {}))
  return useMemo(() => {
    const kept = new Map((data ?? []).map(({ uuid, metadata }) => [uuid, metadata]))
    return (uuid) => kept.get(uuid) ?? noMetadata
  }, [data])
}

/** Columns, order and saved filters of the list; a change is shown at once and kept by main. One that main cannot store holds for
    this window, and that is said. */
export function useListLayout(): readonly [ListLayout, (change: Partial<ListLayout>) => void] {
  const client = useClient()
  const queries = useQueryClient()
  const store = useAppStore()
  const query = callQuery(client, 'listLayoutGet', {})
  const layout = useQuery(query).data ?? defaultListLayout
  const change = useCallback(
    (part: Partial<ListLayout>) => {
      const { queryKey } = callQuery(client, 'listLayoutGet', {})
      const next = { ...(queries.getQueryData(queryKey) ?? defaultListLayout), ...part }
      queries.setQueryData(queryKey, next)
      void client.call('listLayoutSet', next).then((done) => {
        if (!done.ok) store.dispatch({ kind: 'failed', error: done.error })
      })
    },
    [client, queries, store],
  )
  return [layout, change]
}

export function useConnections(): readonly ConnectionInfo[] {
  return useAppState((state) => state.connections)
}

/** The connection that the window's calls mean. */
export function useHere(): string {
  const { connection } = useClient()
  const connections = useConnections()
  const first = connections.find(({ state }) => state === 'connected')?.connection ?? LOCAL_CONNECTION
  return connection ?? first
}

/** Its domains. */
export function useDomainsHere(): readonly DomainInfo[] {
  const here = useHere()
  const domains = useAppState((state) => state.domains)
  return useMemo(() => Object.values(domains).filter((domain) => connectionOf(domain) === here), [domains, here])
}
