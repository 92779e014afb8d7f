// x87 for regions (src-engine/jit/x87.ts): what is left of an instruction once the region has made sure that x87 may be used and no
// exception waits, found its operand, and noted the pointers.
// Runs in: the vcpu's thread.
import { FPU_CW, STAGING } from '../generated/layout'
import { STAGED_BELOW } from '../mmu/access'
import { x87_commit, x87_read, x87_register, x87_write } from '../fpu/x87'
import { add, divide, multiply, quickOrder, usual } from '../fpu/quick'
import { setStatus, statusWord } from '../fpu/state'

/** `what`: the opcode, shifted by 8, and ModRM. FCOMI and kin give 0x1000 and the flags. */
export function region_x87(what: u32): i32 { return x87_register(what >> 8, what & 0xff) }

/** An operand in SCRATCH, where x87 keeps its own variables, is worked on in STAGING. */
export function region_x87_read(what: u32, host: u32): void {
  let from = host
  if (host < STAGED_BELOW) {
    memory.copy(STAGING, host, 16)
    from = STAGING
  }
  if (what >> 8 != 0xd9 || (what >> 3 & 7) != 5) {
    x87_read(what >> 8, what & 0xff, from)
    return
  }
  store<u16>(FPU_CW, load<u16>(from) & 0x1f7f | 0x40)
  setStatus(statusWord())
}

/** 0, or 1 when an exception that is not masked keeps the operand from being stored. */
export function region_x87_write(what: u32, host: u32): i32 {
  const staged = host < STAGED_BELOW
  const r = x87_write(what >> 8, what & 0xff, staged ? STAGING : host)
  if (r) return 1
  if (staged) memory.copy(host, STAGING, 16)
  x87_commit()
  return 0
}

// The usual case on values, of registers that are full: 0 when it is not that, and nothing has been done.
export function region_x87_add(seA: u32, sigA: u64, seB: u32, sigB: u64, to: u32): i32 { return <i32>(usual() && add(seA, sigA, seB, sigB, to)) }
export function region_x87_multiply(seA: u32, sigA: u64, seB: u32, sigB: u64, to: u32): i32 {
  return <i32>(usual() && multiply(seA, sigA, seB, sigB, to))
}
export function region_x87_divide(seA: u32, sigA: u64, seB: u32, sigB: u64, to: u32): i32 {
  return <i32>(usual() && divide(seA, sigA, seB, sigB, to))
}
export function region_x87_order(seA: u32, sigA: u64, seB: u32, sigB: u64): i32 { return quickOrder(seA, sigA, seB, sigB) }
