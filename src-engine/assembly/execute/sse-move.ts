// Moves between XMM registers, general registers and memory, masks, and MXCSR. Most are inlined by the main dispatcher;
// these are their cold forms. Names say what happens to the bytes: `zx` clears the rest of the destination register.
// Invariant: exactly the operand's bytes of memory are touched; src is read before dst is written.
// Runs in: the vcpu's thread.
import { MXCSR } from '../generated/layout'

/** MXCSR bits that exist: flags, DAZ, masks, rounding, FTZ. FXSAVE reports it as MXCSR_MASK. */
export const MXCSR_BITS: u32 = 0xffff

export function mov128(dst: u32, src: u32): void { v128.store(dst, v128.load(src)) }
export function mov64(dst: u32, src: u32): void { store<u64>(dst, load<u64>(src)) }
export function mov32(dst: u32, src: u32): void { store<u32>(dst, load<u32>(src)) }
export function mov64_zx(dst: u32, src: u32): void { v128.store(dst, v128.load64_zero(src)) }
export function mov32_zx(dst: u32, src: u32): void { v128.store(dst, v128.load32_zero(src)) }
/** To a general register: 64 bits are written. */
export function mov_gpr32(dst: u32, src: u32): void { store<u64>(dst, <u64>load<u32>(src)) }
export function movhlps(dst: u32, src: u32): void { store<u64>(dst, load<u64>(src, 8)) }
/** MOVHPS and MOVHPD from memory, and MOVLHPS: the low quadword of src becomes the high one of dst. */
export function movhps_load(dst: u32, src: u32): void { store<u64>(dst, load<u64>(src), 8) }
export function movhps_store(dst: u32, src: u32): void { store<u64>(dst, load<u64>(src, 8)) }

export function movmskps(dst: u32, src: u32): void { store<u64>(dst, <u64>i32x4.bitmask(v128.load(src))) }
export function movmskpd(dst: u32, src: u32): void { store<u64>(dst, <u64>i64x2.bitmask(v128.load(src))) }
export function pmovmskb(dst: u32, src: u32): void { store<u64>(dst, <u64>i8x16.bitmask(v128.load(src))) }
/** The byte mask of MASKMOVDQU; the caller stores. */
export function maskmovdqu(dst: u32, src: u32): i32 { return i8x16.bitmask(v128.load(src)) }

export function ldmxcsr(dst: u32): i32 {
  const value = load<u32>(dst)
  if (value & ~MXCSR_BITS) return 0x10d
  store<u32>(MXCSR, value)
  return 0
}
export function stmxcsr(dst: u32): void { store<u32>(dst, load<u32>(MXCSR)) }
