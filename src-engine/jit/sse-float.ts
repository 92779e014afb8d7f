// Floating point of SSE and SSE2 as WebAssembly's own, wherever that is surely right; anything else goes to the interpreter's
// function. WebAssembly rounds to nearest and tells nothing. So a result is taken when QUICK is 0 (rounding is to nearest,
// "inexact" is noted in MXCSR and masked already, underflow masked, nothing flushed to zero), no operand is a denormal, and the
// result is neither infinite nor a NaN (so neither was an operand) nor, of products and quotients, tiny, but for exact zeros.
// Comparisons, exact conversions and exact sums raise nothing for ordered numbers that are no denormals, whatever MXCSR says.
// Invariant: the destination is written after all of this.
// Runs in: the vcpu's worker thread. Spec: cpu.md section 8; assembly/execute/sse-{float,convert,status}.ts.
import type { SseRow } from '../isa/sse-rows'
import { convert, isConversion } from './sse-convert'
import type { Operand, SseOperands } from './sse-operands'
import { packed } from './sse-packed'
import { type FloatStep, SseQuick } from './sse-quick'
import { scalar, status } from './sse-scalar'
import { PACKED_DOUBLE, PACKED_SINGLE, scalarOf } from './sse-width'

const FORM = /^(add|sub|mul|div|sqrt|min|max|cmp)([ps])([sd])$/
const COMPARED = /^u?comis([sd])$/

/** Is the function of a row one of these? */
export function isFloat(fn: string): boolean {
  return FORM.test(fn) || COMPARED.test(fn) || isConversion(fn)
}

export class SseFloat {
  private readonly quick: SseQuick

  constructor(private readonly operands: SseOperands) {
    this.quick = new SseQuick(operands)
  }

  /** MXCSR may be another. */
  forget(): void {
    this.quick.forget()
  }

  /** Operands in their places; flags are set in the explicit form if anything sees them. */
  translate(row: SseRow, to: Operand, from: Operand, immediate: number, flagsSeen: boolean): void {
    const { quick } = this
    const fn = row[7]
    const step: FloatStep = { to, from, immediate, slow: () => this.operands.execute(row, to, from, immediate) }
    const [, name = '', many, letter] = FORM.exec(fn) ?? []
    if (many === 'p') packed(quick, letter === 's' ? PACKED_SINGLE : PACKED_DOUBLE, name, step)
    else if (many === 's') scalar(quick, scalarOf(letter), name, step)
    else if (COMPARED.test(fn)) status(quick, scalarOf(COMPARED.exec(fn)?.[1]), step, flagsSeen)
    else convert(quick, fn, step)
  }
}
