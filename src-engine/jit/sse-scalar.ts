// Floating point of one number as WebAssembly's own: sums and products, minimum and maximum, comparisons. What makes a result one
// to be taken stands in sse-float.ts.
// Runs in: the vcpu's worker thread.
import type { Emitter } from './emitter'
import { EXPLICIT } from './flags'
import { COUNT, FLAG_A, FLAG_R, FLAG_TYPE, X } from './locals'
import type { Arithmetic, FloatStep, SseQuick } from './sse-quick'
import { DOUBLE, pushDenormal, pushEndless, pushUnsound, pushZero, type Scalar } from './sse-width'
import { OP } from './wasm-writer'

/** One number: the rows that end in SS and SD, by their names without that. */
export function scalar(q: SseQuick, width: Scalar, name: string, step: FloatStep): void {
  q.load(width, step.from, width.b)
  if (name !== 'sqrt') q.load(width, step.to, width.a)
  if (name === 'cmp') mask(q, width, step)
  else if (name === 'min' || name === 'max') extreme(q, width, name, step)
  else arithmetic(q, width, name as Arithmetic, step)
}

function arithmetic(q: SseQuick, width: Scalar, name: Arithmetic, { to, slow }: FloatStep): void {
  const { w } = q
  const { a, b, r } = width
  const tiny = name === 'mul' || name === 'div'
  const operands = name === 'sqrt' ? [b] : [a, b]
  for (const local of operands) w.get(local)
  w.op(width[name])
  w.set(r)
  const suspicious = (): void => {
    q.pushQuick()
    for (const local of operands) {
      pushDenormal(w, width, local)
      w.op(OP.i32_or)
    }
  }
  const whole = (): void => {
    slow()
    q.load(width, to, r)
  }
  suspicious()
  if (tiny) pushUnsound(w, width, r)
  else pushEndless(w, width, r)
  w.op(OP.i32_or)
  q.when(() => {
    if (name === 'add' || name === 'sub') {
      pushRounded(q, width, name)
      q.when(whole)
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
    q.when(whole)
  })
  q.store(width, to, r)
}

/** Pushes whether a sum or difference is one that MXCSR has a say in: rounded (what it lost is not 0, Knuth's "two sum"), or not sound. */
function pushRounded(q: SseQuick, width: Scalar, name: 'add' | 'sub'): void {
  const { w } = q
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
  pushNumber(q, width, 0)
  w.op(width.ne)
  w.op(OP.i32_or)
}

function pushNumber(q: SseQuick, width: Scalar, value: 0): void {
  const { w } = q
  w.i64(value)
  if (width === DOUBLE) w.op(OP.f64_reinterpret)
  else {
    w.op(OP.i32_wrap)
    w.op(OP.f32_reinterpret)
  }
}

function extreme(q: SseQuick, width: Scalar, name: string, { to, slow }: FloatStep): void {
  const { w } = q
  const { a, b, r } = width
  pushIncomparable(q, width)
  q.when(
    () => {
      slow()
      q.load(width, to, r)
    },
    () => {
      for (const local of [a, b, a, b]) w.get(local)
      w.op(name === 'min' ? width.lt : width.gt)
      w.op(OP.select)
      w.set(r)
    },
  )
  q.store(width, to, r)
}

function mask(q: SseQuick, width: Scalar, { to, immediate, slow }: FloatStep): void {
  const { w } = q
  const { a, b } = width
  pushIncomparable(q, width)
  q.when(
    () => {
      slow()
      q.operands.scalar(to, width.bytes)
      w.set(X)
    },
    () => {
      w.i64(0)
      const code = [width.eq, width.lt, width.le][immediate & 3]
      if (code === undefined) w.i32(0)
      else {
        w.get(a)
        w.get(b)
        w.op(code)
      }
      if (immediate & 4) w.op(OP.i32_eqz)
      w.op(OP.i64_extend_u)
      w.op(OP.i64_sub)
      w.set(X)
    },
  )
  q.operands.writeScalar(to, width.bytes)
}

/** COMIS*, UCOMIS*. */
export function status(q: SseQuick, width: Scalar, { to, from, slow }: FloatStep, flagsSeen: boolean): void {
  const { e, w } = q
  q.load(width, to, width.a)
  q.load(width, from, width.b)
  pushIncomparable(q, width)
  q.when(slow, () => {
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
  if (flagsSeen) setExplicit(e)
}

/** COUNT, ZF, PF and CF as EFLAGS has them, becomes the flags; the others are clear. */
export function setExplicit(e: Emitter): void {
  const { w } = e
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

/** Pushes whether two numbers are to be compared by the interpreter: denormals, and what is neither below nor not below. */
function pushIncomparable(q: SseQuick, width: Scalar): void {
  const { w } = q
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
