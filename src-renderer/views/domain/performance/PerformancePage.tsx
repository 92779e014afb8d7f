// How one domain performs over the last minute to the last day: processor and each vcpu, memory, and each disk and network
// interface, in bytes or requests. Paused, it can be looked at moment by moment; table and picture can be taken away.
// Invariant: the time axis moves with the samples; when none come (the guest is off, the page is paused) it stands still.
// Runs in: domain window.

import { useCallback, useMemo, useRef, useState } from 'react'
import type { RateName } from '../../../../src-main/public/device'
import type { DomainInfo } from '../../../../src-main/public/types'
import { useClient } from '../../../client/Client'
import { ToolButton } from '../../../components/Button'
import { Segmented } from '../../../components/Field'
import { useWords } from '../../../components/Language'
import { MenuButton } from '../../../components/Menu'
import { Slider } from '../../../components/Slider'
import { LiveChart } from '../../../features/graphs/LiveChart'
import { RangeChoice } from '../../../features/graphs/RangeChoice'
import type { RangeMinutes } from '../../../features/graphs/ranges'
import { memoryUnit } from '../../../lib/format'
import {
  axisTop,
  type ChartPoint,
  chartPoints,
  type Pick,
  pickCpu,
  pickMemory,
  pickRate,
  pickVcpu,
  type Sample,
  valueAt,
} from '../../../state/history'
import { useAppStore } from '../../../state/store'
import { listedDevices } from '../details/edits'
import { deviceName } from '../details/words'
import { chartsAsPng, samplesAsCsv } from './export'
import { useFigures } from './use-figures'

const MIB = 1024 * 1024
const quantities = ['bytes', 'requests'] as const
type Quantity = (typeof quantities)[number]

/** What all charts of the page have in common. */
interface Shown {
  readonly samples: readonly Sample[]
  readonly now: number
  readonly rangeMs: number
  /** Seconds before `now` of the moment looked at; null for the newest. */
  readonly cursor: number | null
  readonly active: boolean
  /** While paused: looks at another moment. */
  readonly onPick: ((secondsAgo: number) => void) | undefined
}

function usePoints({ samples, now, rangeMs }: Shown, pick: Pick): readonly ChartPoint[] {
  return useMemo(() => chartPoints(samples, pick, now, rangeMs), [samples, pick, now, rangeMs])
}

/** The value the reading says: at the cursor, or the newest while it runs. */
function readingOf(shown: Shown, points: readonly ChartPoint[], newest: number | undefined): number | null {
  if (shown.cursor !== null) return valueAt(points, -shown.cursor, shown.rangeMs / 30_000)
  return shown.active && newest !== undefined ? newest : null
}

