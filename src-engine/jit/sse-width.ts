// Singles and doubles, one or a vector of them, as data: WebAssembly's operations on each, and tests of their bits. Bits are looked at
// without the sign, at the top of a lane: one comparison then tells a denormal, a number above the smallest normal one, a finite one.
// Runs in: the vcpu's worker thread.
import { FA, FB, FR, GA, GB, GR, VA128, VB128, VR128 } from './locals'
import { OP, SIMD, type WasmWriter } from './wasm-writer'

/** Two halves of 64 bits, the low one first. */
type Wide = readonly [low: number, high: number]

/** Locals of two operands and the result. */
interface Places {
  readonly a: number
  readonly b: number
  readonly r: number
}

export interface Scalar extends Places {
  readonly bytes: 4 | 8
  readonly type: 'f32' | 'f64'
  readonly add: number
  readonly sub: number
  readonly mul: number
  readonly div: number
  readonly sqrt: number
  readonly eq: number
  readonly ne: number
  readonly lt: number
  readonly gt: number
  readonly le: number
  readonly ge: number
  /** To an i64 of which `shift` leaves nothing but exponent and fraction. */
  readonly toBits: readonly number[]
  readonly shift: number
  /** Shifted bits of the smallest normal number, and of infinity. */
  readonly normal: Wide
  readonly infinite: Wide
}

export const DOUBLE: Scalar = {
  ...{ a: FA, b: FB, r: FR, bytes: 8, type: 'f64' },
  ...{ add: OP.f64_add, sub: OP.f64_sub, mul: OP.f64_mul, div: OP.f64_div, sqrt: OP.f64_sqrt },
  ...{ eq: OP.f64_eq, ne: OP.f64_ne, lt: OP.f64_lt, gt: OP.f64_gt, le: OP.f64_le, ge: OP.f64_ge },
  ...{ toBits: [OP.i64_reinterpret], shift: 1, normal: [0, 0x200000], infinite: [0, 0xffe00000] },
}
export const SINGLE: Scalar = {
  ...{ a: GA, b: GB, r: GR, bytes: 4, type: 'f32' },
  ...{ add: OP.f32_add, sub: OP.f32_sub, mul: OP.f32_mul, div: OP.f32_div, sqrt: OP.f32_sqrt },
  ...{ eq: OP.f32_eq, ne: OP.f32_ne, lt: OP.f32_lt, gt: OP.f32_gt, le: OP.f32_le, ge: OP.f32_ge },
  ...{ toBits: [OP.i32_reinterpret, OP.i64_extend_u], shift: 33, normal: [0, 0x1000000], infinite: [0, 0xff000000] },
}

/** By the letter of a name: SS, SD. */
export const scalarOf = (letter: string | undefined): Scalar => (letter === 's' ? SINGLE : DOUBLE)

function pushBits(w: WasmWriter, { toBits, shift }: Scalar, local: number): void {
  w.get(local)
  for (const code of toBits) w.op(code)
  w.i64(shift)
  w.op(OP.i64_shl)
}
/** Pushes whether a number is a denormal. */
export function pushDenormal(w: WasmWriter, width: Scalar, local: number): void {
  const [low, high] = width.normal
  pushBits(w, width, local)
  w.i64(1)
  w.op(OP.i64_sub)
  w.i64of(low - 2, high - 1)
  w.op(OP.i64_lt_u)
}
/** Pushes whether it is an infinity or a NaN. */
export function pushEndless(w: WasmWriter, width: Scalar, local: number): void {
  pushBits(w, width, local)
  w.i64of(...width.infinite)
  w.op(OP.i64_ge_u)
}
/** Pushes whether it is none of the finite numbers above the smallest normal one: those were not tiny before rounding. */
export function pushUnsound(w: WasmWriter, width: Scalar, local: number): void {
  const [low, high] = width.normal
  pushBits(w, width, local)
  w.i64of(low + 1, high)
  w.op(OP.i64_sub)
  w.i64of(-1, width.infinite[1] - high - 1)
  w.op(OP.i64_ge_u)
}
export function pushZero(w: WasmWriter, width: Scalar, local: number): void {
  pushBits(w, width, local)
  w.op(OP.i64_eqz)
}

