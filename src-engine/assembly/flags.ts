// The six status flags, kept lazily as {type, a, b, result}, all sign-extended from the operand size so that no
// condition needs to know it. Logic results are written as a comparison with zero (result - 0), which leaves CF, OF
// and AF clear, so nearly every condition has type SUB.
//   SUB       result = a - b            ADD    result = a + b
//   PARTIAL   result gives ZF SF PF, a holds CF, AF, OF in their EFLAGS places
//   SHIFTED   CF is the sign of a, OF that of b; AF is set
//   PRODUCT   a and b are signed factors, result the sign-extended low part: CF and OF say whether it is the product
//   EXPLICIT  a holds all six; result is 0 exactly when ZF is set (so JZ needs no look at the type)
// Runs in: the vcpu's thread. Spec: AMD64 manual volume 1, 3.1.4.
import { mulHigh } from './fpu/soft'
import { FLAGS_A, FLAGS_B, FLAGS_R, FLAGS_TYPE, EFLAGS_REST } from './generated/layout'

export const SUB: i32 = 1, ADD: i32 = 2, PARTIAL: i32 = 3, SHIFTED: i32 = 4, PRODUCT: i32 = 5, EXPLICIT: i32 = 0
export const CF: u32 = 1, PF: u32 = 4, AF: u32 = 0x10, ZF: u32 = 0x40, SF: u32 = 0x80, OF: u32 = 0x800
export const STATUS: u32 = 0x8d5
export const TF: u32 = 0x100, IF: u32 = 0x200, DF: u32 = 0x400, NT: u32 = 0x4000, RF: u32 = 0x10000, VM: u32 = 0x20000, AC: u32 = 0x40000, ID: u32 = 0x200000

/** Sign-extend an operand of type T to 64 bits. */
// @ts-ignore: decorator
@inline export function sx<T>(v: T): i64 {
  if (sizeof<T>() == 1) return <i64><i8>v
  if (sizeof<T>() == 2) return <i64><i16>v
  if (sizeof<T>() == 4) return <i64><i32>v
  return <i64>v
}

// @ts-ignore: decorator
@inline export function setSub(a: i64, b: i64, r: i64): void {
  store<i32>(FLAGS_TYPE, SUB); store<i64>(FLAGS_A, a); store<i64>(FLAGS_B, b); store<i64>(FLAGS_R, r)
}
// @ts-ignore: decorator
@inline export function setAdd(a: i64, b: i64, r: i64): void {
  store<i32>(FLAGS_TYPE, ADD); store<i64>(FLAGS_A, a); store<i64>(FLAGS_B, b); store<i64>(FLAGS_R, r)
}
// @ts-ignore: decorator
@inline export function setLogic(r: i64): void {
  store<i32>(FLAGS_TYPE, SUB); store<i64>(FLAGS_A, r); store<i64>(FLAGS_B, 0); store<i64>(FLAGS_R, r)
}
/** ZF SF PF from r, the others given in their EFLAGS places. */
// @ts-ignore: decorator
@inline export function setPartial(r: i64, bits: u32): void {
  store<i32>(FLAGS_TYPE, PARTIAL); store<u64>(FLAGS_A, <u64>bits); store<i64>(FLAGS_R, r)
}
/** ZF SF PF from r, CF and OF from the signs of a and b. */
// @ts-ignore: decorator
@inline export function setShifted(a: i64, b: i64, r: i64): void {
  store<i32>(FLAGS_TYPE, SHIFTED); store<i64>(FLAGS_A, a); store<i64>(FLAGS_B, b); store<i64>(FLAGS_R, r)
}
/** ZF SF PF from r; CF and OF wait until somebody asks whether a * b is r. */
// @ts-ignore: decorator
@inline export function setProduct(a: i64, b: i64, r: i64): void {
  store<i32>(FLAGS_TYPE, PRODUCT); store<i64>(FLAGS_A, a); store<i64>(FLAGS_B, b); store<i64>(FLAGS_R, r)
}
/** High half of a signed 64x64 product. */
export function mulHighSigned(a: i64, b: i64): i64 {
  return <i64>mulHigh(<u64>a, <u64>b) - (a < 0 ? b : 0) - (b < 0 ? a : 0)
}
function productLost(): bool {
  const a = load<i64>(FLAGS_A), b = load<i64>(FLAGS_B)
  return a * b != load<i64>(FLAGS_R) || mulHighSigned(a, b) != a * b >> 63
}
/** All six from their EFLAGS places. */
export function setStatus(bits: u32): void {
  store<i32>(FLAGS_TYPE, EXPLICIT)
  store<u64>(FLAGS_A, <u64>(bits & STATUS))
  store<i64>(FLAGS_R, bits & ZF ? 0 : bits & SF ? -1 : 1)
}

/** CF and OF alike, the other four as they were: what multiplications leave. */
export function setCarryOverflow(both: bool): void { setStatus((status() & (STATUS & ~(CF | OF))) | (both ? CF | OF : 0)) }

