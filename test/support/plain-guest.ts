// A guest's memory for pumps, without a hypervisor: page n of the memory is frame n, grant references are a map, what is published
// is seen at once, events are counted. Runs in: tests.
import type { GuestAccess } from '../../src-engine/ring/guest-access'

export interface PlainGuest extends GuestAccess {
  /** Grant reference to page number; `readonly` ones are in the second set. */
  readonly grants: Map<number, number>
  readonly readonlyGrants: Set<number>
  readonly bound: Set<number>
  readonly hushed: Set<number>
  /** Ports raised, in order. */
  readonly raised: number[]
  /** Pages told to be written. */
  readonly dirty: Set<number>
  onEvent: (port: number) => void
  /** What `instructions` and `idle` say. */
  ran: number
  asleep: boolean
}

export function plainGuest(memory: SharedArrayBuffer): PlainGuest {
  const words = new Int32Array(memory)
  const pages = memory.byteLength >>> 12
  const page = (number: number | undefined): number =>
    number !== undefined && number > 0 && number < pages ? number * 4096 : -3
  const guest: PlainGuest = {
    bytes: new Uint8Array(memory),
    words,
    grants: new Map(),
    readonlyGrants: new Set(),
    bound: new Set(),
    hushed: new Set(),
    raised: [],
    dirty: new Set(),
    onEvent: () => {},
    ran: 0,
    asleep: true,
    instructions: () => guest.ran,
    idle: () => guest.asleep,
    granted: (ref, write) => (write && guest.readonlyGrants.has(ref) ? -8 : page(guest.grants.get(ref))),
    frame: (gfn) => page(gfn),
    beforeWrite: (address) => void guest.dirty.add(address >>> 12),
    publish(index, value, event, port) {
      const old = Atomics.exchange(words, index >>> 2, value)
      if (event !== 0 && (value - Atomics.load(words, event >>> 2)) >>> 0 >= (value - old) >>> 0) return
      guest.raised.push(port)
      guest.onEvent(port)
    },
    hush: (port, on) => void (on ? guest.hushed.add(port) : guest.hushed.delete(port)),
    bind: (port) => !guest.bound.has(port) && guest.bound.add(port) !== undefined,
    unbind: (port) => void guest.bound.delete(port),
  }
  return guest
}
