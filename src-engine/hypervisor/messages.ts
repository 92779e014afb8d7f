// The hypervisor's message ring of a domain: what `xl dmesg` would show. Last MESSAGE_RING_BYTES bytes, oldest dropped.
// Invariant: MESSAGE_HEAD counts all bytes ever written; a writer reserves its bytes with one atomic add.
// Runs in: any thread of the domain's process. State: shared memory.
import { DOMAIN_TABLE, MESSAGE_RING_BYTES } from './domain-layout'
import type { DomainState } from './domain-state'
import type { DomainTime } from './time'

export class Messages {
  constructor(
    private readonly domain: DomainState,
    private readonly time: DomainTime,
  ) {}

  /** Adds one line, with the system time in front as Xen prints it. */
  log(text: string): void {
    const us = this.time.systemTime() / 1000n
    const stamp = `${us / 1_000_000n}.${String(us % 1_000_000n).padStart(6, '0')}`.padStart(13)
    const bytes = new TextEncoder().encode(`(XEN) [${stamp}] d${this.domain.get('DOMID')}: ${text}\n`).slice(0, 1024)
    const start = this.domain.add('MESSAGE_HEAD', bytes.length)
    const base = this.domain.geometry.domainBase + DOMAIN_TABLE.MESSAGES
    bytes.forEach((byte, i) => {
      this.domain.memory.u8[base + ((start + i) % MESSAGE_RING_BYTES)] = byte
    })
    // Told by the main thread, which would else hear of it when something else rings.
    this.domain.ringBell()
  }

  /** Bytes ever written: what `next` would be. */
  get written(): number {
    return this.domain.get('MESSAGE_HEAD')
  }

  /** What the ring holds from position `from` on (a value of `next` of an earlier call); lost bytes are skipped. */
  read(from = 0): { text: string; next: number } {
    const head = this.domain.get('MESSAGE_HEAD')
    const start = Math.max(from, head - MESSAGE_RING_BYTES)
    const base = this.domain.geometry.domainBase + DOMAIN_TABLE.MESSAGES
    const bytes = new Uint8Array(Math.max(0, head - start))
    for (let i = 0; i < bytes.length; i++) bytes[i] = this.domain.memory.u8[base + ((start + i) % MESSAGE_RING_BYTES)] ?? 0
    return { text: new TextDecoder().decode(bytes), next: head }
  }
}
