// Packed integers on XMM registers: one function per instruction, on WebAssembly's 128-bit vectors, which have the same
// lanes. dst is the register's address, src that of a register or of memory (any alignment).
// A shift count is the low quadword of src, and any count past the lane's width empties the lane.
// Invariant: src may be dst; both are read before dst is written.
// Runs in: the vcpu's thread.

/** The upper word of each doubleword product. */
// @ts-ignore: decorator
@inline export function highWords(low: v128, high: v128): v128 {
  return i8x16.shuffle(low, high, 2, 3, 6, 7, 10, 11, 14, 15, 18, 19, 22, 23, 26, 27, 30, 31)
}

/** Per quadword, the sum of the absolute differences of its unsigned bytes. */
// @ts-ignore: decorator
@inline export function sumOfDifferences(a: v128, b: v128): v128 {
  const difference = v128.or(i8x16.sub_sat_u(a, b), i8x16.sub_sat_u(b, a))
  const pairs = i32x4.extadd_pairwise_i16x8_u(i16x8.extadd_pairwise_i8x16_u(difference))
  return v128.and(i64x2.add(pairs, i64x2.shr_u(pairs, 32)), i64x2.splat(0xffffffff))
}

export function paddb(dst: u32, src: u32): void {
  const a = v128.load(dst), b = v128.load(src)
  v128.store(dst, i8x16.add(a, b))
}
export function paddw(dst: u32, src: u32): void {
  const a = v128.load(dst), b = v128.load(src)
  v128.store(dst, i16x8.add(a, b))
}
export function paddd(dst: u32, src: u32): void {
  const a = v128.load(dst), b = v128.load(src)
  v128.store(dst, i32x4.add(a, b))
}
export function paddq(dst: u32, src: u32): void {
  const a = v128.load(dst), b = v128.load(src)
  v128.store(dst, i64x2.add(a, b))
}
export function psubb(dst: u32, src: u32): void {
  const a = v128.load(dst), b = v128.load(src)
  v128.store(dst, i8x16.sub(a, b))
}
export function psubw(dst: u32, src: u32): void {
  const a = v128.load(dst), b = v128.load(src)
  v128.store(dst, i16x8.sub(a, b))
}
export function psubd(dst: u32, src: u32): void {
  const a = v128.load(dst), b = v128.load(src)
  v128.store(dst, i32x4.sub(a, b))
}
export function psubq(dst: u32, src: u32): void {
  const a = v128.load(dst), b = v128.load(src)
  v128.store(dst, i64x2.sub(a, b))
}
export function paddsb(dst: u32, src: u32): void {
  const a = v128.load(dst), b = v128.load(src)
  v128.store(dst, i8x16.add_sat_s(a, b))
}
export function paddsw(dst: u32, src: u32): void {
  const a = v128.load(dst), b = v128.load(src)
  v128.store(dst, i16x8.add_sat_s(a, b))
}
export function paddusb(dst: u32, src: u32): void {
  const a = v128.load(dst), b = v128.load(src)
  v128.store(dst, i8x16.add_sat_u(a, b))
}
export function paddusw(dst: u32, src: u32): void {
  const a = v128.load(dst), b = v128.load(src)
  v128.store(dst, i16x8.add_sat_u(a, b))
}
export function psubsb(dst: u32, src: u32): void {
  const a = v128.load(dst), b = v128.load(src)
  v128.store(dst, i8x16.sub_sat_s(a, b))
}
export function psubsw(dst: u32, src: u32): void {
  const a = v128.load(dst), b = v128.load(src)
  v128.store(dst, i16x8.sub_sat_s(a, b))
}
export function psubusb(dst: u32, src: u32): void {
  const a = v128.load(dst), b = v128.load(src)
  v128.store(dst, i8x16.sub_sat_u(a, b))
}
export function psubusw(dst: u32, src: u32): void {
  const a = v128.load(dst), b = v128.load(src)
  v128.store(dst, i16x8.sub_sat_u(a, b))
}
export function pminub(dst: u32, src: u32): void {
  const a = v128.load(dst), b = v128.load(src)
  v128.store(dst, i8x16.min_u(a, b))
}
export function pmaxub(dst: u32, src: u32): void {
  const a = v128.load(dst), b = v128.load(src)
  v128.store(dst, i8x16.max_u(a, b))
}
export function pminsw(dst: u32, src: u32): void {
  const a = v128.load(dst), b = v128.load(src)
  v128.store(dst, i16x8.min_s(a, b))
}
export function pmaxsw(dst: u32, src: u32): void {
  const a = v128.load(dst), b = v128.load(src)
  v128.store(dst, i16x8.max_s(a, b))
}
export function pavgb(dst: u32, src: u32): void {
  const a = v128.load(dst), b = v128.load(src)
  v128.store(dst, i8x16.avgr_u(a, b))
}
export function pavgw(dst: u32, src: u32): void {
  const a = v128.load(dst), b = v128.load(src)
  v128.store(dst, i16x8.avgr_u(a, b))
}
export function pand(dst: u32, src: u32): void {
  const a = v128.load(dst), b = v128.load(src)
  v128.store(dst, v128.and(a, b))
}
export function pandn(dst: u32, src: u32): void {
  const a = v128.load(dst), b = v128.load(src)
  v128.store(dst, v128.andnot(b, a))
}
export function por(dst: u32, src: u32): void {
  const a = v128.load(dst), b = v128.load(src)
  v128.store(dst, v128.or(a, b))
}
export function pxor(dst: u32, src: u32): void {
  const a = v128.load(dst), b = v128.load(src)
  v128.store(dst, v128.xor(a, b))
}
export function pcmpeqb(dst: u32, src: u32): void {
  const a = v128.load(dst), b = v128.load(src)
  v128.store(dst, i8x16.eq(a, b))
}
export function pcmpeqw(dst: u32, src: u32): void {
  const a = v128.load(dst), b = v128.load(src)
  v128.store(dst, i16x8.eq(a, b))
}
export function pcmpeqd(dst: u32, src: u32): void {
  const a = v128.load(dst), b = v128.load(src)
  v128.store(dst, i32x4.eq(a, b))
}
export function pcmpgtb(dst: u32, src: u32): void {
  const a = v128.load(dst), b = v128.load(src)
  v128.store(dst, i8x16.gt_s(a, b))
}
export function pcmpgtw(dst: u32, src: u32): void {
  const a = v128.load(dst), b = v128.load(src)
  v128.store(dst, i16x8.gt_s(a, b))
}
export function pcmpgtd(dst: u32, src: u32): void {
  const a = v128.load(dst), b = v128.load(src)
  v128.store(dst, i32x4.gt_s(a, b))
}
export function pmullw(dst: u32, src: u32): void {
  const a = v128.load(dst), b = v128.load(src)
  v128.store(dst, i16x8.mul(a, b))
}
export function pmulhw(dst: u32, src: u32): void {
  const a = v128.load(dst), b = v128.load(src)
  v128.store(dst, highWords(i32x4.extmul_low_i16x8_s(a, b), i32x4.extmul_high_i16x8_s(a, b)))
}
export function pmulhuw(dst: u32, src: u32): void {
  const a = v128.load(dst), b = v128.load(src)
  v128.store(dst, highWords(i32x4.extmul_low_i16x8_u(a, b), i32x4.extmul_high_i16x8_u(a, b)))
}
export function pmaddwd(dst: u32, src: u32): void {
  const a = v128.load(dst), b = v128.load(src)
  v128.store(dst, i32x4.dot_i16x8_s(a, b))
}
export function psadbw(dst: u32, src: u32): void {
  const a = v128.load(dst), b = v128.load(src)
  v128.store(dst, sumOfDifferences(a, b))
}

