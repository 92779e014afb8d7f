// The 80-bit format and the x87 rules round an operation: unpacking with the encodings x87 refuses, NaN selection by the
// larger significand, packing, and how exceptions end up in the status word.
// Invariant: an unmasked IE, DE or ZE leaves registers, tags and TOP alone; OE, UE and PE come after the result.
// Runs in: the vcpu's thread.
import { SCRATCH } from '../generated/layout'
import {
  A, B, DENORMAL, FLAGS, INFINITE, NORMAL, QUIET, R_CLASS, R_EXPONENT, R_HI, R_SIGN, ROUNDED_UP, SIGNALLING, UNSUPPORTED,
  ZERO, classOf, expOf, invalid, raiseFlags, round, setOperand, setResult, sigOf, signOf,
} from './soft'
import {
  C1, DE, IE, SF, ZE, controlWord, markFull, put80, setStatus, setTop, signExponent, significand, st, statusWord, top,
} from './state'

/** What x87_commit has to do once a store reached memory: new status word, registers to pop, and more by kind. */
export const PENDING_STATUS: u32 = SCRATCH + 0x94
export const PENDING_POPS: u32 = SCRATCH + 0xac
export const PENDING_KIND: u32 = SCRATCH + 0xdc

// @ts-ignore: decorator
@inline export function unmasked(): u32 { return ~controlWord() & 0x3f }
// @ts-ignore: decorator
@inline export function roundingControl(): u32 { return (controlWord() >> 10) & 3 }
/** Significand bits by precision control. */
export function precision(): i32 {
  const control = (controlWord() >> 8) & 3
  return control == 0 ? 24 : control == 2 ? 53 : 64
}

export function unpackParts(slot: u32, signExp: u32, sig: u64): i32 {
  const sign = signExp >> 15, exponent = <i32>(signExp & 0x7fff)
  let kind = NORMAL, e = exponent - 16383
  if (exponent == 0) {
    kind = sig == 0 ? ZERO : DENORMAL
    const zeros = <i32>clz(sig)
    e = -16382 - zeros
    if (sig) sig <<= zeros
  } else if (<i64>sig >= 0) kind = UNSUPPORTED
  else if (exponent == 0x7fff) {
    const fraction = sig << 1
    kind = fraction == 0 ? INFINITE : <i64>fraction < 0 ? QUIET : SIGNALLING
  }
  setOperand(slot, kind, sign, e, sig)
  return kind
}
/** Unpack the register at an address. */
export function unpack80(slot: u32, at: u32): i32 { return unpackParts(slot, signExponent(at), significand(at)) }

/** R, rounded, into the register at `at`. */
export function pack80(at: u32): void {
  const sign = load<u32>(R_SIGN) << 15, kind = load<i32>(R_CLASS), sig = load<u64>(R_HI)
  if (kind == ZERO) put80(at, sign, 0)
  else if (kind == INFINITE) put80(at, sign | 0x7fff, <u64>1 << 63)
  else if (kind == QUIET) put80(at, sign | 0x7fff, sig)
  else put80(at, <i64>sig < 0 ? sign | (<u32>(load<i32>(R_EXPONENT) + 16383) & 0x7fff) : sign, sig)
}
export function round80(bits: i32): void { round(bits, -16382, 16383, roundingControl(), unmasked(), 24576, false) }

/** The default NaN into R, with IE. */
export function invalidResult(): void { invalid() }

/** If A (or B, unless `single`) is a NaN or unsupported: the resulting NaN in R, IE where due, and true. */
export function nanResult(single: bool): bool {
  const ca = classOf(A), cb = single ? NORMAL : classOf(B)
  if (ca < QUIET && cb < QUIET) return false
  if (ca == UNSUPPORTED || cb == UNSUPPORTED) {
    invalid()
    return true
  }
  if (ca == SIGNALLING || cb == SIGNALLING) raiseFlags(IE)
  let from = A
  if (cb >= QUIET) {
    if (ca < QUIET) from = B
    else if (ca == SIGNALLING && cb == QUIET) from = B
    else if (!(ca == QUIET && cb == SIGNALLING)) {
      // Both quiet or both signalling: the larger significand, then the positive one.
      const sa = sigOf(A), sb = sigOf(B)
      if (sb > sa || (sb == sa && signOf(B) < signOf(A))) from = B
    }
  }
  setResult(QUIET, signOf(from), 0x4000, sigOf(from) | (<u64>1 << 62), 0)
  return true
}

/** A as the result, unrounded. */
export function takeA(): void {
  const kind = classOf(A)
  setResult(kind == DENORMAL ? NORMAL : kind, signOf(A), expOf(A), sigOf(A), 0)
}

// @ts-ignore: decorator
@inline export function beginX87(): void {
  store<u32>(FLAGS, 0)
  store<u32>(ROUNDED_UP, 0)
}

/** Put FLAGS into the status word with C1 as given. */
export function noteFlags(c1: u32): void { setStatus((statusWord() & ~C1) | load<u32>(FLAGS) | (c1 ? C1 : 0)) }

/** True when an exception of the operands is unmasked: it is noted, and the instruction ends without a result. */
export function stopped(): bool {
  const flags = load<u32>(FLAGS)
  if (!(flags & unmasked() & (IE | DE | ZE))) return false
  store<u32>(FLAGS, flags & (IE | DE | ZE | SF))
  noteFlags(0)
  return true
}

/** Stack fault: IE and SF, C1 tells overflow. True when masked (the caller delivers the default NaN). */
export function stackFault(overflow: bool): bool {
  store<u32>(FLAGS, IE | SF)
  noteFlags(<u32>overflow)
  return (unmasked() & IE) == 0
}
export function putDefaultNan(at: u32): void { put80(at, 0xffff, <u64>3 << 62) }

/** Make room: TOP goes down; ST(0) is then not empty. */
export function push(): void {
  setTop(top() - 1)
  markFull(0)
}
/** Push of a value on a full stack: masked, the default NaN is pushed. */
export function pushOverflow(): void {
  if (!stackFault(true)) return
  push()
  putDefaultNan(st(0))
}
