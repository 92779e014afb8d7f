// Bit tests, scans, double shifts, exchanges, flag instructions and small conversions.
// Runs in: the vcpu's thread.
import { VCPU, RAX, RDX, RBX, RCX, EFLAGS_REST, SEG_BASE, SLOT_TMP } from '../generated/layout'
import { OP_ADDRESS, OP_LOCK } from '../generated/tables'
import { UOP, dst, imm, ea, put, raise, is64, BR, GP } from '../state'
import { status, setStatus, STATUS, CF, PF, DF, ZF } from '../flags'
import { readHost, updateHost, done } from '../mmu/access'
import { shld, shrd } from './shift'
import { several, fence } from '../several'
import { cmp, add } from './arith'

// ---- BT BTS BTR BTC: a register bit offset reaches beyond the operand in memory --------------------------------

const TEST: u32 = 0, SET: u32 = 1, RESET: u32 = 2, FLIP: u32 = 3

function setCarry(c: bool): void { setStatus((status() & (STATUS & ~CF)) | (c ? CF : 0)) }

// TMP holds a segment's base and an offset; moved by the bit offset, the latter alone wraps at the address size.
function wrapped(at: u64, flags: u32): u64 {
  const s = flags & 15, size = flags >> 4 & 3
  if (size == 2) return at
  const base: u64 = s == 15 ? 0 : load<u64>(SEG_BASE + s * 8)
  return base + ((at - base) & (size == 1 ? 0xffffffff : 0xffff))
}

/** Linear address of the operand that holds a bit of a bit string in memory. */
export function bitPlace(ip: u32, s: u32, offset: i64): u64 {
  let at = ea(ip) + <u64>((offset >> (s == 3 ? 6 : s == 2 ? 5 : 4)) * (<i64>8 << <i64>s >> 3))
  if (load<u8>(ip, 6) == <u8>SLOT_TMP) {
    const before = ip - UOP - (<u32>load<u16>(ip - UOP) == OP_LOCK ? UOP : 0)
    if (<u32>load<u16>(before) == OP_ADDRESS) at = wrapped(at, <u32>imm(before))
  }
  return is64() ? at : at & 0xffffffff
}

function bitOperation(ip: u32, k: u32, what: u32, offset: i64): i32 {
  const s = k >> 1
  const bits: i64 = s == 3 ? 64 : s == 2 ? 32 : 16
  const n = <u64>(offset & (bits - 1))
  let h: u32
  if (k & 1) {
    const at = bitPlace(ip, s, offset)
    h = what == TEST ? readHost(at, <u32>(bits >> 3), ip) : updateHost(at, <u32>(bits >> 3), ip)
    if (!h) return 1
  } else h = VCPU + <u32>load<u8>(ip, 5)
  const v: u64 = s == 3 ? load<u64>(h) : s == 2 ? <u64>load<u32>(h) : <u64>load<u16>(h)
  const bit: u64 = 1 << n
  setCarry((v & bit) != 0)
  if (what == TEST) return 0
  const r = what == SET ? v | bit : what == RESET ? v & ~bit : v ^ bit
  if (s == 3) store<u64>(h, r)
  else if (s == 2) { if (k & 1) store<u32>(h, <u32>r); else put<u32>(h, <u32>r) }
  else store<u16>(h, <u16>r)
  if (k & 1) done(h)
  return 0
}
function registerOffset(ip: u32, k: u32): i64 {
  const at = dst(ip)
  return k >> 1 == 3 ? load<i64>(at) : k >> 1 == 2 ? <i64>load<i32>(at) : <i64>load<i16>(at)
}
// an immediate stays within the operand
function immediateOffset(ip: u32, k: u32): i64 { return <i64>(imm(ip) & (k >> 1 == 3 ? 63 : k >> 1 == 2 ? 31 : 15)) }
export function bitNumber(ip: u32, s: u32, immediate: bool): i64 { return immediate ? immediateOffset(ip, s << 1) : registerOffset(ip, s << 1) }
export function bt(ip: u32, k: u32): i32 { return bitOperation(ip, k, TEST, registerOffset(ip, k)) }
export function bts(ip: u32, k: u32): i32 { return bitOperation(ip, k, SET, registerOffset(ip, k)) }
export function btr(ip: u32, k: u32): i32 { return bitOperation(ip, k, RESET, registerOffset(ip, k)) }
export function btc(ip: u32, k: u32): i32 { return bitOperation(ip, k, FLIP, registerOffset(ip, k)) }
export function bt_imm(ip: u32, k: u32): i32 { return bitOperation(ip, k, TEST, immediateOffset(ip, k)) }
export function bts_imm(ip: u32, k: u32): i32 { return bitOperation(ip, k, SET, immediateOffset(ip, k)) }
export function btr_imm(ip: u32, k: u32): i32 { return bitOperation(ip, k, RESET, immediateOffset(ip, k)) }
export function btc_imm(ip: u32, k: u32): i32 { return bitOperation(ip, k, FLIP, immediateOffset(ip, k)) }

