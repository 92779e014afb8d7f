// Float arithmetic and comparison on XMM registers: each operation first tries WebAssembly's own (sse-status.ts says when
// that is right), else computes lane by lane in soft-float with exact flags. NaNs: the first operand's if it is one, else
// the second's, made quiet; the default NaN is negative. MIN and MAX give the second operand when in doubt.
// Every function returns 0 or a fault code; COMIS* and UCOMIS* return ZF|PF|CF instead of 0.
// Invariant: the destination is written only when nothing unmasked was raised.
// Runs in: the vcpu's thread.
import {
  A, ADD, B, DENORMAL, DIV, MUL, NORMAL, QUIET, SIGNALLING, SQRT, SUB, operate, pack32, pack64, raiseFlags, round, unpack32,
  unpack64,
} from '../fpu/soft'
import { DE, IE } from '../fpu/state'
import {
  LANES, begin, daz, ftz, mxcsr, plain32, plain64, plainLanes32, plainLanes64, quick, rounding, settle, sound32, sound64,
  soundLanes32, soundLanes64, trapped, zeroLanes32, zeroLanes64,
} from './sse-status'

/** One lane in soft-float; for SQRT the operand is `a`. */
function lane32(op: i32, a: u32, b: u32, mx: u32): u32 {
  const ca = unpack32(A, a, daz(mx)), cb = op == SQRT ? NORMAL : unpack32(B, b, daz(mx))
  if (ca >= QUIET || cb >= QUIET) {
    if (ca == SIGNALLING || cb == SIGNALLING) raiseFlags(IE)
    return (ca >= QUIET ? a : b) | 0x400000
  }
  const rc = rounding(mx)
  if (operate(op, rc) == NORMAL) round(24, -126, 127, rc, trapped(mx), 192, ftz(mx))
  return pack32()
}
function lane64(op: i32, a: u64, b: u64, mx: u32): u64 {
  const ca = unpack64(A, a, daz(mx)), cb = op == SQRT ? NORMAL : unpack64(B, b, daz(mx))
  if (ca >= QUIET || cb >= QUIET) {
    if (ca == SIGNALLING || cb == SIGNALLING) raiseFlags(IE)
    return (ca >= QUIET ? a : b) | 0x8000000000000
  }
  const rc = rounding(mx)
  if (operate(op, rc) == NORMAL) round(53, -1022, 1023, rc, trapped(mx), 1536, ftz(mx))
  return pack64()
}

function slowPacked32(op: i32, dst: u32, src: u32, mx: u32): i32 {
  begin()
  for (let i: u32 = 0; i < 16; i += 4) {
    const b = load<u32>(src + i)
    store<u32>(LANES + i, lane32(op, op == SQRT ? b : load<u32>(dst + i), b, mx))
  }
  const fault = settle(mx)
  if (!fault) v128.store(dst, v128.load(LANES))
  return fault
}
function slowPacked64(op: i32, dst: u32, src: u32, mx: u32): i32 {
  begin()
  for (let i: u32 = 0; i < 16; i += 8) {
    const b = load<u64>(src + i)
    store<u64>(LANES + i, lane64(op, op == SQRT ? b : load<u64>(dst + i), b, mx))
  }
  const fault = settle(mx)
  if (!fault) v128.store(dst, v128.load(LANES))
  return fault
}
function slowScalar32(op: i32, dst: u32, a: u32, b: u32, mx: u32): i32 {
  begin()
  const r = lane32(op, a, b, mx)
  const fault = settle(mx)
  if (!fault) store<u32>(dst, r)
  return fault
}
function slowScalar64(op: i32, dst: u32, a: u64, b: u64, mx: u32): i32 {
  begin()
  const r = lane64(op, a, b, mx)
  const fault = settle(mx)
  if (!fault) store<u64>(dst, r)
  return fault
}

// A zero result is taken from WebAssembly where it is exact: sums always, products and quotients of a zero.

