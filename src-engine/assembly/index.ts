// The CPU core: what the vcpu's thread calls. See vcpu/core-interface.ts.
// Runs in: the vcpu's thread.
import { EFLAGS_REST, SHADOW, CPL, DTLB, CODE_NEXT } from './generated/layout'
import { IF, getEflags, setEflags } from './flags'
import { flushTlb } from './mmu/tlb'
import { peek } from './mmu/walk'
import { flushCode, dropCode, dropAllCode } from './decode/cache'
import { setCpl, refreshMode, refreshAccess } from './execute/descriptor'

export { lockCode as lock_code, unlockCode as unlock_code } from './several'
export { run } from './generated/dispatch'
export { inject, inject_nmi } from './execute/exception'
export { cold } from './generated/dispatch'
export { sse_execute } from './generated/sse-dispatch'
export { region_read, region_write, region_update, region_pushes, region_pops, region_stored, settle_flags, set_sampling } from './execute/translated'
export { region_x87, region_x87_read, region_x87_write, region_x87_add, region_x87_multiply, region_x87_divide, region_x87_order } from './execute/translated-x87'

export function interruptible(): i32 { return load<u32>(EFLAGS_REST) & IF && !load<u32>(SHADOW) ? 1 : 0 }
export function translate(va: u64, write: i32): u32 { return peek(va, write) }
/** After a change of the p2m, or of registers that decide the mode. */
export function flush_tlb(): void {
  setCpl(load<u32>(CPL))
  refreshMode()
  flushTlb(false)
}
export function invalidate_page(mfn: u32): void { if (load<u32>(CODE_NEXT)) dropCode(mfn << 12) }
/** Drops all decoded code, with several vcpus that of all of them. */
export function drop_code(): void { if (load<u32>(CODE_NEXT)) dropAllCode() }
/** Forget all decoded code (after a restore, or for a fresh vcpu). */
export function flush_code(): void { flushCode() }
export function get_eflags(): u32 { return getEflags() }
/** With AC alignment checks may begin or end. */
export function set_eflags(v: u32): void {
  setEflags(v)
  refreshAccess()
}
