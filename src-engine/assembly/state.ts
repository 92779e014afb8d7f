// The vcpu's state as the core sees it: fixed addresses, no AssemblyScript globals, so that a vcpu can be saved at any
// instruction and several instances can share one memory. Also the reading of a uop's fields.
// A uop is 16 bytes: u16 op, u16 where (bits 0-11 offset in the page, 12-15 index of the instruction in its block),
// u8 dst, u8 src, u8 base, u8 index|scale, i32 disp, i32 imm. Operand bytes are offsets into the vcpu area.
// Invariant: 32-bit register writes go through put<u32>, which clears the upper half.
// Runs in: the vcpu's thread.
import { VCPU, PC_BASE, CODE_BASE, FAULT, FAULT_CODE, EXIT, CR2, EFER, CR0, CPL, RIP, MODE, ATTENTION } from './generated/layout'

export const UOP: u32 = 16

// @ts-ignore: decorator
@inline export function dst(ip: u32): u32 { return VCPU + <u32>load<u8>(ip, 4) }
// @ts-ignore: decorator
@inline export function src(ip: u32): u32 { return VCPU + <u32>load<u8>(ip, 5) }
// @ts-ignore: decorator
@inline export function imm(ip: u32): i32 { return load<i32>(ip, 12) }
// @ts-ignore: decorator
@inline export function offsetOf(ip: u32): u32 { return <u32>load<u16>(ip, 2) & 0xfff }
// @ts-ignore: decorator
@inline export function orderOf(ip: u32): i32 { return <i32>load<u16>(ip, 2) >>> 12 }

/** Effective address of the uop's memory operand (linear: segment bases are folded in by the decoder). */
// @ts-ignore: decorator
@inline export function ea(ip: u32): u64 {
  const x = <u32>load<u8>(ip, 7)
  return load<u64>(VCPU + <u32>load<u8>(ip, 6)) + (load<u64>(VCPU + (x & 0xf8)) << <u64>(x & 7)) + <u64><i64>load<i32>(ip, 8)
}

/** Write a register operand: 32-bit results clear the upper half, smaller ones leave the rest. */
// @ts-ignore: decorator
@inline export function put<T>(at: u32, v: T): void {
  if (sizeof<T>() == 4) store<u64>(at, <u64><u32>v)
  else store<T>(at, v)
}

/** The immediate as an operand of type T (sign-extended when 64 bits wide). */
// @ts-ignore: decorator
@inline export function immOf<T>(ip: u32): T { return <T><i64>load<i32>(ip, 12) }

// @ts-ignore: decorator
@inline export function gpr(n: u32): u64 { return load<u64>(VCPU + (n << 3)) }
// @ts-ignore: decorator
@inline export function setGpr(n: u32, v: u64): void { store<u64>(VCPU + (n << 3), v) }
// @ts-ignore: decorator
@inline export function longMode(): bool { return (load<u32>(EFER) & 0x400) != 0 }
// @ts-ignore: decorator
@inline export function is64(): bool { return load<u32>(MODE) == 2 }
// @ts-ignore: decorator
@inline export function cpl(): u32 { return load<u32>(CPL) }
// @ts-ignore: decorator
@inline export function protectedMode(): bool { return (load<u32>(CR0) & 1) != 0 }

/** RIP of the instruction at a page offset of the running page. */
export function ripAt(offset: i32): u64 {
  const v = load<u64>(PC_BASE) + <u64><i64>offset - load<u64>(CODE_BASE)
  return is64() ? v : v & 0xffffffff
}

/** Set the instruction pointer; outside 64-bit mode only 32 bits count. */
export function setRip(v: u64): void { store<u64>(RIP, is64() ? v : v & 0xffffffff) }

export const DE: i32 = 0, DB: i32 = 1, NMI: i32 = 2, BP: i32 = 3, OF: i32 = 4, BR: i32 = 5, UD: i32 = 6, NM: i32 = 7, DF: i32 = 8,
  TS: i32 = 10, NP: i32 = 11, SS: i32 = 12, GP: i32 = 13, PF: i32 = 14, MF: i32 = 16, AC: i32 = 17, XM: i32 = 19

/**
 * Note a fault of the running instruction. Always returns 1, the cold functions' "leave the block". RIP is not at the
 * instruction then, so the dispatcher must not look a block up by it: ATTENTION sends it to the boundary.
 */
export function raise(vector: i32, code: i32 = 0): i32 {
  store<i32>(ATTENTION, 1)
  store<i32>(FAULT, 0x100 | vector)
  store<i32>(FAULT_CODE, code)
  return 1
}

export function raisePage(va: u64, code: i32): void {
  store<u64>(CR2, va)
  raise(PF, code)
}

/** Ask run() to return `code` after this instruction. */
// @ts-ignore: decorator
@inline export function leaveWith(code: i32): void { store<i32>(EXIT, code + 1); store<i32>(ATTENTION, 1) }
