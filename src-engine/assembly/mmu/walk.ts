// Page walks: paging off, two-level with 4 MiB pages, PAE and four-level, with accessed and dirty bits, NX, WP,
// reserved bits and non-canonical addresses; then the p2m, which says what is behind a guest frame.
// A walk enters the TLB only what it may: no write tag for a page that holds decoded code or is being logged.
// Runs in: the vcpu's thread. Spec: AMD64 manual volume 2, chapter 5.
import { CR0, CR3, CR4, EFER, CPL, P2M_BASE, P2M_GFNS, TLB_SUPERVISOR, TLB_USER, EFLAGS_REST, STAT_TLB_FILL } from '../generated/layout'
import { raisePage } from '../state'
import { slot, enter, recall, READ, WRITE, EXEC, GLOBAL, BIG, HUGE, noteBig, noteDirty, pageFlags } from './tlb'
import { dropCode } from '../decode/cache'
import { several, fence } from '../several'

export const PG: u32 = 0x80000000, WP: u32 = 0x10000
const P: u64 = 1, RW: u64 = 2, US: u64 = 4, A: u64 = 0x20, D: u64 = 0x40, PS: u64 = 0x80, G: u64 = 0x100, NX: u64 = 0x8000000000000000
const FRAME: u64 = 0xffffffffff000 // bits 12-51
const PHYS_LIMIT: u64 = 0x10000000000 // 40 bits, as CPUID says
const RESERVED: u64 = 0xfff0000000000 // bits 40-51
const MISS: u32 = 0
/** What translate() returns where there is no memory (MMIO, holes). */
export const NOT_MEMORY: u32 = 8
const PAGE_PRESENT: u32 = 1, PAGE_READ_ONLY: u32 = 2

// What the last walk found: transient, dead after translate() has used it.
let walkedGpa: u64 = 0
let walkedGlobal: bool = false
let walkedUser: bool = false
let walkedWrite: bool = false // may be written without a further walk (RW and D set)
let walkedNx: bool = false
let walkedBig: u32 = 0 // BIG or HUGE: the size of the page that a 4 KiB piece belongs to

/** p2m entry of a guest physical address (0 = nothing there). */
// @ts-ignore: decorator
@inline export function p2m(gpa: u64): u32 {
  const gfn = gpa >> 12
  return gfn < P2M_GFNS ? load<u32>(P2M_BASE + (<u32>gfn << 2)) : 0
}

/** Host address of a page-table entry, or 0 when it is not in memory. */
function tableEntry(gpa: u64): u32 {
  const e = p2m(gpa)
  return e & PAGE_PRESENT ? (e & ~0xfff) + (<u32>gpa & 0xfff) : 0
}

// A/D bits are written to the guest's tables; the table's page is dirty then, and code decoded from it is dropped.
function marked(host: u32): void {
  const pf = pageFlags(host)
  if (load<u8>(pf) & 1) dropCode(host)
  noteDirty(pf)
}
// False: another vcpu has changed the entry since it was read, the walk begins anew.
function mark8(host: u32, entry: u64, bits: u64): bool {
  if (!several()) store<u64>(host, entry | bits)
  else if (atomic.cmpxchg<u64>(host, entry, entry | bits) != entry) return false
  marked(host)
  return true
}
function mark4(host: u32, entry: u32, bits: u32): bool {
  if (!several()) store<u32>(host, entry | bits)
  else if (atomic.cmpxchg<u32>(host, entry, entry | bits) != entry) return false
  marked(host)
  return true
}
// An entry of an upper table, which was present when it was read.
function mark(host: u32): bool {
  const e = load<u64>(host)
  return (e & A) != 0 || ((e & P) != 0 && mark8(host, e, A))
}
/** What walk() returns when it has to begin anew. */
const AGAIN: u32 = 1

/**
 * Walk for an access: bit 0 of `access` write, bit 1 user, bit 2 fetch. 0 when allowed, else 0x80000000 | page-fault error code.
 * With `quiet` neither accessed nor dirty bits are set.
 */
function walk(va: u64, access: u32, quiet: bool): u32 {
  let result = walkOnce(va, access, quiet)
  while (result == AGAIN) result = walkOnce(va, access, quiet)
  return result
}

