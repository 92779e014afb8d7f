// Shifts and rotations, as assembly/execute/shift.ts does them.
// Runs in: the vcpu's worker thread.
import type { FlagState, Place } from './flag-state'
import { meet, PARTIAL, replaceCarryOverflow, SHIFTED } from './flags'
import { A32, CARRY, COUNT, FLAG_A, FLAG_B, FLAG_R, FLAG_TYPE, HOST, R32, VA, X, Y, Z } from './locals'
import { popMemory, pushMemory, reach, stored } from './memory-operands'
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
  const [a, r] = fixed === 0 ? [COUNT, COUNT] : narrow ? [A32, R32] : [X, Z]
  if (memory) reach(e, ip, 1 << size, 'update')
  if (fixed < 0) {
    e.pushRegister(CX, 2)
    w.i32(mask)
    w.op(OP.i32_and)
    w.set(COUNT)
  }
  if (memory) w.get(HOST)
  if (memory) pushMemory(e, size)
  else e.pushRegister(dst, size)
  if (fixed !== 0) {
    // what comes in from above is 0
    if (size < 2 && name === 'shr') {
      clearAbove(s, size)
    }
    w.tee(a)
    if (fixed > 0) narrow ? w.i32(fixed) : w.i64(fixed)
    else {
      w.get(COUNT)
      if (!narrow) w.op(OP.i64_extend_u)
    }
    if (narrow) w.op(name === 'shl' ? OP.i32_shl : name === 'shr' ? OP.i32_shr_u : OP.i32_shr_s)
    else w.op(name === 'shl' ? OP.i64_shl : name === 'shr' ? OP.i64_shr_u : OP.i64_shr_s)
    w.tee(r)
  }
  if (memory) popMemory(e, size)
  else e.popRegister(dst, size)
  if (fixed !== 0) {
    const before = s.form
    if (place.flagsSeen) {
      if (fixed < 0) {
        w.get(COUNT)
        e.open(OP.if)
      }
      e.writesFlags()
      if (narrow) {
        // as 64 bits, so that what was shifted out can be brought to the top
        w.get(A32)
        w.op(name === 'sar' ? OP.i64_extend_s : OP.i64_extend_u)
        w.set(X)
        w.get(R32)
        w.op(OP.i64_extend_s)
        if (size < 2) w.op(size === 1 ? OP.i64_extend16_s : OP.i64_extend8_s)
        w.set(Z)
      }
      shiftFlags(s, kind, fixed)
      if (fixed < 0) e.close()
    }
    s.form = fixed < 0 ? meet(before, SHIFTED) : SHIFTED
  }
  if (memory) stored(e, ip)
}

/** Of an operand of 8 or 16 bits: what stands above it in the word. */
function clearAbove({ e: { w } }: FlagState, size: number): void {
  w.i32(size === 1 ? 0xffff : 0xff)
  w.op(OP.i32_and)
}

