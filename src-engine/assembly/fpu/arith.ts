// x87 arithmetic on the stack: the four operations, square root, sign changes, comparisons, FXAM, conditional moves.
// An operand is unpacked into A or B from a register or, before the call, from memory; results go through extended.ts.
// Invariant: nothing is written and nothing popped when an exception of the operands is unmasked.
// Runs in: the vcpu's thread.
import {
  A, ADD, B, DENORMAL, DIV, FLAGS, INFINITE, MUL, NORMAL, QUIET, ROUNDED_UP, SIGNALLING, SQRT, SUB, UNSUPPORTED, ZERO,
  classOf, operate, raiseFlags, setOperand, sigOf, expOf, signOf,
} from './soft'
import {
  beginX87, nanResult, noteFlags, pack80, precision, putDefaultNan, round80, roundingControl, stackFault, stopped, unmasked,
  unpack80,
} from './extended'
import {
  C0, C1, C2, C3, DE, IE, isEmpty, markFull, pop, put80, setStatus, signExponent, significand, st, statusWord,
} from './state'
import { NOT_QUICK, bothFull, quickArith, quickOrder } from './quick'
import { FPU_SW } from '../generated/layout'

/** R, rounded already, to ST(i) unless stopped; true when delivered. */
export function deliver(i: u32): bool {
  if (stopped()) return false
  pack80(st(i))
  noteFlags(load<u32>(ROUNDED_UP))
  return true
}

function compute(op: i32, to: u32, pops: bool): void {
  if (!nanResult(false) && operate(op, roundingControl()) == NORMAL) round80(precision())
  if (deliver(to) && pops) pop()
}

/** Operation by the reg field: 0 add, 1 mul, 4 sub, 5 reversed sub, 6 div, 7 reversed div. */
// @ts-ignore: decorator
@inline function operationOf(reg: u32): i32 { return reg == 0 ? ADD : reg == 1 ? MUL : reg < 6 ? SUB : DIV }

/** ST(0) op ST(i), or reversed, into ST(0) or ST(i). */
export function arith_st(reg: u32, i: u32, toI: bool, pops: bool): void {
  const to = toI ? i : 0
  if (bothFull(i)) {
    const x = st(0), y = st(i)
    if (quickArith(reg, signExponent(x), significand(x), signExponent(y), significand(y), st(to))) {
      if (pops) pop()
      return
    }
  }
  beginX87()
  if (isEmpty(0) || isEmpty(i)) {
    if (!stackFault(false)) return
    putDefaultNan(st(to))
    markFull(to)
    if (pops) pop()
    return
  }
  const reversed = reg == 5 || reg == 7
  unpack80(A, st(reversed ? i : 0))
  unpack80(B, st(reversed ? 0 : i))
  compute(operationOf(reg), to, pops)
}

/** ST(0) op a memory operand in the 80-bit format: true when that is done, comparisons too. */
export function quickMemory(reg: u32, signExp: u32, sig: u64): bool {
  if (signExp == NOT_QUICK || isEmpty(0)) return false
  const at = st(0)
  if (reg != 2 && reg != 3) return quickArith(reg, signExponent(at), significand(at), signExp, sig, at)
  const order = quickOrder(signExponent(at), significand(at), signExp, sig)
  if (order == 2) return false
  noteOrder(order)
  if (reg == 3) pop()
  return true
}

/** ST(0) op the memory operand, which the caller has unpacked into B. */
export function arith_memory(reg: u32): void {
  beginX87()
  if (isEmpty(0)) {
    if (!stackFault(false)) return
    putDefaultNan(st(0))
    markFull(0)
    return
  }
  unpack80(A, st(0))
  if (reg == 5 || reg == 7) {
    const sig = sigOf(A), exponent = expOf(A), sign = signOf(A), kind = classOf(A)
    setOperand(A, classOf(B), signOf(B), expOf(B), sigOf(B))
    setOperand(B, kind, sign, exponent, sig)
  }
  compute(operationOf(reg), 0, false)
}

export function fsqrt(): void {
  beginX87()
  if (emptyOperand()) return
  unpack80(A, st(0))
  if (!nanResult(true) && operate(SQRT, roundingControl()) == NORMAL) round80(precision())
  deliver(0)
}

/** ST(0) is empty: stack fault, the default NaN when masked. */
export function emptyOperand(): bool {
  if (!isEmpty(0)) return false
  if (stackFault(false)) {
    putDefaultNan(st(0))
    markFull(0)
  }
  return true
}

/** Stack check of the two-operand instructions that pop: the default NaN in ST(1), popped. */
export function emptyTwo(): bool {
  if (!isEmpty(0) && !isEmpty(1)) return false
  if (stackFault(false)) {
    putDefaultNan(st(1))
    markFull(1)
    pop()
  }
  return true
}

export function fchs(): void {
  if (emptyOperand()) return
  beginX87()
  store<u16>(st(0), load<u16>(st(0), 8) ^ 0x8000, 8)
  noteFlags(0)
}
export function fabs(): void {
  if (emptyOperand()) return
  beginX87()
  store<u16>(st(0), load<u16>(st(0), 8) & 0x7fff, 8)
  noteFlags(0)
}

