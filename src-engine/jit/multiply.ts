// Multiplications and divisions, as assembly/execute/multiply.ts does them. What does not fit, and dividends of more bits than their
// operand's type, are the interpreter's: the region is left before them.
// Runs in: the vcpu's worker thread.
import { narrowTo } from './arithmetic'
import type { FlagState, Place } from './flag-state'
import { EXPLICIT, PRODUCT, replaceCarryOverflow } from './flags'
import { A32, B32, CARRY, COUNT, FLAG_A, FLAG_R, FLAG_TYPE, R32, VA, X, Y, Z } from './locals'
import { pushMemory, reach } from './memory-operands'
import type { UopKind } from './uop-table'
import { OP } from './wasm-writer'

const RAX = 0 // operand bytes
const RDX = 2 << 3

/** IMUL with two or three operands. */
export function multiply(s: FlagState, kind: UopKind, place: Place): void {
  const { e } = s
  const { w } = e
  const { ip } = place
  const { form, size, memory } = kind
  const immediate = form === 'GEI'
  const narrow = size < 3
  const dst = e.cache.byte(ip + 4)
  const [a, b, r] = narrow ? [A32, B32, R32] : [X, Y, Z]
  if (memory) reach(e, ip, 1 << size, 'read')
  const pushSource = (): void => (memory ? pushMemory(e, size) : e.pushRegister(e.cache.byte(ip + 5), size))
  if (immediate) pushSource()
  else e.pushRegister(dst, size)
  w.set(a)
  if (immediate) e.pushImmediate(e.cache.word(ip + 12), size)
  else pushSource()
  w.set(b)
  w.get(a)
  w.get(b)
  w.op(narrow ? OP.i32_mul : OP.i64_mul)
  narrowTo(s, size)
  w.set(r)
  w.get(r)
  e.popRegister(dst, size)
  s.setFlags(kind, place, PRODUCT)
}

/** RAX and the operand to X and Y, sign-extended or not. */
function loadOperands(s: FlagState, kind: UopKind, place: Place, signed: boolean): void {
  const { e } = s
  const { w } = e
  const { size, memory } = kind
  if (memory) reach(e, place.ip, 1 << size, 'read')
  const extend = signed ? OP.i64_extend_s : OP.i64_extend_u
  e.pushRegister(RAX, size)
  if (size < 3) w.op(extend)
  w.set(X)
  if (memory) pushMemory(e, size)
  else e.pushRegister(e.cache.byte(place.ip + 4), size)
  if (size < 3) w.op(extend)
  w.set(Y)
}
/** Writes RAX from X and RDX from Z. */
function storePair(s: FlagState, size: number): void {
  const { e } = s
  for (const [local, register] of [
    [X, RAX],
    [Z, RDX],
  ] as const) {
    e.w.get(local)
    if (size < 3) e.w.op(OP.i32_wrap)
    e.popRegister(register, size)
  }
}

/** MUL, and IMUL of RAX. */
export function multiplyWide(s: FlagState, kind: UopKind, place: Place): void {
  const { w } = s.e
  const { size, name } = kind
  const signed = name === 'imul_wide'
  loadOperands(s, kind, place, signed)
  if (size < 3) {
    w.get(X)
    w.get(Y)
    w.op(OP.i64_mul)
    w.tee(X)
    w.i64(32)
    w.op(OP.i64_shr_u)
    w.set(Z)
    if (signed) {
      w.get(X)
      w.op(OP.i64_extend32_s)
      w.get(X)
      w.op(OP.i64_ne)
    } else {
      w.get(Z)
      w.i64(0)
      w.op(OP.i64_ne)
    }
    w.set(COUNT)
  } else {
    upperHalf(s, signed)
    w.get(X)
    w.get(Y)
    w.op(OP.i64_mul)
    w.set(X)
    w.get(Z)
    if (signed) {
      w.get(X)
      w.i64(63)
      w.op(OP.i64_shr_s)
    } else w.i64(0)
    w.op(OP.i64_ne)
    w.set(COUNT)
  }
  storePair(s, size)
  if (!place.flagsSeen) return
  s.e.readsFlags()
  s.e.writesFlags()
  // CF and OF: the upper half says something
  w.get(COUNT)
  w.i32(0x801)
  w.op(OP.i32_mul)
  s.form = replaceCarryOverflow(w, s.form)
}

