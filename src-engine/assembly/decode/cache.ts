// Decoded code: blocks of uops in a pool of the vcpu's own, found by host address and code mode, chained per page so
// that a write to the page can drop them. A dropped block's uops all become STALE, so a block that overwrites itself
// stops at its next instruction; in-page links to it die the same way. The pool is emptied as a whole when full.
// Also the jump cache, from linear address to block, valid for one JUMP_KEY: mode, privilege, and a generation that is raised
// when addresses may lead elsewhere. Addresses from 2^63 on, the kernel's, have a generation of their own, which a new CR3
// leaves alone while all their pages are global; INVLPG of a page without entries raises none. The dispatcher probes it inline.
// Invariant: PAGE_FLAGS bit 0 is set exactly while a page has blocks, and then no write tag names the page.
// An instruction that runs over its page's end belongs to two pages, whose bytes and mappings change apart: no list, link or jump cache names it.
// It is kept by itself, with the bytes it was decoded from, which are compared each time it is run.
// With several vcpus each has its own cache, and all are changed under one lock: a write to a page makes its blocks STALE in all of
// them, which each vcpu finds at its next uop, or at the entry of a region. What is decoded while a drop goes on is decoded again.
// Runs in: the vcpu's thread.
import {
  CACHE_HEADS, CACHE_HASH, CACHE_JUMPS, CACHE_ONE_SHOT, CACHE_NOTES, CACHE_STRADDLES, CACHE_POOL, BLOCK_HOST, BLOCK_MODE, BLOCK_HASH_NEXT, BLOCK_PAGE_NEXT, BLOCK_BYTES,
  BLOCK_ENTRY, BLOCK_HEADER, CODE_NEXT, CODE_END, JUMP_KEY, JUMP_KEY_UPPER, JUMPS_LOCAL, JUMP_PAGES, CODE_CACHE, CODE_CACHE_SIZE, STAT_CODE_FLUSH, STAT_SMC, STAT_DECODED, CPL, MODE,
  JUMP_ENTRIES, VCPUS, INDEX, SHARED_DROPS, PAGE_FLAGS_BASE, PAGE_FLAGS_SIZE,
} from '../generated/layout'
import { OP_STALE, OP_ENTER } from '../generated/tables'
import { pageFlags, revokeWrites, revokeEverywhere } from '../mmu/tlb'
import { several, cacheOf, lockCode, unlockCode, beginDrop, endDrop, awaitOthers } from '../several'

// Regions of the code cache.
const HEADS: u32 = CACHE_HEADS, HASH: u32 = CACHE_HASH, JUMPS: u32 = CACHE_JUMPS, ONE_SHOT: u32 = CACHE_ONE_SHOT, NOTES: u32 = CACHE_NOTES, STRADDLES: u32 = CACHE_STRADDLES, POOL: u32 = CACHE_POOL
const BUCKETS: u32 = 131072
const NOTE_BITS: u32 = 10

const H_HOST: u32 = BLOCK_HOST, H_MODE: u32 = BLOCK_MODE, H_HASH_NEXT: u32 = BLOCK_HASH_NEXT, H_PAGE_NEXT: u32 = BLOCK_PAGE_NEXT, H_BYTES: u32 = BLOCK_BYTES
const HEADER: u32 = BLOCK_HEADER
/** Before the first uop: leads to the block's translated code, when it has some. */
const ENTRY: u32 = HEADER - BLOCK_ENTRY
const BLOCK_ROOM: u32 = 4096
// A straddle: host address of its first byte or 0, mode, 16 bytes from there on, then its uops.
const STRADDLE_COUNT: u32 = 256, STRADDLE_ROOM: u32 = 512, STRADDLE_HEADER: u32 = 32
const S_HOST: u32 = 0, S_MODE: u32 = 4, S_BYTES: u32 = 16

// @ts-ignore: decorator
@inline function bucket(host: u32, mode: u32): u32 { return HASH + (((host ^ (host >> 13)) * 4 + mode * 0x5554) & (BUCKETS * 4 - 4)) }

