// Soft-float: one exact core for every format. An operand is unpacked to class, sign, exponent and a 64-bit significand
// with its top bit set; an operation gives an exact 128-bit significand (lowest bit sticky); `round` cuts it once to
// the target's precision and range and says which exceptions happened. SSE uses it for 24 and 53 bits, x87 for all three.
// A finite number is significand * 2^(exponent - 63). Operands A and B and the result R live in SCRATCH from 0x80 on.
// Invariant: nothing is rounded before `round`; tininess is detected after rounding, as x86 does.
// Runs in: the vcpu's thread.
import { SCRATCH } from '../generated/layout'
import { DE, IE, OE, PE, UE, ZE } from './state'

/** Classes, in the order the tests below rely on: below DENORMAL nothing to compute, above NORMAL neither. */
export const ZERO: i32 = 0, DENORMAL: i32 = 1, NORMAL: i32 = 2, INFINITE: i32 = 3, QUIET: i32 = 4, SIGNALLING: i32 = 5, UNSUPPORTED: i32 = 6

/** Operand slots: u64 significand, i32 exponent, i32 sign, i32 class. */
export const A: u32 = SCRATCH + 0x80
export const B: u32 = SCRATCH + 0x98
/** Result: 128-bit significand, exponent, sign, class; after `round` R_HI is the significand. */
export const R_HI: u32 = SCRATCH + 0xb0
export const R_LO: u32 = SCRATCH + 0xb8
export const R_EXPONENT: u32 = SCRATCH + 0xc0
export const R_SIGN: u32 = SCRATCH + 0xc4
export const R_CLASS: u32 = SCRATCH + 0xc8
/** Exceptions of the running instruction, and whether rounding went away from zero (C1). */
export const FLAGS: u32 = SCRATCH + 0xcc
export const ROUNDED_UP: u32 = SCRATCH + 0xd0
/** Scratch of `cut`: whether bits were lost, and whether the significand carried over. */
export const INEXACT: u32 = SCRATCH + 0xd4
const CARRIED: u32 = SCRATCH + 0xd8

export const ADD: i32 = 0, SUB: i32 = 1, MUL: i32 = 2, DIV: i32 = 3, SQRT: i32 = 4

/** Rounding control values. */
export const NEAREST: u32 = 0, DOWN: u32 = 1, UP: u32 = 2, CHOP: u32 = 3

// @ts-ignore: decorator
@inline export function sigOf(at: u32): u64 { return load<u64>(at) }
// @ts-ignore: decorator
@inline export function expOf(at: u32): i32 { return load<i32>(at, 8) }
// @ts-ignore: decorator
@inline export function signOf(at: u32): u32 { return load<u32>(at, 12) }
// @ts-ignore: decorator
@inline export function classOf(at: u32): i32 { return load<i32>(at, 16) }
// @ts-ignore: decorator
@inline export function raiseFlags(flags: u32): void { store<u32>(FLAGS, load<u32>(FLAGS) | flags) }

export function setOperand(at: u32, kind: i32, sign: u32, exponent: i32, sig: u64): void {
  store<u64>(at, sig)
  store<i32>(at, exponent, 8)
  store<u32>(at, sign, 12)
  store<i32>(at, kind, 16)
}

/** Unpack an IEEE value of `fractionBits` and `bias`; with `daz`, denormals count as zeros. NaNs keep their fraction, top-aligned. */
// @ts-ignore: decorator
@inline function unpackIeee(at: u32, bits: u64, sign: u32, exponent: i32, top: i32, bias: i32, fractionBits: i32, daz: bool): i32 {
  const fraction = bits << (64 - fractionBits)
  let kind = NORMAL
  if (exponent == top) {
    kind = fraction == 0 ? INFINITE : <i64>fraction < 0 ? QUIET : SIGNALLING
    setOperand(at, kind, sign, 0x4000, (fraction >> 1) | (<u64>1 << 63))
  } else if (exponent == 0) {
    if (fraction == 0 || daz) {
      kind = ZERO
      setOperand(at, ZERO, sign, 0, 0)
    } else {
      kind = DENORMAL
      const zeros = <i32>clz(fraction)
      setOperand(at, DENORMAL, sign, -bias - zeros, fraction << zeros)
    }
  } else setOperand(at, NORMAL, sign, exponent - bias, (fraction >> 1) | (<u64>1 << 63))
  return kind
}