function walkOnce(va: u64, access: u32, quiet: bool): u32 {
  walkedGlobal = false; walkedUser = true; walkedWrite = true; walkedNx = false; walkedBig = 0
  const cr0 = load<u32>(CR0)
  if (!(cr0 & PG)) { walkedGpa = va & 0xffffffff; return MISS }
  store<u64>(STAT_TLB_FILL, load<u64>(STAT_TLB_FILL) + 1)
  const efer = load<u32>(EFER)
  const cr4 = load<u32>(CR4)
  const nxe = (efer & 0x800) != 0
  const long = (efer & 0x400) != 0
  const fetchBit: u32 = access & 4 ? (nxe ? 0x10 : 0) : 0
  const code = (access & 1 ? 2 : 0) | (access & 2 ? 4 : 0) | fetchBit
  if (!(cr4 & 0x20)) return walk32(<u32>va, access, code, cr0, cr4, quiet)
  let rights: u64 = RW | US
  let nx: u64 = 0
  let table = load<u64>(CR3)
  let level: u32
  const bad = nxe ? RESERVED : RESERVED | NX
  if (long) { table &= FRAME; level = 3 } else {
    // The four PDPT entries of PAE are read on each walk, not loaded with CR3 as processors do.
    const at = tableEntry((table & 0xffffffe0) + ((va >> 30) & 3) * 8)
    if (!at) return 0x80000000 | code
    const e = load<u64>(at)
    if (!(e & P)) return 0x80000000 | code
    if (e & (RESERVED | NX | 0x1e6)) return 0x80000000 | code | 9
    table = e & FRAME; level = 1
  }
  let host: u32 = 0
  let h0: u32 = 0, h1: u32 = 0, h2: u32 = 0
  let e: u64 = 0
  while (true) {
    host = tableEntry(table + (((va >> (12 + level * 9)) & 511) << 3))
    if (!host) return 0x80000000 | code
    e = load<u64>(host)
    if (!(e & P)) return 0x80000000 | code
    if (e & bad) return 0x80000000 | code | 9
    rights &= e
    nx |= e & NX
    if (level == 0) break
    if (e & PS) {
      if (level == 3) return 0x80000000 | code | 9
      if (e & (level == 1 ? 0x1fe000 : 0x3fffe000)) return 0x80000000 | code | 9
      break
    }
    if (level == 3) h0 = host; else if (level == 2) h1 = host; else h2 = host
    table = e & FRAME
    level--
  }
  const user = (access & 2) != 0
  const write = (access & 1) != 0
  if (user && !(rights & US)) return 0x80000000 | code | 1
  if (write && !(rights & RW) && (user || cr0 & WP)) return 0x80000000 | code | 1
  if (access & 4 && nx) return 0x80000000 | code | 1
  if (!quiet) {
    if ((h0 && !mark(h0)) || (h1 && !mark(h1)) || (h2 && !mark(h2))) return AGAIN
    const want = write ? A | D : A
    if ((e & want) != want && !mark8(host, e, want)) return AGAIN
  }
  const size: u64 = (<u64>1 << (12 + level * 9)) - 1
  walkedGpa = (e & FRAME & ~size) | (va & size)
  walkedGlobal = (e & G) != 0 && (cr4 & 0x80) != 0
  walkedUser = (rights & US) != 0
  walkedWrite = (write || (e & D) != 0) && ((rights & RW) != 0 || (!user && !(cr0 & WP)))
  walkedNx = nx != 0
  walkedBig = level == 0 ? 0 : level == 1 ? BIG : HUGE
  return MISS
}