export function addps(dst: u32, src: u32): i32 {
  const mx = mxcsr()
  if (quick(mx)) {
    const a = v128.load(dst), b = v128.load(src), r = f32x4.add(a, b)
    if (v128.all_true<i32>(v128.and(v128.and(plainLanes32(a), plainLanes32(b)), v128.or(soundLanes32(r), zeroLanes32(r))))) {
      v128.store(dst, r)
      return 0
    }
  }
  return slowPacked32(ADD, dst, src, mx)
}
export function addpd(dst: u32, src: u32): i32 {
  const mx = mxcsr()
  if (quick(mx)) {
    const a = v128.load(dst), b = v128.load(src), r = f64x2.add(a, b)
    if (v128.all_true<i64>(v128.and(v128.and(plainLanes64(a), plainLanes64(b)), v128.or(soundLanes64(r), zeroLanes64(r))))) {
      v128.store(dst, r)
      return 0
    }
  }
  return slowPacked64(ADD, dst, src, mx)
}
export function addss(dst: u32, src: u32): i32 {
  const mx = mxcsr(), a = load<u32>(dst), b = load<u32>(src)
  if (quick(mx)) {
    const r = reinterpret<u32>(reinterpret<f32>(a) + reinterpret<f32>(b))
    if (plain32(a) && plain32(b) && (sound32(r) || r << 1 == 0)) {
      store<u32>(dst, r)
      return 0
    }
  }
  return slowScalar32(ADD, dst, a, b, mx)
}
export function addsd(dst: u32, src: u32): i32 {
  const mx = mxcsr(), a = load<u64>(dst), b = load<u64>(src)
  if (quick(mx)) {
    const r = reinterpret<u64>(reinterpret<f64>(a) + reinterpret<f64>(b))
    if (plain64(a) && plain64(b) && (sound64(r) || r << 1 == 0)) {
      store<u64>(dst, r)
      return 0
    }
  }
  return slowScalar64(ADD, dst, a, b, mx)
}
export function subps(dst: u32, src: u32): i32 {
  const mx = mxcsr()
  if (quick(mx)) {
    const a = v128.load(dst), b = v128.load(src), r = f32x4.sub(a, b)
    if (v128.all_true<i32>(v128.and(v128.and(plainLanes32(a), plainLanes32(b)), v128.or(soundLanes32(r), zeroLanes32(r))))) {
      v128.store(dst, r)
      return 0
    }
  }
  return slowPacked32(SUB, dst, src, mx)
}
export function subpd(dst: u32, src: u32): i32 {
  const mx = mxcsr()
  if (quick(mx)) {
    const a = v128.load(dst), b = v128.load(src), r = f64x2.sub(a, b)
    if (v128.all_true<i64>(v128.and(v128.and(plainLanes64(a), plainLanes64(b)), v128.or(soundLanes64(r), zeroLanes64(r))))) {
      v128.store(dst, r)
      return 0
    }
  }
  return slowPacked64(SUB, dst, src, mx)
}
export function subss(dst: u32, src: u32): i32 {
  const mx = mxcsr(), a = load<u32>(dst), b = load<u32>(src)
  if (quick(mx)) {
    const r = reinterpret<u32>(reinterpret<f32>(a) - reinterpret<f32>(b))
    if (plain32(a) && plain32(b) && (sound32(r) || r << 1 == 0)) {
      store<u32>(dst, r)
      return 0
    }
  }
  return slowScalar32(SUB, dst, a, b, mx)
}
export function subsd(dst: u32, src: u32): i32 {
  const mx = mxcsr(), a = load<u64>(dst), b = load<u64>(src)
  if (quick(mx)) {
    const r = reinterpret<u64>(reinterpret<f64>(a) - reinterpret<f64>(b))
    if (plain64(a) && plain64(b) && (sound64(r) || r << 1 == 0)) {
      store<u64>(dst, r)
      return 0
    }
  }
  return slowScalar64(SUB, dst, a, b, mx)
}
export function mulps(dst: u32, src: u32): i32 {
  const mx = mxcsr()
  if (quick(mx)) {
    const a = v128.load(dst), b = v128.load(src), r = f32x4.mul(a, b)
    if (v128.all_true<i32>(v128.and(v128.and(plainLanes32(a), plainLanes32(b)), v128.or(soundLanes32(r), v128.or(zeroLanes32(a), zeroLanes32(b)))))) {
      v128.store(dst, r)
      return 0
    }
  }
  return slowPacked32(MUL, dst, src, mx)
}
export function mulpd(dst: u32, src: u32): i32 {
  const mx = mxcsr()
  if (quick(mx)) {
    const a = v128.load(dst), b = v128.load(src), r = f64x2.mul(a, b)
    if (v128.all_true<i64>(v128.and(v128.and(plainLanes64(a), plainLanes64(b)), v128.or(soundLanes64(r), v128.or(zeroLanes64(a), zeroLanes64(b)))))) {
      v128.store(dst, r)
      return 0
    }
  }
  return slowPacked64(MUL, dst, src, mx)
}
export function mulss(dst: u32, src: u32): i32 {
  const mx = mxcsr(), a = load<u32>(dst), b = load<u32>(src)
  if (quick(mx)) {
    const r = reinterpret<u32>(reinterpret<f32>(a) * reinterpret<f32>(b))
    if (plain32(a) && plain32(b) && (sound32(r) || a << 1 == 0 || b << 1 == 0)) {
      store<u32>(dst, r)
      return 0
    }
  }
  return slowScalar32(MUL, dst, a, b, mx)
}
export function mulsd(dst: u32, src: u32): i32 {
  const mx = mxcsr(), a = load<u64>(dst), b = load<u64>(src)
  if (quick(mx)) {
    const r = reinterpret<u64>(reinterpret<f64>(a) * reinterpret<f64>(b))
    if (plain64(a) && plain64(b) && (sound64(r) || a << 1 == 0 || b << 1 == 0)) {
      store<u64>(dst, r)
      return 0
    }
  }
  return slowScalar64(MUL, dst, a, b, mx)
}
export function divps(dst: u32, src: u32): i32 {
  const mx = mxcsr()
  if (quick(mx)) {
    const a = v128.load(dst), b = v128.load(src), r = f32x4.div(a, b)
    if (v128.all_true<i32>(v128.and(v128.and(plainLanes32(a), plainLanes32(b)), v128.or(soundLanes32(r), v128.and(zeroLanes32(a), v128.not(zeroLanes32(b))))))) {
      v128.store(dst, r)
      return 0
    }
  }
  return slowPacked32(DIV, dst, src, mx)
}
export function divpd(dst: u32, src: u32): i32 {
  const mx = mxcsr()
  if (quick(mx)) {
    const a = v128.load(dst), b = v128.load(src), r = f64x2.div(a, b)
    if (v128.all_true<i64>(v128.and(v128.and(plainLanes64(a), plainLanes64(b)), v128.or(soundLanes64(r), v128.and(zeroLanes64(a), v128.not(zeroLanes64(b))))))) {
      v128.store(dst, r)
      return 0
    }
  }
  return slowPacked64(DIV, dst, src, mx)
}
export function divss(dst: u32, src: u32): i32 {
  const mx = mxcsr(), a = load<u32>(dst), b = load<u32>(src)
  if (quick(mx)) {
    const r = reinterpret<u32>(reinterpret<f32>(a) / reinterpret<f32>(b))
    if (plain32(a) && plain32(b) && (sound32(r) || (a << 1 == 0 && b << 1 != 0))) {
      store<u32>(dst, r)
      return 0
    }
  }
  return slowScalar32(DIV, dst, a, b, mx)
}
export function divsd(dst: u32, src: u32): i32 {
  const mx = mxcsr(), a = load<u64>(dst), b = load<u64>(src)
  if (quick(mx)) {
    const r = reinterpret<u64>(reinterpret<f64>(a) / reinterpret<f64>(b))
    if (plain64(a) && plain64(b) && (sound64(r) || (a << 1 == 0 && b << 1 != 0))) {
      store<u64>(dst, r)
      return 0
    }
  }
  return slowScalar64(DIV, dst, a, b, mx)
}

