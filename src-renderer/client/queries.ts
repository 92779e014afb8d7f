// Answers of calls, kept by react-query: what a view asks for is asked once a window, and stays until an event says that
// it changed. The key of an answer is the call's name and its arguments; its type comes from the row of the calls table.
// Invariant: an answer is never dropped or asked again by itself (focus, time, a second try); a refusal is a CallFailure
// with main's report, and is shown, not tried again.
// Runs in: every window and tests.

import { notifyManager, QueryClient, queryOptions } from '@tanstack/react-query'
import type { CallName, CallParams, CallResult } from '../../src-main/public/calls'
import { type Client, withConnection } from '../../src-main/public/client'
import { type ErrorReport, errorReport } from '../../src-main/public/error-code'

/** Calls that only read. The others change something, and have no answer worth keeping. */
export type QueryName =
  | 'aboutInfo'
  | 'connectionFormer'
  | 'configDraft'
  | 'diskFiles'
  | 'doctorLook'
  | 'domainInspect'
  | 'domainLog'
  | 'domainSamples'
  | 'domainThumbnail'
  | 'hostInfo'
  | 'hostSamples'
  | 'imageInspect'
  | 'listLayoutGet'
  | 'metadataList'
  | 'networkLeases'
  | 'networkList'
  | 'poolList'
  | 'preferencesGet'
  | 'snapshotPicture'
  | 'snapshotTree'
  | 'storeDump'
  | 'templateList'
  | 'treeRecent'
  | 'vcpuInspect'
  | 'volumeList'

export class CallFailure extends Error {
  override readonly name = 'CallFailure'
  constructor(readonly report: ErrorReport) {
    super(report.reason)
  }
}

export function reportOf(thrown: unknown): ErrorReport {
  if (thrown instanceof CallFailure) return thrown.report
  return errorReport('internal', { detail: thrown instanceof Error ? thrown.message : String(thrown) })
}

/** One for each window. The calls stay inside this machine: being offline is no reason to wait. */
export function makeQueryClient(): QueryClient {
  // Views hear of a new answer before the next frame, not a timer later.
  notifyManager.setScheduler(queueMicrotask)
  return new QueryClient({
    defaultOptions: {
      queries: {
        networkMode: 'always',
        retry: false,
        retryOnMount: false,
        staleTime: Number.POSITIVE_INFINITY,
        gcTime: Number.POSITIVE_INFINITY,
        refetchOnWindowFocus: false,
        refetchOnReconnect: false,
      },
      mutations: { networkMode: 'always', retry: false },
    },
  })
}

export async function callOrThrow<C extends CallName>(client: Client, name: C, params: CallParams<C>): Promise<CallResult<C>> {
  const result = await client.call(name, params)
  if (!result.ok) throw new CallFailure(result.error)
  return result.value
}

/** Key and function of one call, for useQuery, fetchQuery, setQueryData and invalidateQueries alike. */
export function callQuery<C extends QueryName>(client: Client, name: C, params: CallParams<C>) {
  return queryOptions<CallResult<C>, Error, CallResult<C>, readonly [C, CallParams<C>]>({
    queryKey: [name, withConnection(client, name, params)],
    queryFn: () => callOrThrow(client, name, params),
  })
}
