// Operands of SSE instructions: XMM registers, general registers, memory, as WebAssembly values of each kind; and calls of the
// interpreter's own function for one row on them. XMM registers stay in the vcpu's area.
// Invariant: an instruction's sources are read before its destination is written; faults come before both.
// Runs in: the vcpu's worker thread.
import { SSE_BY_NUMBER, type SseRow, sseFunctionId } from '../isa/sse-rows'
import type { Emitter } from './emitter'
import { COUNT, HOST, X } from './locals'
import { OP, SIMD } from './wasm-writer'

/** Where an operand is: a general register, the memory at HOST, or at a constant address (an XMM register). */
export type Operand =
  | { readonly kind: 'general'; readonly register: number }
  | { readonly kind: 'host' }
  | { readonly kind: 'xmm'; readonly at: number }

/** Row of the uop with this immediate. */
export function sseRow(immediate: number): SseRow | undefined {
  return SSE_BY_NUMBER[(immediate >> 8) & 0xfff]
}

/** A fault in what sse_execute() returns. */
const FAULT = 0x100

export class SseOperands {
  constructor(readonly e: Emitter) {}

  /** Pushes the address of an operand in memory; gives the offset to use with it. */
  private address(operand: Operand): number {
    if (operand.kind === 'host') this.e.w.get(HOST)
    else this.e.w.i32(0)
    return operand.kind === 'xmm' ? operand.at : 0
  }
  /** Loads from an operand in memory with any scalar load. */
  load(operand: Operand, code: number, offset = 0): void {
    const at = this.address(operand)
    this.e.w.memory(code, at + offset)
  }
  /** Stores what `value` pushes, with any scalar store. */
  store(operand: Operand, code: number, value: () => void, offset = 0): void {
    const at = this.address(operand)
    value()
    this.e.w.memory(code, at + offset)
  }

  vector(operand: Operand, code: number = SIMD.load): void {
    const offset = this.address(operand)
    this.e.w.simdMemory(code, offset)
  }
  /** Writes a vector that `value` pushes. */
  writeVector(to: Operand, value: () => void): void {
    const offset = this.address(to)
    value()
    this.e.w.simdMemory(SIMD.store, offset)
  }

  /** Pushes 8, 4 or 2 bytes of an operand as an i64, zero-extended. */
  scalar(operand: Operand, bytes: number, offset = 0): void {
    const { w } = this.e
    if (operand.kind !== 'general') {
      this.load(operand, bytes === 8 ? OP.i64_load : bytes === 4 ? OP.i64_load32_u : OP.i64_load16_u, offset)
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
      w.set(this.e.register(operand.register))
      this.e.written |= 1 << operand.register
      return
    }
    this.store(operand, bytes === 8 ? OP.i64_store : bytes === 4 ? OP.i64_store32 : OP.i64_store16, () => w.get(X), offset)
  }

  /**
   * Has the interpreter's function of the row do it all, and leaves the region before the instruction when that gives a fault: the
   * interpreter, doing it again, finds the same. What the function returned is in COUNT.
   */
  execute(row: SseRow, to: Operand, from: Operand, immediate: number): void {
    const { e } = this
    const { w } = e
    if (from.kind === 'general') {
      w.i32(0)
      w.get(e.register(from.register))
      w.memory(OP.i64_store, this.general(from.register))
    }
    w.i32(sseFunctionId(row))
    for (const operand of [to, from]) {
      if (operand.kind === 'host') w.get(HOST)
      else w.i32(operand.kind === 'xmm' ? operand.at : this.general(operand.register))
    }
    w.i32(immediate)
    e.executeSse()
    w.tee(COUNT)
    w.i32(FAULT)
    w.op(OP.i32_and)
    e.open(OP.if)
    e.leave(e.begin)
    e.close()
    if (to.kind !== 'general') return
    w.i32(0)
    w.memory(OP.i64_load, this.general(to.register))
    w.set(e.register(to.register))
    e.written |= 1 << to.register
  }
  private general(register: number): number {
    return this.e.field('GPR') + register * 8
  }
}
