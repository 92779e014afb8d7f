// The host in words, and two charts of its processors and memory: what is used of them, and what of that by all domains together.
// Invariant: the charts move with the samples, and show from the start on what was measured before. Runs in: host window.
import { useCallback, useMemo, useState } from 'react'
import { useWords } from '../../components/Language'
import { LiveChart } from '../../features/graphs/LiveChart'
import { RangeChoice } from '../../features/graphs/RangeChoice'
import type { RangeMinutes } from '../../features/graphs/ranges'
import { memoryUnit } from '../../lib/format'
import { useDomainsHere, useHost } from '../../state/answers'
import { axisTop, chartPoints, type Pick, pickCpu, pickMemory, roundStep, type Sample } from '../../state/history'
import { useHostFigures } from './use-host-figures'

const MIB = 1024 * 1024
const pickMemoryMiB: Pick = (sample) => pickMemory(sample) / MIB

export function OverviewPage() {
  const { t, formats } = useWords()
  const host = useHost()
  const domains = useDomainsHere()
  const guests = domains.filter(({ kind }) => kind === 'guest')
  const running = guests.filter(({ domid }) => domid !== null).length
  const [minutes, setMinutes] = useState<RangeMinutes>(10)
  const { host: whole, domains: ours, now } = useHostFigures(minutes)
  const curves = useMemo(() => {
    const points = (samples: readonly Sample[], pick: Pick) => chartPoints(samples, pick, now, minutes * 60_000)
    return {
      cpu: [points(whole, pickCpu), points(ours, pickCpu)],
      memory: [points(whole, pickMemoryMiB), points(ours, pickMemoryMiB)],
    } as const
  }, [whole, ours, now, minutes])
  const last = { whole: whole.at(-1), ours: ours.at(-1) }
  const percent = useCallback((share: number) => formats.percent(share), [formats])
  const memoryTop = host?.memoryMiB ?? axisTop(curves.memory[0], 256, 1024)
  const memoryTick = useCallback((value: number) => formats.memory(value * MIB, memoryTop * MIB), [formats, memoryTop])
  const reading = (pick: Pick, words: (value: number) => string): string =>
    last.whole === undefined || last.ours === undefined
      ? t('chart.none-yet')
      : t('chart.both', { one: words(pick(last.whole)), other: words(pick(last.ours)) })
  const legend = [t('host.this-computer'), t('host.all-machines')] as const
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
        <dd>{t('host.machines-of', { running: t.number(running), count: t.number(guests.length) })}</dd>
      </dl>
      <div className="host-range">
        <RangeChoice minutes={minutes} onChange={setMinutes} />
      </div>
      <LiveChart
        title={t('host.cpu')}
        reading={reading(pickCpu, percent)}
        points={curves.cpu[0]}
        second={{ points: curves.cpu[1], colour: 'write' }}
        legend={legend}
        rangeSeconds={minutes * 60}
        colour="read"
        top={Math.max(1, host?.cpus ?? 1)}
        tick={percent}
        valueTitle={t('chart.cpu-axis')}
      />
      <LiveChart
        title={t('host.memory-used')}
        reading={reading(pickMemoryMiB, memoryTick)}
        points={curves.memory[0]}
        second={{ points: curves.memory[1], colour: 'write' }}
        legend={legend}
        rangeSeconds={minutes * 60}
        colour="read"
        top={memoryTop}
        step={roundStep(memoryTop, memoryUnit(memoryTop * MIB) === 'GiB' ? 1024 : 1)}
        tick={memoryTick}
        valueTitle={t('chart.memory-axis', { unit: memoryUnit(memoryTop * MIB) })}
      />
    </section>
  )
}