export function sqrtps(dst: u32, src: u32): i32 {
  const mx = mxcsr()
  if (quick(mx)) {
    const r = f32x4.sqrt(v128.load(src))
    if (v128.all_true<i32>(soundLanes32(r)) && v128.all_true<i32>(plainLanes32(v128.load(src)))) {
      v128.store(dst, r)
      return 0
    }
  }
  return slowPacked32(SQRT, dst, src, mx)
}
export function sqrtpd(dst: u32, src: u32): i32 {
  const mx = mxcsr()
  if (quick(mx)) {
    const r = f64x2.sqrt(v128.load(src))
    if (v128.all_true<i64>(soundLanes64(r)) && v128.all_true<i64>(plainLanes64(v128.load(src)))) {
      v128.store(dst, r)
      return 0
    }
  }
  return slowPacked64(SQRT, dst, src, mx)
}
export function sqrtss(dst: u32, src: u32): i32 {
  const mx = mxcsr(), a = load<u32>(src)
  if (quick(mx) && plain32(a) && <i32>a >= 0) {
    store<f32>(dst, sqrt<f32>(reinterpret<f32>(a)))
    return 0
  }
  return slowScalar32(SQRT, dst, a, a, mx)
}
export function sqrtsd(dst: u32, src: u32): i32 {
  const mx = mxcsr(), a = load<u64>(src)
  if (quick(mx) && plain64(a) && <i64>a >= 0) {
    store<f64>(dst, sqrt<f64>(reinterpret<f64>(a)))
    return 0
  }
  return slowScalar64(SQRT, dst, a, a, mx)
}

