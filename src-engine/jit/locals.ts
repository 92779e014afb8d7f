// The locals of a region's function, and the vcpu fields they stand for.
// Runs in: the vcpu's worker thread (plain data).
import { F32, F64, I32, I64, V128 } from './wasm-writer'

/** Parameter: instructions left of run()'s budget. */
export const BUDGET = 0
/** RAX to R15 in their order. */
export const REGISTERS = 1
/** i64: PC_BASE, TMP, lazy flags a, b and result, effective address, three for operands and results. */
export const PC_BASE = 17
export const TMP = 18
export const FLAG_A = 19
export const FLAG_B = 20
export const FLAG_R = 21
export const VA = 22
export const X = 23
export const Y = 24
export const Z = 25
/** i32: flags' type, the TLB in force, host address, 1 after a write that missed, the result, */
export const FLAG_TYPE = 26
export const TLB = 27
export const HOST = 28
export const SLOW = 29
export const RESULT = 30
/** operands of the last flag setter when 32 bits hold them, */
export const A32 = 31
export const B32 = 32
export const R32 = 33
/** a carry, a TLB entry, a count, not 0 when MXCSR forbids WebAssembly's rounding. */
export const CARRY = 34
export const ENTRY = 35
export const COUNT = 36
export const QUICK = 37
/** f64, f32 and v128: two operands and a result each. */
export const FA = 38
export const FB = 39
export const FR = 40
export const GA = 41
export const GB = 42
export const GR = 43
export const VA128 = 44
export const VB128 = 45
export const VR128 = 46
/** XMM0 to XMM15 in their order, in regions that use them. */
export const XMM = 47

/** All but the parameter, as a function's body begins: how many of each type. `used`: registers, as the emitter has them. */
export function localsOf(used: number): readonly (readonly [count: number, type: number])[] {
  const vectors = used >>> 16 === 0 ? XMM - VA128 : XMM + 16 - VA128
  return [
    [Z, I64],
    [QUICK - Z, I32],
    [GA - FA, F64],
    [VA128 - GA, F32],
    [vectors, V128],
  ]
}
