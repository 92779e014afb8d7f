// Shifts and rotations, as assembly/execute/shift.ts does them.
// Runs in: the vcpu's worker thread.
import type { FlagState, Place } from './flag-state'
import { meet, replaceCarryOverflow, SHIFTED } from './flags'
import { COUNT, FLAG_A, FLAG_B, FLAG_R, FLAG_TYPE, HOST, X, Z } from './locals'
import type { UopKind } from './uop-table'
import { OP } from './wasm-writer'

const CX = 8 // operand byte of RCX and CL

export function shift(s: FlagState, kind: UopKind, place: Place): void {
  const { e } = s
  const { w } = e
  const { ip } = place
  const { name, form, size, memory } = kind
  const narrow = size < 3
  const dst = e.cache.byte(ip + 4)
  const mask = narrow ? 31 : 63
  const fixed = form === 'EI' ? e.cache.word(ip + 12) & mask : -1
  if (memory) e.reach(ip, 1 << size, 'update')
  if (fixed < 0) {
    e.pushRegister(CX, 2)
    w.i32(mask)
    w.op(OP.i32_and)
    w.set(COUNT)
  }
  if (memory) e.pushMemory(size)
  else e.pushRegister(dst, size)
  if (!narrow) w.set(X)
  else {
    // as 64 bits, so that what is shifted out can be brought to the top
    w.op(name === 'sar' ? OP.i64_extend_s : OP.i64_extend_u)
    w.set(X)
  }
  const pushCount = (): void => {
    if (fixed >= 0) w.i64(fixed)
    else {
      w.get(COUNT)
      w.op(OP.i64_extend_u)
    }
  }
  w.get(X)
  pushCount()
  w.op(name === 'shl' ? OP.i64_shl : name === 'shr' ? OP.i64_shr_u : OP.i64_shr_s)
  if (narrow) w.op(OP.i64_extend32_s)
  w.set(Z)
  if (memory) w.get(HOST)
  w.get(Z)
  if (narrow) w.op(OP.i32_wrap)
  if (memory) e.popMemory(size)
  else e.popRegister(dst, size)
  if (fixed !== 0 && (place.flagsSeen || fixed < 0)) {
    e.flagsUsed = true
    const before = s.form
    if (fixed < 0) {
      w.get(COUNT)
      e.open(OP.if)
    }
    shiftFlags(s, kind, fixed, pushCount)
    if (fixed < 0) e.close()
    s.form = fixed < 0 ? meet(before, SHIFTED) : SHIFTED
  } else if (fixed !== 0) s.form = SHIFTED
  if (memory) e.stored(ip)
}

/** The last bit shifted out to bit 63 of FLAG_A, OF to that of FLAG_B; operand in X, result in Z. */
function shiftFlags(s: FlagState, kind: UopKind, fixed: number, pushCount: () => void): void {
  const { w } = s.e
  const narrow = kind.size < 3
  w.get(X)
  if (kind.name === 'shl') {
    if (fixed > 0) w.i64((narrow ? 31 : -1) + fixed)
    else {
      pushCount()
      w.i64(narrow ? 31 : -1)
      w.op(OP.i64_add)
    }
    w.op(OP.i64_shl)
    w.set(FLAG_A)
    w.get(FLAG_A)
    w.get(Z)
    w.op(OP.i64_xor)
  } else {
    if (fixed > 0) w.i64(64 - fixed)
    else {
      w.i64(64)
      pushCount()
      w.op(OP.i64_sub)
    }
    w.op(OP.i64_shl)
    w.set(FLAG_A)
    if (kind.name === 'sar' || fixed > 1) w.i64(0)
    else {
      w.get(X)
      if (narrow) w.op(OP.i64_extend32_s)
      if (fixed < 0) {
        w.i64(0)
        w.get(COUNT)
        w.i32(1)
        w.op(OP.i32_eq)
        w.op(OP.select)
      }
    }
  }
  w.set(FLAG_B)
  w.get(Z)
  w.set(FLAG_R)
  w.i32(SHIFTED)
  w.set(FLAG_TYPE)
}

export function rotate(s: FlagState, kind: UopKind, place: Place): void {
  const { e } = s
  const { w } = e
  const { ip } = place
  const { name, size, memory } = kind
  const narrow = size < 3
  const dst = e.cache.byte(ip + 4)
  const count = e.cache.word(ip + 12) & (narrow ? 31 : 63)
  if (memory) e.reach(ip, 1 << size, 'update')
  if (memory) e.pushMemory(size)
  else e.pushRegister(dst, size)
  narrow ? w.i32(count) : w.i64(count)
  w.op(narrow ? (name === 'rol' ? OP.i32_rotl : OP.i32_rotr) : name === 'rol' ? OP.i64_rotl : OP.i64_rotr)
  if (narrow) w.op(OP.i64_extend_u)
  w.set(X)
  if (memory) w.get(HOST)
  w.get(X)
  if (narrow) w.op(OP.i32_wrap)
  if (memory) e.popMemory(size)
  else e.popRegister(dst, size)
  if (count !== 0 && place.flagsSeen) {
    e.flagsUsed = true
    const top = (at: number): void => {
      w.get(X)
      w.i64(at)
      w.op(OP.i64_shr_u)
      w.op(OP.i32_wrap)
      w.i32(1)
      w.op(OP.i32_and)
    }
    const high = narrow ? 31 : 63
    // CF: the bit that went round. OF: the sign and CF, or the two highest bits
    top(name === 'rol' ? 0 : high)
    top(high)
    top(name === 'rol' ? 0 : high - 1)
    w.op(OP.i32_xor)
    w.i32(11)
    w.op(OP.i32_shl)
    w.op(OP.i32_or)
    s.form = replaceCarryOverflow(w, s.form)
  }
  if (memory) e.stored(ip)
}
