// What is known of a uop without its surroundings: whether it is translated or the interpreter is called for it, how it meets the
// flags, whether it may leave its region. What is not translated is carried out by the interpreter's own function from inside the
// region (instructions.ts).
// Runs in: the vcpu's worker thread (plain data).
import type { CodeCache } from './code-cache'
import { ADD, ANY, EXPLICIT, meet, NARROW, PARTIAL, PRODUCT, SHIFTED, SUB } from './flags'
import { sseFacts } from './sse'

import { comparesOnly, UOP_LOCK, UOPS, type UopKind } from './uop-table'
import { x87Flags } from './x87'

const ARITHMETIC = ['add', 'sub', 'cmp', 'and', 'test', 'or', 'xor']
const BINARY = [...ARITHMETIC, 'adc', 'sbb']
const BIT_TEST = /^bt[src]?(_imm)?$/
const DOUBLE_SHIFT = /^sh[lr]d_/
/** One operand, and RAX; of memory, and a register. */
const WIDE = /^(mul|imul_wide)$/
const EXCHANGE = /^(xadd|cmpxchg)$/

/** What is asked of each uop again and again, by its number. */
export interface Facts {
  readonly kind: UopKind
  readonly native: boolean
  readonly leaves: boolean
  /** 0: it does not set the flags; 1: it does; 2: unless its count is 0. */
  readonly sets: number
  readonly reads: boolean
  /** Its first register is made from: 1 its address, 2 its second operand, 0 neither. */
  readonly makes: number
}

const FROM_OPERAND = /^(mov[sz]x|cmov|imul)/

function makes(kind: UopKind): number {
  const { form, family, memory } = kind
  if (comparesOnly(kind)) return 0
  if (family === 'lea') return 1
  return form === 'GE' || (form === 'EG' && !memory) || FROM_OPERAND.test(family) ? 2 : 0
}

function factsOf(kind: UopKind): Facts {
  const shift = isNative(kind) && /^((shl|shr|sar):EI|sh[lr]d_imm)$/.test(kind.family)
  const use = flagUse(kind, 1)
  const sets = shift ? 2 : use.sets ? 1 : 0
  return { kind, native: isNative(kind), leaves: mayLeave(kind), sets, reads: use.reads, makes: makes(kind) }
}

/** By uop number. */
const FACTS: readonly (Facts | undefined)[] = Array.from(UOPS, (kind) => kind && factsOf(kind))

/** By memory operand, setting flags, raising exceptions. */
const NATIVE_SSE: readonly Facts[] = Array.from({ length: 8 }, (_, i) => {
  const memory = (i & 1) !== 0
  const kind = UOPS.find((row) => row?.family === 'sse' && row.memory === memory && row.size === 0)
  if (!kind) throw new Error('translator: no uops of SSE')
  return { kind, native: true, leaves: memory || (i & 4) !== 0, sets: (i & 2) >> 1, reads: false, makes: 0 }
})

/** By memory operand, setting flags, reading them. All may leave: an exception may wait. */
const NATIVE_X87: readonly Facts[] = Array.from({ length: 5 }, (_, i) => {
  const kind = UOPS.find((row) => row?.family === 'x87' && row.memory === ((i & 1) !== 0) && row.size === 0)
  if (!kind) throw new Error('translator: no uops of x87')
  return { kind, native: true, leaves: true, sets: (i & 2) >> 1, reads: (i & 4) !== 0, makes: 0 }
})

/** What a LOCK uop says that the instruction does (assembly/decode/decode.ts), where that can be an atomic operation. */
const LOCKED: readonly (string | undefined)[] = [
  ...['add:EG', 'or:EG', undefined, undefined, 'and:EG', 'sub:EG', 'xor:EG', 'xchg:EG', 'inc:E', 'dec:E'],
  ...[undefined, undefined, 'xadd', 'cmpxchg'],
]
/** By what, size, and immediate operand: both uops as one. */
const NATIVE_LOCKED: readonly (Facts | undefined)[] = LOCKED.flatMap((family) =>
  Array.from({ length: 8 }, (_, i) => {
    const immediate = (i & 4) !== 0
    const named = immediate ? family?.replace('EG', 'EI') : family
    const kind = UOPS.find((row) => row?.family === named && row?.memory && row.size === (i & 3))
    return kind && { ...factsOf(kind), native: true, leaves: true, kind: { ...kind, cold: UOP_LOCK } }
  }),
)

/** Of the uop at an address; those of SSE say by their immediate what they are. */
export function factsAt(cache: CodeCache, ip: number): Facts | undefined {
  const facts = FACTS[cache.op(ip)]
  if (facts?.kind.cold === UOP_LOCK)
    return NATIVE_LOCKED[cache.byte(ip + 4) * 8 + cache.byte(ip + 5) + (cache.word(ip + 12) ? 4 : 0)] ?? facts
  if (facts?.kind.family === 'x87') {
    const flags = x87Flags(cache, ip, facts.kind.memory)
    return flags === undefined
      ? facts
      : NATIVE_X87[(facts.kind.memory ? 1 : 0) | (flags === 'set' ? 2 : flags === 'read' ? 4 : 0)]
  }
  if (facts?.kind.family !== 'sse') return facts
  const row = sseFacts(cache.word(ip + 12))
  return row ? NATIVE_SSE[(facts.kind.memory ? 1 : 0) | (row.setsFlags ? 2 : 0) | (row.raises ? 4 : 0)] : facts
}

