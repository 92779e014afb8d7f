// Figures of the host, beside those of domains: how busy all its processors are and how much of its memory is in use, and what of
// that all domains of this connection use together. Kept as those of domains are, a day of minutes over restarts.
// Invariant: one reading for each round of samples; the first, which has nothing to compare with, counts as idle.
// Runs in: main, plain Node.
import { cpus, freemem, totalmem } from 'node:os'
import type { HostSample, HostSeriesOf, Sample, SampleSeries } from '../public/types'
import type { SampleHistory } from './sample-history'

/** What the host has counted since it was switched on, over all processors. */
export interface HostReading {
  readonly busyMs: number
  readonly usedMemoryKiB: number
}

export function readHost(): HostReading {
  let busyMs = 0
  for (const { times } of cpus()) busyMs += times.user + times.nice + times.sys + times.irq
  return { busyMs, usedMemoryKiB: (totalmem() - freemem()) / 1024 }
}

export class HostFigures {
  private last: { readonly time: number; readonly busyMs: number } | undefined

  constructor(
    private readonly history: SampleHistory,
    private readonly read: () => HostReading = readHost,
  ) {}

  /** With one round of the domains' samples, taken at `time`. */
  add(samples: readonly Sample[], time: number): HostSample {
    const { busyMs, usedMemoryKiB } = this.read()
    const passed = time - (this.last?.time ?? time)
    // A clock that was set back gives no share.
    const cpu = passed > 0 ? Math.max(0, busyMs - (this.last?.busyMs ?? busyMs)) / passed : 0
    this.last = { time, busyMs }
    const domains = { cpu: 0, memoryKiB: 0 }
    for (const sample of samples) {
      domains.cpu += sample.cpu
      domains.memoryKiB += sample.memoryKiB
    }
    const told = { time, host: { cpu, memoryKiB: Math.round(usedMemoryKiB) }, domains }
    for (const of of ['host', 'domains'] as const) this.history.add({ uuid: of, time, ...told[of], devices: [] })
    return told
  }

  series(of: HostSeriesOf, minutes: number, now: number): Promise<SampleSeries> {
    return this.history.series(of, minutes, now)
  }
}
