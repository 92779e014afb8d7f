// FSIN, FCOS, FSINCOS, FPTAN: the argument is reduced with the 66-bit pi that hardware documents, then Taylor series in
// r^2 for |r| <= pi/4 in 128-bit arithmetic (wide.ts), rounded once to 64 bits: the error stays just over half a unit.
// Precision control has no effect.
// Invariant: every result but those of zeros counts as inexact, as on hardware.
// Runs in: the vcpu's thread.
import { STAGING } from '../generated/layout'
import { A, DENORMAL, INFINITE, NORMAL, ZERO, classOf, expOf, invalid, raiseFlags, setResult, sigOf, signOf } from './soft'
import {
  beginX87, nanResult, noteFlags, pack80, push, putDefaultNan, round80, stackFault, stopped, takeA, unpack80,
} from './extended'
import { C2, DE, isEmpty, markFull, put80, setStatus, st, statusWord } from './state'
import { deliver, emptyOperand } from './arith'
import {
  SQUARE_HI, SQUARE_LO, W_EXPONENT, divSmall, divWide, mulFix, mulWide, normalise, setSquare, setWide, shiftWide, takeWide,
  wideHi, wideLo,
} from './wide'

const TOP_BIT: u64 = 0x8000000000000000

/** Reduced argument: |r| floating and its sign; r^2 is in SQUARE_*. */
const ARG_HI: u32 = STAGING + 0x20, ARG_LO: u32 = STAGING + 0x28, ARG_EXPONENT: u32 = STAGING + 0x30, ARG_SIGN: u32 = STAGING + 0x34

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
