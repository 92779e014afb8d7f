// Foresight: a guest that has sent a packet after a sleep is likely to do so again, and a program of its that sleeps is woken by a timer.
// So the next sleeps that a timer ends ring the main thread before the guest runs, which wakes domain 0: when the packet comes half a
// millisecond later both have had their caches filled beside the guest, not one after the other behind it.
// Invariant: a packet pays for so many rings and no more, so a guest that sends nothing wakes nobody. Measured: src-engine/backend/README.md.
// Runs in: main thread (`expect`, `taken`), vcpus' threads (`timerWoke`). State: shared memory.
import type { DomainState } from './domain-state'

/** Between two packets a guest's kernel wakes now and then for something else. */
export const FORESEEN = 4
/** After a shorter sleep everybody is awake still. */
export const SLEEP_MS = 5

export class Foresight {
  constructor(private readonly domain: DomainState) {}

  /** A packet came. */
  expect(): void {
    this.domain.set('FORESEEN', FORESEEN)
  }

  /** A timer ends a sleep of so long. */
  timerWoke(sleptMs: number): void {
    const { domain } = this
    const left = domain.get('FORESEEN')
    if (left === 0 || sleptMs < SLEEP_MS) return
    // Two vcpus may take one: nothing is lost but a ring.
    domain.set('FORESEEN', left - 1)
    domain.set('TIMER_WOKE', 1)
    domain.ringBell()
  }

  /** Has a vcpu rung for this since the last call? After `answerBell`. */
  taken(): boolean {
    if (this.domain.get('TIMER_WOKE') === 0) return false
    this.domain.set('TIMER_WOKE', 0)
    return true
  }
}
