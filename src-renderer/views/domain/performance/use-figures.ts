// The samples a page of charts shows: the last hour as it comes, longer ranges as minutes asked for once a minute, or what was
// there when the page was paused. Invariant: while paused nothing moves. Runs in: domain window.

import { useQuery } from '@tanstack/react-query'
import { useMemo, useState } from 'react'
import { useClient } from '../../../client/Client'
import { callQuery } from '../../../client/queries'
import type { RangeMinutes } from '../../../features/graphs/ranges'
import { HISTORY_MS, type Sample, samplesOf } from '../../../state/history'
import { useAppState } from '../../../state/store'

const none: readonly Sample[] = []

export interface Figures {
  readonly samples: readonly Sample[]
  /** The right end of the charts. */
  readonly now: number
  readonly paused: boolean
  readonly setPaused: (paused: boolean) => void
}

export function useFigures(uuid: string, minutes: RangeMinutes): Figures {
  const client = useClient()
  const live = useAppState((state) => state.figures[uuid]) ?? none
  const isLong = minutes * 60_000 > HISTORY_MS
  const past = useQuery({
    ...callQuery(client, 'domainSamples', { uuid, minutes }),
    enabled: isLong,
    staleTime: 0,
    gcTime: 0,
    refetchInterval: isLong ? 60_000 : false,
  })
  const older = useMemo(() => (past.data === undefined ? none : samplesOf(past.data)), [past.data])
  const samples = isLong ? older : live
  const now = Math.max(samples.at(-1)?.at ?? 0, live.at(-1)?.at ?? 0)
  const [frozen, setFrozen] = useState<{ samples: readonly Sample[]; now: number } | null>(null)
  const setPaused = (paused: boolean) => setFrozen(paused ? { samples: live, now } : null)
  if (frozen === null) return { samples, now, paused: false, setPaused }
  // A range of hours that is chosen while paused is asked for as it is now, and shown up to the moment of pausing.
  return { samples: isLong ? older : frozen.samples, now: frozen.now, paused: true, setPaused }
}
