// From instruction bytes to a block of uops. A block starts where control arrives and ends at the first instruction
// flagged X in the opcode map, at the page's end, or after 16 instructions. Every instruction ends in exactly one uop
// that does its work; an ADDRESS uop may come before it when the effective address needs more than
// base + index * scale + disp (segments outside 64-bit mode, address-size prefix, FS or GS with base and index).
// The last uop of a block has a second slot: next offset (+20) and the fall-through link (+24).
// Invariant: nothing here changes guest state, apart from a page fault noted while fetching from a second page.
// Runs in: the vcpu's thread.
import {
  CPL, DECODED, MODE, PC_BASE, STRADDLE, EFLAGS_REST, SLOT_ZERO, SLOT_TMP, SLOT_PC_BASE, SLOT_SEG_BASE, SEG_ATTR,
} from '../generated/layout'
import {
  TABLE, GROUPS, OUTSIDE, UOPS, SSE_INDEX, SSE_ROWS, OP_ADDRESS, OP_GOTO, OP_RAISE, OP_LOCK, F_SSE, F_X87,
  FORM_UD, FORM_GROUP, FORM_EG, FORM_GE, FORM_GEB, FORM_EI, FORM_AI, FORM_E, FORM_Z, FORM_ZA, FORM_ZI, FORM_M, FORM_N,
  FORM_JCC, FORM_JCX, FORM_JMP, FORM_LEA, FORM_MO, FORM_STR, FORM_X87,
  IMM_NONE, IMM_IB, IMM_UB, IMM_IZ, IMM_IW, IMM_IV, IMM_MO, IMM_IWB, IMM_FAR, IMM_ONE, IMM_SEG,
  SIZE_B, SIZE_V, SIZE_Y, SIZE_Z, SIZE_Q, SIZE_F, SIZE_W, SIZE_D, SIZE_O,
  ATTR_END, ATTR_NO64, ATTR_ONLY64, ATTR_MEM, ATTR_REG, ATTR_LOCK, ATTR_WRITES, F_XCHG, F_PAUSE, OP_MOVABS, OP_ADDRESS64,
  COLD_BASE, PAIR_COLUMNS, PAIR_PLACES, PAIRS,
} from '../generated/tables'
import { beginBlock, beginDecode, endBlock, oneShot, beginStraddle, keepStraddle } from './cache'
import { several } from '../several'
import { translate, NOT_MEMORY } from '../mmu/walk'
import { UOP, UD, GP } from '../state'
import { x87_mem_size } from '../fpu/x87'

const MAX_INSTRUCTIONS: u32 = 16

// The instruction being decoded. Dead between calls.
let p: u32 = 0
let pEnd: u32 = 0
let overrun: bool = false
let out: u32 = 0
let where: u32 = 0
let mode: u32 = 0
let rex: u32 = 0, rexSeen: bool = false
let prefix66: bool = false, prefix67: bool = false, rep: u32 = 0, lock: bool = false
let segment: i32 = -1 // override
let modrm: u32 = 0, mod: u32 = 0, reg: u32 = 0, rm: u32 = 0
let base: u32 = 0, index: u32 = 0, disp: i32 = 0, wideDisp: u64 = 0, ripRelative: bool = false, stackSegment: bool = false
let immediate: i32 = 0, wideImmediate: u64 = 0

// @ts-ignore: decorator
@inline function fetch8(): u32 {
  if (p >= pEnd) { overrun = true; return 0 }
  return <u32>load<u8>(p++)
}
function fetch16(): u32 { const a = fetch8(); return a | (fetch8() << 8) }
function fetch32(): u32 { const a = fetch16(); return a | (fetch16() << 16) }
function fetch64(): u64 { const a = <u64>fetch32(); return a | (<u64>fetch32() << 32) }

