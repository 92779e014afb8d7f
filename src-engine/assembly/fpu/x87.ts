// Decodes D8-DF and runs the instruction. The interface to the dispatcher is described in README.md.
// Order of checks: undefined encoding (#UD), then a pending exception (#MF) unless the instruction does not wait.
// Invariant: a store changes nothing before x87_commit, unless it returns NO_STORE.
// Runs in: the vcpu's thread.
import { FPU_CS, FPU_CW, FPU_DP, FPU_DS, FPU_IP, FPU_OP, FPU_SW, SCRATCH } from '../generated/layout'
import { B, CHOP, unpack32, unpack64 } from './soft'
import { PENDING_KIND, PENDING_POPS, PENDING_STATUS, roundingControl } from './extended'
import { C1, ES, markEmpty, pop, setStatus, setTop, statusWord, top } from './state'
import { arith_memory, arith_st, quickMemory, compare, compareToFlags, fabs, fchs, fcmov, fsqrt, ftst, fxam } from './arith'
import {
  NO_STORE, fbld, fbstp, fild, fist, fld32, fld64, fld80, fld_sti, fst32, fst64, fst_sti, fstp80, fstpnce, fxch,
  loadConstant, unpackInteger,
} from './transfer'
import { significand32, significand64, significandInteger, widened32, widened64, widenedInteger } from './quick'
import { fprem, frndint, fscale, fxtract } from './remainder'
import { fcos, fptan, fsin, fsincos } from './circular'
import { fpatan } from './arc-tangent'
import { f2xm1, fyl2x, fyl2xp1 } from './logarithm'
import { loadEnvironment, loadImage, storeEnvironment, storeImage, x87_init } from './env'

/** Filled by the caller before x87_execute: instruction pointer, operand pointer, their selectors, EFLAGS for FCMOV. */
export const X87_IP: u32 = SCRATCH + 0xe8
export const X87_DP: u32 = SCRATCH + 0xf0
export const X87_CS: u32 = SCRATCH + 0xf8
export const X87_DS: u32 = SCRATCH + 0xfa
export const X87_EFLAGS: u32 = SCRATCH + 0xfc
/** op and modrm of a store that waits for x87_commit; 0 for instructions that leave the pointers alone. */
const PENDING_OP: u32 = SCRATCH + 0xe0

const UD: i32 = 0x106, MF: i32 = 0x110
const COMMIT_MASKS: u32 = 1, COMMIT_INIT: u32 = 2, COMMIT_NOTHING: u32 = 3

// @ts-ignore: decorator
@inline export const X87_NO_STORE: i32 = NO_STORE

/** Bytes of the memory operand: read > 0, written < 0, 0 for register forms and undefined encodings. */
export function x87_mem_size(op: u32, modrm: u32, opsize16: i32): i32 {
  if (modrm >= 0xc0) return 0
  const reg = (modrm >> 3) & 7
  switch (op & 7) {
    case 0: case 2: return 4
    case 4: return 8
    case 6: return 2
    case 1: switch (reg) {
      case 0: return 4
      case 2: case 3: return -4
      case 4: return opsize16 ? 14 : 28
      case 5: return 2
      case 6: return opsize16 ? -14 : -28
      case 7: return -2
      default: return 0
    }
    case 3: switch (reg) {
      case 0: return 4
      case 1: case 2: case 3: return -4
      case 5: return 10
      case 7: return -10
      default: return 0
    }
    case 5: switch (reg) {
      case 0: return 8
      case 1: case 2: case 3: return -8
      case 4: return opsize16 ? 94 : 108
      case 6: return opsize16 ? -94 : -108
      case 7: return -2
      default: return 0
    }
    default: switch (reg) {
      case 0: return 2
      case 1: case 2: case 3: return -2
      case 4: return 10
      case 5: return 8
      case 6: return -10
      case 7: return -8
      default: return 0
    }
  }
}

/** Whether a register form exists. Undocumented aliases that every processor has count as defined. */
function definedRegister(op: u32, modrm: u32): bool {
  switch (op & 7) {
    case 1: return !((modrm > 0xd0 && modrm < 0xd8) || modrm == 0xe2 || modrm == 0xe3 || modrm == 0xe6 || modrm == 0xe7 || modrm == 0xef)
    case 2: return modrm < 0xe0 || modrm == 0xe9
    case 3: return modrm < 0xe5 || (modrm > 0xe7 && modrm < 0xf8)
    case 5: return modrm < 0xf0
    case 6: return modrm < 0xd8 || modrm == 0xd9 || modrm >= 0xe0
    case 7: return modrm < 0xe1 || (modrm > 0xe7 && modrm < 0xf8)
    default: return true
  }
}

/** FWAIT: #MF if an exception waits. */
export function x87_wait(): i32 { return statusWord() & ES ? MF : 0 }

