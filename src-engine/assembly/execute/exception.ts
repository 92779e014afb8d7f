// Delivery of exceptions and interrupts through the IDT: gates of 32-bit protected mode and of long mode, stack
// switches by TSS and IST, error codes, double and triple faults.
// Invariant: nothing of the guest's register state changes before all pushes have succeeded.
// Runs in: the vcpu's thread. Spec: AMD64 manual volume 2, chapter 8.
import {
  IDTR_BASE, IDTR_LIMIT, RIP, RSP, CPL, FAULT, FAULT_CODE, EFLAGS_REST, SHADOW, MODE, NMI_BLOCKED, HALTED, ATTENTION,
} from '../generated/layout'
import { raise, longMode, protectedMode, leaveWith, setRip, DF, GP, NP, PF, TS, SS, DE } from '../state'
import { getEflags, TF, IF, NT, RF, VM } from '../flags'
import { systemRead, systemWrite, done } from '../mmu/access'
import { several, enterRun, leaveRun } from '../several'
import {
  readDescriptor, descriptor, attrOf, setCs, setRealCs, setSegment, selector, attributes, segmentBase, limit, baseOf, limitOf, touchDescriptor,
  CS, SS_, TR, UNUSABLE, P, S, L, DB,
} from './descriptor'

export const EXCEPTION: u32 = 0, SOFTWARE: u32 = 1, EXTERNAL: u32 = 2
const EXIT_SHUTDOWN: i32 = 3

// A stack being filled. Transient.
let sp: u64 = 0
let spMask: u64 = 0
let spBase: u64 = 0

function push(v: u64, size: u32): bool {
  sp = (sp & ~spMask) | ((sp - size) & spMask)
  const h = systemWrite(spBase + (sp & spMask), size)
  if (!h) return false
  if (size == 8) store<u64>(h, v); else if (size == 4) store<u32>(h, <u32>v); else store<u16>(h, <u16>v)
  done(h)
  return true
}

/** Through the table of far pointers at the IDT's base. */
function deliverReal(vector: i32): bool {
  if (<u32>vector * 4 + 3 > load<u32>(IDTR_LIMIT)) { raise(GP, 0); return false }
  const h = systemRead(load<u64>(IDTR_BASE) + <u64>(vector * 4), 4)
  if (!h) return false
  const pointer = load<u32>(h)
  sp = load<u64>(RSP); spMask = attributes(SS_) & DB ? 0xffffffff : 0xffff; spBase = segmentBase(SS_)
  if (!push(<u64>getEflags(), 2) || !push(<u64>selector(CS), 2) || !push(load<u64>(RIP), 2)) return false
  store<u64>(RSP, sp)
  setRealCs(pointer >> 16)
  setRip(<u64>(pointer & 0xffff))
  store<u32>(EFLAGS_REST, load<u32>(EFLAGS_REST) & ~(TF | IF | RF))
  store<u32>(SHADOW, 0)
  return true
}

