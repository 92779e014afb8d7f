// x87 loads and stores: singles, doubles, extended, integers and packed decimals, constants, exchanges.
// A store computes its bytes and leaves the new status in PENDING_*; x87_commit makes it real after memory was written.
// Invariant: stores return NO_STORE only when an unmasked exception suppresses them, with the flags already noted.
// Runs in: the vcpu's thread.
import {
  A, DENORMAL, FLAGS, INEXACT, NEAREST, NORMAL, QUIET, R_CLASS, R_HI, R_LO, R_SIGN, ROUNDED_UP, UP, ZERO, classOf, cut,
  expOf, pack32, pack64, raiseFlags, round, setOperand, shiftRightJam, sigOf, signOf, unpack32, unpack64,
} from './soft'
import {
  PENDING_KIND, PENDING_POPS, PENDING_STATUS, beginX87, nanResult, noteFlags, pack80, push, pushOverflow, putDefaultNan,
  roundingControl, stackFault, stopped, takeA, unmasked, unpack80,
} from './extended'
import { C1, DE, IE, OE, PE, SF, UE, isEmpty, markFull, pop, put80, signExponent, significand, st, statusWord } from './state'
import {
  NOT_QUICK, quickStore32, quickStore64, quickStoreInteger, significand32, significand64, significandInteger, widened32,
  widened64, widenedInteger,
} from './quick'

export const NO_STORE: i32 = 1

/** Status to be taken over by x87_commit. */
function pend(flags: u32, c1: bool, pops: u32): void {
  store<u32>(PENDING_STATUS, (statusWord() & ~C1) | flags | (c1 ? C1 : 0))
  store<u32>(PENDING_POPS, pops)
  store<u32>(PENDING_KIND, 0)
}
/** ST(0) is empty: with IE masked the caller stores the indefinite value, else nothing. */
function emptyStore(pops: u32): bool {
  if (unmasked() & IE) {
    stackFault(false)
    return false
  }
  pend(IE | SF, false, pops)
  return true
}

/** Push a single or double, unpacked in A: SNaN and denormals are noted; an unmasked SNaN stops the load. */
function loadA(): void {
  if (!isEmpty(7)) {
    pushOverflow()
    return
  }
  if (!nanResult(true)) {
    if (classOf(A) == DENORMAL) raiseFlags(DE)
    takeA()
  }
  // An unmasked DE does not keep the value from being loaded, unlike in arithmetic.
  if ((load<u32>(FLAGS) & IE) && stopped()) return
  push()
  pack80(st(0))
  noteFlags(0)
}
export function fld32(mem: u32): void {
  const bits = load<u32>(mem), signExp = widened32(bits)
  if (signExp != NOT_QUICK) {
    pushRaw(signExp, significand32(bits))
    return
  }
  beginX87()
  unpack32(A, load<u32>(mem), false)
  loadA()
}
export function fld64(mem: u32): void {
  const bits = load<u64>(mem), signExp = widened64(bits)
  if (signExp != NOT_QUICK) {
    pushRaw(signExp, significand64(bits))
    return
  }
  beginX87()
  unpack64(A, load<u64>(mem), false)
  loadA()
}
/** Push raw bits; nothing but the stack is checked. */
export function pushRaw(signExp: u32, sig: u64): void {
  if (!isEmpty(7)) {
    pushOverflow()
    return
  }
  beginX87()
  push()
  put80(st(0), signExp, sig)
  noteFlags(0)
}
export function fld80(mem: u32): void { pushRaw(<u32>load<u16>(mem, 8), load<u64>(mem)) }
export function fld_sti(i: u32): void {
  if (isEmpty(i)) {
    if (!stackFault(false)) return
    push()
    putDefaultNan(st(0))
    return
  }
  const at = st(i)
  pushRaw(signExponent(at), significand(at))
}

/** An integer as operand `slot`. */
export function unpackInteger(slot: u32, value: i64): void {
  const magnitude = <u64>(value < 0 ? 0 - value : value), zeros = <i32>clz(magnitude)
  setOperand(slot, magnitude ? NORMAL : ZERO, <u32>(value < 0), 63 - zeros, magnitude << zeros)
}
export function fild(value: i64): void { pushRaw(widenedInteger(value), significandInteger(value)) }

