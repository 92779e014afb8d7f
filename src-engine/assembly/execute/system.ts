// System instructions: descriptor-table registers, control and debug registers, MSRs, SYSCALL and SYSENTER, HLT,
// interrupts by software, ports, hypercalls.
// Runs in: the vcpu's thread. Spec: AMD64 manual volumes 2 and 3.
import {
  VCPU, RAX, RCX, RDX, RSP, RIP, CPL, MODE, EFLAGS_REST, SHADOW, ATTENTION, HALTED, CR0, CR2, CR3, CR4, EFER, STAR, LSTAR, CSTAR, SFMASK,
  KERNEL_GS_BASE, PAT, SYSENTER_CS, SYSENTER_ESP, SYSENTER_EIP, TSC_AUX, DR, GDTR_BASE, GDTR_LIMIT, IDTR_BASE, IDTR_LIMIT, MSR_VALUE,
  CPUID_OUT, SEG_BASE, UNKNOWN_RIP, RBX, STEPPING, PLACE, PAUSES,
} from '../generated/layout'
import { dst, imm, ea, put, raise, setRip, ripAt, offsetOf, orderOf, longMode, leaveWith, gpr, setGpr, UD, GP, NM, OF, BP, DB } from '../state'
import { getEflags, setStatus, setEflags, ofSlow, IF, TF, RF, VM, STATUS } from '../flags'
import { readHost, writeHost, done } from '../mmu/access'
import { canonical, PG, WP } from '../mmu/walk'
import { flushTlb, flushPage } from '../mmu/tlb'
import { softwareInterrupt, exception } from './exception'
import { setSegment, setCpl, refreshMode, refreshAccess, segmentBase, CS, SS_, FS, GS } from './descriptor'
import { portAllowed } from './ports'
import { port_in, port_out, rdmsr, wrmsr, tsc, cpuid, mmio_read, mmio_write } from '../imports'

const EXIT_HYPERCALL: i32 = 1, EXIT_HLT: i32 = 2, EXIT_PAUSED: i32 = 8

export function ud(ip: u32, k: u32): i32 { return raise(UD) }
function privileged(): bool {
  if (load<u32>(CPL) == 0) return true
  raise(GP, 0)
  return false
}
function hypercall(): i32 { leaveWith(EXIT_HYPERCALL); store<u32>(ATTENTION, 1); return 0 }

// ---- 0F 01: memory forms by /digit; register forms are other instructions, by the whole ModRM byte ---------------------

