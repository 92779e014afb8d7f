// Guest memory accesses that missed the TLB: page walks, page crossings, MMIO, writes to pages with decoded code.
// All of them give the caller a host address to load from or store to; where the bytes are not in one piece of guest
// memory that address is SCRATCH, and after a store the caller calls commit().
// Invariant: when prepareWrite or prepareUpdate returns, commit() cannot fault, so flags may change in between.
// Runs in: the vcpu's thread.
import { SCRATCH, CPL, MODE } from '../generated/layout'
import { translate, canonical, plainPage, NOT_MEMORY, translatedGpa } from './walk'
import { raise, GP, SS } from '../state'
import { slot, pageFlags, noteDirty, READ, WRITE } from './tlb'
import { TLB_SUPERVISOR, TLB_USER, TLB_CHECKED, DTLB } from '../generated/layout'
import { look } from './watch'
import { mmio_read, mmio_write } from '../imports'
import { dropCode, dropEverywhere } from '../decode/cache'
import { several, lockCode, unlockCode, beginDrop, endDrop } from '../several'

/** Host addresses below this are engine state: an operand there is SCRATCH and wants commit(). */
export const STAGED_BELOW: u32 = 0x02000000

// A staged store on its way to guest memory: one or two pieces. Dead between instructions.
let stagedSize: u32 = 0
let firstSize: u32 = 0
let firstHost: u32 = 0 // 0: MMIO at firstGpa
let secondHost: u32 = 0
let firstGpa: u64 = 0
let secondGpa: u64 = 0
// The piece that was found last lies in a page with decoded code and there are several vcpus: it must be staged.
let guarded: bool = false

// @ts-ignore: decorator
@inline function user(): u32 { return load<u32>(CPL) == 3 ? 2 : 0 }

/** In place of a uop: the access is to the stack. */
export const STACK: u32 = 1

/** #GP(0), or #SS(0) when the address was formed from RSP or RBP. `ip`: the uop, STACK, or 0. */
export function raiseCanonical(ip: u32): void {
  const base: u32 = ip == STACK ? 0x20 : ip ? <u32>load<u8>(ip, 6) : 0
  raise(base == 0x20 || base == 0x28 ? SS : GP, 0)
}

// One page's part of an access. Returns its host address, 0 with a fault noted, or 1 for MMIO at translatedGpa.
function piece(va: u64, access: u32): u32 {
  const e = translate(va, access | user())
  if (e == 0) return 0
  if (e == NOT_MEMORY) return 1
  const host = e & ~0xfff
  if (access & 1) {
    if (e & 2) return 1 // read-only to the guest: the write goes nowhere
    const pf = pageFlags(host)
    const state = load<u8>(pf)
    if (several()) guarded = (atomic.load<u8>(pf) & 1) != 0
    else if (state & 1) dropCode(host)
    noteDirty(pf)
  }
  return host + (<u32>va & 0xfff)
}

function mmioFetch(gpa: u64, size: u32, to: u32): void {
  while (size) {
    const n: u32 = size >= 8 ? 8 : size >= 4 ? 4 : size >= 2 ? 2 : 1
    const v = mmio_read(gpa, n)
    if (n == 8) store<u64>(to, v); else if (n == 4) store<u32>(to, <u32>v); else if (n == 2) store<u16>(to, <u16>v); else store<u8>(to, <u8>v)
    gpa += n; to += n; size -= n
  }
}
function mmioStore(gpa: u64, size: u32, from: u32): void {
  while (size) {
    const n: u32 = size >= 8 ? 8 : size >= 4 ? 4 : size >= 2 ? 2 : 1
    mmio_write(gpa, n, n == 8 ? load<u64>(from) : n == 4 ? <u64>load<u32>(from) : n == 2 ? <u64>load<u16>(from) : <u64>load<u8>(from))
    gpa += n; from += n; size -= n
  }
}

/** Host address to read `size` bytes at a linear address from; 0 with a fault noted. */
export function readMiss(va: u64, size: u32, ip: u32): u32 {
  if (!canonical(va) || !canonical(va + size - 1)) { raiseCanonical(ip); return 0 }
  if (load<u32>(DTLB) == TLB_CHECKED && !system && !look(va, size, false)) return 0
  const room: u32 = 0x1000 - (<u32>va & 0xfff)
  if (room >= size) {
    const h = piece(va, 0)
    if (h != 1) return h
    mmioFetch(translatedGpa, size, SCRATCH)
    return SCRATCH
  }
  const a = piece(va, 0)
  if (!a) return 0
  const gpa = translatedGpa
  const b = piece(wrap(va + room), 0)
  if (!b) return 0
  if (a == 1) mmioFetch(gpa, room, SCRATCH); else memory.copy(SCRATCH, a, room)
  if (b == 1) mmioFetch(translatedGpa, size - room, SCRATCH + room); else memory.copy(SCRATCH + room, b, size - room)
  return SCRATCH
}

// Outside 64-bit mode addresses end at 4 GiB.
// @ts-ignore: decorator
@inline function wrap(va: u64): u64 { return load<u32>(MODE) == 2 ? va : va & 0xffffffff }