function emit(op: u32, d: u32, s: u32, b: u32, x: u32, displacement: i32, im: i32): void {
  store<u16>(out, <u16>op); store<u16>(out, <u16>where, 2)
  store<u8>(out, <u8>d, 4); store<u8>(out, <u8>s, 5); store<u8>(out, <u8>b, 6); store<u8>(out, <u8>x, 7)
  store<i32>(out, displacement, 8); store<i32>(out, im, 12)
  store<u8>(DECODED + op, 1)
  if (where >> 12 && op < COLD_BASE) pairWith(op)
  out += UOP
}
/**
 * A uop that is not its block's first is about to be there: where it is the second of a pair, the one in front does both from now on. This
 * one stays as it is, for whoever comes to it otherwise.
 */
function pairWith(op: u32): void {
  const column = <u32>load<u8>(PAIR_PLACES + op * 2, 1)
  const before = <u32>load<u16>(out - UOP)
  if (!column || before >= COLD_BASE) return
  const pair = <u32>load<u16>(PAIRS + (<u32>load<u8>(PAIR_PLACES + before * 2) * PAIR_COLUMNS + column) * 2)
  if (pair) store<u16>(out - UOP, <u16>pair)
}
/**
 * In front of the uop of a locked access when there are several vcpus: what it does to memory (execute/locked.ts), its size,
 * whether the other operand is the immediate.
 */
function emitLock(map: u32, b: u32, size: u32): void {
  let what: u32
  if (map) what = b == 0xc7 ? 17 : b >= 0xc0 ? 12 : b == 0xb0 || b == 0xb1 ? 13 : b == 0xba ? (modrm >> 3 & 3) + 13 : (b >> 3 & 3) + 13
  else if (b < 0x40) what = b >> 3
  else if (b < 0x84) what = modrm >> 3 & 7
  else if (b < 0x90) what = 7
  else if (b >= 0xfe) what = (modrm >> 3 & 1) + 8
  else what = (modrm >> 3 & 1) + 10
  emit(OP_LOCK, what, size, 0, 0, 0, <i32>(b == 0xba || (!map && b >= 0x80 && b < 0x84)))
}

/** The second slot of a block's last uop. */
function emitEnd(next: i32): void {
  store<u64>(out, 0); store<u64>(out, 0, 8)
  store<u16>(out, <u16>where, 2)
  store<i32>(out, next, 4)
  out += UOP
}

/** Operand byte of an 8-bit register: without REX, numbers 4-7 are AH CH DH BH. */
function byteSlot(n: u32): u32 { return !rexSeen && n >= 4 && n < 8 ? ((n - 4) << 3) + 1 : n << 3 }

/** ModRM, SIB and displacement; leaves mod, reg, rm (with REX bits) and for memory base, index, disp. */
function parseModrm(addressSize: u32): void {
  modrm = fetch8()
  mod = modrm >> 6
  reg = ((modrm >> 3) & 7) | ((rex & 4) << 1)
  rm = (modrm & 7) | ((rex & 1) << 3)
  base = SLOT_ZERO; index = SLOT_ZERO; disp = 0; ripRelative = false; stackSegment = false
  if (mod == 3) return
  if (addressSize == 0) {
    const r = modrm & 7
    if (r == 6 && mod == 0) { disp = <i32><i16>fetch16(); return }
    if (r == 0 || r == 1 || r == 7) base = 3 << 3
    else if (r == 2 || r == 3 || r == 6) { base = 5 << 3; stackSegment = true }
    else if (r == 4) base = 6 << 3
    else base = 7 << 3
    if (r == 0 || r == 2) index = 6 << 3
    else if (r == 1 || r == 3) index = 7 << 3
    if (mod == 1) disp = <i32><i8>fetch8(); else if (mod == 2) disp = <i32><i16>fetch16()
    return
  }
  const r = modrm & 7
  if (r == 4) {
    const sib = fetch8()
    const b = (sib & 7) | ((rex & 1) << 3)
    const x = ((sib >> 3) & 7) | ((rex & 2) << 2)
    if (x != 4) index = (x << 3) | (sib >> 6)
    if ((sib & 7) == 5 && mod == 0) disp = <i32>fetch32()
    else { base = b << 3; stackSegment = b == 4 || b == 5 }
  } else if (r == 5 && mod == 0) {
    disp = <i32>fetch32()
    if (mode == 2) ripRelative = true
  } else { base = rm << 3; stackSegment = rm == 5 }
  if (mod == 1) disp = <i32><i8>fetch8(); else if (mod == 2) disp = <i32>fetch32()
}