function storeTable(ip: u32, base: u64, limit: u32): i32 {
  const wide = load<u32>(MODE) == 2
  const h = writeHost(ea(ip), wide ? 10 : 6, ip)
  if (!h) return 1
  store<u16>(h, <u16>limit)
  if (wide) store<u64>(h, base, 2); else store<u32>(h, <u32>base, 2)
  done(h)
  return 0
}
function loadTable(ip: u32, k: u32, baseAt: u32, limitAt: u32): i32 {
  if (!privileged()) return 1
  const wide = load<u32>(MODE) == 2
  const h = readHost(ea(ip), wide ? 10 : 6, ip)
  if (!h) return 1
  const base: u64 = wide ? load<u64>(h, 2) : k >> 1 == 1 ? <u64>(load<u32>(h, 2) & 0xffffff) : <u64>load<u32>(h, 2)
  if (!canonical(base)) return raise(GP, 0)
  store<u32>(limitAt, <u32>load<u16>(h))
  store<u64>(baseAt, base)
  return 0
}
export function group7_0(ip: u32, k: u32): i32 {
  if (k & 1) return storeTable(ip, load<u64>(GDTR_BASE), load<u32>(GDTR_LIMIT))
  return (load<u32>(ip, 8) & 0xff) == 0xc1 ? hypercall() : raise(UD)
}
export function group7_1(ip: u32, k: u32): i32 { return k & 1 ? storeTable(ip, load<u64>(IDTR_BASE), load<u32>(IDTR_LIMIT)) : raise(UD) }
export function group7_2(ip: u32, k: u32): i32 { return k & 1 ? loadTable(ip, k, GDTR_BASE, GDTR_LIMIT) : raise(UD) }
export function group7_3(ip: u32, k: u32): i32 {
  if (k & 1) return loadTable(ip, k, IDTR_BASE, IDTR_LIMIT)
  return (load<u32>(ip, 8) & 0xff) == 0xd9 ? hypercall() : raise(UD)
}
export function group7_7(ip: u32, k: u32): i32 {
  if (k & 1) {
    if (!privileged()) return 1
    flushPage(ea(ip))
    return 0
  }
  if ((load<u32>(ip, 8) & 0xff) != 0xf8 || load<u32>(MODE) != 2) return raise(UD)
  if (!privileged()) return 1
  const at = SEG_BASE + GS * 8 // SWAPGS
  const was = load<u64>(at)
  store<u64>(at, load<u64>(KERNEL_GS_BASE))
  store<u64>(KERNEL_GS_BASE, was)
  return 0
}
export function smsw(ip: u32, k: u32): i32 {
  if (k & 1) {
    const h = writeHost(ea(ip), 2, ip)
    if (!h) return 1
    store<u16>(h, load<u16>(CR0))
    done(h)
    return 0
  }
  const at = VCPU + <u32>load<u8>(ip, 5)
  if (k >> 1 == 1) store<u16>(at, load<u16>(CR0)); else store<u64>(at, k >> 1 == 2 ? <u64>load<u32>(CR0) : load<u64>(CR0))
  return 0
}
export function lmsw(ip: u32, k: u32): i32 {
  if (!privileged()) return 1
  const h = k & 1 ? readHost(ea(ip), 2, ip) : VCPU + <u32>load<u8>(ip, 5)
  if (!h) return 1
  const v = load<u32>(CR0)
  store<u32>(CR0, (v & ~0xe) | (<u32>load<u16>(h) & 0xf) | (v & 1))
  return 0
}
export function clts(ip: u32, k: u32): i32 {
  if (!privileged()) return 1
  store<u32>(CR0, load<u32>(CR0) & ~8)
  return 0
}
export function invd(ip: u32, k: u32): i32 { return privileged() ? 0 : 1 }
export function clflush(ip: u32, k: u32): i32 { return k & 1 && !readHost(ea(ip), 1, ip) ? 1 : 0 }

// ---- control registers ----------------------------------------------------------------------------------------------------

// The general register is 64 bits wide in 64-bit mode, 32 otherwise, whatever the prefixes say.
function registerValue(at: u32): u64 { return load<u32>(MODE) == 2 ? load<u64>(at) : <u64>load<u32>(at) }

// A number without a register is #UD before the privilege is looked at.
function noControl(ip: u32): bool {
  const n = <u32>load<u8>(ip, 4) >> 3
  return n != 0 && n != 2 && n != 3 && n != 4 && n != 8
}

export function mov_from_cr(ip: u32, k: u32): i32 {
  if (noControl(ip)) return raise(UD)
  if (!privileged()) return 1
  let v: u64
  switch (<u32>load<u8>(ip, 4) >> 3) {
    case 0: { v = load<u64>(CR0); break }
    case 2: { v = load<u64>(CR2); break }
    case 3: { v = load<u64>(CR3); break }
    case 4: { v = load<u64>(CR4); break }
    case 8: { v = mmio_read(0xfee00080, 4) >> 4; break }
    default: return raise(UD)
  }
  store<u64>(VCPU + ((<u32>load<u32>(ip, 8) & 7) << 3) + rmHigh(ip), v)
  return 0
}
// These forms ignore mod: the register is ModRM.rm with REX.B, which the decoder left in src when mod was 3.
function rmHigh(ip: u32): u32 { return (<u32>load<u8>(ip, 5) & 0x40) }
function rmRegister(ip: u32): u32 { return VCPU + ((<u32>load<u32>(ip, 8) & 7) << 3) + rmHigh(ip) }

