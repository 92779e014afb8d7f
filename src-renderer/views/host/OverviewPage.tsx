// The host in words and two charts: what all guests and domain 0 together use of its processors and memory.
// Invariant: the charts begin when the window opens and move with the samples. Runs in: host window.
import { useCallback, useEffect, useMemo, useState } from 'react'
import { useClient } from '../../client/Client'
import { useWords } from '../../components/Language'
import { LiveChart } from '../../features/graphs/LiveChart'
import { useHost } from '../../state/answers'
import { axisTop, type ChartPoint } from '../../state/history'
import { useAppState } from '../../state/store'

const MIB = 1024 * 1024
const RANGE_SECONDS = 300

interface Total {
  readonly at: number
  readonly cpu: number
  readonly memoryMiB: number
}

/** Sums of each second's samples, of the last five minutes. */
function useTotals(): readonly Total[] {
  const client = useClient()
  const [totals, setTotals] = useState<readonly Total[]>([])
  useEffect(
    () =>
      client.subscribe('samples', ({ samples }) => {
        const at = Date.now()
        const cpu = samples.reduce((sum, sample) => sum + sample.cpu, 0)
        const memoryMiB = samples.reduce((sum, sample) => sum + sample.memoryKiB / 1024, 0)
        setTotals((before) => [...before.filter((one) => one.at > at - RANGE_SECONDS * 1000), { at, cpu, memoryMiB }])
      }),
    [client],
  )
  return totals
}

export function OverviewPage() {
  const { t, formats } = useWords()
  const host = useHost()
  const totals = useTotals()
  const domains = useAppState((state) => state.domains)
  const guests = Object.values(domains).filter(({ kind }) => kind === 'guest')
  const running = guests.filter(({ domid }) => domid !== null).length
  const last = totals.at(-1)
  const points = useCallback(
    (pick: (total: Total) => number): readonly ChartPoint[] => {
      const now = totals.at(-1)?.at ?? 0
      return totals.map((total) => ({ x: (total.at - now) / 1000, y: pick(total) }))
    },
    [totals],
  )
  const cpu = useMemo(() => points((total) => total.cpu), [points])
  const memory = useMemo(() => points((total) => total.memoryMiB), [points])
  const percent = useCallback((share: number) => formats.percent(share), [formats])
  const mebibytes = useCallback((value: number) => formats.memory(value * MIB), [formats])
  return (
    // biome-ignore lint/a11y/noNoninteractiveTabindex: it scrolls, and the keyboard must reach that
    <section className="host-overview" aria-label={t('host.tab-overview')} tabIndex={0}>
      <dl className="host-facts">
        <dt>{t('host.name')}</dt>
        <dd>{host?.hostName ?? ''}</dd>
        <dt>{t('host.driver')}</dt>
        <dd>{host?.driver ?? ''}</dd>
        <dt>{t('host.processor')}</dt>
        <dd>{host === null ? '' : t('host.processors', { count: host.cpus, model: host.cpuModel })}</dd>
        <dt>{t('host.memory')}</dt>
        <dd>
          {host === null
            ? ''
            : t('host.memory-of', {
                free: formats.memory(host.freeMemoryMiB * MIB),
                total: formats.memory(host.memoryMiB * MIB),
              })}
        </dd>
        <dt>{t('host.machines')}</dt>
        <dd>{t('host.machines-of', { running: formats.number(running), count: formats.number(guests.length) })}</dd>
      </dl>
      <LiveChart
        title={t('host.cpu')}
        reading={last === undefined ? t('chart.no-reading') : formats.percent(last.cpu)}
        points={cpu}
        rangeSeconds={RANGE_SECONDS}
        colour="cpu"
        top={Math.max(1, host?.cpus ?? 1)}
        tick={percent}
        valueTitle={t('chart.cpu-axis')}
      />
      <LiveChart
        title={t('host.memory-used')}
        reading={last === undefined ? t('chart.no-reading') : formats.memory(last.memoryMiB * MIB)}
        points={memory}
        rangeSeconds={RANGE_SECONDS}
        colour="memory"
        top={axisTop(memory, 256, 1024)}
        tick={mebibytes}
        valueTitle={t('chart.memory-axis')}
      />
    </section>
  )
}
