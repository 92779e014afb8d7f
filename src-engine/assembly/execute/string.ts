// String instructions. REP MOVS and REP STOS work in bulk within the pages at hand; the rest goes element by element,
// a bounded number at a time, so that a long repetition can be interrupted: registers are then up to date and RIP is
// still at the instruction.
// Runs in: the vcpu's thread.
import { VCPU, RAX, RCX, RSI, RDI, RDX, EFLAGS_REST, MODE, DTLB, TLB_CHECKED } from '../generated/layout'
import { imm, dst, offsetOf, ripAt } from '../state'
import { DF } from '../flags'
import { cmp } from './arith'
import { readHost, writeHost, done, STAGED_BELOW } from '../mmu/access'
import { ccZ } from '../flags'
import { RIP, STEPPING } from '../generated/layout'
import { port_in, port_out } from '../imports'
import { portAllowed } from './ports'
import { allowed, attributes, limit, ES } from './descriptor'

const BATCH: u32 = 4096 // elements a call handles at most

// @ts-ignore: decorator
@inline function repOf(ip: u32): u32 { return <u32>imm(ip) & 3 }
// @ts-ignore: decorator
@inline function addressMask(ip: u32): u64 {
  const a = <u32>imm(ip) >> 2 & 3
  return a == 2 ? ~0 : a == 1 ? 0xffffffff : 0xffff
}
// @ts-ignore: decorator
@inline function sourceBase(ip: u32): u64 { return load<u64>(VCPU + <u32>load<u8>(ip, 6)) }
// @ts-ignore: decorator
@inline function targetBase(ip: u32): u64 { return load<u64>(dst(ip)) }
// @ts-ignore: decorator
@inline function linear(base: u64, offset: u64): u64 { return load<u32>(MODE) == 2 ? base + offset : (base + offset) & 0xffffffff }

// Outside 64-bit mode each element lies within its segment, which is the source's or ES.
// @ts-ignore: decorator
@inline function sourceSegment(ip: u32): u32 { return <u32>imm(ip) >> 4 & 15 }
// @ts-ignore: decorator
@inline function mayRead(ip: u32, offset: u64, size: u32): bool { return load<u32>(MODE) == 2 || allowed(sourceSegment(ip), offset, size, false) }
// @ts-ignore: decorator
@inline function mayUse(offset: u64, size: u32, write: bool): bool { return load<u32>(MODE) == 2 || allowed(ES, offset, size, write) }
/** How many elements from an offset on need no look at the segment or the address size: at least 1, which is looked at. */
function room(s: u32, offset: u64, size: u32, mask: u64): u64 {
  let last = mask
  if (load<u32>(MODE) != 2) {
    if ((attributes(s) & 0xc) == 4) return 1
    if (<u64>limit(s) < last) last = limit(s)
  } else if (mask == ~0) return mask
  const n = last < offset ? 0 : (last - offset + 1) / size
  return n ? n : 1
}

function setMasked(at: u32, v: u64, mask: u64): void {
  if (mask == ~0) store<u64>(at, v)
  else if (mask == 0xffffffff) store<u64>(at, v & mask)
  else store<u16>(at, <u16>v)
}
// With TF set, a repetition traps after each element.
// @ts-ignore: decorator
@inline function batch(): u32 { return load<u32>(STEPPING) ? 1 : BATCH }

/** Come back to the instruction: the next call goes on, or the single-step trap shows RIP at it. */
function again(ip: u32): i32 { store<u64>(RIP, ripAt(offsetOf(ip))); return 1 }
function pause(ip: u32, mask: u64): i32 { return load<u64>(RCX) & mask ? again(ip) : 0 }
function copyElement(from: u32, to: u32, size: u32): void {
  if (size == 8) store<u64>(to, load<u64>(from)); else if (size == 4) store<u32>(to, load<u32>(from))
  else if (size == 2) store<u16>(to, load<u16>(from)); else store<u8>(to, load<u8>(from))
}

/** Elements of `size` from a linear address to the end of its page. */
// @ts-ignore: decorator
@inline function inPage(va: u64, size: u32): u64 { return <u64>((0x1000 - (<u32>va & 0xfff)) / size) }

