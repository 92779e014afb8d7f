// Conversions between integers, singles and doubles. To an integer: the value is exact in a double, WebAssembly's floor,
// ceil, trunc and nearest round it, and a difference is "inexact"; what does not fit gives the indefinite 0x8000... with IE.
// Between floats and from wide integers: WebAssembly where that is right (sse-status.ts), soft-float elsewhere.
// Invariant: the destination is written only when nothing unmasked was raised.
// Runs in: the vcpu's thread.
import {
  A, CHOP, DENORMAL, DOWN, NEAREST, NORMAL, QUIET, R_CLASS, R_EXPONENT, R_HI, R_LO, R_SIGN, SIGNALLING, UP, ZERO, pack32,
  pack64, raiseFlags, round, sigOf, signOf, expOf, unpack32, unpack64,
} from '../fpu/soft'
import { DE, IE, PE } from '../fpu/state'
import { LANES, begin, daz, ftz, mxcsr, plain32, plain64, quick, rounding, settle, sound32, trapped } from './sse-status'

function setInteger(value: i64): void {
  const sign = value < 0, magnitude = <u64>(sign ? 0 - value : value)
  const zeros = <i32>clz(magnitude)
  store<i32>(R_CLASS, magnitude ? NORMAL : ZERO)
  store<u32>(R_SIGN, <u32>sign)
  store<i32>(R_EXPONENT, 63 - zeros)
  store<u64>(R_HI, magnitude << zeros)
  store<u64>(R_LO, 0)
}
function single(value: i64, mx: u32): u32 {
  if (quick(mx)) return reinterpret<u32>(<f32>value)
  setInteger(value)
  if (value) round(24, -126, 127, rounding(mx), trapped(mx), 0, false)
  return pack32()
}
function double(value: i64, mx: u32): u64 {
  if (quick(mx)) return reinterpret<u64>(<f64>value)
  setInteger(value)
  if (value) round(53, -1022, 1023, rounding(mx), trapped(mx), 0, false)
  return pack64()
}
function putSingle(dst: u32, value: i64): i32 {
  const mx = mxcsr()
  begin()
  const r = single(value, mx)
  const fault = settle(mx)
  if (!fault) store<u32>(dst, r)
  return fault
}

export function cvtsi2ss(dst: u32, src: u32): i32 { return putSingle(dst, <i64>load<i32>(src)) }
export function cvtsi2ss_q(dst: u32, src: u32): i32 { return putSingle(dst, load<i64>(src)) }
export function cvtsi2sd(dst: u32, src: u32): i32 {
  store<f64>(dst, <f64>load<i32>(src))
  return 0
}
export function cvtsi2sd_q(dst: u32, src: u32): i32 {
  const mx = mxcsr()
  begin()
  const r = double(load<i64>(src), mx)
  const fault = settle(mx)
  if (!fault) store<u64>(dst, r)
  return fault
}
/** Also CVTPI2PD. */
export function cvtdq2pd(dst: u32, src: u32): i32 {
  const x = load<i32>(src), y = load<i32>(src, 4)
  store<f64>(dst, <f64>x)
  store<f64>(dst, <f64>y, 8)
  return 0
}
export function cvtpi2ps(dst: u32, src: u32): i32 {
  const mx = mxcsr()
  begin()
  const x = single(<i64>load<i32>(src), mx), y = single(<i64>load<i32>(src, 4), mx)
  const fault = settle(mx)
  if (!fault) store<u64>(dst, <u64>x | (<u64>y << 32))
  return fault
}
export function cvtdq2ps(dst: u32, src: u32): i32 {
  const mx = mxcsr()
  begin()
  for (let i: u32 = 0; i < 16; i += 4) store<u32>(LANES + i, single(<i64>load<i32>(src + i), mx))
  const fault = settle(mx)
  if (!fault) v128.store(dst, v128.load(LANES))
  return fault
}

