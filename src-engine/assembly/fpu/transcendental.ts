// FSIN, FCOS, FSINCOS, FPTAN, FPATAN, F2XM1, FYL2X, FYL2XP1: series in 128-bit arithmetic (wide.ts), rounded once to 64
// bits, so the error stays just over half a unit. Arguments of the circular functions are reduced with the 66-bit pi
// that hardware documents; FPATAN's results use the true one. Precision control has no effect.
// Series: sin and cos by Taylor in r^2 for |r| <= pi/4; atan after subtracting the nearest k/8; logarithms as
// 2/ln2 * atanh(t); 2^x - 1 by Taylor in x ln2.
// Invariant: every result but those of zeros, ones and infinities counts as inexact, as on hardware: it gets a sticky low bit before `round`, so PE and directed rounding are right.
// Runs in: the vcpu's thread.
import { STAGING } from '../generated/layout'
import {
  A, B, DENORMAL, INFINITE, NORMAL, ZERO, classOf, expOf, invalid, raiseFlags, setOperand, setResult, sigOf, signOf,
} from './soft'
import {
  beginX87, nanResult, noteFlags, pack80, push, putDefaultNan, round80, stackFault, stopped, takeA, unpack80,
} from './extended'
import { C2, DE, PE, ZE, isEmpty, markFull, pop, put80, setStatus, st, statusWord } from './state'
import { deliver, emptyOperand } from './arith'
import { W_EXPONENT, divSmall, divWide, mulFix, mulWide, normalise, setWide, shiftWide, wideHi, wideLo } from './wide'

const TOP_BIT: u64 = 0x8000000000000000
const PI_HI: u64 = 0xc90fdaa22168c234, PI_LO: u64 = 0xc4c6628b80dc1cd1
const LN2_HI: u64 = 0xb17217f7d1cf79ab, LN2_LO: u64 = 0xc9e3b39803f2f6af // exponent -1
const TWO_BY_LN2_HI: u64 = 0xb8aa3b295c17f0bb, TWO_BY_LN2_LO: u64 = 0xbe87fed0691d3e88 // exponent 1

/** Reduced argument of the circular functions: |r| floating, r^2 fixed, its sign, the quadrant. */
const ARG_HI: u32 = STAGING + 0x20, ARG_LO: u32 = STAGING + 0x28, ARG_EXPONENT: u32 = STAGING + 0x30, ARG_SIGN: u32 = STAGING + 0x34
const SQUARE_HI: u32 = STAGING + 0x38, SQUARE_LO: u32 = STAGING + 0x40

/** The W result becomes R, inexact. */
function takeWide(sign: u32): void {
  setResult(NORMAL, sign, load<i32>(W_EXPONENT), wideHi(), wideLo() | 1)
}
function setSquare(hi: u64, lo: u64): void {
  mulFix(hi, lo, hi, lo)
  store<u64>(SQUARE_HI, wideHi())
  store<u64>(SQUARE_LO, wideLo())
}

// Circular functions

/** Reduce A (finite, not zero, below 2^63): fills ARG_* and SQUARE_*, returns the quadrant. */
function reduceArgument(): u32 {
  const e = expOf(A), sig = sigOf(A)
  let quadrant: u32 = 0, sign = signOf(A)
  if (e < -1 || (e == -1 && sig <= 0xc90fdaa22168c234)) {
    setWide(sig, 0)
    store<i32>(W_EXPONENT, e)
  } else {
    // In units of 2^-67: pi/2 is the 68-bit number P, A is sig << (e + 4).
    const ph: u64 = 0xc, pl: u64 = 0x90fdaa22168c234c
    let h: u64 = 0, l = sig
    for (let i = e + 4; i > 0; i--) {
      h = (h << 1) | (l >> 63)
      l <<= 1
      quadrant <<= 1
      if (h > ph || (h == ph && l >= pl)) {
        h = h - ph - <u64>(l < pl)
        l -= pl
        quadrant |= 1
      }
    }
    if (h > 6 || (h == 6 && l > 0x487ed5110b4611a6)) {
      h = ph - h - <u64>(pl < l)
      l = pl - l
      quadrant++
      // n * pi/2 - |x|: the remainder is negative.
      normalise(h, l, 127 - 67)
      return argument(sign ? 0 - quadrant : quadrant, sign ^ 1)
    }
    normalise(h, l, 127 - 67)
    if (sign) quadrant = 0 - quadrant
  }
  return argument(quadrant, sign)
}
function argument(quadrant: u32, sign: u32): u32 {
  const exponent = load<i32>(W_EXPONENT)
  store<u64>(ARG_HI, wideHi())
  store<u64>(ARG_LO, wideLo())
  store<i32>(ARG_EXPONENT, exponent)
  store<u32>(ARG_SIGN, sign)
  shiftWide(wideHi(), wideLo(), -exponent)
  setSquare(wideHi(), wideLo())
  return quadrant & 3
}

