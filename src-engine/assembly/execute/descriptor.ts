// Segment registers and descriptors: reading tables, loading registers, what follows from a new CS.
// Attributes are kept as Xen's hvm contexts have them: type and S, DPL, P in bits 0-7, AVL, L, D/B, G in 8-11; bit 16
// marks a null or unusable register.
// Runs in: the vcpu's thread. Spec: AMD64 manual volume 2, chapter 4.
import {
  SEG_BASE, SEG_SEL, SEG_ATTR, SEG_LIMIT, GDTR_BASE, GDTR_LIMIT, CODE_BASE, MODE, CPL, DTLB, TLB_SUPERVISOR, TLB_USER, TLB_CHECKED, CR0, EFLAGS_REST, ATTENTION,
} from '../generated/layout'
import { raise, longMode, protectedMode, GP, NP, SS } from '../state'
import { systemRead, systemWrite, done } from '../mmu/access'
import { watching } from '../mmu/watch'
import { rekeyJumps } from '../decode/cache'

export const ES: u32 = 0, CS: u32 = 1, SS_: u32 = 2, DS: u32 = 3, FS: u32 = 4, GS: u32 = 5, LDTR: u32 = 6, TR: u32 = 7
export const UNUSABLE: u32 = 0x10000
const REAL_DATA: u32 = 0x93, REAL_CODE: u32 = 0x9b
export const P: u32 = 0x80, S: u32 = 0x10, L: u32 = 0x200, DB: u32 = 0x400, G: u32 = 0x800

export function selector(s: u32): u32 { return <u32>load<u16>(SEG_SEL + s * 2) }
export function attributes(s: u32): u32 { return load<u32>(SEG_ATTR + s * 4) }
export function segmentBase(s: u32): u64 { return load<u64>(SEG_BASE + s * 8) }
export function limit(s: u32): u32 { return load<u32>(SEG_LIMIT + s * 4) }

export function setSegment(s: u32, sel: u32, base: u64, lim: u32, attr: u32): void {
  store<u16>(SEG_SEL + s * 2, <u16>sel)
  store<u64>(SEG_BASE + s * 8, base)
  store<u32>(SEG_LIMIT + s * 4, lim)
  store<u32>(SEG_ATTR + s * 4, attr)
}

export function attrOf(d: u64): u32 { return (<u32>(d >> 40) & 0xff) | ((<u32>(d >> 52) & 0xf) << 8) }
export function baseOf(d: u64): u64 { return ((d >> 16) & 0xffffff) | ((d >> 32) & 0xff000000) }
export function limitOf(d: u64): u32 {
  const raw = (<u32>d & 0xffff) | (<u32>(d >> 32) & 0xf0000)
  return attrOf(d) & G ? (raw << 12) | 0xfff : raw
}

/** What the last readDescriptor found. Transient. */
export let descriptor: u64 = 0
export let descriptorAt: u64 = 0

/** Read a descriptor from the GDT or LDT. False with `vector` (selector as code) noted when it lies outside. */
export function readDescriptor(sel: u32, vector: i32, ext: i32): bool {
  const index = sel & 0xfff8
  let base: u64, lim: u32
  if (sel & 4) {
    if (attributes(LDTR) & UNUSABLE) { raise(vector, <i32>(sel & 0xfffc) | ext); return false }
    base = segmentBase(LDTR); lim = limit(LDTR)
  } else { base = load<u64>(GDTR_BASE); lim = load<u32>(GDTR_LIMIT) }
  if (index + 7 > lim) { raise(vector, <i32>(sel & 0xfffc) | ext); return false }
  descriptorAt = base + index
  const h = systemRead(descriptorAt, 8)
  if (!h) return false
  descriptor = load<u64>(h)
  return true
}

/**
 * Whether `size` bytes at an offset of a segment may be accessed outside 64-bit mode; #SS(0) or #GP(0) noted when not.
 * Code may be read when it is readable and is never written; data is written when it is writable.
 */
export function allowed(s: u32, offset: u64, size: u32, write: bool): bool {
  const attr = attributes(s), last = <u64>limit(s), end = offset + size - 1
  let bad = (attr & UNUSABLE) != 0 || (write ? (attr & 0xa) != 2 : (attr & 0xa) == 8)
  if ((attr & 0xc) == 4) bad = bad || offset <= last || end > (attr & DB ? 0xffffffff : 0xffff)
  else bad = bad || end > last
  if (bad) raise(s == SS_ ? SS : GP, 0)
  return !bad
}

