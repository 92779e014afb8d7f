// Segment registers, far branches, IRET, LDT and TSS, and the instructions that look at descriptors.
// Task switches and call gates of 16-bit form are not there: they get #GP (rows in opcode-map say so).
// Runs in: the vcpu's thread.
import { VCPU, RSP, CPL, MODE, SHADOW, ATTENTION, EFLAGS_REST, NMI_BLOCKED } from '../generated/layout'
import { UOP, dst, src, imm, ea, put, raise, setRip, ripAt, longMode, protectedMode, UD, GP, NP, SS, TS } from '../state'
import { IF, TF, NT, VM, setStatus, status, STATUS, ZF, RF } from '../flags'
import { readHost, writeHost, systemRead, systemWrite, done } from '../mmu/access'
import { canonical } from '../mmu/walk'
import { pushValue, peekValue, popped, drop, stackMask, loadFlags } from './stack'
import {
  readDescriptor, descriptor, descriptorAt, touchDescriptor, loadSegment, setSegment, setCs, setCpl, refreshMode, dropPrivilegedSegments,
  setRealCs, limit, selector, attributes, attrOf, baseOf, limitOf, ES, CS, SS_, DS, FS, GS, LDTR, TR, UNUSABLE, P, S, L, DB,
} from './descriptor'

function rmSelector(ip: u32, k: u32): i32 { // -1 with a fault noted
  const h = k & 1 ? readHost(ea(ip), 2, ip) : VCPU + <u32>load<u8>(ip, 5)
  return h ? <i32>load<u16>(h) : -1
}
function storeSelector(ip: u32, k: u32, v: u32): i32 {
  if (k & 1) {
    const h = writeHost(ea(ip), 2, ip)
    if (!h) return 1
    store<u16>(h, <u16>v)
    done(h)
    return 0
  }
  const at = VCPU + <u32>load<u8>(ip, 5)
  if (k >> 1 == 1) store<u16>(at, <u16>v); else store<u64>(at, <u64>v)
  return 0
}

export function mov_to_seg(ip: u32, k: u32): i32 {
  const s = (<u32>load<u8>(ip, 4) >> 3) & 7
  if (s == CS || s > GS) return raise(UD)
  const sel = rmSelector(ip, k)
  if (sel < 0) return 1
  if (loadSegment(s, <u32>sel)) return 1
  if (s == SS_) { store<u32>(SHADOW, 3); store<u32>(ATTENTION, 1) }
  return 0
}
export function mov_from_seg(ip: u32, k: u32): i32 {
  const s = (<u32>load<u8>(ip, 4) >> 3) & 7
  return s > GS ? raise(UD) : storeSelector(ip, k, selector(s))
}
function loadFar(ip: u32, k: u32, s: u32): i32 {
  const size: u32 = 1 << (k >> 1)
  const h = readHost(ea(ip), size + 2, ip)
  if (!h) return 1
  const v: u64 = size == 8 ? load<u64>(h) : size == 4 ? <u64>load<u32>(h) : <u64>load<u16>(h)
  if (loadSegment(s, <u32>load<u16>(h + size))) return 1
  if (size == 8) store<u64>(dst(ip), v); else if (size == 4) put<u32>(dst(ip), <u32>v); else store<u16>(dst(ip), <u16>v)
  return 0
}
export function load_far_es(ip: u32, k: u32): i32 { return loadFar(ip, k, ES) }
export function load_far_ds(ip: u32, k: u32): i32 { return loadFar(ip, k, DS) }
export function load_far_ss(ip: u32, k: u32): i32 { return loadFar(ip, k, SS_) }
export function load_far_fs(ip: u32, k: u32): i32 { return loadFar(ip, k, FS) }
export function load_far_gs(ip: u32, k: u32): i32 { return loadFar(ip, k, GS) }

