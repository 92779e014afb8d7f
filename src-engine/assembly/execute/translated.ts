// Where interpreted and translated code meet: entering a region (src-engine/jit), and finding out what is worth translating.
// A sample is taken after every so many interpreted instructions: run() then breaks its budget into pieces, which costs
// nothing between them. Time in regions does not count, so a sample always shows what the interpreter spends time on.
// Invariant: where run() stops, and what it counts, is the same with and without samples and regions.
// Runs in: the vcpu's thread.
import { ATTENTION, BUDGET, DTLB, FAULT, FLAGS_TYPE, LAST_ENTER, LAST_STAY, PC_BASE, RIP, STAT_ENTERED, STAT_TRANSLATED, STOPPED_IP, TLB_CHECKED } from '../generated/layout'
import { UOP, imm } from '../state'
import { OP_ENTER, OP_STALE } from '../generated/tables'
import { PRODUCT, setStatus, status } from '../flags'
import { cachedJump, entryOf, ownerOf } from '../decode/cache'
import { readMiss, writeMiss, updateMiss, twoPlainPages, commit, STAGED_BELOW, STACK } from '../mmu/access'
import { sample } from '../imports'

/** In what enterRegion() returns: leave the block at this uop, RIP or a fault is set. */
export const LEFT: u32 = 2
/** In what a region returns: the uop is the first of its block. */
const BLOCK_START: u32 = 1

// Instructions between samples, 0 for no samples; what is left of run()'s budget beyond BUDGET, 0 outside run().
let period: i32 = 0
let rest: i32 = 0
// Interpreted instructions until the next sample, at the start of run(), which goes on with the piece that the one before it did not end:
// where nearly all runs translated, no run() interprets as many as a piece has. `beyond`: what BUDGET lacks of them, as run() ends before.
let until: i32 = 0
let beyond: i32 = 0

export function set_sampling(instructions: i32): void { period = until = instructions }

/** With a period of one instruction every block that has run is told of, as regions are not entered: what runs right now can be followed. */
// @ts-ignore: decorator
@inline function traced(): bool { return period == 1 }

// What is put aside is taken from STOPPED_IP too, so that STOPPED_IP - BUDGET is always what run() has retired so far.
function aside(more: i32): void {
  rest += more
  store<i32>(BUDGET, load<i32>(BUDGET) - more)
  store<i32>(STOPPED_IP, load<i32>(STOPPED_IP) - more)
}

/** At the start of run(): all but the first piece of BUDGET is put aside. */
export function split(): void {
  const all = load<i32>(BUDGET)
  rest = 0
  beyond = until - all
  if (period > 0 && beyond < 0) {
    aside(-beyond)
    beyond = 0
  }
}

/** At the end of run(): what the piece has left. */
export function keepPiece(): void { until = max(1, load<i32>(BUDGET) + beyond) }

/** Next piece; false when there is none. */
export function refill(): bool {
  if (rest <= 0) return false
  const more = min(rest, period)
  beyond = period - more
  aside(-more)
  return load<i32>(BUDGET) > 0 || refill()
}

/**
 * Tell which block has just run, of which this is a uop. Not the one that comes next: often that is a region, and blocks
 * between two regions would never be told of. 0: one that regions are entered at, and that they left, unless all are told of.
 */
export function sampled(ip: u32): void {
  sample(ownerOf(ip, traced()))
}

/**
 * Run the region that an ENTER uop names, and those it leads to. Returns the uop to go on with, or one with LEFT. A region is given what is left
 * of run()'s budget; it returns a uop, 0 when RIP says where to go on, with BUDGET accounted for whole blocks.
 * While ATTENTION is set blocks are left to the interpreter, which looks at it at their ends; and all of them while they are traced.
 */