// ---- operands of ModRM functions ----------------------------------------------------------------------------------

/** Host address of a ModRM operand that is only read; 0 with a fault noted. */
function readOperand(ip: u32, k: u32): u32 { return k & 1 ? readHost(ea(ip), 1 << (k >> 1), ip) : VCPU + <u32>load<u8>(ip, 5) }
function updateOperand(ip: u32, k: u32): u32 { return k & 1 ? updateHost(ea(ip), 1 << (k >> 1), ip) : VCPU + <u32>load<u8>(ip, 5) }
function value(h: u32, s: u32): u64 { return s == 3 ? load<u64>(h) : s == 2 ? <u64>load<u32>(h) : s == 1 ? <u64>load<u16>(h) : <u64>load<u8>(h) }
/** Store to a ModRM operand found by updateOperand. */
function storeOperand(h: u32, k: u32, v: u64): void {
  const s = k >> 1
  if (k & 1) {
    if (s == 3) store<u64>(h, v); else if (s == 2) store<u32>(h, <u32>v); else if (s == 1) store<u16>(h, <u16>v); else store<u8>(h, <u8>v)
    done(h)
  } else putSized(h, s, v)
}
function putSized(at: u32, s: u32, v: u64): void {
  if (s == 3) store<u64>(at, v); else if (s == 2) put<u32>(at, <u32>v); else if (s == 1) store<u16>(at, <u16>v); else store<u8>(at, <u8>v)
}

// BSF and BSR of zero leave the destination alone (AMD's rule, and what Intel processors do). Only ZF is defined; AMD
// processors clear the others but PF, which tells the parity of the index.
function scanned(zero: bool, index: u32): void {
  setStatus(zero ? ZF | PF : (popcnt<u32>(index) & 1) ? 0 : PF)
}
export function bsf(ip: u32, k: u32): i32 {
  const h = readOperand(ip, k)
  if (!h) return 1
  const v = value(h, k >> 1)
  scanned(v == 0, <u32>ctz<u64>(v))
  if (v) putSized(dst(ip), k >> 1, ctz<u64>(v))
  return 0
}
export function bsr(ip: u32, k: u32): i32 {
  const h = readOperand(ip, k)
  if (!h) return 1
  const v = value(h, k >> 1)
  scanned(v == 0, <u32>(63 - clz<u64>(v)))
  if (v) putSized(dst(ip), k >> 1, 63 - clz<u64>(v))
  return 0
}
export function bswap(ip: u32, k: u32): i32 {
  const d = dst(ip)
  if (k >> 1 == 3) store<u64>(d, bswap64(load<u64>(d))); else store<u64>(d, bswap64(load<u64>(d)) >> 32)
  return 0
}
function bswap64(v: u64): u64 {
  v = ((v >> 8) & 0x00ff00ff00ff00ff) | ((v & 0x00ff00ff00ff00ff) << 8)
  v = ((v >> 16) & 0x0000ffff0000ffff) | ((v & 0x0000ffff0000ffff) << 16)
  return (v >> 32) | (v << 32)
}

function doubleShift(ip: u32, k: u32, count: u32, left: bool): i32 {
  const h = updateOperand(ip, k)
  if (!h) return 1
  const s = k >> 1, b = dst(ip)
  let r: u64
  if (s == 3) r = left ? shld<u64>(load<u64>(h), load<u64>(b), count) : shrd<u64>(load<u64>(h), load<u64>(b), count)
  else if (s == 2) r = <u64>(left ? shld<u32>(load<u32>(h), load<u32>(b), count) : shrd<u32>(load<u32>(h), load<u32>(b), count))
  else r = <u64>(left ? shld<u16>(load<u16>(h), load<u16>(b), count) : shrd<u16>(load<u16>(h), load<u16>(b), count))
  storeOperand(h, k, r)
  return 0
}
export function shld_imm(ip: u32, k: u32): i32 { return doubleShift(ip, k, <u32>imm(ip), true) }
export function shrd_imm(ip: u32, k: u32): i32 { return doubleShift(ip, k, <u32>imm(ip), false) }
export function shld_cl(ip: u32, k: u32): i32 { return doubleShift(ip, k, <u32>load<u8>(RCX), true) }
export function shrd_cl(ip: u32, k: u32): i32 { return doubleShift(ip, k, <u32>load<u8>(RCX), false) }