// Has another vcpu blocks of the page? Under the lock.
function elsewhere(page: u32): bool {
  for (let v: u32 = 0; v < load<u32>(VCPUS); v++) if (v != load<u32>(INDEX) && load<u32>(HEADS + cacheOf(v) + (page >> 12 << 2))) return true
  return false
}

/** Empty the pool. Pages keep their CODE flag only through blocks, so every flag set by this vcpu alone is cleared. */
export function flushCode(): void {
  const locked = several()
  if (locked) lockCode()
  for (let h = POOL; h < load<u32>(CODE_NEXT); h += HEADER + load<u32>(h, H_BYTES)) {
    const page = load<u32>(h, H_HOST) & ~0xfff
    store<u32>(HEADS + (page >> 12 << 2), 0)
    if (!locked || !elsewhere(page)) atomic.and<u8>(pageFlags(page), 0xfe)
  }
  memory.fill(HASH, 0, BUCKETS * 4)
  memory.fill(NOTES, 0, 8 << NOTE_BITS)
  memory.fill(STRADDLES, 0, STRADDLE_COUNT * STRADDLE_ROOM)
  store<u32>(CODE_NEXT, POOL)
  store<u32>(CODE_END, CODE_CACHE + CODE_CACHE_SIZE)
  if (locked) unlockCode()
  forgetJumps()
  store<u64>(STAT_CODE_FLUSH, load<u64>(STAT_CODE_FLUSH) + 1)
}

/** Where a block is entered, given its first uop: there, or at its translated code. */
// @ts-ignore: decorator
@inline export function entryOf(first: u32): u32 { return <u32>load<u16>(first - ENTRY) == OP_ENTER ? first - ENTRY : first }

/** First uop of the block that has this uop; 0 when it was dropped or is not kept, or has translated code, unless that is `all` the same. */
export function ownerOf(ip: u32, all: bool): u32 {
  if (ip < POOL) return 0
  const locked = several()
  if (locked) lockCode()
  let first: u32 = 0
  if (<u32>load<u16>(ip) != OP_STALE) {
    while (<u32>load<u16>(ip) != OP_STALE && <u32>load<u16>(ip) != OP_ENTER) ip -= ENTRY
    if (all || <u32>load<u16>(ip) == OP_STALE) first = ip + ENTRY
  }
  if (locked) unlockCode()
  return first
}

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

/**
 * Before a page is decoded: with several vcpus it is marked and all write tags are taken first, and those vcpus that had one are
 * waited for. Returns what endBlock wants to know.
 */
export function beginDecode(host: u32): u32 {
  if (!several()) return 0
  const page = host & ~0xfff
  const pf = pageFlags(page)
  while (true) {
    const drops = atomic.load<u32>(SHARED_DROPS)
    if (drops & 1) continue
    if (atomic.load<u8>(pf) & 1) return drops
    atomic.or<u8>(pf, 1)
    const others = revokeEverywhere(page)
    if (others) awaitOthers(others)
  }
}