/** Enter the handler of a vector. False with the fault that prevented it noted. */
function deliver(vector: i32, kind: u32, hasCode: bool, code: i32, resume: bool = false): bool {
  if (!protectedMode()) return deliverReal(vector)
  const ext: i32 = kind == SOFTWARE ? 0 : 1
  const long = longMode()
  const gateCode = vector * 8 + 2 + ext
  const width: u32 = long ? 16 : 8
  if (<u32>vector * width + width - 1 > load<u32>(IDTR_LIMIT)) { raise(GP, gateCode); return false }
  const at = load<u64>(IDTR_BASE) + <u64>(<u32>vector * width)
  let h = systemRead(at, 8)
  if (!h) return false
  const low = load<u64>(h)
  let offset = (low & 0xffff) | ((low >> 32) & 0xffff0000)
  if (long) {
    h = systemRead(at + 8, 8)
    if (!h) return false
    offset |= load<u64>(h) << 32
  }
  const type = <u32>(low >> 40) & 0x1f
  const wide: u32 = long ? 8 : type & 8 ? 4 : 2
  if (type != 0xe && type != 0xf && (long || (type != 6 && type != 7))) { raise(GP, gateCode); return false }
  const cpl = load<u32>(CPL)
  if (kind == SOFTWARE && (<u32>(low >> 45) & 3) < cpl) { raise(GP, gateCode); return false }
  if (!(low >> 47 & 1)) { raise(NP, gateCode); return false }
  const sel = <u32>(low >> 16) & 0xffff
  if ((sel & 0xfffc) == 0) { raise(GP, ext); return false }
  if (!readDescriptor(sel, GP, ext)) return false
  const d = descriptor
  const attr = attrOf(d)
  const dpl = (attr >> 5) & 3
  const selCode = <i32>(sel & 0xfffc) | ext
  if (!(attr & S) || !(attr & 8) || dpl > cpl) { raise(GP, selCode); return false }
  if (long && (!(attr & L) || attr & DB)) { raise(GP, selCode); return false }
  if (!(attr & P)) { raise(NP, selCode); return false }
  const level = attr & 4 ? cpl : dpl
  const ist = long ? <u32>(low >> 32) & 7 : 0
  const oldSp = load<u64>(RSP)
  const oldSs = selector(SS_)
  let newSs: u32 = oldSs
  let ssDescriptor: u64 = 0
  const inward = level < cpl
  if (long) {
    if (ist || inward) {
      const slotAt: u32 = ist ? 0x24 + (ist - 1) * 8 : 4 + level * 8
      if (slotAt + 7 > limit(TR)) { raise(TS, <i32>(selector(TR) & 0xfffc) | ext); return false }
      h = systemRead(segmentBase(TR) + slotAt, 8)
      if (!h) return false
      sp = load<u64>(h)
    } else sp = oldSp
    sp &= ~0xf
    spMask = ~0; spBase = 0
    newSs = level
  } else if (inward) {
    const slotAt: u32 = 4 + level * 8
    if (slotAt + 5 > limit(TR)) { raise(TS, <i32>(selector(TR) & 0xfffc) | ext); return false }
    h = systemRead(segmentBase(TR) + slotAt, 4)
    if (!h) return false
    sp = <u64>load<u32>(h)
    h = systemRead(segmentBase(TR) + slotAt + 4, 2)
    if (!h) return false
    newSs = <u32>load<u16>(h)
    const ssCode = <i32>(newSs & 0xfffc) | ext
    if ((newSs & 0xfffc) == 0) { raise(TS, ext); return false }
    if (!readDescriptor(newSs, TS, ext)) return false
    ssDescriptor = descriptor
    const sa = attrOf(ssDescriptor)
    if ((newSs & 3) != level || ((sa >> 5) & 3) != level || !(sa & S) || sa & 8 || !(sa & 2)) { raise(TS, ssCode); return false }
    if (!(sa & P)) { raise(SS, ssCode); return false }
    spMask = sa & DB ? 0xffffffff : 0xffff
    spBase = baseOf(ssDescriptor)
  } else {
    sp = oldSp
    spMask = attributes(SS_) & DB ? 0xffffffff : 0xffff
    spBase = segmentBase(SS_)
  }
  // Faults push RF set, so that a breakpoint on the instruction is not taken again.
  let image = <u64>getEflags()
  if (resume || (kind == EXCEPTION && vector != 1 && vector != 3 && vector != 4)) image |= RF
  if (long || inward) {
    if (!push(<u64>oldSs, wide) || !push(oldSp, wide)) return false
  }
  if (!push(image, wide) || !push(<u64>selector(CS), wide) || !push(load<u64>(RIP), wide)) return false
  if (hasCode && !push(<u64><u32>code, wide)) return false
  setCs(sel, d, level)
  if (long) {
    if (inward) setSegment(SS_, newSs, 0, 0, UNUSABLE | (level << 5))
    store<u64>(RSP, sp)
  } else {
    if (inward) setSegment(SS_, newSs, baseOf(ssDescriptor), limitOf(ssDescriptor), attrOf(ssDescriptor) | 1)
    store<u64>(RSP, inward ? sp & 0xffffffff : (oldSp & ~spMask & 0xffffffff) | (sp & spMask))
  }
  setRip(wide == 2 ? offset & 0xffff : offset)
  let rest = load<u32>(EFLAGS_REST) & ~(TF | NT | RF | VM)
  if (!(type & 1)) rest &= ~IF
  store<u32>(EFLAGS_REST, rest)
  store<u32>(SHADOW, 0)
  return true
}

function contributory(v: i32): bool { return v == DE || v == TS || v == NP || v == SS || v == GP }
function hasErrorCode(v: i32): bool { return v == DF || v == TS || v == NP || v == SS || v == GP || v == PF || v == 17 }

/** Deliver an exception (`resume`: an instruction breakpoint, whose handler returns with RF set), turning faults on the way into double faults and shutdown. RIP says where it returns. */
export function exception(vector: i32, code: i32, resume: bool = false): void {
  let v = vector, c = code
  for (let depth = 0; depth < 8; depth++) {
    if (deliver(v, EXCEPTION, hasErrorCode(v), c, resume)) return
    const nested = load<i32>(FAULT) & 0xff
    const nestedCode = load<i32>(FAULT_CODE)
    store<i32>(FAULT, 0)
    if (v == DF) break
    if ((contributory(v) && contributory(nested)) || (v == PF && (nested == PF || contributory(nested)))) { v = DF; c = 0 }
    else { v = nested; c = nestedCode }
  }
  leaveWith(EXIT_SHUTDOWN)
}

/** INT n, INT3, INTO: RIP is already past the instruction; on a fault it is put back to `restart`. */
export function softwareInterrupt(vector: i32, restart: u64): void {
  const next = load<u64>(RIP)
  if (deliver(vector, SOFTWARE, false, 0)) return
  store<u64>(RIP, restart)
  const nested = load<i32>(FAULT) & 0xff
  store<i32>(FAULT, 0)
  exception(nested, load<i32>(FAULT_CODE))
}

/** An external interrupt between instructions. The caller has seen that interrupts are enabled. */
export function inject(vector: i32): void {
  if (several()) enterRun()
  external(vector)
  if (several()) leaveRun()
}

function external(vector: i32): void {
  store<u32>(HALTED, 0)
  if (deliver(vector, EXTERNAL, false, 0)) return
  const nested = load<i32>(FAULT) & 0xff
  store<i32>(FAULT, 0)
  exception(nested, load<i32>(FAULT_CODE))
}

export function inject_nmi(): void {
  store<u32>(NMI_BLOCKED, 1)
  inject(2)
}
