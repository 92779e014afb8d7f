// How one domain performs over the last minutes: processor, memory, and each disk and network interface, in bytes or requests.
// Invariant: the time axis moves once a second with the samples; when none come (the guest is off) it stands still.
// Runs in: domain window.

import { useCallback, useMemo, useState } from 'react'
import type { DomainInfo } from '../../../src-main/public/types'
import { Segmented } from '../../components/Field'
import { useWords } from '../../components/Language'
import { LiveChart } from '../../features/graphs/LiveChart'
import type { Sample } from '../../state/history'
import { axisTop, chartPoints, pickCpu, pickMemory, pickRate } from '../../state/history'
import { useAppState } from '../../state/store'
import { listedDevices } from './details/edits'
import { deviceName } from './details/words'

const MIB = 1024 * 1024
const ranges = ['1', '10', '60'] as const
type Range = (typeof ranges)[number]
const quantities = ['bytes', 'requests'] as const
type Quantity = (typeof quantities)[number]
const noSamples: readonly Sample[] = []

export function PerformancePage(props: { readonly domain: DomainInfo }) {
  const { domain } = props
  const { t, formats } = useWords()
  const [range, setRange] = useState<Range>('1')
  const [quantity, setQuantity] = useState<Quantity>('bytes')
  const samples = useAppState((state) => state.figures[domain.uuid])

  const rangeMs = Number(range) * 60_000
  const last = samples?.at(-1)
  const now = last?.at ?? 0
  const cpu = useMemo(() => chartPoints(samples ?? [], pickCpu, now, rangeMs), [samples, now, rangeMs])
  const memory = useMemo(
    () => chartPoints(samples ?? [], pickMemory, now, rangeMs).map(({ x, y }) => ({ x, y: y === null ? null : y / MIB })),
    [samples, now, rangeMs],
  )
  const active = domain.domid !== null && domain.state !== 'crashed'
  const most = (domain.running ?? domain.config)?.memoryMiB ?? 0
  // Those of the definition, and those that were there: a detached disk's curve is not gone at once.
  const devices = listedDevices(domain).filter(({ device }) => device.kind !== 'vfb')
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
        {devices.length > 0 && (
          <Segmented
            label={t('chart.quantity')}
            value={quantity}
            choices={quantities.map((value) => ({ value, label: t(`chart.quantity-${value}`) }))}
            onChange={setQuantity}
          />
        )}
        <span className="fill" />
        <span className="performance-facts">
          {domain.domid !== null && domain.kind === 'guest' && <span>{t('domain.domid', { domid: domain.domid })}</span>}
          {active && domain.startedAt !== null && now > 0 && (
            <span>{t('domain.uptime', { time: formats.duration(now - domain.startedAt) })}</span>
          )}
        </span>
      </div>
      <div className={devices.length > 0 ? 'charts many' : 'charts'}>
        <LiveChart
          title={t('chart.cpu')}
          reading={
            active && last !== undefined
              ? t('chart.cpu-reading', { percent: formats.percent(last.cpu) })
              : t('chart.no-reading')
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
        {devices.map(({ key, device }) => (
          <DeviceChart
            key={key}
            deviceKey={key}
            name={deviceName(device, t)}
            isNic={device.kind === 'vif'}
            samples={samples ?? noSamples}
            active={active}
            now={now}
            rangeMs={rangeMs}
            quantity={quantity}
          />
        ))}
      </div>
    </div>
  )
}

/** Reading and writing of one disk, or what one network interface gets and sends. */
function DeviceChart(props: {
  readonly deviceKey: string
  readonly name: string
  readonly isNic: boolean
  readonly samples: readonly Sample[]
  readonly active: boolean
  readonly now: number
  readonly rangeMs: number
  readonly quantity: Quantity
}) {
  const { deviceKey, samples, now, rangeMs, quantity } = props
  const { t, formats } = useWords()
  const isBytes = quantity === 'bytes'
  const [reads, writes] = isBytes ? (['readBytes', 'writtenBytes'] as const) : (['readRequests', 'writeRequests'] as const)
  const read = useMemo(
    () => chartPoints(samples, pickRate(deviceKey, reads), now, rangeMs),
    [samples, deviceKey, reads, now, rangeMs],
  )
  const write = useMemo(
    () => chartPoints(samples, pickRate(deviceKey, writes), now, rangeMs),
    [samples, deviceKey, writes, now, rangeMs],
  )
  const second = useMemo(() => ({ points: write, colour: 'write' as const }), [write])
  const top = isBytes ? axisTop([...read, ...write], 65536, 1024) : axisTop([...read, ...write], 10, 1000)
  const tick = useCallback(
    (value: number) =>
      isBytes
        ? t('chart.per-second', { amount: formats.size(value) })
        : t('chart.per-second', { amount: formats.number(value) }),
    [isBytes, formats, t],
  )
  const last = samples.at(-1)?.devices.find(({ key }) => key === deviceKey)
  const words = props.isNic ? (['chart.received', 'chart.sent'] as const) : (['chart.read', 'chart.written'] as const)
  const reading =
    !props.active || last === undefined
      ? t('chart.no-reading')
      : t('chart.both', { one: tick(last[reads]), other: tick(last[writes]) })
  return (
    <LiveChart
      title={props.name}
      reading={reading}
      points={read}
      second={second}
      legend={[t(words[0]), t(words[1])]}
      rangeSeconds={rangeMs / 1000}
      colour="read"
      top={top}
      tick={tick}
      valueTitle={t(isBytes ? 'chart.bytes-axis' : 'chart.requests-axis')}
    />
  )
}
