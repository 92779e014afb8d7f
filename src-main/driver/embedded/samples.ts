// What the guests and domain 0 use, asked of their processes once an interval.
// Invariant: a process that does not answer is left out of a round; shares are of the time since the round before.
// Runs in: main, plain Node.
import { everyTick } from '../../lib/ticks'
import type { DeviceRates } from '../../public/device'
import { DOMAIN0_UUID, SAMPLE_INTERVAL_MS } from '../../public/types'
import { type ProcessUsage, processUsage } from '../../supervisor/process-usage'
import type { DriverSample } from '../driver'
import type { Domain0 } from './domain0'
import type { Guest } from './guest'

export class Samples {
  private readonly guests: () => readonly Guest[]
  private readonly domain0: Domain0
  private readonly tell: (samples: readonly DriverSample[]) => void
  private end: (() => void) | undefined
  private interval: number = SAMPLE_INTERVAL_MS
  private domain0Usage: { readonly usage: ProcessUsage; readonly at: number; readonly pid: number } | undefined

  /** `guests` are those to be asked in a round. */
  constructor(guests: () => readonly Guest[], domain0: Domain0, tell: (samples: readonly DriverSample[]) => void) {
    this.guests = guests
    this.domain0 = domain0
    this.tell = tell
  }

  start(): void {
    this.stop()
    this.end = everyTick(this.interval, () => void this.round())
  }

  stop(): void {
    this.end?.()
    this.end = undefined
  }

  /** In ms; from now on if it was started, else from the start. */
  every(interval: number): void {
    this.interval = interval
    if (this.end) this.start()
  }

  private async round(): Promise<void> {
    const found = await Promise.all(
      this.guests().map(async (guest): Promise<DriverSample[]> => {
        const [sample, devices] = await Promise.all([guest.sample(), this.rates(guest)])
        return sample ? [{ uuid: guest.uuid, ...sample, devices }] : []
      }),
    )
    const domain0 = await this.sampleDomain0()
    this.tell([...(domain0 ? [domain0] : []), ...found.flat()])
  }

  private async rates(guest: Guest): Promise<DeviceRates[]> {
    if (guest.devices.every(({ kind }) => kind === 'vfb')) return []
    const domain0 = await this.domain0.connected()
    if (!domain0.ok) return []
    const counted = await domain0.value.caller.call('deviceCounters', { handle: guest.uuid })
    // What is shown as a chart is what a disk or a network interface does.
    const shown = counted.ok ? counted.value.devices.filter(({ key }) => key.startsWith('vbd/') || key.startsWith('vif/')) : []
    return guest.meter.rates(shown, performance.now())
  }

  private async sampleDomain0(): Promise<DriverSample | undefined> {
    const pid = this.domain0.pid()
    const usage = pid === undefined ? undefined : await processUsage(pid)
    if (pid === undefined || !usage) return undefined
    const at = performance.now()
    const last = this.domain0Usage
    this.domain0Usage = { usage, at, pid }
    const seconds = last ? (at - last.at) / 1000 : 0
    const cpu = last && last.pid === pid && seconds > 0 ? (usage.cpuSeconds - last.usage.cpuSeconds) / seconds : 0
    return { uuid: DOMAIN0_UUID, cpu: Math.max(0, cpu), memoryKiB: usage.residentKiB, devices: [] }
  }
}
