// The flags at a point of a block: which form they have, and how instructions set them.
// Runs in: the vcpu's worker thread.
import type { Emitter } from './emitter'
import { ANY, NARROW, PARTIAL, PRODUCT, pushCondition, SOME } from './flags'
import { A32, B32, FLAG_A, FLAG_B, FLAG_R, FLAG_TYPE, R32, X, Y, Z } from './locals'
import type { UopKind } from './uop-table'
import { settle } from './vcpu-fields'
import { OP } from './wasm-writer'

/** What the translation of a uop needs to know of its surroundings. */
export interface Place {
  readonly ip: number
  /** Does anything see the flags this uop sets? */
  readonly flagsSeen: boolean
}

export class FlagState {
  /** Form of the flags at this point. */
  form = ANY

  constructor(readonly e: Emitter) {}

  /** Pushes a condition over the flags as they are here. */
  pushCondition(n: number): void {
    this.e.readsFlags()
    // carry and overflow of wide products, and of what may be one, are the interpreter's to find
    const known = this.form & ~NARROW
    const even = n >> 1
    const wanted = even !== 2 && even !== 4 && even !== 5
    if (wanted && (known === ANY || this.form === PRODUCT)) this.settle()
    if (!pushCondition(this.e.w, n, this.form)) throw new Error('translator: a condition cannot be told')
  }
  private settle(): void {
    settle(this.e)
    this.form = SOME
  }

  /** Operands and result are in A32, B32, R32 or X, Y, Z. */
  setFlags(kind: UopKind, place: Place, form: number): void {
    const { w } = this.e
    const narrow = kind.size < 3
    this.form = narrow ? form | NARROW : form
    if (!place.flagsSeen) return
    this.e.writesFlags()
    for (const [from, wide, to] of [
      [A32, X, FLAG_A],
      [B32, Y, FLAG_B],
      [R32, Z, FLAG_R],
    ] as const) {
      w.get(narrow ? from : wide)
      if (narrow) w.op(OP.i64_extend_s)
      w.set(to)
    }
    w.i32(form)
    w.set(FLAG_TYPE)
  }

  /** Result in R32 or Z, the CF, AF and OF bits as an i32 on the stack. */
  setPartial(kind: UopKind): void {
    const { w } = this.e
    this.e.writesFlags()
    w.op(OP.i64_extend_u)
    w.set(FLAG_A)
    w.get(kind.size < 3 ? R32 : Z)
    if (kind.size < 3) w.op(OP.i64_extend_s)
    w.set(FLAG_R)
    w.i32(PARTIAL)
    w.set(FLAG_TYPE)
    this.counted(kind)
  }
  /** The form after that, also when nothing sees it. */
  counted(kind: UopKind): void {
    this.form = kind.size < 3 ? PARTIAL | NARROW : PARTIAL
  }
}
