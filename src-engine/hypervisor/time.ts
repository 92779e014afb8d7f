// A domain's time: one monotonic host clock plus an offset. System time, TSC, pvclock records, timers all derive from it, so
// that pause, save and restore are subtractions and what the guest reads is consistent to the nanosecond.
// Invariant: TSC = system time x TSC_KHZ / 10^6 on every vcpu (so PVCLOCK_TSC_STABLE is true); records need rewriting only
// when they move or the layout changes. Spec: xen-guest-abi.md 2.6 and 4.4.
// Runs in: any thread of the domain's process. State: shared memory.
import { writeStruct } from '../lib/struct-layout'
import { shared_info, vcpu_time_info, XEN_PVCLOCK_TSC_STABLE_BIT } from '../public/xen/shared-info'
import type { DomainState } from './domain-state'
import type { SharedPage } from './shared-page'

/** 1 GHz: one tick is one nanosecond, so the guest's conversion is exact. */
export const DEFAULT_TSC_KHZ = 1_000_000

const NS_PER_S = 1_000_000_000n

/** mul and shift of a vcpu_time_info for a TSC frequency: ns = (ticks << shift) * mul >> 32. */
export function clockScale(khz: number): { mul: number; shift: number } {
  let shift = 0
  let hz = BigInt(khz) * 1000n
  // The multiplier must fit in 32 bits and use its top bit: bring the frequency into (1 GHz, 2 GHz].
  while (hz <= NS_PER_S) {
    hz <<= 1n
    shift += 1
  }
  while (hz > 2n * NS_PER_S) {
    hz >>= 1n
    shift -= 1
  }
  return { mul: Number((NS_PER_S << 32n) / hz), shift }
}

export class DomainTime {
  constructor(
    private readonly domain: DomainState,
    private readonly shared: SharedPage,
  ) {}

  /** ns since the domain was built, less the time it was paused. */
  systemTime(): bigint {
    const frozen = this.domain.get64('FROZEN_AT')
    const now = frozen >= 0n ? frozen : this.domain.surroundings.clock.now() + this.domain.get64('CLOCK_OFFSET')
    return this.domain.door.enter('CLOCK', now)
  }

  tsc(): bigint {
    const khz = this.domain.get('TSC_KHZ')
    const now = this.systemTime()
    return khz === DEFAULT_TSC_KHZ ? now : (now * BigInt(khz)) / 1_000_000n
  }

  /** Stops time at its present value. */
  freeze(): void {
    if (this.domain.get64('FROZEN_AT') < 0n) this.domain.set64('FROZEN_AT', this.systemTime())
  }

  /** Lets time go on from where it stood. */
  thaw(): void {
    const frozen = this.domain.get64('FROZEN_AT')
    if (frozen < 0n) return
    this.domain.set64('CLOCK_OFFSET', frozen - this.domain.surroundings.clock.now())
    this.domain.set64('FROZEN_AT', -1n)
  }

  /** Sets the clock of a new (or restored) domain, stopped at `systemTime`. */
  start(systemTime: bigint, wallBase: bigint, tscKhz: number): void {
    this.domain.set('TSC_KHZ', tscKhz)
    this.domain.set64('WALL_BASE', wallBase)
    this.domain.set64('FROZEN_AT', systemTime)
  }

  /** The time of day becomes the host's: that of a new domain stood still while it was built. */
  takeWallClock(): void {
    this.domain.set64('WALL_BASE', this.domain.surroundings.clock.wall() - this.systemTime())
  }

  /** Writes vcpu's clock record to its vcpu_info and to the area it has registered. */
  writeTimeRecord(vcpu: number): void {
    const { memory } = this.domain
    const info = this.shared.vcpuInfo(vcpu)
    if (info === 0) return
    const { mul, shift } = clockScale(this.domain.get('TSC_KHZ'))
    const record = new DataView(new ArrayBuffer(32))
    const at = this.shared.timeRecord(vcpu)
    // Odd while being written: set in place first, the body after it, the even version last.
    const version = ((Atomics.load(memory.u32, at >>> 2) | 1) + 2) >>> 0
    const systemTime = this.systemTime()
    writeStruct(vcpu_time_info, 64, record, 0, {
      version,
      tsc_timestamp: this.tscOf(systemTime),
      system_time: systemTime,
      tsc_to_system_mul: mul,
      tsc_shift: shift,
      flags: XEN_PVCLOCK_TSC_STABLE_BIT,
    })
    const bytes = new Uint8Array(record.buffer)
    memory.beforeOutsideWrite(at)
    Atomics.store(memory.u32, at >>> 2, version)
    memory.u8.set(bytes, at)
    Atomics.store(memory.u32, at >>> 2, (version + 1) >>> 0)

    const first = this.domain.vget(vcpu, 'TIME_AREA', 0)
    if (first === 0) return
    record.setUint32(0, (version + 1) >>> 0, true)
    const split = this.domain.vget(vcpu, 'TIME_SPLIT')
    memory.writeFromOutside(first, bytes.subarray(0, split))
    const second = this.domain.vget(vcpu, 'TIME_AREA', 1)
    if (second !== 0 && split < 32) memory.writeFromOutside(second, bytes.subarray(split))
  }

  /** Writes the wall clock record of shared_info: the time of day at which system time was 0. */
  writeWallClock(): void {
    const { memory } = this.domain
    const wall = this.domain.get64('WALL_BASE')
    const width = this.shared.width
    const view = memory.view
    const at = this.shared.address
    const versionIndex = (at + (width === 64 ? 3072 : 2304)) >>> 2
    const version = ((Atomics.load(memory.u32, versionIndex) | 1) + 2) >>> 0
    memory.beforeOutsideWrite(at)
    Atomics.store(memory.u32, versionIndex, version)
    const seconds = wall / NS_PER_S
    writeStruct(shared_info, width, view, at, {
      wc_sec: Number(seconds & 0xffff_ffffn),
      wc_nsec: Number(wall % NS_PER_S),
      wc_sec_hi: Number(seconds >> 32n),
    })
    Atomics.store(memory.u32, versionIndex, (version + 1) >>> 0)
  }

  private tscOf(systemTime: bigint): bigint {
    const khz = this.domain.get('TSC_KHZ')
    return khz === DEFAULT_TSC_KHZ ? systemTime : (systemTime * BigInt(khz)) / 1_000_000n
  }
}
