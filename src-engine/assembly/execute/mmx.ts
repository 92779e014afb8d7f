// Packed integers on MMX registers: the low halves of 128-bit vectors do the work. dst is the address of an x87
// register's slot (its significand is the MMX register), src that of another one or of memory.
// Invariant: mmx_enter() ran before, so that TOP is 0 and MMn is Rn; every write to an MMX register sets its sign and
// exponent to ones, as hardware does. Exactly 8 bytes of memory are read (4 by PUNPCKL* and MOVD, 2 by PINSRW).
// Runs in: the vcpu's thread.
import { FPU_SW, FPU_TAG } from '../generated/layout'
import { highWords, pickWords, sumOfDifferences } from './sse-integer'

/** Before an MMX instruction: #MF if an x87 exception waits, else TOP = 0 and no register empty. */
export function mmx_enter(): i32 {
  const status = <u32>load<u16>(FPU_SW)
  if (status & 0x80) return 0x110
  store<u16>(FPU_SW, <u16>(status & 0xc7ff))
  store<u16>(FPU_TAG, 0xff)
  return 0
}

/** All x87 registers become empty; TOP = 0 as after any MMX instruction. */
export function emms(): i32 {
  const fault = mmx_enter()
  if (!fault) store<u16>(FPU_TAG, 0)
  return fault
}

// @ts-ignore: decorator
@inline function get(at: u32): v128 { return v128.load64_zero(at) }
// @ts-ignore: decorator
@inline function put(at: u32, value: v128): void {
  v128.store64_lane(at, value, 0)
  store<u16>(at, 0xffff, 8)
}
// @ts-ignore: decorator
@inline function put64(at: u32, value: u64): void {
  store<u64>(at, value)
  store<u16>(at, 0xffff, 8)
}

export function mmx_movq(dst: u32, src: u32): void { put64(dst, load<u64>(src)) }
export function mmx_movd(dst: u32, src: u32): void { put64(dst, <u64>load<u32>(src)) }
export function mmx_pmovmskb(dst: u32, src: u32): void { store<u64>(dst, <u64>i8x16.bitmask(get(src))) }
/** The byte mask of MASKMOVQ; the caller stores. */
export function mmx_maskmovq(dst: u32, src: u32): i32 { return i8x16.bitmask(get(src)) }

