// A vcpu's timers: single-shot and periodic ones that raise VIRQ_TIMER, the limit of a SCHEDOP_poll, the local APIC's timer,
// and the domain's watchdogs. All deadlines are in system time, so they stand still while the domain is paused.
// Invariant: a deadline that is past fires at the next look, never lost, never an error. Spec: xen-guest-abi.md 3.6 and 3.5.
// Runs in: the vcpu's thread. State: shared memory.
import { VIRQ } from '../public/xen/event-channel'
import { NR_WATCHDOGS } from '../public/xen/sched'
import type { DomainState } from './domain-state'
import { TIMERS } from './door'
import type { EventChannels } from './event-channel'

const OFF = -1n

export class Timers {
  constructor(
    private readonly domain: DomainState,
    private readonly events: EventChannels,
  ) {}

  setSingleshot(vcpu: number, deadline: bigint): void {
    this.domain.vset64(vcpu, 'SINGLESHOT', deadline)
  }
  stopSingleshot(vcpu: number): void {
    this.domain.vset64(vcpu, 'SINGLESHOT', OFF)
  }
  setPeriodic(vcpu: number, period: bigint, now: bigint): void {
    this.domain.vset64(vcpu, 'PERIOD', period)
    this.domain.vset64(vcpu, 'PERIOD_NEXT', now + period)
  }

  /** The earliest deadline of this vcpu, or -1n. */
  next(vcpu: number): bigint {
    let next = this.domain.vget64(vcpu, 'SINGLESHOT')
    const consider = (deadline: bigint): void => {
      if (deadline >= 0n && (next < 0n || deadline < next)) next = deadline
    }
    if (this.domain.vget64(vcpu, 'PERIOD') > 0n) consider(this.domain.vget64(vcpu, 'PERIOD_NEXT'))
    consider(this.domain.vget64(vcpu, 'APIC_DEADLINE'))
    if (this.domain.vget(vcpu, 'BLOCKED') === 2) consider(this.domain.vget64(vcpu, 'POLL_DEADLINE'))
    if (vcpu === 0) {
      for (let id = 0; id < NR_WATCHDOGS; id++) {
        if (this.domain.get('WATCHDOG', id) !== 0) consider(this.domain.get64('WATCHDOG_DEADLINE', id))
      }
    }
    return next
  }

  /** Fires what is due. `apicTimer` posts the local APIC's interrupt; true: a watchdog has bitten. */
  fire(vcpu: number, now: bigint, apicTimer: () => void): boolean {
    const { domain } = this
    const due = (deadline: bigint): boolean => deadline >= 0n && deadline <= now
    if (due(domain.vget64(vcpu, 'SINGLESHOT'))) {
      domain.vset64(vcpu, 'SINGLESHOT', OFF)
      domain.door.enter('TIMER', TIMERS.SINGLESHOT)
      this.events.raiseVirq(vcpu, VIRQ.VIRQ_TIMER)
    }
    const period = domain.vget64(vcpu, 'PERIOD')
    if (period > 0n) {
      const next = domain.vget64(vcpu, 'PERIOD_NEXT')
      if (due(next)) {
        domain.vset64(vcpu, 'PERIOD_NEXT', next + period * ((now - next) / period + 1n))
        domain.door.enter('TIMER', TIMERS.PERIODIC)
        this.events.raiseVirq(vcpu, VIRQ.VIRQ_TIMER)
      }
    }
    const apic = domain.vget64(vcpu, 'APIC_DEADLINE')
    if (due(apic)) {
      const apicPeriod = domain.vget64(vcpu, 'APIC_PERIOD')
      domain.vset64(vcpu, 'APIC_DEADLINE', apicPeriod > 0n ? apic + apicPeriod * ((now - apic) / apicPeriod + 1n) : OFF)
      domain.door.enter('TIMER', TIMERS.LAPIC)
      apicTimer()
    }
    if (vcpu !== 0) return false
    for (let id = 0; id < NR_WATCHDOGS; id++) {
      if (domain.get('WATCHDOG', id) === 0 || !due(domain.get64('WATCHDOG_DEADLINE', id))) continue
      domain.door.enter('TIMER', TIMERS.WATCHDOG)
      return true
    }
    return false
  }
}