export function unpack32(at: u32, bits: u32, daz: bool): i32 {
  return unpackIeee(at, <u64>(bits & 0x7fffff), bits >> 31, (bits >> 23) & 0xff, 0xff, 127, 23, daz)
}
export function unpack64(at: u32, bits: u64, daz: bool): i32 {
  return unpackIeee(at, bits & 0xfffffffffffff, <u32>(bits >> 63), <i32>(bits >> 52) & 0x7ff, 0x7ff, 1023, 52, daz)
}

/** 128-bit right shift that keeps lost bits as a sticky lowest bit; result in R_HI, R_LO. */
export function shiftRightJam(hi: u64, lo: u64, n: i32): void {
  if (n == 0) {
    // nothing to do
  } else if (n < 64) {
    const lost = lo << (64 - n)
    lo = (lo >> n) | (hi << (64 - n)) | <u64>(lost != 0)
    hi >>= n
  } else if (n == 64) {
    lo = hi | <u64>(lo != 0)
    hi = 0
  } else if (n < 128) {
    const lost = (hi << (128 - n)) | lo
    lo = (hi >> (n - 64)) | <u64>(lost != 0)
    hi = 0
  } else {
    lo = <u64>((hi | lo) != 0)
    hi = 0
  }
  store<u64>(R_HI, hi)
  store<u64>(R_LO, lo)
}

/** High half of a 64 x 64 product. */
export function mulHigh(a: u64, b: u64): u64 {
  const al = a & 0xffffffff, ah = a >> 32, bl = b & 0xffffffff, bh = b >> 32
  const middle = ah * bl + ((al * bl) >> 32)
  const other = al * bh + (middle & 0xffffffff)
  return ah * bh + (middle >> 32) + (other >> 32)
}

/** Quotient of (hi:lo) / d for hi < d, d with its top bit set: two digits of 32 bits. The remainder goes to R_LO. */
export function divide128(hi: u64, lo: u64, d: u64): u64 {
  const dh = d >> 32, dl = d & 0xffffffff
  let q1 = hi / dh, r = hi % dh
  while (q1 > 0xffffffff || q1 * dl > ((r << 32) | (lo >> 32))) {
    q1--
    r += dh
    if (r > 0xffffffff) break
  }
  const rest = ((hi << 32) | (lo >> 32)) - q1 * d
  let q0 = rest / dh
  r = rest % dh
  while (q0 > 0xffffffff || q0 * dl > ((r << 32) | (lo & 0xffffffff))) {
    q0--
    r += dh
    if (r > 0xffffffff) break
  }
  store<u64>(R_LO, ((rest << 32) | (lo & 0xffffffff)) - q0 * d)
  return (q1 << 32) | q0
}

export function setResult(kind: i32, sign: u32, exponent: i32, hi: u64, lo: u64): i32 {
  store<u64>(R_HI, hi)
  store<u64>(R_LO, lo)
  store<i32>(R_EXPONENT, exponent)
  store<u32>(R_SIGN, sign)
  store<i32>(R_CLASS, kind)
  return kind
}

