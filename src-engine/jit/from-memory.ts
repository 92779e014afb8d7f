// Which registers of a region may hold what was loaded from memory, whatever was computed from it since: an address made of them is known
// late, and each cycle until its host address is found is waited for. What is popped is not counted, as it is mostly what was saved.
// Only ever a hint: no difference in what regions do.
// Runs in: the vcpu's worker thread.
import { SLOT } from '../isa/state-layout'
import { type CodeCache, UOP } from './code-cache'
import type { Region } from './region-shape'
import { factsAt } from './uop-facts'

const bit = (slot: number): number => (slot < SLOT.ZERO ? 1 << (slot >> 3) : 0)

/** Bit set of general registers. */
export function fromMemory(cache: CodeCache, { nodes }: Region): number {
  let found = 0
  /** Bit of a register that is written, and bit set of those that it is made from, by turns. */
  const makings: number[] = []
  for (const { first, last } of nodes) {
    for (let ip = first; ip < last; ip += UOP) {
      const facts = factsAt(cache, ip)
      if (!facts || facts.makes === 0) continue
      const to = bit(cache.byte(ip + 4))
      if (facts.makes === 1) makings.push(to, bit(cache.byte(ip + 6)) | bit(cache.byte(ip + 7) & 0xf8))
      else if (facts.kind.memory) found |= to
      else makings.push(to, bit(cache.byte(ip + 5)))
    }
  }
  for (let before = -1; before !== found; ) {
    before = found
    for (let i = 0; i < makings.length; i += 2) if (((makings[i + 1] ?? 0) & found) !== 0) found |= makings[i] ?? 0
  }
  return found
}