export function movs(ip: u32, k: u32): i32 {
  const size: u32 = 1 << (k >> 1)
  const mask = addressMask(ip)
  const rep = repOf(ip) != 0
  const down = (load<u32>(EFLAGS_REST) & DF) != 0
  const step: u64 = down ? 0 - <u64>size : size
  let budget = batch()
  while (true) {
    let n: u64 = 1
    if (rep) {
      n = load<u64>(RCX) & mask
      if (n == 0) return 0
      if (budget == 0) return again(ip)
      if (n > <u64>budget) n = budget
    }
    const si = load<u64>(RSI) & mask, di = load<u64>(RDI) & mask
    const from = linear(sourceBase(ip), si), to = linear(targetBase(ip), di)
    if (rep && !down && load<u32>(DTLB) != TLB_CHECKED) {
      const a = inPage(from, size), b = inPage(to, size)
      if (a < n) n = a
      if (b < n) n = b
      const c = room(sourceSegment(ip), si, size, mask), d = room(ES, di, size, mask)
      if (c < n) n = c
      if (d < n) n = d
      if (n == 0) n = 1
    } else n = 1
    if (!mayRead(ip, si, size)) return 1
    const bytes = <u32>n * size
    if (n > 1) {
      // The whole piece at once: both host ranges are plain memory unless the address came back staged.
      const h = readHost(from, size, 0)
      if (!h) return 1
      if (h >= STAGED_BELOW) {
        if (!mayUse(di, size, true)) return 1
        const g = writeHost(to, size, 0)
        if (!g) return 1
        if (g >= STAGED_BELOW) {
          if (g > h && g < h + bytes) for (let i: u32 = 0; i < bytes; i += size) copyElement(h + i, g + i, size)
          else memory.copy(g, h, bytes)
        } else n = 1
      } else n = 1
    }
    if (n == 1) {
      const h = readHost(from, size, 0)
      if (!h) return 1
      const v: u64 = size == 8 ? load<u64>(h) : size == 4 ? <u64>load<u32>(h) : size == 2 ? <u64>load<u16>(h) : <u64>load<u8>(h)
      if (!mayUse(di, size, true)) return 1
      const g = writeHost(to, size, 0)
      if (!g) return 1
      if (size == 8) store<u64>(g, v); else if (size == 4) store<u32>(g, <u32>v); else if (size == 2) store<u16>(g, <u16>v); else store<u8>(g, <u8>v)
      done(g)
    }
    setMasked(RSI, si + (down ? step : n * size), mask)
    setMasked(RDI, di + (down ? step : n * size), mask)
    if (!rep) return 0
    setMasked(RCX, (load<u64>(RCX) & mask) - n, mask)
    budget = budget > <u32>n ? budget - <u32>n : 0
  }
}

export function stos(ip: u32, k: u32): i32 {
  const size: u32 = 1 << (k >> 1)
  const mask = addressMask(ip)
  const rep = repOf(ip) != 0
  const down = (load<u32>(EFLAGS_REST) & DF) != 0
  const v = load<u64>(RAX)
  let budget = batch()
  while (true) {
    let n: u64 = 1
    if (rep) {
      n = load<u64>(RCX) & mask
      if (n == 0) return 0
      if (budget == 0) return again(ip)
      if (n > <u64>budget) n = budget
    }
    const di = load<u64>(RDI) & mask
    const to = linear(targetBase(ip), di)
    if (rep && !down && load<u32>(DTLB) != TLB_CHECKED) {
      const b = inPage(to, size)
      if (b < n) n = b
      const d = room(ES, di, size, mask)
      if (d < n) n = d
      if (n == 0) n = 1
    } else n = 1
    if (!mayUse(di, size, true)) return 1
    const g = writeHost(to, size, 0)
    if (!g) return 1
    if (g < STAGED_BELOW) n = 1
    const bytes = <u32>n * size
    if (size == 1) memory.fill(g, <u8>v, bytes)
    else if (v == 0) memory.fill(g, 0, bytes)
    else for (let i: u32 = 0; i < bytes; i += size) {
      if (size == 8) store<u64>(g + i, v); else if (size == 4) store<u32>(g + i, <u32>v); else store<u16>(g + i, <u16>v)
    }
    done(g)
    setMasked(RDI, di + (down ? 0 - <u64>size : n * size), mask)
    if (!rep) return 0
    setMasked(RCX, (load<u64>(RCX) & mask) - n, mask)
    budget = budget > <u32>n ? budget - <u32>n : 0
  }
}

function loadElement(h: u32, size: u32): u64 {
  return size == 8 ? load<u64>(h) : size == 4 ? <u64>load<u32>(h) : size == 2 ? <u64>load<u16>(h) : <u64>load<u8>(h)
}
function putAccumulator(v: u64, size: u32): void {
  if (size == 8) store<u64>(RAX, v); else if (size == 4) store<u64>(RAX, v & 0xffffffff)
  else if (size == 2) store<u16>(RAX, <u16>v); else store<u8>(RAX, <u8>v)
}
function compare(a: u64, b: u64, size: u32): void {
  if (size == 8) cmp<u64>(a, b); else if (size == 4) cmp<u32>(<u32>a, <u32>b); else if (size == 2) cmp<u16>(<u16>a, <u16>b); else cmp<u8>(<u8>a, <u8>b)
}
function stepOf(size: u32): u64 { return load<u32>(EFLAGS_REST) & DF ? 0 - <u64>size : <u64>size }

