// Pushes and pops that the dispatch does not inline: other sizes than 64 bits, segment registers, flags, PUSHA, ENTER.
// Runs in: the vcpu's thread.
import { VCPU, RSP, RBP, MODE, CPL, EFLAGS_REST, ATTENTION, SHADOW } from '../generated/layout'
import { dst, imm, ea, raise, SS, put, gpr } from '../state'
import { readHost, writeHost, updateHost, done, STACK } from '../mmu/access'
import { getEflags, setStatus, STATUS, IF } from '../flags'
import { attributes, limit, segmentBase, selector, loadSegment, refreshAccess, SS_, DB } from './descriptor'

/** Bits of the stack pointer in use. */
export function stackMask(): u64 { return load<u32>(MODE) == 2 ? ~0 : attributes(SS_) & DB ? 0xffffffff : 0xffff }
export function stackBase(): u64 { return load<u32>(MODE) == 2 ? 0 : segmentBase(SS_) }
export function setStack(v: u64): void {
  const m = stackMask()
  if (m == ~0) store<u64>(RSP, v); else if (m == 0xffffffff) store<u64>(RSP, v & m); else store<u16>(RSP, <u16>v)
}
// Outside 64-bit mode the stack segment ends somewhere.
function outside(at: u64, size: u32): bool {
  if (load<u32>(MODE) == 2) return false
  const attr = attributes(SS_), last = <u64>limit(SS_), end = at + size - 1
  const bad = (attr & 0xc) == 4 ? at <= last || end > (attr & DB ? 0xffffffff : 0xffff) : end > last
  return bad && raise(SS, 0) == 1
}
export function pushValue(v: u64, size: u32, ip: u32): bool {
  const m = stackMask()
  const at = (load<u64>(RSP) - size) & m
  if (outside(at, size)) return false
  const h = writeHost(stackBase() + at, size, STACK)
  if (!h) return false
  if (size == 8) store<u64>(h, v); else if (size == 4) store<u32>(h, <u32>v); else store<u16>(h, <u16>v)
  done(h)
  setStack(at)
  return true
}

/** The value on top, `skip` bytes below it left alone. 0-terminated protocol: popped is valid when true. */
export let popped: u64 = 0
export function peekValue(skip: u64, size: u32, ip: u32): bool {
  const at = (load<u64>(RSP) + skip) & stackMask()
  if (outside(at, size)) return false
  const h = readHost(stackBase() + at, size, STACK)
  if (!h) return false
  popped = size == 8 ? load<u64>(h) : size == 4 ? <u64>load<u32>(h) : <u64>load<u16>(h)
  return true
}
export function drop(bytes: u64): void { setStack((load<u64>(RSP) + bytes) & stackMask()) }

export function push_cold(ip: u32, k: u32): i32 {
  const size: u32 = 1 << (k >> 1)
  let v: u64
  if (k & 1) {
    const h = readHost(ea(ip), size, ip)
    if (!h) return 1
    v = size == 8 ? load<u64>(h) : size == 4 ? <u64>load<u32>(h) : <u64>load<u16>(h)
  } else v = load<u64>(dst(ip))
  return pushValue(v, size, ip) ? 0 : 1
}
function putReg(at: u32, v: u64, size: u32): void {
  if (size == 8) store<u64>(at, v); else if (size == 4) put<u32>(at, <u32>v); else store<u16>(at, <u16>v)
}
export function pop_cold(ip: u32, k: u32): i32 {
  const size: u32 = 1 << (k >> 1)
  if (!peekValue(0, size, ip)) return 1
  drop(size)
  putReg(dst(ip), popped, size)
  return 0
}
export function push_imm_cold(ip: u32, k: u32): i32 { return pushValue(<u64><i64>imm(ip), 1 << (k >> 1), ip) ? 0 : 1 }

export function pop_mem(ip: u32, k: u32): i32 {
  const size: u32 = 1 << (k >> 1)
  if (!peekValue(0, size, ip)) return 1
  if (!(k & 1)) { drop(size); putReg(VCPU + <u32>load<u8>(ip, 5), popped, size); return 0 }
  const v = popped
  const was = load<u64>(RSP)
  drop(size) // the address is formed with the new stack pointer
  const h = writeHost(ea(ip), size, ip)
  if (!h) { store<u64>(RSP, was); return 1 }
  if (size == 8) store<u64>(h, v); else if (size == 4) store<u32>(h, <u32>v); else store<u16>(h, <u16>v)
  done(h)
  return 0
}