/** FLD1, FLDL2T, FLDL2E, FLDPI, FLDLG2, FLDLN2, FLDZ: rounded by rounding control from longer values. */
export function loadConstant(which: u32): void {
  const rc = roundingControl()
  // The 64-bit significands below are truncations; `nearUp` says that the nearest value is the next one.
  let signExp: u32 = 0, sig: u64 = 0, nearUp = false
  switch (which) {
    case 0: { pushRaw(0x3fff, <u64>1 << 63); return }
    case 1: { signExp = 0x4000; sig = 0xd49a784bcd1b8afe; break }
    case 2: { signExp = 0x3fff; sig = 0xb8aa3b295c17f0bb; nearUp = true; break }
    case 3: { signExp = 0x4000; sig = 0xc90fdaa22168c234; nearUp = true; break }
    case 4: { signExp = 0x3ffd; sig = 0x9a209a84fbcff798; nearUp = true; break }
    case 5: { signExp = 0x3ffe; sig = 0xb17217f7d1cf79ab; nearUp = true; break }
    default: { pushRaw(0, 0); return }
  }
  if (rc == UP || (rc == NEAREST && nearUp)) sig++
  pushRaw(signExp, sig)
}

export function fxch(i: u32): void {
  const emptyA = isEmpty(0), emptyB = isEmpty(i)
  beginX87()
  if (emptyA || emptyB) {
    if (!stackFault(false)) return
    if (emptyA) putDefaultNan(st(0))
    if (emptyB) putDefaultNan(st(i))
    markFull(0)
    markFull(i)
  } else noteFlags(0)
  const x = st(0), y = st(i), signExp = signExponent(x), sig = significand(x)
  put80(x, signExponent(y), significand(y))
  put80(y, signExp, sig)
}

/** FST, FSTP to a register. */
export function fst_sti(i: u32, pops: bool): void {
  beginX87()
  if (isEmpty(0)) {
    if (!stackFault(false)) return
    putDefaultNan(st(i))
  } else {
    put80(st(i), signExponent(st(0)), significand(st(0)))
    noteFlags(0)
  }
  markFull(i)
  if (pops) pop()
}

/** D9 D8+i, an alias of FSTP whose stack is not checked: an empty ST(0) is popped and not copied. */
export function fstpnce(i: u32): void {
  beginX87()
  noteFlags(0)
  if (!isEmpty(0)) {
    put80(st(i), signExponent(st(0)), significand(st(0)))
    markFull(i)
  }
  pop()
}

/** A NaN, infinity or zero, or ST(0) rounded to a narrower format; false when an unmasked exception forbids the store. */
function roundForStore(precision: i32, min: i32, max: i32): bool {
  const kind = unpack80(A, st(0))
  if (!nanResult(true)) {
    takeA()
    if (kind == NORMAL || kind == DENORMAL) round(precision, min, max, roundingControl(), unmasked(), 0, false)
  }
  const flags = load<u32>(FLAGS)
  if (!(flags & unmasked() & (IE | OE | UE))) return true
  store<u32>(FLAGS, flags & ~PE) // nothing was rounded to be stored
  noteFlags(0)
  return false
}
/** The fraction of a NaN in R, cut to `bits`. */
// @ts-ignore: decorator
@inline function nanFraction(bits: i32): u64 { return (load<u64>(R_HI) << 1) >> (64 - bits) }

export function fst32(mem: u32, pops: u32): i32 {
  beginX87()
  if (isEmpty(0)) {
    if (!emptyStore(pops)) return NO_STORE
    store<u32>(mem, 0xffc00000)
    return 0
  }
  const quick = quickStore32(mem)
  if (quick >= 0) {
    pend(quick & PE, (quick & C1) != 0, pops)
    return 0
  }
  if (!roundForStore(24, -126, 127)) return NO_STORE
  store<u32>(mem, isNan() ? (resultSign() << 31) | 0x7f800000 | <u32>nanFraction(23) : pack32())
  pend(load<u32>(FLAGS), load<u32>(ROUNDED_UP) != 0, pops)
  return 0
}
export function fst64(mem: u32, pops: u32): i32 {
  beginX87()
  if (isEmpty(0)) {
    if (!emptyStore(pops)) return NO_STORE
    store<u64>(mem, 0xfff8000000000000)
    return 0
  }
  const quick = quickStore64(mem)
  if (quick >= 0) {
    pend(quick & PE, (quick & C1) != 0, pops)
    return 0
  }
  if (!roundForStore(53, -1022, 1023)) return NO_STORE
  store<u64>(mem, isNan() ? (<u64>resultSign() << 63) | 0x7ff0000000000000 | nanFraction(52) : pack64())
  pend(load<u32>(FLAGS), load<u32>(ROUNDED_UP) != 0, pops)
  return 0
}
// @ts-ignore: decorator
@inline function isNan(): bool { return load<i32>(R_CLASS) == QUIET }
// @ts-ignore: decorator
@inline function resultSign(): u32 { return load<u32>(R_SIGN) }