export function punpcklbw(dst: u32, src: u32): void {
  const a = v128.load(dst), b = v128.load(src)
  v128.store(dst, i8x16.shuffle(a, b, 0, 16, 1, 17, 2, 18, 3, 19, 4, 20, 5, 21, 6, 22, 7, 23))
}
export function punpckhbw(dst: u32, src: u32): void {
  const a = v128.load(dst), b = v128.load(src)
  v128.store(dst, i8x16.shuffle(a, b, 8, 24, 9, 25, 10, 26, 11, 27, 12, 28, 13, 29, 14, 30, 15, 31))
}
export function punpcklwd(dst: u32, src: u32): void {
  const a = v128.load(dst), b = v128.load(src)
  v128.store(dst, i8x16.shuffle(a, b, 0, 1, 16, 17, 2, 3, 18, 19, 4, 5, 20, 21, 6, 7, 22, 23))
}
export function punpckhwd(dst: u32, src: u32): void {
  const a = v128.load(dst), b = v128.load(src)
  v128.store(dst, i8x16.shuffle(a, b, 8, 9, 24, 25, 10, 11, 26, 27, 12, 13, 28, 29, 14, 15, 30, 31))
}
export function punpckldq(dst: u32, src: u32): void {
  const a = v128.load(dst), b = v128.load(src)
  v128.store(dst, i8x16.shuffle(a, b, 0, 1, 2, 3, 16, 17, 18, 19, 4, 5, 6, 7, 20, 21, 22, 23))
}
export function punpckhdq(dst: u32, src: u32): void {
  const a = v128.load(dst), b = v128.load(src)
  v128.store(dst, i8x16.shuffle(a, b, 8, 9, 10, 11, 24, 25, 26, 27, 12, 13, 14, 15, 28, 29, 30, 31))
}
export function punpcklqdq(dst: u32, src: u32): void {
  const a = v128.load(dst), b = v128.load(src)
  v128.store(dst, i8x16.shuffle(a, b, 0, 1, 2, 3, 4, 5, 6, 7, 16, 17, 18, 19, 20, 21, 22, 23))
}
export function punpckhqdq(dst: u32, src: u32): void {
  const a = v128.load(dst), b = v128.load(src)
  v128.store(dst, i8x16.shuffle(a, b, 8, 9, 10, 11, 12, 13, 14, 15, 24, 25, 26, 27, 28, 29, 30, 31))
}
export function packsswb(dst: u32, src: u32): void {
  v128.store(dst, i8x16.narrow_i16x8_s(v128.load(dst), v128.load(src)))
}
export function packuswb(dst: u32, src: u32): void {
  v128.store(dst, i8x16.narrow_i16x8_u(v128.load(dst), v128.load(src)))
}
export function packssdw(dst: u32, src: u32): void {
  v128.store(dst, i16x8.narrow_i32x4_s(v128.load(dst), v128.load(src)))
}

