// Make-believe load of the test driver's domains: waves that differ from domain to domain, the same at each run; and the changes of
// state that a script asks for. Runs in: main, plain Node.
import { everyTick } from '../../lib/ticks'
import { type Device, type DeviceRates, deviceKey } from '../../public/device'
import { SAMPLE_INTERVAL_MS } from '../../public/types'
import type { DriverEvent, ResidentDomain } from '../driver'
import type { TestDomains } from './test-domains'
import type { TestScript } from './test-population'

type Sample = Extract<DriverEvent, { kind: 'samples' }>['samples'][number]

interface LoadedDomain {
  readonly domid: number
  readonly vcpus: number
  readonly online: number
  readonly memoryMiB: number
  readonly devices: Iterable<Device>
}

export class TestLoad {
  /** Samples since the driver was made. */
  phase = 0
  private intervalMs: number = SAMPLE_INTERVAL_MS
  private begun = false
  private endTicks: () => void = () => {}

  constructor(
    private readonly domains: TestDomains,
    private readonly residents: readonly ResidentDomain[],
    private readonly script: TestScript | undefined,
    private readonly tell: (event: DriverEvent) => void,
  ) {}

  begin(): void {
    this.begun = true
    this.every(this.intervalMs)
  }

  every(intervalMs: number): void {
    this.intervalMs = intervalMs
    if (!this.begun) return
    this.endTicks()
    this.endTicks = everyTick(intervalMs, () => this.sample())
  }

  end(): void {
    this.begun = false
    this.endTicks()
  }

  private sample(): void {
    this.phase++
    this.change()
    const idle = this.script?.idle === true
    const samples = [...this.domains.running].map(([uuid, { domid, config, memoryMiB, online, devices, paused }]) => {
      const loaded = { domid, vcpus: config.vcpus, online, memoryMiB, devices: devices.values() }
      return testSample(uuid, loaded, this.phase, idle || paused)
    })
    this.tell({ kind: 'samples', samples })
  }

  /** Pauses one domain of the script after the other, and resumes each a moment later. */
  private change(): void {
    const { length } = this.residents
    for (let number = 0; number < (this.script?.changes ?? 0) && length > 0; number++) {
      const uuid = this.residents[(this.phase * 31 + number * 97) % length]?.uuid ?? ''
      const domain = this.domains.running.get(uuid)
      if (domain) this.domains.setPaused(uuid, domain, !domain.paused)
    }
  }
}

/** One domain's sample; an idle one has neither processor time nor traffic. */
function testSample(
  uuid: string,
  { domid, vcpus, online, memoryMiB, devices }: LoadedDomain,
  phase: number,
  idle: boolean,
): Sample {
  const wave = 0.35 + 0.3 * Math.sin((phase + domid * 7) / 9) + 0.1 * Math.sin(phase * 2.3)
  const cpu = idle ? 0 : Math.max(0, Math.min(1, wave))
  const traffic = [...devices].flatMap((device, index) =>
    device.kind === 'vfb' ? [] : [ratesOf(device, phase, idle ? 0 : domid + index)],
  )
  return {
    uuid,
    cpu,
    vcpus: vcpuShares(domid, vcpus, online, phase, cpu),
    online,
    memoryKiB: memoryMiB * 1024,
    devices: traffic,
  }
}

/** One vcpu after the other has most of the work. */
function vcpuShares(domid: number, vcpus: number, online: number, phase: number, cpu: number): number[] {
  return Array.from({ length: vcpus }, (_, vcpu) => {
    const wave = 0.6 + 0.4 * Math.sin((phase + vcpu * 11 + domid) / 7)
    return vcpu >= online ? 0 : vcpus === 1 ? cpu : Math.min(1, cpu * wave)
  })
}

/** Waves of some MiB a second, the more the higher `load` is in its cycle; 0 is none. */
function ratesOf(device: Device, phase: number, load: number): DeviceRates {
  const key = deviceKey(device)
  if (load === 0) return { key, readBytes: 0, writtenBytes: 0, readRequests: 0, writeRequests: 0 }
  const wave = (period: number) => Math.max(0, Math.sin((phase + load * 5) / period)) ** 2
  const [reads, writes] = [Math.round(900 * wave(6)), Math.round(400 * wave(11))]
  return { key, readBytes: reads * 16384, writtenBytes: writes * 8192, readRequests: reads, writeRequests: writes }
}