export function enterRegion(ip: u32): u32 {
  if (load<i32>(ATTENTION) || traced()) return ip + UOP
  const had = load<i32>(BUDGET)
  aside(-rest)
  const all = load<i32>(BUDGET)
  let left = all, from: i32, at: u32, entered: u64 = 0
  while (true) {
    from = left
    at = call_indirect<u32>(imm(ip), left, load<u32>(ip, 8)) // at which of its entries
    left = load<i32>(BUDGET)
    entered++
    if (at & BLOCK_START) at = entryOf(at & ~BLOCK_START)
    else if (at) break
    if (left <= 0 || load<i32>(ATTENTION)) break
    if (!at) {
      // What the boundary does when there is nothing to look at and the jump cache knows the way.
      const rip = load<u64>(RIP)
      at = cachedJump(rip)
      if (!at) break
      store<u64>(PC_BASE, rip & ~0xfff)
    }
    if (<u32>load<u16>(at) != OP_ENTER) break
    ip = at
  }
  store<u64>(STAT_TRANSLATED, load<u64>(STAT_TRANSLATED) + <u64>(all - left))
  store<u64>(STAT_ENTERED, load<u64>(STAT_ENTERED) + entered)
  store<u32>(LAST_ENTER, ip)
  store<i32>(LAST_STAY, from - left)
  if (left > had) aside(left - had)
  else beyond += had - left
  if (at) return at
  store<i32>(BUDGET, load<i32>(BUDGET) + 1) // as if this uop had been the block's only instruction
  return ip | LEFT
}

/** Bring flags whose carry is costly to work out into the explicit form. */
export function settle_flags(): void { if (load<i32>(FLAGS_TYPE) == PRODUCT) setStatus(status()) }

// Accesses of regions that missed the TLB. `at` is the uop, with bit 0 set when the access is to the stack; `budget` what the
// region has left, as MMIO may ask for the time. 0: the region leaves before the uop, and the interpreter, doing
// it again, finds the fault that is forgotten here.
// @ts-ignore: decorator
@inline function place(at: u32, budget: i32): u32 {
  store<i32>(BUDGET, budget)
  return at & 1 ? STACK : at
}
function forgetFault(): u32 {
  store<i32>(FAULT, 0)
  store<i32>(ATTENTION, 0)
  return 0
}
// @ts-ignore: decorator
@inline function stale(at: u32): bool { return load<u16>(at & ~1) == OP_STALE }

export function region_read(va: u64, size: u32, at: u32, budget: i32): u32 {
  const h = readMiss(va, size, place(at, budget))
  if (!h) return forgetFault()
  // the walk may have dropped the region's own page, when it noted an access in a table that is code too
  return stale(at) && h >= STAGED_BELOW ? 0 : h
}
export function region_write(va: u64, size: u32, at: u32, budget: i32): u32 {
  return writeMiss(va, size, place(at, budget)) || forgetFault()
}
export function region_update(va: u64, size: u32, at: u32, budget: i32): u32 {
  return updateMiss(va, size, place(at, budget)) || forgetFault()
}

// Several pushes or pops at once (src-engine/jit/stack-runs.ts), of memory from `va` on: 0 wherever doing them one by one might be something
// else, as one of them might fault, change code, or be looked at by itself.
// @ts-ignore: decorator
@inline function together(va: u64, size: u32, write: bool): bool {
  if (load<u32>(DTLB) == TLB_CHECKED) return false
  return (<u32>va & 0xfff) + size <= 0x1000 || twoPlainPages(va, size, write)
}
export function region_pushes(va: u64, size: u32, at: u32, budget: i32): u32 {
  if (!together(va, size, true)) return 0
  const h = writeMiss(va, size, place(at, budget))
  if (!h) return forgetFault()
  // One page: not if the first push drops the region's own code, or is not stored where it will be. Nothing has been changed yet.
  return stale(at) || (h < STAGED_BELOW && (<u32>va & 0xfff) + size <= 0x1000) ? 0 : h
}
export function region_pops(va: u64, size: u32, at: u32, budget: i32): u32 {
  return together(va, size, false) ? region_read(va, size, at, budget) : 0
}
/** After a store to what one of these gave. 1: the region's own page was hit, or an interrupt waits; it leaves after this uop. */
export function region_stored(host: u32, at: u32): i32 {
  if (host < STAGED_BELOW) commit()
  return stale(at) || load<i32>(ATTENTION) ? 1 : 0
}