// What POP adds to RSP before its own operand's address is formed: an ADDRESS uop comes earlier and adds it itself.
let popped: i32 = 0

/** Bring the memory operand into base + index * scale + disp form, with an ADDRESS uop where that is not enough. */
function settleAddress(addressSize: u32, next: i32, bytes: u32, plain: bool, writes: bool): void {
  if (mode == 2 && addressSize == 2) {
    if (ripRelative) { base = SLOT_PC_BASE; disp += next }
    if (plain || segment < 4) return
    const slot = SLOT_SEG_BASE + (<u32>segment << 3)
    if (base == SLOT_ZERO) { base = slot; return }
    // the segment's base as `base`: a bad address is then no stack fault, whatever register it has
    if (index == SLOT_ZERO) { index = base; base = slot; return }
    if (base == 0x20) disp += popped
    emit(OP_ADDRESS, bytes, 0, base, index, disp, segment | (2 << 4))
  } else {
    let s = segment
    if (mode == 2) {
      if (s < 4) s = 15
      if (ripRelative) { base = SLOT_PC_BASE; disp += next }
    } else if (s < 0) s = stackSegment ? 2 : 3
    if (plain) s = 15
    if (base == 0x20) disp += popped
    emit(OP_ADDRESS, bytes, 0, base, index, disp, s | (addressSize << 4) | (writes ? 64 : 0))
  }
  base = SLOT_TMP; index = SLOT_ZERO; disp = 0
}

// @ts-ignore: decorator
@inline function uop(family: u32, k: u32): u32 { return <u32>load<u16>(UOPS + (family * 8 + k) * 2) }

function raiseUop(vector: i32): bool {
  emit(OP_RAISE, 0, 0, SLOT_ZERO, SLOT_ZERO, 0, vector)
  emitEnd(0)
  return true
}

/** Find the SSE row for an opcode; 0 when there is none. Row: {i8 ext, u8 shape, u8 flags, u8 size, u16 id, u8 form, u8 align}. */
function sseRow(opcode: u32): u32 {
  const which: u32 = rep == 1 ? 2 : rep == 2 ? 3 : prefix66 ? 1 : 0
  const at = SSE_INDEX + (opcode * 4 + which) * 4
  let row = SSE_ROWS + <u32>load<u16>(at) * 12
  for (let n = <u32>load<u16>(at, 2); n > 0; n--) {
    const ext = <i32>load<i8>(row)
    const shape = <u32>load<u8>(row, 1) // 1 register only, 2 memory only
    const w = <u32>load<u8>(row, 2) & 3 // 1 without REX.W, 2 with
    const m = p < pEnd ? <u32>load<u8>(p) : 0
    if ((ext < 0 || ext == <i32>((m >> 3) & 7)) && (shape == 0 || (shape == 1) == (m >> 6 == 3)) &&
      (w == 0 || (w == 2) == ((rex & 8) != 0))) return row
    row += 12
  }
  return 0
}

