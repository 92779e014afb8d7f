// Integer arithmetic and logic: each function computes a result of its operand type and notes the flags.
// Flags that the manuals leave undefined get the values AMD processors give, where known.
// Runs in: the vcpu's thread; inlined into the generated dispatch.
import { sx, setSub, setAdd, setLogic, setPartial, setProduct, cfSlow, CF, AF, OF } from '../flags'

// @ts-ignore: decorator
@inline export function add<T>(a: T, b: T): T { const r = <T>(a + b); setAdd(sx<T>(a), sx<T>(b), sx<T>(r)); return r }
// @ts-ignore: decorator
@inline export function sub<T>(a: T, b: T): T { const r = <T>(a - b); setSub(sx<T>(a), sx<T>(b), sx<T>(r)); return r }
// @ts-ignore: decorator
@inline export function cmp<T>(a: T, b: T): T { const r = <T>(a - b); setSub(sx<T>(a), sx<T>(b), sx<T>(r)); return a }
// @ts-ignore: decorator
@inline export function and<T>(a: T, b: T): T { const r = <T>(a & b); setLogic(sx<T>(r)); return r }
// @ts-ignore: decorator
@inline export function or<T>(a: T, b: T): T { const r = <T>(a | b); setLogic(sx<T>(r)); return r }
// @ts-ignore: decorator
@inline export function xor<T>(a: T, b: T): T { const r = <T>(a ^ b); setLogic(sx<T>(r)); return r }
// @ts-ignore: decorator
@inline export function test<T>(a: T, b: T): T { const r = <T>(a & b); setLogic(sx<T>(r)); return a }
// @ts-ignore: decorator
@inline export function mov<T>(a: T, b: T): T { return b }

export function adc<T>(a: T, b: T): T {
  const c: u64 = cfSlow() ? 1 : 0
  const r = <T>(a + b + <T>c)
  const x = sx<T>(a), y = sx<T>(b), z = sx<T>(r)
  const carry = c ? <u64>z <= <u64>x : <u64>z < <u64>x
  setPartial(z, (<u32>carry * CF) | (<u32>(x ^ y ^ z) & AF) | (<u32>(((x ^ z) & (y ^ z)) < 0) * OF))
  return r
}
export function sbb<T>(a: T, b: T): T {
  const c: u64 = cfSlow() ? 1 : 0
  const r = <T>(a - b - <T>c)
  const x = sx<T>(a), y = sx<T>(b), z = sx<T>(r)
  const borrow = c ? <u64>x <= <u64>y : <u64>x < <u64>y
  setPartial(z, (<u32>borrow * CF) | (<u32>(x ^ y ^ z) & AF) | (<u32>(((x ^ y) & (x ^ z)) < 0) * OF))
  return r
}
// INC and DEC leave CF alone, so it is worked out before the new flags replace it.
// @ts-ignore: decorator
@inline export function inc<T>(a: T): T {
  const c = <u32>cfSlow() * CF
  const r = <T>(a + <T>1)
  const z = sx<T>(r), x = sx<T>(a)
  setPartial(z, c | (<u32>(x ^ z) & AF) | (<u32>((~x & z) < 0) * OF))
  return r
}
// @ts-ignore: decorator
@inline export function dec<T>(a: T): T {
  const c = <u32>cfSlow() * CF
  const r = <T>(a - <T>1)
  const z = sx<T>(r), x = sx<T>(a)
  setPartial(z, c | (<u32>(x ^ z) & AF) | (<u32>((x & ~z) < 0) * OF))
  return r
}
// @ts-ignore: decorator
@inline export function neg<T>(a: T): T { const r = <T>(<T>0 - a); setSub(0, sx<T>(a), sx<T>(r)); return r }
// @ts-ignore: decorator
@inline export function not<T>(a: T): T { return <T>~a }

/** Two- and three-operand IMUL: CF = OF = the product does not fit. ZF, SF, PF (undefined) are the result's. */
// @ts-ignore: decorator
@inline export function imul<T>(a: T, b: T): T {
  const r = <T>(a * b)
  setProduct(sx<T>(a), sx<T>(b), sx<T>(r))
  return r
}