/** Sum of A and B with B's sign given, both finite and not zero. */
function addMagnitudes(signB: u32, rc: u32): i32 {
  let x = A, y = B
  let signX = signOf(A), signY = signB
  if (expOf(B) > expOf(A) || (expOf(B) == expOf(A) && sigOf(B) > sigOf(A))) {
    x = B
    y = A
    signX = signB
    signY = signOf(A)
  }
  let exponent = expOf(x)
  let hi = sigOf(x), lo: u64 = 0
  shiftRightJam(sigOf(y), 0, exponent - expOf(y))
  const yh = load<u64>(R_HI), yl = load<u64>(R_LO)
  if (signX == signY) {
    lo = yl
    hi += yh
    if (hi < yh) {
      lo = (lo >> 1) | (hi << 63) | (lo & 1)
      hi = (hi >> 1) | (<u64>1 << 63)
      exponent++
    }
    return setResult(NORMAL, signX, exponent, hi, lo)
  }
  lo = 0 - yl
  hi = hi - yh - <u64>(yl != 0)
  if ((hi | lo) == 0) return setResult(ZERO, rc == DOWN ? 1 : 0, 0, 0, 0)
  if (hi == 0) {
    hi = lo
    lo = 0
    exponent -= 64
  }
  const zeros = <i32>clz(hi)
  if (zeros) {
    hi = (hi << zeros) | (lo >> (64 - zeros))
    lo <<= zeros
    exponent -= zeros
  }
  return setResult(NORMAL, signX, exponent, hi, lo)
}

function multiply(sign: u32): i32 {
  let hi = mulHigh(sigOf(A), sigOf(B)), lo = sigOf(A) * sigOf(B)
  let exponent = expOf(A) + expOf(B) + 1
  if (<i64>hi >= 0) {
    hi = (hi << 1) | (lo >> 63)
    lo <<= 1
    exponent--
  }
  return setResult(NORMAL, sign, exponent, hi, lo)
}

/** The remainder `r` of a division by `d` as the bits below the quotient: half or more, and whether anything else is left. */
// @ts-ignore: decorator
@inline export function bitsBelow(r: u64, d: u64): u64 {
  const half = r >= d - r
  return (half ? <u64>1 << 63 : 0) | <u64>((half ? r - (d - r) : r) != 0)
}

function divide(sign: u32): i32 {
  const a = sigOf(A), b = sigOf(B)
  let exponent = expOf(A) - expOf(B)
  let q: u64
  if (a >= b) q = divide128(a >> 1, a << 63, b)
  else {
    q = divide128(a, 0, b)
    exponent--
  }
  return setResult(NORMAL, sign, exponent, q, bitsBelow(load<u64>(R_LO), b))
}

/** R_HI, R_LO become (hi:lo) less the square of `root`; true when that is negative. */
function lessSquare(hi: u64, lo: u64, root: u64): bool {
  const square = root * root
  const rh = hi - mulHigh(root, root) - <u64>(lo < square)
  store<u64>(R_HI, rh)
  store<u64>(R_LO, lo - square)
  return <i64>rh < 0
}

function squareRoot(): i32 {
  // root = floor(sqrt(sig * 2^63 or 2^64)): the host's square root has 52 bits of it, its remainder the others but for a few units.
  const odd = expOf(A) & 1
  const hi = odd ? sigOf(A) : sigOf(A) >> 1, lo: u64 = odd ? 0 : sigOf(A) << 63
  const near = sqrt(<f64>hi) * 4294967296.0
  let root: u64 = near < 18446744073709549568.0 ? <u64>near : 18446744073709549568
  const below = lessSquare(hi, lo, root)
  const rest = <f64><i64>load<u64>(R_HI) * 18446744073709551616.0 + <f64>load<u64>(R_LO)
  const units = <i64>(rest / (2.0 * <f64>root)), better = root + <u64>units
  root = !below && better < root ? ~(<u64>0) : better
  while (lessSquare(hi, lo, root)) root--
  // The remainder is at most twice the root.
  while (load<u64>(R_HI) > root >> 63 || (load<u64>(R_HI) == root >> 63 && load<u64>(R_LO) > root << 1)) lessSquare(hi, lo, ++root)
  const rh = load<u64>(R_HI), rl = load<u64>(R_LO)
  // A next bit of one means remainder > root; the root of an integer is never exactly halfway.
  const half = rh != 0 || rl > root
  return setResult(NORMAL, 0, expOf(A) >> 1, root, (half ? <u64>1 << 63 : 0) | <u64>((rh | rl) != 0))
}

