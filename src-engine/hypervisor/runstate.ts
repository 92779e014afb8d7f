// What each vcpu has been doing, for how long: running, runnable, blocked, offline; and the copy the guest has asked for.
// Invariant: a running vcpu's copy reads state 0, or Linux yields after IPIs. Spec: xen-guest-abi.md 4.4.
// Runs in: the vcpu's thread (its own record only). State: shared memory.
import { structSize, writeStruct } from '../lib/struct-layout'
import { VMASST_TYPE_runstate_update_flag } from '../public/xen/hypercall'
import { RUNSTATE, vcpu_runstate_info, XEN_RUNSTATE_UPDATE } from '../public/xen/vcpu'
import type { DomainState } from './domain-state'
import type { SharedPage } from './shared-page'
import type { DomainTime } from './time'

export class Runstates {
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
    const spent = now - domain.vget64(vcpu, 'RUNSTATE_SINCE')
    domain.vset64(vcpu, 'RUNSTATE_TIME', domain.vget64(vcpu, 'RUNSTATE_TIME', old) + spent, old)
    domain.vset64(vcpu, 'RUNSTATE_SINCE', now)
    domain.vset(vcpu, 'RUNSTATE', state)
    if (state === RUNSTATE.running) this.publish(vcpu)
  }

  /** The record as bytes, in the guest's layout. `flags` goes into state_entry_time. */
  record(vcpu: number, flags = 0n): Uint8Array {
    const { domain } = this
    const width = this.shared.width
    const view = new DataView(new ArrayBuffer(structSize(vcpu_runstate_info, width)))
    const time = (state: number): bigint => domain.vget64(vcpu, 'RUNSTATE_TIME', state)
    writeStruct(vcpu_runstate_info, width, view, 0, {
      state: domain.vget(vcpu, 'RUNSTATE'),
      state_entry_time: domain.vget64(vcpu, 'RUNSTATE_SINCE') | flags,
      running: time(RUNSTATE.running),
      runnable: time(RUNSTATE.runnable),
      blocked: time(RUNSTATE.blocked),
      offline: time(RUNSTATE.offline),
    })
    return new Uint8Array(view.buffer)
  }

  /** Writes the registered copy, with the update flag around it when the guest has asked for that. */
  publish(vcpu: number): void {
    if (this.domain.vget(vcpu, 'RUNSTATE_AREA') === 0) return
    if ((this.domain.get('ASSIST') >>> VMASST_TYPE_runstate_update_flag) & 1)
      this.write(vcpu, this.record(vcpu, XEN_RUNSTATE_UPDATE))
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
