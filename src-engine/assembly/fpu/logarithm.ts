// F2XM1, FYL2X, FYL2XP1: 2^x - 1 by Taylor in x ln2, logarithms as 2/ln2 * atanh(t) with t = (m - 1) / (m + 1), in
// 128-bit arithmetic (wide.ts), rounded once to 64 bits. Near 1 and near 0 nothing cancels.
// Invariant: every finite result but a zero counts as inexact, even the exact ones, as on hardware.
// Runs in: the vcpu's thread.
import {
  A, B, DENORMAL, INFINITE, NORMAL, ZERO, expOf, invalid, raiseFlags, setOperand, setResult, sigOf, signOf,
} from './soft'
import { beginX87, nanResult, round80, stopped, takeA, unpack80 } from './extended'
import { DE, PE, ZE, pop, st } from './state'
import { deliver, emptyOperand, emptyTwo } from './arith'
import {
  SQUARE_HI, SQUARE_LO, W_EXPONENT, divSmall, divWide, mulFix, mulWide, normalise, setSquare, setWide, shiftWide, takeWide,
  wideHi, wideLo,
} from './wide'

const TOP_BIT: u64 = 0x8000000000000000
const LN2_HI: u64 = 0xb17217f7d1cf79ab, LN2_LO: u64 = 0xc9e3b39803f2f6af // exponent -1
const TWO_BY_LN2_HI: u64 = 0xb8aa3b295c17f0bb, TWO_BY_LN2_LO: u64 = 0xbe87fed0691d3e88 // exponent 1

export function f2xm1(): void {
  beginX87()
  if (emptyOperand()) return
  const kind = unpack80(A, st(0))
  if (!nanResult(true)) {
    takeA()
    if (kind == DENORMAL) raiseFlags(DE)
    if (stopped()) return
    if (kind == INFINITE) {
      if (signOf(A)) setResult(NORMAL, 1, 0, TOP_BIT, 0)
    } else if (kind != ZERO) powerLessOne()
  }
  deliver(0)
}
function powerLessOne(): void {
  const negative = signOf(A) != 0, e = expOf(A), sig = sigOf(A)
  if (e >= 0) {
    // The manual leaves |x| > 1 open; 1 and -1 are exact.
    if (e == 0 && sig == TOP_BIT) {
      raiseFlags(PE)
      setResult(NORMAL, signOf(A), negative ? -1 : 0, TOP_BIT, 0)
    }
    return
  }
  mulWide(sig, 0, e, LN2_HI, LN2_LO, -1)
  const yh = wideHi(), yl = wideLo(), ye = load<i32>(W_EXPONENT)
  shiftWide(yh, yl, -ye)
  const fh = wideHi(), fl = wideLo()
  setWide(TOP_BIT, 0)
  for (let k: u64 = 30; k >= 2; k--) {
    mulFix(wideHi(), wideLo(), fh, fl)
    divSmall(wideHi(), wideLo(), k)
    const h = wideHi(), l = wideLo()
    if (negative) setWide(TOP_BIT - h - <u64>(l != 0), 0 - l)
    else setWide(TOP_BIT + h, l)
  }
  normalise(wideHi(), wideLo(), 0)
  mulWide(wideHi(), wideLo(), load<i32>(W_EXPONENT), yh, yl, ye)
  takeWide(signOf(A))
  round80(64)
}

/** 2/ln2 * atanh(t) for the floating t in W: log2((1 + t) / (1 - t)), floating in W. */
function logSeries(): void {
  const th = wideHi(), tl = wideLo(), te = load<i32>(W_EXPONENT)
  shiftWide(th, tl, -te)
  setSquare(wideHi(), wideLo())
  const zh = load<u64>(SQUARE_HI), zl = load<u64>(SQUARE_LO)
  let h: u64 = 0, l: u64 = 0
  for (let k: u64 = 49; ; k -= 2) {
    mulFix(h, l, zh, zl)
    const ph = wideHi(), pl = wideLo()
    divSmall(TOP_BIT, 0, k)
    l = wideLo() + pl
    h = wideHi() + ph + <u64>(l < pl)
    if (k == 1) break
  }
  mulWide(h, l, 0, th, tl, te)
  mulWide(wideHi(), wideLo(), load<i32>(W_EXPONENT), TWO_BY_LN2_HI, TWO_BY_LN2_LO, 1)
}

