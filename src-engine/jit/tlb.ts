// Look-ups in the interpreter's TLB: where an operand lies, and whether a page of code is still the one a region was made of. A
// miss calls the interpreter's own slow path, which either gives a host address or notes a fault. Each access comes before the
// instruction changes a register, so a fault leaves the region with everything as it was before the instruction, and the
// interpreter delivers it.
// Runs in: the vcpu's worker thread.
import { SLOT, TLB as TLB_LAYOUT } from '../isa/state-layout'
import { CALL, type Emitter } from './emitter'
import { BUDGET, ENTRY, GUESS, HOST, TLB, VA } from './locals'
import { UOP_STALE } from './uop-table'
import { OP } from './wasm-writer'

const PAGE_MASK = -4096

/** The last two: eight bytes and more of the stack, of several instructions (stack-runs.ts). */
export type Kind = 'read' | 'write' | 'update' | 'pushes' | 'pops'

export const reads = (kind: Kind): boolean => kind === 'read' || kind === 'pops'

/** ENTRY becomes the TLB entry for VA; pushes what page it is for. */
function pushTag(e: Emitter, array: number): void {
  const { w } = e
  w.get(VA)
  w.i64(8)
  w.op(OP.i64_shr_u)
  w.op(OP.i32_wrap)
  w.i32((TLB_LAYOUT.ENTRIES - 1) * 16)
  w.op(OP.i32_and)
  w.get(TLB)
  w.op(OP.i32_add)
  w.tee(ENTRY)
  w.memory(OP.i64_load, array)
}

/** Pushes whether the page at this distance is that host page to execute, and the block not dropped. */
export function pushStillThere(e: Emitter, distance: number, host: number, first: number): void {
  const { w } = e
  e.pushLinear(distance)
  w.set(VA)
  pushTag(e, TLB_LAYOUT.EXEC)
  w.get(VA)
  w.op(OP.i64_eq)
  w.get(ENTRY)
  w.memory(OP.i32_load, TLB_LAYOUT.EXEC + 8)
  w.get(VA)
  w.op(OP.i32_wrap)
  w.op(OP.i32_add)
  w.i32(host)
  w.op(OP.i32_eq)
  w.op(OP.i32_and)
  w.i32(first)
  w.memory(OP.i32_load16_u, 0)
  w.i32(UOP_STALE)
  w.op(OP.i32_ne)
  w.op(OP.i32_and)
}

/**
 * Looks an operand of `bytes` bytes at VA up, and leaves the region on a fault. What `missed` emits comes after the slow way, with the host
 * address in HOST; what `found` emits has it on the stack.
 */
export function lookUp(
  e: Emitter,
  ip: number,
  bytes: number,
  kind: Kind,
  stack: boolean,
  missed: () => void,
  found: () => void,
): void {
  const { w } = e
  const array = reads(kind) ? TLB_LAYOUT.READ : TLB_LAYOUT.WRITE
  pushTag(e, array)
  w.get(VA)
  if (bytes > 1) {
    w.i64(bytes - 1)
    w.op(OP.i64_add)
  }
  w.i64(PAGE_MASK)
  w.op(OP.i64_and)
  w.op(OP.i64_ne)
  e.seldom()
  w.get(VA)
  w.i32(bytes)
  w.i32(stack ? ip | 1 : ip)
  w.get(BUDGET)
  w.call(CALL[kind])
  w.tee(HOST)
  w.op(OP.i32_eqz)
  e.seldom()
  e.leave(e.begin)
  e.close()
  missed()
  w.op(OP.else)
  pushAddend(e, array, kind === 'read' && !stack && isChased(e, ip))
  w.get(VA)
  w.op(OP.i32_wrap)
  w.op(OP.i32_add)
  found()
  e.close()
}

function isChased(e: Emitter, ip: number): boolean {
  const { cache } = e
  const bit = (slot: number): number => (slot < SLOT.ZERO ? 1 << (slot >> 3) : 0)
  return (e.chased & (bit(cache.byte(ip + 6)) | bit(cache.byte(ip + 7) & 0xf8))) !== 0
}

/**
 * Pushes how far the host address is from the linear one, by ENTRY. The processor goes on with a guess at once, and finds the branch taken rightly
 * when it has read the entry: a load at an address that was loaded itself is then not waited for twice.
 */
function pushAddend(e: Emitter, array: number, guess: boolean): void {
  const { w } = e
  w.get(ENTRY)
  w.memory(OP.i32_load, array + 8)
  if (!guess) return
  e.guesses = true
  w.tee(ENTRY)
  w.get(GUESS)
  w.op(OP.i32_ne)
  e.seldom()
  w.get(ENTRY)
  w.set(GUESS)
  e.close()
  w.get(GUESS)
}
