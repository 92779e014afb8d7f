// The usual case of x87 arithmetic, on values in registers of the host: normal numbers and zeros, rounded to nearest and to 64 bits,
// all exceptions masked, and a normal result. What is asked of soft.ts otherwise gives the same, in several times as many steps.
// Invariant: a function that says false has changed nothing.
// Runs in: the vcpu's thread.
import { FPU_SW, FPU_TAG } from '../generated/layout'
import { CHOP, DOWN, NEAREST, R_LO, bitsBelow, divide128, mulHigh } from './soft'
import { C1, PE, controlWord, physical, put80, signExponent, significand, st, statusWord } from './state'

const TOP_BIT: u64 = 1 << 63

/** Rounded to nearest, to 64 bits, all exceptions masked: ES cannot be set by what an operation notes. */
// @ts-ignore: decorator
@inline export function usual(): bool { return (controlWord() & 0xf3f) == 0x33f }
/** ST(0) and ST(i) are not empty. */
// @ts-ignore: decorator
@inline export function bothFull(i: u32): bool {
  const tags = <u32>load<u16>(FPU_TAG)
  return ((tags >> physical(0)) & (tags >> physical(i)) & 1) != 0
}
// @ts-ignore: decorator
@inline function isNormal(signExp: u32, sig: u64): bool { return <i64>sig < 0 && ((signExp + 1) & 0x7fff) > 1 }
// @ts-ignore: decorator
@inline function isZero(signExp: u32, sig: u64): bool { return sig == 0 && (signExp & 0x7fff) == 0 }
// @ts-ignore: decorator
@inline function noteInexact(inexact: bool, up: u32): void {
  store<u16>(FPU_SW, <u16>((statusWord() & ~C1) | (inexact ? PE : 0) | (up ? C1 : 0)))
}

/** Round hi:lo, whose top bit is set, and write it to the register at `to`. The carry of rounding stays in range. */
// @ts-ignore: decorator
@inline function deliver(to: u32, sign: u32, exponent: i32, hi: u64, lo: u64): bool {
  if (<u32>(exponent - 1) >= 0x7ffd) return false
  const up = <u32>(lo >> 63) & <u32>(((lo << 1) != 0) | ((hi & 1) != 0))
  hi += <u64>up
  if (hi == 0) {
    hi = TOP_BIT
    exponent++
  }
  put80(to, sign | <u32>exponent, hi)
  noteInexact(lo != 0, up)
  return true
}
// @ts-ignore: decorator
@inline function deliverExact(to: u32, signExp: u32, sig: u64): bool {
  put80(to, signExp, sig)
  store<u16>(FPU_SW, <u16>(statusWord() & ~C1))
  return true
}

export function add(seA: u32, sigA: u64, seB: u32, sigB: u64, to: u32): bool {
  if (!isNormal(seA, sigA)) return isZero(seA, sigA) && isNormal(seB, sigB) ? deliverExact(to, seB, sigB) : false
  if (!isNormal(seB, sigB)) return isZero(seB, sigB) ? deliverExact(to, seA, sigA) : false
  let exponent = seA & 0x7fff, other = seB & 0x7fff
  if (other > exponent || (other == exponent && sigB > sigA)) {
    const se = seA, sig = sigA
    seA = seB
    sigA = sigB
    seB = se
    sigB = sig
    const e = exponent
    exponent = other
    other = e
  }
  const sign = seA & 0x8000, distance = exponent - other, n = <u64>distance
  let yh: u64 = 0, yl: u64 = 0
  if (distance == 0) yh = sigB
  else if (distance < 64) {
    yh = sigB >> n
    yl = sigB << (64 - n)
  } else if (distance == 64) yl = sigB
  else if (distance < 128) yl = (sigB >> (n - 64)) | <u64>((sigB << (128 - n)) != 0)
  else yl = 1
  let hi: u64
  if (sign == (seB & 0x8000)) {
    hi = sigA + yh
    if (hi < yh) {
      yl = (yl >> 1) | (hi << 63) | (yl & 1)
      hi = (hi >> 1) | TOP_BIT
      exponent++
    }
    return deliver(to, sign, exponent, hi, yl)
  }
  let lo = 0 - yl
  hi = sigA - yh - <u64>(yl != 0)
  if ((hi | lo) == 0) return deliverExact(to, 0, 0)
  if (hi == 0) {
    hi = lo
    lo = 0
    exponent -= 64
  }
  const zeros = clz(hi)
  if (zeros) {
    hi = (hi << zeros) | (lo >> (64 - zeros))
    lo <<= zeros
    exponent -= <u32>zeros
  }
  return deliver(to, sign, exponent, hi, lo)
}