/** log2 of A (positive, finite): floating in W, its sign returned, or 2 for exactly 0. */
function logarithm(): u32 {
  let e = expOf(A)
  const m = sigOf(A)
  if (m == TOP_BIT) {
    if (e == 0) return 2
    normalise(<u64>(e < 0 ? -e : e), 0, 63)
    return <u32>(e < 0)
  }
  // The significand in [sqrt(1/2), sqrt(2)): t = (m - 1) / (m + 1).
  const upper = m > 0xb504f333f9de6484
  if (upper) {
    e++
    normalise(0 - m, 0, -1) // 1 - m/2
    const nh = wideHi(), nl = wideLo(), ne = load<i32>(W_EXPONENT)
    divWide(nh, nl, ne, (m >> 1) | TOP_BIT, m << 63, 0) // 1 + m/2
  } else {
    normalise(m - TOP_BIT, 0, 0)
    const nh = wideHi(), nl = wideLo(), ne = load<i32>(W_EXPONENT)
    divWide(nh, nl, ne, (m >> 1) + ((<u64>1) << 62), m << 63, 1)
  }
  logSeries()
  if (e == 0) return <u32>upper
  // e + L with 112 fraction bits.
  shiftWide(wideHi(), wideLo(), 15 - load<i32>(W_EXPONENT))
  let h = wideHi(), l = wideLo()
  const negative = e < 0, whole = <u64>(negative ? -e : e) << 48
  if (negative == upper) {
    normalise(whole + h, l, 15)
  } else normalise(whole - h - <u64>(l != 0), 0 - l, 15)
  return <u32>negative
}

/** B * log in W; inexact even when nothing is lost, as hardware has it. */
function scaleByB(sign: u32): void {
  mulWide(wideHi(), wideLo(), load<i32>(W_EXPONENT), sigOf(B), 0, expOf(B))
  takeWide(sign ^ signOf(B))
  round80(64)
}

/** FYL2X: ST(1) * log2(ST(0)) into ST(1), pop. */
export function fyl2x(): void {
  beginX87()
  if (emptyTwo()) return
  const kx = unpack80(A, st(0)), ky = unpack80(B, st(1))
  if (!nanResult(false)) {
    const sy = signOf(B), denormal: u32 = kx == DENORMAL || ky == DENORMAL ? DE : 0
    const one = kx == NORMAL && expOf(A) == 0 && sigOf(A) == TOP_BIT
    const below = kx != INFINITE && (kx == ZERO || expOf(A) < 0)
    if (kx != ZERO && signOf(A)) invalid()
    else if (kx == ZERO) {
      if (ky == ZERO) invalid()
      else {
        raiseFlags(ky == INFINITE ? 0 : ZE)
        setResult(INFINITE, sy ^ 1, 0, 0, 0)
      }
    } else if (kx == INFINITE) {
      if (ky == ZERO) invalid()
      else {
        raiseFlags(denormal)
        setResult(INFINITE, sy, 0, 0, 0)
      }
    } else if (ky == INFINITE) {
      if (one) invalid()
      else {
        raiseFlags(denormal)
        setResult(INFINITE, sy ^ <u32>below, 0, 0, 0)
      }
    } else {
      raiseFlags(denormal)
      if (stopped()) return
      if (ky == ZERO) setResult(ZERO, sy ^ <u32>below, 0, 0, 0)
      else {
        const log = logarithm()
        if (log == 2) setResult(ZERO, sy, 0, 0, 0)
        else scaleByB(log)
      }
    }
  }
  if (deliver(1)) pop()
}

/** FYL2XP1: ST(1) * log2(ST(0) + 1) into ST(1), pop. */
export function fyl2xp1(): void {
  beginX87()
  if (emptyTwo()) return
  const kx = unpack80(A, st(0)), ky = unpack80(B, st(1))
  if (!nanResult(false)) {
    const sx = signOf(A), sy = signOf(B), denormal: u32 = kx == DENORMAL || ky == DENORMAL ? DE : 0
    if (kx == INFINITE) {
      if (sx || ky == ZERO) invalid()
      else {
        raiseFlags(denormal)
        setResult(INFINITE, sy, 0, 0, 0)
      }
    } else if (ky == INFINITE) {
      if (kx == ZERO) invalid()
      else {
        raiseFlags(denormal)
        setResult(INFINITE, sy ^ sx, 0, 0, 0)
      }
    } else {
      raiseFlags(denormal)
      if (stopped()) return
      if (kx == ZERO || ky == ZERO) setResult(ZERO, sx ^ sy, 0, 0, 0)
      else logarithmPlusOne(sx)
    }
  }
  if (deliver(1)) pop()
}
function logarithmPlusOne(negative: u32): void {
  const e = expOf(A), m = sigOf(A)
  if (e >= 0) {
    // The manual leaves |x| > 1 - sqrt(1/2) open.
    if (negative) {
      invalid()
      return
    }
    shiftToOnePlus(e, m)
    scaleByB(logarithm())
    return
  }
  // t = x / (2 + x), the denominator with 126 fraction bits.
  shiftWide(m, 0, 1 - e)
  const h = wideHi(), l = wideLo(), two: u64 = TOP_BIT
  if (negative) normalise(two - h - <u64>(l != 0), 0 - l, 1)
  else normalise(two + h, l, 1)
  divWide(m, 0, e, wideHi(), wideLo(), load<i32>(W_EXPONENT))
  logSeries()
  scaleByB(negative)
}
/** A becomes 1 + A, cut to 64 bits, for A >= 1. */
function shiftToOnePlus(e: i32, m: u64): void {
  let exponent = e, sum = m
  const one = e < 64 ? TOP_BIT >> e : 0
  sum += one
  if (sum < one) {
    sum = (sum >> 1) | TOP_BIT
    exponent++
  }
  setOperand(A, NORMAL, 0, exponent, sum)
}