/** The last bit shifted out to bit 63 of FLAG_A, OF to that of FLAG_B; operand in X, result in Z. */
function shiftFlags(s: FlagState, kind: UopKind, fixed: number): void {
  const { w } = s.e
  const bits = 8 << kind.size
  const pushCount = (): void => {
    w.get(COUNT)
    w.op(OP.i64_extend_u)
  }
  w.get(X)
  if (kind.name === 'shl') {
    if (fixed > bits) {
      // nothing of the operand is left; WebAssembly would shift by less
      w.op(OP.drop)
      w.i64(0)
    } else {
      if (fixed > 0) w.i64(63 - bits + fixed)
      else {
        pushCount()
        w.i64(63 - bits)
        w.op(OP.i64_add)
      }
      w.op(OP.i64_shl)
    }
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
      if (bits < 64) w.op(bits === 32 ? OP.i64_extend32_s : bits === 16 ? OP.i64_extend16_s : OP.i64_extend8_s)
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

/** By an immediate count. A narrower operand is repeated to 32 bits, which rotate as it does. */
export function rotate(s: FlagState, kind: UopKind, place: Place): void {
  const { e } = s
  const { w } = e
  const { ip } = place
  const { name, size, memory } = kind
  const narrow = size < 3
  const dst = e.cache.byte(ip + 4)
  const count = e.cache.word(ip + 12) & (narrow ? 31 : 63)
  if (memory) reach(e, ip, 1 << size, 'update')
  if (memory) pushMemory(e, size)
  else e.pushRegister(dst, size)
  if (size < 2) {
    clearAbove(s, size)
    w.i32(size === 1 ? 0x1_0001 : 0x101_0101)
    w.op(OP.i32_mul)
  }
  narrow ? w.i32(count) : w.i64(count)
  w.op(narrow ? (name === 'rol' ? OP.i32_rotl : OP.i32_rotr) : name === 'rol' ? OP.i64_rotl : OP.i64_rotr)
  if (narrow) w.op(OP.i64_extend_u)
  w.set(X)
  if (memory) w.get(HOST)
  w.get(X)
  if (narrow) w.op(OP.i32_wrap)
  if (memory) popMemory(e, size)
  else e.popRegister(dst, size)
  if (count !== 0 && place.flagsSeen) {
    e.readsFlags()
    e.writesFlags()
    const top = (at: number): void => {
      w.get(X)
      w.i64(at)
      w.op(OP.i64_shr_u)
      w.op(OP.i32_wrap)
      w.i32(1)
      w.op(OP.i32_and)
    }
    const high = (8 << size) - 1
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
  if (memory) stored(e, ip)
}

/** SHLD, SHRD: bits of a register come after those of the operand. */
export function doubleShift(s: FlagState, kind: UopKind, place: Place): void {
  const { e } = s
  const { w } = e
  const { ip } = place
  const { family, size, memory } = kind
  const narrow = size < 3
  const left = family.startsWith('shld')
  const mask = narrow ? 31 : 63
  const fixed = family.endsWith('_imm') ? e.cache.word(ip + 12) & mask : -1
  const dst = e.cache.byte(ip + 5)
  const before = s.form
  if (memory) reach(e, ip, 1 << size, 'update')
  if (fixed >= 0) w.i32(fixed)
  else {
    e.pushRegister(CX, 2)
    w.i32(mask)
    w.op(OP.i32_and)
  }
  w.set(COUNT)
  const operand = (push: () => void, local: number): void => {
    push()
    if (narrow) w.op(OP.i64_extend_u)
    w.set(local)
  }
  operand(() => (memory ? pushMemory(e, size) : e.pushRegister(dst, size)), X)
  operand(() => e.pushRegister(e.cache.byte(ip + 4), size), Y)
  pushDouble(s, narrow, left)
  if (fixed !== 0) w.tee(Z)
  if (narrow) w.op(OP.i32_wrap)
  if (memory) {
    w.set(narrow ? CARRY : VA)
    w.get(HOST)
    w.get(narrow ? CARRY : VA)
    popMemory(e, size)
  } else e.popRegister(dst, size)
  if (fixed !== 0) {
    if (place.flagsSeen) {
      if (fixed < 0) {
        w.get(COUNT)
        e.open(OP.if)
      }
      e.writesFlags()
      doubleFlags(s, narrow, left)
      if (fixed < 0) e.close()
    }
    s.form = fixed < 0 ? meet(before, PARTIAL) : PARTIAL
  }
  if (memory) stored(e, ip)
}

/** Pushes X and Y shifted by COUNT, which may be 0; of narrow ones the low half counts. */
function pushDouble(s: FlagState, narrow: boolean, left: boolean): void {
  const { w } = s.e
  const [first, second] = left ? [X, Y] : [Y, X]
  const [there, back] = left ? [OP.i64_shl, OP.i64_shr_u] : [OP.i64_shr_u, OP.i64_shl]
  const pushCount = (): void => {
    w.get(COUNT)
    w.op(OP.i64_extend_u)
  }
  if (narrow) {
    w.get(first)
    w.i64(32)
    w.op(OP.i64_shl)
    w.get(second)
    w.op(OP.i64_or)
    pushCount()
    w.op(there)
    if (!left) return
    w.i64(32)
    w.op(OP.i64_shr_u)
    return
  }
  w.get(X)
  pushCount()
  w.op(there)
  // in two steps: by 64 at once would be by none
  w.get(Y)
  w.i64(1)
  w.op(back)
  w.i64(63)
  pushCount()
  w.op(OP.i64_sub)
  w.op(back)
  w.op(OP.i64_or)
}

/** Operand in X, result in Z, a COUNT above 0: CF is the last bit shifted out, OF a changed sign, AF set. */
function doubleFlags(s: FlagState, narrow: boolean, left: boolean): void {
  const { w } = s.e
  const top = narrow ? 31 : 63
  const pushBit = (local: number, at: () => void): void => {
    w.get(local)
    at()
    w.op(OP.i64_shr_u)
    w.op(OP.i32_wrap)
    w.i32(1)
    w.op(OP.i32_and)
  }
  pushBit(X, () => {
    if (left) w.i64(top + 1)
    w.get(COUNT)
    w.op(OP.i64_extend_u)
    if (!left) w.i64(1)
    w.op(OP.i64_sub)
  })
  w.set(CARRY)
  w.get(CARRY)
  pushBit(Z, () => w.i64(top))
  if (left) w.get(CARRY)
  else pushBit(Z, () => w.i64(top - 1))
  w.op(OP.i32_xor)
  w.i32(11)
  w.op(OP.i32_shl)
  w.op(OP.i32_or)
  w.i32(0x10)
  w.op(OP.i32_or)
  w.op(OP.i64_extend_u)
  w.set(FLAG_A)
  w.get(Z)
  if (narrow) w.op(OP.i64_extend32_s)
  w.set(FLAG_R)
  w.i32(PARTIAL)
  w.set(FLAG_TYPE)
}
