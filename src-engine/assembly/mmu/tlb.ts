// The TLBs: four direct-mapped data arrays (read and write, supervisor and user) and two for execution, each entry
// {u64 tag, u32 host addend, u32 flags}. The tag is the page's address, so comparing it with (va + size - 1) & ~0xfff
// also catches accesses that cross a page, and a tag of 1 never matches.
// Invariant: a page with decoded code, a clean page being logged, MMIO and read-only pages never get a write tag.
// Runs in: the vcpu's thread.
import { TLB_SUPERVISOR, TLB_USER, TLB_BYTES, CODE_GEN, PAGE_FLAGS_BASE } from '../generated/layout'

export const READ: u32 = 0, WRITE: u32 = 0x4000, EXEC: u32 = 0x8000
export const GLOBAL: u32 = 1 // flags bit of an entry

// @ts-ignore: decorator
@inline export function slot(va: u64): u32 { return (<u32>(va >> 8)) & 0x3ff0 }

function clear(at: u32, keepGlobal: bool): void {
  for (let e = at, end = at + TLB_BYTES; e < end; e += 16) {
    if (!keepGlobal || !(load<u32>(e, 12) & GLOBAL)) store<u64>(e, 1)
  }
}

/** Forget translations; with `keepGlobal` those of global pages stay. */
export function flushTlb(keepGlobal: bool): void {
  clear(TLB_SUPERVISOR, keepGlobal)
  clear(TLB_USER, keepGlobal)
  store<u32>(CODE_GEN, load<u32>(CODE_GEN) + 1)
}

/** Forget one page's translations (INVLPG). Big pages are entered as 4 KiB pieces, so all of them go. */
export function flushPage(va: u64): void {
  const page = va & ~0xfff
  const s = slot(va)
  for (let a: u32 = 0; a < 0xc000; a += 0x4000) {
    if (load<u64>(TLB_SUPERVISOR + a + s) == page) store<u64>(TLB_SUPERVISOR + a + s, 1)
    if (load<u64>(TLB_USER + a + s) == page) store<u64>(TLB_USER + a + s, 1)
  }
  store<u32>(CODE_GEN, load<u32>(CODE_GEN) + 1)
}

/** Take the write tags off a host page, so that the next write to it goes the slow way. */
export function revokeWrites(host: u32): void {
  for (let t: u32 = 0; t < 2; t++) {
    const base = (t ? TLB_USER : TLB_SUPERVISOR) + WRITE
    for (let e = base, end = base + 0x4000; e < end; e += 16) {
      const tag = load<u64>(e)
      if (tag != 1 && load<u32>(e, 8) + <u32>tag == host) store<u64>(e, 1)
    }
  }
}

// @ts-ignore: decorator
@inline export function pageFlags(host: u32): u32 { return PAGE_FLAGS_BASE + (host >> 12) }
