// One-operand multiplication and division, and the decimal adjustments of 32-bit code.
// Runs in: the vcpu's thread.
import { RAX, RDX } from '../generated/layout'
import { dst, ea, imm, put, raise, DE } from '../state'
import { setPartial, setStatus, setCarryOverflow, status, cfSlow, afSlow, CF, AF, OF, mulHighSigned } from '../flags'
import { mulHigh } from '../fpu/soft'
import { add, sub } from './arith'
import { readHost } from '../mmu/access'

function operand(ip: u32, k: u32): u32 { return k & 1 ? readHost(ea(ip), 1 << (k >> 1), ip) : dst(ip) }

export function mul(ip: u32, k: u32): i32 {
  const h = operand(ip, k)
  if (!h) return 1
  let high: bool
  switch (k >> 1) {
    case 0: { const p = <u32>load<u8>(RAX) * <u32>load<u8>(h); store<u16>(RAX, <u16>p); high = p > 255; break }
    case 1: { const p = <u32>load<u16>(RAX) * <u32>load<u16>(h); store<u16>(RAX, <u16>p); store<u16>(RDX, <u16>(p >> 16)); high = p >> 16 != 0; break }
    case 2: { const p = <u64>load<u32>(RAX) * <u64>load<u32>(h); store<u64>(RAX, p & 0xffffffff); store<u64>(RDX, p >> 32); high = p >> 32 != 0; break }
    default: { const a = load<u64>(RAX), b = load<u64>(h); const hi = mulHigh(a, b); store<u64>(RAX, a * b); store<u64>(RDX, hi); high = hi != 0 }
  }
  setCarryOverflow(high)
  return 0
}
export function imul_wide(ip: u32, k: u32): i32 {
  const h = operand(ip, k)
  if (!h) return 1
  let lost: bool
  switch (k >> 1) {
    case 0: { const p = <i32>load<i8>(RAX) * <i32>load<i8>(h); store<u16>(RAX, <u16>p); lost = <i32><i8>p != p; break }
    case 1: { const p = <i32>load<i16>(RAX) * <i32>load<i16>(h); store<u16>(RAX, <u16>p); store<u16>(RDX, <u16>(p >> 16)); lost = <i32><i16>p != p; break }
    case 2: { const p = <i64>load<i32>(RAX) * <i64>load<i32>(h); store<u64>(RAX, <u64>p & 0xffffffff); store<u64>(RDX, <u64>p >> 32); lost = <i64><i32>p != p; break }
    default: { const a = load<i64>(RAX), b = load<i64>(h); const hi = mulHighSigned(a, b); const low = a * b; store<i64>(RAX, low); store<i64>(RDX, hi); lost = hi != low >> 63 }
  }
  setCarryOverflow(lost)
  return 0
}

// 128 by 64 bit division, bit by bit; the quotient is known to fit.
let quotient: u64 = 0, remainder: u64 = 0
function divide128(high: u64, low: u64, d: u64): void {
  let r = high, q = low
  for (let i = 0; i < 64; i++) {
    const out = r >> 63
    r = (r << 1) | (q >> 63)
    q <<= 1
    if (out || r >= d) { r -= d; q |= 1 }
  }
  quotient = q; remainder = r
}

// Undefined flags after a division as AMD processors leave them: AF set, PF ZF SF clear, CF and OF as they were.
function divided(): i32 {
  setStatus((status() & (CF | OF)) | AF)
  return 0
}

