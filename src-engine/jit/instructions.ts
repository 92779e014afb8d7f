// Single instructions as WebAssembly: what each uop family does to registers, memory and flags, as assembly/execute does
// it. What is not here is carried out by the interpreter's own function from inside the region (Emitter.callCold).
// Long because: all general-purpose families are here, each some lines over the same operands and flags.
// Runs in: the vcpu's worker thread.
import { type CodeCache, UOP } from './code-cache'
import type { Emitter } from './emitter'
import {
  ADD,
  ANY,
  EXPLICIT,
  meet,
  NARROW,
  PARTIAL,
  PRODUCT,
  pushCondition,
  replaceCarryOverflow,
  SHIFTED,
  SOME,
  SUB,
} from './flags'
import { A32, B32, CARRY, COUNT, FLAG_A, FLAG_B, FLAG_R, FLAG_TYPE, HOST, R32, TMP, VA, X, Y, Z } from './locals'
import { SseInstructions, sseFacts } from './sse'
import { conditionNumber, UOP_LOCK, UOPS, type UopKind } from './uop-table'
import { OP } from './wasm-writer'

/** What the translation of a uop needs to know of its surroundings. */
export interface Place {
  readonly ip: number
  /** Does anything see the flags this uop sets? */
  readonly flagsSeen: boolean
  /** Registers to bring to memory and back round a call. */
  readonly written: number
  readonly used: number
}

const RSP = 4
const RBP = 5
const CX = 8 // operand byte of RCX and CL

interface Pair {
  readonly narrow: number
  readonly wide: number
}
const ARITHMETIC: Readonly<Record<string, Pair>> = {
  add: { narrow: OP.i32_add, wide: OP.i64_add },
  sub: { narrow: OP.i32_sub, wide: OP.i64_sub },
  cmp: { narrow: OP.i32_sub, wide: OP.i64_sub },
  and: { narrow: OP.i32_and, wide: OP.i64_and },
  test: { narrow: OP.i32_and, wide: OP.i64_and },
  or: { narrow: OP.i32_or, wide: OP.i64_or },
  xor: { narrow: OP.i32_xor, wide: OP.i64_xor },
}
const BIT_TEST = /^bt[src]?(_imm)?$/
const LOGIC = ['and', 'test', 'or', 'xor']
const BINARY = [...Object.keys(ARITHMETIC), 'adc', 'sbb']

/** What is asked of each uop again and again, by its number. */
export interface Facts {
  readonly kind: UopKind
  readonly native: boolean
  readonly leaves: boolean
  /** 0: it does not set the flags; 1: it does; 2: unless its count is 0. */
  readonly sets: number
  readonly reads: boolean
}

function factsOf(kind: UopKind): Facts {
  const shift = isNative(kind) && /^(shl|shr|sar)$/.test(kind.name) && kind.form === 'EI'
  const use = flagUse(kind, 1)
  return { kind, native: isNative(kind), leaves: mayLeave(kind), sets: shift ? 2 : use.sets ? 1 : 0, reads: use.reads }
}

/** By uop number. */
const FACTS: readonly (Facts | undefined)[] = Array.from(UOPS, (kind) => kind && factsOf(kind))

/** By memory operand, setting flags, raising exceptions. */
const NATIVE_SSE: readonly Facts[] = Array.from({ length: 8 }, (_, i) => {
  const memory = (i & 1) !== 0
  const kind = UOPS.find((row) => row?.family === 'sse' && row.memory === memory && row.size === 0)
  if (!kind) throw new Error('translator: no uops of SSE')
  return { kind, native: true, leaves: memory || (i & 4) !== 0, sets: (i & 2) >> 1, reads: false }
})

/** Of the uop at an address; those of SSE say by their immediate what they are. */
export function factsAt(cache: CodeCache, ip: number): Facts | undefined {
  const facts = FACTS[cache.op(ip)]
  if (facts?.kind.family !== 'sse') return facts
  const row = sseFacts(cache.word(ip + 12))
  return row ? NATIVE_SSE[(facts.kind.memory ? 1 : 0) | (row.setsFlags ? 2 : 0) | (row.raises ? 4 : 0)] : facts
}

