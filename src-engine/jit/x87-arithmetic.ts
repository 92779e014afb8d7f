// The four operations and comparisons of x87 by direct calls of assembly/fpu/quick.ts, where registers are full and a number in memory
// is a normal one. What these say no to, and the rest, calls the function for the whole instruction.
// Invariant: the status word is in COUNT, and no exception waits.
// Runs in: the vcpu's worker thread.
import { CALL, type Emitter } from './emitter'
import { COUNT, ENTRY, HOST } from './locals'
import { OP } from './wasm-writer'
import { lacks, loadStatus, pop, pushSignExponent, pushSignificand, pushUnusual, setRegister } from './x87-stack'

/** What quickOrder() gives for what is not for it. */
const NO_ORDER = 2
const SIGN = 0x8000

interface Operation {
  readonly call: number
  /** The second operand's sign is changed, as a difference is a sum. */
  readonly negates: boolean
  readonly reversed: boolean
}
const SUM = { call: CALL.x87Add, negates: false, reversed: false }
const DIFFERENCE = { call: CALL.x87Add, negates: true, reversed: false }
const PRODUCT = { call: CALL.x87Multiply, negates: false, reversed: false }
const QUOTIENT = { call: CALL.x87Divide, negates: false, reversed: false }
/** By the reg field; 2 and 3 compare. */
const OPERATIONS: readonly (Operation | undefined)[] = [
  SUM,
  PRODUCT,
  undefined,
  undefined,
  DIFFERENCE,
  { ...DIFFERENCE, reversed: true },
  QUOTIENT,
  { ...QUOTIENT, reversed: true },
]

/** An operand: its significand, its sign and exponent. */
interface Value {
  significand(): void
  signExponent(): void
}
function register(e: Emitter, local: number): Value {
  const load = (code: number, offset: number) => (): void => {
    e.w.get(local)
    e.w.memory(code, e.field('FPU_ST') + offset)
  }
  return { significand: load(OP.i64_load, 0), signExponent: load(OP.i32_load16_u, 8) }
}

/** Adds, subtracts, multiplies, divides; false when the instruction does not. `slow` does it otherwise. */
export function arithmetic(e: Emitter, what: number, memory: boolean, slow: () => void): boolean {
  const { w } = e
  const opcode = what >> 8
  const operation = OPERATIONS[(what >> 3) & 7]
  const bytes = memory ? (opcode === 0xd8 ? 4 : opcode === 0xdc ? 8 : 0) : 0
  const known = memory ? bytes !== 0 : opcode === 0xd8 || opcode === 0xdc || opcode === 0xde
  if (!operation || !known) return false
  const i = what & 7
  const both = memory ? 1 : 1 | (1 << i)
  lacks(e, both, both)
  if (memory) {
    pushUnusual(e, bytes, HOST)
    w.op(OP.i32_or)
  }
  e.seldom()
  slow()
  w.op(OP.else)
  setRegister(e, ENTRY, 0)
  if (!memory) setRegister(e, HOST, i)
  const first = register(e, ENTRY)
  const second = memory ? { significand: () => pushSignificand(e), signExponent: () => pushSignExponent(e) } : register(e, HOST)
  pushValues(e, first, second, operation)
  w.get(!memory && opcode !== 0xd8 ? HOST : ENTRY)
  w.i32(e.field('FPU_ST'))
  w.op(OP.i32_add)
  w.call(operation.call)
  if (opcode === 0xde) {
    w.op(OP.i32_eqz)
    e.seldom()
    slow()
    w.op(OP.else)
    loadStatus(e)
    pop(e, 'keep')
  } else {
    w.op(OP.i32_eqz)
    e.seldom()
    slow()
  }
  e.close()
  e.close()
  return true
}

function pushValues(e: Emitter, first: Value, second: Value, { negates, reversed }: Operation): void {
  const [a, b] = reversed ? [second, first] : [first, second]
  a.signExponent()
  a.significand()
  b.signExponent()
  if (negates) {
    e.w.i32(SIGN)
    e.w.op(OP.i32_xor)
  }
  b.significand()
}

/** FCOMI and kin: COUNT becomes ZF, PF and CF, as `slow` leaves it too. */
export function compareToFlags(e: Emitter, what: number, slow: () => void): void {
  const { w } = e
  const both = 1 | (1 << (what & 7))
  lacks(e, both, both)
  e.seldom()
  slow()
  w.op(OP.else)
  setRegister(e, ENTRY, 0)
  setRegister(e, HOST, what & 7)
  pushValues(e, register(e, ENTRY), register(e, HOST), SUM)
  w.call(CALL.x87Order)
  w.tee(ENTRY)
  w.i32(NO_ORDER)
  w.op(OP.i32_eq)
  e.seldom()
  slow()
  w.op(OP.else)
  if (what >> 8 === 0xdf) pop(e, 'keep')
  w.get(ENTRY)
  w.op(OP.i32_eqz)
  w.i32(6)
  w.op(OP.i32_shl)
  w.get(ENTRY)
  w.i32(31)
  w.op(OP.i32_shr_u)
  w.op(OP.i32_or)
  w.set(COUNT)
  e.close()
  e.close()
}
