// What each vcpu has been doing, for how long: running, runnable, blocked, offline; and the copy the guest has asked for.
// Invariant: a running vcpu's copy reads state 0, or Linux yields after IPIs; others see from the copy that it does not run.
// Records are changed and read under the domain lock. Spec: xen-guest-abi.md 4.4.
// Runs in: the vcpu's thread (enter: its own record only); a hypercall reads those of other vcpus. State: shared memory.
import { fieldOffset, structSize } from '../lib/struct-layout'
import { VMASST_TYPE_runstate_update_flag } from '../public/xen/hypercall'
import { vcpu_runstate_info, XEN_RUNSTATE_UPDATE } from '../public/xen/vcpu'
import type { DomainState } from './domain-state'
import type { SharedPage } from './shared-page'
import type { DomainTime } from './time'

/** Where state_entry_time is; the four times follow it. */
const ENTRY_TIME = {
  64: fieldOffset(vcpu_runstate_info, 'state_entry_time', 64),
  32: fieldOffset(vcpu_runstate_info, 'state_entry_time', 32),
}
const UPDATE_HIGH = Number(XEN_RUNSTATE_UPDATE >> 32n)

export class Runstates {
  /** The record being written: at each sleep and waking of a vcpu, so it is put together from words and allocates nothing. */
  private readonly words = new Uint32Array(structSize(vcpu_runstate_info, 64) / 4)
  private readonly bytes = {
    64: new Uint8Array(this.words.buffer),
    32: new Uint8Array(this.words.buffer, 0, structSize(vcpu_runstate_info, 32)),
  }

  constructor(
    private readonly domain: DomainState,
    private readonly shared: SharedPage,
    private readonly time: DomainTime,
  ) {}

  /** Changes state; time since the last change goes to the old state. */
  enter(vcpu: number, state: number): void {
    const { domain } = this
    const old = domain.vget(vcpu, 'RUNSTATE')
    if (old === state) return
    const now = this.time.systemTime()
    domain.lock()
    const spent = now - domain.vget64(vcpu, 'RUNSTATE_SINCE')
    domain.vset64(vcpu, 'RUNSTATE_TIME', domain.vget64(vcpu, 'RUNSTATE_TIME', old) + spent, old)
    domain.vset64(vcpu, 'RUNSTATE_SINCE', now)
    domain.vset(vcpu, 'RUNSTATE', state)
    domain.unlock()
    this.publish(vcpu)
  }

  /** For a hypercall that asks: the record with the time since the last change, as Xen tells it. */
  upToNow(vcpu: number): Uint8Array {
    const { domain, words } = this
    domain.lock()
    const bytes = this.record(vcpu)
    const now = this.time.systemTime()
    const since = domain.vget64(vcpu, 'RUNSTATE_SINCE')
    const state = domain.vget(vcpu, 'RUNSTATE')
    const spent = domain.vget64(vcpu, 'RUNSTATE_TIME', state) + (now > since ? now - since : 0n)
    domain.unlock()
    const at = (ENTRY_TIME[this.shared.width] >>> 2) + 2 + 2 * state
    words[at] = Number(spent & 0xffff_ffffn)
    words[at + 1] = Number(spent >> 32n)
    return bytes
  }

  /** The record as bytes, in the guest's layout, good until the next call. `updating`: with XEN_RUNSTATE_UPDATE. */
  record(vcpu: number, updating = false): Uint8Array {
    const { domain, words } = this
    const { u32 } = domain.memory
    const { width } = this.shared
    const at = ENTRY_TIME[width] >>> 2
    words.fill(0, 0, at)
    words[0] = domain.vget(vcpu, 'RUNSTATE')
    const since = domain.vcpuAddress(vcpu, 'RUNSTATE_SINCE') >>> 2
    for (let i = 0; i < 2; i++) words[at + i] = u32[since + i] ?? 0
    if (updating) words[at + 1] = (words[at + 1] ?? 0) | UPDATE_HIGH
    const times = domain.vcpuAddress(vcpu, 'RUNSTATE_TIME') >>> 2
    for (let i = 0; i < 8; i++) words[at + 2 + i] = u32[times + i] ?? 0
    return this.bytes[width]
  }

  /** Writes the registered copy, with the update flag around it when the guest has asked for that. */
  publish(vcpu: number): void {
    if (this.domain.vget(vcpu, 'RUNSTATE_AREA') === 0) return
    if ((this.domain.get('ASSIST') >>> VMASST_TYPE_runstate_update_flag) & 1) this.write(vcpu, this.record(vcpu, true))
    this.write(vcpu, this.record(vcpu))
  }

  private write(vcpu: number, bytes: Uint8Array): void {
    const { domain } = this
    const split = Math.min(domain.vget(vcpu, 'RUNSTATE_SPLIT'), bytes.length)
    domain.memory.writeFromOutside(domain.vget(vcpu, 'RUNSTATE_AREA', 0), bytes.subarray(0, split))
    const second = domain.vget(vcpu, 'RUNSTATE_AREA', 1)
    if (second !== 0 && split < bytes.length) domain.memory.writeFromOutside(second, bytes.subarray(split))
  }
}
