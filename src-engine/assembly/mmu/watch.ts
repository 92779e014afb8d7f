// Data accesses that have to be looked at one by one: data breakpoints (DR0-DR3 with DR7) and alignment checks (CR0.AM
// with EFLAGS.AC at CPL 3). While any is armed the data TLB in force is TLB_CHECKED, which is always empty, so every access
// comes through mmu/access.ts and asks here; otherwise they cost nothing.
// Runs in: the vcpu's thread. Spec: AMD64 manual volume 2, 13.1 and 8.2.18.
import { DR, BREAKS, CPL, CR0, EFLAGS_REST, ATTENTION } from '../generated/layout'
import { raise, AC } from '../state'

const DR7: u32 = DR + 56

/** Is a data breakpoint enabled? */
export function watching(): bool {
  const dr7 = load<u32>(DR7)
  if (!(dr7 & 0xff)) return false
  for (let i: u32 = 0; i < 4; i++) if ((dr7 >> (i * 2)) & 3 && (dr7 >> (16 + i * 4)) & 1) return true
  return false
}

/** Look at an access; false with #AC noted. Breakpoints hit are remembered until the instruction is done. */
export function look(va: u64, size: u32, write: bool): bool {
  if (load<u32>(CPL) == 3 && load<u32>(CR0) & 0x40000 && load<u32>(EFLAGS_REST) & 0x40000) {
    const mask: u32 = size == 10 ? 7 : size <= 8 ? size - 1 : 0
    if (<u32>va & mask) { raise(AC, 0); return false }
  }
  const dr7 = load<u32>(DR7)
  if (!(dr7 & 0xff)) return true
  for (let i: u32 = 0; i < 4; i++) {
    const kind = (dr7 >> (16 + i * 4)) & 3 // 1 writes, 3 reads and writes
    if (!((dr7 >> (i * 2)) & 3) || !(kind & 1) || (kind == 1 && !write)) continue
    const length = (dr7 >> (18 + i * 4)) & 3
    const bytes: u64 = length == 0 ? 1 : length == 1 ? 2 : length == 2 ? 8 : 4
    const at = load<u64>(DR + i * 8) & ~(bytes - 1)
    if (va < at + bytes && va + size > at) { store<u32>(BREAKS, load<u32>(BREAKS) | (1 << i)); store<u32>(ATTENTION, 1) }
  }
  return true
}