export function leave_cold(ip: u32, k: u32): i32 {
  const size: u32 = 1 << (k >> 1)
  const was = load<u64>(RSP)
  setStack(load<u64>(RBP) & stackMask())
  if (!peekValue(0, size, ip)) { store<u64>(RSP, was); return 1 }
  drop(size)
  putReg(RBP, popped, size)
  return 0
}

export function enter(ip: u32, k: u32): i32 {
  const size: u32 = 1 << (k >> 1)
  const room = <u64>(imm(ip) & 0xffff), level = <u32>(imm(ip) >> 16) & 31
  const rsp = load<u64>(RSP), rbp = load<u64>(RBP)
  if (!pushValue(rbp, size, ip)) return 1
  const frame = load<u64>(RSP)
  if (level) {
    for (let i: u32 = 1; i < level; i++) {
      const h = readHost(stackBase() + ((rbp - <u64>(i * size)) & stackMask()), size, STACK)
      if (!h || !pushValue(size == 8 ? load<u64>(h) : size == 4 ? <u64>load<u32>(h) : <u64>load<u16>(h), size, ip)) { store<u64>(RSP, rsp); return 1 }
    }
    if (!pushValue(frame, size, ip)) { store<u64>(RSP, rsp); return 1 }
  }
  const at = (load<u64>(RSP) - room) & stackMask()
  // the new top must be writable
  if (!updateHost(stackBase() + at, size, STACK)) { store<u64>(RSP, rsp); return 1 }
  putReg(RBP, frame, size)
  setStack(at)
  return 0
}

export function push_seg(ip: u32, k: u32): i32 { return pushValue(<u64>selector(<u32>imm(ip)), 1 << (k >> 1), ip) ? 0 : 1 }
export function pop_seg(ip: u32, k: u32): i32 {
  const size: u32 = 1 << (k >> 1)
  if (!peekValue(0, size, ip)) return 1
  const s = <u32>imm(ip)
  if (loadSegment(s, <u32>popped & 0xffff)) return 1
  drop(size)
  if (s == SS_) { store<u32>(SHADOW, 3); store<u32>(ATTENTION, 1) }
  return 0
}

export function pusha(ip: u32, k: u32): i32 {
  const size: u32 = 1 << (k >> 1)
  const rsp = load<u64>(RSP)
  for (let i: u32 = 0; i < 8; i++) {
    if (!pushValue(i == 4 ? rsp : gpr(i), size, ip)) { store<u64>(RSP, rsp); return 1 }
  }
  return 0
}
export function popa(ip: u32, k: u32): i32 {
  const size: u32 = 1 << (k >> 1)
  // a fault on the way leaves the registers popped so far, as on processors
  for (let i: u32 = 0; i < 8; i++) {
    if (!peekValue(<u64>(i * size), size, ip)) return 1
    if (i != 3) putReg(VCPU + (7 - i) * 8, popped, size)
  }
  drop(<u64>(8 * size))
  return 0
}

export function pushf(ip: u32, k: u32): i32 { return pushValue(<u64>(getEflags() & 0xfcffff), 1 << (k >> 1), ip) ? 0 : 1 }
export function popf(ip: u32, k: u32): i32 {
  const size: u32 = 1 << (k >> 1)
  if (!peekValue(0, size, ip)) return 1
  drop(size)
  loadFlags(<u32>popped, size)
  return 0
}

/** POPF's and IRET's part of EFLAGS that the current privilege may change. */
export function loadFlags(v: u32, size: u32): void {
  const cpl = load<u32>(CPL)
  const old = load<u32>(EFLAGS_REST)
  let may: u32 = 0x244700 & ~IF & ~0x200 // TF DF NT AC ID
  may |= 0x100
  if (cpl == 0) may |= 0x3000
  if (cpl <= (old >> 12 & 3)) may |= IF
  if (size == 2) may &= 0xffff
  setStatus(v)
  store<u32>(EFLAGS_REST, (old & ~may & ~0x10000) | (v & may) | 2)
  store<u32>(ATTENTION, 1)
  refreshAccess()
}
