// Which blocks regions are not worth being entered at, as they are left again at once: going in and out costs more than a few translated
// instructions save. A loop round an instruction that the interpreter has to do takes up to twice as long for it.
// Looked at with each sample, as what leaves regions is then interpreted for a while: when most stays since the last one were short, the
// last of them is held against its block. So blocks are blamed by the time they take, and what is rare or works well never is.
// By counts and not by a clock, so that a guest is translated the same way each time. Runs in: the vcpu's worker thread.
import type { CodeCache } from './code-cache'

/** Instructions that a stay must have to be worth it: leaving for the interpreter costs 20 ns, and 2.5 ns are saved by each. */
const WORTH = 8
/** Fewer stays between two samples cost nothing that matters. */
const MANY = 256
/** Samples at which a block's stay was short before it is refused. */
const PATIENCE = 16

export class ShortStays {
  private readonly blamed = new Map<number, number>()
  private readonly refused = new Set<number>()
  private instructions = 0
  private stays = 0

  constructor(private readonly cache: CodeCache) {}

  /** Is no region to be entered at the block? */
  has(first: number): boolean {
    return this.refused.has(first)
  }

  /** All such blocks. */
  all(): readonly number[] {
    return [...this.refused]
  }

  /** The block, by its first uop, that has just turned out not to be worth it. */
  found(): number | undefined {
    const { cache, blamed } = this
    const instructions = cache.instructions()
    const stays = cache.stays()
    const of = stays - this.stays
    const had = instructions - this.instructions
    this.instructions = instructions
    this.stays = stays
    if (of < MANY || had >= of * WORTH) return undefined
    const last = cache.lastStay()
    if (!last || last.instructions >= WORTH) return undefined
    const times = (blamed.get(last.first) ?? 0) + 1
    blamed.set(last.first, times)
    if (times < PATIENCE) return undefined
    blamed.delete(last.first)
    this.refused.add(last.first)
    return last.first
  }

  /** The interpreter emptied its pool: all blocks are others now. */
  forget(): void {
    this.blamed.clear()
    this.refused.clear()
  }
}