/** 1 - z/(n(n+1)) (1 - z/((n+2)(n+3)) (...)): sin(r)/r for n = 2, cos(r) for n = 1. */
function alternating(n: u64): void {
  const zh = load<u64>(SQUARE_HI), zl = load<u64>(SQUARE_LO)
  setWide(TOP_BIT, 0)
  for (let k = n + 28; ; k -= 2) {
    mulFix(wideHi(), wideLo(), zh, zl)
    divSmall(wideHi(), wideLo(), k * (k + 1))
    const hi = wideHi(), lo = wideLo()
    setWide(TOP_BIT - hi - <u64>(lo != 0), 0 - lo)
    if (k == n) break
  }
}
/** sin(|r|), floating. */
function sineOfArgument(): void {
  alternating(2)
  const hi = wideHi(), lo = wideLo()
  // Below one unless r^2 vanished: then just below r.
  if (hi == TOP_BIT) {
    const rh = load<u64>(ARG_HI), rl = load<u64>(ARG_LO)
    normalise(rh - <u64>(rl == 0), rl - 1, load<i32>(ARG_EXPONENT))
    return
  }
  normalise(hi, lo, 0)
  mulWide(wideHi(), wideLo(), load<i32>(W_EXPONENT), load<u64>(ARG_HI), load<u64>(ARG_LO), load<i32>(ARG_EXPONENT))
}
/** cos(r), floating. */
function cosineOfArgument(): void {
  alternating(1)
  if (wideHi() == TOP_BIT) {
    setWide(~0, ~0)
    store<i32>(W_EXPONENT, -1)
    return
  }
  normalise(wideHi(), wideLo(), 0)
}
/** sin (which = 0) or cos (which = 1) of the reduced argument in its quadrant, to R, rounded. */
function circular(which: u32, quadrant: u32): void {
  const q = (quadrant + which) & 3
  if (q & 1) cosineOfArgument()
  else sineOfArgument()
  takeWide((q & 1 ? 0 : load<u32>(ARG_SIGN)) ^ (q >> 1))
  round80(64)
}

/** Clears C2, or sets it when A is too large; true then. */
function outOfRange(): bool {
  const large = classOf(A) == NORMAL && expOf(A) >= 63
  setStatus((statusWord() & ~C2) | (large ? C2 : 0))
  if (large) noteFlags(0)
  return large
}

function sineOrCosine(which: u32): void {
  beginX87()
  if (emptyOperand()) {
    setStatus(statusWord() & ~C2)
    return
  }
  const kind = unpack80(A, st(0))
  if (outOfRange()) return
  if (!nanResult(true)) {
    if (kind == INFINITE) invalid()
    else if (kind == ZERO) setZeroOrOne(which)
    else {
      if (kind == DENORMAL) raiseFlags(DE)
      if (stopped()) return
      circular(which, reduceArgument())
    }
  }
  deliver(0)
}
/** sin(0), cos(0). */
function setZeroOrOne(which: u32): void {
  if (which) setResult(NORMAL, 0, 0, TOP_BIT, 0)
  else setResult(ZERO, signOf(A), 0, 0, 0)
}
export function fsin(): void { sineOrCosine(0) }
export function fcos(): void { sineOrCosine(1) }

/** Stack checks of FSINCOS and FPTAN; true when the instruction is over. */
function cannotPushPair(): bool {
  if (!isEmpty(0) && isEmpty(7)) return false
  setStatus(statusWord() & ~C2)
  if (!stackFault(!isEmpty(0))) return true
  putDefaultNan(st(0))
  markFull(0)
  push()
  putDefaultNan(st(0))
  return true
}
/** Both results are the NaN in R. */
function deliverTwice(): void {
  if (!deliver(0)) return
  push()
  pack80(st(0))
}

