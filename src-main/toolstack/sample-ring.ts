// Samples of one domain as columns in a ring: time, processor, each vcpu, memory, each device. It grows as it is filled and keeps
// the newest; columns for vcpus and devices are made when first seen, so that a thousand idle machines cost little.
// Invariant: times rise; memory is bounded by the ring whatever happens. What is not in a sample has zeroes there. When the
// clock is set back, what lies in the future is forgotten, and no more. Runs in: main, plain Node.
import { type DeviceSeries, RATE_NAMES, type RateName } from '../public/device'
import type { Sample, SampleSeries } from '../public/types'

export type Point = Omit<Sample, 'uuid'>

/** Devices come and go under new names; no more than this many are remembered. */
const DEVICES_KEPT = 24
const VCPUS_KEPT = 32
const SMALLEST = 64
/** Two answers may come in one millisecond or a little out of order; a clock set back goes further. */
const CLOCK_SLACK_MS = 5000

type Column = Float32Array | Float64Array
type DeviceColumns = Record<RateName, Float32Array>

export class SampleRing {
  private readonly most: number
  private size = SMALLEST
  private count = 0
  /** The oldest that is still right; what was forgotten at the end left older slots written over. */
  private first = 0
  private time: Float64Array = new Float64Array(SMALLEST)
  private cpu: Float32Array = new Float32Array(SMALLEST)
  private memoryKiB: Float64Array = new Float64Array(SMALLEST)
  private vcpus: Float32Array[] = []
  private readonly devices = new Map<string, DeviceColumns>()

  constructor(most: number) {
    this.most = most
  }

  get lastTime(): number {
    return this.count === this.first ? Number.NEGATIVE_INFINITY : (this.time[(this.count - 1) % this.size] ?? 0)
  }

  add(point: Point): void {
    const { time } = point
    if (time <= this.lastTime) {
      if (this.lastTime - time < CLOCK_SLACK_MS) return
      this.first = Math.max(this.first, this.count - this.size)
      while (this.count > this.first && this.lastTime >= time) this.count--
    }
    if (this.count === this.size && this.size < this.most) this.grow()
    const slot = this.count++ % this.size
    this.time[slot] = time
    this.cpu[slot] = point.cpu
    this.memoryKiB[slot] = point.memoryKiB
    const shares = point.vcpus ?? []
    while (this.vcpus.length < Math.min(shares.length, VCPUS_KEPT)) this.vcpus.push(new Float32Array(this.size))
    for (const [vcpu, column] of this.vcpus.entries()) column[slot] = shares[vcpu] ?? 0
    for (const columns of this.devices.values()) for (const name of RATE_NAMES) columns[name][slot] = 0
    for (const rates of point.devices) {
      let columns = this.devices.get(rates.key)
      if (!columns) {
        if (this.devices.size >= DEVICES_KEPT) continue
        const make = (): Float32Array => new Float32Array(this.size)
        columns = { readBytes: make(), writtenBytes: make(), readRequests: make(), writeRequests: make() }
        this.devices.set(rates.key, columns)
      }
      for (const name of RATE_NAMES) columns[name][slot] = rates[name]
    }
  }

  /** Those from `from` on and before `before`, oldest first. */
  series(from: number, before = Number.POSITIVE_INFINITY): SampleSeries {
    const slots: number[] = []
    for (let index = Math.max(this.first, this.count - this.size); index < this.count; index++) {
      const slot = index % this.size
      const time = this.time[slot] ?? 0
      if (time >= from && time < before) slots.push(slot)
    }
    const column = (values: Column): number[] => slots.map((slot) => values[slot] ?? 0)
    const devices = [...this.devices].map(
      ([key, columns]): DeviceSeries => ({
        key,
        readBytes: column(columns.readBytes),
        writtenBytes: column(columns.writtenBytes),
        readRequests: column(columns.readRequests),
        writeRequests: column(columns.writeRequests),
      }),
    )
    const [cpu, memoryKiB] = [column(this.cpu), column(this.memoryKiB)]
    return { time: column(this.time), minutes: 0, cpu, vcpus: this.vcpus.map(column), memoryKiB, devices }
  }

  private grow(): void {
    const size = Math.min(this.most, this.size * 2)
    const wide = (old: Float32Array): Float32Array => {
      const grown = new Float32Array(size)
      grown.set(old)
      return grown
    }
    const wide64 = (old: Float64Array): Float64Array => {
      const grown = new Float64Array(size)
      grown.set(old)
      return grown
    }
    this.time = wide64(this.time)
    this.memoryKiB = wide64(this.memoryKiB)
    this.cpu = wide(this.cpu)
    this.vcpus = this.vcpus.map(wide)
    for (const columns of this.devices.values()) for (const name of RATE_NAMES) columns[name] = wide(columns[name])
    this.size = size
  }
}

/** Two series one after the other; a device or vcpu that is in one only has zeroes in the other. */
export function joined(first: SampleSeries, second: SampleSeries): SampleSeries {
  const zeroes = (series: SampleSeries): number[] => series.time.map(() => 0)
  const vcpus = Array.from({ length: Math.max(first.vcpus.length, second.vcpus.length) }, (_, vcpu) => [
    ...(first.vcpus[vcpu] ?? zeroes(first)),
    ...(second.vcpus[vcpu] ?? zeroes(second)),
  ])
  const keys = new Set([...first.devices, ...second.devices].map(({ key }) => key))
  const devices = [...keys].map((key): DeviceSeries => {
    const [a, b] = [first, second].map((series) => series.devices.find((device) => device.key === key))
    const both = (name: RateName): number[] => [...(a?.[name] ?? zeroes(first)), ...(b?.[name] ?? zeroes(second))]
    return {
      key,
      readBytes: both('readBytes'),
      writtenBytes: both('writtenBytes'),
      readRequests: both('readRequests'),
      writeRequests: both('writeRequests'),
    }
  })
  return {
    time: [...first.time, ...second.time],
    minutes: first.time.length,
    cpu: [...first.cpu, ...second.cpu],
    vcpus,
    memoryKiB: [...first.memoryKiB, ...second.memoryKiB],
    devices,
  }
}

/** The rows of a series as points again. */
export function pointsOf(series: SampleSeries): Point[] {
  return series.time.map((time, index) => ({
    time,
    cpu: series.cpu[index] ?? 0,
    memoryKiB: series.memoryKiB[index] ?? 0,
    vcpus: series.vcpus.map((column) => column[index] ?? 0),
    devices: series.devices.map((device) => ({
      key: device.key,
      readBytes: device.readBytes[index] ?? 0,
      writtenBytes: device.writtenBytes[index] ?? 0,
      readRequests: device.readRequests[index] ?? 0,
      writeRequests: device.writeRequests[index] ?? 0,
    })),
  }))
}