// @ts-ignore: decorator
@inline function rounded(x: f64, rc: u32): f64 {
  if (rc == NEAREST) return nearest<f64>(x)
  if (rc == DOWN) return floor<f64>(x)
  if (rc == UP) return ceil<f64>(x)
  return trunc<f64>(x)
}
function toInt32(x: f64, rc: u32): u32 {
  const y = rounded(x, rc)
  if (!(y >= -2147483648.0 && y <= 2147483647.0)) {
    raiseFlags(IE)
    return 0x80000000
  }
  if (y != x) raiseFlags(PE)
  return <u32><i32>y
}
function toInt64(x: f64, rc: u32): u64 {
  const y = rounded(x, rc)
  if (!(y >= -9223372036854775808.0 && y < 9223372036854775808.0)) {
    raiseFlags(IE)
    return 0x8000000000000000
  }
  if (y != x) raiseFlags(PE)
  return <u64><i64>y
}
/** A single or double as an exact double; with DAZ, denormals are zeros. */
// @ts-ignore: decorator
@inline function fromSingle(at: u32, mx: u32): f64 {
  const bits = load<u32>(at)
  return daz(mx) && (bits & 0x7f800000) == 0 ? 0 : <f64>reinterpret<f32>(bits)
}
// @ts-ignore: decorator
@inline function fromDouble(at: u32, mx: u32): f64 {
  const bits = load<u64>(at)
  return daz(mx) && (bits & 0x7ff0000000000000) == 0 ? 0 : reinterpret<f64>(bits)
}

function scalarToInt(dst: u32, x: f64, rc: u32, wide: bool, mx: u32): i32 {
  begin()
  const r = wide ? toInt64(x, rc) : <u64>toInt32(x, rc)
  const fault = settle(mx)
  if (!fault) store<u64>(dst, r)
  return fault
}
export function cvtss2si(dst: u32, src: u32): i32 { const mx = mxcsr(); return scalarToInt(dst, fromSingle(src, mx), rounding(mx), false, mx) }
export function cvtss2si_q(dst: u32, src: u32): i32 { const mx = mxcsr(); return scalarToInt(dst, fromSingle(src, mx), rounding(mx), true, mx) }
export function cvttss2si(dst: u32, src: u32): i32 { const mx = mxcsr(); return scalarToInt(dst, fromSingle(src, mx), CHOP, false, mx) }
export function cvttss2si_q(dst: u32, src: u32): i32 { const mx = mxcsr(); return scalarToInt(dst, fromSingle(src, mx), CHOP, true, mx) }
export function cvtsd2si(dst: u32, src: u32): i32 { const mx = mxcsr(); return scalarToInt(dst, fromDouble(src, mx), rounding(mx), false, mx) }
export function cvtsd2si_q(dst: u32, src: u32): i32 { const mx = mxcsr(); return scalarToInt(dst, fromDouble(src, mx), rounding(mx), true, mx) }
export function cvttsd2si(dst: u32, src: u32): i32 { const mx = mxcsr(); return scalarToInt(dst, fromDouble(src, mx), CHOP, false, mx) }
export function cvttsd2si_q(dst: u32, src: u32): i32 { const mx = mxcsr(); return scalarToInt(dst, fromDouble(src, mx), CHOP, true, mx) }

/** Four singles to doublewords. */
function fourToInt(dst: u32, src: u32, rc: u32, mx: u32): i32 {
  begin()
  for (let i: u32 = 0; i < 16; i += 4) store<u32>(LANES + i, toInt32(fromSingle(src + i, mx), rc))
  const fault = settle(mx)
  if (!fault) v128.store(dst, v128.load(LANES))
  return fault
}
export function cvtps2dq(dst: u32, src: u32): i32 { const mx = mxcsr(); return fourToInt(dst, src, rounding(mx), mx) }
export function cvttps2dq(dst: u32, src: u32): i32 { return fourToInt(dst, src, CHOP, mxcsr()) }

