// Floating point of SSE and SSE2 as WebAssembly's own, wherever that is surely right; anything else goes to the interpreter's
// function. WebAssembly rounds to nearest and tells nothing. So a result is taken when QUICK is 0 (rounding is to nearest,
// "inexact" is noted in MXCSR and masked already, underflow masked, nothing flushed to zero), no operand is a denormal, and the
// result is neither infinite nor a NaN (so neither was an operand) nor, of products and quotients, tiny, but for exact zeros.
// Comparisons, exact conversions and exact sums raise nothing for ordered numbers that are no denormals, whatever MXCSR says.
// Invariant: the destination is written after all of this.
// Runs in: the vcpu's worker thread. Spec: cpu.md section 8; assembly/execute/sse-{float,convert,status}.ts.
import type { SseRow } from '../isa/sse-rows'
import { EXPLICIT } from './flags'
import { COUNT, FA, FB, FLAG_A, FLAG_R, FLAG_TYPE, GA, GR, QUICK, VA128, VR128, X } from './locals'
import type { Operand, SseOperands } from './sse-operands'
import {
  DOUBLE,
  PACKED_DOUBLE,
  PACKED_SINGLE,
  type Packed,
  pushDenormal,
  pushDenormals,
  pushEndless,
  pushFinites,
  pushSounds,
  pushUnsound,
  pushZero,
  pushZeros,
  type Scalar,
  SINGLE,
} from './sse-width'
import { OP, SIMD } from './wasm-writer'

/** MXCSR: rounding, flush to zero, masks of inexact and underflow, inexact seen; and how they must be. */
const LOOKED_AT = 0xf820
const WANTED = 0x1820

type Arithmetic = 'add' | 'sub' | 'mul' | 'div' | 'sqrt'
const FORM = /^(add|sub|mul|div|sqrt|min|max|cmp)([ps])([sd])$/
const COMPARED = /^u?comis([sd])$/
const TO_INTEGER = /^cvtt?s([sd])2si(_q)?$/
const FROM_INTEGER = /^cvtsi2s([sd])(_q)?$/
const CONVERTED: readonly string[] = ['cvtss2sd', 'cvtsd2ss', 'cvtdq2pd', 'cvtdq2ps', 'cvtps2pd']

/** Is the function of a row one of these? */
export function isFloat(fn: string): boolean {
  return [FORM, COMPARED, TO_INTEGER, FROM_INTEGER].some((form) => form.test(fn)) || CONVERTED.includes(fn)
}

const scalarOf = (letter: string | undefined): Scalar => (letter === 's' ? SINGLE : DOUBLE)

export class SseFloat {
  private looked = false

  constructor(private readonly operands: SseOperands) {}

  /** MXCSR may be another. */
  forget(): void {
    this.looked = false
  }

  /** Operands in their places; flags are set in the explicit form if anything sees them. */
  translate(row: SseRow, to: Operand, from: Operand, immediate: number, flagsSeen: boolean): void {
    const fn = row[7]
    const slow = (): void => this.operands.execute(row, to, from, immediate)
    const [, name = '', many, letter] = FORM.exec(fn) ?? []
    if (many === 'p') this.packed(letter === 's' ? PACKED_SINGLE : PACKED_DOUBLE, name, to, from, immediate, slow)
    else if (many === 's') this.scalar(scalarOf(letter), name, to, from, immediate, slow)
    else if (COMPARED.test(fn)) this.status(scalarOf(COMPARED.exec(fn)?.[1]), to, from, flagsSeen, slow)
    else if (TO_INTEGER.test(fn)) this.toInteger(fn, to, from, slow)
    else if (FROM_INTEGER.test(fn)) this.fromInteger(fn, to, from, slow)
    else this.convert(fn, to, from, slow)
  }

