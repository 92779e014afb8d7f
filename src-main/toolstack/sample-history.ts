// The last hour of samples of each domain: a ring of fixed size per domain, one slot a sample, with columns for each device
// that was ever seen. Columns are made when first needed: a list of a thousand idle machines costs little.
// Invariant: times in a series rise; memory is bounded by the ring whatever happens. A device that is not in a sample has
// zeroes there. Runs in: main, plain Node.
import { type DeviceSeries, RATE_NAMES, type RateName } from '../public/device'
import { SAMPLE_INTERVAL_MS, SAMPLE_MINUTES_KEPT, type Sample, type SampleSeries } from '../public/types'

const SLOTS = (SAMPLE_MINUTES_KEPT * 60_000) / SAMPLE_INTERVAL_MS
/** Devices come and go under new names; no more than so many are remembered. */
const DEVICES_KEPT = 24

type DeviceColumns = Readonly<Record<RateName, Float32Array>>

interface Ring {
  readonly time: Float64Array
  readonly cpu: Float32Array
  readonly memoryKiB: Float64Array
  readonly devices: Map<string, DeviceColumns>
  count: number
}

function makeColumns(): DeviceColumns {
  return {
    readBytes: new Float32Array(SLOTS),
    writtenBytes: new Float32Array(SLOTS),
    readRequests: new Float32Array(SLOTS),
    writeRequests: new Float32Array(SLOTS),
  }
}

export class SampleHistory {
  private readonly rings = new Map<string, Ring>()

  add(sample: Sample): void {
    let ring = this.rings.get(sample.uuid)
    if (!ring) {
      const time = new Float64Array(SLOTS)
      ring = { time, cpu: new Float32Array(SLOTS), memoryKiB: new Float64Array(SLOTS), devices: new Map(), count: 0 }
      this.rings.set(sample.uuid, ring)
    }
    const slot = ring.count++ % SLOTS
    ring.time[slot] = sample.time
    ring.cpu[slot] = sample.cpu
    ring.memoryKiB[slot] = sample.memoryKiB
    for (const columns of ring.devices.values()) for (const name of RATE_NAMES) columns[name][slot] = 0
    for (const rates of sample.devices) {
      let columns = ring.devices.get(rates.key)
      if (!columns) {
        if (ring.devices.size >= DEVICES_KEPT) continue
        columns = makeColumns()
        ring.devices.set(rates.key, columns)
      }
      for (const name of RATE_NAMES) columns[name][slot] = rates[name]
    }
  }

  /** The samples of the last minutes, oldest first. */
  series(uuid: string, minutes: number, now: number): SampleSeries {
    const ring = this.rings.get(uuid)
    if (!ring) return { time: [], cpu: [], memoryKiB: [], devices: [] }
    const slots: number[] = []
    for (let index = Math.max(0, ring.count - SLOTS); index < ring.count; index++) {
      const slot = index % SLOTS
      if ((ring.time[slot] ?? 0) >= now - minutes * 60_000) slots.push(slot)
    }
    const column = (values: Float32Array | Float64Array): number[] => slots.map((slot) => values[slot] ?? 0)
    const devices = [...ring.devices].map(
      ([key, columns]): DeviceSeries => ({
        key,
        readBytes: column(columns.readBytes),
        writtenBytes: column(columns.writtenBytes),
        readRequests: column(columns.readRequests),
        writeRequests: column(columns.writeRequests),
      }),
    )
    return { time: column(ring.time), cpu: column(ring.cpu), memoryKiB: column(ring.memoryKiB), devices }
  }

  forget(uuid: string): void {
    this.rings.delete(uuid)
  }
}