/**
 * A op B for operands that are no NaNs. Sets IE, ZE, DE in FLAGS and leaves the unrounded result in R; returns its
 * class: ZERO, NORMAL (to be rounded), INFINITE or QUIET (the default NaN).
 */
export function operate(op: i32, rc: u32): i32 {
  const ca = classOf(A), cb = op == SQRT ? NORMAL : classOf(B)
  const sa = signOf(A), sb = op == SUB ? signOf(B) ^ 1 : signOf(B)
  const denormal: u32 = ca == DENORMAL || cb == DENORMAL ? DE : 0
  let sign = sa ^ sb
  if (op <= SUB) {
    if (ca == INFINITE) {
      if (cb == INFINITE && sign) return invalid()
      raiseFlags(denormal)
      return setResult(INFINITE, sa, 0, 0, 0)
    }
    raiseFlags(denormal)
    if (cb == INFINITE) return setResult(INFINITE, sb, 0, 0, 0)
    if (ca == ZERO) {
      if (cb == ZERO) return setResult(ZERO, sign ? <u32>(rc == DOWN) : sa, 0, 0, 0)
      return setResult(NORMAL, sb, expOf(B), sigOf(B), 0)
    }
    if (cb == ZERO) return setResult(NORMAL, sa, expOf(A), sigOf(A), 0)
    return addMagnitudes(sb, rc)
  }
  if (op == MUL) {
    if (ca == INFINITE || cb == INFINITE) {
      if (ca == ZERO || cb == ZERO) return invalid()
      raiseFlags(denormal)
      return setResult(INFINITE, sign, 0, 0, 0)
    }
    raiseFlags(denormal)
    if (ca == ZERO || cb == ZERO) return setResult(ZERO, sign, 0, 0, 0)
    return multiply(sign)
  }
  if (op == DIV) {
    if (ca == INFINITE) {
      if (cb == INFINITE) return invalid()
      raiseFlags(denormal)
      return setResult(INFINITE, sign, 0, 0, 0)
    }
    if (cb == ZERO) {
      if (ca == ZERO) return invalid()
      raiseFlags(ZE) // and no DE: hardware reports the division alone
      return setResult(INFINITE, sign, 0, 0, 0)
    }
    raiseFlags(denormal)
    if (ca == ZERO || cb == INFINITE) return setResult(ZERO, sign, 0, 0, 0)
    return divide(sign)
  }
  if (ca == ZERO) return setResult(ZERO, sa, 0, 0, 0)
  if (sa) return invalid()
  raiseFlags(denormal)
  if (ca == INFINITE) return setResult(INFINITE, 0, 0, 0, 0)
  return squareRoot()
}

export function invalid(): i32 {
  raiseFlags(IE)
  return setResult(QUIET, 1, 0x4000, <u64>3 << 62, 0)
}

/** Round (hi, lo) to `precision` bits; notes what was lost and whether it carried. */
export function cut(hi: u64, lo: u64, precision: i32, rc: u32, sign: u32): u64 {
  const drop = 64 - precision
  const rest = drop ? hi << precision : lo
  const sticky = drop ? lo != 0 : false
  const kept = drop ? (hi >> drop) << drop : hi
  const unit = <u64>1 << drop
  const inexact = rest != 0 || sticky
  let up = false
  if (inexact) {
    const half = <u64>1 << 63
    if (rc == NEAREST) up = rest > half || (rest == half && (sticky || (kept & unit) != 0))
    else if (rc != CHOP) up = sign == <u32>(rc == DOWN)
  }
  store<u32>(INEXACT, <u32>inexact)
  store<u32>(ROUNDED_UP, <u32>up)
  const result = up ? kept + unit : kept
  store<u32>(CARRIED, <u32>(up && result == 0))
  return result
}