export function psllw(dst: u32, src: u32): void {
  const count = load<u64>(src)
  v128.store(dst, count > 15 ? i64x2.splat(0) : i16x8.shl(v128.load(dst), <i32>count))
}
export function psllw_i(dst: u32, count: i32): void {
  v128.store(dst, count > 15 ? i64x2.splat(0) : i16x8.shl(v128.load(dst), count))
}
export function pslld(dst: u32, src: u32): void {
  const count = load<u64>(src)
  v128.store(dst, count > 31 ? i64x2.splat(0) : i32x4.shl(v128.load(dst), <i32>count))
}
export function pslld_i(dst: u32, count: i32): void {
  v128.store(dst, count > 31 ? i64x2.splat(0) : i32x4.shl(v128.load(dst), count))
}
export function psllq(dst: u32, src: u32): void {
  const count = load<u64>(src)
  v128.store(dst, count > 63 ? i64x2.splat(0) : i64x2.shl(v128.load(dst), <i32>count))
}
export function psllq_i(dst: u32, count: i32): void {
  v128.store(dst, count > 63 ? i64x2.splat(0) : i64x2.shl(v128.load(dst), count))
}
export function psrlw(dst: u32, src: u32): void {
  const count = load<u64>(src)
  v128.store(dst, count > 15 ? i64x2.splat(0) : i16x8.shr_u(v128.load(dst), <i32>count))
}
export function psrlw_i(dst: u32, count: i32): void {
  v128.store(dst, count > 15 ? i64x2.splat(0) : i16x8.shr_u(v128.load(dst), count))
}
export function psrld(dst: u32, src: u32): void {
  const count = load<u64>(src)
  v128.store(dst, count > 31 ? i64x2.splat(0) : i32x4.shr_u(v128.load(dst), <i32>count))
}
export function psrld_i(dst: u32, count: i32): void {
  v128.store(dst, count > 31 ? i64x2.splat(0) : i32x4.shr_u(v128.load(dst), count))
}
export function psrlq(dst: u32, src: u32): void {
  const count = load<u64>(src)
  v128.store(dst, count > 63 ? i64x2.splat(0) : i64x2.shr_u(v128.load(dst), <i32>count))
}
export function psrlq_i(dst: u32, count: i32): void {
  v128.store(dst, count > 63 ? i64x2.splat(0) : i64x2.shr_u(v128.load(dst), count))
}
export function psraw(dst: u32, src: u32): void {
  const count = load<u64>(src)
  v128.store(dst, i16x8.shr_s(v128.load(dst), count > 15 ? 15 : <i32>count))
}
export function psraw_i(dst: u32, count: i32): void {
  v128.store(dst, i16x8.shr_s(v128.load(dst), count > 15 ? 15 : count))
}
export function psrad(dst: u32, src: u32): void {
  const count = load<u64>(src)
  v128.store(dst, i32x4.shr_s(v128.load(dst), count > 31 ? 31 : <i32>count))
}
export function psrad_i(dst: u32, count: i32): void {
  v128.store(dst, i32x4.shr_s(v128.load(dst), count > 31 ? 31 : count))
}

