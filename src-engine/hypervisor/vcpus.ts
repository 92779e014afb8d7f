// Vcpus that are up or down: what brings one up or down, and that the last one takes the domain with it.
// Invariant: only a vcpu's own thread touches its registers: others leave INIT, SIPI or UP and kick. Spec: xen-guest-abi.md 1.6, 2.5, 3.6.
// Runs in: vcpu threads. State: shared memory.
import { SHUTDOWN } from '../public/xen/sched'
import type { DomainState } from './domain-state'
import type { Shutdown } from './shutdown'

export class Vcpus {
  constructor(
    private readonly domain: DomainState,
    private readonly shutdown: Shutdown,
  ) {}

  isUp(vcpu: number): boolean {
    return this.domain.vget(vcpu, 'UP') !== 0
  }

  /** VCPUOP_up: it goes on where it stands. */
  up(vcpu: number): void {
    this.domain.vset(vcpu, 'UP', 1)
    this.domain.kick(vcpu)
  }

  /** Its thread stops before its next slice. `how`: what the last one to go down did. */
  down(vcpu: number, how: string): void {
    const { domain } = this
    domain.vset(vcpu, 'UP', 0)
    domain.kick(vcpu)
    for (let other = 0; other < domain.vcpus; other++) if (this.isUp(other)) return
    this.shutdown.shutdown(SHUTDOWN.SHUTDOWN_poweroff, how)
  }

  init(vcpu: number): void {
    this.domain.vset(vcpu, 'SIPI', 0)
    this.domain.vset(vcpu, 'INIT', 1)
    this.domain.kick(vcpu)
  }

  /** Only a vcpu that waits for one takes it; Linux sends two. */
  startup(vcpu: number, vector: number): void {
    if (this.domain.vget(vcpu, 'INITIALISED') !== 0 && this.domain.vget(vcpu, 'INIT') === 0) return
    this.domain.vset(vcpu, 'SIPI', vector + 1)
    this.domain.kick(vcpu)
  }

  /** On the vcpu's own thread: what has come for it. `reset` is told of an INIT, `start` of the vector of a STARTUP. */
  take(vcpu: number, reset: () => void, start: (vector: number) => void): void {
    const { domain } = this
    if (domain.vget(vcpu, 'INIT') !== 0) {
      reset()
      domain.vset(vcpu, 'UP', 0)
      domain.vset(vcpu, 'INITIALISED', 0)
      domain.vset(vcpu, 'INIT', 0)
    }
    const vector = domain.vget(vcpu, 'SIPI') - 1
    if (vector < 0) return
    domain.vset(vcpu, 'SIPI', 0)
    if (domain.vget(vcpu, 'INITIALISED') !== 0) return
    start(vector)
    domain.vset(vcpu, 'INITIALISED', 1)
    domain.vset(vcpu, 'BLOCKED', 0)
    domain.vset(vcpu, 'UP', 1)
  }

  /** Has a vcpu that is down a reason to look around? */
  wanted(vcpu: number): boolean {
    const { domain } = this
    return this.isUp(vcpu) || domain.vget(vcpu, 'INIT') !== 0 || domain.vget(vcpu, 'SIPI') !== 0
  }
}
