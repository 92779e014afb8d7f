// What a guest does right now, followed block by block, and when that is worth it. While a trace is taken everything is interpreted, some
// thousand blocks, and each is told of; what comes of it is hot-paths.ts.
// By counts and not by a clock, so that a guest is translated the same way each time. Runs in: the vcpu's worker thread.
import type { CodeCache } from './code-cache'

export class Trace {
  /** First uops of blocks, as they ran; 0: one that is not kept. */
  readonly blocks: Uint32Array
  /** The linear page that each was met in. */
  readonly pages = new Map<number, bigint>()
  private length = 0

  /** Of so many blocks. */
  constructor(
    private readonly cache: CodeCache,
    length: number,
  ) {
    this.blocks = new Uint32Array(length)
  }

  /** This block has just run; 0: one that is not kept. True: that was the last one. */
  add(first: number): boolean {
    const { cache, pages } = this
    const known = first !== 0 && cache.is64(first)
    if (known && !pages.has(first)) pages.set(first, cache.runningPage())
    this.blocks[this.length++] = known ? first : 0
    return this.length === this.blocks.length
  }
}

/** Stays shorter than this, on average, are too short. */
const SHORT_STAY = 48
/** Nanoseconds: lost by a stay that is too short, and by an instruction that is interpreted. */
const LOST_STAY = 40
const LOST_INSTRUCTION = 3
/** Looks at the stays until the first trace, and times that it takes twice as long until the next one, at most. */
const LOOKS = 16
const DOUBLINGS = 6
/** Stays are to be so much longer since the last regions came of a trace. */
const LONGER = 1.25

/**
 * When to follow a guest: when so much is lost by short stays and by interpreting, and twice as much each time that nothing came of it, or of
 * the one before it.
 */
export class TracePace {
  /** Instructions of a stay lately. */
  stay = 0
  private instructions = 0
  private stays = 0
  private interpreted = 0
  private lost = 0
  private doubled = 0
  /** That of the last trace that something came of. */
  private before = 0

  /** `first`: nanoseconds that are lost until the first trace. */
  constructor(
    private readonly cache: CodeCache,
    private readonly first: number,
  ) {}

  /** So many instructions more have been interpreted. */
  isDue(interpreted: number): boolean {
    const { cache, first } = this
    this.interpreted += interpreted
    const stays = cache.stays() - this.stays
    const lost = stays * LOST_STAY + this.interpreted * LOST_INSTRUCTION
    if (lost < first / LOOKS) return false
    const instructions = cache.instructions() - this.instructions
    this.stays += stays
    this.instructions += instructions
    this.interpreted = 0
    this.stay = instructions / Math.max(stays, 1)
    if (this.stay < SHORT_STAY) this.lost += lost
    return this.stay < SHORT_STAY && this.lost >= first * 2 ** this.doubled
  }

  /** A trace was taken; `made`: regions came of it. */
  taken(made: boolean): void {
    const inVain = !made || this.stay < this.before * LONGER
    this.before = made ? this.stay : 0
    this.lost = 0
    this.doubled = inVain ? Math.min(this.doubled + 1, DOUBLINGS) : 0
  }

  /** The interpreter emptied its pool, and with it all regions. */
  forget(): void {
    this.lost = 0
    this.doubled = 0
    this.before = 0
  }
}