/** Lane numbers 0 to 15, to build the index vector of a byte shift. */
// @ts-ignore: decorator
@inline function lanes(): v128 { return i8x16(0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15) }

export function psrldq(dst: u32, count: i32): void {
  // An index past 15 gives a zero byte; a count past 15 makes all of them so.
  const n: i32 = count > 15 ? 16 : count
  v128.store(dst, i8x16.swizzle(v128.load(dst), i8x16.add(lanes(), i8x16.splat(<i8>n))))
}
export function pslldq(dst: u32, count: i32): void {
  const n: i32 = count > 15 ? 16 : count
  v128.store(dst, i8x16.swizzle(v128.load(dst), i8x16.sub(lanes(), i8x16.splat(<i8>n))))
}

export function pmuludq(dst: u32, src: u32): void {
  const a0 = load<u32>(dst), a1 = load<u32>(dst, 8), b0 = load<u32>(src), b1 = load<u32>(src, 8)
  store<u64>(dst, <u64>a0 * <u64>b0)
  store<u64>(dst, <u64>a1 * <u64>b1, 8)
}

export function pshufd(dst: u32, src: u32, imm: i32): void {
  const v0 = load<u32>(src + ((imm & 3) << 2)), v1 = load<u32>(src + ((imm & 12)))
  const v2 = load<u32>(src + ((imm >> 2) & 12)), v3 = load<u32>(src + ((imm >> 4) & 12))
  store<u64>(dst, <u64>v0 | (<u64>v1 << 32))
  store<u64>(dst, <u64>v2 | (<u64>v3 << 32), 8)
}

/** Four words at `src` picked by imm8, as a quadword. */
// @ts-ignore: decorator
@inline export function pickWords(src: u32, imm: i32): u64 {
  return <u64>load<u16>(src + ((imm & 3) << 1)) | (<u64>load<u16>(src + ((imm >> 1) & 6)) << 16) |
    (<u64>load<u16>(src + ((imm >> 3) & 6)) << 32) | (<u64>load<u16>(src + ((imm >> 5) & 6)) << 48)
}
export function pshuflw(dst: u32, src: u32, imm: i32): void {
  const high = load<u64>(src, 8), low = pickWords(src, imm)
  store<u64>(dst, low)
  store<u64>(dst, high, 8)
}
export function pshufhw(dst: u32, src: u32, imm: i32): void {
  const low = load<u64>(src), high = pickWords(src + 8, imm)
  store<u64>(dst, low)
  store<u64>(dst, high, 8)
}
export function shufps(dst: u32, src: u32, imm: i32): void {
  const v0 = load<u32>(dst + ((imm & 3) << 2)), v1 = load<u32>(dst + (imm & 12))
  const v2 = load<u32>(src + ((imm >> 2) & 12)), v3 = load<u32>(src + ((imm >> 4) & 12))
  store<u64>(dst, <u64>v0 | (<u64>v1 << 32))
  store<u64>(dst, <u64>v2 | (<u64>v3 << 32), 8)
}
export function shufpd(dst: u32, src: u32, imm: i32): void {
  const low = load<u64>(dst + ((imm & 1) << 3)), high = load<u64>(src + ((imm & 2) << 2))
  store<u64>(dst, low)
  store<u64>(dst, high, 8)
}

export function pinsrw(dst: u32, src: u32, imm: i32): void {
  store<u16>(dst + ((imm & 7) << 1), load<u16>(src))
}
export function pextrw(dst: u32, src: u32, imm: i32): void {
  store<u64>(dst, <u64>load<u16>(src + ((imm & 7) << 1)))
}
