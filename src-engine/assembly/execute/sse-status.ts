// What all SSE float instructions share: the test for the fast path, the sticky flags and the SIMD exception.
// WebAssembly rounds to nearest and tells nothing, so its result is taken only when the one thing it could not tell,
// "inexact", is known already (PE is set and masked, rounding is to nearest) and no operand or result is special.
// Invariant: an instruction that raises an unmasked exception changes MXCSR and nothing else.
// Runs in: the vcpu's thread.
import { CR4, MXCSR, SCRATCH } from '../generated/layout'
import { DE, IE, ZE } from '../fpu/state'
import { FLAGS } from '../fpu/soft'

/** Lanes of a result until it is known that no exception is unmasked. */
export const LANES: u32 = SCRATCH + 0x60

// @ts-ignore: decorator
@inline export function mxcsr(): u32 { return load<u32>(MXCSR) }
/** Rounding to nearest, and a further inexact result would change nothing. */
// @ts-ignore: decorator
@inline export function quick(mx: u32): bool { return (mx & 0x7020) == 0x1020 }
// @ts-ignore: decorator
@inline export function rounding(mx: u32): u32 { return (mx >> 13) & 3 }
// @ts-ignore: decorator
@inline export function trapped(mx: u32): u32 { return ~(mx >> 7) & 0x3f }
// @ts-ignore: decorator
@inline export function daz(mx: u32): bool { return (mx & 0x40) != 0 }
// @ts-ignore: decorator
@inline export function ftz(mx: u32): bool { return (mx & 0x8000) != 0 }
// @ts-ignore: decorator
@inline export function begin(): void { store<u32>(FLAGS, 0) }

/** Add FLAGS to MXCSR: 0, or #XM (#UD without CR4.OSXMMEXCPT) if one of them is unmasked. */
export function settle(mx: u32): i32 {
  let flags = load<u32>(FLAGS)
  const traps = trapped(mx)
  if (!flags) return 0
  // An unmasked exception of the operands comes before anything is computed: no flag of a result is set then.
  if (flags & traps & (IE | DE | ZE)) flags &= IE | DE | ZE
  store<u32>(MXCSR, mx | flags)
  if (flags & traps) return load<u32>(CR4) & 0x400 ? 0x113 : 0x106
  return 0
}

/** Zero, or a normal number. */
// @ts-ignore: decorator
@inline export function plain32(bits: u32): bool {
  const m = bits & 0x7fffffff
  return m - 0x00800000 < 0x7f000000 || m == 0
}
// @ts-ignore: decorator
@inline export function plain64(bits: u64): bool {
  const m = bits & 0x7fffffffffffffff
  return m - 0x0010000000000000 < 0x7fe0000000000000 || m == 0
}
/** A normal number above the smallest one: certainly not tiny before rounding. */
// @ts-ignore: decorator
@inline export function sound32(bits: u32): bool { return (bits & 0x7fffffff) - 0x00800001 < 0x7effffff }
// @ts-ignore: decorator
@inline export function sound64(bits: u64): bool { return (bits & 0x7fffffffffffffff) - 0x0010000000000001 < 0x7fdfffffffffffff }

/** Lane masks of the same tests. */
// @ts-ignore: decorator
@inline export function plainLanes32(v: v128): v128 {
  const m = v128.and(v, i32x4.splat(0x7fffffff))
  return v128.or(i32x4.lt_u(i32x4.sub(m, i32x4.splat(0x00800000)), i32x4.splat(0x7f000000)), i32x4.eq(m, i32x4.splat(0)))
}
// @ts-ignore: decorator
@inline export function soundLanes32(v: v128): v128 {
  return i32x4.lt_u(i32x4.sub(v128.and(v, i32x4.splat(0x7fffffff)), i32x4.splat(0x00800001)), i32x4.splat(0x7effffff))
}
// @ts-ignore: decorator
@inline export function zeroLanes32(v: v128): v128 { return i32x4.eq(v128.and(v, i32x4.splat(0x7fffffff)), i32x4.splat(0)) }
// @ts-ignore: decorator
@inline export function plainLanes64(v: v128): v128 {
  const m = v128.and(v, i64x2.splat(0x7fffffffffffffff))
  const normal = v128.and(i64x2.gt_s(m, i64x2.splat(0x000fffffffffffff)), i64x2.lt_s(m, i64x2.splat(0x7ff0000000000000)))
  return v128.or(normal, i64x2.eq(m, i64x2.splat(0)))
}
// @ts-ignore: decorator
@inline export function soundLanes64(v: v128): v128 {
  const m = v128.and(v, i64x2.splat(0x7fffffffffffffff))
  return v128.and(i64x2.gt_s(m, i64x2.splat(0x0010000000000000)), i64x2.lt_s(m, i64x2.splat(0x7ff0000000000000)))
}
// @ts-ignore: decorator
@inline export function zeroLanes64(v: v128): v128 { return i64x2.eq(v128.and(v, i64x2.splat(0x7fffffffffffffff)), i64x2.splat(0)) }