export function multiply(seA: u32, sigA: u64, seB: u32, sigB: u64, to: u32): bool {
  const sign = (seA ^ seB) & 0x8000
  if (!isNormal(seA, sigA) || !isNormal(seB, sigB)) {
    if (isZero(seA, sigA) ? isNormal(seB, sigB) || isZero(seB, sigB) : isNormal(seA, sigA) && isZero(seB, sigB))
      return deliverExact(to, sign, 0)
    return false
  }
  let hi = mulHigh(sigA, sigB), lo = sigA * sigB
  let exponent = <i32>(seA & 0x7fff) + <i32>(seB & 0x7fff) - 16382
  if (<i64>hi >= 0) {
    hi = (hi << 1) | (lo >> 63)
    lo <<= 1
    exponent--
  }
  return deliver(to, sign, exponent, hi, lo)
}

export function divide(seA: u32, sigA: u64, seB: u32, sigB: u64, to: u32): bool {
  if (!isNormal(seB, sigB)) return false
  const sign = (seA ^ seB) & 0x8000
  if (!isNormal(seA, sigA)) return isZero(seA, sigA) ? deliverExact(to, sign, 0) : false
  let exponent = <i32>(seA & 0x7fff) - <i32>(seB & 0x7fff) + 16383
  let q: u64
  if (sigA >= sigB) q = divide128(sigA >> 1, sigA << 63, sigB)
  else {
    q = divide128(sigA, 0, sigB)
    exponent--
  }
  return deliver(to, sign, exponent, q, bitsBelow(load<u64>(R_LO), sigB))
}

/** A op B by the reg field (0 add, 1 mul, 4 sub, 5 reversed sub, 6 div, 7 reversed div) into the register at `to`. */
export function quickArith(reg: u32, seA: u32, sigA: u64, seB: u32, sigB: u64, to: u32): bool {
  if (!usual()) return false
  switch (reg) {
    case 0: return add(seA, sigA, seB, sigB, to)
    case 1: return multiply(seA, sigA, seB, sigB, to)
    case 4: return add(seA, sigA, seB ^ 0x8000, sigB, to)
    case 5: return add(seB, sigB, seA ^ 0x8000, sigA, to)
    case 6: return divide(seA, sigA, seB, sigB, to)
    default: return divide(seB, sigB, seA, sigA, to)
  }
}

/** -1, 0 or 1 for A against B; 2: not for here. No control word changes it. */
export function quickOrder(seA: u32, sigA: u64, seB: u32, sigB: u64): i32 {
  if (!(isNormal(seA, sigA) || isZero(seA, sigA)) || !(isNormal(seB, sigB) || isZero(seB, sigB))) return 2
  if ((sigA | sigB) == 0) return 0
  const negative = (seA & 0x8000) != 0
  if ((seA ^ seB) & 0x8000) return negative ? -1 : 1
  let order: i32
  if (seA != seB) order = seA > seB ? 1 : -1
  else order = <i32>(sigA > sigB) - <i32>(sigA < sigB)
  return negative ? -order : order
}