function notePointers(op: u32, modrm: u32): void {
  store<u16>(FPU_OP, <u16>(((op & 7) << 8) | modrm))
  store<u64>(FPU_IP, load<u64>(X87_IP))
  store<u16>(FPU_CS, load<u16>(X87_CS))
  if (modrm >= 0xc0) return
  store<u64>(FPU_DP, load<u64>(X87_DP))
  store<u16>(FPU_DS, load<u16>(X87_DS))
}

function pendNothing(kind: u32): i32 {
  store<u32>(PENDING_KIND, kind)
  store<u32>(PENDING_OP, 0)
  return 0
}

/** Takes over the state of a store whose bytes have reached memory. */
export function x87_commit(): void {
  const op = load<u32>(PENDING_OP), kind = load<u32>(PENDING_KIND)
  if (op) notePointers(op >> 8, op & 0xff)
  if (kind == COMMIT_NOTHING) return
  if (kind == COMMIT_INIT) {
    x87_init()
    return
  }
  if (kind == COMMIT_MASKS) {
    store<u16>(FPU_CW, load<u16>(FPU_CW) | 0x3f)
    setStatus(statusWord())
    return
  }
  setStatus(load<u32>(PENDING_STATUS))
  if (load<u32>(PENDING_POPS)) pop()
}

/** Runs one instruction; return values as in README.md. */
export function x87_execute(op: u32, modrm: u32, mem: u32, opsize16: i32): i32 {
  const reg = (modrm >> 3) & 7, i = modrm & 7
  if (modrm < 0xc0) {
    const size = x87_mem_size(op, modrm, opsize16)
    if (size == 0) return UD
    // Instructions that do not wait.
    if (op == 0xd9 && reg == 7) {
      store<u16>(mem, load<u16>(FPU_CW))
      return pendNothing(COMMIT_NOTHING)
    }
    if (op == 0xd9 && reg == 6) {
      storeEnvironment(mem, opsize16 != 0)
      return pendNothing(COMMIT_MASKS)
    }
    if (op == 0xdd && reg == 7) {
      store<u16>(mem, load<u16>(FPU_SW))
      return pendNothing(COMMIT_NOTHING)
    }
    if (op == 0xdd && reg == 6) {
      storeImage(mem, opsize16 != 0)
      return pendNothing(COMMIT_INIT)
    }
    if (statusWord() & ES) return MF
    if (op == 0xd9 && reg == 5) {
      store<u16>(FPU_CW, load<u16>(mem) & 0x1f7f | 0x40)
      setStatus(statusWord())
      return 0
    }
    if (op == 0xd9 && reg == 4) {
      loadEnvironment(mem, opsize16 != 0)
      return 0
    }
    if (op == 0xdd && reg == 4) {
      loadImage(mem, opsize16 != 0)
      return 0
    }
    if (size > 0) {
      notePointers(op, modrm)
      read(op, reg, mem)
      return 0
    }
    const result = write(op, reg, mem)
    if (result == 0) store<u32>(PENDING_OP, (op << 8) | modrm)
    else notePointers(op, modrm)
    return result
  }
  if (!definedRegister(op, modrm)) return UD
  if (op == 0xdb && reg == 4) {
    if (i == 2) setStatus(statusWord() & 0x7f00)
    else if (i == 3) x87_init()
    return 0 // and FNENI, FNDISI, FNSETPM: nothing since the 287
  }
  if (op == 0xdf && modrm == 0xe0) return 0x2000 | <i32>(statusWord() << 16)
  if (statusWord() & ES) return MF
  notePointers(op, modrm)
  return register(op, modrm, reg, i)
}

function arithOrCompare(reg: u32): void {
  if (reg == 2) compare(0, true, false, 0)
  else if (reg == 3) compare(0, true, false, 1)
  else arith_memory(reg)
}

function arith32(reg: u32, mem: u32): void {
  const bits = load<u32>(mem)
  if (quickMemory(reg, widened32(bits), significand32(bits))) return
  unpack32(B, bits, false)
  arithOrCompare(reg)
}
function arith64(reg: u32, mem: u32): void {
  const bits = load<u64>(mem)
  if (quickMemory(reg, widened64(bits), significand64(bits))) return
  unpack64(B, bits, false)
  arithOrCompare(reg)
}
function arithInteger(reg: u32, value: i64): void {
  if (quickMemory(reg, widenedInteger(value), significandInteger(value))) return
  unpackInteger(B, value)
  arithOrCompare(reg)
}

function read(op: u32, reg: u32, mem: u32): void {
  switch (op & 7) {
    case 0: { arith32(reg, mem); return }
    case 2: { arithInteger(reg, <i64>load<i32>(mem)); return }
    case 4: { arith64(reg, mem); return }
    case 6: { arithInteger(reg, <i64>load<i16>(mem)); return }
    case 1: { fld32(mem); return }
    case 3: {
      if (reg == 5) fld80(mem)
      else fild(<i64>load<i32>(mem))
      return
    }
    case 5: { fld64(mem); return }
    default: {
      if (reg == 0) fild(<i64>load<i16>(mem))
      else if (reg == 4) fbld(mem)
      else fild(load<i64>(mem))
    }
  }
}