const CR0_FIXED: u64 = 0x10 // ET
const CR4_ALLOWED: u64 = 0x7bf & ~0x2000 // VME PVI TSD DE PSE PAE PGE PCE OSFXSR OSXMMEXCPT (MCE is hidden but harmless)

export function mov_to_cr(ip: u32, k: u32): i32 {
  if (noControl(ip)) return raise(UD)
  if (!privileged()) return 1
  const v = registerValue(rmRegister(ip))
  switch (<u32>load<u8>(ip, 4) >> 3) {
    case 0: {
      if (v >> 32 || (v & 0x80000000 && !(v & 1)) || (v & 0x20000000 && !(v & 0x40000000))) return raise(GP, 0)
      const old = load<u64>(CR0)
      if ((v ^ old) & PG) {
        if (v & PG) {
          if (load<u32>(EFER) & 0x100) {
            if (!(load<u32>(CR4) & 0x20)) return raise(GP, 0)
            store<u32>(EFER, load<u32>(EFER) | 0x400)
          }
        } else {
          if (load<u32>(MODE) == 2) return raise(GP, 0)
          store<u32>(EFER, load<u32>(EFER) & ~0x400)
        }
      }
      store<u64>(CR0, v | CR0_FIXED)
      if ((v ^ old) & (PG | WP | 1)) flushTlb(false)
      refreshMode()
      refreshAccess()
      return 0
    }
    case 2: { store<u64>(CR2, v); return 0 }
    case 3: {
      if (longMode() && v >> 52) return raise(GP, 0)
      store<u64>(CR3, v)
      flushTlb(true)
      return 0
    }
    case 4: {
      if (v & ~CR4_ALLOWED) return raise(GP, 0)
      if (longMode() && !(v & 0x20)) return raise(GP, 0)
      const old = load<u64>(CR4)
      store<u64>(CR4, v)
      if ((v ^ old) & 0xb0) flushTlb(false) // PSE PAE PGE
      return 0
    }
    case 8: {
      if (v & ~15) return raise(GP, 0)
      mmio_write(0xfee00080, 4, v << 4)
      return 0
    }
  }
  return raise(UD)
}

// ---- debug registers: mmu/watch.ts and boundary.ts look at them ---------------------------------------------

function debugRegister(ip: u32): u32 { // 0 with a fault noted
  let n = <u32>load<u8>(ip, 4) >> 3
  if (n > 7) { raise(UD); return 0 }
  if (n == 4 || n == 5) {
    if (load<u32>(CR4) & 8) { raise(UD); return 0 }
    n += 2
  }
  return DR + n * 8
}
// DR7.GD: any use of the registers traps once, with GD cleared for the handler.
function guarded(): bool {
  if (!(load<u32>(DR + 56) & 0x2000)) return false
  store<u64>(DR + 56, load<u64>(DR + 56) & ~0x2000)
  store<u64>(DR + 48, load<u64>(DR + 48) | 0x2000)
  raise(DB)
  return true
}
export function mov_from_dr(ip: u32, k: u32): i32 {
  const at = debugRegister(ip)
  if (!at || !privileged() || guarded()) return 1
  store<u64>(rmRegister(ip), load<u64>(at))
  return 0
}
export function mov_to_dr(ip: u32, k: u32): i32 {
  const at = debugRegister(ip)
  if (!at || !privileged() || guarded()) return 1
  const v = registerValue(rmRegister(ip))
  if (at >= DR + 48 && v >> 32) return raise(GP, 0)
  store<u64>(at, at == DR + 48 ? (v & 0xe00f) | 0xffff0ff0 : at == DR + 56 ? (v & ~0xd800) | 0x400 : v)
  refreshAccess()
  store<u32>(ATTENTION, 1)
  return 0
}

