// Conversions between floating point and integers, and between singles and doubles, as WebAssembly's own. What makes a result one to
// be taken stands in sse-float.ts.
// Runs in: the vcpu's worker thread.
import { FA, FB, GA, GR, VA128, VR128, X } from './locals'
import type { FloatStep, SseQuick } from './sse-quick'
import { DOUBLE, PACKED_SINGLE, pushDenormal, pushDenormals, pushUnsound, pushZero, SINGLE, scalarOf } from './sse-width'
import { OP, SIMD } from './wasm-writer'

const TO_INTEGER = /^cvtt?s([sd])2si(_q)?$/
const FROM_INTEGER = /^cvtsi2s([sd])(_q)?$/
const CONVERTED: readonly string[] = ['cvtss2sd', 'cvtsd2ss', 'cvtdq2pd', 'cvtdq2ps', 'cvtps2pd']

/** Is the function of a row one of these? */
export function isConversion(fn: string): boolean {
  return TO_INTEGER.test(fn) || FROM_INTEGER.test(fn) || CONVERTED.includes(fn)
}

export function convert(q: SseQuick, fn: string, step: FloatStep): void {
  if (TO_INTEGER.test(fn)) toInteger(q, fn, step)
  else if (FROM_INTEGER.test(fn)) fromInteger(q, fn, step)
  else convertFloat(q, fn, step)
}

function toInteger(q: SseQuick, fn: string, { to, from, slow }: FloatStep): void {
  const { w } = q
  const width = scalarOf(TO_INTEGER.exec(fn)?.[1])
  const wide = fn.endsWith('_q')
  q.operands.load(from, width.type)
  if (width === SINGLE) w.op(OP.f64_promote)
  if (!fn.startsWith('cvtt')) {
    w.tee(FB)
    w.op(OP.f64_nearest)
  }
  w.tee(FA)
  // of a whole number nothing is lost
  w.op(OP.f64_trunc)
  w.get(fn.startsWith('cvtt') ? FA : FB)
  w.op(OP.f64_ne)
  q.pushQuick()
  w.op(OP.i32_and)
  w.get(FA)
  w.op(OP.f64_abs)
  // 2 to the 31st, to the 63rd
  w.i64of(0, wide ? 0x43e00000 : 0x41e00000)
  w.op(OP.f64_reinterpret)
  w.op(OP.f64_lt)
  w.op(OP.i32_eqz)
  w.op(OP.i32_or)
  q.when(slow, () => {
    w.get(FA)
    w.op(wide ? OP.i64_trunc : OP.i32_trunc)
    if (!wide) w.op(OP.i64_extend_u)
    w.set(X)
    q.operands.writeScalar(to, 8)
  })
}

function fromInteger(q: SseQuick, fn: string, { to, from, slow }: FloatStep): void {
  const { w } = q
  const width = scalarOf(FROM_INTEGER.exec(fn)?.[1])
  const wide = fn.endsWith('_q')
  const value = (): void => {
    q.operands.scalar(from, wide ? 8 : 4)
    if (!wide) w.op(OP.i32_wrap)
    if (width === DOUBLE) w.op(wide ? OP.f64_convert64 : OP.f64_convert)
    else w.op(wide ? OP.f32_convert64 : OP.f32_convert)
  }
  if (fn === 'cvtsi2sd') {
    q.operands.store(to, width.type, value)
    return
  }
  q.pushQuick()
  if (width === DOUBLE) {
    // up to 53 bits nothing is lost
    q.operands.scalar(from, 8)
    w.i64of(0, 0x200000)
    w.op(OP.i64_add)
    w.i64of(0, 0x400000)
    w.op(OP.i64_gt_u)
    w.op(OP.i32_and)
  }
  q.when(slow, () => q.operands.store(to, width.type, value))
}

function convertFloat(q: SseQuick, fn: string, { to, from, slow }: FloatStep): void {
  const { w } = q
  switch (fn) {
    case 'cvtss2sd':
      q.load(SINGLE, from, GA)
      pushDenormal(w, SINGLE, GA)
      w.get(GA)
      w.get(GA)
      w.op(OP.f32_eq)
      w.op(OP.i32_eqz)
      w.op(OP.i32_or)
      q.when(slow, () =>
        q.operands.store(to, 'f64', () => {
          w.get(GA)
          w.op(OP.f64_promote)
        }),
      )
      break
    case 'cvtsd2ss':
      q.load(DOUBLE, from, FA)
      w.get(FA)
      w.op(OP.f32_demote)
      w.set(GR)
      // tiny results are not sound, so denormals are not taken for zeros
      q.pushQuick()
      pushUnsound(w, SINGLE, GR)
      pushZero(w, DOUBLE, FA)
      w.op(OP.i32_eqz)
      w.op(OP.i32_and)
      w.op(OP.i32_or)
      q.when(slow, () => q.store(SINGLE, to, GR))
      break
    case 'cvtdq2pd':
      q.operands.vectorOf(from, 8)
      w.simd(SIMD.f64x2_convert)
      w.set(VR128)
      q.operands.writeVector(to, () => w.get(VR128))
      break
    case 'cvtdq2ps':
      q.operands.vector(from)
      w.simd(SIMD.f32x4_convert)
      w.set(VR128)
      q.pushQuick()
      q.when(slow, () => q.operands.writeVector(to, () => w.get(VR128)))
      break
    default: // cvtps2pd
      q.operands.vectorOf(from, 8)
      w.set(VA128)
      pushDenormals(w, PACKED_SINGLE, VA128)
      w.get(VA128)
      w.get(VA128)
      w.simd(SIMD.f32x4_ne)
      w.simd(SIMD.or)
      w.simd(SIMD.any_true)
      q.when(slow, () =>
        q.operands.writeVector(to, () => {
          w.get(VA128)
          w.simd(SIMD.f64x2_promote)
        }),
      )
  }
}