/** Check a code segment for a far jump or call; leaves it in `descriptor`. */
function farTarget(sel: u32): bool {
  if ((sel & 0xfffc) == 0) { raise(GP, 0); return false }
  if (!readDescriptor(sel, GP, 0)) return false
  const attr = attrOf(descriptor), code = <i32>(sel & 0xfffc)
  const cpl = load<u32>(CPL), dpl = (attr >> 5) & 3
  if (!(attr & S) || !(attr & 8)) { raise(GP, code); return false }
  if (attr & 4 ? dpl > cpl : (sel & 3) > cpl || dpl != cpl) { raise(GP, code); return false }
  if (longMode() && attr & L && attr & DB) { raise(GP, code); return false }
  if (!(attr & P)) { raise(NP, code); return false }
  return true
}
function farJump(sel: u32, offset: u64): i32 {
  if (!protectedMode()) {
    if (offset > <u64>limit(CS)) return raise(GP, 0)
    setRealCs(sel)
    setRip(offset)
    return 1
  }
  if (!farTarget(sel)) return 1
  touchDescriptor()
  setCs(sel, descriptor, load<u32>(CPL))
  setRip(offset)
  return 1
}
function farCall(ip: u32, sel: u32, offset: u64, size: u32): i32 {
  const real = !protectedMode()
  if (real && offset > <u64>limit(CS)) return raise(GP, 0)
  if (!real && !farTarget(sel)) return 1
  const d = descriptor
  const rsp = load<u64>(RSP)
  if (!pushValue(<u64>selector(CS), size, ip) || !pushValue(ripAt(load<i32>(ip, 20)), size, ip)) { store<u64>(RSP, rsp); return 1 }
  if (real) setRealCs(sel); else setCs(sel, d, load<u32>(CPL))
  setRip(offset)
  return 1
}
// far pointers in the instruction: offset in disp, selector in the immediate
export function jmp_far(ip: u32, k: u32): i32 { return farJump(<u32>imm(ip), <u64>load<u32>(ip, 8)) }
export function call_far(ip: u32, k: u32): i32 { return farCall(ip, <u32>imm(ip), <u64>load<u32>(ip, 8), 1 << (k >> 1)) }
export function jmp_far_mem(ip: u32, k: u32): i32 {
  const size: u32 = 1 << (k >> 1)
  const h = readHost(ea(ip), size + 2, ip)
  if (!h) return 1
  return farJump(<u32>load<u16>(h + size), size == 8 ? load<u64>(h) : size == 4 ? <u64>load<u32>(h) : <u64>load<u16>(h))
}
export function call_far_mem(ip: u32, k: u32): i32 {
  const size: u32 = 1 << (k >> 1)
  const h = readHost(ea(ip), size + 2, ip)
  if (!h) return 1
  return farCall(ip, <u32>load<u16>(h + size), size == 8 ? load<u64>(h) : size == 4 ? <u64>load<u32>(h) : <u64>load<u16>(h), size)
}

/** Return to CS:RIP (and SS:RSP when outward or from 64-bit IRET), the stack items already read. */
function returnTo(sel: u32, rip: u64, hasStack: bool, ssSel: u32, rsp: u64, extra: u64, flags: i64, size: u32): i32 {
  if (!protectedMode()) {
    if (rip > <u64>limit(CS)) return raise(GP, 0)
    if (flags >= 0) loadFlags(<u32>flags, size)
    drop(extra)
    setRealCs(sel)
    setRip(rip)
    return 1
  }
  const cpl = load<u32>(CPL), rpl = sel & 3
  if ((sel & 0xfffc) == 0) return raise(GP, 0)
  if (!readDescriptor(sel, GP, 0)) return 1
  const cd = descriptor, attr = attrOf(cd), code = <i32>(sel & 0xfffc)
  const dpl = (attr >> 5) & 3
  if (!(attr & S) || !(attr & 8) || rpl < cpl) return raise(GP, code)
  if (attr & 4 ? dpl > rpl : dpl != rpl) return raise(GP, code)
  if (longMode() && attr & L && attr & DB) return raise(GP, code)
  if (!(attr & P)) return raise(NP, code)
  const to64 = longMode() && (attr & L) != 0
  if (to64 ? !canonical(rip) : rip > <u64>limitOf(cd)) return raise(GP, 0)
  let sd: u64 = 0
  if (hasStack) {
    const ssCode = <i32>(ssSel & 0xfffc)
    if ((ssSel & 0xfffc) == 0) {
      if (!to64 || rpl == 3 || (ssSel & 3) != rpl) return raise(GP, 0)
    } else {
      if (!readDescriptor(ssSel, GP, 0)) return 1
      sd = descriptor
      const sa = attrOf(sd)
      if ((ssSel & 3) != rpl || ((sa >> 5) & 3) != rpl || !(sa & S) || sa & 8 || !(sa & 2)) return raise(GP, ssCode)
      if (!(sa & P)) return raise(SS, ssCode)
    }
  }
  if (flags >= 0) {
    loadFlags(<u32>flags, size)
    if (size > 2 && flags & RF) store<u32>(EFLAGS_REST, load<u32>(EFLAGS_REST) | RF) // IRET alone brings RF back
  }
  if (hasStack) {
    // CS first: the width of the stack pointer is the new mode's
    setCs(sel, cd, rpl)
    if (ssSel & 0xfffc) setSegment(SS_, ssSel, baseOf(sd), limitOf(sd), attrOf(sd) | 1)
    else setSegment(SS_, ssSel, 0, 0, UNUSABLE | (rpl << 5))
    store<u64>(RSP, to64 ? rsp + extra : attributes(SS_) & DB ? (rsp + extra) & 0xffffffff : (load<u64>(RSP) & ~0xffff) | ((rsp + extra) & 0xffff))
    if (rpl > cpl) dropPrivilegedSegments()
  } else {
    drop(extra)
    setCs(sel, cd, rpl)
  }
  setRip(rip)
  return 1
}

