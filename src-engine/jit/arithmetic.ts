// Additions, subtractions, logic, moves of one operand to another, counting, multiplications: what uops do to registers, memory and
// flags, as assembly/execute/{arith,multiply}.ts do it.
// Runs in: the vcpu's worker thread.
import type { FlagState, Place } from './flag-state'
import { ADD, SUB } from './flags'
import { A32, B32, CARRY, COUNT, HOST, R32, VA, X, Y, Z } from './locals'
import { popMemory, pushMemory, reach, setAddress, store, stored } from './memory-operands'
import type { UopKind } from './uop-table'
import { OP } from './wasm-writer'

interface Pair {
  readonly narrow: number
  readonly wide: number
}
const ARITHMETIC: Readonly<Record<string, Pair>> = {
  add: { narrow: OP.i32_add, wide: OP.i64_add },
  sub: { narrow: OP.i32_sub, wide: OP.i64_sub },
  cmp: { narrow: OP.i32_sub, wide: OP.i64_sub },
  and: { narrow: OP.i32_and, wide: OP.i64_and },
  test: { narrow: OP.i32_and, wide: OP.i64_and },
  or: { narrow: OP.i32_or, wide: OP.i64_or },
  xor: { narrow: OP.i32_xor, wide: OP.i64_xor },
}
const LOGIC = ['and', 'test', 'or', 'xor']

export function narrowTo(s: FlagState, size: number): void {
  if (size === 0) s.e.w.op(OP.i32_extend8_s)
  else if (size === 1) s.e.w.op(OP.i32_extend16_s)
}

/** Writes R32 or Z to the destination: HOST or a register. */
function write(s: FlagState, kind: UopKind, slot: number): void {
  const { e } = s
  const narrow = kind.size < 3
  if (kind.memory && slot < 0) {
    e.w.get(HOST)
    e.w.get(narrow ? R32 : Z)
    popMemory(e, kind.size)
  } else {
    e.w.get(narrow ? R32 : Z)
    e.popRegister(slot, kind.size)
  }
}

export function binary(s: FlagState, kind: UopKind, place: Place): void {
  const { e } = s
  const { w } = e
  const { ip } = place
  const { name, form, size, memory } = kind
  const dst = e.cache.byte(ip + 4)
  const src = e.cache.byte(ip + 5)
  const readsOnly = name === 'cmp' || name === 'test'
  const toMemory = memory && form !== 'GE'
  if (toMemory && name === 'mov') setAddress(e, ip)
  else if (memory) reach(e, ip, 1 << size, toMemory && !readsOnly ? 'update' : 'read')
  const pushOther = (): void => {
    if (form === 'EI') e.pushImmediate(e.cache.word(ip + 12), size)
    else if (memory && form === 'GE') pushMemory(e, size)
    else e.pushRegister(src, size)
  }
  if (name === 'mov') {
    if (toMemory) store(e, ip, size, false, pushOther)
    else {
      pushOther()
      e.popRegister(dst, size)
    }
    return
  }
  const [a, b, r] = size < 3 ? [A32, B32, R32] : [X, Y, Z]
  const withCarry = name === 'adc' || name === 'sbb'
  if (withCarry) {
    s.pushCondition(2)
    w.set(CARRY)
  }
  if (toMemory) pushMemory(e, size)
  else e.pushRegister(dst, size)
  w.set(a)
  pushOther()
  w.set(b)
  w.get(a)
  w.get(b)
  if (withCarry) addWithCarry(s, kind, name === 'sbb')
  else {
    const pair = ARITHMETIC[name]
    w.op((size < 3 ? pair?.narrow : pair?.wide) ?? OP.unreachable)
    narrowTo(s, size)
    w.set(r)
  }
  if (!readsOnly) write(s, kind, toMemory ? -1 : dst)
  if (withCarry) carryFlags(s, kind, name === 'sbb')
  else if (LOGIC.includes(name)) {
    w.get(r)
    w.set(a)
    size < 3 ? w.i32(0) : w.i64(0)
    w.set(b)
    s.setFlags(kind, place, SUB)
  } else s.setFlags(kind, place, name === 'add' ? ADD : SUB)
  if (toMemory && !readsOnly) stored(e, ip)
}

/** a and b are on the stack. */
function addWithCarry(s: FlagState, kind: UopKind, minus: boolean): void {
  const { w } = s.e
  const narrow = kind.size < 3
  const op = narrow ? (minus ? OP.i32_sub : OP.i32_add) : minus ? OP.i64_sub : OP.i64_add
  w.op(op)
  w.get(CARRY)
  if (!narrow) w.op(OP.i64_extend_u)
  w.op(op)
  narrowTo(s, kind.size)
  w.set(narrow ? R32 : Z)
}