/** -1, 0, 1 for a below, equal to, above b; 2 for unordered. Raises DE, and IE for NaNs (`quiet`: only signalling ones). */
function compare32(a: u32, b: u32, quiet: bool, mx: u32): i32 {
  const ca = unpack32(A, a, daz(mx)), cb = unpack32(B, b, daz(mx))
  if (ca >= QUIET || cb >= QUIET) {
    if (!quiet || ca == SIGNALLING || cb == SIGNALLING) raiseFlags(IE)
    return 2
  }
  if (ca == DENORMAL || cb == DENORMAL) raiseFlags(DE)
  const x = reinterpret<f32>(ca == 0 ? a & 0x80000000 : a), y = reinterpret<f32>(cb == 0 ? b & 0x80000000 : b)
  return <i32>(x > y) - <i32>(x < y)
}
function compare64(a: u64, b: u64, quiet: bool, mx: u32): i32 {
  const ca = unpack64(A, a, daz(mx)), cb = unpack64(B, b, daz(mx))
  if (ca >= QUIET || cb >= QUIET) {
    if (!quiet || ca == SIGNALLING || cb == SIGNALLING) raiseFlags(IE)
    return 2
  }
  if (ca == DENORMAL || cb == DENORMAL) raiseFlags(DE)
  const sign: u64 = 0x8000000000000000
  const x = reinterpret<f64>(ca == 0 ? a & sign : a), y = reinterpret<f64>(cb == 0 ? b & sign : b)
  return <i32>(x > y) - <i32>(x < y)
}

function flushed32(bits: u32, mx: u32): u32 { return daz(mx) && (bits & 0x7f800000) == 0 ? bits & 0x80000000 : bits }
function flushed64(bits: u64, mx: u32): u64 { return daz(mx) && (bits & 0x7ff0000000000000) == 0 ? bits & 0x8000000000000000 : bits }

/** MIN (wanted -1) or MAX (wanted 1) of one lane. */
function extreme32(wanted: i32, a: u32, b: u32, mx: u32): u32 {
  return flushed32(compare32(a, b, false, mx) == wanted ? a : b, mx)
}
function extreme64(wanted: i32, a: u64, b: u64, mx: u32): u64 {
  return flushed64(compare64(a, b, false, mx) == wanted ? a : b, mx)
}
function slowExtreme32(wanted: i32, dst: u32, src: u32, bytes: u32): i32 {
  const mx = mxcsr()
  begin()
  for (let i: u32 = 0; i < bytes; i += 4) store<u32>(LANES + i, extreme32(wanted, load<u32>(dst + i), load<u32>(src + i), mx))
  const fault = settle(mx)
  if (!fault) memory.copy(dst, LANES, bytes)
  return fault
}
function slowExtreme64(wanted: i32, dst: u32, src: u32, bytes: u32): i32 {
  const mx = mxcsr()
  begin()
  for (let i: u32 = 0; i < bytes; i += 8) store<u64>(LANES + i, extreme64(wanted, load<u64>(dst + i), load<u64>(src + i), mx))
  const fault = settle(mx)
  if (!fault) memory.copy(dst, LANES, bytes)
  return fault
}