export function PerformancePage(props: { readonly domain: DomainInfo }) {
  const { domain } = props
  const { t, formats } = useWords()
  const client = useClient()
  const store = useAppStore()
  const page = useRef<HTMLDivElement>(null)
  const [minutes, setMinutes] = useState<RangeMinutes>(1)
  const [quantity, setQuantity] = useState<Quantity>('bytes')
  const [back, setBack] = useState(0)
  const { samples, now, paused, setPaused } = useFigures(domain.uuid, minutes)
  const rangeMs = minutes * 60_000
  const rangeSeconds = rangeMs / 1000
  const active = domain.domid !== null && domain.state !== 'crashed'
  const cursor = paused ? Math.min(back, rangeSeconds) : null
  const step = Math.max(1, rangeSeconds / 300)
  const onPick = paused ? (seconds: number) => setBack(Math.round(seconds / step) * step) : undefined
  const shown: Shown = { samples, now, rangeMs, cursor, active, onPick }
  // Those of the definition, and those that were there: a detached disk's curve is not gone at once.
  const devices = listedDevices(domain).filter(({ device }) => device.kind !== 'vfb')
  const vcpus = samples.at(-1)?.vcpus.length ?? 0

  const save = async (kind: 'saveTable' | 'savePicture') => {
    const inRange = samples.filter(({ at }) => at >= now - rangeMs && at <= now)
    const names = new Map(devices.map(({ key, device }) => [key, deviceName(device, t)]))
    const title = `${domain.name}, ${formats.dateTime(now)}, ${t(`chart.range-${minutes}`)}`
    const content =
      kind === 'saveTable'
        ? samplesAsCsv(inRange, names)
        : page.current === null
          ? null
          : await chartsAsPng(page.current, title)
    if (content === null) return
    const picked = await client.call('filePick', { kind, suggestedName: domain.name })
    if (!picked.ok || picked.value.path === null) return
    const written = await client.call('fileWrite', { path: picked.value.path, kind, content })
    if (!written.ok) store.dispatch({ kind: 'failed', error: written.error })
  }

  return (
    <div className="performance" ref={page}>
      <div className="performance-head">
        <RangeChoice minutes={minutes} onChange={setMinutes} />
        {devices.length > 0 && (
          <Segmented
            label={t('chart.quantity')}
            value={quantity}
            choices={quantities.map((value) => ({ value, label: t(`chart.quantity-${value}`) }))}
            onChange={setQuantity}
          />
        )}
        <span className="fill" />
        <span className="performance-tools">
          <ToolButton
            icon={paused ? 'run' : 'pause'}
            label={t(paused ? 'chart.continue' : 'chart.pause')}
            onPress={() => {
              setBack(0)
              setPaused(!paused)
            }}
          />
          <MenuButton
            icon="save"
            label={t('chart.export')}
            entries={[
              { kind: 'action', id: 'saveTable', label: t('chart.export-table'), icon: 'copy' },
              { kind: 'action', id: 'savePicture', label: t('chart.export-picture'), icon: 'camera' },
            ]}
            onAction={(id) => {
              if (id === 'saveTable' || id === 'savePicture') void save(id)
            }}
          />
        </span>
      </div>
      <div className="performance-inspect">
        {!paused ? (
          <span className="performance-facts">
            {domain.domid !== null && domain.kind === 'guest' && <span>{t('domain.domid', { domid: domain.domid })}</span>}
            {active && domain.startedAt !== null && now > 0 && (
              <span>{t('domain.uptime', { time: formats.duration(now - domain.startedAt) })}</span>
            )}
          </span>
        ) : (
          <Slider
            label={t('chart.moment')}
            value={rangeSeconds - Math.min(back, rangeSeconds)}
            least={0}
            most={rangeSeconds}
            step={step}
            text={formats.dateTime(now - (cursor ?? 0) * 1000)}
            onChange={(value) => setBack(rangeSeconds - value)}
            onDone={() => {}}
          />
        )}
      </div>
      <div className={devices.length + (vcpus > 1 ? vcpus : 0) > 0 ? 'charts many' : 'charts'}>
        <CpuChart shown={shown} />
        {vcpus > 1 &&
          Array.from({ length: vcpus }, (_, vcpu) => (
            // biome-ignore lint/suspicious/noArrayIndexKey: the index is the vcpu's number
            <VcpuChart key={vcpu} shown={shown} vcpu={vcpu} />
          ))}
        <MemoryChart shown={shown} most={(domain.running ?? domain.config)?.memoryMiB ?? 0} />
        {devices.map(({ key, device }) => (
          <DeviceChart
            key={key}
            deviceKey={key}
            name={deviceName(device, t)}
            isNic={device.kind === 'vif'}
            shown={shown}
            quantity={quantity}
          />
        ))}
      </div>
    </div>
  )
}

function CpuChart(props: { readonly shown: Shown }) {
  const { shown } = props
  const { t, formats } = useWords()
  const points = usePoints(shown, pickCpu)
  const value = readingOf(shown, points, shown.samples.at(-1)?.cpu)
  const busiest = points.reduce((highest, { y }) => Math.max(highest, y ?? 0), 0)
  const tick = useCallback((share: number) => formats.percent(share), [formats])
  return (
    <LiveChart
      title={t('chart.cpu')}
      reading={
        value === null
          ? t(shown.cursor === null ? 'chart.no-reading' : 'chart.no-sample')
          : t('chart.cpu-reading', { percent: formats.percent(value) })
      }
      points={points}
      rangeSeconds={shown.rangeMs / 1000}
      cursor={shown.cursor}
      onPick={shown.onPick}
      colour="cpu"
      // The engine's own threads add a little to a busy vcpu: the axis does not jump for that.
      top={Math.max(1, Math.ceil(busiest - 0.25))}
      tick={tick}
      valueTitle={t('chart.cpu-axis')}
    />
  )
}

