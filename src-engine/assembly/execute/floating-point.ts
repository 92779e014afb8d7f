// Where x87, MMX and SSE meet the decoder: CR0 and CR4 checks, operand addresses, alignment, results. The arithmetic is
// in assembly/fpu and execute/{mmx,sse-*}.ts; fpu/README.md has the contract.
// Runs in: the vcpu's thread.
import {
  VCPU, RAX, RDI, CR0, CR4, XMM, FPU_ST, MXCSR, STAGING, SEG_SEL, MODE,
} from '../generated/layout'
import { SSE_ROWS, KIND_V, KIND_W, KIND_U, KIND_P, KIND_Q, KIND_N, KIND_G, KIND_R, KIND_E, KIND_M } from '../generated/tables'
import { sse_execute } from '../generated/sse-dispatch'
import { ea, imm, raise, ripAt, offsetOf, UD, NM, GP } from '../state'
import { setStatus, getEflags, STATUS } from '../flags'
import { readHost, writeHost, done, STAGED_BELOW } from '../mmu/access'
import { x87_mem_size, x87_execute, x87_commit, x87_wait, X87_IP, X87_DP, X87_CS, X87_DS, X87_EFLAGS } from '../fpu/x87'
import { fxsave as fxsaveTo, fxrstor as fxrstorFrom } from '../fpu/env'

const EM: u32 = 4, TS: u32 = 8, MP: u32 = 2, OSFXSR: u32 = 0x200

function fault(code: i32): i32 { return raise(code & 0xff, 0) }

/** 1 with #UD or #NM noted when SSE must not be used. */
function refused(mmx: bool): bool {
  if (load<u32>(CR0) & EM || (!mmx && !(load<u32>(CR4) & OSFXSR))) { raise(UD); return true }
  if (load<u32>(CR0) & TS) { raise(NM); return true }
  return false
}

function registerOf(kind: u32, n: u32): u32 {
  if (kind == KIND_V || kind == KIND_W || kind == KIND_U) return XMM + n * 16
  if (kind == KIND_P || kind == KIND_Q || kind == KIND_N) return FPU_ST + (n & 7) * 16
  return VCPU + n * 8
}
function byReg(kind: u32): bool { return kind == KIND_V || kind == KIND_P || kind == KIND_G }

export function sse(ip: u32, k: u32): i32 {
  const info = <u32>imm(ip)
  const row = SSE_ROWS + ((info >> 8) & 0xfff) * 12
  const special = <u32>load<u8>(row, 8)
  const first = <u32>load<u8>(row, 6), second = <u32>load<u8>(row, 7)
  if (special & 32) return 0
  const onlyMmx = (special & 1) != 0 && first != KIND_V && second != KIND_W && second != KIND_U && first != KIND_W
  if (refused(onlyMmx)) return 1
  if (special & 1) { // a pending x87 exception comes before faults of the operand
    const pending = x87_wait()
    if (pending) return fault(pending)
  }
  const reg = <u32>load<u8>(ip, 4), rm = <u32>load<u8>(ip, 5)
  const size = <u32>load<u8>(row, 3)
  let h: u32 = 0
  let stored = false
  if (k & 1) {
    const at = ea(ip)
    if (load<u8>(row, 2) & 8 && <u32>at & 15) return raise(GP, 0)
    stored = !byReg(first) && (first == KIND_W || first == KIND_Q || first == KIND_E || first == KIND_M) && !(second == 15 && !(special & 16))
    h = stored ? writeHost(at, size, ip) : readHost(at, size, ip)
    if (!h) return 1
  }
  const d = byReg(first) ? registerOf(first, reg) : k & 1 && !(first == KIND_U || first == KIND_N || first == KIND_R) ? h : registerOf(first, rm)
  const s = second == 15 ? 0 : byReg(second) ? registerOf(second, reg) : k & 1 ? h : registerOf(second, rm)
  const r = sse_execute(<i32>load<u16>(row, 4), d, s, <i32>(info & 0xff))
  if (special & 8) {
    if (special & 1 && r & 0x100) return fault(r)
    const mask: u64 = info >> 21 & 3 ? (info >> 21 & 3) == 2 ? ~0 : 0xffffffff : 0xffff
    // all bytes are probed, also those that are not written
    for (let i: u32 = 0; i < size; i += 8) if (!writeHost((load<u64>(RDI) + i) & mask, 8, 0)) return 1
    for (let i: u32 = 0; i < 16; i++) {
      if (!(r >> i & 1)) continue
      const g = writeHost((load<u64>(RDI) + i) & mask, 1, 0)
      if (!g) return 1
      store<u8>(g, load<u8>(d + i))
      done(g)
    }
    return 0
  }
  if (r & 0x100) return fault(r)
  if (special & 4) setStatus(<u32>r)
  if (stored) done(h)
  return 0
}

