// Which registers of a region may hold what was loaded from memory, whatever was computed from it since: an address made of them is known
// late, and each cycle until its host address is found is waited for. What is popped is not counted, as it is mostly what was saved.
// Only ever a hint: no difference in what regions do.
// Runs in: the vcpu's worker thread.
import { SLOT } from '../isa/state-layout'
import { type CodeCache, UOP } from './code-cache'
import type { Region } from './region-shape'
import { factsAt } from './uop-facts'
import { comparesOnly } from './uop-table'

const MOVES = /^(mov[sz]x|cmov|imul)/
const bit = (slot: number): number => (slot < SLOT.ZERO ? 1 << (slot >> 3) : 0)

/** A register that is written, and those that it is made from: a bit set, or -1 for memory. */
interface Making {
  readonly to: number
  readonly from: number
}

function makingOf(cache: CodeCache, ip: number): Making | undefined {
  const kind = factsAt(cache, ip)?.kind
  if (!kind) return undefined
  const { form, family, memory } = kind
  if (comparesOnly(kind)) return undefined
  const to = bit(cache.byte(ip + 4))
  if (family === 'lea') return { to, from: bit(cache.byte(ip + 6)) | bit(cache.byte(ip + 7) & 0xf8) }
  const towards = form === 'GE' || (form === 'EG' && !memory) || MOVES.test(family)
  return towards ? { to, from: memory ? -1 : bit(cache.byte(ip + 5)) } : undefined
}

/** Bit set of general registers. */
export function fromMemory(cache: CodeCache, { nodes }: Region): number {
  const makings: Making[] = []
  for (const { first, last } of nodes) {
    for (let ip = first; ip < last; ip += UOP) {
      const making = makingOf(cache, ip)
      if (making) makings.push(making)
    }
  }
  let found = 0
  for (let before = -1; before !== found; ) {
    before = found
    for (const { to, from } of makings) if (from === -1 || (from & found) !== 0) found |= to
  }
  return found
}
