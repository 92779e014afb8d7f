// The host's charts: what main has measured in the range that is shown, and each second's reading after it; a range of hours is
// asked for anew once a minute. Invariant: times rise. Runs in: host window.

import { useQuery } from '@tanstack/react-query'
import { useEffect, useMemo, useState } from 'react'
import { LOCAL_CONNECTION } from '../../../src-main/public/connection'
import type { HostSample, HostSeriesOf } from '../../../src-main/public/types'
import { useClient } from '../../client/Client'
import { callQuery } from '../../client/queries'
import type { RangeMinutes } from '../../features/graphs/ranges'
import { useHere } from '../../state/answers'
import { HISTORY_MS, type Sample, samplesOf } from '../../state/history'

export interface HostFigures {
  readonly host: readonly Sample[]
  readonly domains: readonly Sample[]
  /** The right end of the charts. */
  readonly now: number
}

const none: readonly Sample[] = []

function liveSample({ time, ...of }: HostSample, which: HostSeriesOf): Sample {
  const { cpu, memoryKiB } = of[which]
  return { at: time, spanMs: 1000, cpu, vcpus: [], memory: memoryKiB * 1024, devices: [] }
}

function useSeries(of: HostSeriesOf, minutes: RangeMinutes, live: readonly HostSample[]): readonly Sample[] {
  const isLong = minutes * 60_000 > HISTORY_MS
  const past = useQuery({
    ...callQuery(useClient(), 'hostSamples', { of, minutes }),
    staleTime: 0,
    gcTime: 0,
    refetchInterval: isLong ? 60_000 : false,
  })
  const older = useMemo(() => (past.data === undefined ? none : samplesOf(past.data)), [past.data])
  return useMemo(() => {
    if (isLong) return older
    const answered = older.at(-1)?.at ?? Number.NEGATIVE_INFINITY
    return [...older, ...live.filter(({ time }) => time > answered).map((sample) => liveSample(sample, of))]
  }, [isLong, older, live, of])
}

export function useHostFigures(minutes: RangeMinutes): HostFigures {
  const client = useClient()
  const here = useHere()
  const [live, setLive] = useState<readonly HostSample[]>([])
  useEffect(
    () =>
      client.subscribe('hostSample', ({ connection, sample }) => {
        if ((connection ?? LOCAL_CONNECTION) !== here) return
        setLive((before) => [...before.filter(({ time }) => time > sample.time - HISTORY_MS && time < sample.time), sample])
      }),
    [client, here],
  )
  const host = useSeries('host', minutes, live)
  const domains = useSeries('domains', minutes, live)
  return { host, domains, now: live.at(-1)?.time ?? host.at(-1)?.at ?? 0 }
}
