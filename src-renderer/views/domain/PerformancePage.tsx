// How one domain performs: processor and memory over the last minutes, and the memory the guest may have.
// Invariant: the time axis moves once a second with the samples; when none come (the guest is off) it stands still.
// Runs in: domain window.

import { useCallback, useMemo, useState } from 'react'
import type { DomainInfo } from '../../../src-main/public/types'
import { Segmented } from '../../components/Field'
import { useWords } from '../../components/Language'
import { LiveChart } from '../../features/graphs/LiveChart'
import { chartPoints } from '../../state/history'
import { useAppState } from '../../state/store'

const MIB = 1024 * 1024
const ranges = ['1', '10', '60'] as const
type Range = (typeof ranges)[number]

export function PerformancePage(props: { readonly domain: DomainInfo }) {
  const { domain } = props
  const { t, formats } = useWords()
  const [range, setRange] = useState<Range>('1')
  const samples = useAppState((state) => state.figures[domain.uuid])

  const rangeMs = Number(range) * 60_000
  const last = samples?.at(-1)
  const now = last?.at ?? 0
  const cpu = useMemo(() => chartPoints(samples ?? [], 'cpu', now, rangeMs), [samples, now, rangeMs])
  const memory = useMemo(
    () => chartPoints(samples ?? [], 'memory', now, rangeMs).map(({ x, y }) => ({ x, y: y === null ? null : y / MIB })),
    [samples, now, rangeMs],
  )
  const active = domain.domid !== null && domain.state !== 'crashed'
  const most = domain.config?.memoryMiB ?? 0
  // Domain 0 has no configured memory: the axis goes in steps that hold what was seen.
  const seen = memory.reduce((highest, { y }) => Math.max(highest, y ?? 0), 0)
  const top = most > 0 ? most : Math.max(128, 2 ** Math.ceil(Math.log2(Math.max(1, seen * 1.1))))
  const busiest = cpu.reduce((highest, { y }) => Math.max(highest, y ?? 0), 0)
  // The engine's own threads add a little to a busy vcpu: the axis does not jump for that.
  const cpuTop = Math.max(1, Math.ceil(busiest - 0.25))

  const percentTick = useCallback((value: number) => formats.percent(value), [formats])
  const memoryTick = useCallback((value: number) => formats.memory(value * MIB), [formats])

  return (
    <div className="performance">
      <div className="performance-head">
        <Segmented
          label={t('chart.range')}
          value={range}
          choices={ranges.map((value) => ({ value, label: t(`chart.range-${value}`) }))}
          onChange={setRange}
        />
        <span className="fill" />
        <span className="performance-facts">
          {domain.domid !== null && domain.kind === 'guest' && <span>{t('domain.domid', { domid: domain.domid })}</span>}
          {active && domain.startedAt !== null && now > 0 && (
            <span>{t('domain.uptime', { time: formats.duration(now - domain.startedAt) })}</span>
          )}
        </span>
      </div>
      <LiveChart
        title={t('chart.cpu')}
        reading={
          active && last !== undefined ? t('chart.cpu-reading', { percent: formats.percent(last.cpu) }) : t('chart.no-reading')
        }
        points={cpu}
        rangeSeconds={rangeMs / 1000}
        colour="cpu"
        top={cpuTop}
        tick={percentTick}
        valueTitle={t('chart.cpu-axis')}
      />
      <LiveChart
        title={t('chart.memory')}
        reading={
          !active
            ? t('chart.no-reading')
            : last === undefined
              ? ''
              : most > 0
                ? t('manager.memory-reading', { used: formats.memory(last.memory), total: formats.memory(most * MIB) })
                : formats.memory(last.memory)
        }
        points={memory}
        rangeSeconds={rangeMs / 1000}
        colour="memory"
        top={top}
        tick={memoryTick}
        valueTitle={t('chart.memory-axis')}
      />
    </div>
  )
}