export function cmpxchg(ip: u32, k: u32): i32 {
  const h = updateOperand(ip, k)
  if (!h) return 1
  const s = k >> 1
  const old = value(h, s), acc = value(RAX, s)
  if (s == 3) cmp<u64>(acc, old); else if (s == 2) cmp<u32>(<u32>acc, <u32>old); else if (s == 1) cmp<u16>(<u16>acc, <u16>old); else cmp<u8>(<u8>acc, <u8>old)
  if (old == acc) storeOperand(h, k, value(dst(ip), s))
  else {
    // memory is written in any case; a register keeps what it has, its upper half too
    if (k & 1) storeOperand(h, k, old)
    putSized(RAX, s, old)
  }
  return 0
}
export function xadd(ip: u32, k: u32): i32 {
  const h = updateOperand(ip, k)
  if (!h) return 1
  const s = k >> 1, r = dst(ip)
  const a = value(h, s), b = value(r, s)
  let sum: u64
  if (s == 3) sum = add<u64>(a, b); else if (s == 2) sum = <u64>add<u32>(<u32>a, <u32>b)
  else if (s == 1) sum = <u64>add<u16>(<u16>a, <u16>b); else sum = <u64>add<u8>(<u8>a, <u8>b)
  putSized(r, s, a)
  storeOperand(h, k, sum)
  return 0
}
export function cmpxchg8b(ip: u32, k: u32): i32 {
  const wide = k >> 1 == 3
  const at = ea(ip)
  if (wide && <u32>at & 15) return raise(GP, 0)
  const h = updateHost(at, wide ? 16 : 8, ip)
  if (!h) return 1
  let zf: bool
  if (wide) {
    const low = load<u64>(h), high = load<u64>(h, 8)
    zf = low == load<u64>(RAX) && high == load<u64>(RDX)
    if (zf) { store<u64>(h, load<u64>(RBX)); store<u64>(h, load<u64>(RCX), 8) } else { store<u64>(RAX, low); store<u64>(RDX, high) }
  } else {
    const v = load<u64>(h)
    zf = v == (<u64>load<u32>(RAX) | (<u64>load<u32>(RDX) << 32))
    if (zf) store<u64>(h, <u64>load<u32>(RBX) | (<u64>load<u32>(RCX) << 32))
    else { store<u64>(RAX, v & 0xffffffff); store<u64>(RDX, v >> 32) }
  }
  done(h)
  setStatus((status() & (STATUS & ~ZF)) | (zf ? ZF : 0))
  return 0
}

export function cbw(ip: u32, k: u32): i32 {
  if (k >> 1 == 3) store<i64>(RAX, <i64>load<i32>(RAX)); else if (k >> 1 == 2) put<u32>(RAX, <u32><i32>load<i16>(RAX)); else store<i16>(RAX, <i16>load<i8>(RAX))
  return 0
}
export function cwd(ip: u32, k: u32): i32 {
  if (k >> 1 == 3) store<i64>(RDX, load<i64>(RAX) >> 63); else if (k >> 1 == 2) put<u32>(RDX, <u32>(load<i32>(RAX) >> 31)); else store<i16>(RDX, load<i16>(RAX) >> 15)
  return 0
}
export function clc(ip: u32, k: u32): i32 { setCarry(false); return 0 }
export function stc(ip: u32, k: u32): i32 { setCarry(true); return 0 }
export function cmc(ip: u32, k: u32): i32 { setStatus(status() ^ CF); return 0 }
export function cld(ip: u32, k: u32): i32 { store<u32>(EFLAGS_REST, load<u32>(EFLAGS_REST) & ~DF); return 0 }
export function std(ip: u32, k: u32): i32 { store<u32>(EFLAGS_REST, load<u32>(EFLAGS_REST) | DF); return 0 }
export function lahf(ip: u32, k: u32): i32 { store<u8>(RAX, <u8>(status() | 2), 1); return 0 }
export function sahf(ip: u32, k: u32): i32 { setStatus((status() & 0x800) | (<u32>load<u8>(RAX, 1) & 0xd5)); return 0 }
export function nop(ip: u32, k: u32): i32 { return 0 }
/** MFENCE: what a store buffer holds comes before what follows. */
export function mfence(ip: u32, k: u32): i32 { if (several()) fence(); return 0 }
export function xchg0(ip: u32, k: u32): i32 { return 0 }
export function bound(ip: u32, k: u32): i32 {
  const s = k >> 1
  const h = readHost(ea(ip), s == 2 ? 8 : 4, ip)
  if (!h) return 1
  const v = s == 2 ? <i64>load<i32>(dst(ip)) : <i64>load<i16>(dst(ip))
  const low = s == 2 ? <i64>load<i32>(h) : <i64>load<i16>(h)
  const high = s == 2 ? <i64>load<i32>(h, 4) : <i64>load<i16>(h, 2)
  return v < low || v > high ? raise(BR) : 0
}