export function ret_far(ip: u32, k: u32): i32 {
  const size: u32 = 1 << (k >> 1)
  const n = <u64>imm(ip)
  if (!peekValue(0, size, ip)) return 1
  const rip = popped
  if (!peekValue(size, size, ip)) return 1
  const sel = <u32>popped & 0xffff
  if (!protectedMode() || (sel & 3) <= load<u32>(CPL)) return returnTo(sel, rip, false, 0, 0, <u64>(2 * size) + n, -1, size)
  if (!peekValue(<u64>(2 * size) + n, size, ip)) return 1
  const rsp = popped
  if (!peekValue(<u64>(3 * size) + n, size, ip)) return 1
  return returnTo(sel, rip, true, <u32>popped & 0xffff, rsp, n, -1, size)
}

export function iret(ip: u32, k: u32): i32 {
  const size: u32 = 1 << (k >> 1)
  if (load<u32>(EFLAGS_REST) & NT) return raise(GP, 0)
  if (!peekValue(0, size, ip)) return 1
  const rip = popped
  if (!peekValue(size, size, ip)) return 1
  const sel = <u32>popped & 0xffff
  if (!peekValue(<u64>(2 * size), size, ip)) return 1
  const flags = popped & 0xffffffff
  if (flags & VM && load<u32>(CPL) == 0 && !longMode()) return raise(GP, 0) // virtual-8086 mode: not there
  const from64 = load<u32>(MODE) == 2
  if (!protectedMode() || (!from64 && (sel & 3) <= load<u32>(CPL))) {
    const r = returnTo(sel, rip, false, 0, 0, <u64>(3 * size), <i64>flags, size)
    store<u32>(NMI_BLOCKED, 0)
    return r
  }
  if (!peekValue(<u64>(3 * size), size, ip)) return 1
  const rsp = popped
  if (!peekValue(<u64>(4 * size), size, ip)) return 1
  const r = returnTo(sel, rip, true, <u32>popped & 0xffff, rsp, 0, <i64>flags, size)
  store<u32>(NMI_BLOCKED, 0)
  return r
}

function loadSystem(s: u32, sel: u32, wanted: u32): i32 {
  if ((sel & 0xfffc) == 0) {
    if (s == TR) return raise(GP, 0)
    setSegment(LDTR, sel, 0, 0, UNUSABLE)
    return 0
  }
  const code = <i32>(sel & 0xfffc)
  if (sel & 4) return raise(GP, code)
  if (!readDescriptor(sel, GP, 0)) return 1
  const d = descriptor, at = descriptorAt
  const attr = attrOf(d), type = attr & 0x1f
  if (s == TR ? type != 9 && (longMode() || type != 1) : type != 2) return raise(GP, code)
  if (!(attr & P)) return raise(NP, code)
  let base = baseOf(d)
  if (longMode()) {
    const h = systemRead(at + 8, 8)
    if (!h) return 1
    base |= load<u64>(h) << 32
    if (!canonical(base)) return raise(GP, code)
  }
  if (s == TR) {
    const h = systemWrite(at, 8)
    if (!h) return 1
    store<u64>(h, d | 0x20000000000) // busy
    done(h)
  }
  setSegment(s, sel, base, limitOf(d), s == TR ? attr | 2 : attr)
  return 0
}
function privileged(): bool { return load<u32>(CPL) == 0 || raise(GP, 0) == 0 }
export function ltr(ip: u32, k: u32): i32 { if (!privileged()) return 1; const sel = rmSelector(ip, k); return sel < 0 ? 1 : loadSystem(TR, <u32>sel, 9) }
export function lldt(ip: u32, k: u32): i32 { if (!privileged()) return 1; const sel = rmSelector(ip, k); return sel < 0 ? 1 : loadSystem(LDTR, <u32>sel, 2) }
export function sldt(ip: u32, k: u32): i32 { return storeSelector(ip, k, selector(LDTR)) }
export function str(ip: u32, k: u32): i32 { return storeSelector(ip, k, selector(TR)) }

