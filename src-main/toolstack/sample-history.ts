// The last hour of samples of each domain: a ring of fixed size per domain, one slot a sample.
// Invariant: times in a series rise; memory is bounded by the ring whatever happens.
// Runs in: main, plain Node.
import { SAMPLE_INTERVAL_MS, SAMPLE_MINUTES_KEPT, type Sample, type SampleSeries } from '../public/types'

const SLOTS = (SAMPLE_MINUTES_KEPT * 60_000) / SAMPLE_INTERVAL_MS

interface Ring {
  readonly time: Float64Array
  readonly cpu: Float32Array
  readonly memoryKiB: Float64Array
  count: number
}

export class SampleHistory {
  private readonly rings = new Map<string, Ring>()

  add(sample: Sample): void {
    let ring = this.rings.get(sample.uuid)
    if (!ring) {
      ring = { time: new Float64Array(SLOTS), cpu: new Float32Array(SLOTS), memoryKiB: new Float64Array(SLOTS), count: 0 }
      this.rings.set(sample.uuid, ring)
    }
    const slot = ring.count++ % SLOTS
    ring.time[slot] = sample.time
    ring.cpu[slot] = sample.cpu
    ring.memoryKiB[slot] = sample.memoryKiB
  }

  /** The samples of the last minutes, oldest first. */
  series(uuid: string, minutes: number, now: number): SampleSeries {
    const time: number[] = []
    const cpu: number[] = []
    const memoryKiB: number[] = []
    const ring = this.rings.get(uuid)
    if (ring) {
      for (let index = Math.max(0, ring.count - SLOTS); index < ring.count; index++) {
        const slot = index % SLOTS
        const at = ring.time[slot] ?? 0
        if (at < now - minutes * 60_000) continue
        time.push(at)
        cpu.push(ring.cpu[slot] ?? 0)
        memoryKiB.push(ring.memoryKiB[slot] ?? 0)
      }
    }
    return { time, cpu, memoryKiB }
  }

  forget(uuid: string): void {
    this.rings.delete(uuid)
  }
}
