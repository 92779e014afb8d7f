// The x87 operations that take numbers apart: FPREM, FPREM1, FRNDINT, FSCALE, FXTRACT.
// Invariant: remainders are exact; a partial one lowers the exponent difference by 32 to 63 and sets C2.
// Runs in: the vcpu's thread.
import {
  A, B, DENORMAL, INEXACT, INFINITE, NORMAL, R_CLASS, R_EXPONENT, ROUNDED_UP, R_HI, ZERO, expOf, invalid, raiseFlags,
  setResult, sigOf, signOf,
} from './soft'
import {
  beginX87, nanResult, noteFlags, pack80, push, putDefaultNan, round80, roundingControl, stackFault, stopped, takeA,
  unpack80,
} from './extended'
import { C0, C1, C2, C3, DE, PE, ZE, isEmpty, markFull, put80, setStatus, st, statusWord } from './state'
import { deliver, emptyOperand } from './arith'
import { integerOfA } from './transfer'

/** Stack fault of an instruction on ST(0) and ST(1): the default NaN in ST(0) when masked. */
export function emptyPair(): bool {
  if (!isEmpty(0) && !isEmpty(1)) return false
  if (stackFault(false)) {
    putDefaultNan(st(0))
    markFull(0)
  }
  return true
}

/** FPREM, or FPREM1 when `nearest`. */
export function fprem(nearest: bool): void {
  beginX87()
  setStatus(statusWord() & ~C2) // complete, unless it turns out partial
  if (emptyPair()) return
  const ca = unpack80(A, st(0)), cb = unpack80(B, st(1))
  let quotient: u64 = 0, partial = false
  if (!nanResult(false)) {
    if (ca == INFINITE || cb == ZERO) invalid()
    else {
      if (ca == DENORMAL || cb == DENORMAL) raiseFlags(DE)
      takeA()
      if (ca != ZERO && cb != INFINITE) {
        const difference = expOf(A) - expOf(B)
        let steps = difference
        if (difference >= 64) {
          partial = true
          steps = (difference & 31) | 32
        }
        if (difference >= -1) quotient = reduce(steps, difference - steps, nearest && !partial)
      }
      if (load<i32>(R_CLASS) == NORMAL) round80(64)
    }
  }
  const special = ca > NORMAL || cb > INFINITE || cb == ZERO
  if (!deliver(0) || special) return
  let bits: u32 = partial ? C2 : 0
  if (!partial) bits = (quotient & 1 ? C1 : 0) | (quotient & 2 ? C3 : 0) | (quotient & 4 ? C0 : 0)
  setStatus((statusWord() & ~(C0 | C1 | C2 | C3)) | bits)
}

/** R = A - q * B * 2^scale for the integer quotient q of `steps` + 1 bits, truncated or nearest; returns q. */
function reduce(steps: i32, scale: i32, nearest: bool): u64 {
  const b = sigOf(B)
  let r = sigOf(A), carry = false, q: u64 = 0, sign = signOf(A)
  if (steps < 0) {
    // |A| < |B| by one binade: the quotient is 0, or 1 when nearest and above a half.
    if (!nearest || r <= b) return 0
    // A = r * 2^(e-1), B = b * 2^e: B - A with both at A's exponent, 2b - r < b < r: fits.
    return result(sign ^ 1, expOf(A), (b << 1) - r, 1)
  }
  for (let i = steps; ; i--) {
    if (carry || r >= b) {
      r -= b
      q |= 1
    }
    if (i == 0) break
    carry = <i64>r < 0
    r <<= 1
    q <<= 1
  }
  if (nearest && r != 0) {
    const rest = b - r
    if (r > rest || (r == rest && (q & 1) != 0)) {
      r = rest
      sign ^= 1
      q++
    }
  }
  return result(sign, expOf(B) + scale, r, q)
}

