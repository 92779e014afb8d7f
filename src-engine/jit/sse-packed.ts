// Floating point of vectors as WebAssembly's own. What makes a result one to be taken stands in sse-float.ts; here it is asked of all
// lanes at once.
// Runs in: the vcpu's worker thread.
import type { Arithmetic, FloatStep, SseQuick } from './sse-quick'
import { type Packed, pushDenormals, pushFinites, pushSounds, pushZeros } from './sse-width'
import { OP, SIMD } from './wasm-writer'

/** The rows that end in PS and PD, by their names without that. */
export function packed(q: SseQuick, width: Packed, name: string, { to, from, immediate, slow }: FloatStep): void {
  const { w } = q
  const { a, b, r } = width
  const compares = name === 'min' || name === 'max' || name === 'cmp'
  const operands = name === 'sqrt' ? [b] : [a, b]
  q.operands.vector(from)
  w.set(b)
  if (name !== 'sqrt') {
    q.operands.vector(to)
    w.set(a)
  }
  if (name === 'cmp') pushMasks(q, width, immediate)
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
    if (name === 'mul' || name === 'div') pushExact(q, width, name)
    else pushFinites(w, width, r)
    w.simd(SIMD.not)
    w.simd(SIMD.or)
  }
  w.simd(SIMD.any_true)
  if (!compares) {
    q.pushQuick()
    w.op(OP.i32_or)
  }
  q.when(() => {
    slow()
    q.operands.vector(to)
    w.set(r)
  })
  q.operands.writeVector(to, () => w.get(r))
}

/** Lanes of a product or quotient that are sound, or a zero that is exact. */
function pushExact(q: SseQuick, width: Packed, name: string): void {
  const { w } = q
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

function pushMasks(q: SseQuick, width: Packed, predicate: number): void {
  const { w } = q
  const code = [width.eq, width.lt, width.le][predicate & 3]
  if (code === undefined) w.vector(new Array<number>(16).fill(0))
  else {
    w.get(width.a)
    w.get(width.b)
    w.simd(code)
  }
  if (predicate & 4) w.simd(SIMD.not)
}
