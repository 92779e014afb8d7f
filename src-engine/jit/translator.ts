// The translator of one vcpu: counts samples by block, chooses what to translate, and writes it. Everything it knows can be
// forgotten at any time: it is never saved.
// Translating stops the guest, so it is done in steps, with samples between them; what was chosen may be gone at the next one.
// Runs in: the vcpu's worker thread, called by the core between two blocks.
import { Account, CREDIT } from './account'
import { CodeCache } from './code-cache'
import { InstalledRegions, type Made, moduleBytes } from './installed-regions'
import { type JumpNote, jumpNotes } from './jump-tables'
import { CODE_MEMORY, modulesWithin } from './memory-budget'
import { formRegion, type PageAt } from './region'
import { RegionCode } from './region-code'
import { isCut, Roots } from './roots'
import { ShortStays } from './short-stays'
import { NOTHING_MADE, type TranslatorStatistics } from './statistics'
import type { TranslatedCore, Witness } from './translated-core'
import { UOP_STALE } from './uop-table'
import type { Body } from './wasm-writer'

export interface TranslatorOptions {
  /** Interpreted instructions between two samples. */
  readonly period: number
  /** Samples of a block before it is translated. */
  readonly threshold: number
  /** Hot blocks that are translated together in one module, and samples of waiting blocks after which fewer are. */
  readonly batch: number
  readonly patience: number
  /** Blocks of a region. */
  readonly blocks: number
  /** Bytes of memory for translated code (memory-budget.ts). */
  readonly memory: number
  /** What may be spent before anything is earned, in nanoseconds (account.ts). */
  readonly credit: number
  /** Milliseconds, for the statistics; the wall's unless given. */
  readonly clock?: () => number
  /** Told of each region: the first blocks of its entries, its code. For the lockstep checker. */
  readonly made?: (firsts: readonly number[], body: Body) => void
}

export const TRANSLATOR_DEFAULTS: TranslatorOptions = {
  period: 4096,
  threshold: 64,
  batch: 16,
  patience: 24,
  blocks: 64,
  memory: CODE_MEMORY,
  credit: CREDIT,
}

/** For tests: what ran a few times is translated. */
export const TRANSLATOR_EAGER: TranslatorOptions = {
  ...TRANSLATOR_DEFAULTS,
  ...{ period: 16, threshold: 2, batch: 4, patience: 4, credit: Number.POSITIVE_INFINITY },
}

/** A region to make: its first block, the most blocks, and the linear page of the first one where it is known. */
interface Wanted {
  readonly first: number
  readonly blocks: number
  readonly page: bigint | undefined
}

/** How regions are made: none for a block that is in another one's region (`sparing`), so many blocks altogether (`most`). */
interface How {
  readonly notes: readonly JumpNote[]
  readonly isWarm: (first: number) => boolean
  readonly sparing: boolean
  readonly most: number
}

/** Work that is done in steps, between which the guest runs. */
type Steps<Result = unknown> = Generator<void, Result, void>

/** Blocks of a region that begins in the middle of a function whose start has one: long functions would be translated whole from each of their blocks. */
const INNER_BLOCKS = 20
/** Blocks of the first regions; twice as many in each later module. V8 interprets the translator itself then: 64 blocks took it 15 ms. */
const FIRST_BLOCKS = 2
/** Bytes written after which a step ends, and samples until the next one: a slice or more, so that what waits for the vcpu comes to it. */
const STEP_BYTES = 6000
const STEP_REST = 8
/** Instructions after which a region takes in no more blocks: writing it takes as long as it is large. Fewer while V8 interprets the translator. */
const MOST_INSTRUCTIONS = 384
const FIRST_INSTRUCTIONS = 192
const WARMED_UP_BLOCKS = 500
/** Samples of a block after which a region that has it is entered there too. */
const WARM = 8
/** Most blocks whose samples count together, as control falls from one into the next: those of a page full of instructions. */
const RUN = 128