function result(sign: u32, exponent: i32, sig: u64, q: u64): u64 {
  if (sig == 0) setResult(ZERO, signOf(A), 0, 0, 0)
  else {
    const zeros = <i32>clz(sig)
    setResult(NORMAL, sign, exponent - zeros, sig << zeros, 0)
  }
  return q
}

export function frndint(): void {
  beginX87()
  if (emptyOperand()) return
  const kind = unpack80(A, st(0))
  if (!nanResult(true)) {
    takeA()
    if (kind == DENORMAL) raiseFlags(DE)
    if (kind != ZERO && kind != INFINITE && expOf(A) < 63) {
      integerOfA(roundingControl())
      if (load<u32>(INEXACT)) raiseFlags(PE)
      const magnitude = load<u64>(R_HI), zeros = <i32>clz(magnitude)
      setResult(magnitude ? NORMAL : ZERO, signOf(A), 63 - zeros, magnitude << zeros, 0)
    }
  }
  deliver(0)
}

export function fscale(): void {
  beginX87()
  if (emptyPair()) return
  const ca = unpack80(A, st(0)), cb = unpack80(B, st(1))
  if (!nanResult(false)) {
    if (cb == INFINITE && (signOf(B) ? ca == INFINITE : ca == ZERO)) invalid()
    else {
      if (ca == DENORMAL || cb == DENORMAL) raiseFlags(DE)
      takeA()
      if (cb == INFINITE) {
        if (ca != ZERO && ca != INFINITE) store<i32>(R_CLASS, signOf(B) ? ZERO : INFINITE)
      } else if (ca != ZERO && ca != INFINITE) {
        let n: i32 = 0
        if (cb != ZERO && expOf(B) >= 0) n = expOf(B) > 16 ? 0x20000 : <i32>(sigOf(B) >> (63 - expOf(B)))
        setResult(NORMAL, signOf(A), expOf(A) + (signOf(B) ? -n : n), sigOf(A), 0)
        round80(64)
        beyondWrap()
      }
    }
  }
  deliver(0)
}

/** With OE or UE unmasked, a scale so large that even the wrapped exponent does not fit gives infinity or zero. */
function beyondWrap(): void {
  const exponent = load<i32>(R_EXPONENT)
  if (exponent >= -16382 && exponent <= 16383) return
  store<i32>(R_CLASS, exponent < 0 ? ZERO : INFINITE)
  store<u32>(ROUNDED_UP, <u32>(exponent > 0))
  raiseFlags(PE)
}

/** ST(0) becomes the exponent, the significand is pushed. */
export function fxtract(): void {
  beginX87()
  if (isEmpty(0) || !isEmpty(7)) {
    if (!stackFault(!isEmpty(0))) return
    putDefaultNan(st(0))
    markFull(0)
    push()
    putDefaultNan(st(0))
    return
  }
  const kind = unpack80(A, st(0))
  if (nanResult(true)) {
    if (!deliver(0)) return
    push()
    pack80(st(0))
    return
  }
  if (kind == DENORMAL) raiseFlags(DE)
  if (kind == ZERO) raiseFlags(ZE)
  if (stopped()) return
  const sign = signOf(A) << 15, sig = sigOf(A), exponent = expOf(A)
  if (kind == ZERO) put80(st(0), 0xffff, <u64>1 << 63)
  else if (kind == INFINITE) put80(st(0), 0x7fff, <u64>1 << 63)
  else {
    const magnitude = <u64>(exponent < 0 ? -exponent : exponent), zeros = <u32>clz(magnitude)
    if (magnitude == 0) put80(st(0), 0, 0)
    else put80(st(0), (exponent < 0 ? 0x8000 : 0) | (16383 + 63 - zeros), magnitude << zeros)
  }
  push()
  if (kind == ZERO) put80(st(0), sign, 0)
  else if (kind == INFINITE) put80(st(0), sign | 0x7fff, sig)
  else put80(st(0), sign | 16383, sig)
  noteFlags(0)
}
