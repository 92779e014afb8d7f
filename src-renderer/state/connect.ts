// Connects a window's store and its kept answers to main: subscribes to the events first, then asks for the lists.
// Invariant: main answers and sends on one ordered channel, so an event that comes before a list is part of it or is
// repeated by what comes after; nothing is lost. Failing lists are shown like any other failure.
// Runs in: every window.

import type { QueryClient } from '@tanstack/react-query'
import type { Client } from '../../src-main/public/client'
import { callQuery } from '../client/queries'
import { followEvents } from './answers'
import { HISTORY_MS, samplesOf } from './history'
import type { AppStore } from './store'

/** The list shows this much in its small curves. */
export const SPARKLINE_MS = 60_000

export interface ConnectOptions {
  /** A domain window keeps an hour of its own domain; the list keeps a minute of each. */
  readonly historyOf: string | null
}

export interface Kept {
  readonly client: Client
  readonly store: AppStore
  readonly queries: QueryClient
}

export async function connect(kept: Kept, options: ConnectOptions): Promise<() => void> {
  const { client, store, queries } = kept
  const { dispatch } = store
  const { historyOf } = options
  const ends = [
    followEvents(client, queries),
    client.subscribe('domainChanged', ({ domain }) => dispatch({ kind: 'domainChanged', domain })),
    client.subscribe('domainRemoved', ({ uuid }) => dispatch({ kind: 'domainRemoved', uuid })),
    client.subscribe('jobChanged', ({ job }) => {
      dispatch({ kind: 'jobChanged', job })
      const ours = historyOf === null || job.uuid === historyOf
      if (ours && job.state === 'failed' && job.error !== null) dispatch({ kind: 'failed', error: job.error })
    }),
    client.subscribe('noticeRaised', ({ notice }) => dispatch({ kind: 'noticeRaised', notice })),
    client.subscribe('quitAsked', ({ names }) => dispatch({ kind: 'quitAsked', names })),
    client.subscribe('quitProgress', ({ waitingFor }) => dispatch({ kind: 'quitWaiting', names: waitingFor })),
    client.subscribe('samples', ({ samples }) => {
      if (historyOf === null) dispatch({ kind: 'samples', samples, keepMs: SPARKLINE_MS })
      else dispatch({ kind: 'samples', samples: samples.filter(({ uuid }) => uuid === historyOf), keepMs: HISTORY_MS })
    }),
  ]
  const list = async () => {
    // What is known of the host may take a moment (it looks for a package manager): the list does not wait for it.
    void queries.prefetchQuery(callQuery(client, 'hostInfo', {}))
    const [domains, jobs, notices] = await Promise.all([
      client.call('domainList', {}),
      client.call('jobList', {}),
      client.call('noticeList', {}),
    ])
    if (domains.ok) dispatch({ kind: 'domainsListed', domains: domains.value })
    else dispatch({ kind: 'failed', error: domains.error })
    if (jobs.ok) dispatch({ kind: 'jobsListed', jobs: jobs.value })
    if (notices.ok) dispatch({ kind: 'noticesListed', notices: notices.value })
    return domains.ok ? domains.value : []
  }
  const active = (await list()).filter(({ domid }) => domid !== null)
  // The small curves begin with what was measured before; nobody waits for them.
  if (historyOf === null) for (const { uuid } of active) void loadHistory(kept, uuid, 1)
  return () => {
    for (const end of ends) end()
  }
}

/** Asks for what was measured before the window opened; it goes in front of the live samples and is not kept twice. */
export async function loadHistory(kept: Kept, uuid: string, minutes: number): Promise<void> {
  const { client, store, queries } = kept
  const query = callQuery(client, 'domainSamples', { uuid, minutes })
  // Without an older history the curve begins now; the samples that come as events show it.
  const series = await queries.fetchQuery({ ...query, staleTime: 0, gcTime: 0 }).catch(() => null)
  if (series === null) return
  store.dispatch({ kind: 'historyLoaded', uuid, samples: samplesOf(series) })
}
