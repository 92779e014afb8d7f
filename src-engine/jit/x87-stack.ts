// The x87 stack in the vcpu's state, as regions see it: what is full, where registers are, TOP, tags, C1; and doubles as 80 bits.
// Invariant: the status word is in COUNT; what changes it, changes both.
// Runs in: the vcpu's worker thread.
import type { Emitter } from './emitter'
import { COUNT, ENTRY, X } from './locals'
import { OP } from './wasm-writer'

const C1 = 0x200
const TOP = 0x3800
/** Bit of the status word where TOP begins, and of an address of a register made of it. */
const TOP_SHIFT = 11
const REGISTER_SHIFT = TOP_SHIFT - 4
const REGISTERS = 0x70
/** What lacks() calls ST(7): full, it would be pushed over. */
export const ST7 = 0x80
const BITS_OF_DOUBLE = 52
/** Bias of the 80-bit format less that of doubles. */
const MORE_BIAS = 16383 - 1023

/** Pushes whether of the registers in `mask` (bit i: ST(i)) not just those in `full` are full. */
export function lacks(e: Emitter, mask: number, full: number): void {
  const { w } = e
  w.i32(0)
  w.memory(OP.i32_load16_u, e.field('FPU_TAG'))
  w.i32(0x101)
  w.op(OP.i32_mul)
  pushTop(e, 0)
  w.op(OP.i32_shr_u)
  w.i32(mask)
  w.op(OP.i32_and)
  w.i32(full)
  w.op(OP.i32_ne)
}

/** Pushes the number of ST(i). */
function pushTop(e: Emitter, i: number): void {
  const { w } = e
  w.get(COUNT)
  w.i32(TOP_SHIFT)
  w.op(OP.i32_shr_u)
  if (i !== 0) {
    w.i32(i)
    w.op(OP.i32_add)
  }
  w.i32(7)
  w.op(OP.i32_and)
}
export function tagBit(e: Emitter, i: number): void {
  e.w.i32(1)
  pushTop(e, i)
  e.w.op(OP.i32_shl)
}

/** A local becomes the distance of ST(i) from the first register. */
export function setRegister(e: Emitter, local: number, i: number): void {
  const { w } = e
  w.get(COUNT)
  w.i32(REGISTER_SHIFT)
  w.op(OP.i32_shr_u)
  if (i !== 0) {
    w.i32(i << 4)
    w.op(OP.i32_add)
  }
  w.i32(REGISTERS)
  w.op(OP.i32_and)
  w.set(local)
}

/** The tags, with what `change` makes of them. */
export function storeTags(e: Emitter, change: () => void): void {
  const { w } = e
  w.i32(0)
  w.i32(0)
  w.memory(OP.i32_load16_u, e.field('FPU_TAG'))
  change()
  w.memory(OP.i32_store16, e.field('FPU_TAG'))
}

/** TOP moves, and `cleared` is cleared. */
function turn(e: Emitter, by: number, cleared: number): void {
  const { w } = e
  w.get(COUNT)
  w.i32(~(TOP | cleared))
  w.op(OP.i32_and)
  w.get(COUNT)
  w.i32(by << TOP_SHIFT)
  w.op(OP.i32_add)
  w.i32(TOP)
  w.op(OP.i32_and)
  w.op(OP.i32_or)
  w.set(COUNT)
  storeStatus(e)
}
export function clearC1(e: Emitter): void {
  const { w } = e
  w.get(COUNT)
  w.i32(~C1)
  w.op(OP.i32_and)
  w.set(COUNT)
  storeStatus(e)
}
function storeStatus(e: Emitter): void {
  e.w.i32(0)
  e.w.get(COUNT)
  e.w.memory(OP.i32_store16, e.field('FPU_SW'))
}

/** Makes room, and ENTRY the new ST(0). */
export function push(e: Emitter): void {
  turn(e, -1, C1)
  storeTags(e, () => {
    tagBit(e, 0)
    e.w.op(OP.i32_or)
  })
  setRegister(e, ENTRY, 0)
}
/** ST(0) becomes empty, and C1 is cleared, or stays what the instruction has made of it. */
export function pop(e: Emitter, c1: 'clear' | 'keep' = 'clear'): void {
  storeTags(e, () => {
    tagBit(e, 0)
    e.w.i32(-1)
    e.w.op(OP.i32_xor)
    e.w.op(OP.i32_and)
  })
  turn(e, 1, c1 === 'clear' ? C1 : 0)
}

/** COUNT becomes the status word that a function of the core has left. */
export function loadStatus(e: Emitter): void {
  e.w.i32(0)
  e.w.memory(OP.i32_load16_u, e.field('FPU_SW'))
  e.w.set(COUNT)
}

/** Pushes whether the double at `host`, which X becomes, or single is no normal number. */
export function pushUnusual(e: Emitter, bytes: number, host: number): void {
  const { w } = e
  w.get(host)
  if (bytes === 8) w.memory(OP.i64_load, 0)
  else {
    w.memory(OP.f32_load, 0)
    w.op(OP.f64_promote)
    w.op(OP.i64_reinterpret)
  }
  w.tee(X)
  w.i64(BITS_OF_DOUBLE)
  w.op(OP.i64_shr_u)
  w.op(OP.i32_wrap)
  w.i32(0x7ff)
  w.op(OP.i32_and)
  w.i32(1)
  w.op(OP.i32_sub)
  w.i32(0x7fe)
  w.op(OP.i32_lt_u)
  w.op(OP.i32_eqz)
  if (bytes === 8) return
  // a single's denormals, which are to be noted, are a double's normal numbers
  w.get(host)
  w.memory(OP.i32_load, 0)
  w.i32(23)
  w.op(OP.i32_shr_u)
  w.i32(0xff)
  w.op(OP.i32_and)
  w.op(OP.i32_eqz)
  w.op(OP.i32_or)
}
/** Pushes the significand of the double in X, a normal number, in the 80-bit format. */
export function pushSignificand(e: Emitter): void {
  const { w } = e
  w.get(X)
  w.i64(11)
  w.op(OP.i64_shl)
  w.i64of(0, -0x8000_0000)
  w.op(OP.i64_or)
}
/** The same of its sign and exponent. */
export function pushSignExponent(e: Emitter): void {
  const { w } = e
  w.get(X)
  w.i64(BITS_OF_DOUBLE)
  w.op(OP.i64_shr_u)
  w.op(OP.i32_wrap)
  w.i32(0x7ff)
  w.op(OP.i32_and)
  w.i32(MORE_BIAS)
  w.op(OP.i32_add)
  pushSign(e)
  w.op(OP.i32_or)
}
/** Pushes the sign of what is in X, where the 80-bit format has it. */
export function pushSign(e: Emitter): void {
  const { w } = e
  w.get(X)
  w.i64(48)
  w.op(OP.i64_shr_u)
  w.op(OP.i32_wrap)
  w.i32(0x8000)
  w.op(OP.i32_and)
}
