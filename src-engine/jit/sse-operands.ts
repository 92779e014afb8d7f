// Operands of SSE instructions: XMM registers, general registers, memory, as WebAssembly values of each kind; and calls of the
// interpreter's own function for one row on them.
// Invariant: an instruction's sources are read before its destination is written; faults come before both.
// Runs in: the vcpu's worker thread.
import { SSE_BY_NUMBER, type SseRow, sseFunctionId } from '../isa/sse-rows'
import { CALL, type Emitter } from './emitter'
import { COUNT, HOST, X } from './locals'
import { loadRegisters, storeRegisters } from './vcpu-fields'
import { OP, SIMD } from './wasm-writer'

/** Where an operand is: a general register, an XMM register, the memory at HOST. */
export type Operand =
  | { readonly kind: 'general'; readonly register: number }
  | { readonly kind: 'xmm'; readonly register: number }
  | { readonly kind: 'host' }

/** Row of the uop with this immediate. */
export function sseRow(immediate: number): SseRow | undefined {
  return SSE_BY_NUMBER[(immediate >> 8) & 0xfff]
}

/** Numbers in memory or lanes; narrow integers become i64, zero-extended. */
interface NumberKind {
  readonly bytes: number
  readonly load: number
  readonly store: number
  readonly extract: number
  readonly replace: number
  /** The lane is an i32. */
  readonly widen: boolean
}
const NUMBERS = {
  f64: { bytes: 8, load: OP.f64_load, store: OP.f64_store, extract: SIMD.f64x2_extract, replace: SIMD.f64x2_replace, widen: false },
  f32: { bytes: 4, load: OP.f32_load, store: OP.f32_store, extract: SIMD.f32x4_extract, replace: SIMD.f32x4_replace, widen: false },
  i64: { bytes: 8, load: OP.i64_load, store: OP.i64_store, extract: SIMD.i64x2_extract, replace: SIMD.i64x2_replace, widen: false },
  i32: { bytes: 4, load: OP.i64_load32_u, store: OP.i64_store32, extract: SIMD.i32x4_extract, replace: SIMD.i32x4_replace, widen: true },
  i16: { bytes: 2, load: OP.i64_load16_u, store: OP.i64_store16, extract: SIMD.i16x8_extract_u, replace: SIMD.i16x8_replace, widen: true },
} as const satisfies Readonly<Record<string, NumberKind>> // biome-ignore format: a table
export type NumberType = keyof typeof NUMBERS

function numberOf(operand: Operand): number {
  if (operand.kind !== 'xmm') throw new Error('translator: only vectors have lanes')
  return operand.register
}
/** In the emitter's sets of registers. */
function bitOf(operand: Operand): number {
  if (operand.kind === 'host') return 0
  return 1 << (operand.kind === 'xmm' ? 16 + operand.register : operand.register)
}

/** A fault in what sse_execute() returns. */
const FAULT = 0x100

export class SseOperands {
  constructor(readonly e: Emitter) {}

  /** Loads a number from memory or a lane of an XMM register. */
  load(operand: Operand, type: NumberType, offset = 0): void {
    const { w } = this.e
    const { bytes, load, extract, widen } = NUMBERS[type]
    if (operand.kind === 'host') {
      w.get(HOST)
      w.memory(load, offset)
      return
    }
    w.get(this.e.xmm(numberOf(operand)))
    w.lane(extract, offset / bytes)
    if (widen) w.op(OP.i64_extend_u)
  }
  /** Stores what `value` pushes; the other lanes of an XMM register stay. */
  store(operand: Operand, type: NumberType, value: () => void, offset = 0): void {
    const { w } = this.e
    const { bytes, store, replace, widen } = NUMBERS[type]
    if (operand.kind === 'host') {
      w.get(HOST)
      value()
      w.memory(store, offset)
      return
    }
    w.get(this.e.xmm(numberOf(operand)))
    value()
    if (widen) w.op(OP.i32_wrap)
    w.lane(replace, offset / bytes)
    this.e.setXmm(numberOf(operand))
  }

  vector(operand: Operand): void {
    const { w } = this.e
    if (operand.kind === 'xmm') w.get(this.e.xmm(operand.register))
    else {
      w.get(HOST)
      w.simdMemory(SIMD.load, 0)
    }
  }
  /** Pushes 8 or 4 bytes of an operand as a vector whose rest is zeros. */
  vectorOf(operand: Operand, bytes: 4 | 8): void {
    const { w } = this.e
    if (operand.kind === 'host') {
      w.get(HOST)
      w.simdMemory(bytes === 8 ? SIMD.load64_zero : SIMD.load32_zero, 0)
    } else if (operand.kind === 'xmm') {
      w.get(this.e.xmm(operand.register))
      w.vector(Array.from({ length: 16 }, (_, i) => (i < bytes ? 255 : 0)))
      w.simd(SIMD.and)
    } else {
      w.vector(new Array<number>(16).fill(0))
      this.scalar(operand, bytes)
      w.lane(SIMD.i64x2_replace, 0)
    }
  }
  /** Writes a vector that `value` pushes. */
  writeVector(to: Operand, value: () => void): void {
    const { w } = this.e
    if (to.kind === 'xmm') {
      value()
      this.e.setXmm(to.register)
      return
    }
    w.get(HOST)
    value()
    w.simdMemory(SIMD.store, 0)
  }

  /** Pushes 8, 4 or 2 bytes of an operand as an i64, zero-extended. */
  scalar(operand: Operand, bytes: number, offset = 0): void {
    const { w } = this.e
    if (operand.kind !== 'general') {
      this.load(operand, bytes === 8 ? 'i64' : bytes === 4 ? 'i32' : 'i16', offset)
      return
    }
    w.get(this.e.register(operand.register))
    if (bytes === 8) return
    w.i64of(bytes === 4 ? -1 : 0xffff, 0)
    w.op(OP.i64_and)
  }
  /** Writes the i64 in X, or its low bytes; a general register is written whole. */
  writeScalar(operand: Operand, bytes: number, offset = 0): void {
    const { w } = this.e
    if (operand.kind === 'general') {
      w.get(X)
      this.e.setRegister(operand.register)
      return
    }
    this.store(operand, bytes === 8 ? 'i64' : bytes === 4 ? 'i32' : 'i16', () => w.get(X), offset)
  }

  /**
   * Has the interpreter's function of the row do it all, and leaves the region before the instruction when that gives a fault: the
   * interpreter, doing it again, finds the same. What the function returned is in COUNT.
   */
  execute(row: SseRow, to: Operand, from: Operand, immediate: number): void {
    const { e } = this
    const { w } = e
    e.readsRegisters(bitOf(from) | bitOf(to))
    e.writesRegisters(bitOf(to))
    storeRegisters(e, bitOf(from) | bitOf(to))
    w.i32(sseFunctionId(row))
    for (const operand of [to, from]) {
      if (operand.kind === 'host') w.get(HOST)
      else w.i32(operand.kind === 'xmm' ? e.field('XMM') + operand.register * 16 : e.field('GPR') + operand.register * 8)
    }
    w.i32(immediate)
    w.call(CALL.sse)
    w.tee(COUNT)
    w.i32(FAULT)
    w.op(OP.i32_and)
    e.seldom()
    e.leave(e.begin)
    e.close()
    loadRegisters(e, bitOf(to))
  }
}