export interface Packed extends Places {
  readonly lane: 4 | 8
  readonly add: number
  readonly sub: number
  readonly mul: number
  readonly div: number
  readonly sqrt: number
  readonly min: number
  readonly max: number
  readonly eq: number
  readonly ne: number
  readonly lt: number
  readonly le: number
  /** Of the lanes as integers. */
  readonly shl: number
  readonly minus: number
  readonly below: number
  readonly same: number
  readonly width: Scalar
}
export const PACKED_DOUBLE: Packed = {
  ...{ a: VA128, b: VB128, r: VR128, lane: 8, width: DOUBLE },
  ...{ add: SIMD.f64x2_add, sub: SIMD.f64x2_sub, mul: SIMD.f64x2_mul, div: SIMD.f64x2_div, sqrt: SIMD.f64x2_sqrt },
  ...{ min: SIMD.f64x2_pmin, max: SIMD.f64x2_pmax, eq: SIMD.f64x2_eq, ne: SIMD.f64x2_ne, lt: SIMD.f64x2_lt, le: SIMD.f64x2_le },
  ...{ shl: SIMD.i64x2_shl, minus: SIMD.i64x2_sub, below: SIMD.i64x2_lt_s, same: SIMD.i64x2_eq },
}
export const PACKED_SINGLE: Packed = {
  ...{ a: VA128, b: VB128, r: VR128, lane: 4, width: SINGLE },
  ...{ add: SIMD.f32x4_add, sub: SIMD.f32x4_sub, mul: SIMD.f32x4_mul, div: SIMD.f32x4_div, sqrt: SIMD.f32x4_sqrt },
  ...{ min: SIMD.f32x4_pmin, max: SIMD.f32x4_pmax, eq: SIMD.f32x4_eq, ne: SIMD.f32x4_ne, lt: SIMD.f32x4_lt, le: SIMD.f32x4_le },
  ...{ shl: SIMD.i32x4_shl, minus: SIMD.i32x4_sub, below: SIMD.i32x4_lt_s, same: SIMD.i32x4_eq },
}

/** Pushes a constant in all lanes: the number whose upper 32 bits these are at the top of a lane, plus a small one. */
function pushLanes(w: WasmWriter, { lane }: Packed, high: number, more: number): void {
  const value = lane === 4 ? BigInt((high + more) >>> 0) : BigInt.asUintN(64, (BigInt(high >>> 0) << 32n) + BigInt(more))
  w.vector(Array.from({ length: 16 }, (_, i) => Number((value >> BigInt((i % lane) * 8)) & 255n)))
}
const LOWEST = 0x80000000

function pushLaneBits(w: WasmWriter, { shl }: Packed, local: number): void {
  w.get(local)
  w.i32(1)
  w.simd(shl)
}
/** Pushes a mask of the lanes for which bits - `from` is below `to`, without sign; both are constants as pushLanes() takes them. */
function pushBetween(
  w: WasmWriter,
  packed: Packed,
  local: number,
  from: readonly [number, number],
  to: readonly [number, number],
): void {
  pushLaneBits(w, packed, local)
  // there are comparisons with sign only
  pushLanes(w, packed, from[0] + LOWEST, from[1])
  w.simd(packed.minus)
  pushLanes(w, packed, to[0] + LOWEST, to[1])
  w.simd(packed.below)
}
/** As the tests above, a mask of lanes each. */
export function pushDenormals(w: WasmWriter, packed: Packed, local: number): void {
  pushBetween(w, packed, local, [0, 1], [packed.width.normal[1], -2])
}
export function pushFinites(w: WasmWriter, packed: Packed, local: number): void {
  pushBetween(w, packed, local, [0, 0], [packed.width.infinite[1], 0])
}
export function pushSounds(w: WasmWriter, packed: Packed, local: number): void {
  const { normal, infinite } = packed.width
  pushBetween(w, packed, local, [normal[1], 1], [infinite[1] - normal[1], -1])
}
export function pushZeros(w: WasmWriter, packed: Packed, local: number): void {
  pushLaneBits(w, packed, local)
  pushLanes(w, packed, 0, 0)
  w.simd(packed.same)
}
