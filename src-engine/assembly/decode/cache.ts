// Decoded code: blocks of uops in a pool of the vcpu's own, found by host address and code mode, chained per page so
// that a write to the page can drop them. A dropped block's uops all become STALE, so a block that overwrites itself
// stops at its next instruction; in-page links to it die the same way. The pool is emptied as a whole when full.
// Also the jump cache, from linear address to block, valid for one JUMP_KEY: mode, privilege, and a generation that every
// TLB flush raises. The dispatcher probes it inline.
// Invariant: PAGE_FLAGS bit 0 is set exactly while a page has blocks, and then no write tag names the page.
// Runs in: the vcpu's thread. Private to the vcpu.
import {
  CACHE_HEADS, CACHE_HASH, CACHE_JUMPS, CACHE_ONE_SHOT, CACHE_POOL, BLOCK_HOST, BLOCK_MODE, BLOCK_HASH_NEXT, BLOCK_PAGE_NEXT, BLOCK_BYTES,
  BLOCK_ENTRY, BLOCK_HEADER, CODE_NEXT, CODE_END, JUMP_KEY, CODE_CACHE, CODE_CACHE_SIZE, STAT_CODE_FLUSH, STAT_SMC, STAT_DECODED, CPL, MODE,
} from '../generated/layout'
import { OP_STALE, OP_ENTER } from '../generated/tables'
import { pageFlags, revokeWrites } from '../mmu/tlb'

// Regions of the code cache.
const HEADS: u32 = CACHE_HEADS, HASH: u32 = CACHE_HASH, JUMPS: u32 = CACHE_JUMPS, ONE_SHOT: u32 = CACHE_ONE_SHOT, POOL: u32 = CACHE_POOL
const BUCKETS: u32 = 32768
const JUMP_ENTRIES: u32 = 4096

const H_HOST: u32 = BLOCK_HOST, H_MODE: u32 = BLOCK_MODE, H_HASH_NEXT: u32 = BLOCK_HASH_NEXT, H_PAGE_NEXT: u32 = BLOCK_PAGE_NEXT, H_BYTES: u32 = BLOCK_BYTES
const HEADER: u32 = BLOCK_HEADER
/** Before the first uop: leads to the block's translated code, when it has some. */
const ENTRY: u32 = HEADER - BLOCK_ENTRY
const BLOCK_ROOM: u32 = 4096

// @ts-ignore: decorator
@inline function bucket(host: u32, mode: u32): u32 { return HASH + (((host ^ (host >> 13)) * 4 + mode * 0x5554) & (BUCKETS * 4 - 4)) }

/** Empty the pool. Pages keep their CODE flag only through blocks, so every flag set by this vcpu is cleared. */
export function flushCode(): void {
  for (let h = POOL; h < load<u32>(CODE_NEXT); h += HEADER + load<u32>(h, H_BYTES)) {
    const page = load<u32>(h, H_HOST) & ~0xfff
    store<u32>(HEADS + (page >> 12 << 2), 0)
    const pf = pageFlags(page)
    store<u8>(pf, load<u8>(pf) & ~1)
  }
  memory.fill(HASH, 0, BUCKETS * 4)
  store<u32>(CODE_NEXT, POOL)
  store<u32>(CODE_END, CODE_CACHE + CODE_CACHE_SIZE)
  forgetJumps()
  store<u64>(STAT_CODE_FLUSH, load<u64>(STAT_CODE_FLUSH) + 1)
}

/** Where a block is entered, given its first uop: there, or at its translated code. */
// @ts-ignore: decorator
@inline export function entryOf(first: u32): u32 { return <u32>load<u16>(first - ENTRY) == OP_ENTER ? first - ENTRY : first }

/** Where to enter the block at a host address, or 0. */
export function findBlock(host: u32, mode: u32): u32 {
  let h = load<u32>(bucket(host, mode))
  while (h) {
    if (load<u32>(h, H_HOST) == host && load<u32>(h, H_MODE) == mode) return entryOf(h + HEADER)
    h = load<u32>(h, H_HASH_NEXT)
  }
  return 0
}