/** Set the accessed bit of the descriptor just read. */
export function touchDescriptor(): void {
  if (descriptor & 0x10000000000) return
  const h = systemWrite(descriptorAt, 8)
  if (!h) return
  store<u64>(h, load<u64>(h) | 0x10000000000)
  done(h)
  descriptor |= 0x10000000000
}

/** Privilege level in force: which TLB data accesses use follows. */
export function setCpl(level: u32): void {
  store<u32>(CPL, level)
  rekeyJumps()
  refreshAccess()
}

/** Which data TLB is in force; the dispatcher takes note at the next boundary. */
export function refreshAccess(): void {
  const user = load<u32>(CPL) == 3
  const aligned = user && (load<u32>(CR0) & 0x40000) != 0 && (load<u32>(EFLAGS_REST) & 0x40000) != 0
  const tlb = aligned || watching() ? TLB_CHECKED : user ? TLB_USER : TLB_SUPERVISOR
  if (tlb == load<u32>(DTLB)) return
  store<u32>(DTLB, tlb)
  store<u32>(ATTENTION, 1)
}

/** Code size follows from CS and long mode. */
export function refreshMode(): void {
  const attr = attributes(CS)
  const m: u32 = longMode() && attr & L ? 2 : attr & DB ? 1 : 0
  store<u32>(MODE, m)
  rekeyJumps()
  store<u64>(CODE_BASE, m == 2 ? 0 : segmentBase(CS))
}

export function setCs(sel: u32, d: u64, level: u32): void {
  setSegment(CS, (sel & 0xfffc) | level, baseOf(d), limitOf(d), attrOf(d) | 1)
  setCpl(level)
  refreshMode()
}

/** CS of real mode. */
export function setRealCs(sel: u32): void {
  setSegment(CS, sel, <u64>sel << 4, limit(CS), (attributes(CS) & (DB | G)) | REAL_CODE)
  refreshMode()
}

/** Load a data segment register (not CS) by selector; 1 with a fault noted. */
export function loadSegment(s: u32, sel: u32): i32 {
  if (!protectedMode()) {
    // limit and D/B stay as protected mode left them
    store<u16>(SEG_SEL + s * 2, <u16>sel)
    store<u64>(SEG_BASE + s * 8, <u64>sel << 4)
    store<u32>(SEG_ATTR + s * 4, (attributes(s) & (DB | G)) | REAL_DATA)
    return 0
  }
  const cpl = load<u32>(CPL)
  if ((sel & 0xfffc) == 0) {
    if (s == SS_ && !(load<u32>(MODE) == 2 && cpl < 3 && (sel & 3) == cpl)) return raise(GP, 0)
    // FS and GS keep nothing of their base on the processors we name in CPUID
    setSegment(s, sel, 0, 0, UNUSABLE | (s == SS_ ? cpl << 5 : 0))
    return 0
  }
  if (!readDescriptor(sel, GP, 0)) return 1
  const attr = attrOf(descriptor)
  const dpl = (attr >> 5) & 3, rpl = sel & 3
  const code = <i32>(sel & 0xfffc)
  if (s == SS_) {
    if (rpl != cpl || dpl != cpl || !(attr & S) || attr & 8 || !(attr & 2)) return raise(GP, code)
    if (!(attr & P)) return raise(SS, code)
  } else {
    if (!(attr & S) || (attr & 8 && !(attr & 2))) return raise(GP, code)
    if ((attr & 0xc) != 0xc && (rpl > dpl || cpl > dpl)) return raise(GP, code)
    if (!(attr & P)) return raise(NP, code)
  }
  touchDescriptor()
  setSegment(s, sel, baseOf(descriptor), limitOf(descriptor), attr | 1)
  return 0
}

/** After a return to an outer level, data segments too privileged for it become null. */
export function dropPrivilegedSegments(): void {
  const cpl = load<u32>(CPL)
  for (let s: u32 = 0; s < 6; s++) {
    if (s == CS || s == SS_) continue
    const attr = attributes(s)
    if (attr & UNUSABLE) continue
    if ((attr & 0xc) != 0xc && ((attr >> 5) & 3) < cpl) setSegment(s, 0, 0, 0, UNUSABLE)
  }
}