export function cfSlow(): bool {
  const t = load<i32>(FLAGS_TYPE)
  if (t == SUB) return load<u64>(FLAGS_A) < load<u64>(FLAGS_B)
  if (t == ADD) return load<u64>(FLAGS_R) < load<u64>(FLAGS_A)
  if (t == SHIFTED) return load<i64>(FLAGS_A) < 0
  if (t == PRODUCT) return productLost()
  return (load<u32>(FLAGS_A) & CF) != 0
}
export function ofSlow(): bool {
  const t = load<i32>(FLAGS_TYPE)
  const a = load<i64>(FLAGS_A)
  if (t == SUB) return ((a ^ load<i64>(FLAGS_B)) & (a ^ load<i64>(FLAGS_R))) < 0
  if (t == ADD) return ((a ^ load<i64>(FLAGS_R)) & (load<i64>(FLAGS_B) ^ load<i64>(FLAGS_R))) < 0
  if (t == SHIFTED) return load<i64>(FLAGS_B) < 0
  if (t == PRODUCT) return productLost()
  return (<u32>a & OF) != 0
}
export function sfSlow(): bool {
  if (load<i32>(FLAGS_TYPE) == EXPLICIT) return (load<u32>(FLAGS_A) & SF) != 0
  return load<i64>(FLAGS_R) < 0
}
export function pfSlow(): bool {
  if (load<i32>(FLAGS_TYPE) == EXPLICIT) return (load<u32>(FLAGS_A) & PF) != 0
  return (popcnt<u32>(<u32>load<u8>(FLAGS_R)) & 1) == 0
}
export function afSlow(): bool {
  const t = load<i32>(FLAGS_TYPE)
  if (t == SUB || t == ADD) return ((load<u32>(FLAGS_A) ^ load<u32>(FLAGS_B) ^ load<u32>(FLAGS_R)) & 0x10) != 0
  if (t == SHIFTED) return true
  if (t == PRODUCT) return false
  return (load<u32>(FLAGS_A) & AF) != 0
}
function lessSlow(): bool { return sfSlow() != ofSlow() }

// The sixteen conditions, by the low four bits of the opcode; odd ones are the negation of the even one before.
// @ts-ignore: decorator
@inline export function ccO(): bool { return ofSlow() }
// @ts-ignore: decorator
@inline export function ccB(): bool { return load<i32>(FLAGS_TYPE) == SUB ? load<u64>(FLAGS_A) < load<u64>(FLAGS_B) : cfSlow() }
// @ts-ignore: decorator
@inline export function ccZ(): bool { return load<i64>(FLAGS_R) == 0 }
// @ts-ignore: decorator
@inline export function ccBE(): bool { return load<i32>(FLAGS_TYPE) == SUB ? load<u64>(FLAGS_A) <= load<u64>(FLAGS_B) : cfSlow() || load<i64>(FLAGS_R) == 0 }
// @ts-ignore: decorator
@inline export function ccS(): bool { return load<i32>(FLAGS_TYPE) == EXPLICIT ? sfSlow() : load<i64>(FLAGS_R) < 0 }
// @ts-ignore: decorator
@inline export function ccP(): bool { return pfSlow() }
// @ts-ignore: decorator
@inline export function ccL(): bool { return load<i32>(FLAGS_TYPE) == SUB ? load<i64>(FLAGS_A) < load<i64>(FLAGS_B) : lessSlow() }
// @ts-ignore: decorator
@inline export function ccLE(): bool { return load<i32>(FLAGS_TYPE) == SUB ? load<i64>(FLAGS_A) <= load<i64>(FLAGS_B) : lessSlow() || load<i64>(FLAGS_R) == 0 }

/** Condition by number, for the cold forms. */
export function condition(n: u32): bool {
  let v: bool
  switch (n >> 1) {
    case 0: { v = ofSlow(); break }
    case 1: { v = cfSlow(); break }
    case 2: { v = ccZ(); break }
    case 3: { v = cfSlow() || ccZ(); break }
    case 4: { v = sfSlow(); break }
    case 5: { v = pfSlow(); break }
    case 6: { v = lessSlow(); break }
    default: { v = lessSlow() || ccZ(); break }
  }
  return n & 1 ? !v : v
}

/** The six status flags in their EFLAGS places. */
export function status(): u32 {
  if (load<i32>(FLAGS_TYPE) == EXPLICIT) return load<u32>(FLAGS_A)
  return (<u32>cfSlow() * CF) | (<u32>pfSlow() * PF) | (<u32>afSlow() * AF) | (<u32>(load<i64>(FLAGS_R) == 0) * ZF) |
    (<u32>(load<i64>(FLAGS_R) < 0) * SF) | (<u32>ofSlow() * OF)
}

export function getEflags(): u32 { return status() | load<u32>(EFLAGS_REST) | 2 }
export function setEflags(v: u32): void {
  setStatus(v)
  store<u32>(EFLAGS_REST, v & ~STATUS & 0x3f7fd7 | 2)
}
