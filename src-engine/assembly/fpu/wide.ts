// 128-bit arithmetic for the transcendentals: fixed point with 127 fraction bits (values in [0, 2)), and floating
// numbers (hi:lo) * 2^(exponent - 127) with the top bit of hi set. Results go to W_HI, W_LO, W_EXPONENT.
// Invariant: products are at most a few units in the 128th bit too small; nothing here needs to be exact.
// Runs in: the vcpu's thread.
import { STAGING } from '../generated/layout'
import { NORMAL, mulHigh, setResult } from './soft'

export const W_HI: u32 = STAGING
export const W_LO: u32 = STAGING + 8
export const W_EXPONENT: u32 = STAGING + 16

// @ts-ignore: decorator
@inline export function setWide(hi: u64, lo: u64): void {
  store<u64>(W_HI, hi)
  store<u64>(W_LO, lo)
}
// @ts-ignore: decorator
@inline export function wideHi(): u64 { return load<u64>(W_HI) }
// @ts-ignore: decorator
@inline export function wideLo(): u64 { return load<u64>(W_LO) }

/** Upper half of the 256-bit product. */
export function mulTop(ah: u64, al: u64, bh: u64, bl: u64): void {
  const x = ah * bl, y = al * bh
  let low = x + y
  let carry = <u64>(low < x)
  const rest = mulHigh(al, bl)
  low += rest
  carry += <u64>(low < rest)
  const p = mulHigh(ah, bl), q = mulHigh(al, bh)
  let lo = ah * bh, hi = mulHigh(ah, bh)
  lo += p
  hi += <u64>(lo < p)
  lo += q
  hi += <u64>(lo < q)
  lo += carry
  hi += <u64>(lo < carry)
  setWide(hi, lo)
}
/** Product of two fixed-point values. */
export function mulFix(ah: u64, al: u64, bh: u64, bl: u64): void {
  mulTop(ah, al, bh, bl)
  setWide((wideHi() << 1) | (wideLo() >> 63), wideLo() << 1)
}
/** Product of two floating values, exponents added. */
export function mulWide(ah: u64, al: u64, ea: i32, bh: u64, bl: u64, eb: i32): void {
  mulTop(ah, al, bh, bl)
  if (<i64>wideHi() < 0) store<i32>(W_EXPONENT, ea + eb + 1)
  else {
    setWide((wideHi() << 1) | (wideLo() >> 63), wideLo() << 1)
    store<i32>(W_EXPONENT, ea + eb)
  }
}
/** Quotient of two floating values: 104 bits, exponents subtracted. */
export function divWide(nh: u64, nl: u64, en: i32, dh: u64, dl: u64, ed: i32): void {
  let qh: u64 = 0, ql: u64 = 0, carry = false, exponent = en - ed
  if (nh < dh || (nh == dh && nl < dl)) {
    carry = true // the top bit of n, shifted out
    nh = (nh << 1) | (nl >> 63)
    nl <<= 1
    exponent--
  }
  for (let i = 0; i < 104; i++) {
    qh = (qh << 1) | (ql >> 63)
    ql <<= 1
    if (carry || nh > dh || (nh == dh && nl >= dl)) {
      nh = nh - dh - <u64>(nl < dl)
      nl -= dl
      ql |= 1
    }
    carry = <i64>nh < 0
    nh = (nh << 1) | (nl >> 63)
    nl <<= 1
  }
  setWide((qh << 24) | (ql >> 40), ql << 24)
  store<i32>(W_EXPONENT, exponent)
}
/** A value divided by a small integer. */
export function divSmall(hi: u64, lo: u64, d: u64): void {
  const qh = hi / d
  const middle = ((hi % d) << 32) | (lo >> 32)
  const qm = middle / d
  const low = ((middle % d) << 32) | (lo & 0xffffffff)
  setWide(qh, (qm << 32) + low / d)
}
/** A value shifted right. */
export function shiftWide(hi: u64, lo: u64, n: i32): void {
  if (n == 0) setWide(hi, lo)
  else if (n < 64) setWide(hi >> n, (lo >> n) | (hi << (64 - n)))
  else if (n < 128) setWide(0, hi >> (n - 64))
  else setWide(0, 0)
}
/** Make the top bit set; `exponent` is that of an unshifted value with it set. False for zero. */
export function normalise(hi: u64, lo: u64, exponent: i32): bool {
  if (hi == 0) {
    if (lo == 0) return false
    hi = lo
    lo = 0
    exponent -= 64
  }
  const zeros = <i32>clz(hi)
  if (zeros) {
    hi = (hi << zeros) | (lo >> (64 - zeros))
    lo <<= zeros
  }
  setWide(hi, lo)
  store<i32>(W_EXPONENT, exponent - zeros)
  return true
}

/** Square of a series' argument, fixed. */
export const SQUARE_HI: u32 = STAGING + 0x38
export const SQUARE_LO: u32 = STAGING + 0x40
export function setSquare(hi: u64, lo: u64): void {
  mulFix(hi, lo, hi, lo)
  store<u64>(SQUARE_HI, wideHi())
  store<u64>(SQUARE_LO, wideLo())
}

/** W becomes the unrounded result R, inexact: the sticky bit makes PE and directed rounding right. */
export function takeWide(sign: u32): void {
  setResult(NORMAL, sign, load<i32>(W_EXPONENT), wideHi(), wideLo() | 1)
}