export class Translator {
  readonly statistics: TranslatorStatistics = { ...NOTHING_MADE }
  private readonly cache: CodeCache
  private readonly code: RegionCode
  private readonly roots: Roots
  private readonly account: Account
  private readonly short: ShortStays
  private readonly counts = new Map<number, number>()
  /** Hot, with the linear page each was met in; to be translated together. */
  private hot = new Map<number, bigint | undefined>()
  private waited = 0
  /** What is being translated, and samples since its last step. */
  private work: Steps | undefined
  private rested = 0
  /** Blocks of the next module and of each of its regions. */
  private growing = FIRST_BLOCKS
  private readonly regions: InstalledRegions
  private generation: number
  private readonly now: () => number

  constructor(
    memory: WebAssembly.Memory,
    vcpu: number,
    core: TranslatedCore,
    private readonly options: TranslatorOptions = TRANSLATOR_DEFAULTS,
    private readonly witness?: Witness,
  ) {
    this.now = options.clock ?? (() => performance.now())
    this.cache = new CodeCache(memory.buffer, vcpu)
    this.roots = new Roots(this.cache)
    this.account = new Account(this.cache, options.credit)
    this.short = new ShortStays(this.cache)
    this.code = new RegionCode(this.cache, vcpu, witness !== undefined)
    const { cache, account, statistics, now } = this
    const shared = { core, cache, account, statistics, witness, now, made: options.made }
    this.regions = new InstalledRegions(memory, modulesWithin(options.memory), shared)
    this.generation = this.cache.generation()
    core.set_sampling(options.period)
  }

  /** The core has just interpreted this block; 0: one that begins a region, or that is gone. */
  sample(first: number): void {
    const { cache, counts, hot, options } = this
    this.account.interpreted(options.period)
    if (cache.generation() !== this.generation) this.forget()
    const short = this.short.found()
    if (short !== undefined) this.regions.close(short)
    if (this.work && ++this.rested >= STEP_REST) this.step()
    if (first === 0) return
    this.witness?.sampled(first)
    if (!cache.is64(first) || this.short.has(first)) return
    const run = this.runOf(first)
    const count = (counts.get(run) ?? 0) + 1
    counts.set(run, count)
    // a full batch waits only where nothing can be spent, and then others wait behind it
    if (count >= options.threshold && (hot.size < options.batch || this.account.affords())) {
      counts.delete(run)
      hot.set(run, cache.runningPage())
    }
    // Only samples of blocks that wait say what waiting costs: a loop of one block is not to wait for company, and the many blocks
    // of a booting kernel, which are met a few times each, are.
    if (this.work || !hot.has(run)) return
    if (++this.waited < options.patience && hot.size < options.batch) return
    if (!this.account.affords()) {
      this.statistics.unaffordable++
      return
    }
    this.work = this.translateHot()
    this.step()
  }

  private step(): void {
    const { statistics } = this
    const since = this.now()
    if (this.work?.next().done) this.work = undefined
    this.rested = 0
    const took = this.now() - since
    statistics.milliseconds += took
    if (took > statistics.longest) statistics.longest = took
  }

  /**
   * The first block of a straight run of blocks, of which this is one, as far as it is not in a region. The run's samples count together:
   * a loop of two hundred such blocks would else be interpreted for as many times as long as a loop of one.
   */
  private runOf(first: number): number {
    const { cache, roots, regions } = this
    if (!isCut(cache, first)) return first
    let at = first
    for (let length = 1; length < RUN; length++) {
      const before = roots.cutBefore(at)
      if (before === undefined || regions.has(before)) break
      at = before
    }
    return at
  }