/** How a uop meets the flags; `cold` ones are taken to read and to set them in part. */
export function flagUse(kind: UopKind, immediate: number): { readonly sets: boolean; readonly reads: boolean } {
  const { name, form, family } = kind
  if (isNative(kind)) {
    if (name === 'adc' || name === 'sbb') return { sets: true, reads: true }
    if (name in ARITHMETIC || family === 'neg:E' || name === 'imul') return { sets: true, reads: false }
    if (family === 'inc:E' || family === 'dec:E') return { sets: true, reads: true }
    if (name === 'shl' || name === 'shr' || name === 'sar')
      return { sets: form === 'EI' && (immediate & (kind.size === 3 ? 63 : 31)) !== 0, reads: form === 'EC' }
    if (name === 'rol' || name === 'ror' || BIT_TEST.test(family)) return { sets: false, reads: true }
    if (family === 'bsf' || family === 'bsr') return { sets: true, reads: false }
    return { sets: false, reads: /^(set|cmov)/.test(name) }
  }
  return { sets: false, reads: true }
}

/** Can the instruction leave the region, or show its state? */
export function mayLeave(kind: UopKind): boolean {
  return kind.memory ? kind.family !== 'lea' : !isNative(kind) || /^(push|pop|leave|push_imm)$/.test(kind.family)
}

/** Is the uop translated, not called? */
export function isNative(kind: UopKind): boolean {
  const { family, name, form, size, memory } = kind
  if (family === 'ADDRESS' || family === 'ADDRESS64' || family === 'MOVABS') return true
  if ((name === 'mov' || BINARY.includes(name)) && ['EG', 'GE', 'EI'].includes(form)) return true
  if (/^(inc|dec|neg|not):E$/.test(family) || family === 'xchg:EG') return true
  if (name === 'imul') return size >= 1
  if (/^(shl|shr|sar)$/.test(name)) return size >= 2
  if (/^(rol|ror)$/.test(name)) return size >= 2 && form === 'EI'
  if (/^mov([sz])x(d|8|16)$/.test(family)) return true
  if (/^(set|cmov)[a-z]+$/.test(family)) return true
  if (family === 'lea' || family === 'nop' || family === 'xchg0') return true
  if (BIT_TEST.test(family)) return size >= 2 && (!memory || family.endsWith('_imm'))
  if (family === 'bsf' || family === 'bsr') return size >= 2
  if (family === 'push') return size === 3
  if (/^(pop|leave|push_imm)$/.test(family)) return size === 3 && !memory
  if (family === 'bswap' || family === 'cbw' || family === 'cwd') return size >= 2
  return false
}

/** After a call into the interpreter: what it did not set is as it was, so that a product before it may still be there. */
function afterCall(name: string, before: number): number {
  return /^(imul|mul)/.test(name) ? ANY : meet(meet(before, EXPLICIT), PARTIAL)
}

/** Form of the flags after a uop, never better known than Instructions leaves it. */
export function formAfter({ kind, native, sets, reads }: Facts, immediate: number, before: number): number {
  if (native && sets === 0 && !reads) return before
  const { name, form, family, size } = kind
  const narrow = size < 3 ? NARROW : 0
  if (!native) return afterCall(name, before)
  // a reader may have settled them
  const settled = before === PRODUCT || (before & ~NARROW) === ANY ? ANY : before
  if (name === 'adc' || name === 'sbb' || family === 'inc:E' || family === 'dec:E') return PARTIAL | narrow
  if (name === 'add') return ADD | narrow
  if (name in ARITHMETIC || family === 'neg:E') return SUB | narrow
  if (name === 'imul') return PRODUCT | narrow
  if (name === 'shl' || name === 'shr' || name === 'sar') {
    if (form === 'EC') return meet(before, SHIFTED)
    return flagUse(kind, immediate).sets ? SHIFTED : before
  }
  if (name === 'rol' || name === 'ror' || BIT_TEST.test(family)) return meet(meet(before, EXPLICIT), PARTIAL)
  if (family === 'bsf' || family === 'bsr' || family === 'sse') return EXPLICIT
  return /^(set|cmov)/.test(family) ? settled : before
}

export class Instructions {
  /** Form of the flags at this point. */
  form = ANY
  private readonly sse: SseInstructions

  constructor(private readonly e: Emitter) {
    this.sse = new SseInstructions(e)
  }

  /** A block begins. */
  forget(): void {
    this.sse.forget()
  }