function write(op: u32, reg: u32, mem: u32): i32 {
  // reg 1 of DB, DD and DF is FISTTP: harmless to have where CPUID does not show SSE3.
  const pops: u32 = reg == 2 ? 0 : 1, rc = reg == 1 ? CHOP : roundingControl()
  switch (op & 7) {
    case 1: return fst32(mem, pops)
    case 3: return reg == 7 ? fstp80(mem) : fist(mem, 4, pops, rc)
    case 5: return reg == 1 ? fist(mem, 8, 1, rc) : fst64(mem, pops)
    default: return reg == 6 ? fbstp(mem) : reg == 7 ? fist(mem, 8, 1, rc) : fist(mem, 2, pops, rc)
  }
}

// For regions, which have made sure that nothing waits, and noted the pointers (execute/translated-x87.ts).
export function x87_register(op: u32, modrm: u32): i32 { return register(op, modrm, (modrm >> 3) & 7, modrm & 7) }
export function x87_read(op: u32, modrm: u32, mem: u32): void { read(op, (modrm >> 3) & 7, mem) }
/** Until x87_commit() as x87_execute(). */
export function x87_write(op: u32, modrm: u32, mem: u32): i32 {
  store<u32>(PENDING_OP, 0)
  return write(op, (modrm >> 3) & 7, mem)
}

/** FCMOVcc condition: reg 0 B (CF), 1 E (ZF), 2 BE (CF or ZF), 3 U (PF). */
function condition(reg: u32): bool {
  const mask: u32 = reg == 0 ? 1 : reg == 1 ? 0x40 : reg == 2 ? 0x41 : 4
  return (load<u32>(X87_EFLAGS) & mask) != 0
}

function register(op: u32, modrm: u32, reg: u32, i: u32): i32 {
  switch (op & 7) {
    case 0: {
      if (reg == 2) compare(i, false, false, 0)
      else if (reg == 3) compare(i, false, false, 1)
      else arith_st(reg, i, false, false)
      return 0
    }
    case 1: {
      if (reg == 0) fld_sti(i)
      else if (reg == 1) fxch(i)
      else if (reg == 3) fstpnce(i)
      else if (reg >= 4) special(modrm)
      return 0
    }
    case 2: {
      if (modrm == 0xe9) compare(1, false, true, 2)
      else fcmov(i, condition(reg))
      return 0
    }
    case 3: {
      if (reg == 5) return compareToFlags(i, true, false)
      if (reg == 6) return compareToFlags(i, false, false)
      fcmov(i, !condition(reg))
      return 0
    }
    case 4: {
      if (reg == 2) compare(i, false, false, 0)
      else if (reg == 3) compare(i, false, false, 1)
      else arith_st(reg, i, true, false)
      return 0
    }
    case 5: {
      if (reg == 0) ffree(i)
      else if (reg == 1) fxch(i)
      else if (reg == 2) fst_sti(i, false)
      else if (reg == 3) fst_sti(i, true)
      else compare(i, false, true, reg == 5 ? 1 : 0)
      return 0
    }
    case 6: {
      if (reg == 2) compare(i, false, false, 1)
      else if (modrm == 0xd9) compare(1, false, false, 2)
      else arith_st(reg, i, true, true)
      return 0
    }
    default: {
      if (reg == 0) {
        ffree(i)
        pop()
      } else if (reg == 1) fxch(i)
      else if (reg == 2 || reg == 3) fst_sti(i, true)
      else if (reg == 5) return compareToFlags(i, true, true)
      else return compareToFlags(i, false, true)
      return 0
    }
  }
}

/** D9 E0-FF. */
function special(modrm: u32): void {
  switch (modrm) {
    case 0xe0: { fchs(); return }
    case 0xe1: { fabs(); return }
    case 0xe4: { ftst(); return }
    case 0xe5: { fxam(); return }
    case 0xf0: { f2xm1(); return }
    case 0xf1: { fyl2x(); return }
    case 0xf2: { fptan(); return }
    case 0xf3: { fpatan(); return }
    case 0xf4: { fxtract(); return }
    case 0xf5: { fprem(true); return }
    case 0xf6: { turn(7); return }
    case 0xf7: { turn(1); return }
    case 0xf8: { fprem(false); return }
    case 0xf9: { fyl2xp1(); return }
    case 0xfa: { fsqrt(); return }
    case 0xfb: { fsincos(); return }
    case 0xfc: { frndint(); return }
    case 0xfd: { fscale(); return }
    case 0xfe: { fsin(); return }
    case 0xff: { fcos(); return }
    default: { loadConstant(modrm - 0xe8) }
  }
}

function ffree(i: u32): void {
  markEmpty(i)
  setStatus(statusWord() & ~C1)
}

/** FDECSTP and FINCSTP. */
function turn(by: u32): void {
  setTop(top() + by)
  setStatus(statusWord() & ~C1)
}