export function minps(dst: u32, src: u32): i32 {
  const a = v128.load(dst), b = v128.load(src)
  if (!v128.all_true<i32>(v128.and(plainLanes32(a), plainLanes32(b)))) return slowExtreme32(-1, dst, src, 16)
  v128.store(dst, f32x4.pmin(b, a))
  return 0
}
export function minpd(dst: u32, src: u32): i32 {
  const a = v128.load(dst), b = v128.load(src)
  if (!v128.all_true<i64>(v128.and(plainLanes64(a), plainLanes64(b)))) return slowExtreme64(-1, dst, src, 16)
  v128.store(dst, f64x2.pmin(b, a))
  return 0
}
export function minss(dst: u32, src: u32): i32 {
  const a = load<u32>(dst), b = load<u32>(src)
  if (!plain32(a) || !plain32(b)) return slowExtreme32(-1, dst, src, 4)
  if (!(reinterpret<f32>(a) < reinterpret<f32>(b))) store<u32>(dst, b)
  return 0
}
export function minsd(dst: u32, src: u32): i32 {
  const a = load<u64>(dst), b = load<u64>(src)
  if (!plain64(a) || !plain64(b)) return slowExtreme64(-1, dst, src, 8)
  if (!(reinterpret<f64>(a) < reinterpret<f64>(b))) store<u64>(dst, b)
  return 0
}
export function maxps(dst: u32, src: u32): i32 {
  const a = v128.load(dst), b = v128.load(src)
  if (!v128.all_true<i32>(v128.and(plainLanes32(a), plainLanes32(b)))) return slowExtreme32(1, dst, src, 16)
  v128.store(dst, f32x4.pmax(b, a))
  return 0
}
export function maxpd(dst: u32, src: u32): i32 {
  const a = v128.load(dst), b = v128.load(src)
  if (!v128.all_true<i64>(v128.and(plainLanes64(a), plainLanes64(b)))) return slowExtreme64(1, dst, src, 16)
  v128.store(dst, f64x2.pmax(b, a))
  return 0
}
export function maxss(dst: u32, src: u32): i32 {
  const a = load<u32>(dst), b = load<u32>(src)
  if (!plain32(a) || !plain32(b)) return slowExtreme32(1, dst, src, 4)
  if (!(reinterpret<f32>(a) > reinterpret<f32>(b))) store<u32>(dst, b)
  return 0
}
export function maxsd(dst: u32, src: u32): i32 {
  const a = load<u64>(dst), b = load<u64>(src)
  if (!plain64(a) || !plain64(b)) return slowExtreme64(1, dst, src, 8)
  if (!(reinterpret<f64>(a) > reinterpret<f64>(b))) store<u64>(dst, b)
  return 0
}

/** Whether CMP predicate `imm` (0-7) holds for an outcome of compare. */
function holds(imm: i32, outcome: i32): bool {
  let yes: bool
  switch (imm & 3) {
    case 0: { yes = outcome == 0; break }
    case 1: { yes = outcome == -1; break }
    case 2: { yes = outcome == -1 || outcome == 0; break }
    default: { yes = outcome == 2; break }
  }
  return imm & 4 ? !yes : yes
}
/** Predicates with "less" complain of quiet NaNs, the others only of signalling ones. */
// @ts-ignore: decorator
@inline function quietPredicate(imm: i32): bool { return (imm & 3) == 0 || (imm & 3) == 3 }

function slowCompare32(dst: u32, src: u32, imm: i32, bytes: u32): i32 {
  const mx = mxcsr()
  begin()
  for (let i: u32 = 0; i < bytes; i += 4) {
    const outcome = compare32(load<u32>(dst + i), load<u32>(src + i), quietPredicate(imm), mx)
    store<u32>(LANES + i, holds(imm, outcome) ? 0xffffffff : 0)
  }
  const fault = settle(mx)
  if (!fault) memory.copy(dst, LANES, bytes)
  return fault
}
function slowCompare64(dst: u32, src: u32, imm: i32, bytes: u32): i32 {
  const mx = mxcsr()
  begin()
  for (let i: u32 = 0; i < bytes; i += 8) {
    const outcome = compare64(load<u64>(dst + i), load<u64>(src + i), quietPredicate(imm), mx)
    store<u64>(LANES + i, holds(imm, outcome) ? ~0 : 0)
  }
  const fault = settle(mx)
  if (!fault) memory.copy(dst, LANES, bytes)
  return fault
}