// Two-level paging of 32-bit protected mode.
function walk32(va: u32, access: u32, code: u32, cr0: u32, cr4: u32, quiet: bool): u32 {
  const user = (access & 2) != 0, write = (access & 1) != 0
  const h1 = tableEntry(<u64>((load<u32>(CR3) & ~0xfff) + (va >> 22 << 2)))
  if (!h1) return 0x80000000 | code
  const e1 = load<u32>(h1)
  if (!(e1 & 1)) return 0x80000000 | code
  let rights = e1 & 6
  let last = h1
  let entry = e1
  const big = (e1 & 0x80) != 0 && (cr4 & 0x10) != 0
  if (!big) {
    last = tableEntry(<u64>((e1 & ~0xfff) + ((va >> 12 & 1023) << 2)))
    if (!last) return 0x80000000 | code
    entry = load<u32>(last)
    if (!(entry & 1)) return 0x80000000 | code
    rights &= entry
  } else if (e1 >> 21 & 1) return 0x80000000 | code | 9 // no mask may look like an address (vcpu/relocate.ts)
  if (user && !(rights & 4)) return 0x80000000 | code | 1
  if (write && !(rights & 2) && (user || cr0 & WP)) return 0x80000000 | code | 1
  if (!quiet) {
    if (!big && !(e1 & 0x20) && !mark4(h1, e1, 0x20)) return AGAIN
    const want: u32 = write ? 0x60 : 0x20
    if ((entry & want) != want && !mark4(last, entry, want)) return AGAIN
  }
  // 4 MiB pages carry physical bits 32-39 in bits 13-20 (PSE-36)
  walkedGpa = big ? <u64>(e1 & 0xffc00000) | (<u64>(e1 >> 13 & 0xff) << 32) | <u64>(va & 0x3fffff) : <u64>((entry & ~0xfff) | (va & 0xfff))
  walkedGlobal = (entry & 0x100) != 0 && (cr4 & 0x80) != 0
  walkedUser = (rights & 4) != 0
  walkedWrite = (write || (entry & 0x40) != 0) && ((rights & 2) != 0 || (!user && !(cr0 & WP)))
  walkedNx = false
  walkedBig = big ? BIG : 0
  return MISS
}

// @ts-ignore: decorator
@inline export function canonical(va: u64): bool { return <u64>(<i64>(va << 16) >> 16) == va }

export let translatedGpa: u64 = 0 // guest physical address of the last translation, for MMIO

/**
 * Translate a linear address for an access (bits as in walk). Returns the p2m entry of its page with the TLB filled,
 * or 0 with #PF noted, or NOT_MEMORY.
 */
export function translate(va: u64, access: u32): u32 {
  const tlb = access & 2 ? TLB_USER : TLB_SUPERVISOR
  // Others take write tags away, and must not miss one that changes its place meanwhile.
  if (!(access & 1) || !several()) {
    const found = recall(tlb, access & 4 ? EXEC : access & 1 ? WRITE : READ, va & ~0xfff)
    if (found) return found | PAGE_PRESENT
  }
  const fault = walk(va, access, false)
  if (fault) { raisePage(va, fault & 0x7fffffff); return 0 }
  const gpa = walkedGpa
  translatedGpa = gpa
  const entry = p2m(gpa)
  if (!(entry & PAGE_PRESENT)) return NOT_MEMORY
  const host = entry & ~0xfff
  const page = va & ~0xfff
  const addend = host - <u32>page
  const flags: u32 = walkedBig | (walkedGlobal ? GLOBAL : 0)
  if (walkedBig) noteBig(page)
  if (access & 4) {
    enter(tlb, EXEC, page, addend, flags)
    return entry
  }
  enter(tlb, READ, page, addend, flags)
  if (access & 1) {
    const pf = pageFlags(host)
    const state = load<u8>(pf)
    if (!(state & 1) && !(entry & PAGE_READ_ONLY) && walkedWrite) {
      noteDirty(pf)
      if (several()) {
        const w = tlb + WRITE + slot(va)
        store<u64>(w, page); store<u32>(w, addend, 8); store<u32>(w, flags, 12)
        // A vcpu that begins to decode the page marks it first and takes tags then: one of the two sees the other.
        fence()
        if (load<u8>(pf) & 1) store<u64>(w, 1)
      } else enter(tlb, WRITE, page, addend, flags)
    }
  }
  return entry
}

/** Host address of a guest virtual address with supervisor rights and no side effects; 0 when there is no memory behind it. */
export function peek(va: u64, write: i32): u32 {
  if (!canonical(va) || walk(va, write ? 1 : 0, true)) return 0
  const entry = p2m(walkedGpa)
  if (!(entry & PAGE_PRESENT) || (write && entry & PAGE_READ_ONLY)) return 0
  return (entry & ~0xfff) + (<u32>va & 0xfff)
}

/** Is a page memory for accesses of this kind (bits as in walk), and without code if they write? No side effects. */
export function plainPage(va: u64, access: u32): bool {
  if (walk(va, access, true)) return false
  const entry = p2m(walkedGpa)
  if (!(entry & PAGE_PRESENT)) return false
  return !(access & 1) || !(entry & PAGE_READ_ONLY || load<u8>(pageFlags(entry & ~0xfff)) & 1)
}
