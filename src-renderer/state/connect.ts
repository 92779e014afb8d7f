// Connects a window's store and its kept answers to main: subscribes to the events first, then asks for the lists.
// Invariant: main answers and sends on one ordered channel, so an event that comes before a list is part of it or is
// repeated by what comes after; nothing is lost. Failing lists are shown like any other failure.
// Runs in: every window.

import type { QueryClient } from '@tanstack/react-query'
import type { Client } from '../../src-main/public/client'
import type { DomainInfo } from '../../src-main/public/types'
import { callQuery } from '../client/queries'
import { followEvents } from './answers'
import { HISTORY_MS, type Sample, samplesOf } from './history'
import type { AppStore } from './store'

/** Events of domains are gathered this long: bulk actions change a thousand of them, and a window draws once. */
const GATHER_MS = 12

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
  const changes = gather((domains) => {
    dispatch({ kind: 'domainsChanged', domains })
    store.live.end(domains.flatMap(({ uuid, domid }) => (domid === null ? [uuid] : [])))
  })
  const ends = [
    followEvents(client, queries),
    client.subscribe('domainChanged', ({ domain }) => changes.add(domain)),
    client.subscribe('domainRemoved', ({ uuid }) => {
      changes.flush()
      dispatch({ kind: 'domainRemoved', uuid })
      store.live.end([uuid])
    }),
    client.subscribe('connectionsChanged', ({ connections }) => dispatch({ kind: 'connectionsListed', connections })),
    client.subscribe('connectionEmptied', ({ connection }) => {
      changes.flush()
      dispatch({ kind: 'connectionEmptied', connection })
      store.live.add([], connection)
    }),
    client.subscribe('jobChanged', ({ job }) => {
      dispatch({ kind: 'jobChanged', job })
      const ours = historyOf === null || job.uuid === historyOf || store.api.getState().followed[job.job]
      if (ours && job.state === 'failed' && job.error !== null) dispatch({ kind: 'failed', error: job.error, uuid: job.uuid })
    }),
    client.subscribe('noticeRaised', ({ notice }) => dispatch({ kind: 'noticeRaised', notice })),
    client.subscribe('quitAsked', ({ names }) => dispatch({ kind: 'quitAsked', names })),
    client.subscribe('quitProgress', ({ waitingFor }) => dispatch({ kind: 'quitWaiting', names: waitingFor })),
    client.subscribe('samples', ({ samples, connection }) => {
      if (historyOf === null) store.live.add(samples, connection)
      else dispatch({ kind: 'samples', samples: samples.filter(({ uuid }) => uuid === historyOf), keepMs: HISTORY_MS })
    }),
  ]
  const list = async () => {
    // What is known of the host may take a moment (it looks for a package manager): the list does not wait for it.
    void queries.prefetchQuery(callQuery(client, 'hostInfo', {}))
    const [connections, domains, jobs, notices] = await Promise.all([
      client.call('connectionList', {}),
      client.call('domainList', {}),
      client.call('jobList', {}),
      client.call('noticeList', {}),
    ])
    changes.flush()
    if (connections.ok) dispatch({ kind: 'connectionsListed', connections: connections.value })
    if (domains.ok) dispatch({ kind: 'domainsListed', domains: domains.value })
    else dispatch({ kind: 'failed', error: domains.error })
    if (jobs.ok) dispatch({ kind: 'jobsListed', jobs: jobs.value })
    if (notices.ok) dispatch({ kind: 'noticesListed', notices: notices.value })
  }
  await list()
  return () => {
    for (const end of ends) end()
  }
}

/** Hands on what was added in a short while, the newest of each domain, in the order they were first added. */
function gather(hand: (domains: readonly DomainInfo[]) => void) {
  const waiting = new Map<string, DomainInfo>()
  let timer: ReturnType<typeof setTimeout> | undefined
  const flush = () => {
    clearTimeout(timer)
    timer = undefined
    if (waiting.size === 0) return
    const domains = [...waiting.values()]
    waiting.clear()
    hand(domains)
  }
  return {
    flush,
    add(domain: DomainInfo): void {
      waiting.set(domain.uuid, domain)
      timer ??= setTimeout(flush, GATHER_MS)
    },
  }
}

/** Asks for what was measured before the window opened; it goes in front of the live samples and is not kept twice. */
export async function loadHistory(kept: Kept, uuid: string, minutes: number): Promise<void> {
  const { store } = kept
  const samples = await earlierSamples(kept, uuid, minutes)
  if (samples !== null) store.dispatch({ kind: 'historyLoaded', uuid, samples })
}

/** Null when there is none: then curves begin now. */
export async function earlierSamples(
  kept: Pick<Kept, 'client' | 'queries'>,
  uuid: string,
  minutes: number,
): Promise<readonly Sample[] | null> {
  const { client, queries } = kept
  const query = callQuery(client, 'domainSamples', { uuid, minutes })
  const series = await queries.fetchQuery({ ...query, staleTime: 0, gcTime: 0 }).catch(() => null)
  return series === null ? null : samplesOf(series)
}