export function mmx_paddb(dst: u32, src: u32): void {
  const a = get(dst), b = get(src)
  put(dst, i8x16.add(a, b))
}
export function mmx_paddw(dst: u32, src: u32): void {
  const a = get(dst), b = get(src)
  put(dst, i16x8.add(a, b))
}
export function mmx_paddd(dst: u32, src: u32): void {
  const a = get(dst), b = get(src)
  put(dst, i32x4.add(a, b))
}
export function mmx_paddq(dst: u32, src: u32): void {
  const a = get(dst), b = get(src)
  put(dst, i64x2.add(a, b))
}
export function mmx_psubb(dst: u32, src: u32): void {
  const a = get(dst), b = get(src)
  put(dst, i8x16.sub(a, b))
}
export function mmx_psubw(dst: u32, src: u32): void {
  const a = get(dst), b = get(src)
  put(dst, i16x8.sub(a, b))
}
export function mmx_psubd(dst: u32, src: u32): void {
  const a = get(dst), b = get(src)
  put(dst, i32x4.sub(a, b))
}
export function mmx_psubq(dst: u32, src: u32): void {
  const a = get(dst), b = get(src)
  put(dst, i64x2.sub(a, b))
}
export function mmx_paddsb(dst: u32, src: u32): void {
  const a = get(dst), b = get(src)
  put(dst, i8x16.add_sat_s(a, b))
}
export function mmx_paddsw(dst: u32, src: u32): void {
  const a = get(dst), b = get(src)
  put(dst, i16x8.add_sat_s(a, b))
}
export function mmx_paddusb(dst: u32, src: u32): void {
  const a = get(dst), b = get(src)
  put(dst, i8x16.add_sat_u(a, b))
}
export function mmx_paddusw(dst: u32, src: u32): void {
  const a = get(dst), b = get(src)
  put(dst, i16x8.add_sat_u(a, b))
}
export function mmx_psubsb(dst: u32, src: u32): void {
  const a = get(dst), b = get(src)
  put(dst, i8x16.sub_sat_s(a, b))
}
export function mmx_psubsw(dst: u32, src: u32): void {
  const a = get(dst), b = get(src)
  put(dst, i16x8.sub_sat_s(a, b))
}
export function mmx_psubusb(dst: u32, src: u32): void {
  const a = get(dst), b = get(src)
  put(dst, i8x16.sub_sat_u(a, b))
}
export function mmx_psubusw(dst: u32, src: u32): void {
  const a = get(dst), b = get(src)
  put(dst, i16x8.sub_sat_u(a, b))
}
export function mmx_pminub(dst: u32, src: u32): void {
  const a = get(dst), b = get(src)
  put(dst, i8x16.min_u(a, b))
}
export function mmx_pmaxub(dst: u32, src: u32): void {
  const a = get(dst), b = get(src)
  put(dst, i8x16.max_u(a, b))
}
export function mmx_pminsw(dst: u32, src: u32): void {
  const a = get(dst), b = get(src)
  put(dst, i16x8.min_s(a, b))
}
export function mmx_pmaxsw(dst: u32, src: u32): void {
  const a = get(dst), b = get(src)
  put(dst, i16x8.max_s(a, b))
}
export function mmx_pavgb(dst: u32, src: u32): void {
  const a = get(dst), b = get(src)
  put(dst, i8x16.avgr_u(a, b))
}
export function mmx_pavgw(dst: u32, src: u32): void {
  const a = get(dst), b = get(src)
  put(dst, i16x8.avgr_u(a, b))
}
export function mmx_pand(dst: u32, src: u32): void {
  const a = get(dst), b = get(src)
  put(dst, v128.and(a, b))
}
export function mmx_pandn(dst: u32, src: u32): void {
  const a = get(dst), b = get(src)
  put(dst, v128.andnot(b, a))
}
export function mmx_por(dst: u32, src: u32): void {
  const a = get(dst), b = get(src)
  put(dst, v128.or(a, b))
}
export function mmx_pxor(dst: u32, src: u32): void {
  const a = get(dst), b = get(src)
  put(dst, v128.xor(a, b))
}
export function mmx_pcmpeqb(dst: u32, src: u32): void {
  const a = get(dst), b = get(src)
  put(dst, i8x16.eq(a, b))
}
export function mmx_pcmpeqw(dst: u32, src: u32): void {
  const a = get(dst), b = get(src)
  put(dst, i16x8.eq(a, b))
}
export function mmx_pcmpeqd(dst: u32, src: u32): void {
  const a = get(dst), b = get(src)
  put(dst, i32x4.eq(a, b))
}
export function mmx_pcmpgtb(dst: u32, src: u32): void {
  const a = get(dst), b = get(src)
  put(dst, i8x16.gt_s(a, b))
}
export function mmx_pcmpgtw(dst: u32, src: u32): void {
  const a = get(dst), b = get(src)
  put(dst, i16x8.gt_s(a, b))
}
export function mmx_pcmpgtd(dst: u32, src: u32): void {
  const a = get(dst), b = get(src)
  put(dst, i32x4.gt_s(a, b))
}
export function mmx_pmullw(dst: u32, src: u32): void {
  const a = get(dst), b = get(src)
  put(dst, i16x8.mul(a, b))
}
export function mmx_pmulhw(dst: u32, src: u32): void {
  const a = get(dst), b = get(src)
  put(dst, highWords(i32x4.extmul_low_i16x8_s(a, b), i32x4.extmul_high_i16x8_s(a, b)))
}
export function mmx_pmulhuw(dst: u32, src: u32): void {
  const a = get(dst), b = get(src)
  put(dst, highWords(i32x4.extmul_low_i16x8_u(a, b), i32x4.extmul_high_i16x8_u(a, b)))
}
export function mmx_pmaddwd(dst: u32, src: u32): void {
  const a = get(dst), b = get(src)
  put(dst, i32x4.dot_i16x8_s(a, b))
}
export function mmx_psadbw(dst: u32, src: u32): void {
  const a = get(dst), b = get(src)
  put(dst, sumOfDifferences(a, b))
}

export function mmx_punpcklbw(dst: u32, src: u32): void {
  const a = get(dst), b = v128.load32_zero(src)
  put(dst, i8x16.shuffle(a, b, 0, 16, 1, 17, 2, 18, 3, 19, 0, 0, 0, 0, 0, 0, 0, 0))
}
export function mmx_punpckhbw(dst: u32, src: u32): void {
  const a = get(dst), b = get(src)
  put(dst, i8x16.shuffle(a, b, 4, 20, 5, 21, 6, 22, 7, 23, 0, 0, 0, 0, 0, 0, 0, 0))
}
export function mmx_punpcklwd(dst: u32, src: u32): void {
  const a = get(dst), b = v128.load32_zero(src)
  put(dst, i8x16.shuffle(a, b, 0, 1, 16, 17, 2, 3, 18, 19, 0, 0, 0, 0, 0, 0, 0, 0))
}
export function mmx_punpckhwd(dst: u32, src: u32): void {
  const a = get(dst), b = get(src)
  put(dst, i8x16.shuffle(a, b, 4, 5, 20, 21, 6, 7, 22, 23, 0, 0, 0, 0, 0, 0, 0, 0))
}
export function mmx_punpckldq(dst: u32, src: u32): void {
  const a = get(dst), b = v128.load32_zero(src)
  put(dst, i8x16.shuffle(a, b, 0, 1, 2, 3, 16, 17, 18, 19, 0, 0, 0, 0, 0, 0, 0, 0))
}
export function mmx_punpckhdq(dst: u32, src: u32): void {
  const a = get(dst), b = get(src)
  put(dst, i8x16.shuffle(a, b, 4, 5, 6, 7, 20, 21, 22, 23, 0, 0, 0, 0, 0, 0, 0, 0))
}
export function mmx_packsswb(dst: u32, src: u32): void {
  const both = i8x16.shuffle(get(dst), get(src), 0, 1, 2, 3, 4, 5, 6, 7, 16, 17, 18, 19, 20, 21, 22, 23)
  put(dst, i8x16.narrow_i16x8_s(both, both))
}
export function mmx_packuswb(dst: u32, src: u32): void {
  const both = i8x16.shuffle(get(dst), get(src), 0, 1, 2, 3, 4, 5, 6, 7, 16, 17, 18, 19, 20, 21, 22, 23)
  put(dst, i8x16.narrow_i16x8_u(both, both))
}
export function mmx_packssdw(dst: u32, src: u32): void {
  const both = i8x16.shuffle(get(dst), get(src), 0, 1, 2, 3, 4, 5, 6, 7, 16, 17, 18, 19, 20, 21, 22, 23)
  put(dst, i16x8.narrow_i32x4_s(both, both))
}