/** -1, 0, 1 or 2 (unordered) for A against B; exceptions to FLAGS. */
function compareAB(quiet: bool): i32 {
  const ca = classOf(A), cb = classOf(B)
  if (ca >= QUIET || cb >= QUIET) {
    if (!quiet || ca >= SIGNALLING || cb >= SIGNALLING) raiseFlags(IE)
    return 2
  }
  if (ca == DENORMAL || cb == DENORMAL) raiseFlags(DE)
  if (ca == ZERO && cb == ZERO) return 0
  const negative = signOf(A) != 0
  if (ca == ZERO) return signOf(B) ? 1 : -1
  if (cb == ZERO || negative != (signOf(B) != 0)) return negative ? -1 : 1
  let order: i32
  if (ca == INFINITE || cb == INFINITE) order = <i32>(ca == INFINITE) - <i32>(cb == INFINITE)
  else if (expOf(A) != expOf(B)) order = expOf(A) > expOf(B) ? 1 : -1
  else order = <i32>(sigOf(A) > sigOf(B)) - <i32>(sigOf(A) < sigOf(B))
  return negative ? -order : order
}

function setConditions(outcome: i32): void {
  const bits = outcome == 2 ? C0 | C2 | C3 : outcome == 0 ? C3 : outcome < 0 ? C0 : 0
  setStatus((statusWord() & ~(C0 | C2 | C3)) | bits)
}

/** What a comparison without exceptions leaves. */
function noteOrder(order: i32): void {
  store<u16>(FPU_SW, <u16>((statusWord() & ~(C0 | C1 | C2 | C3)) | (order == 0 ? C3 : order < 0 ? C0 : 0)))
}

/** FCOM and kin: `fromMemory` compares ST(0) with B, else with ST(i). */
export function compare(i: u32, fromMemory: bool, quiet: bool, pops: u32): void {
  if (!fromMemory && bothFull(i)) {
    const x = st(0), y = st(i), order = quickOrder(signExponent(x), significand(x), signExponent(y), significand(y))
    if (order != 2) {
      noteOrder(order)
      for (let n: u32 = 0; n < pops; n++) pop()
      return
    }
  }
  beginX87()
  if (isEmpty(0) || (!fromMemory && isEmpty(i))) {
    const masked = stackFault(false)
    setConditions(2)
    if (!masked) return
  } else {
    unpack80(A, st(0))
    if (!fromMemory) unpack80(B, st(i))
    const outcome = compareAB(quiet)
    setConditions(outcome)
    if (stopped()) return
    noteFlags(0)
  }
  for (let n: u32 = 0; n < pops; n++) pop()
}

/** FCOMI and kin: 0x1000 | ZF, PF, CF; an unmasked exception only prevents the pop. C1 stays. */
export function compareToFlags(i: u32, quiet: bool, pops: bool): i32 {
  if (bothFull(i)) {
    const x = st(0), y = st(i), order = quickOrder(signExponent(x), significand(x), signExponent(y), significand(y))
    if (order != 2) {
      if (pops) pop()
      return 0x1000 | (order == 0 ? 0x40 : order < 0 ? 1 : 0)
    }
  }
  beginX87()
  let outcome: i32 = 2
  if (isEmpty(0) || isEmpty(i)) {
    if (!stackFault(false)) pops = false
  } else {
    unpack80(A, st(0))
    unpack80(B, st(i))
    outcome = compareAB(quiet)
    if (load<u32>(FLAGS) & unmasked() & (IE | DE)) pops = false
    setStatus(statusWord() | load<u32>(FLAGS))
  }
  if (pops) pop()
  return 0x1000 | (outcome == 2 ? 0x45 : outcome == 0 ? 0x40 : outcome < 0 ? 1 : 0)
}

export function ftst(): void {
  setOperand(B, ZERO, 0, 0, 0)
  compare(0, true, false, 0)
}

export function fxam(): void {
  const at = st(0)
  let bits: u32 = signExponent(at) & 0x8000 ? C1 : 0
  if (isEmpty(0)) bits |= C3 | C0
  else {
    const kind = unpack80(A, at)
    if (kind == ZERO) bits |= C3
    else if (kind == DENORMAL) bits |= C3 | C2
    else if (kind == NORMAL) bits |= C2
    else if (kind == INFINITE) bits |= C2 | C0
    else if (kind != UNSUPPORTED) bits |= C0
  }
  setStatus((statusWord() & ~(C0 | C1 | C2 | C3)) | bits)
}

/** FCMOVcc with the condition known. C1 stays. */
export function fcmov(i: u32, taken: bool): void {
  beginX87()
  if (isEmpty(0) || isEmpty(i)) {
    if (!stackFault(false)) return
    putDefaultNan(st(0))
    markFull(0)
    return
  }
  if (taken) put80(st(0), signExponent(st(i)), significand(st(i)))
}
