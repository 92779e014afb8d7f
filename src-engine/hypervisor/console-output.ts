// Bytes the guest prints without its console ring (console_io, port 0xe9), on their way from the vcpu's thread to the main
// thread. When the main thread is behind, the vcpu waits for it a moment and then drops: a flood slows its own guest only.
// Invariant: CONSOLE_PROD is written by vcpus under the domain lock, CONSOLE_CONS by the main thread.
// Runs in: vcpu threads (write), main thread (take). State: shared memory.
import { CONSOLE_RING_BYTES, DOMAIN_TABLE } from './domain-layout'
import type { DomainState } from './domain-state'

const WAIT_MS = 50

export class ConsoleOutput {
  constructor(private readonly domain: DomainState) {}

  /** Returns how many bytes were taken. */
  write(bytes: Uint8Array): number {
    const { domain } = this
    const base = domain.geometry.domainBase + DOMAIN_TABLE.CONSOLE
    let done = 0
    while (done < bytes.length) {
      const room = CONSOLE_RING_BYTES - ((domain.get('CONSOLE_PROD') - domain.get('CONSOLE_CONS')) >>> 0)
      if (room === 0) {
        domain.ringBell()
        const cons = domain.get('CONSOLE_CONS')
        if (Atomics.wait(domain.memory.i32, domain.address('CONSOLE_CONS') >>> 2, cons | 0, WAIT_MS) === 'timed-out') break
        continue
      }
      domain.lock()
      const prod = domain.get('CONSOLE_PROD')
      const length = Math.min(bytes.length - done, CONSOLE_RING_BYTES - ((prod - domain.get('CONSOLE_CONS')) >>> 0))
      for (let i = 0; i < length; i++) {
        domain.memory.u8[base + (((prod + i) >>> 0) % CONSOLE_RING_BYTES)] = bytes[done + i] ?? 0
      }
      domain.set('CONSOLE_PROD', (prod + length) >>> 0)
      domain.unlock()
      done += length
    }
    domain.ringBell()
    return done
  }

  /** Everything written since the last call. */
  take(): Uint8Array {
    const { domain } = this
    const base = domain.geometry.domainBase + DOMAIN_TABLE.CONSOLE
    const cons = domain.get('CONSOLE_CONS')
    const bytes = new Uint8Array((domain.get('CONSOLE_PROD') - cons) >>> 0)
    for (let i = 0; i < bytes.length; i++) bytes[i] = domain.memory.u8[base + (((cons + i) >>> 0) % CONSOLE_RING_BYTES)] ?? 0
    if (bytes.length > 0) {
      domain.set('CONSOLE_CONS', (cons + bytes.length) >>> 0)
      Atomics.notify(domain.memory.i32, domain.address('CONSOLE_CONS') >>> 2)
    }
    return bytes
  }
}
