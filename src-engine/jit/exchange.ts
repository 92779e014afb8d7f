// Exchanges, and locked instructions of several vcpus as WebAssembly's atomics: assembly/execute/{bits,locked}.ts. What atomics cannot
// do, and operands that missed the TLB (which may be staged, or in a page with code), are the interpreter's: the region is left
// before them.
// Runs in: the vcpu's worker thread.
import { countFlags, narrowTo } from './arithmetic'
import type { FlagState, Place } from './flag-state'
import { ADD, SUB } from './flags'
import { A32, B32, CARRY, COUNT, HOST, R32, SLOW, X, Y, Z } from './locals'
import { popMemory, pushMemory, reach, stored } from './memory-operands'
import type { UopKind } from './uop-table'
import { ATOMIC, OP } from './wasm-writer'

const RAX = 0

export function exchange(s: FlagState, kind: UopKind, place: Place): void {
  const { e } = s
  const { w } = e
  const { ip } = place
  const { size, memory } = kind
  const dst = e.cache.byte(ip + 4)
  const src = e.cache.byte(ip + 5)
  const kept = size < 3 ? COUNT : Z
  if (memory) {
    reach(e, ip, 1 << size, 'update')
    pushMemory(e, size)
    w.set(kept)
    w.get(HOST)
    e.pushRegister(src, size)
    popMemory(e, size)
  } else {
    e.pushRegister(dst, size)
    w.set(kept)
    e.pushRegister(src, size)
    e.popRegister(dst, size)
  }
  w.get(kept)
  e.popRegister(src, size)
  if (memory) stored(e, ip)
}

/** Locals of two operands and the result; a narrow one's are sign-extended. */
const placesOf = (size: number): readonly [a: number, b: number, r: number] => (size < 3 ? [A32, B32, R32] : [X, Y, Z])

/** Pushes a narrow operand as atomics want it. */
function pushUnsigned(s: FlagState, size: number, local: number): void {
  const { w } = s.e
  w.get(local)
  if (size > 1) return
  w.i32(size === 0 ? 0xff : 0xffff)
  w.op(OP.i32_and)
}

/** XADD and CMPXCHG of memory; `atomic`: locked, with several vcpus. */
export function exchangeAdd(s: FlagState, kind: UopKind, place: Place, atomic = false): void {
  const { e } = s
  const { w } = e
  const { ip } = place
  const { size } = kind
  const [a, b, r] = placesOf(size)
  const register = e.cache.byte(ip + 4)
  reachToChange(s, ip, size, atomic)
  e.pushRegister(register, size)
  w.set(b)
  if (atomic) {
    w.get(HOST)
    w.get(b)
    w.atomic(ATOMIC.add, size)
    narrowTo(s, size)
  } else pushMemory(e, size)
  w.tee(a)
  w.get(b)
  w.op(size < 3 ? OP.i32_add : OP.i64_add)
  narrowTo(s, size)
  w.set(r)
  if (!atomic) {
    w.get(HOST)
    w.get(r)
    popMemory(e, size)
  }
  w.get(a)
  e.popRegister(register, size)
  s.setFlags(kind, place, ADD)
  if (!atomic) stored(e, ip)
}

export function compareExchange(s: FlagState, kind: UopKind, place: Place, atomic = false): void {
  const { e } = s
  const { w } = e
  const { ip } = place
  const { size } = kind
  const [a, b, r] = placesOf(size)
  const wide = size === 3
  const register = e.cache.byte(ip + 4)
  reachToChange(s, ip, size, atomic)
  e.pushRegister(RAX, size)
  w.set(a)
  if (atomic) {
    w.get(HOST)
    pushUnsigned(s, size, a)
    e.pushRegister(register, size)
    w.atomic(ATOMIC.cmpxchg, size)
    narrowTo(s, size)
    w.set(b)
  } else {
    pushMemory(e, size)
    w.set(b)
    // memory is written in any case
    w.get(HOST)
    e.pushRegister(register, size)
    w.get(b)
    w.get(a)
    w.get(b)
    w.op(wide ? OP.i64_eq : OP.i32_eq)
    w.op(OP.select)
    popMemory(e, size)
  }
  w.get(a)
  w.get(b)
  w.op(wide ? OP.i64_sub : OP.i32_sub)
  narrowTo(s, size)
  w.set(r)
  // RAX stays, its upper half too, when it was equal
  w.get(a)
  w.get(b)
  w.op(wide ? OP.i64_ne : OP.i32_ne)
  e.open(OP.if)
  w.get(b)
  e.popRegister(RAX, size)
  e.close()
  s.setFlags(kind, place, SUB)
  if (!atomic) stored(e, ip)
}

/** HOST of an operand that is changed. */
function reachToChange(s: FlagState, ip: number, size: number, atomic: boolean): void {
  const { e } = s
  const { w } = e
  reach(e, ip, 1 << size, 'update')
  if (!atomic) return
  w.get(HOST)
  w.i32((1 << size) - 1)
  w.op(OP.i32_and)
  w.get(SLOW)
  w.op(OP.i32_or)
  e.seldom()
  e.leave(e.begin)
  e.close()
}

/** A locked instruction at its own uop; the one before it says that it is locked. */
export function locked(s: FlagState, kind: UopKind, place: Place): void {
  if (kind.name === 'xadd') exchangeAdd(s, kind, place, true)
  else if (kind.name === 'cmpxchg') compareExchange(s, kind, place, true)
  else change(s, kind, place)
}

function change(s: FlagState, kind: UopKind, place: Place): void {
  const { e } = s
  const { w } = e
  const { ip } = place
  const { name, size, form } = kind
  const narrow = size < 3
  const [a, b, r] = placesOf(size)
  const counts = name === 'inc' || name === 'dec'
  if (counts && place.flagsSeen) {
    s.pushCondition(2)
    w.set(CARRY)
  }
  reachToChange(s, ip, size, true)
  if (counts) narrow ? w.i32(1) : w.i64(1)
  else if (form === 'EI') e.pushImmediate(e.cache.word(ip + 12), size)
  else e.pushRegister(e.cache.byte(ip + 5), size)
  w.set(b)
  const operation = counts ? (name === 'inc' ? 'add' : 'sub') : (name as keyof typeof ATOMIC)
  w.get(HOST)
  pushUnsigned(s, size, b)
  w.atomic(ATOMIC[operation], size)
  narrowTo(s, size)
  w.set(a)
  if (name === 'xchg') {
    w.get(a)
    e.popRegister(e.cache.byte(ip + 5), size)
    return
  }
  const plain = {
    ...{ add: [OP.i32_add, OP.i64_add], sub: [OP.i32_sub, OP.i64_sub], and: [OP.i32_and, OP.i64_and] },
    ...{ or: [OP.i32_or, OP.i64_or], xor: [OP.i32_xor, OP.i64_xor] },
  }[operation as 'add' | 'sub' | 'and' | 'or' | 'xor']
  w.get(a)
  w.get(b)
  w.op(plain[narrow ? 0 : 1] ?? OP.unreachable)
  narrowTo(s, size)
  w.set(r)
  if (counts) {
    if (place.flagsSeen) countFlags(s, kind, name === 'inc')
    else s.counted(kind)
  } else if (name === 'add' || name === 'sub') s.setFlags(kind, place, name === 'add' ? ADD : SUB)
  else {
    w.get(r)
    w.set(a)
    narrow ? w.i32(0) : w.i64(0)
    w.set(b)
    s.setFlags(kind, place, SUB)
  }
}
