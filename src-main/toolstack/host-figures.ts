// Figures of the host, beside those of domains: how busy all its processors are and how much of its memory is in use, and what of
// that all domains of this connection use together. Kept as those of domains are, a day of minutes over restarts.
// Invariant: one reading serves all connections of the process; the first, which has nothing to compare with, is no figure: a
// curve would rise from nothing there.
// Runs in: main, plain Node.
import { cpus, freemem, totalmem } from 'node:os'
import { type HostSample, type HostSeriesOf, SAMPLE_INTERVAL_MS, type Sample, type SampleSeries } from '../public/types'
import type { SampleHistory } from './sample-history'

/** What the host has counted since it was switched on, over all processors, and when it was read. */
export interface HostReading {
  /** Of a clock that is never set, ms. */
  readonly at: number
  readonly busyMs: number
  readonly usedMemoryKiB: number
}

export function readHost(): HostReading {
  let busyMs = 0
  for (const { times } of cpus()) busyMs += times.user + times.nice + times.sys + times.irq
  return { at: performance.now(), busyMs, usedMemoryKiB: (totalmem() - freemem()) / 1024 }
}

/** Just under the shortest time between two rounds of samples. */
const SHARED_MS = 0.9 * SAMPLE_INTERVAL_MS

/** Readings for all who want one: what one of them read a moment ago does for the others too, as the system counts by processor. */
export function sharedReader(read: () => HostReading = readHost, now = () => performance.now()): () => HostReading {
  let last: HostReading | undefined
  return () => {
    if (last === undefined || now() - last.at >= SHARED_MS) last = read()
    return last
  }
}

export class HostFigures {
  private last: HostReading | undefined
  private cpu: number | undefined

  constructor(
    private readonly history: SampleHistory,
    private readonly read: () => HostReading = readHost,
  ) {}

  /** With one round of the domains' samples, taken at `time`; undefined as long as nothing has passed. */
  add(samples: readonly Sample[], time: number): HostSample | undefined {
    const reading = this.read()
    const passed = reading.at - (this.last?.at ?? reading.at)
    // The same reading twice says nothing new. Some systems count a processor anew when it comes back.
    if (passed > 0) this.cpu = Math.max(0, reading.busyMs - (this.last?.busyMs ?? 0)) / passed
    this.last = reading
    const domains = { cpu: 0, memoryKiB: 0 }
    for (const sample of samples) {
      domains.cpu += sample.cpu
      domains.memoryKiB += sample.memoryKiB
    }
    this.history.add({ uuid: 'domains', time, ...domains, devices: [] })
    if (this.cpu === undefined) return undefined
    const host = { cpu: this.cpu, memoryKiB: Math.round(reading.usedMemoryKiB) }
    this.history.add({ uuid: 'host', time, ...host, devices: [] })
    return { time, host, domains }
  }

  series(of: HostSeriesOf, minutes: number, now: number): Promise<SampleSeries> {
    return this.history.series(of, minutes, now)
  }
}
