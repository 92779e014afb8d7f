// Indirect jumps through tables, as switches and interpreters make them: which jumps go through the same table, where such
// jumps are known to have led, and the hash by which a region finds the target. The interpreter notes the latter where its jump cache does not know the way (assembly/decode/cache.ts).
// Jumps through one word, as those of procedure linkage tables and calls at a function's end, are none: following them gained nothing.
// Only ever a hint: a region compares the whole address before it goes anywhere.
// Runs in: the vcpu's worker thread.
import { SLOT } from '../isa/state-layout'
import { type CodeCache, UOP } from './code-cache'
import { factsAt } from './uop-facts'
import { comparesOnly, UOPS } from './uop-table'

/** A jump through a table has led somewhere. */
export interface JumpNote {
  /** Its block's first uop. */
  readonly block: number
  /** Host address of the jump's page. */
  readonly page: number
  readonly table: string
  /** Of the target from the page's first byte. */
  readonly distance: number
}

/** Names the table that the jump at a block's end goes through; undefined: it is no such jump. */
export function tableOf(cache: CodeCache, first: number, last: number): string | undefined {
  const kind = UOPS[cache.op(last)]
  if (kind?.family !== 'jmp_ind' || kind.size !== 3) return undefined
  return kind.memory ? tableAt(cache, last) : tableBehind(cache, first, last)
}

/** A table by the operand that reads an element: what it is made of but for the index. */
function tableAt(cache: CodeCache, ip: number): string | undefined {
  const indexed = (cache.byte(ip + 7) & 0xf8) !== SLOT.ZERO
  return indexed ? `${cache.byte(ip + 6)} ${cache.byte(ip + 7) & 7} ${cache.word(ip + 8)}` : undefined
}

/** Where the register that is jumped to was made: it was an element, or a distance in a table was added, and then the jump alone names the table. */
function tableBehind(cache: CodeCache, first: number, last: number): string | undefined {
  const register = cache.byte(last + 4)
  for (let ip = last - UOP; ip >= first; ip -= UOP) {
    const kind = factsAt(cache, ip)?.kind
    const writes = kind && cache.byte(ip + 4) === register && (kind.form === 'GE' || !kind.memory) && !comparesOnly(kind)
    if (!writes) continue
    if (kind.family === 'mov:GE' && kind.memory) return tableAt(cache, ip)
    return kind.name === 'add' ? `at ${cache.pageOf(first) + cache.offset(last)}` : undefined
  }
  return undefined
}

/** What the interpreter has noted lately. */
export function jumpNotes(cache: CodeCache): readonly JumpNote[] {
  const notes: JumpNote[] = []
  cache.eachNote((jump, distance) => {
    if (UOPS[cache.op(jump)]?.family !== 'jmp_ind') return
    const block = cache.ownerOf(jump)
    const table = tableOf(cache, block, jump)
    if (table !== undefined) notes.push({ block, page: cache.pageOf(block), table, distance })
  })
  return notes
}

/** Products that spread distances over the slots of a table are tried in this order. */
const MULTIPLIERS: readonly number[] = Array.from({ length: 64 }, (_, i) => Math.imul(0x9e3779b1, 2 * i + 1))

/** Where a table's slots lead: to those of the numbered values whose low words, times the multiplier, begin with the slot's bits. */
interface Hash {
  readonly multiplier: number
  readonly bits: number
  readonly slots: readonly (readonly number[])[]
}

/** At least twice as many slots as values, and the first product that leaves them alone in theirs, or most of them. */
export function hashOf(values: readonly number[]): Hash {
  const bits = 33 - Math.clz32(Math.max(values.length, 2) - 1)
  let best = { multiplier: 0, taken: -1 }
  for (const multiplier of MULTIPLIERS) {
    const taken = new Set(values.map((value) => Math.imul(value, multiplier) >>> (32 - bits))).size
    if (taken > best.taken) best = { multiplier, taken }
    if (taken === values.length) break
  }
  const slots: number[][] = Array.from({ length: 2 ** bits }, () => [])
  for (const [i, value] of values.entries()) slots[Math.imul(value, best.multiplier) >>> (32 - bits)]?.push(i)
  return { multiplier: best.multiplier, bits, slots }
}
