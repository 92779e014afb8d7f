// The mean of one minute's samples: what is kept of them for a day. Runs in: main, plain Node.

import type { DeviceRates } from '../public/device'
import { RATE_NAMES } from '../public/device'
import type { Point } from './sample-ring'

export const MINUTE_MS = 60_000

interface Sums {
  readonly readBytes: number
  readonly writtenBytes: number
  readonly readRequests: number
  readonly writeRequests: number
}

export class MinuteMean {
  readonly minute: number
  private count = 0
  private cpu = 0
  private memoryKiB = 0
  private readonly vcpus: number[] = []
  private readonly devices = new Map<string, Sums>()

  constructor(minute: number) {
    this.minute = minute
  }

  add(point: Point): void {
    this.count++
    this.cpu += point.cpu
    this.memoryKiB += point.memoryKiB
    for (const [vcpu, share] of (point.vcpus ?? []).entries()) this.vcpus[vcpu] = (this.vcpus[vcpu] ?? 0) + share
    for (const rates of point.devices) {
      const before = this.devices.get(rates.key)
      this.devices.set(rates.key, {
        readBytes: rates.readBytes + (before?.readBytes ?? 0),
        writtenBytes: rates.writtenBytes + (before?.writtenBytes ?? 0),
        readRequests: rates.readRequests + (before?.readRequests ?? 0),
        writeRequests: rates.writeRequests + (before?.writeRequests ?? 0),
      })
    }
  }

  /** At the middle of its minute. */
  point(): Point {
    const mean = (sum: number): number => sum / Math.max(1, this.count)
    const devices = [...this.devices].map(([key, sums]): DeviceRates => {
      const rates = { key, readBytes: 0, writtenBytes: 0, readRequests: 0, writeRequests: 0 }
      for (const name of RATE_NAMES) rates[name] = Math.round(mean(sums[name]))
      return rates
    })
    return {
      time: this.minute * MINUTE_MS + MINUTE_MS / 2,
      cpu: Math.round(mean(this.cpu) * 1e4) / 1e4,
      memoryKiB: Math.round(mean(this.memoryKiB)),
      vcpus: this.vcpus.map((sum) => Math.round(mean(sum) * 1e4) / 1e4),
      devices,
    }
  }
}
