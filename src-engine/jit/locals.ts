// The locals of a region's function, and the vcpu fields they stand for.
// Runs in: the vcpu's worker thread (plain data).
import { F32, F64, I32, I64, V128 } from './wasm-writer'

/** Parameters: instructions left of run()'s budget, which of its entries the region is entered at. */
export const BUDGET = 0
export const ENTERED = 1
/** RAX to R15 in their order. */
export const REGISTERS = 2
/** i64: PC_BASE, TMP, lazy flags a, b and result, effective address, three for operands and results. */
export const PC_BASE = 18
export const TMP = 19
export const FLAG_A = 20
export const FLAG_B = 21
export const FLAG_R = 22
export const VA = 23
export const X = 24
export const Y = 25
export const Z = 26
/** i32: flags' type, the TLB in force, host address, 1 after a write that missed, the result, */
export const FLAG_TYPE = 27
export const TLB = 28
export const HOST = 29
export const SLOW = 30
export const RESULT = 31
/** operands of the last flag setter when 32 bits hold them, */
export const A32 = 32
export const B32 = 33
export const R32 = 34
/** a carry, a TLB entry, a count, not 0 when MXCSR forbids WebAssembly's rounding, what host addresses are guessed to be off by. */
export const CARRY = 35
export const ENTRY = 36
export const COUNT = 37
export const QUICK = 38
export const GUESS = 39
/** f64, f32 and v128: two operands and a result each. */
export const FA = 40
export const FB = 41
export const FR = 42
export const GA = 43
export const GB = 44
export const GR = 45
export const VA128 = 46
export const VB128 = 47
export const VR128 = 48
/** XMM0 to XMM15 in their order, in regions that use them. */
export const XMM = 49

/** All but the parameters, as a function's body begins: how many of each type. `used`: registers, as the emitter has them. */
export function localsOf(used: number): readonly (readonly [count: number, type: number])[] {
  const vectors = used >>> 16 === 0 ? XMM - VA128 : XMM + 16 - VA128
  return [
    [Z - ENTERED, I64],
    [GUESS - Z, I32],
    [GA - FA, F64],
    [VA128 - GA, F32],
    [vectors, V128],
  ]
}