/** Decode one instruction at p. True when it ends the block. */
function decodeOne(start: u32, offset: i32): bool {
  popped = 0
  rex = 0; rexSeen = false; prefix66 = false; prefix67 = false; rep = 0; lock = false; segment = -1
  let b: u32 = 0
  while (true) {
    b = fetch8()
    if (overrun) return true
    if (b == 0x66) prefix66 = true
    else if (b == 0x67) prefix67 = true
    else if (b == 0xf0) lock = true
    else if (b == 0xf2) rep = 2
    else if (b == 0xf3) rep = 1
    else if (b == 0x26) segment = mode == 2 ? segment : 0
    else if (b == 0x2e) segment = mode == 2 ? segment : 1
    else if (b == 0x36) segment = mode == 2 ? segment : 2
    else if (b == 0x3e) segment = mode == 2 ? segment : 3
    else if (b == 0x64) segment = 4
    else if (b == 0x65) segment = 5
    else if (mode == 2 && (b & 0xf0) == 0x40) {
      rex = b; rexSeen = true
      b = fetch8()
      // a prefix after REX makes the REX void
      if (b == 0x66 || b == 0x67 || b == 0xf0 || b == 0xf2 || b == 0xf3 || b == 0x26 || b == 0x2e || b == 0x36 || b == 0x3e || b == 0x64 || b == 0x65 || (b & 0xf0) == 0x40) {
        rex = 0; rexSeen = false; p--
        continue
      }
      break
    } else break
    if (p - start >= 15) return overrun ? true : raiseUop(GP)
  }
  let map: u32 = 0
  if (b == 0x0f) { map = 1; b = fetch8() }
  let entry = TABLE + (map * 256 + b) * 8
  if (mode != 2 && load<u8>(entry, 7)) entry = OUTSIDE + (<u32>load<u8>(entry, 7) - 1) * 8
  let form = <u32>load<u8>(entry)
  const addressSize: u32 = mode == 2 ? (prefix67 ? 1 : 2) : (mode == 1) != prefix67 ? 1 : 0
  let parsed = false
  if (form == FORM_GROUP) {
    parseModrm(addressSize); parsed = true
    entry = GROUPS + (<u32>load<u16>(entry, 4) * 8 + (reg & 7)) * 8
    form = <u32>load<u8>(entry)
  }
  if (form == FORM_UD) {
    if (map == 1 && !parsed) return decodeSse(b, start, offset, addressSize)
    return overrun ? true : raiseUop(UD)
  }
  const sizeKind = <u32>load<u8>(entry, 1)
  const immKind = <u32>load<u8>(entry, 2)
  const attr = <u32>load<u8>(entry, 3)
  const family = <u32>load<u16>(entry, 4)
  if (attr & ATTR_NO64 && mode == 2) return overrun ? true : raiseUop(UD)
  // operand size: 0 byte, 1 word, 2 dword, 3 qword
  const w = (rex & 8) != 0
  const plainSize: u32 = w ? 3 : mode == 0 ? (prefix66 ? 2 : 1) : prefix66 ? 1 : 2
  let size: u32 = plainSize
  if (sizeKind == SIZE_B) size = 0
  else if (sizeKind == SIZE_Y) size = w ? 3 : 2
  else if (sizeKind == SIZE_Z) size = plainSize == 3 ? 2 : plainSize
  else if (sizeKind == SIZE_Q) size = mode == 2 ? (prefix66 && !w ? 1 : 3) : plainSize
  else if (sizeKind == SIZE_F) size = mode == 2 ? (prefix66 && !w ? 1 : 3) : plainSize
  else if (sizeKind == SIZE_W) size = 1
  else if (sizeKind == SIZE_D) size = 2
  else if (sizeKind == SIZE_O) size = 3
  const hasModrm = form == FORM_EG || form == FORM_GE || form == FORM_GEB || form == FORM_EI || form == FORM_E || form == FORM_M || form == FORM_LEA || form == FORM_X87
  if (hasModrm && !parsed) parseModrm(addressSize)
  immediate = 0; wideImmediate = 0
  if (immKind == IMM_IB) immediate = <i32><i8>fetch8()
  else if (immKind == IMM_UB) immediate = <i32>fetch8()
  else if (immKind == IMM_IZ) immediate = size == 1 || (form == FORM_JCC || form == FORM_JMP) && mode != 2 && plainSize == 1 ? <i32><i16>fetch16() : <i32>fetch32()
  else if (immKind == IMM_IW) immediate = <i32>fetch16()
  else if (immKind == IMM_IV) {
    if (size == 3) { wideImmediate = fetch64() } else immediate = size == 1 ? <i32><i16>fetch16() : <i32>fetch32()
  } else if (immKind == IMM_MO) wideDisp = addressSize == 2 ? fetch64() : addressSize == 1 ? <u64>fetch32() : <u64>fetch16()
  else if (immKind == IMM_IWB) { immediate = <i32>fetch16(); immediate |= <i32>fetch8() << 16 }
  else if (immKind == IMM_FAR) { wideDisp = size == 1 ? <u64>fetch16() : <u64>fetch32(); immediate = <i32>fetch16() }
  else if (immKind == IMM_ONE) immediate = 1
  else if (immKind == IMM_SEG) immediate = <i32>(map ? (b >> 3) & 7 : b >> 3)
  if (overrun) return true
  if (p - start > 15) return raiseUop(GP)
  const next = offset + <i32>(p - start)
  const memory = hasModrm && mod != 3
  if (attr & ATTR_MEM && !memory || attr & ATTR_REG && memory) return raiseUop(UD)
  if (lock && !(attr & ATTR_LOCK && memory && form != FORM_GE)) return raiseUop(UD)
  const end = (attr & ATTR_END) != 0
  const given = <u32>load<u8>(entry, 6)
  const bytes: u32 = given == 0 ? 1 << size : given == 254 ? 2 << size : given == 253 ? (1 << size) + 2 : given
  popped = form == FORM_M && sizeKind == SIZE_Q ? <i32>bytes : 0
  if (memory && form != FORM_LEA) settleAddress(addressSize, next, bytes, given == 255, form == FORM_X87 ? x87_mem_size(b, modrm, plainSize == 1) < 0 : (attr & ATTR_WRITES) != 0)
  // XCHG with memory locks without being told
  if ((lock || (map == 0 && (b == 0x86 || b == 0x87) && memory)) && several()) emitLock(map, b, size)

  if (form == FORM_EG) {
    const r = size == 0 ? byteSlot(reg) : reg << 3
    if (memory) emit(uop(family, size * 2 + 1), SLOT_ZERO, r, base, index, disp, 0)
    else emit(uop(family, size * 2), size == 0 ? byteSlot(rm) : rm << 3, r, SLOT_ZERO, SLOT_ZERO, 0, 0)
  } else if (form == FORM_GE) {
    const r = size == 0 ? byteSlot(reg) : reg << 3
    if (memory) emit(uop(family, size * 2 + 1), r, SLOT_ZERO, base, index, disp, immediate)
    else emit(uop(family, size * 2), r, size == 0 ? byteSlot(rm) : rm << 3, SLOT_ZERO, SLOT_ZERO, 0, immediate)
  } else if (form == FORM_GEB) {
    if (memory) emit(uop(family, size * 2 + 1), reg << 3, SLOT_ZERO, base, index, disp, 0)
    else emit(uop(family, size * 2), reg << 3, byteSlot(rm), SLOT_ZERO, SLOT_ZERO, 0, 0)
  } else if (form == FORM_EI || form == FORM_E) {
    if (memory) emit(uop(family, size * 2 + 1), SLOT_ZERO, SLOT_ZERO, base, index, disp, immediate)
    else emit(uop(family, size * 2), size == 0 ? byteSlot(rm) : rm << 3, SLOT_ZERO, SLOT_ZERO, SLOT_ZERO, 0, immediate)
  } else if (form == FORM_AI) {
    emit(uop(family, size * 2), 0, SLOT_ZERO, SLOT_ZERO, SLOT_ZERO, 0, immediate)
  } else if (form == FORM_Z || form == FORM_ZA || form == FORM_ZI) {
    const n = (b & 7) | ((rex & 1) << 3)
    if (form == FORM_ZI) {
      if (size == 3) {
        emit(uop(family, 7), n << 3, 0, 0, 0, 0, 0) // the odd form of mov:EI at 64 bits is MOV r64,imm64 (tables.ts)
        store<u16>(out - UOP, <u16>OP_MOVABS); store<u64>(out - 8, wideImmediate)
      } else emit(uop(family, size * 2), size == 0 ? byteSlot(n) : n << 3, SLOT_ZERO, SLOT_ZERO, SLOT_ZERO, 0, immediate)
    } else if (form == FORM_ZA) {
      // 90 is NOP unless REX.B names R8; F3 90 is PAUSE, which with several vcpus ends its block
      if (n == 0 && rep == 1 && several()) {
        emit(uop(F_PAUSE, 0), 0, 0, SLOT_ZERO, SLOT_ZERO, 0, 0)
        emitEnd(next)
        return true
      }
      const f = n != 0 && (b & 7) == 0 ? F_XCHG : family
      emit(uop(f, size * 2), n << 3, 0, SLOT_ZERO, SLOT_ZERO, 0, 0)
    } else emit(uop(family, size * 2), n << 3, SLOT_ZERO, 0x20, SLOT_ZERO, 0, 0)
  } else if (form == FORM_LEA) {
    if (mode == 2 && addressSize == 2) { if (ripRelative) { base = SLOT_PC_BASE; disp += next } }
    else settleAddress(addressSize, next, 0, true, false)
    emit(uop(family, size * 2 + 1), reg << 3, SLOT_ZERO, base, index, disp, 0)
  } else if (form == FORM_M) {
    const r = size == 0 ? byteSlot(reg) : reg << 3
    if (memory) emit(uop(family, size * 2 + 1), r, modrm, base, index, disp, immediate)
    else emit(uop(family, size * 2), r, size == 0 ? byteSlot(rm) : rm << 3, SLOT_ZERO, SLOT_ZERO, <i32>modrm, immediate)
  } else if (form == FORM_N) {
    emit(uop(family, size * 2), 0, 0, 0x20, SLOT_ZERO, <i32>wideDisp, immediate)
  } else if (form == FORM_JCC || form == FORM_JCX || form == FORM_JMP) {
    emit(uop(family, size * 2), addressSize, 0, 0x20, SLOT_ZERO, 0, next + immediate)
  } else if (form == FORM_MO) {
    // the accumulator and an absolute address, which may need 64 bits
    const toMemory = (b & 2) != 0
    base = SLOT_ZERO; index = SLOT_ZERO; stackSegment = false; ripRelative = false
    disp = <i32>wideDisp
    if (mode == 2 && addressSize == 2 && <u64><i64>disp != wideDisp) {
      emit(OP_ADDRESS64, 0, 0, segment < 4 ? SLOT_ZERO : SLOT_SEG_BASE + (<u32>segment << 3), SLOT_ZERO, 0, 0)
      store<u64>(out - 8, wideDisp)
      base = SLOT_TMP; disp = 0
    } else settleAddress(addressSize, next, bytes, false, toMemory)
    emit(uop(family, size * 2 + 1), toMemory ? SLOT_ZERO : 0, toMemory ? 0 : SLOT_ZERO, base, index, disp, 0)
  } else if (form == FORM_STR) {
    // source segment base slot in `base`, destination's in `index`; immediate: rep kind, address size, source segment
    let s = segment < 0 ? 3 : segment
    if (mode == 2 && s < 4) s = 15
    emit(uop(family, size * 2), mode == 2 ? SLOT_ZERO : SLOT_SEG_BASE, 0, s == 15 ? SLOT_ZERO : SLOT_SEG_BASE + (<u32>s << 3), SLOT_ZERO, 0,
      <i32>(rep | (addressSize << 2) | (<u32>s << 4)))
  } else if (form == FORM_X87) {
    emit(uop(F_X87, memory ? 1 : 0), b - 0xd8, modrm, memory ? base : SLOT_ZERO, memory ? index : SLOT_ZERO, memory ? disp : 0, <i32>(plainSize == 1))
  } else return raiseUop(UD)
  if (end) emitEnd(next)
  return end
}