  translate({ kind, native }: Facts, place: Place): void {
    const { e } = this
    const { ip } = place
    if (!native) {
      e.flagsUsed = true
      const uops = kind.cold === UOP_LOCK ? 2 : 1
      if (e.cache.byte(ip + (uops - 1) * UOP + 6) === 0x88) e.storeTmp()
      e.callCold(ip, uops, kind.cold, place.written, place.used)
      this.sse.forget()
      this.form = afterCall(kind.name, this.form)
      return
    }
    const { name, form, family } = kind
    if (family === 'sse') {
      if (this.sse.translate(ip, kind.memory, place.flagsSeen)) this.form = EXPLICIT
    } else if (BINARY.includes(name) || name === 'mov') this.binary(kind, place)
    else if (/^(inc|dec|neg|not)$/.test(name)) this.unary(kind, place)
    else if (/^(shl|shr|sar)$/.test(name)) this.shift(kind, place)
    else if (name === 'rol' || name === 'ror') this.rotate(kind, place)
    else if (name === 'imul') this.multiply(kind, place, form === 'GEI')
    else if (family === 'xchg:EG') this.exchange(kind, place)
    else if (BIT_TEST.test(family)) this.bitTest(kind, place)
    else if (family === 'bsf' || family === 'bsr') this.scan(kind, place)
    else if (/^mov[sz]x/.test(family)) this.extend(kind, place)
    else if (/^(set|cmov)/.test(family)) this.conditional(kind, place)
    else this.other(kind, place)
  }

  /** Pushes a condition over the flags as they are here. */
  pushCondition(n: number): void {
    // carry and overflow of wide products, and of what may be one, are the interpreter's to find
    const known = this.form & ~NARROW
    const even = n >> 1
    const wanted = even !== 2 && even !== 4 && even !== 5
    if (wanted && (known === ANY || this.form === PRODUCT)) this.settle()
    if (!pushCondition(this.e.w, n, this.form)) throw new Error('translator: a condition cannot be told')
  }
  private settle(): void {
    this.e.settle()
    this.form = SOME
  }

  // --- flags ---