/** How a uop meets the flags; `cold` ones are taken to read and to set them in part. */
function flagUse(kind: UopKind, immediate: number): { readonly sets: boolean; readonly reads: boolean } {
  const { name, form, family } = kind
  if (isNative(kind)) {
    if (name === 'adc' || name === 'sbb') return { sets: true, reads: true }
    if (ARITHMETIC.includes(name) || family === 'neg:E' || name === 'imul') return { sets: true, reads: false }
    if (family === 'inc:E' || family === 'dec:E') return { sets: true, reads: true }
    if (name === 'shl' || name === 'shr' || name === 'sar')
      return { sets: form === 'EI' && (immediate & (kind.size === 3 ? 63 : 31)) !== 0, reads: form === 'EC' }
    if (DOUBLE_SHIFT.test(family))
      return { sets: family.endsWith('_imm') && (immediate & (kind.size === 3 ? 63 : 31)) !== 0, reads: family.endsWith('_cl') }
    if (name === 'div' || name === 'idiv') return { sets: true, reads: true }
    if (name === 'xadd' || name === 'cmpxchg') return { sets: true, reads: false }
    if (name === 'rol' || name === 'ror' || WIDE.test(family) || BIT_TEST.test(family)) return { sets: false, reads: true }
    if (family === 'bsf' || family === 'bsr') return { sets: true, reads: false }
    return { sets: false, reads: /^(set|cmov)/.test(name) }
  }
  return { sets: false, reads: true }
}

/** Can the instruction leave the region, or show its state? */
function mayLeave(kind: UopKind): boolean {
  return kind.memory ? kind.family !== 'lea' : !isNative(kind) || /^(push|pop|leave|push_imm|fwait)$/.test(kind.family)
}

/** Is the uop translated, not called? */
export function isNative(kind: UopKind): boolean {
  const { family, name, form, size, memory } = kind
  if (family === 'ADDRESS' || family === 'ADDRESS64' || family === 'MOVABS') return true
  if ((name === 'mov' || BINARY.includes(name)) && ['EG', 'GE', 'EI'].includes(form)) return true
  if (/^(inc|dec|neg|not):E$/.test(family) || family === 'xchg:EG') return true
  if (name === 'imul') return size >= 1
  if (/^(shl|shr|sar)$/.test(name)) return size >= 2 || kind.form === 'EI'
  if (/^(rol|ror)$/.test(name)) return form === 'EI'
  if (/^mov([sz])x(d|8|16)$/.test(family)) return true
  if (/^(set|cmov)[a-z]+$/.test(family)) return true
  if (family === 'lea' || family === 'nop' || family === 'xchg0') return true
  if (DOUBLE_SHIFT.test(family) || WIDE.test(family) || /^i?div$/.test(family)) return size >= 2
  if (EXCHANGE.test(family)) return memory
  if (BIT_TEST.test(family)) return size >= 2 && (!memory || family.endsWith('_imm'))
  if (family === 'bsf' || family === 'bsr') return size >= 2
  if (family === 'push') return size === 3
  if (/^(pop|leave|push_imm)$/.test(family)) return size === 3 && !memory
  if (family === 'fwait') return true
  if (family === 'bswap' || family === 'cbw' || family === 'cwd') return size >= 2
  return false
}

/** After a call into the interpreter: what it did not set is as it was, so that a product before it may still be there. */
export function afterCall(name: string, before: number): number {
  return /^i?mul/.test(name) ? ANY : meet(meet(before, EXPLICIT), PARTIAL)
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
  if (ARITHMETIC.includes(name) || family === 'neg:E') return SUB | narrow
  if (name === 'imul') return PRODUCT | narrow
  if (name === 'shl' || name === 'shr' || name === 'sar') {
    if (form === 'EC') return meet(before, SHIFTED)
    return flagUse(kind, immediate).sets ? SHIFTED : before
  }
  if (DOUBLE_SHIFT.test(family)) {
    if (family.endsWith('_cl')) return meet(before, PARTIAL)
    return flagUse(kind, immediate).sets ? PARTIAL : before
  }
  if (name === 'div' || name === 'idiv') return EXPLICIT
  if (name === 'xadd') return ADD | narrow
  if (name === 'cmpxchg') return SUB | narrow
  if (name === 'rol' || name === 'ror' || WIDE.test(family) || BIT_TEST.test(family))
    return meet(meet(before, EXPLICIT), PARTIAL)
  if (family === 'bsf' || family === 'bsr' || family === 'sse' || (family === 'x87' && sets === 1)) return EXPLICIT
  return /^(set|cmov|x87)/.test(family) ? settled : before
}
