// Conditions over the lazy flags, as WebAssembly. The form of the flags is mostly known when code is made: what last set
// them stands in the same block or in all blocks before it. Form and meaning are those of assembly/flags.ts.
// Runs in: the vcpu's worker thread.
import { A32, B32, FLAG_A, FLAG_B, FLAG_R, FLAG_TYPE, R32 } from './locals'
import { OP, type WasmWriter } from './wasm-writer'

export const EXPLICIT = 0
export const SUB = 1
export const ADD = 2
export const PARTIAL = 3
export const SHIFTED = 4
export const PRODUCT = 5
/** Any of them but PRODUCT; any of them. */
export const SOME = 6
export const ANY = 7
/** Added to a form: operands and result are also in A32, B32, R32. */
export const NARROW = 8

const CF = 1
const AF = 0x10
const OF = 0x800

/** What is known where two ways meet. */
export function meet(a: number, b: number): number {
  if (a === b) return a
  const x = a & ~NARROW
  const y = b & ~NARROW
  if (x === y) return x
  return x === PRODUCT || y === PRODUCT || x === ANY || y === ANY ? ANY : SOME
}

function negative(w: WasmWriter): void {
  w.i64(0)
  w.op(OP.i64_lt_s)
}
function bit(w: WasmWriter, mask: number): void {
  w.get(FLAG_A)
  w.op(OP.i32_wrap)
  w.i32(mask)
  w.op(OP.i32_and)
  w.i32(0)
  w.op(OP.i32_ne)
}
function sign(w: WasmWriter, of: number): void {
  w.get(of)
  negative(w)
}
function zero(w: WasmWriter, form: number): void {
  if (form & NARROW) {
    w.get(R32)
    w.op(OP.i32_eqz)
  } else {
    w.get(FLAG_R)
    w.op(OP.i64_eqz)
  }
}
function either(w: WasmWriter, a: number, b: number): void {
  w.get(a)
  w.get(b)
  w.op(OP.i64_xor)
}

/** (p ^ q) & (r ^ s) is negative: overflow of additions and subtractions. */
function overflow(w: WasmWriter, p: number, q: number, r: number, s: number): void {
  either(w, p, q)
  either(w, r, s)
  w.op(OP.i64_and)
  negative(w)
}

function lostProduct(w: WasmWriter): void {
  w.get(FLAG_A)
  w.get(FLAG_B)
  w.op(OP.i64_mul)
  w.get(FLAG_R)
  w.op(OP.i64_ne)
}

/** Choose by the form at run time: the stack holds the value if it is `form` and above it the other. */
function whenForm(w: WasmWriter, form: number): void {
  w.get(FLAG_TYPE)
  w.i32(form)
  w.op(OP.i32_eq)
  w.op(OP.select)
}

/** Pushes CF as 0 or 1. False: nothing pushed, it cannot be told here. */
export function pushCarry(w: WasmWriter, form: number): boolean {
  switch (form & ~NARROW) {
    case SUB:
      if (form & NARROW) {
        w.get(A32)
        w.get(B32)
        w.op(OP.i32_lt_u)
      } else {
        w.get(FLAG_A)
        w.get(FLAG_B)
        w.op(OP.i64_lt_u)
      }
      return true
    case ADD:
      if (form & NARROW) {
        w.get(R32)
        w.get(A32)
        w.op(OP.i32_lt_u)
      } else {
        w.get(FLAG_R)
        w.get(FLAG_A)
        w.op(OP.i64_lt_u)
      }
      return true
    case SHIFTED:
      sign(w, FLAG_A)
      return true
    case PRODUCT:
      if (!(form & NARROW)) return false
      lostProduct(w)
      return true
    case EXPLICIT:
    case PARTIAL:
      w.get(FLAG_A)
      w.op(OP.i32_wrap)
      w.i32(CF)
      w.op(OP.i32_and)
      return true
    case SOME:
      pushCarry(w, SUB)
      pushCarry(w, ADD)
      pushCarry(w, SHIFTED)
      pushCarry(w, PARTIAL)
      whenForm(w, SHIFTED)
      whenForm(w, ADD)
      whenForm(w, SUB)
      return true
    default:
      return false
  }
}

function pushOverflow(w: WasmWriter, form: number): boolean {
  switch (form & ~NARROW) {
    case SUB:
      overflow(w, FLAG_A, FLAG_B, FLAG_A, FLAG_R)
      return true
    case ADD:
      overflow(w, FLAG_A, FLAG_R, FLAG_B, FLAG_R)
      return true
    case SHIFTED:
      sign(w, FLAG_B)
      return true
    case PRODUCT:
      return pushCarry(w, form)
    case EXPLICIT:
    case PARTIAL:
      bit(w, OF)
      return true
    case SOME:
      pushOverflow(w, SUB)
      pushOverflow(w, ADD)
      pushOverflow(w, SHIFTED)
      pushOverflow(w, PARTIAL)
      whenForm(w, SHIFTED)
      whenForm(w, ADD)
      whenForm(w, SUB)
      return true
    default:
      return false
  }
}

