// How a domain stops: the guest says so (SCHEDOP_shutdown, all vcpus down), or the hypervisor decides that it is beyond reply
// (crashDomain). The first reason wins. vcpus look at SHUTDOWN after each exit and park; the main thread reports it.
// Spec: xen-guest-abi.md 1.6 and 3.5. Runs in: any thread of the domain's process. State: shared memory.
import { SHUTDOWN } from '../public/xen/sched'
import { REASON_BYTES } from './domain-layout'
import type { DomainState } from './domain-state'
import type { Messages } from './messages'

export interface ShutdownState {
  /** One of SHUTDOWN. */
  readonly code: number
  /** What happened, for people. */
  readonly text: string
}

export class Shutdown {
  constructor(
    private readonly domain: DomainState,
    private readonly messages: Messages,
  ) {}

  get state(): ShutdownState | undefined {
    const word = this.domain.get('SHUTDOWN')
    if (word === 0) return undefined
    const start = this.domain.address('REASON')
    const bytes = this.domain.memory.u8.slice(start, start + this.domain.get('REASON_LENGTH'))
    return { code: word - 1, text: new TextDecoder().decode(bytes) }
  }

  get stopped(): boolean {
    return this.domain.get('SHUTDOWN') !== 0
  }

  /** The guest asks for it, or its last vcpu went down. */
  shutdown(code: number, text: string): void {
    const { memory } = this.domain
    const bytes = new TextEncoder().encode(text).slice(0, REASON_BYTES)
    this.domain.locked(() => {
      if (this.domain.get('SHUTDOWN') !== 0) return
      memory.u8.set(bytes, this.domain.address('REASON'))
      this.domain.set('REASON_LENGTH', bytes.length)
      this.domain.set('SHUTDOWN', code + 1)
    })
    const name = Object.entries(SHUTDOWN).find(([, value]) => value === code)?.[0] ?? `SHUTDOWN reason ${code}`
    this.messages.log(`${name}: ${text}`)
    this.domain.kickAll()
    this.domain.ringBell()
  }

  /** The guest is beyond reply; only this domain suffers. */
  crashDomain(text: string): void {
    this.domain.set('CRASHED', 1)
    this.shutdown(SHUTDOWN.SHUTDOWN_crash, text)
  }
}