  /** Translates what hot blocks are part of, from its root; from the block itself if that has a region already. */
  private *translateHot(): Steps<void> {
    const { cache, roots, counts, hot } = this
    const wanted: Wanted[] = []
    const notes = jumpNotes(cache)
    const most = Math.min(this.options.blocks, this.growing)
    this.growing = Math.min(this.options.blocks, 2 * this.growing)
    this.hot = new Map()
    this.waited = 0
    for (const [first, page] of hot) {
      // It may have gone since: its entry is STALE as that of every block without a region, but so is its first uop.
      if (cache.op(first) === UOP_STALE || this.short.has(first)) continue
      const root = roots.of(first, notes)
      const inner = cache.hasEntry(root) || this.short.has(root)
      const blocks = inner ? Math.min(most, INNER_BLOCKS) : most
      wanted.push({ first: inner ? first : root, blocks, page })
    }
    const isWarm = (first: number): boolean => hot.has(first) || (counts.get(first) ?? 0) >= WARM
    const left = yield* this.install(wanted, { notes, isWarm, sparing: true, most })
    for (const { first, page } of left) this.hot.set(first, page)
  }

  /**
   * Regions from these blocks on, in one module. `sparing`: none for a block that is in another one's region. `warm`: first uops of blocks
   * that are entries of regions that have them.
   */
  translateBlocks(firsts: readonly number[], sparing = false, warm: readonly number[] = []): void {
    const { cache, options } = this
    const pages = new Map<number, bigint | undefined>()
    for (const page of new Set(firsts.map((first) => cache.pageOf(first)))) pages.set(page, cache.linearOf(page))
    const wanted = firsts.map((first) => ({ first, blocks: options.blocks, page: pages.get(cache.pageOf(first)) }))
    const isWarm = (first: number): boolean => warm.includes(first)
    this.work = this.install(wanted, { notes: jumpNotes(cache), isWarm, sparing, most: Number.POSITIVE_INFINITY })
    while (this.work) this.step()
  }

  /** Where the pages round a region's first one are, as the vcpu would find them now. */
  private pagesFrom({ first, page }: Wanted): PageAt {
    const { cache } = this
    const own = cache.pageOf(first)
    // another program may be in its place
    const known = page !== undefined && cache.pageAt(page) === own
    return (distance) => (distance === 0 ? own : known ? cache.pageAt(page + BigInt(distance)) : 0)
  }

  /** Stops after so many blocks altogether, and returns what is left. */
  private *install(all: readonly Wanted[], { notes, isWarm, sparing, most }: How): Steps<readonly Wanted[]> {
    const { account, cache, statistics, regions } = this
    const wanted = [...new Map(all.map((one) => [one.first, one])).values()].filter(({ first }) => !cache.hasEntry(first))
    if (wanted.length === 0) return []
    regions.makeRoom()
    const made: Made[] = []
    const within = new Set<number>()
    const endsAt = (block: number): boolean => regions.goesOnAt(block)
    const isRefused = (block: number): boolean => this.short.has(block)
    let blocks = 0
    let at = 0
    let step = 0
    for (const one of wanted) {
      if (blocks >= most) break
      if (step >= STEP_BYTES) {
        yield
        step = 0
      }
      at++
      const { first } = one
      if ((sparing && within.has(first)) || cache.dropped(first)) continue
      const before = this.now()
      const size = {
        blocks: one.blocks,
        instructions: statistics.blocks < WARMED_UP_BLOCKS ? FIRST_INSTRUCTIONS : MOST_INSTRUCTIONS,
      }
      const region = formRegion(cache, first, size, this.pagesFrom(one), { notes, isWarm, endsAt, isRefused })
      const firsts = region.nodes.map((node) => node.first)
      if (sparing) for (const block of firsts) within.add(block)
      const entries = region.entries.map(({ block }) => block.first)
      const body = this.code.make(region)
      made.push({ entries, blocks: firsts, body })
      account.spend(moduleBytes(body), 0)
      blocks += firsts.length
      step += body.bytes.length
      statistics.blocks += firsts.length
      statistics.writing += this.now() - before
    }
    const left = wanted.slice(at)
    if (made.length === 0) return left
    if (step >= STEP_BYTES) yield
    regions.putInPlace(made)
    yield* regions.tidyUp()
    return left
  }

  /** The interpreter emptied its pool: all blocks are others now. */
  private forget(): void {
    this.generation = this.cache.generation()
    this.work = undefined
    this.counts.clear()
    this.short.forget()
    this.roots.forget()
    this.hot.clear()
    this.regions.forget()
  }
}