/**
 * Round R (class NORMAL) to a format: R_HI becomes the significand, R_EXPONENT the exponent; a denormal result has
 * exponent `min` and its top bit clear. Class becomes ZERO or INFINITE where the value does. Raises OE, UE, PE.
 * `trapped` has the exceptions that are not masked: for OE and UE the exponent then stays unbounded (wrapped by `wrap`).
 */
export function round(precision: i32, min: i32, max: i32, rc: u32, trapped: u32, wrap: i32, ftz: bool): void {
  const hi = load<u64>(R_HI), lo = load<u64>(R_LO), sign = load<u32>(R_SIGN)
  let exponent = load<i32>(R_EXPONENT)
  let sig = cut(hi, lo, precision, rc, sign)
  if (load<u32>(CARRIED)) {
    sig = <u64>1 << 63
    exponent++
  }
  let flags: u32 = load<u32>(INEXACT) ? PE : 0
  if (exponent < min) {
    if (trapped & UE) {
      flags |= UE
      exponent += wrap
    } else if (ftz) {
      flags |= UE | PE
      sig = 0
      store<u32>(ROUNDED_UP, 0)
    } else {
      shiftRightJam(hi, lo, min - load<i32>(R_EXPONENT))
      sig = cut(load<u64>(R_HI), load<u64>(R_LO), precision, rc, sign)
      flags = load<u32>(INEXACT) ? PE | UE : 0
      exponent = min
    }
    if (sig == 0) store<i32>(R_CLASS, ZERO)
  } else if (exponent > max) {
    flags |= OE
    if (trapped & OE) exponent -= wrap
    else {
      flags |= PE
      const toInfinity = rc == NEAREST || (rc != CHOP && sign == <u32>(rc == DOWN))
      store<u32>(ROUNDED_UP, <u32>toInfinity)
      if (toInfinity) store<i32>(R_CLASS, INFINITE)
      exponent = max
      sig = ~((<u64>1 << (64 - precision)) - 1)
    }
  } else if (load<i32>(R_EXPONENT) < min) {
    // Rounding lifted it to the smallest normal number: not tiny, but it may be inexact at the denormal's precision.
    shiftRightJam(hi, lo, min - load<i32>(R_EXPONENT))
    sig = cut(load<u64>(R_HI), load<u64>(R_LO), precision, rc, sign)
    flags = load<u32>(INEXACT) ? PE : 0
    exponent = min
  }
  store<u64>(R_HI, sig)
  store<i32>(R_EXPONENT, exponent)
  raiseFlags(flags)
}

/** R, rounded to single, as bits. */
export function pack32(): u32 {
  const sign = load<u32>(R_SIGN) << 31, kind = load<i32>(R_CLASS)
  if (kind == ZERO) return sign
  if (kind == INFINITE) return sign | 0x7f800000
  if (kind == QUIET) return 0xffc00000
  const sig = load<u64>(R_HI)
  const fraction = <u32>(sig >> 40) & 0x7fffff
  return <i64>sig < 0 ? sign | (<u32>(load<i32>(R_EXPONENT) + 127) << 23) | fraction : sign | fraction
}

/** R, rounded to double, as bits. */
export function pack64(): u64 {
  const sign = <u64>load<u32>(R_SIGN) << 63, kind = load<i32>(R_CLASS)
  if (kind == ZERO) return sign
  if (kind == INFINITE) return sign | 0x7ff0000000000000
  if (kind == QUIET) return 0xfff8000000000000
  const sig = load<u64>(R_HI)
  const fraction = (sig >> 11) & 0xfffffffffffff
  return <i64>sig < 0 ? sign | (<u64>(load<i32>(R_EXPONENT) + 1023) << 52) | fraction : sign | fraction
}