/** Sign and exponent of a single or double in the 80-bit format; NOT_QUICK for denormals, infinities and NaNs. */
export const NOT_QUICK: u32 = 0xffff_ffff
// @ts-ignore: decorator
@inline export function widened32(bits: u32): u32 {
  const exponent = (bits >> 23) & 0xff, sign = (bits >> 16) & 0x8000
  if (exponent - 1 < 0xfe) return sign | (exponent + 16256)
  return (bits << 1) == 0 ? sign : NOT_QUICK
}
// @ts-ignore: decorator
@inline export function significand32(bits: u32): u64 { return (bits << 1) == 0 ? 0 : TOP_BIT | ((<u64>bits & 0x7fffff) << 40) }
// @ts-ignore: decorator
@inline export function widened64(bits: u64): u32 {
  const exponent = <u32>(bits >> 52) & 0x7ff, sign = <u32>(bits >> 48) & 0x8000
  if (exponent - 1 < 0x7fe) return sign | (exponent + 15360)
  return (bits << 1) == 0 ? sign : NOT_QUICK
}
// @ts-ignore: decorator
@inline export function significand64(bits: u64): u64 { return (bits << 1) == 0 ? 0 : TOP_BIT | (bits << 11) }
// @ts-ignore: decorator
@inline export function widenedInteger(value: i64): u32 {
  const magnitude = <u64>(value < 0 ? 0 - value : value)
  return value == 0 ? 0 : (value < 0 ? 0x8000 : 0) | (16446 - <u32>clz(magnitude))
}
// @ts-ignore: decorator
@inline export function significandInteger(value: i64): u64 {
  const magnitude = <u64>(value < 0 ? 0 - value : value)
  return value == 0 ? 0 : magnitude << clz(magnitude)
}

// Stores of ST(0), which is not empty: -1 when not for here, else PE and C1 as the store is to note them.
// @ts-ignore: decorator
@inline function told(rest: u64, up: u64): i32 { return (rest ? PE : 0) | (up ? C1 : 0) }
// @ts-ignore: decorator
@inline function nearestUp(rest: u64, odd: u64): u64 { return (rest >> 63) & (<u64>((rest << 1) != 0) | odd) & 1 }

export function quickStore32(mem: u32): i32 {
  const at = st(0), signExp = signExponent(at), sig = significand(at)
  const exponent = (signExp & 0x7fff) - 16256
  if (!usual() || <i64>sig >= 0 || exponent - 1 >= 0xfd) return -1
  const rest = sig << 24, up = nearestUp(rest, sig >> 40)
  store<u32>(mem, ((signExp & 0x8000) << 16) | (((exponent - 1) << 23) + <u32>(sig >> 40) + <u32>up))
  return told(rest, up)
}
export function quickStore64(mem: u32): i32 {
  const at = st(0), signExp = signExponent(at), sig = significand(at)
  const exponent = (signExp & 0x7fff) - 15360
  if (!usual() || <i64>sig >= 0 || exponent - 1 >= 0x7fd) return -1
  const rest = sig << 53, up = nearestUp(rest, sig >> 11)
  store<u64>(mem, (<u64>(signExp & 0x8000) << 48) | ((<u64>(exponent - 1) << 52) + (sig >> 11) + up))
  return told(rest, up)
}
/** As an integer of `bytes` 2, 4 or 8 by `rc`, any control word otherwise: a store that fits raises PE at most, which comes after it. */
export function quickStoreInteger(mem: u32, bytes: u32, rc: u32): i32 {
  const at = st(0), signExp = signExponent(at), sig = significand(at), negative = signExp >> 15
  const drop = 16446 - <i32>(signExp & 0x7fff)
  let whole: u64 = 0, rest: u64 = 0
  if (isNormal(signExp, sig)) {
    if (drop <= 0) return -1
    if (drop < 64) {
      whole = sig >> <u64>drop
      rest = sig << <u64>(64 - drop)
    } else rest = drop == 64 ? sig : 1
  } else if (!isZero(signExp, sig)) return -1
  let up: u64 = 0
  if (rest != 0 && rc != CHOP) up = rc == NEAREST ? nearestUp(rest, whole) : <u64>(negative == <u32>(rc == DOWN))
  whole += up
  if (whole >= <u64>1 << (<u64>bytes * 8 - 1)) return -1
  const value = negative ? 0 - whole : whole
  if (bytes == 2) store<u16>(mem, <u16>value)
  else if (bytes == 4) store<u32>(mem, <u32>value)
  else store<u64>(mem, value)
  return told(rest, up)
}
