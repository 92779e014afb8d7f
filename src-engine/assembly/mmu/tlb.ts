// The TLBs: four direct-mapped data arrays (read and write, supervisor and user) and two for execution, each entry
// {u64 tag, u32 host addend, u32 flags}. The tag is the page's address, so comparing it with (va + size - 1) & ~0xfff
// also catches accesses that cross a page, and a tag of 1 never matches.
// What loses its slot to another page is kept for a while among the array's victims, and found there instead of walked for: two pages
// that a guest uses by turns may want one slot.
// Invariant: a page with decoded code, a clean page being logged, MMIO and read-only pages never get a write tag.
// Runs in: the vcpu's thread.
import { TLB_SUPERVISOR, TLB_USER, TLB_CHECKED, TLB_BYTES, TLB_VICTIMS, VICTIM_BYTES, PAGE_FLAGS_BASE, VCPUS, INDEX } from '../generated/layout'
import { areaOf } from '../several'
import { forgetJumps, forgetJumpsTo } from '../decode/cache'

export const READ: u32 = 0, WRITE: u32 = 0x4000, EXEC: u32 = 0x8000
// Flags of an entry. Big pages are entered as 4 KiB pieces: BIG pieces of a 2 or 4 MiB page, HUGE of a 1 GiB page.
export const GLOBAL: u32 = 1, BIG: u32 = 2, HUGE: u32 = 4

// Pieces of big pages lie between these addresses (a fresh instance does not know: anywhere), so that INVLPG outside,
// as for most of what a kernel maps by 4 KiB pages, need not look for them.
let lowestBig: u64 = 0, highestBig: u64 = ~0

// @ts-ignore: decorator
@inline export function noteBig(page: u64): void {
  if (page < lowestBig) lowestBig = page
  if (page > highestBig) highestBig = page
}

// @ts-ignore: decorator
@inline export function slot(va: u64): u32 { return (<u32>(va >> 8)) & 0x3ff0 }

// Which of the victims goes next: any would do.
let turn: u32 = 0

// @ts-ignore: decorator
@inline function victimsOf(tlb: u32, array: u32): u32 { return tlb + TLB_VICTIMS + (array / WRITE) * VICTIM_BYTES }

/** Enter a page into its slot of an array; who had the slot is a victim. */
export function enter(tlb: u32, array: u32, page: u64, addend: u32, flags: u32): void {
  const e = tlb + array + slot(page)
  const had = load<u64>(e)
  if (had != 1 && had != page) {
    turn = (turn + 16) & (VICTIM_BYTES - 16)
    const victim = victimsOf(tlb, array) + turn
    store<u64>(victim, had); store<u64>(victim, load<u64>(e, 8), 8)
  }
  store<u64>(e, page); store<u32>(e, addend, 8); store<u32>(e, flags, 12)
}

/** Is a page among the victims of an array? Then it changes places with who has its slot; gives its host address, else 0. */
export function recall(tlb: u32, array: u32, page: u64): u32 {
  const first = victimsOf(tlb, array)
  for (let victim = first; victim < first + VICTIM_BYTES; victim += 16) {
    if (load<u64>(victim) != page) continue
    const e = tlb + array + slot(page)
    const rest = load<u64>(victim, 8)
    store<u64>(victim, load<u64>(e)); store<u64>(victim, load<u64>(e, 8), 8)
    store<u64>(e, page); store<u64>(e, rest, 8)
    return <u32>rest + <u32>page
  }
  return 0
}

function clear(at: u32, keepGlobal: bool): void {
  for (let e = at, end = at + TLB_BYTES; e < end; e += 16) {
    if (!keepGlobal || !(load<u32>(e, 12) & GLOBAL)) store<u64>(e, 1)
  }
}

/** Forget translations; with `keepGlobal` those of global pages stay. */
export function flushTlb(keepGlobal: bool): void {
  clear(TLB_SUPERVISOR, keepGlobal)
  clear(TLB_USER, keepGlobal)
  if (!keepGlobal) {
    lowestBig = ~0; highestBig = 0
    // Nothing is ever entered there. As memory comes, its tags would be those of page 0.
    for (let e = TLB_CHECKED, end = TLB_CHECKED + EXEC; e < end; e += 16) store<u64>(e, 1)
  }
  forgetJumps(keepGlobal)
}

// Pieces of the big pages around an address go. 2 MiB pages are taken for 4 MiB ones: forgetting more is allowed.
function clearBig(at: u32, va: u64): void {
  for (let e = at, end = at + TLB_BYTES; e < end; e += 16) {
    const flags = load<u32>(e, 12)
    if (!(flags & (BIG | HUGE))) continue
    if (!((load<u64>(e) ^ va) >> (flags & HUGE ? 30 : 22))) store<u64>(e, 1)
  }
}

/** Forget one page's translations (INVLPG), all pieces of a big one. */
export function flushPage(va: u64): void {
  const page = va & ~0xfff
  const s = slot(va)
  for (let a: u32 = 0; a < TLB_VICTIMS; a += WRITE) {
    if (load<u64>(TLB_SUPERVISOR + a + s) == page) store<u64>(TLB_SUPERVISOR + a + s, 1)
    if (load<u64>(TLB_USER + a + s) == page) store<u64>(TLB_USER + a + s, 1)
  }
  for (let v = TLB_VICTIMS; v < TLB_BYTES; v += 16) {
    if (load<u64>(TLB_SUPERVISOR + v) == page) store<u64>(TLB_SUPERVISOR + v, 1)
    if (load<u64>(TLB_USER + v) == page) store<u64>(TLB_USER + v, 1)
  }
  // the pages' bounds, as an address is seldom that of the piece in use
  if (va >= (lowestBig & ~0x3fffffff) && va <= (highestBig | 0x3fffffff)) {
    clearBig(TLB_SUPERVISOR, va)
    clearBig(TLB_USER, va)
    forgetJumps()
  } else forgetJumpsTo(va)
}

function revokeFrom(at: u32, bytes: u32, host: u32): bool {
  let found = false
  for (let e = at; e < at + bytes; e += 16) {
    const tag = load<u64>(e)
    if (tag != 1 && load<u32>(e, 8) + <u32>tag == host) { store<u64>(e, 1); found = true }
  }
  return found
}

// In the area that lies `delta` from this vcpu's.
function revokeIn(host: u32, delta: u32): bool {
  let found = false
  for (let t: u32 = 0; t < 2; t++) {
    const tlb = (t ? TLB_USER : TLB_SUPERVISOR) + delta
    if (revokeFrom(tlb + WRITE, EXEC - WRITE, host)) found = true
    if (revokeFrom(victimsOf(tlb, WRITE), VICTIM_BYTES, host)) found = true
  }
  return found
}

/** Take the write tags off a host page, so that the next write to it goes the slow way. */
export function revokeWrites(host: u32): void { revokeIn(host, 0) }

/** The same in all vcpus. Returns which others had one: they may be about to use it. */
export function revokeEverywhere(host: u32): u32 {
  let others: u32 = 0
  for (let v: u32 = 0; v < load<u32>(VCPUS); v++) {
    if (revokeIn(host, areaOf(v)) && v != load<u32>(INDEX)) others |= 1 << v
  }
  return others
}

// @ts-ignore: decorator
@inline export function pageFlags(host: u32): u32 { return PAGE_FLAGS_BASE + (host >> 12) }
/** Note a write to a page; other threads have bits of the same byte. */
// @ts-ignore: decorator
@inline export function noteDirty(flags: u32): void { if (!(load<u8>(flags) & 2)) atomic.or<u8>(flags, 2) }
