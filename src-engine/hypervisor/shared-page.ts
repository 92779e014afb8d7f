// Where the words of shared_info and of a vcpu's vcpu_info are, in the layout (64 or 32 bits) that the guest has latched.
// Spec: xen-guest-abi.md 4.1. Runs in: any thread of the domain's process.
import { fieldOffset, type Width } from '../lib/struct-layout'
import { shared_info, vcpu_info, XEN_LEGACY_MAX_VCPUS } from '../public/xen/shared-info'
import { HEAP_PAGE } from './domain-layout'
import type { DomainState } from './domain-state'

/** Offsets of the fields that are touched on every event, by width. */
const PENDING = { 64: fieldOffset(shared_info, 'evtchn_pending', 64), 32: fieldOffset(shared_info, 'evtchn_pending', 32) }
const MASK = { 64: fieldOffset(shared_info, 'evtchn_mask', 64), 32: fieldOffset(shared_info, 'evtchn_mask', 32) }
const PENDING_SEL = {
  64: fieldOffset(vcpu_info, 'evtchn_pending_sel', 64),
  32: fieldOffset(vcpu_info, 'evtchn_pending_sel', 32),
}
const TIME = fieldOffset(vcpu_info, 'time', 64)

export class SharedPage {
  constructor(private readonly domain: DomainState) {}

  get width(): Width {
    return this.domain.get('WIDTH32') === 0 ? 64 : 32
  }
  get address(): number {
    return this.domain.geometry.heapBase + HEAP_PAGE.SHARED_INFO * 4096
  }
  /** Index of the i32 word with port's bit; pending words come first, mask words at `mask` true. */
  portWord(port: number, mask: boolean): number {
    const { width } = this
    return ((this.address + (mask ? MASK : PENDING)[width]) >>> 2) + (port >>> 5)
  }
  vcpuInfo(vcpu: number): number {
    return this.domain.vget(vcpu, 'INFO')
  }
  /** Where vcpu's record is while it has registered none: its slot in shared_info. */
  defaultInfo(vcpu: number): number {
    return vcpu < XEN_LEGACY_MAX_VCPUS ? this.address + vcpu * 64 : 0
  }
  /** Index of the i32 word with the selector bit of a word of ports. */
  selectorWord(vcpu: number, word: number): number {
    return ((this.vcpuInfo(vcpu) + PENDING_SEL[this.width]) >>> 2) + (word >>> 5)
  }
  timeRecord(vcpu: number): number {
    return this.vcpuInfo(vcpu) + TIME
  }
  upcallPending(vcpu: number): boolean {
    const address = this.vcpuInfo(vcpu)
    return address !== 0 && Atomics.load(this.domain.memory.u8, address) !== 0
  }
  /** Returns what was there. */
  setUpcallPending(vcpu: number): boolean {
    return Atomics.exchange(this.domain.memory.u8, this.vcpuInfo(vcpu), 1) !== 0
  }
}