export function lods(ip: u32, k: u32): i32 {
  const size: u32 = 1 << (k >> 1)
  const mask = addressMask(ip)
  for (let i: u32 = 0, most = batch(); i < most; i++) {
    if (repOf(ip) && (load<u64>(RCX) & mask) == 0) return 0
    const si = load<u64>(RSI) & mask
    if (!mayRead(ip, si, size)) return 1
    const h = readHost(linear(sourceBase(ip), si), size, 0)
    if (!h) return 1
    putAccumulator(loadElement(h, size), size)
    setMasked(RSI, si + stepOf(size), mask)
    if (!repOf(ip)) return 0
    setMasked(RCX, (load<u64>(RCX) & mask) - 1, mask)
  }
  return pause(ip, mask)
}

export function scas(ip: u32, k: u32): i32 {
  const size: u32 = 1 << (k >> 1)
  const mask = addressMask(ip)
  const rep = repOf(ip)
  for (let i: u32 = 0, most = batch(); i < most; i++) {
    if (rep && (load<u64>(RCX) & mask) == 0) return 0
    const di = load<u64>(RDI) & mask
    if (!mayUse(di, size, false)) return 1
    const h = readHost(linear(targetBase(ip), di), size, 0)
    if (!h) return 1
    compare(load<u64>(RAX), loadElement(h, size), size)
    setMasked(RDI, di + stepOf(size), mask)
    if (!rep) return 0
    setMasked(RCX, (load<u64>(RCX) & mask) - 1, mask)
    if (ccZ() != (rep == 1)) return 0
  }
  return pause(ip, mask)
}

export function cmps(ip: u32, k: u32): i32 {
  const size: u32 = 1 << (k >> 1)
  const mask = addressMask(ip)
  const rep = repOf(ip)
  for (let i: u32 = 0, most = batch(); i < most; i++) {
    if (rep && (load<u64>(RCX) & mask) == 0) return 0
    const si = load<u64>(RSI) & mask, di = load<u64>(RDI) & mask
    // when both would fault, the one at rDI is reported
    if (!mayUse(di, size, false)) return 1
    const g = readHost(linear(targetBase(ip), di), size, 0)
    if (!g) return 1
    const b = loadElement(g, size)
    if (!mayRead(ip, si, size)) return 1
    const h = readHost(linear(sourceBase(ip), si), size, 0)
    if (!h) return 1
    compare(loadElement(h, size), b, size)
    setMasked(RSI, si + stepOf(size), mask)
    setMasked(RDI, di + stepOf(size), mask)
    if (!rep) return 0
    setMasked(RCX, (load<u64>(RCX) & mask) - 1, mask)
    if (ccZ() != (rep == 1)) return 0
  }
  return pause(ip, mask)
}

export function ins(ip: u32, k: u32): i32 {
  const size: u32 = 1 << (k >> 1)
  const mask = addressMask(ip)
  if (!portAllowed(<u32>load<u16>(RDX), size)) return 1
  for (let i: u32 = 0, most = batch(); i < most; i++) {
    if (repOf(ip) && (load<u64>(RCX) & mask) == 0) return 0
    const di = load<u64>(RDI) & mask
    if (!mayUse(di, size, true)) return 1
    const g = writeHost(linear(targetBase(ip), di), size, 0)
    if (!g) return 1
    const v = port_in(<i32>load<u16>(RDX), size)
    if (size == 4) store<i32>(g, v); else if (size == 2) store<u16>(g, <u16>v); else store<u8>(g, <u8>v)
    done(g)
    setMasked(RDI, di + stepOf(size), mask)
    if (!repOf(ip)) return 0
    setMasked(RCX, (load<u64>(RCX) & mask) - 1, mask)
  }
  return pause(ip, mask)
}

export function outs(ip: u32, k: u32): i32 {
  const size: u32 = 1 << (k >> 1)
  const mask = addressMask(ip)
  if (!portAllowed(<u32>load<u16>(RDX), size)) return 1
  for (let i: u32 = 0, most = batch(); i < most; i++) {
    if (repOf(ip) && (load<u64>(RCX) & mask) == 0) return 0
    const si = load<u64>(RSI) & mask
    if (!mayRead(ip, si, size)) return 1
    const h = readHost(linear(sourceBase(ip), si), size, 0)
    if (!h) return 1
    port_out(<i32>load<u16>(RDX), size, <i32>loadElement(h, size))
    setMasked(RSI, si + stepOf(size), mask)
    if (!repOf(ip)) return 0
    setMasked(RCX, (load<u64>(RCX) & mask) - 1, mask)
  }
  return pause(ip, mask)
}

export function xlat(ip: u32, k: u32): i32 {
  const at = (load<u64>(VCPU + 24) + <u64>load<u8>(RAX)) & addressMask(ip)
  if (!mayRead(ip, at, 1)) return 1
  const h = readHost(linear(sourceBase(ip), at), 1, 0)
  if (!h) return 1
  store<u8>(RAX, load<u8>(h))
  return 0
}