// VERR VERW LAR LSL: look at a descriptor without loading it; ZF says whether it was visible.
function visible(sel: u32): bool {
  if ((sel & 0xfffc) == 0) return false
  const ok = readDescriptor(sel, GP, 0)
  if (!ok) { clearFault(); return false }
  const attr = attrOf(descriptor), dpl = (attr >> 5) & 3
  if ((attr & 0x1c) == 0x1c) return true // conforming code
  return dpl >= load<u32>(CPL) && dpl >= (sel & 3)
}
import { FAULT } from '../generated/layout'
function clearFault(): void { if ((load<i32>(FAULT) & 0xff) == GP) store<i32>(FAULT, 0) }
function setZero(z: bool): void { setStatus((status() & (STATUS & ~ZF)) | (z ? ZF : 0)) }
export function verr(ip: u32, k: u32): i32 {
  const sel = rmSelector(ip, k)
  if (sel < 0) return 1
  const ok = visible(<u32>sel)
  if (load<i32>(FAULT)) return 1
  const attr = attrOf(descriptor)
  setZero(ok && (attr & S) != 0 && (!(attr & 8) || (attr & 2) != 0))
  return 0
}
export function verw(ip: u32, k: u32): i32 {
  const sel = rmSelector(ip, k)
  if (sel < 0) return 1
  const ok = visible(<u32>sel)
  if (load<i32>(FAULT)) return 1
  const attr = attrOf(descriptor)
  setZero(ok && (attr & S) != 0 && !(attr & 8) && (attr & 2) != 0)
  return 0
}
/** The requested privilege of the destination is raised to the source's. */
export function arpl(ip: u32, k: u32): i32 {
  const wanted = load<u16>(dst(ip)) & 3
  const from = k & 1 ? readHost(ea(ip), 2, ip) : src(ip)
  if (!from) return 1
  const sel = load<u16>(from), less = (sel & 3) < wanted
  if (less) {
    // written only now: an operand that stays as it is may be read-only. The ADDRESS uop before names the segment.
    if (k & 1 && (attributes(load<u32>(ip - UOP, 12) & 15) & 0xa) != 2) return raise(GP, 0)
    const h = k & 1 ? writeHost(ea(ip), 2, ip) : from
    if (!h) return 1
    store<u16>(h, (sel & ~3) | wanted)
    if (k & 1) done(h)
  }
  setZero(less)
  return 0
}
function putSized(at: u32, k: u32, v: u32): void { if (k >> 1 == 1) store<u16>(at, <u16>v); else store<u64>(at, <u64>v) }
export function lar(ip: u32, k: u32): i32 {
  const sel = rmSelector(ip, k)
  if (sel < 0) return 1
  const ok = visible(<u32>sel)
  if (load<i32>(FAULT)) return 1
  const attr = attrOf(descriptor), type = attr & 15
  const known = (attr & S) != 0 || (longMode() ? type == 2 || type == 9 || type == 11 || type == 12 : type != 0 && type != 8 && type != 10 && type != 13 && type != 6 && type != 7 && type != 14 && type != 15)
  setZero(ok && known)
  if (ok && known) putSized(dst(ip), k, <u32>(descriptor >> 32) & 0xffff00)
  return 0
}
export function lsl(ip: u32, k: u32): i32 {
  const sel = rmSelector(ip, k)
  if (sel < 0) return 1
  const ok = visible(<u32>sel)
  if (load<i32>(FAULT)) return 1
  const attr = attrOf(descriptor), type = attr & 15
  const known = (attr & S) != 0 || type == 2 || type == 9 || type == 11 || (!longMode() && (type == 1 || type == 3))
  setZero(ok && known)
  if (ok && known) putSized(dst(ip), k, limitOf(descriptor))
  return 0
}
