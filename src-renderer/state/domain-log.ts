// The log of a domain: asked for once, then the lines that events bring are added to the kept answer.
// Invariant: no line is lost or shown twice, whether it came before the answer or after; a guest that floods its log is
// drawn a few times a second.
// Runs in: domain window; the functions without `use` in tests too.

import { type QueryClient, useQuery, useQueryClient } from '@tanstack/react-query'
import { useEffect } from 'react'
import type { Client } from '../../src-main/public/client'
import type { ErrorReport } from '../../src-main/public/error-code'
import type { LogLine } from '../../src-main/public/types'
import { useClient } from '../client/Client'
import { callQuery, reportOf } from '../client/queries'

export const LINES_KEPT = 2000
const DRAW_MS = 150

/** What the answer holds already came as an event too when it was said while we asked. */
export function linesAfter(known: readonly LogLine[], early: readonly LogLine[]): readonly LogLine[] {
  const last = known.at(-1)
  return last === undefined ? early : early.filter(({ time }) => time > last.time)
}

/** Adds the lines of events to the kept log; returns the function that ends it. */
export function followLog(client: Client, queries: QueryClient, uuid: string): () => void {
  const { queryKey } = callQuery(client, 'domainLog', { uuid })
  const pending = () => queries.getQueryState(queryKey)?.status === 'pending'
  let early: LogLine[] = []
  let late: LogLine[] = []
  let timer: ReturnType<typeof setTimeout> | undefined
  const draw = () => {
    timer = undefined
    if (pending()) {
      timer = setTimeout(draw, DRAW_MS)
      return
    }
    const [before, after] = [early, late]
    early = []
    late = []
    queries.setQueryData(queryKey, (known = []) => [...known, ...linesAfter(known, before), ...after].slice(-LINES_KEPT))
  }
  const end = client.subscribe('logLine', ({ uuid: of, line }) => {
    if (of !== uuid) return
    const lines = pending() ? early : late
    lines.push(line)
    if (lines.length > LINES_KEPT) lines.shift()
    timer ??= setTimeout(draw, DRAW_MS)
  })
  return () => {
    end()
    clearTimeout(timer)
  }
}

export interface DomainLog {
  /** Null until the answer is here. */
  readonly lines: readonly LogLine[] | null
  readonly error: ErrorReport | null
  readonly reload: () => Promise<unknown>
}

export function useDomainLog(uuid: string): DomainLog {
  const client = useClient()
  const queries = useQueryClient()
  // Nobody adds lines while no page shows them: then the answer goes, and the next page asks again.
  const log = useQuery({ ...callQuery(client, 'domainLog', { uuid }), gcTime: 0, structuralSharing: false })
  useEffect(() => followLog(client, queries, uuid), [client, queries, uuid])
  return { lines: log.data ?? null, error: log.error === null ? null : reportOf(log.error), reload: log.refetch }
}