// ---- MSRs, CPUID, TSC ------------------------------------------------------------------------------------------------------

function msrSlot(n: u32): u32 {
  switch (n) {
    case 0x174: return SYSENTER_CS
    case 0x175: return SYSENTER_ESP
    case 0x176: return SYSENTER_EIP
    case 0x277: return PAT
    case 0xc0000081: return STAR
    case 0xc0000082: return LSTAR
    case 0xc0000083: return CSTAR
    case 0xc0000084: return SFMASK
    case 0xc0000100: return SEG_BASE + FS * 8
    case 0xc0000101: return SEG_BASE + GS * 8
    case 0xc0000102: return KERNEL_GS_BASE
  }
  return 0
}
const EFER_ALLOWED: u64 = 0x200d01 // SCE LME LMA NXE, and AIBRSE, which does nothing: CPUID says that there is nothing to do

export function rdmsr_(ip: u32, k: u32): i32 {
  if (!privileged()) return 1
  const n = load<u32>(RCX)
  const at = n == 0xc0000080 ? EFER : msrSlot(n)
  if (!at) {
    store<i32>(PLACE, orderOf(ip))
    const known = rdmsr(n)
    store<i32>(PLACE, 0)
    if (!known) return raise(GP, 0)
  }
  const v = load<u64>(at ? at : MSR_VALUE)
  store<u64>(RAX, v & 0xffffffff)
  store<u64>(RDX, v >> 32)
  return 0
}
export function wrmsr_(ip: u32, k: u32): i32 {
  if (!privileged()) return 1
  const n = load<u32>(RCX)
  const v = <u64>load<u32>(RAX) | (<u64>load<u32>(RDX) << 32)
  if (n == 0xc0000080) {
    const old = load<u64>(EFER)
    if (v & ~EFER_ALLOWED || (load<u32>(CR0) & PG && (v ^ old) & 0x100)) return raise(GP, 0)
    store<u64>(EFER, (v & ~0x400) | (old & 0x400))
    if ((v ^ old) & 0x800) flushTlb(false)
    return 0
  }
  const at = msrSlot(n)
  if (at) {
    if ((n == 0xc0000100 || n == 0xc0000101 || n == 0xc0000102 || n == 0xc0000082 || n == 0xc0000083 || n == 0x175 || n == 0x176) && !canonical(v)) return raise(GP, 0)
    if (n == 0x277) {
      for (let i: u64 = 0; i < 64; i += 8) { const t = (v >> i) & 0xff; if (t > 7 || t == 2 || t == 3) return raise(GP, 0) }
    }
    store<u64>(at, v)
    return 0
  }
  store<u64>(MSR_VALUE, v)
  return wrmsr(n) ? 0 : raise(GP, 0)
}
export function rdtsc(ip: u32, k: u32): i32 {
  if (load<u32>(CR4) & 4 && load<u32>(CPL)) return raise(GP, 0)
  store<i32>(PLACE, orderOf(ip))
  const v = tsc()
  store<i32>(PLACE, 0)
  store<u64>(RAX, v & 0xffffffff)
  store<u64>(RDX, v >> 32)
  return 0
}
export function cpuid_(ip: u32, k: u32): i32 {
  cpuid(load<i32>(RAX), load<i32>(RCX))
  store<u64>(RAX, <u64>load<u32>(CPUID_OUT)); store<u64>(RBX, <u64>load<u32>(CPUID_OUT, 4))
  store<u64>(RCX, <u64>load<u32>(CPUID_OUT, 8)); store<u64>(RDX, <u64>load<u32>(CPUID_OUT, 12))
  return 0
}

// ---- SYSCALL, SYSENTER -----------------------------------------------------------------------------------------------------

const FLAT_CODE: u32 = 0x9b, FLAT_DATA: u32 = 0x93, GRANULAR: u32 = 0x800, BIG: u32 = 0x400, LONG: u32 = 0x200