export function div(ip: u32, k: u32): i32 {
  const h = operand(ip, k)
  if (!h) return 1
  switch (k >> 1) {
    case 0: {
      const n = <u32>load<u16>(RAX), d = <u32>load<u8>(h)
      if (d == 0 || n / d > 255) return raise(DE)
      store<u8>(RAX, <u8>(n / d)); store<u8>(RAX, <u8>(n % d), 1)
      return divided()
    }
    case 1: {
      const n = (<u32>load<u16>(RDX) << 16) | <u32>load<u16>(RAX), d = <u32>load<u16>(h)
      if (d == 0 || n / d > 0xffff) return raise(DE)
      store<u16>(RAX, <u16>(n / d)); store<u16>(RDX, <u16>(n % d))
      return divided()
    }
    case 2: {
      const n = (<u64>load<u32>(RDX) << 32) | <u64>load<u32>(RAX), d = <u64>load<u32>(h)
      if (d == 0 || n / d > 0xffffffff) return raise(DE)
      store<u64>(RAX, n / d); store<u64>(RDX, n % d)
      return divided()
    }
    default: {
      const high = load<u64>(RDX), low = load<u64>(RAX), d = load<u64>(h)
      if (high >= d) return raise(DE) // d == 0 too
      if (high == 0) { store<u64>(RAX, low / d); store<u64>(RDX, low % d); return divided() }
      divide128(high, low, d)
      store<u64>(RAX, quotient); store<u64>(RDX, remainder)
      return divided()
    }
  }
}
export function idiv(ip: u32, k: u32): i32 {
  const h = operand(ip, k)
  if (!h) return 1
  switch (k >> 1) {
    case 0: {
      const n = <i32>load<i16>(RAX), d = <i32>load<i8>(h)
      if (d == 0) return raise(DE)
      const q = n / d
      if (q != <i32><i8>q) return raise(DE)
      store<u8>(RAX, <u8>q); store<u8>(RAX, <u8>(n % d), 1)
      return divided()
    }
    case 1: {
      const n = <i64><i32>((<u32>load<u16>(RDX) << 16) | <u32>load<u16>(RAX)), d = <i64>load<i16>(h)
      if (d == 0) return raise(DE)
      const q = n / d
      if (q != <i64><i16>q) return raise(DE)
      store<u16>(RAX, <u16>q); store<u16>(RDX, <u16>(n % d))
      return divided()
    }
    case 2: {
      const n = <i64>((<u64>load<u32>(RDX) << 32) | <u64>load<u32>(RAX)), d = <i64>load<i32>(h)
      if (d == 0 || (d == -1 && n == i64.MIN_VALUE)) return raise(DE)
      const q = n / d
      if (q != <i64><i32>q) return raise(DE)
      store<u64>(RAX, <u64>q & 0xffffffff); store<u64>(RDX, <u64>(n % d) & 0xffffffff)
      return divided()
    }
    default: {
      let high = load<i64>(RDX), low = load<u64>(RAX)
      const d = load<i64>(h)
      if (d == 0) return raise(DE)
      const negative = high < 0
      if (negative) { low = 0 - low; high = ~high + (low == 0 ? 1 : 0) }
      const m = d < 0 ? 0 - <u64>d : <u64>d
      if (<u64>high >= m) return raise(DE)
      if (high == 0) { quotient = low / m; remainder = low % m } else divide128(<u64>high, low, m)
      const minus = negative != (d < 0)
      if (minus ? quotient > 0x8000000000000000 : quotient > 0x7fffffffffffffff) return raise(DE)
      store<u64>(RAX, minus ? 0 - quotient : quotient)
      store<u64>(RDX, negative ? 0 - remainder : remainder)
      return divided()
    }
  }
}

// Flags of the decimal adjustments: CF and AF given; the rest, where undefined, as AMD processors have it, which is by
// the addition or subtraction behind the adjustment: AAA and AAS of AX and 0x106, DAA and DAS of AL, AAD of its two terms.
function decimal(cf: u32, af: u32, overflow: u32): void { setPartial(<i64>load<i8>(RAX), (cf * CF) | (af * AF) | (overflow * OF)) }

export function aam(ip: u32, k: u32): i32 {
  const d = <u32>imm(ip)
  if (d == 0) return raise(DE)
  const a = <u32>load<u8>(RAX)
  store<u8>(RAX, <u8>(a / d), 1); store<u8>(RAX, <u8>(a % d))
  decimal(0, 0, 0)
  return 0
}
export function aad(ip: u32, k: u32): i32 {
  const r = add<u8>(load<u8>(RAX), <u8>(<u32>load<u8>(RAX, 1) * <u32>imm(ip)))
  store<u16>(RAX, <u16>r)
  return 0
}
function wordFlags(r: u16, adjust: bool): void {
  setStatus((status() & ~(CF | AF)) | (adjust ? CF | AF : 0))
  store<u16>(RAX, r & 0xff0f)
}
export function aaa(ip: u32, k: u32): i32 {
  const adjust = (load<u8>(RAX) & 15) > 9 || afSlow()
  wordFlags(add<u16>(load<u16>(RAX), adjust ? 0x106 : 0), adjust)
  return 0
}
export function aas(ip: u32, k: u32): i32 {
  const adjust = (load<u8>(RAX) & 15) > 9 || afSlow()
  wordFlags(sub<u16>(load<u16>(RAX), adjust ? 0x106 : 0), adjust)
  return 0
}
export function daa(ip: u32, k: u32): i32 {
  const a = <u32>load<u8>(RAX), c = cfSlow()
  const low = (a & 15) > 9 || afSlow(), high = a > 0x99 || c
  const r = a + (low ? 6 : 0) + (high ? 0x60 : 0)
  store<u8>(RAX, <u8>r)
  decimal(<u32>high, <u32>low, (~a & r) >> 7 & 1)
  return 0
}
export function das(ip: u32, k: u32): i32 {
  const a = <u32>load<u8>(RAX), c = cfSlow()
  const low = (a & 15) > 9 || afSlow(), high = a > 0x99 || c
  const r = a - (low ? 6 : 0) - (high ? 0x60 : 0)
  store<u8>(RAX, <u8>r)
  decimal(<u32>(high || (low && a < 6)), <u32>low, (a & ~r) >> 7 & 1)
  return 0
}
