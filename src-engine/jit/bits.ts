// Bit tests, scans, byte order: assembly/execute/bits.ts.
// Runs in: the vcpu's worker thread.
import type { FlagState, Place } from './flag-state'
import { EXPLICIT, replaceCarryOverflow } from './flags'
import { CARRY, FLAG_A, FLAG_R, FLAG_TYPE, HOST, X, Y } from './locals'
import { popMemory, pushMemory, reach, stored } from './memory-operands'
import type { UopKind } from './uop-table'
import { OP } from './wasm-writer'

/** BT, BTS, BTR, BTC within an operand: CF is the bit, the other flags stay. */
export function bitTest(s: FlagState, kind: UopKind, place: Place): void {
  const { e } = s
  const { w } = e
  const { ip } = place
  const { family, size, memory } = kind
  const immediate = family.endsWith('_imm')
  const what = family.replace('_imm', '')
  const dst = e.cache.byte(ip + 5)
  const mask = size === 3 ? 63 : 31
  if (place.flagsSeen) {
    // OF first: to know it may take a call
    s.pushCondition(0)
    w.set(CARRY)
  }
  if (memory) reach(e, ip, 1 << size, what === 'bt' ? 'read' : 'update')
  if (memory) pushMemory(e, size)
  else e.pushRegister(dst, size)
  if (size < 3) w.op(OP.i64_extend_u)
  w.set(X)
  w.i64(1)
  if (immediate) w.i64(e.cache.word(ip + 12) & mask)
  else {
    e.pushRegister(e.cache.byte(ip + 4), 3)
    w.i64(mask)
    w.op(OP.i64_and)
  }
  w.op(OP.i64_shl)
  w.set(Y)
  if (what !== 'bt') {
    if (memory) w.get(HOST)
    w.get(X)
    w.get(Y)
    if (what === 'btr') {
      w.i64(-1)
      w.op(OP.i64_xor)
    }
    w.op(what === 'bts' ? OP.i64_or : what === 'btr' ? OP.i64_and : OP.i64_xor)
    if (size < 3) w.op(OP.i32_wrap)
    if (memory) popMemory(e, size)
    else e.popRegister(dst, size)
  }
  if (place.flagsSeen) {
    e.readsFlags()
    e.writesFlags()
    w.get(X)
    w.get(Y)
    w.op(OP.i64_and)
    w.i64(0)
    w.op(OP.i64_ne)
    w.get(CARRY)
    w.i32(11)
    w.op(OP.i32_shl)
    w.op(OP.i32_or)
    s.form = replaceCarryOverflow(w, s.form)
  }
  if (memory && what !== 'bt') stored(e, ip)
}

/** BSF and BSR as our interpreter has them: a source of 0 leaves the destination, PF is that of the number. */
export function scan(s: FlagState, kind: UopKind, place: Place): void {
  const { e } = s
  const { w } = e
  const { ip } = place
  const { family, size, memory } = kind
  const dst = e.cache.byte(ip + 4)
  if (memory) {
    reach(e, ip, 1 << size, 'read')
    pushMemory(e, size)
  } else e.pushRegister(e.cache.byte(ip + 5), size)
  if (size < 3) w.op(OP.i64_extend_u)
  w.set(X)
  if (family === 'bsr') {
    w.i64(63)
    w.get(X)
    w.op(OP.i64_clz)
    w.op(OP.i64_sub)
  } else {
    w.get(X)
    w.op(OP.i64_ctz)
  }
  w.set(Y)
  w.get(Y)
  e.pushRegister(dst, 3)
  w.get(X)
  w.i64(0)
  w.op(OP.i64_ne)
  w.op(OP.select)
  e.popRegister(dst, 3)
  s.form = EXPLICIT
  if (!place.flagsSeen) return
  e.writesFlags()
  // ZF and PF of 0; else PF of the number, which is below 64
  w.i64(0x44)
  w.i64(4)
  w.i64(0)
  w.get(Y)
  w.op(OP.i64_popcnt)
  w.i64(1)
  w.op(OP.i64_and)
  w.op(OP.i64_eqz)
  w.op(OP.select)
  w.get(X)
  w.op(OP.i64_eqz)
  w.op(OP.select)
  w.set(FLAG_A)
  // as setStatus() leaves it: the result tells ZF and SF
  w.get(X)
  w.i64(0)
  w.op(OP.i64_ne)
  w.op(OP.i64_extend_u)
  w.set(FLAG_R)
  w.i32(EXPLICIT)
  w.set(FLAG_TYPE)
}

export function swap(s: FlagState, dst: number, size: number): void {
  const { e } = s
  const { w } = e
  const bytes = size === 3 ? 8 : 4
  for (let i = 0; i < bytes; i++) {
    e.pushRegister(dst, 3)
    w.i64(i * 8)
    w.op(OP.i64_shr_u)
    w.i64(0xff)
    w.op(OP.i64_and)
    w.i64((bytes - 1 - i) * 8)
    w.op(OP.i64_shl)
    if (i > 0) w.op(OP.i64_or)
  }
  e.setRegister(dst >> 3)
}