// MMX and SSE: the row number, register numbers and immediate travel in the uop; execute/sse.ts reads the row again.
function decodeSse(opcode: u32, start: u32, offset: i32, addressSize: u32): bool {
  const row = sseRow(opcode)
  if (overrun) return true
  if (!row || lock) { if (p >= pEnd) { overrun = true; return true } return raiseUop(UD) }
  if (opcode == 0x77) { mod = 3; reg = 0; rm = 0 } else parseModrm(addressSize) // EMMS alone has no ModRM
  if (load<u8>(row, 2) & 4) immediate = <i32>fetch8(); else immediate = 0
  if (overrun) return true
  if (p - start > 15) return raiseUop(GP)
  const memory = mod != 3
  if (memory) settleAddress(addressSize, offset + <i32>(p - start), <u32>load<u8>(row, 3), false, false)
  const id = (row - SSE_ROWS) / 12
  const wide: u32 = rex & 8 ? 1 : 0
  emit(uop(F_SSE, memory ? 1 : 0), reg, rm, memory ? base : SLOT_ZERO, memory ? index : SLOT_ZERO, memory ? disp : 0,
    immediate | <i32>(id << 8) | <i32>(wide << 20) | <i32>(addressSize << 21))
  return false
}

/**
 * Decode the block at a linear address whose first byte is at `host`. Returns its first uop, or 0 with a page fault
 * noted (an instruction that runs into a page that cannot be fetched). `single`: one instruction, not kept.
 */