export function syscall(ip: u32, k: u32): i32 {
  if (!(load<u32>(EFER) & 1)) return raise(UD)
  const star = load<u64>(STAR)
  const sel = <u32>(star >> 32) & 0xfffc
  const next = ripAt(load<i32>(ip, 20))
  if (!longMode()) {
    store<u64>(RCX, next)
    setSegment(CS, sel, 0, 0xffffffff, FLAT_CODE | GRANULAR | BIG)
    setSegment(SS_, sel + 8, 0, 0xffffffff, FLAT_DATA | GRANULAR | BIG)
    store<u32>(EFLAGS_REST, load<u32>(EFLAGS_REST) & ~(IF | RF | VM))
    setCpl(0); refreshMode()
    setRip(star & 0xffffffff)
    return 1
  }
  const flags = getEflags() & ~RF
  const from64 = load<u32>(MODE) == 2
  store<u64>(RCX, next)
  store<u64>(VCPU + 11 * 8, <u64>flags)
  setSegment(CS, sel, 0, 0xffffffff, FLAT_CODE | GRANULAR | LONG)
  setSegment(SS_, sel + 8, 0, 0xffffffff, FLAT_DATA | GRANULAR | BIG)
  setCpl(0); refreshMode()
  setEflags(flags & ~load<u32>(SFMASK) & ~RF)
  store<u32>(ATTENTION, 1)
  setRip(load<u64>(from64 ? LSTAR : CSTAR))
  return 1
}
export function sysret(ip: u32, k: u32): i32 {
  if (!(load<u32>(EFER) & 1)) return raise(UD)
  if (!privileged()) return 1
  const sel = <u32>(load<u64>(STAR) >> 48)
  const wide = k >> 1 == 3
  if (longMode()) {
    setEflags(<u32>load<u64>(VCPU + 11 * 8) & 0x3c7fd7)
    if (wide) setSegment(CS, (sel + 16) | 3, 0, 0xffffffff, 0xfb | GRANULAR | LONG)
    else setSegment(CS, sel | 3, 0, 0xffffffff, 0xfb | GRANULAR | BIG)
  } else {
    store<u32>(EFLAGS_REST, load<u32>(EFLAGS_REST) | IF)
    setSegment(CS, sel | 3, 0, 0xffffffff, 0xfb | GRANULAR | BIG)
  }
  setSegment(SS_, (sel + 8) | 3, 0, 0xffffffff, 0xf3 | GRANULAR | BIG)
  setCpl(3); refreshMode()
  store<u32>(ATTENTION, 1)
  setRip(wide ? load<u64>(RCX) : <u64>load<u32>(RCX))
  return 1
}
// AMD processors have SYSENTER in legacy mode only.
export function sysenter(ip: u32, k: u32): i32 {
  if (longMode()) return raise(UD)
  const sel = load<u32>(SYSENTER_CS) & 0xfffc
  if (sel == 0) return raise(GP, 0)
  setSegment(CS, sel, 0, 0xffffffff, FLAT_CODE | GRANULAR | BIG)
  setSegment(SS_, sel + 8, 0, 0xffffffff, FLAT_DATA | GRANULAR | BIG)
  store<u32>(EFLAGS_REST, load<u32>(EFLAGS_REST) & ~(IF | RF | VM))
  setCpl(0); refreshMode()
  store<u64>(RSP, <u64>load<u32>(SYSENTER_ESP))
  setRip(<u64>load<u32>(SYSENTER_EIP))
  return 1
}
export function sysexit(ip: u32, k: u32): i32 {
  if (!privileged()) return 1
  if (longMode()) return raise(UD)
  const sel = load<u32>(SYSENTER_CS) & 0xfffc
  if (sel == 0) return raise(GP, 0)
  setSegment(CS, (sel + 16) | 3, 0, 0xffffffff, 0xfb | GRANULAR | BIG)
  setSegment(SS_, (sel + 24) | 3, 0, 0xffffffff, 0xf3 | GRANULAR | BIG)
  setCpl(3); refreshMode()
  store<u64>(RSP, <u64>load<u32>(RCX))
  setRip(<u64>load<u32>(RDX))
  return 1
}