/** FNSTENV FNSTCW FNSAVE FNSTSW: memory forms that do not look for pending exceptions. */
function withoutWait(op: u32, reg: u32): bool { return (op == 0xd9 || op == 0xdd) && reg >= 6 }

export function x87(ip: u32, k: u32): i32 {
  if (load<u32>(CR0) & (EM | TS)) return raise(NM)
  const op = 0xd8 + <u32>load<u8>(ip, 4), modrm = <u32>load<u8>(ip, 5)
  const short = imm(ip)
  const bytes = k & 1 ? x87_mem_size(op, modrm, short) : 0
  if (bytes && !withoutWait(op, modrm >> 3 & 7)) { // a pending exception comes before faults of the operand
    const pending = x87_wait()
    if (pending) return fault(pending)
  }
  let h: u32 = 0
  let at: u64 = 0
  if (k & 1) at = ea(ip)
  // ten bytes are eight and two
  if (bytes == 10 && !readHost(at, 8, ip)) return 1
  if (bytes == -10 && !writeHost(at, 8, ip)) return 1
  if (bytes > 0) { h = readHost(at, bytes, ip); if (!h) return 1 }
  else if (bytes < 0) { h = writeHost(at, -bytes, ip); if (!h) return 1 }
  store<u64>(X87_IP, ripAt(offsetOf(ip)))
  store<u64>(X87_DP, at)
  store<u16>(X87_CS, load<u16>(SEG_SEL + 2))
  store<u16>(X87_DS, load<u16>(SEG_SEL + 6))
  if (!(k & 1)) store<u32>(X87_EFLAGS, getEflags())
  // A staged operand lies in SCRATCH, where the function keeps its own variables: it works on STAGING then.
  const staged = bytes != 0 && h < STAGED_BELOW
  if (staged) {
    if (bytes > 0) memory.copy(STAGING, h, bytes)
  }
  const r = x87_execute(op, modrm, staged ? STAGING : h, short)
  if (r & 0x100) return fault(r)
  if (r & 0x1000) setStatus(<u32>r & 0x45)
  if (r & 0x2000) store<u16>(RAX, <u16>(r >> 16))
  if (bytes < 0 && r == 0) {
    if (staged) memory.copy(h, STAGING, -bytes)
    done(h)
    x87_commit()
  }
  return 0
}

export function fwait(ip: u32, k: u32): i32 {
  if ((load<u32>(CR0) & (MP | TS)) == (MP | TS)) return raise(NM)
  const r = x87_wait()
  return r ? fault(r) : 0
}

// FXSAVE and FXRSTOR: 416 bytes count, in 16-byte pieces so that a page crossing needs no staging.
const IMAGE: u32 = 416
export function fxsave(ip: u32, k: u32): i32 {
  if (!(k & 1) || load<u32>(CR0) & EM) return raise(UD)
  if (load<u32>(CR0) & TS) return raise(NM)
  const at = ea(ip)
  if (<u32>at & 15) return raise(GP, 0)
  if (!writeHost(at, 16, ip) || !writeHost(at + 496, 16, ip)) return 1
  fxsaveTo(STAGING, k >> 1 == 3, load<u32>(MODE) == 2)
  for (let i: u32 = 0; i < IMAGE; i += 16) {
    const h = writeHost(at + i, 16, ip)
    memory.copy(h, STAGING + i, 16)
    done(h)
  }
  return 0
}
export function fxrstor(ip: u32, k: u32): i32 {
  if (!(k & 1) || load<u32>(CR0) & EM) return raise(UD)
  if (load<u32>(CR0) & TS) return raise(NM)
  const at = ea(ip)
  if (<u32>at & 15) return raise(GP, 0)
  for (let i: u32 = 0; i < IMAGE; i += 16) {
    const h = readHost(at + i, 16, ip)
    if (!h) return 1
    memory.copy(STAGING + i, h, 16)
  }
  const r = fxrstorFrom(STAGING, k >> 1 == 3, load<u32>(MODE) == 2)
  return r ? fault(r) : 0
}
export function ldmxcsr(ip: u32, k: u32): i32 {
  if (refused(false)) return 1
  const h = readHost(ea(ip), 4, ip)
  if (!h) return 1
  const v = load<u32>(h)
  if (v & 0xffff0000) return raise(GP, 0)
  store<u32>(MXCSR, v)
  return 0
}
export function stmxcsr(ip: u32, k: u32): i32 {
  if (refused(false)) return 1
  const h = writeHost(ea(ip), 4, ip)
  if (!h) return 1
  store<u32>(h, load<u32>(MXCSR))
  done(h)
  return 0
}