export function decodeBlock(lin: u64, host: u32, single: bool): u32 {
  mode = load<u32>(MODE)
  const pageEnd = (host | 0xfff) + 1
  let first = single ? oneShot() : beginBlock()
  out = first
  p = host; pEnd = pageEnd
  let keep = !single
  const drops = keep ? beginDecode(host) : 0
  for (let n: u32 = 0; n < MAX_INSTRUCTIONS; n++) {
    const start = p
    const offset = <i32>(start & 0xfff)
    where = <u32>offset | (n << 12)
    const at = out
    overrun = false
    const end = decodeOne(start, offset)
    if (overrun) {
      out = at
      if (n > 0) { emitGoto(offset, n); break }
      // The first instruction runs over the page's end: gather its bytes, decode it alone and keep it apart.
      const room = pageEnd - start
      const e = translate((lin & ~0xfff) + 0x1000, 4 | (load<u32>(CPL) == 3 ? 2 : 0))
      if (!e) return 0
      memory.copy(STRADDLE, start, room)
      if (e == NOT_MEMORY) memory.fill(STRADDLE + room, 0xff, 16 - room)
      else memory.copy(STRADDLE + room, e & ~0xfff, 16 - room)
      first = beginStraddle(host); out = first; keep = false
      p = STRADDLE; pEnd = STRADDLE + 16; overrun = false
      if (decodeOne(STRADDLE, offset)) { if (overrun) { out = first; raiseUop(GP) } }
      else emitGoto(offset + <i32>(p - STRADDLE), 1)
      if (e != NOT_MEMORY && !overrun) keepStraddle(first, host, mode, STRADDLE)
      break
    }
    if (end) break
    if (single || n + 1 == MAX_INSTRUCTIONS || p >= pageEnd) { emitGoto(offset + <i32>(p - start), n + 1); break }
  }
  if (keep && !endBlock(first, out, host, mode, drops)) return decodeBlock(lin, host, single)
  return first
}

/** A jump to `offset` that is no instruction itself; `count` instructions of the block stand before it (at least 1). */
function emitGoto(offset: i32, count: u32): void {
  where = (<u32>offset & 0xfff) | ((count - 1) << 12)
  emit(OP_GOTO, 0, 0, SLOT_ZERO, SLOT_ZERO, 0, offset)
  emitEnd(offset)
}
