// Operands in memory: their addresses, and loads and stores of them by the TLB (tlb.ts).
// Runs in: the vcpu's worker thread.
import { SLOT } from '../isa/state-layout'
import { UOP } from './code-cache'
import { CALL, type Emitter } from './emitter'
import { HOST, SLOW, TMP, VA } from './locals'
import { type Kind, lookUp, reads } from './tlb'
import { OP } from './wasm-writer'

const SEGMENT_SLOTS = { first: SLOT.SEG_BASE, end: SLOT.SEG_BASE + 64 }

/** Pushes a part of an address: a register, or what else has a slot. */
export function pushAddressSlot(e: Emitter, slot: number): void {
  const { w } = e
  if (slot < SLOT.ZERO) w.get(e.register(slot >> 3))
  else if (slot === SLOT.TMP) w.get(TMP)
  else if (slot === SLOT.PC_BASE) e.pushLinear(e.page)
  else if (slot >= SEGMENT_SLOTS.first && slot < SEGMENT_SLOTS.end) {
    w.i32(0)
    w.memory(OP.i64_load, e.field('GPR') + slot)
  } else w.i64(0)
}

/** Pushes the effective address of a uop. */
export function pushAddress(e: Emitter, ip: number): void {
  const { w, cache } = e
  const base = cache.byte(ip + 6)
  const index = cache.byte(ip + 7) & 0xf8
  const scale = cache.byte(ip + 7) & 7
  const disp = cache.word(ip + 8)
  pushAddressSlot(e, base)
  if (index !== SLOT.ZERO) {
    pushAddressSlot(e, index)
    if (scale) {
      w.i64(scale)
      w.op(OP.i64_shl)
    }
    w.op(OP.i64_add)
  }
  if (disp) {
    w.i64(disp)
    w.op(OP.i64_add)
  }
}

/** Finds the host address of a uop's operand, into HOST. */
export function reach(e: Emitter, ip: number, bytes: number, kind: Kind): void {
  setAddress(e, ip)
  probe(e, ip, bytes, kind, false)
}

/** VA becomes the operand's address. */
export function setAddress(e: Emitter, ip: number): void {
  pushAddress(e, ip)
  e.w.set(VA)
}

/** Finds the host address of an operand of `bytes` bytes at VA, into HOST. Leaves the region on a fault. */
export function probe(e: Emitter, ip: number, bytes: number, kind: Kind, stack: boolean): void {
  const { w } = e
  const missed = (): void => {
    if (reads(kind)) return
    w.i32(1)
    w.set(SLOW)
  }
  lookUp(e, ip, bytes, kind, stack, missed, () => w.set(HOST))
}

/**
 * Stores the operand that `value` pushes at VA. Nothing is to be done after it where the TLB knows the page; `hit`, where the store went into
 * this page's code, does what else the instruction does, and leaves.
 */
export function store(e: Emitter, ip: number, size: number, stack: boolean, value: () => void, hit?: () => void): void {
  const { w } = e
  const put = (): void => {
    value()
    popMemory(e, size)
  }
  const missed = (): void => {
    w.get(HOST)
    put()
    carryOut(e, ip, hit)
  }
  lookUp(e, ip, 1 << size, 'write', stack, missed, put)
}

/** After a store to HOST and everything else the instruction does: carry a staged store out; stop when it hit this page. */
export function stored(e: Emitter, ip: number): void {
  const { w } = e
  w.get(SLOW)
  e.seldom()
  carryOut(e, ip)
  e.close()
  // on both ways: else compilers take it for something that is carried along from store to store
  w.i32(0)
  w.set(SLOW)
}

/** The core does what a store that missed asks for; `hit`: it went into this page's code. */
function carryOut(e: Emitter, ip: number, hit: () => void = () => e.leave(ip + UOP)): void {
  const { w } = e
  w.get(HOST)
  w.i32(ip)
  w.call(CALL.stored)
  e.seldom()
  hit()
  e.close()
}

/** Pushes the operand at HOST: i64 for size 3, else an i32, sign-extended or not. */
export function pushMemory(e: Emitter, size: number, signed = true): void {
  const { w } = e
  w.get(HOST)
  const narrow = signed ? [OP.i32_load8_s, OP.i32_load16_s] : [OP.i32_load8_u, OP.i32_load16_u]
  w.memory([...narrow, OP.i32_load, OP.i64_load][size] ?? OP.i64_load, 0)
}

/** Stores the value on the stack; HOST lies below it. */
export function popMemory(e: Emitter, size: number): void {
  e.w.memory([OP.i32_store8, OP.i32_store16, OP.i32_store, OP.i64_store][size] ?? OP.i64_store, 0)
}