export function cmpps(dst: u32, src: u32, imm: i32): i32 {
  const a = v128.load(dst), b = v128.load(src)
  if (!v128.all_true<i32>(v128.and(plainLanes32(a), plainLanes32(b)))) return slowCompare32(dst, src, imm, 16)
  let mask: v128
  switch (imm & 3) {
    case 0: { mask = f32x4.eq(a, b); break }
    case 1: { mask = f32x4.lt(a, b); break }
    case 2: { mask = f32x4.le(a, b); break }
    default: { mask = i32x4.splat(0); break }
  }
  v128.store(dst, imm & 4 ? v128.not(mask) : mask)
  return 0
}
export function cmppd(dst: u32, src: u32, imm: i32): i32 {
  const a = v128.load(dst), b = v128.load(src)
  if (!v128.all_true<i64>(v128.and(plainLanes64(a), plainLanes64(b)))) return slowCompare64(dst, src, imm, 16)
  let mask: v128
  switch (imm & 3) {
    case 0: { mask = f64x2.eq(a, b); break }
    case 1: { mask = f64x2.lt(a, b); break }
    case 2: { mask = f64x2.le(a, b); break }
    default: { mask = i64x2.splat(0); break }
  }
  v128.store(dst, imm & 4 ? v128.not(mask) : mask)
  return 0
}
export function cmpss(dst: u32, src: u32, imm: i32): i32 {
  const a = load<u32>(dst), b = load<u32>(src)
  if (!plain32(a) || !plain32(b)) return slowCompare32(dst, src, imm, 4)
  const x = reinterpret<f32>(a), y = reinterpret<f32>(b)
  store<u32>(dst, holds(imm, <i32>(x > y) - <i32>(x < y)) ? 0xffffffff : 0)
  return 0
}
export function cmpsd(dst: u32, src: u32, imm: i32): i32 {
  const a = load<u64>(dst), b = load<u64>(src)
  if (!plain64(a) || !plain64(b)) return slowCompare64(dst, src, imm, 8)
  const x = reinterpret<f64>(a), y = reinterpret<f64>(b)
  store<u64>(dst, holds(imm, <i32>(x > y) - <i32>(x < y)) ? ~0 : 0)
  return 0
}

/** ZF, PF, CF of an outcome: above none, below CF, equal ZF, unordered all three. */
// @ts-ignore: decorator
@inline function statusOf(outcome: i32): i32 { return outcome == 2 ? 0x45 : outcome == 0 ? 0x40 : outcome == -1 ? 1 : 0 }

function status32(dst: u32, src: u32, quiet: bool): i32 {
  const a = load<u32>(dst), b = load<u32>(src)
  if (plain32(a) && plain32(b)) {
    const x = reinterpret<f32>(a), y = reinterpret<f32>(b)
    return x == y ? 0x40 : <i32>(x < y)
  }
  const mx = mxcsr()
  begin()
  const outcome = compare32(a, b, quiet, mx)
  const fault = settle(mx)
  return fault ? fault : statusOf(outcome)
}
function status64(dst: u32, src: u32, quiet: bool): i32 {
  const a = load<u64>(dst), b = load<u64>(src)
  if (plain64(a) && plain64(b)) {
    const x = reinterpret<f64>(a), y = reinterpret<f64>(b)
    return x == y ? 0x40 : <i32>(x < y)
  }
  const mx = mxcsr()
  begin()
  const outcome = compare64(a, b, quiet, mx)
  const fault = settle(mx)
  return fault ? fault : statusOf(outcome)
}
export function comiss(dst: u32, src: u32): i32 { return status32(dst, src, false) }
export function ucomiss(dst: u32, src: u32): i32 { return status32(dst, src, true) }
export function comisd(dst: u32, src: u32): i32 { return status64(dst, src, false) }
export function ucomisd(dst: u32, src: u32): i32 { return status64(dst, src, true) }

/** 1 / x. Raises nothing; denormals count as zeros, on the way out too. */
function reciprocal(bits: u32): u32 {
  const m = bits & 0x7fffffff, sign = bits & 0x80000000
  if (m > 0x7f800000) return bits | 0x400000
  if (m < 0x00800000) return sign | 0x7f800000
  const r = reinterpret<u32>(<f32>1 / reinterpret<f32>(bits))
  return (r & 0x7fffffff) < 0x00800000 ? sign : r
}
/** 1 / sqrt(x). */
function reciprocalRoot(bits: u32): u32 {
  const m = bits & 0x7fffffff, sign = bits & 0x80000000
  if (m > 0x7f800000) return bits | 0x400000
  if (m < 0x00800000) return sign | 0x7f800000
  if (sign) return 0xffc00000
  return reinterpret<u32>(<f32>(<f64>1 / sqrt<f64>(<f64>reinterpret<f32>(bits))))
}
export function rcpps(dst: u32, src: u32): void { for (let i: u32 = 0; i < 16; i += 4) store<u32>(dst + i, reciprocal(load<u32>(src + i))) }
export function rcpss(dst: u32, src: u32): void { store<u32>(dst, reciprocal(load<u32>(src))) }
export function rsqrtps(dst: u32, src: u32): void { for (let i: u32 = 0; i < 16; i += 4) store<u32>(dst + i, reciprocalRoot(load<u32>(src + i))) }
export function rsqrtss(dst: u32, src: u32): void { store<u32>(dst, reciprocalRoot(load<u32>(src))) }