/** Where to write the uops of a new block. */
export function beginBlock(): u32 {
  if (load<u32>(CODE_NEXT) + BLOCK_ROOM > load<u32>(CODE_END)) flushCode()
  return load<u32>(CODE_NEXT) + HEADER
}

/** Enter the block whose uops end at `end`. */
export function endBlock(first: u32, end: u32, host: u32, mode: u32): void {
  const h = first - HEADER
  const page = host & ~0xfff
  const pf = pageFlags(page)
  if (!(load<u8>(pf) & 1)) {
    store<u8>(pf, load<u8>(pf) | 1)
    revokeWrites(page)
  }
  const b = bucket(host, mode)
  const head = HEADS + (page >> 12 << 2)
  store<u32>(h, host, H_HOST); store<u32>(h, mode, H_MODE)
  store<u32>(h, load<u32>(b), H_HASH_NEXT); store<u32>(h, load<u32>(head), H_PAGE_NEXT)
  store<u32>(h, end - first, H_BYTES)
  store<u16>(first - ENTRY, OP_STALE); store<u16>(first - ENTRY, load<u16>(first, 2), 2)
  store<u32>(b, h); store<u32>(head, h)
  store<u32>(CODE_NEXT, end)
  store<u64>(STAT_DECODED, load<u64>(STAT_DECODED) + 1)
}

/** Drop all blocks of a host page: its bytes change. */
export function dropCode(host: u32): void {
  const page = host & ~0xfff
  const head = HEADS + (page >> 12 << 2)
  let h = load<u32>(head)
  if (!h && !(load<u8>(pageFlags(page)) & 1)) return
  while (h) {
    for (let u = h + BLOCK_ENTRY, end = h + HEADER + load<u32>(h, H_BYTES); u < end; u += 16) store<u16>(u, OP_STALE)
    // out of its hash chain
    let at = bucket(load<u32>(h, H_HOST), load<u32>(h, H_MODE))
    let x = load<u32>(at)
    while (x != h) { at = x + H_HASH_NEXT; x = load<u32>(at) }
    store<u32>(at, load<u32>(h, H_HASH_NEXT))
    h = load<u32>(h, H_PAGE_NEXT)
  }
  store<u32>(head, 0)
  store<u8>(pageFlags(page), load<u8>(pageFlags(page)) & ~1)
  forgetJumps()
  store<u64>(STAT_SMC, load<u64>(STAT_SMC) + 1)
}

export function oneShot(): u32 { return ONE_SHOT }

/** A new generation: no entry of the jump cache is valid any more. */
export function forgetJumps(): void {
  const key = load<u32>(JUMP_KEY) + 8
  if (key < 8) memory.fill(JUMPS, 0, JUMP_ENTRIES * 16) // the generations begin anew
  store<u32>(JUMP_KEY, key)
}
/** After a change of MODE or CPL. */
export function rekeyJumps(): void {
  store<u32>(JUMP_KEY, (load<u32>(JUMP_KEY) & ~7) | (load<u32>(MODE) << 1) | <u32>(load<u32>(CPL) == 3))
}

// @ts-ignore: decorator
@inline export function jumpSlot(lin: u64): u32 { return JUMPS + (((<u32>lin ^ (<u32>lin >> 10)) & (JUMP_ENTRIES - 1)) << 4) }

/** Block for a linear address in the current mode and privilege, or 0. */
// @ts-ignore: decorator
@inline export function cachedJump(lin: u64): u32 {
  const s = jumpSlot(lin)
  return load<u64>(s) == lin && load<u32>(s, 8) == load<u32>(JUMP_KEY) ? load<u32>(s, 12) : 0
}
// @ts-ignore: decorator
@inline export function cacheJump(lin: u64, ip: u32): void {
  const s = jumpSlot(lin)
  store<u64>(s, lin); store<u32>(s, load<u32>(JUMP_KEY), 8); store<u32>(s, ip, 12)
}