export function fstp80(mem: u32): i32 {
  if (isEmpty(0)) {
    if (!emptyStore(1)) return NO_STORE
    store<u64>(mem, <u64>3 << 62)
    store<u16>(mem, 0xffff, 8)
    return 0
  }
  store<u64>(mem, significand(st(0)))
  store<u16>(mem, <u16>signExponent(st(0)), 8)
  pend(0, false, 1)
  return 0
}

/**
 * A as an integer by `rc`, magnitude in R_HI; false when its magnitude needs more than 64 bits. INEXACT and ROUNDED_UP
 * tell the rounding.
 */
export function integerOfA(rc: u32): bool {
  store<u32>(INEXACT, 0)
  store<u32>(ROUNDED_UP, 0)
  const kind = classOf(A)
  if (kind == ZERO) {
    store<u64>(R_HI, 0)
    return true
  }
  if (kind > NORMAL || expOf(A) > 63) return false
  shiftRightJam(sigOf(A), 0, 63 - expOf(A))
  const whole = load<u64>(R_HI)
  const result = cut(whole, load<u64>(R_LO), 64, rc, signOf(A))
  store<u64>(R_HI, result)
  return !(result == 0 && whole != 0)
}

/** FIST, FISTP of `bytes` 2, 4 or 8. */
export function fist(mem: u32, bytes: u32, pops: u32, rc: u32): i32 {
  beginX87()
  const limit = <u64>1 << (<u64>bytes * 8 - 1)
  let value = limit
  if (isEmpty(0)) {
    if (!emptyStore(pops)) return NO_STORE
  } else {
    const quick = quickStoreInteger(mem, bytes, rc)
    if (quick >= 0) {
      pend(quick & PE, (quick & C1) != 0, pops)
      return 0
    }
    unpack80(A, st(0))
    const fits = integerOfA(rc), magnitude = load<u64>(R_HI), negative = signOf(A) != 0
    if (!fits || magnitude > limit - <u64>!negative) {
      raiseFlags(IE)
      store<u32>(ROUNDED_UP, 0)
      if (unmasked() & IE) {
        noteFlags(0)
        return NO_STORE
      }
    } else {
      value = negative ? 0 - magnitude : magnitude
      if (load<u32>(INEXACT)) raiseFlags(PE)
    }
    pend(load<u32>(FLAGS), load<u32>(ROUNDED_UP) != 0, pops)
  }
  if (bytes == 2) store<u16>(mem, <u16>value)
  else if (bytes == 4) store<u32>(mem, <u32>value)
  else store<u64>(mem, value)
  return 0
}

/** FBLD: 18 decimal digits, two a byte, then the sign. Digits above 9 count as they are. */
export function fbld(mem: u32): void {
  let magnitude: u64 = 0
  for (let i: i32 = 8; i >= 0; i--) {
    const byte = <u64>load<u8>(mem + i)
    magnitude = magnitude * 100 + (byte >> 4) * 10 + (byte & 15)
  }
  const sign: u32 = load<u8>(mem, 9) & 0x80 ? 0x8000 : 0
  const zeros = <u32>clz(magnitude)
  if (magnitude == 0) pushRaw(sign, 0)
  else pushRaw(sign | (16383 + 63 - zeros), magnitude << zeros)
}
export function fbstp(mem: u32): i32 {
  beginX87()
  let valid = false
  if (isEmpty(0)) {
    if (!emptyStore(1)) return NO_STORE
  } else {
    unpack80(A, st(0))
    valid = integerOfA(roundingControl()) && load<u64>(R_HI) <= 999999999999999999
    if (!valid) {
      raiseFlags(IE)
      store<u32>(ROUNDED_UP, 0)
      if (unmasked() & IE) {
        noteFlags(0)
        return NO_STORE
      }
    } else if (load<u32>(INEXACT)) raiseFlags(PE)
    pend(load<u32>(FLAGS), load<u32>(ROUNDED_UP) != 0, 1)
  }
  if (!valid) {
    store<u64>(mem, <u64>3 << 62)
    store<u16>(mem, 0xffff, 8)
    return 0
  }
  let rest = load<u64>(R_HI)
  for (let i: u32 = 0; i < 9; i++) {
    const two = <u32>(rest % 100)
    rest /= 100
    store<u8>(mem + i, <u8>(((two / 10) << 4) | (two % 10)))
  }
  store<u8>(mem, signOf(A) ? 0x80 : 0, 9)
  return 0
}