export function mmx_psllw(dst: u32, src: u32): void {
  const count = load<u64>(src)
  put(dst, count > 15 ? i64x2.splat(0) : i16x8.shl(get(dst), <i32>count))
}
export function mmx_psllw_i(dst: u32, count: i32): void {
  put(dst, count > 15 ? i64x2.splat(0) : i16x8.shl(get(dst), count))
}
export function mmx_pslld(dst: u32, src: u32): void {
  const count = load<u64>(src)
  put(dst, count > 31 ? i64x2.splat(0) : i32x4.shl(get(dst), <i32>count))
}
export function mmx_pslld_i(dst: u32, count: i32): void {
  put(dst, count > 31 ? i64x2.splat(0) : i32x4.shl(get(dst), count))
}
export function mmx_psllq(dst: u32, src: u32): void {
  const count = load<u64>(src)
  put(dst, count > 63 ? i64x2.splat(0) : i64x2.shl(get(dst), <i32>count))
}
export function mmx_psllq_i(dst: u32, count: i32): void {
  put(dst, count > 63 ? i64x2.splat(0) : i64x2.shl(get(dst), count))
}
export function mmx_psrlw(dst: u32, src: u32): void {
  const count = load<u64>(src)
  put(dst, count > 15 ? i64x2.splat(0) : i16x8.shr_u(get(dst), <i32>count))
}
export function mmx_psrlw_i(dst: u32, count: i32): void {
  put(dst, count > 15 ? i64x2.splat(0) : i16x8.shr_u(get(dst), count))
}
export function mmx_psrld(dst: u32, src: u32): void {
  const count = load<u64>(src)
  put(dst, count > 31 ? i64x2.splat(0) : i32x4.shr_u(get(dst), <i32>count))
}
export function mmx_psrld_i(dst: u32, count: i32): void {
  put(dst, count > 31 ? i64x2.splat(0) : i32x4.shr_u(get(dst), count))
}
export function mmx_psrlq(dst: u32, src: u32): void {
  const count = load<u64>(src)
  put(dst, count > 63 ? i64x2.splat(0) : i64x2.shr_u(get(dst), <i32>count))
}
export function mmx_psrlq_i(dst: u32, count: i32): void {
  put(dst, count > 63 ? i64x2.splat(0) : i64x2.shr_u(get(dst), count))
}
export function mmx_psraw(dst: u32, src: u32): void {
  const count = load<u64>(src)
  put(dst, i16x8.shr_s(get(dst), count > 15 ? 15 : <i32>count))
}
export function mmx_psraw_i(dst: u32, count: i32): void {
  put(dst, i16x8.shr_s(get(dst), count > 15 ? 15 : count))
}
export function mmx_psrad(dst: u32, src: u32): void {
  const count = load<u64>(src)
  put(dst, i32x4.shr_s(get(dst), count > 31 ? 31 : <i32>count))
}
export function mmx_psrad_i(dst: u32, count: i32): void {
  put(dst, i32x4.shr_s(get(dst), count > 31 ? 31 : count))
}

export function mmx_pmuludq(dst: u32, src: u32): void { put64(dst, <u64>load<u32>(dst) * <u64>load<u32>(src)) }
export function mmx_pshufw(dst: u32, src: u32, imm: i32): void { put64(dst, pickWords(src, imm)) }
export function mmx_pinsrw(dst: u32, src: u32, imm: i32): void {
  store<u16>(dst + ((imm & 3) << 1), load<u16>(src))
  store<u16>(dst, 0xffff, 8)
}
export function mmx_pextrw(dst: u32, src: u32, imm: i32): void {
  store<u64>(dst, <u64>load<u16>(src + ((imm & 3) << 1)))
}