/** The upper half of X times Y to Z, from products of halves. */
function upperHalf(s: FlagState, signed: boolean): void {
  const { w } = s.e
  const half = (local: number, upper: boolean): void => {
    w.get(local)
    if (upper) w.i64(32)
    else w.i64of(-1, 0)
    w.op(upper ? OP.i64_shr_u : OP.i64_and)
  }
  const product = (upperX: boolean, upperY: boolean): void => {
    half(X, upperX)
    half(Y, upperY)
    w.op(OP.i64_mul)
  }
  // upper x lower y, and what comes over from below
  product(true, false)
  product(false, false)
  w.i64(32)
  w.op(OP.i64_shr_u)
  w.op(OP.i64_add)
  w.set(VA)
  // lower x upper y, and the lower half of that
  product(false, true)
  half(VA, false)
  w.op(OP.i64_add)
  w.i64(32)
  w.op(OP.i64_shr_u)
  half(VA, true)
  w.op(OP.i64_add)
  product(true, true)
  w.op(OP.i64_add)
  if (signed) {
    for (const [negative, other] of [
      [X, Y],
      [Y, X],
    ] as const) {
      w.get(negative)
      w.i64(63)
      w.op(OP.i64_shr_s)
      w.get(other)
      w.op(OP.i64_and)
      w.op(OP.i64_sub)
    }
  }
  w.set(Z)
}

/** DIV, IDIV: flags as AMD processors leave them, AF set, PF ZF SF clear, CF and OF as they were. */
export function divide(s: FlagState, kind: UopKind, place: Place): void {
  const { e } = s
  const { w } = e
  const { size, name } = kind
  const signed = name === 'idiv'
  if (place.flagsSeen) {
    // first, as to know them may take a call
    s.pushCondition(0)
    w.i32(11)
    w.op(OP.i32_shl)
    w.set(CARRY)
    s.pushCondition(2)
    w.get(CARRY)
    w.op(OP.i32_or)
    w.set(CARRY)
  }
  loadOperands(s, kind, place, signed)
  if (size < 3) {
    w.get(X)
    w.i64of(-1, 0)
    w.op(OP.i64_and)
    e.pushRegister(RDX, 3)
    w.i64(32)
    w.op(OP.i64_shl)
    w.op(OP.i64_or)
    w.set(X)
  }
  if (signed) signedRefusal(s, size)
  else {
    // the quotient does not fit, or the divisor is 0; of 64 bits also: the dividend has more
    e.pushRegister(RDX, 3)
    if (size < 3) {
      w.i64of(-1, 0)
      w.op(OP.i64_and)
      w.get(Y)
      w.op(OP.i64_lt_u)
      w.op(OP.i32_eqz)
    } else {
      w.i64(0)
      w.op(OP.i64_ne)
      w.get(Y)
      w.op(OP.i64_eqz)
      w.op(OP.i32_or)
    }
  }
  refuse(s)
  w.get(X)
  w.get(Y)
  w.op(signed ? OP.i64_div_s : OP.i64_div_u)
  w.set(VA)
  if (signed && size < 3) {
    w.get(VA)
    w.op(OP.i64_extend32_s)
    w.get(VA)
    w.op(OP.i64_ne)
    refuse(s)
  }
  w.get(X)
  w.get(VA)
  w.get(Y)
  w.op(OP.i64_mul)
  w.op(OP.i64_sub)
  w.set(Z)
  w.get(VA)
  w.set(X)
  storePair(s, size)
  s.form = EXPLICIT
  if (!place.flagsSeen) return
  e.writesFlags()
  w.get(CARRY)
  w.i32(0x10)
  w.op(OP.i32_or)
  w.op(OP.i64_extend_u)
  w.set(FLAG_A)
  w.i64(1)
  w.set(FLAG_R)
  w.i32(EXPLICIT)
  w.set(FLAG_TYPE)
}

/** Leaves the region before the instruction if what is on the stack is not 0. */
function refuse(s: FlagState): void {
  const { e } = s
  e.seldom()
  e.leave(e.begin)
  e.close()
}

/** Pushes whether WebAssembly cannot divide X by Y, or of 64 bits RDX is not only X's sign. */
function signedRefusal(s: FlagState, size: number): void {
  const { e } = s
  const { w } = e
  w.get(Y)
  w.op(OP.i64_eqz)
  w.get(Y)
  w.i64(-1)
  w.op(OP.i64_eq)
  w.get(X)
  w.i64of(0, 0x80000000)
  w.op(OP.i64_eq)
  w.op(OP.i32_and)
  w.op(OP.i32_or)
  if (size < 3) return
  e.pushRegister(RDX, 3)
  w.get(X)
  w.i64(63)
  w.op(OP.i64_shr_s)
  w.op(OP.i64_ne)
  w.op(OP.i32_or)
}
