// A domain without a CPU core, for tests of the hypervisor: shared memory, a clock the test turns, and a vcpu whose registers
// are plain memory and whose guest virtual addresses are guest physical ones.
// Runs in: vitest.
import { Domain } from '../../src-engine/hypervisor/domain'
import type { CallingVcpu, HypercallResult } from '../../src-engine/hypervisor/hypercall/call'
import { dispatch } from '../../src-engine/hypervisor/hypercall/dispatch'
import type { Width } from '../../src-engine/lib/struct-layout'
import { GuestMemory } from '../../src-engine/memory/guest-memory'
import { HYPERCALLS, type HypercallName } from '../../src-engine/public/xen/hypercall'
import { domainGeometry } from '../../src-engine/vcpu/domain-geometry'

export class TestClock {
  ns = 1_000_000n
  now = (): bigint => this.ns
  wall = (): bigint => 1_700_000_000_000_000_000n
}

export interface FakeDomain {
  readonly domain: Domain
  readonly memory: GuestMemory
  readonly clock: TestClock
  readonly wasm: WebAssembly.Memory
  /** Times the main thread was rung. */
  readonly rings: { count: number }
  readonly posted: [vcpu: number, vector: number][]
}

export const RAM_MIB = 8

export function fakeDomain(domid = 5): FakeDomain {
  const geometry = domainGeometry(1, RAM_MIB * 1024 * 1024)
  const wasm = new WebAssembly.Memory({ initial: geometry.wasmPages, maximum: geometry.wasmPages, shared: true })
  const clock = new TestClock()
  const rings = { count: 0 }
  const posted: [number, number][] = []
  let domain: Domain
  const memory = new GuestMemory(wasm.buffer, geometry, (page) => domain.requestInvalidate(page))
  domain = new Domain(memory, geometry, {
    clock,
    ring: () => {
      rings.count += 1
    },
    postVector: (vcpu, vector) => posted.push([vcpu, vector]),
  })
  domain.initialise({ domid, uuid: new Uint8Array(16).fill(7) })
  domain.time.thaw()
  domain.set('PAUSE', 0)
  return { domain, memory, clock, wasm, rings, posted }
}

/** A guest that makes hypercalls: arguments are words, structures lie at ARG in its RAM. */
export class FakeGuest {
  static readonly ARG = 0x10000

  private readonly vcpu: CallingVcpu

  constructor(
    readonly fake: FakeDomain,
    readonly width: Width = 64,
  ) {
    this.vcpu = {
      index: 0,
      width,
      translate: (va) => (va < 0x1_0000_0000n ? fake.memory.addressOf(Number(va)) : 0),
      yield: () => {},
    }
  }

  call(name: HypercallName, ...args: (number | bigint)[]): HypercallResult {
    const number = HYPERCALLS.find((row) => row[1] === name)?.[0] ?? -1
    return this.callNumber(number, ...args)
  }
  callNumber(number: number, ...args: (number | bigint)[]): HypercallResult {
    return dispatch(this.fake.domain, this.vcpu, number, args.map(BigInt))
  }

  /** A view of guest RAM at a guest physical address. */
  view(gpa = FakeGuest.ARG): DataView {
    return new DataView(this.fake.memory.buffer, this.fake.memory.addressOf(gpa), 4096 - (gpa % 4096))
  }
  /** Zeroes the argument page and writes u32s into it. */
  words(...values: [at: number, value: number][]): void {
    const view = this.view()
    for (let i = 0; i < 256; i += 4) view.setUint32(i, 0, true)
    for (const [at, value] of values) view.setUint32(at, value, true)
  }
  u32(at: number): number {
    return this.view().getUint32(at, true)
  }
}