/** Two values to two doublewords: an XMM register (upper half cleared) or an MMX register. */
// @ts-ignore: decorator
@inline function putPair(dst: u32, x: f64, y: f64, rc: u32, mmx: bool, mx: u32): i32 {
  begin()
  const r = <u64>toInt32(x, rc) | (<u64>toInt32(y, rc) << 32)
  const fault = settle(mx)
  if (fault) return fault
  store<u64>(dst, r)
  if (mmx) store<u16>(dst, 0xffff, 8)
  else store<u64>(dst, 0, 8)
  return 0
}
export function cvtpd2dq(dst: u32, src: u32): i32 { const mx = mxcsr(); return putPair(dst, fromDouble(src, mx), fromDouble(src + 8, mx), rounding(mx), false, mx) }
export function cvttpd2dq(dst: u32, src: u32): i32 { const mx = mxcsr(); return putPair(dst, fromDouble(src, mx), fromDouble(src + 8, mx), CHOP, false, mx) }
export function cvtpd2pi(dst: u32, src: u32): i32 { const mx = mxcsr(); return putPair(dst, fromDouble(src, mx), fromDouble(src + 8, mx), rounding(mx), true, mx) }
export function cvttpd2pi(dst: u32, src: u32): i32 { const mx = mxcsr(); return putPair(dst, fromDouble(src, mx), fromDouble(src + 8, mx), CHOP, true, mx) }
export function cvtps2pi(dst: u32, src: u32): i32 { const mx = mxcsr(); return putPair(dst, fromSingle(src, mx), fromSingle(src + 4, mx), rounding(mx), true, mx) }
export function cvttps2pi(dst: u32, src: u32): i32 { const mx = mxcsr(); return putPair(dst, fromSingle(src, mx), fromSingle(src + 4, mx), CHOP, true, mx) }

/** Copy unpacked A to the result, ready for `round`. */
function takeA(kind: i32): void {
  store<i32>(R_CLASS, kind == DENORMAL ? NORMAL : kind)
  store<u32>(R_SIGN, signOf(A))
  store<i32>(R_EXPONENT, expOf(A))
  store<u64>(R_HI, sigOf(A))
  store<u64>(R_LO, 0)
}

/** Single to double: exact, but NaNs become quiet and denormals are noted. */
function widen(bits: u32, mx: u32): u64 {
  if (plain32(bits)) return reinterpret<u64>(<f64>reinterpret<f32>(bits))
  const kind = unpack32(A, bits, daz(mx))
  const sign = <u64>(bits >> 31) << 63
  if (kind >= QUIET) {
    if (kind == SIGNALLING) raiseFlags(IE)
    return sign | 0x7ff8000000000000 | (<u64>(bits & 0x3fffff) << 29)
  }
  if (kind == ZERO) return sign
  if (kind == DENORMAL) raiseFlags(DE)
  return reinterpret<u64>(<f64>reinterpret<f32>(bits))
}
/** Double to single. */
function narrow(bits: u64, mx: u32): u32 {
  if (quick(mx) && plain64(bits)) {
    const r = reinterpret<u32>(<f32>reinterpret<f64>(bits))
    if (sound32(r) || bits << 1 == 0) return r
  }
  const kind = unpack64(A, bits, daz(mx))
  if (kind >= QUIET) {
    if (kind == SIGNALLING) raiseFlags(IE)
    return (<u32>(bits >> 63) << 31) | 0x7fc00000 | <u32>((bits >> 29) & 0x3fffff)
  }
  if (kind == DENORMAL) raiseFlags(DE)
  takeA(kind)
  if (kind == NORMAL || kind == DENORMAL) round(24, -126, 127, rounding(mx), trapped(mx), 192, ftz(mx))
  return pack32()
}

export function cvtss2sd(dst: u32, src: u32): i32 {
  const mx = mxcsr()
  begin()
  const r = widen(load<u32>(src), mx)
  const fault = settle(mx)
  if (!fault) store<u64>(dst, r)
  return fault
}
export function cvtsd2ss(dst: u32, src: u32): i32 {
  const mx = mxcsr()
  begin()
  const r = narrow(load<u64>(src), mx)
  const fault = settle(mx)
  if (!fault) store<u32>(dst, r)
  return fault
}
export function cvtps2pd(dst: u32, src: u32): i32 {
  const mx = mxcsr()
  begin()
  const x = widen(load<u32>(src), mx), y = widen(load<u32>(src, 4), mx)
  const fault = settle(mx)
  if (fault) return fault
  store<u64>(dst, x)
  store<u64>(dst, y, 8)
  return 0
}
export function cvtpd2ps(dst: u32, src: u32): i32 {
  const mx = mxcsr()
  begin()
  const x = narrow(load<u64>(src), mx), y = narrow(load<u64>(src, 8), mx)
  const fault = settle(mx)
  if (fault) return fault
  store<u64>(dst, <u64>x | (<u64>y << 32))
  store<u64>(dst, 0, 8)
  return 0
}