/** Enter the block whose uops end at `end`. False: code was dropped since beginDecode, the bytes may be others by now. */
export function endBlock(first: u32, end: u32, host: u32, mode: u32, drops: u32): bool {
  const h = first - HEADER
  const page = host & ~0xfff
  const pf = pageFlags(page)
  const locked = several()
  if (locked) {
    lockCode()
    if (atomic.load<u32>(SHARED_DROPS) != drops) { unlockCode(); return false }
  } else if (!(load<u8>(pf) & 1)) {
    atomic.or<u8>(pf, 1)
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
  if (locked) unlockCode()
  store<u64>(STAT_DECODED, load<u64>(STAT_DECODED) + 1)
  return true
}

/** Drop all blocks of a host page: its bytes change, or have changed. */
export function dropCode(host: u32): void {
  if (several()) {
    lockCode()
    beginDrop()
    dropEverywhere(host)
    endDrop()
    unlockCode()
  } else if (load<u8>(pageFlags(host)) & 1) {
    dropIn(host, 0)
    dropped(host)
  }
}

/** In the caches of all vcpus, under the lock, inside a drop. */
export function dropEverywhere(host: u32): void {
  if (!(atomic.load<u8>(pageFlags(host)) & 1)) return
  for (let v: u32 = 0; v < load<u32>(VCPUS); v++) dropIn(host, cacheOf(v))
  dropped(host)
}

/** All code of all vcpus. */
export function dropAllCode(): void {
  for (let at: u32 = 0; at < PAGE_FLAGS_SIZE; at += 8) {
    if (!(load<u64>(PAGE_FLAGS_BASE + at) & 0x0101010101010101)) continue
    for (let i: u32 = 0; i < 8; i++) if (load<u8>(PAGE_FLAGS_BASE + at + i) & 1) dropCode((at + i) << 12)
  }
}

// What the jump cache has of it is found STALE.
function dropped(host: u32): void {
  atomic.and<u8>(pageFlags(host), 0xfe)
  store<u64>(STAT_SMC, load<u64>(STAT_SMC) + 1)
}

// In the cache that lies `delta` from this vcpu's.
function dropIn(host: u32, delta: u32): void {
  const head = HEADS + delta + (host >> 12 << 2)
  let h = load<u32>(head)
  while (h) {
    for (let u = h + BLOCK_ENTRY, end = h + HEADER + load<u32>(h, H_BYTES); u < end; u += 16) store<u16>(u, OP_STALE)
    // out of its hash chain
    let at = bucket(load<u32>(h, H_HOST), load<u32>(h, H_MODE)) + delta
    let x = load<u32>(at)
    while (x != h) { at = x + H_HASH_NEXT; x = load<u32>(at) }
    store<u32>(at, load<u32>(h, H_HASH_NEXT))
    h = load<u32>(h, H_PAGE_NEXT)
  }
  store<u32>(head, 0)
}

export function oneShot(): u32 { return ONE_SHOT }

/** May links and the jump cache lead to this uop? Not to a block that is not kept, nor to a straddle. */
// @ts-ignore: decorator
@inline export function mayBeLed(ip: u32): bool { return ip >= POOL }

// @ts-ignore: decorator
@inline function straddleOf(host: u32): u32 { return STRADDLES + ((host >> 12 ^ host >> 20) & (STRADDLE_COUNT - 1)) * STRADDLE_ROOM }

/** First uop of the instruction at `host` that runs over into the page at `next`, if it was decoded from the bytes that are there now; else 0. */
export function findStraddle(host: u32, next: u32, mode: u32): u32 {
  const s = straddleOf(host)
  if (load<u32>(s, S_HOST) != host || load<u32>(s, S_MODE) != mode) return 0
  const room: u32 = 0x1000 - (host & 0xfff)
  for (let i: u32 = 0; i < room; i++) if (load<u8>(host + i) != load<u8>(s + i, S_BYTES)) return 0
  for (let i = room; i < 16; i++) if (load<u8>(next + i - room) != load<u8>(s + i, S_BYTES)) return 0
  return s + STRADDLE_HEADER
}

/** Where to write the uops of an instruction that runs over its page's end. */
export function beginStraddle(host: u32): u32 {
  store<u32>(straddleOf(host), 0, S_HOST)
  return straddleOf(host) + STRADDLE_HEADER
}

/** Keep it, decoded from the 16 bytes at `bytes`. */
export function keepStraddle(first: u32, host: u32, mode: u32, bytes: u32): void {
  const s = first - STRADDLE_HEADER
  store<u32>(s, host, S_HOST); store<u32>(s, mode, S_MODE)
  store<u64>(s, load<u64>(bytes), S_BYTES); store<u64>(s, load<u64>(bytes, 8), S_BYTES + 8)
}

const PAGES_BYTES: u32 = 256 // of JUMP_PAGES for each half

function raise(key: u32, pages: u32): void {
  memory.fill(pages, 0, PAGES_BYTES)
  const raised = load<u32>(key) + 8
  if (raised < 8) memory.fill(JUMPS, 0, JUMP_ENTRIES * 16) // the generations begin anew
  store<u32>(key, raised)
}
/** A new generation: no entry of the jump cache is valid any more; with `keepGlobal` those of global pages may be. */
export function forgetJumps(keepGlobal: bool = false): void {
  raise(JUMP_KEY, JUMP_PAGES)
  if (keepGlobal && !load<u32>(JUMPS_LOCAL)) return
  raise(JUMP_KEY_UPPER, JUMP_PAGES + PAGES_BYTES)
  store<u32>(JUMPS_LOCAL, 0)
}
// @ts-ignore: decorator
@inline function pageBits(lin: u64): u32 { return JUMP_PAGES + <u32>(lin >> 63) * PAGES_BYTES + (<u32>(lin >> 15) & (PAGES_BYTES - 1)) }
// @ts-ignore: decorator
@inline function pageBit(lin: u64): u32 { return 1 << (<u32>(lin >> 12) & 7) }
/** One page's translation is gone. */
export function forgetJumpsTo(lin: u64): void {
  if (!(<u32>load<u8>(pageBits(lin)) & pageBit(lin))) return
  if (lin >> 63) raise(JUMP_KEY_UPPER, JUMP_PAGES + PAGES_BYTES)
  else raise(JUMP_KEY, JUMP_PAGES)
}
function rekey(key: u32): void {
  store<u32>(key, (load<u32>(key) & ~7) | (load<u32>(MODE) << 1) | <u32>(load<u32>(CPL) == 3))
}
/** After a change of MODE or CPL. */
export function rekeyJumps(): void {
  rekey(JUMP_KEY)
  rekey(JUMP_KEY_UPPER)
}

// @ts-ignore: decorator
@inline export function jumpSlot(lin: u64): u32 { return JUMPS + (((<u32>lin ^ (<u32>lin >> 10)) & (JUMP_ENTRIES - 1)) << 4) }

// @ts-ignore: decorator
@inline function keyOf(lin: u64): u32 { return load<u32>(JUMP_KEY + (<u32>(lin >> 55) & 0x100)) }

/** Block for a linear address in the current mode and privilege, or 0. */
// @ts-ignore: decorator
@inline export function cachedJump(lin: u64): u32 {
  const s = jumpSlot(lin)
  return load<u64>(s) == lin && load<u32>(s, 8) == keyOf(lin) ? load<u32>(s, 12) : 0
}
/** A block that was found by a linear address is gone: drops leave the jump cache alone. */
export function forgetJump(lin: u64): void { store<u64>(jumpSlot(lin), 1 << 63) }
/** `global`: a new CR3 does not change what the address leads to. */
export function cacheJump(lin: u64, ip: u32, global: bool): void {
  const s = jumpSlot(lin), bits = pageBits(lin)
  store<u64>(s, lin); store<u32>(s, keyOf(lin), 8); store<u32>(s, ip, 12)
  store<u8>(bits, <u32>load<u8>(bits) | pageBit(lin))
  if (lin >> 63 && !global) store<u32>(JUMPS_LOCAL, 1)
}

/**
 * An indirect jump led to what lies so far from its page's first byte: noted for the translator (src-engine/jit/jump-tables.ts), which wants
 * to know more than one target of a jump. Called where the jump cache did not know the way, so that jumping costs nothing.
 */
export function noteJump(ip: u32, distance: i32): void {
  if (ip < POOL) return
  const note = NOTES + ((((ip >> 4) + <u32>distance * 31) * 0x9e3779b1) >> (32 - NOTE_BITS) << 3)
  store<u32>(note, ip)
  store<i32>(note, distance, 4)
}