export function fsincos(): void {
  beginX87()
  if (cannotPushPair()) return
  const kind = unpack80(A, st(0))
  if (outOfRange()) return
  if (nanResult(true)) {
    deliverTwice()
    return
  }
  if (kind == INFINITE) {
    invalid()
    deliverTwice()
    return
  }
  if (kind == DENORMAL) raiseFlags(DE)
  if (stopped()) return
  if (kind == ZERO) {
    push()
    setZeroOrOne(1)
    pack80(st(0))
    noteFlags(0)
    return
  }
  const quadrant = reduceArgument()
  circular(0, quadrant)
  pack80(st(0))
  push()
  circular(1, quadrant)
  deliver(0)
}

export function fptan(): void {
  beginX87()
  if (cannotPushPair()) return
  const kind = unpack80(A, st(0))
  if (outOfRange()) return
  if (nanResult(true)) {
    deliverTwice()
    return
  }
  if (kind == INFINITE) {
    invalid()
    deliverTwice()
    return
  }
  if (kind == DENORMAL) raiseFlags(DE)
  if (kind == ZERO) takeA()
  else {
    if (stopped()) return
    const quadrant = reduceArgument()
    tangent((quadrant & 1) != 0)
    takeWide(load<u32>(ARG_SIGN) ^ (quadrant & 1))
    round80(64)
  }
  if (!deliver(0)) return
  push()
  put80(st(0), 0x3fff, TOP_BIT)
}

/** tan(|r|), or its reciprocal, floating in W. */
function tangent(reciprocal: bool): void {
  if (!reciprocal && load<i32>(ARG_EXPONENT) < -60) {
    // Just above r: the sticky bit of takeWide says so.
    setWide(load<u64>(ARG_HI), load<u64>(ARG_LO))
    store<i32>(W_EXPONENT, load<i32>(ARG_EXPONENT))
    return
  }
  cosineOfArgument()
  const ch = wideHi(), cl = wideLo(), ce = load<i32>(W_EXPONENT)
  sineOfArgument()
  const sh = wideHi(), sl = wideLo(), se = load<i32>(W_EXPONENT)
  if (reciprocal) divWide(ch, cl, ce, sh, sl, se)
  else divWide(sh, sl, se, ch, cl, ce)
}

// Arc tangent

/** atan(k/8) for k = 1 to 8, fixed. */
function arcHi(k: u32): u64 {
  switch (k) {
    case 0: return 0
    case 1: return 0x0feadd4d5617b6e3
    case 2: return 0x1f5b75f92c80dd62
    case 3: return 0x2dec3283c9bde11c
    case 4: return 0x3b58ce0ac3769ed1
    case 5: return 0x47802eaf7bfacfcd
    case 6: return 0x525e3e8c9a7b8492
    case 7: return 0x5c029f15e118cf39
    default: return 0x6487ed5110b4611a
  }
}
function arcLo(k: u32): u64 {
  switch (k) {
    case 0: return 0
    case 1: return 0x2c897989f3e888ef
    case 2: return 0xadb8f3debef442fc
    case 3: return 0xe2a8c848b73f9120
    case 4: return 0x5bf9117b2f0ea340
    case 5: return 0xae41af0b32e21ba3
    case 6: return 0x0cd43f9522bed64f
    case 7: return 0xe596d2a90852221e
    default: return 0x62633145c06e0e68
  }
}

/** t - t^3/3 + ...: atan(t) in W, floating, for the floating t in W with exponent at most -4. */
function arcSeries(): void {
  const th = wideHi(), tl = wideLo(), te = load<i32>(W_EXPONENT)
  shiftWide(th, tl, -te)
  setSquare(wideHi(), wideLo())
  const zh = load<u64>(SQUARE_HI), zl = load<u64>(SQUARE_LO)
  let h: u64 = 0, l: u64 = 0
  for (let k: u64 = 33; ; k -= 2) {
    mulFix(h, l, zh, zl)
    const ph = wideHi(), pl = wideLo()
    divSmall(TOP_BIT, 0, k)
    l = wideLo() - pl
    h = wideHi() - ph - <u64>(wideLo() < pl)
    if (k == 1) break
  }
  normalise(h, l, 0)
  mulWide(wideHi(), wideLo(), load<i32>(W_EXPONENT), th, tl, te)
}

