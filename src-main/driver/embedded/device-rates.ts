// From what domain 0 has counted for a device since it was connected to what it does a second. A device that was connected anew
// counts from zero: then the second in which that happened counts as none. Runs in: main, plain Node.
import type { DeviceCounters } from '../../../src-engine/public/protocol/device'
import type { DeviceRates } from '../../public/device'

interface Counted {
  readonly at: number
  readonly devices: ReadonlyMap<string, DeviceCounters>
}

export class RateMeter {
  private last: Counted | undefined

  /** `at` in milliseconds. */
  rates(devices: readonly DeviceCounters[], at: number): DeviceRates[] {
    const before = this.last
    this.last = { at, devices: new Map(devices.map((device) => [device.key, device])) }
    const seconds = before ? (at - before.at) / 1000 : 0
    return devices.map((device) => {
      const was = before?.devices.get(device.key)
      const rate = (pick: (counters: DeviceCounters) => number): number => {
        if (!was || seconds <= 0) return 0
        return Math.max(0, pick(device) - pick(was)) / seconds
      }
      return {
        key: device.key,
        readBytes: rate(({ readBytes }) => readBytes),
        writtenBytes: rate(({ writtenBytes }) => writtenBytes),
        readRequests: rate(({ readRequests }) => readRequests),
        writeRequests: rate(({ writeRequests }) => writeRequests),
      }
    })
  }
}
