// The x87 register stack and its status: where a register is, whether it is empty, which exceptions wait.
// Registers are kept by physical number (R0-R7); ST(i) is R((TOP + i) & 7). A tag bit says "not empty"; the two-bit
// tags of FNSTENV are derived from the contents.
// Invariant: ES and B (SW bits 7 and 15) are set exactly when an exception flag is set whose mask bit is clear.
// Runs in: the vcpu's thread.
import { FPU_CW, FPU_ST, FPU_SW, FPU_TAG } from '../generated/layout'

/** Exception flags, at the same bits in the x87 status word and MXCSR. */
export const IE: u32 = 1, DE: u32 = 2, ZE: u32 = 4, OE: u32 = 8, UE: u32 = 16, PE: u32 = 32
/** Further bits of the x87 status word. */
export const SF: u32 = 0x40, ES: u32 = 0x80, C0: u32 = 0x100, C1: u32 = 0x200, C2: u32 = 0x400, C3: u32 = 0x4000, BUSY: u32 = 0x8000

// @ts-ignore: decorator
@inline export function statusWord(): u32 { return <u32>load<u16>(FPU_SW) }
// @ts-ignore: decorator
@inline export function controlWord(): u32 { return <u32>load<u16>(FPU_CW) }
// @ts-ignore: decorator
@inline export function top(): u32 { return (<u32>load<u16>(FPU_SW) >> 11) & 7 }
/** Physical number of ST(i). */
// @ts-ignore: decorator
@inline export function physical(i: u32): u32 { return (top() + i) & 7 }
/** Address of ST(i). */
// @ts-ignore: decorator
@inline export function st(i: u32): u32 { return FPU_ST + (physical(i) << 4) }
// @ts-ignore: decorator
@inline export function isEmpty(i: u32): bool { return ((<u32>load<u16>(FPU_TAG) >> physical(i)) & 1) == 0 }
// @ts-ignore: decorator
@inline export function significand(at: u32): u64 { return load<u64>(at) }
// @ts-ignore: decorator
@inline export function signExponent(at: u32): u32 { return <u32>load<u16>(at, 8) }

// @ts-ignore: decorator
@inline export function put80(at: u32, signExp: u32, sig: u64): void {
  store<u64>(at, sig)
  store<u16>(at, <u16>signExp, 8)
}

export function setTop(value: u32): void {
  store<u16>(FPU_SW, <u16>((statusWord() & 0xc7ff) | ((value & 7) << 11)))
}
export function markFull(i: u32): void { store<u16>(FPU_TAG, <u16>(<u32>load<u16>(FPU_TAG) | (1 << physical(i)))) }
export function markEmpty(i: u32): void { store<u16>(FPU_TAG, <u16>(<u32>load<u16>(FPU_TAG) & ~(1 << physical(i)))) }
export function pop(): void {
  markEmpty(0)
  setTop(top() + 1)
}

/** Store a status word with ES and B made to fit the control word. */
export function setStatus(word: u32): void {
  word &= ~(ES | BUSY)
  if (word & ~controlWord() & 0x3f) word |= ES | BUSY
  store<u16>(FPU_SW, <u16>word)
}