  /** Operands and result are in A32, B32, R32 or X, Y, Z. */
  private setFlags(kind: UopKind, place: Place, form: number): void {
    const { w } = this.e
    this.e.flagsUsed = true
    const narrow = kind.size < 3
    this.form = narrow ? form | NARROW : form
    if (!place.flagsSeen) return
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
  private setPartial(kind: UopKind): void {
    const { w } = this.e
    this.e.flagsUsed = true
    w.op(OP.i64_extend_u)
    w.set(FLAG_A)
    w.get(kind.size < 3 ? R32 : Z)
    if (kind.size < 3) w.op(OP.i64_extend_s)
    w.set(FLAG_R)
    w.i32(PARTIAL)
    w.set(FLAG_TYPE)
    this.form = kind.size < 3 ? PARTIAL | NARROW : PARTIAL
  }

  private narrowTo(size: number): void {
    if (size === 0) this.e.w.op(OP.i32_extend8_s)
    else if (size === 1) this.e.w.op(OP.i32_extend16_s)
  }

  // --- families ---

  /** Writes R32 or Z to the destination: HOST or a register. */
  private write(kind: UopKind, slot: number): void {
    const { e } = this
    const narrow = kind.size < 3
    if (kind.memory && slot < 0) {
      e.w.get(HOST)
      e.w.get(narrow ? R32 : Z)
      e.popMemory(kind.size)
    } else {
      e.w.get(narrow ? R32 : Z)
      e.popRegister(slot, kind.size)
    }
  }

  private binary(kind: UopKind, place: Place): void {
    const { e } = this
    const { w } = e
    const { ip } = place
    const { name, form, size, memory } = kind
    const dst = e.cache.byte(ip + 4)
    const src = e.cache.byte(ip + 5)
    const readsOnly = name === 'cmp' || name === 'test'
    const toMemory = memory && form !== 'GE'
    if (memory) e.reach(ip, 1 << size, form === 'GE' || readsOnly ? 'read' : name === 'mov' ? 'write' : 'update')
    const pushOther = (): void => {
      if (form === 'EI') e.pushImmediate(e.cache.word(ip + 12), size)
      else if (memory && form === 'GE') e.pushMemory(size)
      else e.pushRegister(src, size)
    }
    if (name === 'mov') {
      if (toMemory) {
        w.get(HOST)
        pushOther()
        e.popMemory(size)
        e.stored(ip)
      } else {
        pushOther()
        e.popRegister(dst, size)
      }
      return
    }
    const [a, b, r] = size < 3 ? [A32, B32, R32] : [X, Y, Z]
    const withCarry = name === 'adc' || name === 'sbb'
    if (withCarry) {
      this.pushCondition(2)
      w.set(CARRY)
    }
    if (toMemory) e.pushMemory(size)
    else e.pushRegister(dst, size)
    w.set(a)
    pushOther()
    w.set(b)
    w.get(a)
    w.get(b)
    if (withCarry) this.addWithCarry(kind, name === 'sbb')
    else {
      const pair = ARITHMETIC[name]
      w.op((size < 3 ? pair?.narrow : pair?.wide) ?? OP.unreachable)
      this.narrowTo(size)
      w.set(r)
    }
    if (!readsOnly) this.write(kind, toMemory ? -1 : dst)
    if (withCarry) this.carryFlags(kind, name === 'sbb')
    else if (LOGIC.includes(name)) {
      w.get(r)
      w.set(a)
      size < 3 ? w.i32(0) : w.i64(0)
      w.set(b)
      this.setFlags(kind, place, SUB)
    } else this.setFlags(kind, place, name === 'add' ? ADD : SUB)
    if (toMemory && !readsOnly) e.stored(ip)
  }

  /** a and b are on the stack. */
  private addWithCarry(kind: UopKind, minus: boolean): void {
    const { w } = this.e
    const narrow = kind.size < 3
    const op = narrow ? (minus ? OP.i32_sub : OP.i32_add) : minus ? OP.i64_sub : OP.i64_add
    w.op(op)
    w.get(CARRY)
    if (!narrow) w.op(OP.i64_extend_u)
    w.op(op)
    this.narrowTo(kind.size)
    w.set(narrow ? R32 : Z)
  }

  private carryFlags(kind: UopKind, minus: boolean): void {
    const { w } = this.e
    const narrow = kind.size < 3
    const [a, b, r] = narrow ? [A32, B32, R32] : [X, Y, Z]
    const xor = narrow ? OP.i32_xor : OP.i64_xor
    // carry out: with a carry in, equal counts too
    const [left, right] = minus ? [a, b] : [r, a]
    for (const code of narrow ? [OP.i32_le_u, OP.i32_lt_u] : [OP.i64_le_u, OP.i64_lt_u]) {
      w.get(left)
      w.get(right)
      w.op(code)
    }
    w.get(CARRY)
    w.op(OP.select)
    w.get(a)
    w.get(b)
    w.op(xor)
    w.get(r)
    w.op(xor)
    if (!narrow) w.op(OP.i32_wrap)
    w.i32(0x10)
    w.op(OP.i32_and)
    w.op(OP.i32_or)
    for (const [p, q] of minus
      ? [
          [a, b],
          [a, r],
        ]
      : [
          [a, r],
          [b, r],
        ]) {
      w.get(p ?? a)
      w.get(q ?? a)
      w.op(xor)
    }
    this.overflowBit(narrow)
    this.setPartial(kind)
  }

  /** The sign of the and of two values on the stack is OF; joined to the bits below. */
  private overflowBit(narrow: boolean): void {
    const { w } = this.e
    w.op(narrow ? OP.i32_and : OP.i64_and)
    narrow ? w.i32(0) : w.i64(0)
    w.op(narrow ? OP.i32_lt_s : OP.i64_lt_s)
    w.i32(11)
    w.op(OP.i32_shl)
    w.op(OP.i32_or)
  }

  private unary(kind: UopKind, place: Place): void {
    const { e } = this
    const { w } = e
    const { ip } = place
    const { name, size, memory } = kind
    const narrow = size < 3
    const dst = e.cache.byte(ip + 4)
    const [a, b, r] = narrow ? [A32, B32, R32] : [X, Y, Z]
    const counts = name === 'inc' || name === 'dec'
    if (counts && place.flagsSeen) {
      this.pushCondition(2)
      w.set(CARRY)
    }
    if (memory) e.reach(ip, 1 << size, 'update')
    const [from, to] = name === 'neg' ? [b, r] : name === 'not' ? [r, r] : [a, r]
    if (memory) e.pushMemory(size)
    else e.pushRegister(dst, size)
    if (name === 'not') {
      // R32 and Z may be what is known of the flags: NOT leaves both alone
      narrow ? w.i32(-1) : w.i64(-1)
      w.op(narrow ? OP.i32_xor : OP.i64_xor)
      w.set(narrow ? COUNT : VA)
      if (memory) w.get(HOST)
      w.get(narrow ? COUNT : VA)
      if (memory) e.popMemory(size)
      else e.popRegister(dst, size)
      if (memory) e.stored(ip)
      return
    }
    w.set(from)
    if (name === 'neg') {
      narrow ? w.i32(0) : w.i64(0)
      w.set(a)
      w.get(a)
      w.get(b)
      w.op(narrow ? OP.i32_sub : OP.i64_sub)
    } else {
      w.get(a)
      narrow ? w.i32(1) : w.i64(1)
      w.op(narrow ? (name === 'inc' ? OP.i32_add : OP.i32_sub) : name === 'inc' ? OP.i64_add : OP.i64_sub)
    }
    this.narrowTo(size)
    w.set(to)
    this.write(kind, memory ? -1 : dst)
    if (name === 'neg') this.setFlags(kind, place, SUB)
    else if (place.flagsSeen) this.countFlags(kind, name === 'inc')
    else this.form = PARTIAL | (narrow ? NARROW : 0)
    if (memory) e.stored(ip)
  }

  private countFlags(kind: UopKind, up: boolean): void {
    const { w } = this.e
    const narrow = kind.size < 3
    const [a, r] = narrow ? [A32, R32] : [X, Z]
    const xor = narrow ? OP.i32_xor : OP.i64_xor
    w.get(CARRY)
    w.get(a)
    w.get(r)
    w.op(xor)
    if (!narrow) w.op(OP.i32_wrap)
    w.i32(0x10)
    w.op(OP.i32_and)
    w.op(OP.i32_or)
    w.get(up ? a : r)
    narrow ? w.i32(-1) : w.i64(-1)
    w.op(xor)
    w.get(up ? r : a)
    this.overflowBit(narrow)
    this.setPartial(kind)
  }

  private shift(kind: UopKind, place: Place): void {
    const { e } = this
    const { w } = e
    const { ip } = place
    const { name, form, size, memory } = kind
    const narrow = size < 3
    const dst = e.cache.byte(ip + 4)
    const mask = narrow ? 31 : 63
    const fixed = form === 'EI' ? e.cache.word(ip + 12) & mask : -1
    if (memory) e.reach(ip, 1 << size, 'update')
    if (fixed < 0) {
      e.pushRegister(CX, 2)
      w.i32(mask)
      w.op(OP.i32_and)
      w.set(COUNT)
    }
    if (memory) e.pushMemory(size)
    else e.pushRegister(dst, size)
    if (!narrow) w.set(X)
    else {
      // as 64 bits, so that what is shifted out can be brought to the top
      w.op(name === 'sar' ? OP.i64_extend_s : OP.i64_extend_u)
      w.set(X)
    }
    const pushCount = (): void => {
      if (fixed >= 0) w.i64(fixed)
      else {
        w.get(COUNT)
        w.op(OP.i64_extend_u)
      }
    }
    w.get(X)
    pushCount()
    w.op(name === 'shl' ? OP.i64_shl : name === 'shr' ? OP.i64_shr_u : OP.i64_shr_s)
    if (narrow) w.op(OP.i64_extend32_s)
    w.set(Z)
    if (memory) w.get(HOST)
    w.get(Z)
    if (narrow) w.op(OP.i32_wrap)
    if (memory) e.popMemory(size)
    else e.popRegister(dst, size)
    if (fixed !== 0 && (place.flagsSeen || fixed < 0)) {
      e.flagsUsed = true
      const before = this.form
      if (fixed < 0) {
        w.get(COUNT)
        e.open(OP.if)
      }
      this.shiftFlags(kind, fixed, pushCount)
      if (fixed < 0) e.close()
      this.form = fixed < 0 ? meet(before, SHIFTED) : SHIFTED
    } else if (fixed !== 0) this.form = SHIFTED
    if (memory) e.stored(ip)
  }

  /** The last bit shifted out to bit 63 of FLAG_A, OF to that of FLAG_B; operand in X, result in Z. */
  private shiftFlags(kind: UopKind, fixed: number, pushCount: () => void): void {
    const { w } = this.e
    const narrow = kind.size < 3
    w.get(X)
    if (kind.name === 'shl') {
      if (fixed > 0) w.i64((narrow ? 31 : -1) + fixed)
      else {
        pushCount()
        w.i64(narrow ? 31 : -1)
        w.op(OP.i64_add)
      }
      w.op(OP.i64_shl)
      w.set(FLAG_A)
      w.get(FLAG_A)
      w.get(Z)
      w.op(OP.i64_xor)
    } else {
      if (fixed > 0) w.i64(64 - fixed)
      else {
        w.i64(64)
        pushCount()
        w.op(OP.i64_sub)
      }
      w.op(OP.i64_shl)
      w.set(FLAG_A)
      if (kind.name === 'sar' || fixed > 1) w.i64(0)
      else {
        w.get(X)
        if (narrow) w.op(OP.i64_extend32_s)
        if (fixed < 0) {
          w.i64(0)
          w.get(COUNT)
          w.i32(1)
          w.op(OP.i32_eq)
          w.op(OP.select)
        }
      }
    }
    w.set(FLAG_B)
    w.get(Z)
    w.set(FLAG_R)
    w.i32(SHIFTED)
    w.set(FLAG_TYPE)
  }

  private rotate(kind: UopKind, place: Place): void {
    const { e } = this
    const { w } = e
    const { ip } = place
    const { name, size, memory } = kind
    const narrow = size < 3
    const dst = e.cache.byte(ip + 4)
    const count = e.cache.word(ip + 12) & (narrow ? 31 : 63)
    if (memory) e.reach(ip, 1 << size, 'update')
    if (memory) e.pushMemory(size)
    else e.pushRegister(dst, size)
    narrow ? w.i32(count) : w.i64(count)
    w.op(narrow ? (name === 'rol' ? OP.i32_rotl : OP.i32_rotr) : name === 'rol' ? OP.i64_rotl : OP.i64_rotr)
    if (narrow) w.op(OP.i64_extend_u)
    w.set(X)
    if (memory) w.get(HOST)
    w.get(X)
    if (narrow) w.op(OP.i32_wrap)
    if (memory) e.popMemory(size)
    else e.popRegister(dst, size)
    if (count !== 0 && place.flagsSeen) {
      e.flagsUsed = true
      const top = (at: number): void => {
        w.get(X)
        w.i64(at)
        w.op(OP.i64_shr_u)
        w.op(OP.i32_wrap)
        w.i32(1)
        w.op(OP.i32_and)
      }
      const high = narrow ? 31 : 63
      // CF: the bit that went round. OF: the sign and CF, or the two highest bits
      top(name === 'rol' ? 0 : high)
      top(high)
      top(name === 'rol' ? 0 : high - 1)
      w.op(OP.i32_xor)
      w.i32(11)
      w.op(OP.i32_shl)
      w.op(OP.i32_or)
      this.form = replaceCarryOverflow(w, this.form)
    }
    if (memory) e.stored(ip)
  }

  /** BT, BTS, BTR, BTC within an operand: CF is the bit, the other flags stay. */
  private bitTest(kind: UopKind, place: Place): void {
    const { e } = this
    const { w } = e
    const { ip } = place
    const { family, size, memory } = kind
    const immediate = family.endsWith('_imm')
    const what = family.replace('_imm', '')
    const dst = e.cache.byte(ip + 5)
    const mask = size === 3 ? 63 : 31
    if (place.flagsSeen) {
      // OF first: to know it may take a call
      this.pushCondition(0)
      w.set(CARRY)
    }
    if (memory) e.reach(ip, 1 << size, what === 'bt' ? 'read' : 'update')
    if (memory) e.pushMemory(size)
    else e.pushRegister(dst, size)
    if (size < 3) w.op(OP.i64_extend_u)
    w.set(X)
    w.i64(1)
    if (immediate) w.i64(e.cache.word(ip + 12) & mask)
    else {
      e.pushRegister(e.cache.byte(ip + 4), 3)
      w.i64(mask)
      w.op(OP.i64_and)
    }
    w.op(OP.i64_shl)
    w.set(Y)
    if (what !== 'bt') {
      if (memory) w.get(HOST)
      w.get(X)
      w.get(Y)
      if (what === 'btr') {
        w.i64(-1)
        w.op(OP.i64_xor)
      }
      w.op(what === 'bts' ? OP.i64_or : what === 'btr' ? OP.i64_and : OP.i64_xor)
      if (size < 3) w.op(OP.i32_wrap)
      if (memory) e.popMemory(size)
      else e.popRegister(dst, size)
    }
    if (place.flagsSeen) {
      e.flagsUsed = true
      w.get(X)
      w.get(Y)
      w.op(OP.i64_and)
      w.i64(0)
      w.op(OP.i64_ne)
      w.get(CARRY)
      w.i32(11)
      w.op(OP.i32_shl)
      w.op(OP.i32_or)
      this.form = replaceCarryOverflow(w, this.form)
    }
    if (memory && what !== 'bt') e.stored(ip)
  }

  /** BSF and BSR as our interpreter has them: a source of 0 leaves the destination, PF is that of the number. */
  private scan(kind: UopKind, place: Place): void {
    const { e } = this
    const { w } = e
    const { ip } = place
    const { family, size, memory } = kind
    const dst = e.cache.byte(ip + 4)
    if (memory) {
      e.reach(ip, 1 << size, 'read')
      e.pushMemory(size)
    } else e.pushRegister(e.cache.byte(ip + 5), size)
    if (size < 3) w.op(OP.i64_extend_u)
    w.set(X)
    if (family === 'bsr') {
      w.i64(63)
      w.get(X)
      w.op(OP.i64_clz)
      w.op(OP.i64_sub)
    } else {
      w.get(X)
      w.op(OP.i64_ctz)
    }
    w.set(Y)
    w.get(Y)
    e.pushRegister(dst, 3)
    w.get(X)
    w.i64(0)
    w.op(OP.i64_ne)
    w.op(OP.select)
    e.popRegister(dst, 3)
    e.flagsUsed = true
    this.form = EXPLICIT
    if (!place.flagsSeen) return
    // ZF and PF of 0; else PF of the number, which is below 64
    w.i64(0x44)
    w.i64(4)
    w.i64(0)
    w.get(Y)
    w.op(OP.i64_popcnt)
    w.i64(1)
    w.op(OP.i64_and)
    w.op(OP.i64_eqz)
    w.op(OP.select)
    w.get(X)
    w.op(OP.i64_eqz)
    w.op(OP.select)
    w.set(FLAG_A)
    // as setStatus() leaves it: the result tells ZF and SF
    w.get(X)
    w.i64(0)
    w.op(OP.i64_ne)
    w.op(OP.i64_extend_u)
    w.set(FLAG_R)
    w.i32(EXPLICIT)
    w.set(FLAG_TYPE)
  }

  private multiply(kind: UopKind, place: Place, immediate: boolean): void {
    const { e } = this
    const { w } = e
    const { ip } = place
    const { size, memory } = kind
    const narrow = size < 3
    const dst = e.cache.byte(ip + 4)
    const [a, b, r] = narrow ? [A32, B32, R32] : [X, Y, Z]
    if (memory) e.reach(ip, 1 << size, 'read')
    const pushSource = (): void => (memory ? e.pushMemory(size) : e.pushRegister(e.cache.byte(ip + 5), size))
    if (immediate) pushSource()
    else e.pushRegister(dst, size)
    w.set(a)
    if (immediate) e.pushImmediate(e.cache.word(ip + 12), size)
    else pushSource()
    w.set(b)
    w.get(a)
    w.get(b)
    w.op(narrow ? OP.i32_mul : OP.i64_mul)
    this.narrowTo(size)
    w.set(r)
    w.get(r)
    e.popRegister(dst, size)
    this.setFlags(kind, place, PRODUCT)
  }

  private exchange(kind: UopKind, place: Place): void {
    const { e } = this
    const { w } = e
    const { ip } = place
    const { size, memory } = kind
    const dst = e.cache.byte(ip + 4)
    const src = e.cache.byte(ip + 5)
    const kept = size < 3 ? COUNT : Z
    if (memory) {
      e.reach(ip, 1 << size, 'update')
      e.pushMemory(size)
      w.set(kept)
      w.get(HOST)
      e.pushRegister(src, size)
      e.popMemory(size)
    } else {
      e.pushRegister(dst, size)
      w.set(kept)
      e.pushRegister(src, size)
      e.popRegister(dst, size)
    }
    w.get(kept)
    e.popRegister(src, size)
    if (memory) e.stored(ip)
  }

  private extend(kind: UopKind, place: Place): void {
    const { e } = this
    const { w } = e
    const { ip } = place
    const { family, size, memory } = kind
    const from = family.endsWith('16') ? 1 : family.endsWith('8') ? 0 : 2
    const signed = family.startsWith('movs')
    if (memory) {
      e.reach(ip, 1 << from, 'read')
      e.pushMemory(from)
    } else e.pushRegister(e.cache.byte(ip + 5), from)
    if (!signed && from < 2) {
      w.i32(from === 0 ? 0xff : 0xffff)
      w.op(OP.i32_and)
    }
    if (size === 3) w.op(signed ? OP.i64_extend_s : OP.i64_extend_u)
    e.popRegister(e.cache.byte(ip + 4), size)
  }

  private conditional(kind: UopKind, place: Place): void {
    const { e } = this
    const { w } = e
    const { ip } = place
    const { family, size, memory } = kind
    const dst = e.cache.byte(ip + 4)
    e.flagsUsed = true
    if (family.startsWith('set')) {
      this.pushCondition(conditionNumber(family))
      w.set(COUNT)
      if (memory) {
        e.reach(ip, 1, 'write')
        w.get(HOST)
      }
      w.get(COUNT)
      if (memory) {
        e.popMemory(0)
        e.stored(ip)
      } else e.popRegister(dst, 0)
      return
    }
    this.pushCondition(conditionNumber(family))
    w.set(COUNT)
    if (memory) {
      e.reach(ip, 1 << size, 'read')
      e.pushMemory(size)
    } else e.pushRegister(e.cache.byte(ip + 5), size)
    e.pushRegister(dst, size)
    w.get(COUNT)
    w.op(OP.select)
    e.popRegister(dst, size)
  }

  private other(kind: UopKind, place: Place): void {
    const { e } = this
    const { w } = e
    const { ip } = place
    const { family, size, memory } = kind
    const { cache } = e
    const dst = cache.byte(ip + 4)
    switch (family) {
      case 'ADDRESS':
        this.address(ip)
        break
      case 'ADDRESS64':
        e.pushAddressSlot(cache.byte(ip + 6))
        w.i64of(cache.word(ip + 8), cache.word(ip + 12))
        w.op(OP.i64_add)
        w.set(TMP)
        break
      case 'MOVABS':
        w.i64of(cache.word(ip + 8), cache.word(ip + 12))
        e.popRegister(dst, 3)
        break
      case 'lea':
        e.pushAddress(ip)
        if (size < 3) w.op(OP.i32_wrap)
        e.popRegister(dst, size)
        break
      case 'push':
      case 'push_imm':
        if (memory) {
          e.reach(ip, 8, 'read')
          e.pushMemory(3)
          w.set(X)
        }
        this.push(ip, () => {
          if (memory) w.get(X)
          else if (family === 'push_imm') w.i64(cache.word(ip + 12))
          else e.pushRegister(dst, 3)
        })
        e.stored(ip)
        break
      case 'pop':
        this.pop(ip, RSP)
        e.pushMemory(3)
        e.popRegister(dst, 3)
        break
      case 'leave':
        this.pop(ip, RBP)
        e.pushMemory(3)
        e.popRegister(RBP << 3, 3)
        break
      case 'bswap':
        this.swap(dst, size)
        break
      case 'cbw':
        e.pushRegister(0, size - 1)
        if (size === 3) w.op(OP.i64_extend_s)
        e.popRegister(0, size)
        break
      case 'cwd':
        e.pushRegister(0, size)
        size === 3 ? w.i64(63) : w.i32(31)
        w.op(size === 3 ? OP.i64_shr_s : OP.i32_shr_s)
        e.popRegister(2 << 3, size)
        break
      default: // NOP and PAUSE
    }
  }

  private address(ip: number): void {
    const { e } = this
    const { w } = e
    const flags = e.cache.word(ip + 12)
    const segment = flags & 15
    const size = (flags >> 4) & 3
    e.pushAddress(ip)
    if (size < 2) {
      w.i64of(size === 1 ? -1 : 0xffff, 0)
      w.op(OP.i64_and)
    }
    if (segment !== 15) {
      w.i32(0)
      w.memory(OP.i64_load, e.field('SEG_BASE') + segment * 8)
      w.op(OP.i64_add)
    }
    w.set(TMP)
  }

  /** Stores eight bytes below RSP and moves RSP; Emitter.stored() must follow. */
  push(ip: number, value: () => void): void {
    const { e } = this
    const { w } = e
    e.pushRegister(RSP << 3, 3)
    w.i64(8)
    w.op(OP.i64_sub)
    w.set(VA)
    e.probe(ip, 8, 'write', true)
    w.get(HOST)
    value()
    e.popMemory(3)
    w.get(VA)
    e.popRegister(RSP << 3, 3)
  }

  /** RSP goes above the eight bytes that a register points to, which HOST then is the place of. */
  private pop(ip: number, register: number): void {
    this.popTarget(ip, register)
    this.raiseStack()
  }
  /** Finds the eight bytes a register points to: HOST, VA. */
  popTarget(ip: number, register = RSP): void {
    const { e } = this
    e.pushRegister(register << 3, 3)
    e.w.set(VA)
    e.probe(ip, 8, 'read', true)
  }
  /** RSP goes above them. */
  raiseStack(): void {
    const { e } = this
    const { w } = e
    w.get(VA)
    w.i64(8)
    w.op(OP.i64_add)
    e.popRegister(RSP << 3, 3)
  }

  private swap(dst: number, size: number): void {
    const { e } = this
    const { w } = e
    const bytes = size === 3 ? 8 : 4
    for (let i = 0; i < bytes; i++) {
      e.pushRegister(dst, 3)
      w.i64(i * 8)
      w.op(OP.i64_shr_u)
      w.i64(0xff)
      w.op(OP.i64_and)
      w.i64((bytes - 1 - i) * 8)
      w.op(OP.i64_shl)
      if (i > 0) w.op(OP.i64_or)
    }
    w.set(e.register(dst >> 3))
    e.written |= 1 << (dst >> 3)
  }
}