function VcpuChart(props: { readonly shown: Shown; readonly vcpu: number }) {
  const { shown, vcpu } = props
  const { t, formats } = useWords()
  const pick = useMemo(() => pickVcpu(vcpu), [vcpu])
  const points = usePoints(shown, pick)
  const value = readingOf(shown, points, shown.samples.at(-1)?.vcpus[vcpu])
  const tick = useCallback((share: number) => formats.percent(share), [formats])
  return (
    <LiveChart
      title={t('chart.vcpu', { vcpu })}
      reading={value === null ? t(shown.cursor === null ? 'chart.no-reading' : 'chart.no-sample') : formats.percent(value)}
      points={points}
      rangeSeconds={shown.rangeMs / 1000}
      cursor={shown.cursor}
      onPick={shown.onPick}
      colour="cpu"
      top={1}
      tick={tick}
      valueTitle={t('chart.cpu-axis')}
    />
  )
}

const pickMemoryMiB: Pick = (sample) => pickMemory(sample) / MIB

function MemoryChart(props: { readonly shown: Shown; readonly most: number }) {
  const { shown, most } = props
  const { t, formats } = useWords()
  const points = usePoints(shown, pickMemoryMiB)
  // Domain 0 has no configured memory: the axis goes in steps that hold what was seen.
  const seen = points.reduce((highest, { y }) => Math.max(highest, y ?? 0), 0)
  const top = most > 0 ? Math.max(most, seen) : Math.max(128, 2 ** Math.ceil(Math.log2(Math.max(1, seen * 1.1))))
  const last = shown.samples.at(-1)
  const value = readingOf(shown, points, last === undefined ? undefined : last.memory / MIB)
  const tick = useCallback((mebibytes: number) => formats.memory(mebibytes * MIB, top * MIB), [formats, top])
  return (
    <LiveChart
      title={t('chart.memory')}
      reading={
        value === null
          ? t(shown.cursor === null ? 'chart.no-reading' : 'chart.no-sample')
          : most > 0
            ? t('manager.memory-reading', { used: formats.memory(value * MIB), total: formats.memory(most * MIB) })
            : formats.memory(value * MIB)
      }
      points={points}
      rangeSeconds={shown.rangeMs / 1000}
      cursor={shown.cursor}
      onPick={shown.onPick}
      colour="memory"
      top={top}
      tick={tick}
      valueTitle={t('chart.memory-axis', { unit: memoryUnit(top * MIB) })}
    />
  )
}

/** Reading and writing of one disk, or what one network interface gets and sends. */
function DeviceChart(props: {
  readonly deviceKey: string
  readonly name: string
  readonly isNic: boolean
  readonly shown: Shown
  readonly quantity: Quantity
}) {
  const { deviceKey, shown, quantity } = props
  const { t, formats } = useWords()
  const isBytes = quantity === 'bytes'
  const reads: RateName = isBytes ? 'readBytes' : 'readRequests'
  const writes: RateName = isBytes ? 'writtenBytes' : 'writeRequests'
  const read = usePoints(
    shown,
    useMemo(() => pickRate(deviceKey, reads), [deviceKey, reads]),
  )
  const write = usePoints(
    shown,
    useMemo(() => pickRate(deviceKey, writes), [deviceKey, writes]),
  )
  const second = useMemo(() => ({ points: write, colour: 'write' as const }), [write])
  const top = isBytes ? axisTop([...read, ...write], 65536, 1024) : axisTop([...read, ...write], 10, 1000)
  const tick = useCallback(
    (value: number) => t('chart.per-second', { amount: isBytes ? formats.size(value) : t.number(Math.round(value)) }),
    [isBytes, formats, t],
  )
  const last = shown.samples.at(-1)?.devices.find(({ key }) => key === deviceKey)
  const [one, other] = [readingOf(shown, read, last?.[reads]), readingOf(shown, write, last?.[writes])]
  const words = props.isNic ? (['chart.received', 'chart.sent'] as const) : (['chart.read', 'chart.written'] as const)
  return (
    <LiveChart
      title={props.name}
      reading={
        one === null || other === null
          ? t(shown.cursor === null ? 'chart.no-reading' : 'chart.no-sample')
          : t('chart.both', { one: tick(one), other: tick(other) })
      }
      points={read}
      second={second}
      legend={[t(words[0]), t(words[1])]}
      rangeSeconds={shown.rangeMs / 1000}
      cursor={shown.cursor}
      onPick={shown.onPick}
      colour="read"
      top={top}
      tick={tick}
      valueTitle={t(isBytes ? 'chart.bytes-axis' : 'chart.requests-axis')}
    />
  )
}