function carryFlags(s: FlagState, kind: UopKind, minus: boolean): void {
  const { w } = s.e
  const narrow = kind.size < 3
  const [a, b, r] = narrow ? [A32, B32, R32] : [X, Y, Z]
  const xor = narrow ? OP.i32_xor : OP.i64_xor
  // carry out: with a carry in, equal counts too
  const [left, right] = minus ? [a, b] : [r, a]
  for (const code of narrow ? [OP.i32_le_u, OP.i32_lt_u] : [OP.i64_le_u, OP.i64_lt_u]) {
    w.get(left)
    w.get(right)
    w.op(code)
  }
  w.get(CARRY)
  w.op(OP.select)
  w.get(a)
  w.get(b)
  w.op(xor)
  w.get(r)
  w.op(xor)
  if (!narrow) w.op(OP.i32_wrap)
  w.i32(0x10)
  w.op(OP.i32_and)
  w.op(OP.i32_or)
  for (const [p, q] of minus
    ? [
        [a, b],
        [a, r],
      ]
    : [
        [a, r],
        [b, r],
      ]) {
    w.get(p ?? a)
    w.get(q ?? a)
    w.op(xor)
  }
  overflowBit(s, narrow)
  s.setPartial(kind)
}

/** The sign of the and of two values on the stack is OF; joined to the bits below. */
function overflowBit(s: FlagState, narrow: boolean): void {
  const { w } = s.e
  w.op(narrow ? OP.i32_and : OP.i64_and)
  narrow ? w.i32(0) : w.i64(0)
  w.op(narrow ? OP.i32_lt_s : OP.i64_lt_s)
  w.i32(11)
  w.op(OP.i32_shl)
  w.op(OP.i32_or)
}

export function unary(s: FlagState, kind: UopKind, place: Place): void {
  const { e } = s
  const { w } = e
  const { ip } = place
  const { name, size, memory } = kind
  const narrow = size < 3
  const dst = e.cache.byte(ip + 4)
  const [a, b, r] = narrow ? [A32, B32, R32] : [X, Y, Z]
  const counts = name === 'inc' || name === 'dec'
  if (counts && place.flagsSeen) {
    s.pushCondition(2)
    w.set(CARRY)
  }
  if (memory) reach(e, ip, 1 << size, 'update')
  const [from, to] = name === 'neg' ? [b, r] : name === 'not' ? [r, r] : [a, r]
  if (memory) pushMemory(e, size)
  else e.pushRegister(dst, size)
  if (name === 'not') {
    // R32 and Z may be what is known of the flags: NOT leaves both alone
    narrow ? w.i32(-1) : w.i64(-1)
    w.op(narrow ? OP.i32_xor : OP.i64_xor)
    w.set(narrow ? COUNT : VA)
    if (memory) w.get(HOST)
    w.get(narrow ? COUNT : VA)
    if (memory) popMemory(e, size)
    else e.popRegister(dst, size)
    if (memory) stored(e, ip)
    return
  }
  w.set(from)
  if (name === 'neg') {
    narrow ? w.i32(0) : w.i64(0)
    w.set(a)
    w.get(a)
    w.get(b)
    w.op(narrow ? OP.i32_sub : OP.i64_sub)
  } else {
    w.get(a)
    narrow ? w.i32(1) : w.i64(1)
    w.op(narrow ? (name === 'inc' ? OP.i32_add : OP.i32_sub) : name === 'inc' ? OP.i64_add : OP.i64_sub)
  }
  narrowTo(s, size)
  w.set(to)
  write(s, kind, memory ? -1 : dst)
  if (name === 'neg') s.setFlags(kind, place, SUB)
  else if (place.flagsSeen) countFlags(s, kind, name === 'inc')
  else s.counted(kind)
  if (memory) stored(e, ip)
}

export function countFlags(s: FlagState, kind: UopKind, up: boolean): void {
  const { w } = s.e
  const narrow = kind.size < 3
  const [a, r] = narrow ? [A32, R32] : [X, Z]
  const xor = narrow ? OP.i32_xor : OP.i64_xor
  w.get(CARRY)
  w.get(a)
  w.get(r)
  w.op(xor)
  if (!narrow) w.op(OP.i32_wrap)
  w.i32(0x10)
  w.op(OP.i32_and)
  w.op(OP.i32_or)
  w.get(up ? a : r)
  narrow ? w.i32(-1) : w.i64(-1)
  w.op(xor)
  w.get(up ? r : a)
  overflowBit(s, narrow)
  s.setPartial(kind)
}
