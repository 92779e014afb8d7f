// Shifts and rotates. A masked count of zero leaves operand and flags alone. What the manuals leave undefined follows what
// AMD processors show (Zen 4): OF after counts above one mostly by the formula for a count of one, AF set by shifts.
// Runs in: the vcpu's thread.
import { sx, setPartial, setShifted, cfSlow, status, setStatus, CF, AF, OF, STATUS } from '../flags'

// @ts-ignore: decorator
@inline function width<T>(): u32 { return sizeof<T>() * 8 }
// @ts-ignore: decorator
@inline function masked<T>(count: u32): u32 { return sizeof<T>() == 8 ? count & 63 : count & 31 }
// @ts-ignore: decorator
@inline function wide<T>(v: T): u64 { // zero-extended
  if (sizeof<T>() == 1) return <u64><u8>v
  if (sizeof<T>() == 2) return <u64><u16>v
  if (sizeof<T>() == 4) return <u64><u32>v
  return <u64>v
}
// @ts-ignore: decorator
@inline function top<T>(v: T): u32 { return <u32>(wide<T>(v) >> (width<T>() - 1)) & 1 }

// The last bit shifted out is brought to bit 63, where SHIFTED flags want it.
// @ts-ignore: decorator
@inline export function shl<T>(a: T, count: u32): T {
  const n = masked<T>(count)
  if (n == 0) return a
  const w = width<T>()
  const r: T = n < w ? <T>(wide<T>(a) << <u64>n) : <T>0
  const out: i64 = n <= w ? <i64>(wide<T>(a) << <u64>(64 - w + n - 1)) : 0
  setShifted(out, out ^ sx<T>(r), sx<T>(r))
  return r
}
// OF is the operand's top bit for a count of one and clear for others.
// @ts-ignore: decorator
@inline export function shr<T>(a: T, count: u32): T {
  const n = masked<T>(count)
  if (n == 0) return a
  const r: T = n < width<T>() ? <T>(wide<T>(a) >> <u64>n) : <T>0
  setShifted(<i64>(wide<T>(a) << <u64>(64 - n)), n == 1 ? sx<T>(a) : 0, sx<T>(r))
  return r
}
// @ts-ignore: decorator
@inline export function sar<T>(a: T, count: u32): T {
  const n = masked<T>(count)
  if (n == 0) return a
  const v = sx<T>(a)
  const r = <T>(v >> <i64>n)
  setShifted(v << <i64>(64 - n), 0, sx<T>(r))
  return r
}

// Rotates change CF and OF only.
function keepOthers(carry: u32, overflow: u32): void { setStatus((status() & (STATUS & ~(CF | OF))) | (carry * CF) | (overflow * OF)) }

export function rol<T>(a: T, count: u32): T {
  const n = masked<T>(count)
  if (n == 0) return a
  const w = width<T>(), k = n & (w - 1)
  const r = k ? <T>((wide<T>(a) << <u64>k) | (wide<T>(a) >> <u64>(w - k))) : a
  const c = <u32>wide<T>(r) & 1
  keepOthers(c, top<T>(r) ^ c)
  return r
}
export function ror<T>(a: T, count: u32): T {
  const n = masked<T>(count)
  if (n == 0) return a
  const w = width<T>(), k = n & (w - 1)
  const r = k ? <T>((wide<T>(a) >> <u64>k) | (wide<T>(a) << <u64>(w - k))) : a
  const c = top<T>(r)
  keepOthers(c, c ^ (<u32>(wide<T>(r) >> (w - 2)) & 1))
  return r
}
export function rcl<T>(a: T, count: u32): T {
  const w = width<T>()
  if (masked<T>(count) == 0) return a
  const n = masked<T>(count) % (w + 1) // 0 still works OF out
  let v = wide<T>(a), c = <u64>cfSlow()
  for (let i: u32 = 0; i < n; i++) {
    const out = (v >> <u64>(w - 1)) & 1
    v = (v << 1) | c
    c = out
  }
  const r = <T>v
  keepOthers(<u32>c, top<T>(r) ^ <u32>c)
  return r
}
export function rcr<T>(a: T, count: u32): T {
  const w = width<T>()
  if (masked<T>(count) == 0) return a
  const n = masked<T>(count) % (w + 1) // 0 still works OF out
  let v = wide<T>(a), c = <u64>cfSlow()
  for (let i: u32 = 0; i < n; i++) {
    const out = v & 1
    v = (v >> 1) | (c << <u64>(w - 1))
    c = out
  }
  const r = <T>v
  keepOthers(<u32>c, top<T>(r) ^ (<u32>(wide<T>(r) >> (w - 2)) & 1))
  return r
}

/** SHLD: shift a left, filling from the top of b. 16-bit operands with counts above 16 shift through a:b:b. */
export function shld<T>(a: T, b: T, count: u32): T {
  const n = masked<T>(count)
  if (n == 0) return a
  const w = width<T>()
  if (n > w) {
    const r = <T>(((wide<T>(b) << 16) | wide<T>(b)) >> <u64>(32 - n))
    setPartial(sx<T>(r), AF)
    return r
  }
  const carry = <u32>(wide<T>(a) >> <u64>(w - n)) & 1
  const r: T = n == w ? b : <T>((wide<T>(a) << <u64>n) | (wide<T>(b) >> <u64>(w - n)))
  setPartial(sx<T>(r), AF | (carry * CF) | (((n == w ? 0 : top<T>(r)) ^ carry) * OF))
  return r
}
/** SHRD: shift a right, filling from the bottom of b. 16-bit operands with counts above 16 shift through b:b:a. */
export function shrd<T>(a: T, b: T, count: u32): T {
  const n = masked<T>(count)
  if (n == 0) return a
  const w = width<T>()
  let carry: u32 = 0, r: T
  if (n > w) r = <T>(((wide<T>(b) << 16) | wide<T>(b)) >> <u64>(n - 16))
  else {
    carry = <u32>(wide<T>(a) >> <u64>(n - 1)) & 1
    r = n == w ? b : <T>((wide<T>(a) >> <u64>n) | (wide<T>(b) << <u64>(w - n)))
  }
  setPartial(sx<T>(r), AF | (carry * CF) | ((top<T>(r) ^ (<u32>(wide<T>(r) >> (w - 2)) & 1)) * OF))
  return r
}
