// What floating point of all kinds stands on: whether MXCSR allows WebAssembly's rounding (the local QUICK), and ways that are hardly
// ever taken because it does.
// Runs in: the vcpu's worker thread.
import type { Emitter } from './emitter'
import { QUICK } from './locals'
import type { Operand, SseOperands } from './sse-operands'
import type { Scalar } from './sse-width'
import { OP, type WasmWriter } from './wasm-writer'

/** MXCSR: rounding, flush to zero, masks of inexact and underflow, inexact seen; and how they must be. */
const LOOKED_AT = 0xf820
const WANTED = 0x1820

export type Arithmetic = 'add' | 'sub' | 'mul' | 'div' | 'sqrt'

/** One instruction: its operands, and what has the interpreter's function do it. */
export interface FloatStep {
  readonly to: Operand
  readonly from: Operand
  readonly immediate: number
  readonly slow: () => void
}

export class SseQuick {
  readonly e: Emitter
  readonly w: WasmWriter
  /** Has this block looked at MXCSR? */
  private looked = false

  constructor(readonly operands: SseOperands) {
    this.e = operands.e
    this.w = operands.e.w
  }

  /** MXCSR may be another. */
  forget(): void {
    this.looked = false
  }

  /** Pushes 0 when results that are rounded can be WebAssembly's. */
  pushQuick(): void {
    const { e, w } = this
    if (!this.looked) {
      this.looked = true
      w.i32(0)
      w.memory(OP.i32_load, e.field('MXCSR'))
      w.i32(LOOKED_AT)
      w.op(OP.i32_and)
      w.i32(WANTED)
      w.op(OP.i32_ne)
      w.set(QUICK)
    }
    w.get(QUICK)
  }

  /** If what is on the stack is not 0, which it hardly ever is. */
  when(then: () => void, otherwise?: () => void): void {
    const { e, w } = this
    e.seldom()
    then()
    if (otherwise) {
      w.op(OP.else)
      otherwise()
    }
    e.close()
  }

  load(width: Scalar, operand: Operand, local: number): void {
    this.operands.load(operand, width.type)
    this.w.set(local)
  }
  store(width: Scalar, to: Operand, local: number): void {
    this.operands.store(to, width.type, () => this.w.get(local))
  }
}