/** atan of the floating q <= 1 in W: floating in W. */
function arcTangent(): void {
  const qe = load<i32>(W_EXPONENT)
  if (qe < -4) {
    arcSeries()
    return
  }
  shiftWide(wideHi(), wideLo(), -qe)
  const qh = wideHi(), ql = wideLo()
  const k = <u32>((qh + ((<u64>1) << 59)) >> 60) // nearest eighth: fixed point has 63 fraction bits in the high half
  const ch = <u64>k << 60
  const below = qh < ch
  // |q - c| and 1 + qc
  const nh = below ? ch - qh - <u64>(ql != 0) : qh - ch, nl = below ? 0 - ql : ql
  mulFix(qh, ql, ch, 0)
  const dh = (wideHi() >> 1) + ((<u64>1) << 62), dl = (wideHi() << 63) | (wideLo() >> 1) // halved: up to 2
  if (!normalise(nh, nl, 0)) {
    normalise(arcHi(k), arcLo(k), 0)
    return
  }
  const th = wideHi(), tl = wideLo(), te = load<i32>(W_EXPONENT)
  normalise(dh, dl, 1)
  divWide(th, tl, te, wideHi(), wideLo(), load<i32>(W_EXPONENT))
  arcSeries()
  shiftWide(wideHi(), wideLo(), -load<i32>(W_EXPONENT))
  const sh = wideHi(), sl = wideLo(), ah = arcHi(k), al = arcLo(k)
  if (below) normalise(ah - sh - <u64>(al < sl), al - sl, 0)
  else normalise(ah + sh + <u64>(al + sl < al), al + sl, 0)
}

/** FPATAN: atan2(ST(1), ST(0)) into ST(1), pop. */
export function fpatan(): void {
  beginX87()
  if (emptyTwo()) return
  const kx = unpack80(A, st(0)), ky = unpack80(B, st(1))
  if (!nanResult(false)) {
    if (kx == DENORMAL || ky == DENORMAL) raiseFlags(DE)
    if (stopped()) return
    const sy = signOf(B), sx = signOf(A)
    if (ky == ZERO || (kx == INFINITE && ky != INFINITE)) {
      if (sx) constant(sy, PI_HI, PI_LO, 1)
      else setResult(ZERO, sy, 0, 0, 0)
    } else if (ky == INFINITE) {
      if (kx != INFINITE) constant(sy, PI_HI, PI_LO, 0)
      else if (sx) constant(sy, 0x96cbe3f9990e91a7, 0x9394c9e8a0a5159c, 1)
      else constant(sy, PI_HI, PI_LO, -1)
    } else if (kx == ZERO) constant(sy, PI_HI, PI_LO, 0)
    else general(sy, sx)
  }
  if (deliver(1)) pop()
}
function constant(sign: u32, hi: u64, lo: u64, exponent: i32): void {
  setResult(NORMAL, sign, exponent, hi, lo | 1)
  round80(64)
}
function general(sy: u32, sx: u32): void {
  const x = sigOf(A), y = sigOf(B), ex = expOf(A), ey = expOf(B)
  const steep = ey > ex || (ey == ex && y > x)
  if (steep) divWide(x, 0, ex, y, 0, ey)
  else divWide(y, 0, ey, x, 0, ex)
  if (!steep && !sx) {
    arcTangent()
    takeWide(sy)
    round80(64)
    return
  }
  arcTangent()
  // pi/2 - a, pi/2 + a or pi - a, in fixed point with 126 fraction bits.
  const e = load<i32>(W_EXPONENT)
  shiftWide(wideHi(), wideLo(), e > -127 ? 1 - e : 128)
  const ah = wideHi(), al = wideLo() | 1
  const bh = steep ? PI_HI >> 1 : PI_HI, bl = steep ? (PI_HI << 63) | (PI_LO >> 1) : PI_LO
  if (steep && sx) normalise(bh + ah + <u64>(bl + al < bl), bl + al, 1)
  else normalise(bh - ah - <u64>(bl < al), bl - al, 1)
  takeWide(sy)
  round80(64)
}

/** Stack check of the two-operand instructions that pop: the default NaN in ST(1), popped. */
function emptyTwo(): bool {
  if (!isEmpty(0) && !isEmpty(1)) return false
  if (stackFault(false)) {
    putDefaultNan(st(1))
    markFull(1)
    pop()
  }
  return true
}

// Exponential and logarithms

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
