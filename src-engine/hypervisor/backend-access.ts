// A domain as its backends' pumps see it (ring/guest-access.ts): grants and frames of domain 0's, publication, event channels.
// Invariant: only pages the guest has granted to domain 0, or named itself, are ever given out.
// Runs in: main thread of the domain's process.
import { vcpuAddress } from '../isa/state-layout'
import type { GuestAccess } from '../ring/guest-access'
import type { Domain } from './domain'

const DOM0 = 0

export function backendAccess(domain: Domain): GuestAccess {
  const { memory, grants, events, publication } = domain
  return {
    bytes: memory.u8,
    words: memory.i32,
    granted: (ref, write) => grants.lookUp(ref, DOM0, write),
    frame: (gfn, write) => grants.pageOf(gfn, write),
    beforeWrite: (address) => memory.beforeOutsideWrite(address),
    publish: (index, value, event, port) => {
      memory.beforeOutsideWrite(index)
      publication.queue(index, value, event, port)
    },
    instructions: (port) => Number(Atomics.load(memory.i64, vcpuAddress(events.status(port).vcpu, 'RETIRED') >>> 3)),
    idle: (port) => {
      const { vcpu } = events.status(port)
      return domain.vget(vcpu, 'BLOCKED') !== 0 && publication.shown && !domain.shared.upcallPending(vcpu)
    },
    hush: (port, on) => events.hush(port, on),
    bind: (port) => events.bindBackend(port),
    unbind: (port) => events.unbindBackend(port),
  }
}