function pushSign(w: WasmWriter, form: number): void {
  const known = form & ~NARROW
  if (form & NARROW) {
    w.get(R32)
    w.i32(0)
    w.op(OP.i32_lt_s)
  } else if (known === EXPLICIT) bit(w, 0x80)
  else if (known === SOME || known === ANY) {
    bit(w, 0x80)
    sign(w, FLAG_R)
    whenForm(w, EXPLICIT)
  } else sign(w, FLAG_R)
}

function pushParity(w: WasmWriter, form: number): void {
  const known = form & ~NARROW
  const computed = (): void => {
    w.get(FLAG_R)
    w.op(OP.i32_wrap)
    w.i32(255)
    w.op(OP.i32_and)
    w.op(OP.i32_popcnt)
    w.i32(1)
    w.op(OP.i32_and)
    w.op(OP.i32_eqz)
  }
  if (known === EXPLICIT) bit(w, 4)
  else if (known === SOME || known === ANY) {
    bit(w, 4)
    computed()
    whenForm(w, EXPLICIT)
  } else computed()
}

/** Pushes the even condition `n` or its negation. False: nothing pushed, it cannot be told here. */
export function pushCondition(w: WasmWriter, n: number, form: number): boolean {
  const known = form & ~NARROW
  const narrow = (form & NARROW) !== 0
  const compare = (wide: number, narrowed: number): boolean => {
    w.get(narrow ? A32 : FLAG_A)
    w.get(narrow ? B32 : FLAG_B)
    w.op(narrow ? narrowed : wide)
    return true
  }
  let pushed = true
  switch (n >> 1) {
    case 0:
      pushed = pushOverflow(w, form)
      break
    case 1:
      pushed = pushCarry(w, form)
      break
    case 2:
      if (known === SUB) compare(OP.i64_eq, OP.i32_eq)
      else zero(w, form)
      break
    case 3:
      if (known === SUB) compare(OP.i64_le_u, OP.i32_le_u)
      else {
        pushed = pushCarry(w, form)
        if (pushed) {
          zero(w, form)
          w.op(OP.i32_or)
        }
      }
      break
    case 4:
      pushSign(w, form)
      break
    case 5:
      pushParity(w, form)
      break
    default:
      if (known === SUB) n >> 1 === 6 ? compare(OP.i64_lt_s, OP.i32_lt_s) : compare(OP.i64_le_s, OP.i32_le_s)
      else {
        pushed = pushOverflow(w, form)
        if (!pushed) break
        pushSign(w, form)
        w.op(OP.i32_ne)
        if (n >> 1 === 7) {
          zero(w, form)
          w.op(OP.i32_or)
        }
      }
  }
  if (pushed && n & 1) w.op(OP.i32_eqz)
  return pushed
}

/** Pushes AF in its EFLAGS place. */
function pushAdjust(w: WasmWriter, form: number): void {
  switch (form & ~NARROW) {
    case SUB:
    case ADD:
      either(w, FLAG_A, FLAG_B)
      w.get(FLAG_R)
      w.op(OP.i64_xor)
      w.op(OP.i32_wrap)
      w.i32(AF)
      w.op(OP.i32_and)
      return
    case SHIFTED:
      w.i32(AF)
      return
    case PRODUCT:
      w.i32(0)
      return
    case EXPLICIT:
    case PARTIAL:
      w.get(FLAG_A)
      w.op(OP.i32_wrap)
      w.i32(AF)
      w.op(OP.i32_and)
      return
    default:
      pushAdjust(w, SUB)
      pushAdjust(w, SUB)
      w.i32(AF)
      w.i32(0)
      pushAdjust(w, PARTIAL)
      whenForm(w, PRODUCT)
      whenForm(w, SHIFTED)
      whenForm(w, ADD)
      whenForm(w, SUB)
  }
}

/**
 * CF and OF from the stack (in their EFLAGS places), the other flags as they are. Gives the new form. PARTIAL takes what is
 * not CF, AF or OF from the result, as the forms before it do; EXPLICIT stays what it is.
 */
export function replaceCarryOverflow(w: WasmWriter, form: number): number {
  const known = form & ~NARROW
  const kept = (): void => {
    w.get(FLAG_A)
    w.i64(0xd4)
    w.op(OP.i64_and)
  }
  if (known === EXPLICIT) kept()
  else if (known !== SOME && known !== ANY) {
    pushAdjust(w, form)
    w.op(OP.i64_extend_u)
  } else {
    kept()
    pushAdjust(w, form)
    w.op(OP.i64_extend_u)
    whenForm(w, EXPLICIT)
  }
  w.set(FLAG_A)
  w.op(OP.i64_extend_u)
  w.get(FLAG_A)
  w.op(OP.i64_or)
  w.set(FLAG_A)
  if (known === EXPLICIT) return EXPLICIT
  if (known !== SOME && known !== ANY) {
    w.i32(PARTIAL)
    w.set(FLAG_TYPE)
    return PARTIAL
  }
  w.i32(EXPLICIT)
  w.i32(PARTIAL)
  whenForm(w, EXPLICIT)
  w.set(FLAG_TYPE)
  return SOME
}