/** Are both pages of such an access memory that may be so accessed, and to be written hold no code? Changes nothing. */
export function twoPlainPages(va: u64, size: u32, write: bool): bool {
  const access: u32 = (write ? 1 : 0) | user()
  return canonical(va) && canonical(va + size - 1) && plainPage(va, access) && plainPage(va + size - 1, access)
}

/** Host address to write `size` bytes at; when it is SCRATCH, commit() after storing. 0 with a fault noted. */
export function writeMiss(va: u64, size: u32, ip: u32): u32 {
  if (!canonical(va) || !canonical(va + size - 1)) { raiseCanonical(ip); return 0 }
  if (load<u32>(DTLB) == TLB_CHECKED && !system && !look(va, size, true)) return 0
  const room: u32 = 0x1000 - (<u32>va & 0xfff)
  stagedSize = size
  guarded = false
  if (room >= size) {
    const h = piece(va, 1)
    if (h == 0 || (h != 1 && !guarded)) return h
    firstSize = size; firstHost = h == 1 ? 0 : h; firstGpa = translatedGpa
    return SCRATCH
  }
  firstSize = room
  const a = piece(va, 1)
  if (!a) return 0
  firstHost = a == 1 ? 0 : a; firstGpa = translatedGpa
  const b = piece(wrap(va + room), 1)
  if (!b) return 0
  secondHost = b == 1 ? 0 : b; secondGpa = translatedGpa
  return SCRATCH
}

/** The same for read-modify-write: SCRATCH then holds the operand. */
export function updateMiss(va: u64, size: u32, ip: u32): u32 {
  const h = writeMiss(va, size, ip)
  if (h != SCRATCH) return h
  if (firstHost) memory.copy(SCRATCH, firstHost, firstSize); else mmioFetch(firstGpa, firstSize, SCRATCH)
  if (firstSize < size) {
    if (secondHost) memory.copy(SCRATCH + firstSize, secondHost, size - firstSize); else mmioFetch(secondGpa, size - firstSize, SCRATCH + firstSize)
  }
  return SCRATCH
}

/** Carry a staged store out. */
export function commit(): void {
  const two = firstSize < stagedSize
  if (several() && (firstHost || (two && secondHost))) {
    lockCode()
    beginDrop()
    if (firstHost) { dropEverywhere(firstHost); put(firstHost, SCRATCH, firstSize) }
    if (two && secondHost) { dropEverywhere(secondHost); memory.copy(secondHost, SCRATCH + firstSize, stagedSize - firstSize) }
    endDrop()
    unlockCode()
  } else {
    if (firstHost) memory.copy(firstHost, SCRATCH, firstSize)
    if (two && secondHost) memory.copy(secondHost, SCRATCH + firstSize, stagedSize - firstSize)
  }
  if (!firstHost) mmioStore(firstGpa, firstSize, SCRATCH)
  if (two && !secondHost) mmioStore(secondGpa, stagedSize - firstSize, SCRATCH + firstSize)
}
// In one piece where a processor would: other vcpus look on.
function put(to: u32, from: u32, size: u32): void {
  if (size == 8) store<u64>(to, load<u64>(from)); else if (size == 4) store<u32>(to, load<u32>(from))
  else if (size == 2) store<u16>(to, load<u16>(from)); else if (size == 1) store<u8>(to, load<u8>(from))
  else memory.copy(to, from, size)
}

// The same three for the cold functions, with the TLB looked up first.

// @ts-ignore: decorator
@inline function dtlb(): u32 { return load<u32>(DTLB) == TLB_CHECKED ? TLB_CHECKED : load<u32>(CPL) == 3 ? TLB_USER : TLB_SUPERVISOR }

export function readHost(va: u64, size: u32, ip: u32): u32 {
  const e = dtlb() + READ + slot(va)
  if (load<u64>(e) == ((va + size - 1) & ~0xfff)) return load<u32>(e, 8) + <u32>va
  return readMiss(va, size, ip)
}
export function writeHost(va: u64, size: u32, ip: u32): u32 {
  const e = dtlb() + WRITE + slot(va)
  if (load<u64>(e) == ((va + size - 1) & ~0xfff)) return load<u32>(e, 8) + <u32>va
  return writeMiss(va, size, ip)
}
export function updateHost(va: u64, size: u32, ip: u32): u32 {
  const e = dtlb() + WRITE + slot(va)
  if (load<u64>(e) == ((va + size - 1) & ~0xfff)) return load<u32>(e, 8) + <u32>va
  return updateMiss(va, size, ip)
}
/** Store done at a host address that writeHost or updateHost gave. */
// @ts-ignore: decorator
@inline export function done(host: u32): void { if (host < STAGED_BELOW) commit() }

// Set while one of the following two runs: no breakpoints, no alignment checks.
let system: bool = false

/** Supervisor accesses the processor makes itself (descriptor tables, TSS, stacks of a new privilege level). */
export function systemRead(va: u64, size: u32): u32 {
  const was = load<u32>(CPL)
  store<u32>(CPL, 0)
  system = true
  const h = readHost(va, size, 0)
  system = false
  store<u32>(CPL, was)
  return h
}
export function systemWrite(va: u64, size: u32): u32 {
  const was = load<u32>(CPL)
  store<u32>(CPL, 0)
  system = true
  const h = updateHost(va, size, 0)
  system = false
  store<u32>(CPL, was)
  return h
}