  /** Pushes 0 when results that are rounded can be WebAssembly's. */
  private pushQuick(): void {
    const { e } = this.operands
    const { w } = e
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
  private when(then: () => void, otherwise?: () => void): void {
    const { e } = this.operands
    e.seldom()
    then()
    if (otherwise) {
      e.w.op(OP.else)
      otherwise()
    }
    e.close()
  }

  private load(width: Scalar, operand: Operand, local: number): void {
    this.operands.load(operand, width.type)
    this.operands.e.w.set(local)
  }
  private store(width: Scalar, to: Operand, local: number): void {
    this.operands.store(to, width.type, () => this.operands.e.w.get(local))
  }

  // --- one number ---

  private scalar(width: Scalar, name: string, to: Operand, from: Operand, immediate: number, slow: () => void): void {
    this.load(width, from, width.b)
    if (name !== 'sqrt') this.load(width, to, width.a)
    if (name === 'cmp') this.mask(width, to, immediate, slow)
    else if (name === 'min' || name === 'max') this.extreme(width, name, to, slow)
    else this.arithmetic(width, name as Arithmetic, to, slow)
  }

  private arithmetic(width: Scalar, name: Arithmetic, to: Operand, slow: () => void): void {
    const { w } = this.operands.e
    const { a, b, r } = width
    const tiny = name === 'mul' || name === 'div'
    const operands = name === 'sqrt' ? [b] : [a, b]
    for (const local of operands) w.get(local)
    w.op(width[name])
    w.set(r)
    const suspicious = (): void => {
      this.pushQuick()
      for (const local of operands) {
        pushDenormal(w, width, local)
        w.op(OP.i32_or)
      }
    }
    const whole = (): void => {
      slow()
      this.load(width, to, r)
    }
    suspicious()
    if (tiny) pushUnsound(w, width, r)
    else pushEndless(w, width, r)
    w.op(OP.i32_or)
    this.when(() => {
      if (name === 'add' || name === 'sub') {
        this.pushRounded(width, name)
        this.when(whole)
        return
      }
      if (!tiny) {
        whole()
        return
      }
      // a zero is exact when an operand of the product, or the dividend, is one
      suspicious()
      w.op(OP.i32_eqz)
      pushZero(w, width, r)
      w.op(OP.i32_and)
      pushZero(w, width, a)
      if (name === 'mul') {
        pushZero(w, width, b)
        w.op(OP.i32_or)
      }
      w.op(OP.i32_and)
      w.op(OP.i32_eqz)
      this.when(whole)
    })
    this.store(width, to, r)
  }

  /** Pushes whether a sum or difference is one that MXCSR has a say in: rounded (what it lost is not 0, Knuth's "two sum"), or not sound. */
  private pushRounded(width: Scalar, name: 'add' | 'sub'): void {
    const { w } = this.operands.e
    const { a, b, r, add, sub } = width
    for (const local of [a, b]) pushDenormal(w, width, local)
    w.op(OP.i32_or)
    pushUnsound(w, width, r)
    w.op(OP.i32_or)
    const pushOther = (): void => {
      w.get(r)
      w.get(a)
      w.op(sub)
    }
    w.get(a)
    w.get(r)
    pushOther()
    w.op(sub)
    w.op(sub)
    w.get(b)
    pushOther()
    // of a difference the other operand is -b
    w.op(name === 'add' ? sub : add)
    w.op(name === 'add' ? add : sub)
    this.pushNumber(width, 0)
    w.op(width.ne)
    w.op(OP.i32_or)
  }
  private pushNumber(width: Scalar, value: 0): void {
    const { w } = this.operands.e
    w.i64(value)
    if (width === DOUBLE) w.op(OP.f64_reinterpret)
    else {
      w.op(OP.i32_wrap)
      w.op(OP.f32_reinterpret)
    }
  }

  /** Pushes whether two numbers are to be compared by the interpreter: denormals, and what is neither below nor not below. */
  private pushIncomparable(width: Scalar): void {
    const { w } = this.operands.e
    const { a, b } = width
    pushDenormal(w, width, a)
    pushDenormal(w, width, b)
    w.op(OP.i32_or)
    for (const code of [width.lt, width.ge]) {
      w.get(a)
      w.get(b)
      w.op(code)
    }
    w.op(OP.i32_or)
    w.op(OP.i32_eqz)
    w.op(OP.i32_or)
  }

  private extreme(width: Scalar, name: string, to: Operand, slow: () => void): void {
    const { w } = this.operands.e
    const { a, b, r } = width
    this.pushIncomparable(width)
    this.when(
      () => {
        slow()
        this.load(width, to, r)
      },
      () => {
        for (const local of [a, b, a, b]) w.get(local)
        w.op(name === 'min' ? width.lt : width.gt)
        w.op(OP.select)
        w.set(r)
      },
    )
    this.store(width, to, r)
  }

  private mask(width: Scalar, to: Operand, predicate: number, slow: () => void): void {
    const { w } = this.operands.e
    const { a, b } = width
    this.pushIncomparable(width)
    this.when(
      () => {
        slow()
        this.operands.scalar(to, width.bytes)
        w.set(X)
      },
      () => {
        w.i64(0)
        const code = [width.eq, width.lt, width.le][predicate & 3]
        if (code === undefined) w.i32(0)
        else {
          w.get(a)
          w.get(b)
          w.op(code)
        }
        if (predicate & 4) w.op(OP.i32_eqz)
        w.op(OP.i64_extend_u)
        w.op(OP.i64_sub)
        w.set(X)
      },
    )
    this.operands.writeScalar(to, width.bytes)
  }

  /** COMIS*, UCOMIS*. */
  private status(width: Scalar, to: Operand, from: Operand, flagsSeen: boolean, slow: () => void): void {
    const { e } = this.operands
    const { w } = e
    this.load(width, to, width.a)
    this.load(width, from, width.b)
    this.pushIncomparable(width)
    this.when(slow, () => {
      if (!flagsSeen) return
      w.get(width.a)
      w.get(width.b)
      w.op(width.eq)
      w.i32(6)
      w.op(OP.i32_shl)
      w.get(width.a)
      w.get(width.b)
      w.op(width.lt)
      w.op(OP.i32_or)
      w.set(COUNT)
    })
    if (!flagsSeen) return
    e.writesFlags()
    w.get(COUNT)
    w.op(OP.i64_extend_u)
    w.set(FLAG_A)
    // as setStatus() leaves it: the result tells ZF
    w.get(COUNT)
    w.i32(0x40)
    w.op(OP.i32_and)
    w.op(OP.i32_eqz)
    w.op(OP.i64_extend_u)
    w.set(FLAG_R)
    w.i32(EXPLICIT)
    w.set(FLAG_TYPE)
  }

  // --- vectors ---

  private packed(width: Packed, name: string, to: Operand, from: Operand, immediate: number, slow: () => void): void {
    const { w } = this.operands.e
    const { a, b, r } = width
    const compares = name === 'min' || name === 'max' || name === 'cmp'
    const operands = name === 'sqrt' ? [b] : [a, b]
    this.operands.vector(from)
    w.set(b)
    if (name !== 'sqrt') {
      this.operands.vector(to)
      w.set(a)
    }
    if (name === 'cmp') this.pushMasks(width, immediate)
    else {
      // "pseudo" minimum and maximum are SSE's, with the operands exchanged
      for (const local of compares ? [b, a] : operands) w.get(local)
      w.simd(width[name as Arithmetic | 'min' | 'max'])
    }
    w.set(r)
    operands.forEach((local, i) => {
      pushDenormals(w, width, local)
      if (i > 0) w.simd(SIMD.or)
    })
    if (compares) {
      for (const local of operands) {
        w.get(local)
        w.get(local)
        w.simd(width.ne)
        w.simd(SIMD.or)
      }
    } else {
      if (name === 'mul' || name === 'div') this.pushExact(width, name)
      else pushFinites(w, width, r)
      w.simd(SIMD.not)
      w.simd(SIMD.or)
    }
    w.simd(SIMD.any_true)
    if (!compares) {
      this.pushQuick()
      w.op(OP.i32_or)
    }
    this.when(() => {
      slow()
      this.operands.vector(to)
      w.set(r)
    })
    this.operands.writeVector(to, () => w.get(r))
  }

  /** Lanes of a product or quotient that are sound, or a zero that is exact. */
  private pushExact(width: Packed, name: string): void {
    const { w } = this.operands.e
    const { a, b, r } = width
    pushSounds(w, width, r)
    pushZeros(w, width, r)
    pushZeros(w, width, a)
    if (name === 'mul') {
      pushZeros(w, width, b)
      w.simd(SIMD.or)
    }
    w.simd(SIMD.and)
    w.simd(SIMD.or)
  }

  private pushMasks(width: Packed, predicate: number): void {
    const { w } = this.operands.e
    const code = [width.eq, width.lt, width.le][predicate & 3]
    if (code === undefined) w.vector(new Array<number>(16).fill(0))
    else {
      w.get(width.a)
      w.get(width.b)
      w.simd(code)
    }
    if (predicate & 4) w.simd(SIMD.not)
  }

  // --- conversions ---

  private toInteger(fn: string, to: Operand, from: Operand, slow: () => void): void {
    const { w } = this.operands.e
    const width = scalarOf(TO_INTEGER.exec(fn)?.[1])
    const wide = fn.endsWith('_q')
    this.operands.load(from, width.type)
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
    this.pushQuick()
    w.op(OP.i32_and)
    w.get(FA)
    w.op(OP.f64_abs)
    // 2 to the 31st, to the 63rd
    w.i64of(0, wide ? 0x43e00000 : 0x41e00000)
    w.op(OP.f64_reinterpret)
    w.op(OP.f64_lt)
    w.op(OP.i32_eqz)
    w.op(OP.i32_or)
    this.when(slow, () => {
      w.get(FA)
      w.op(wide ? OP.i64_trunc : OP.i32_trunc)
      if (!wide) w.op(OP.i64_extend_u)
      w.set(X)
      this.operands.writeScalar(to, 8)
    })
  }

  private fromInteger(fn: string, to: Operand, from: Operand, slow: () => void): void {
    const { w } = this.operands.e
    const width = scalarOf(FROM_INTEGER.exec(fn)?.[1])
    const wide = fn.endsWith('_q')
    const value = (): void => {
      this.operands.scalar(from, wide ? 8 : 4)
      if (!wide) w.op(OP.i32_wrap)
      if (width === DOUBLE) w.op(wide ? OP.f64_convert64 : OP.f64_convert)
      else w.op(wide ? OP.f32_convert64 : OP.f32_convert)
    }
    if (fn === 'cvtsi2sd') {
      this.operands.store(to, width.type, value)
      return
    }
    this.pushQuick()
    if (width === DOUBLE) {
      // up to 53 bits nothing is lost
      this.operands.scalar(from, 8)
      w.i64of(0, 0x200000)
      w.op(OP.i64_add)
      w.i64of(0, 0x400000)
      w.op(OP.i64_gt_u)
      w.op(OP.i32_and)
    }
    this.when(slow, () => this.operands.store(to, width.type, value))
  }

  private convert(fn: string, to: Operand, from: Operand, slow: () => void): void {
    const { w } = this.operands.e
    switch (fn) {
      case 'cvtss2sd':
        this.load(SINGLE, from, GA)
        pushDenormal(w, SINGLE, GA)
        w.get(GA)
        w.get(GA)
        w.op(OP.f32_eq)
        w.op(OP.i32_eqz)
        w.op(OP.i32_or)
        this.when(slow, () =>
          this.operands.store(to, 'f64', () => {
            w.get(GA)
            w.op(OP.f64_promote)
          }),
        )
        break
      case 'cvtsd2ss':
        this.load(DOUBLE, from, FA)
        w.get(FA)
        w.op(OP.f32_demote)
        w.set(GR)
        // tiny results are not sound, so denormals are not taken for zeros
        this.pushQuick()
        pushUnsound(w, SINGLE, GR)
        pushZero(w, DOUBLE, FA)
        w.op(OP.i32_eqz)
        w.op(OP.i32_and)
        w.op(OP.i32_or)
        this.when(slow, () => this.store(SINGLE, to, GR))
        break
      case 'cvtdq2pd':
        this.operands.vectorOf(from, 8)
        w.simd(SIMD.f64x2_convert)
        w.set(VR128)
        this.operands.writeVector(to, () => w.get(VR128))
        break
      case 'cvtdq2ps':
        this.operands.vector(from)
        w.simd(SIMD.f32x4_convert)
        w.set(VR128)
        this.pushQuick()
        this.when(slow, () => this.operands.writeVector(to, () => w.get(VR128)))
        break
      default: // cvtps2pd
        this.operands.vectorOf(from, 8)
        w.set(VA128)
        pushDenormals(w, PACKED_SINGLE, VA128)
        w.get(VA128)
        w.get(VA128)
        w.simd(SIMD.f32x4_ne)
        w.simd(SIMD.or)
        w.simd(SIMD.any_true)
        this.when(slow, () =>
          this.operands.writeVector(to, () => {
            w.get(VA128)
            w.simd(SIMD.f64x2_promote)
          }),
        )
    }
  }
}