// ---- interrupts --------------------------------------------------------------------------------------------------------------

export function hlt(ip: u32, k: u32): i32 {
  if (!privileged()) return 1
  store<u32>(HALTED, 1)
  leaveWith(EXIT_HLT)
  store<u32>(ATTENTION, 1)
  return 0
}
const PAUSES_MOST: u32 = 400
/** PAUSE where there are several vcpus: after many in one run() the vcpu's thread gives way. */
export function pause(ip: u32, k: u32): i32 {
  const n = load<u32>(PAUSES) + 1
  store<u32>(PAUSES, n)
  if (n == PAUSES_MOST) leaveWith(EXIT_PAUSED)
  setRip(ripAt(load<i32>(ip, 20)))
  return 1
}
export function cli(ip: u32, k: u32): i32 {
  if (load<u32>(CPL) > (load<u32>(EFLAGS_REST) >> 12 & 3)) return raise(GP, 0)
  store<u32>(EFLAGS_REST, load<u32>(EFLAGS_REST) & ~IF)
  return 0
}
export function sti(ip: u32, k: u32): i32 {
  const rest = load<u32>(EFLAGS_REST)
  if (load<u32>(CPL) > (rest >> 12 & 3)) return raise(GP, 0)
  if (!(rest & IF)) { store<u32>(SHADOW, 1); store<u32>(ATTENTION, 1) }
  store<u32>(EFLAGS_REST, rest | IF)
  return 0
}
function software(ip: u32, vector: i32): i32 {
  store<u32>(STEPPING, 0) // the gate clears TF, and no single-step trap follows
  setRip(ripAt(load<i32>(ip, 20)))
  softwareInterrupt(vector, ripAt(offsetOf(ip)))
  store<u32>(ATTENTION, 1)
  return 1
}
export function int3(ip: u32, k: u32): i32 { return software(ip, BP) }
export function int_n(ip: u32, k: u32): i32 { return software(ip, imm(ip)) }
export function into(ip: u32, k: u32): i32 { return ofSlow() ? software(ip, OF) : 0 }
// ICEBP: a trap like a breakpoint's, for which the gate's privilege does not count.
export function int1(ip: u32, k: u32): i32 {
  store<u32>(STEPPING, 0)
  setRip(ripAt(load<i32>(ip, 20)))
  exception(DB, 0)
  return 1
}

// ---- ports ---------------------------------------------------------------------------------------------------------------------

function portIn(port: u32, k: u32): i32 {
  const size: u32 = 1 << (k >> 1)
  if (!portAllowed(port, size)) return 1
  const v = port_in(port, size)
  if (size == 4) store<u64>(RAX, <u64><u32>v); else if (size == 2) store<u16>(RAX, <u16>v); else store<u8>(RAX, <u8>v)
  return 0
}
function portOut(port: u32, k: u32): i32 {
  const size: u32 = 1 << (k >> 1)
  if (!portAllowed(port, size)) return 1
  port_out(port, size, size == 4 ? load<i32>(RAX) : size == 2 ? <i32>load<u16>(RAX) : <i32>load<u8>(RAX))
  return 0
}
export function in_imm(ip: u32, k: u32): i32 { return portIn(<u32>imm(ip), k) }
export function in_dx(ip: u32, k: u32): i32 { return portIn(<u32>load<u16>(RDX), k) }
export function out_imm(ip: u32, k: u32): i32 { return portOut(<u32>imm(ip), k) }
export function out_dx(ip: u32, k: u32): i32 { return portOut(<u32>load<u16>(RDX), k) }
