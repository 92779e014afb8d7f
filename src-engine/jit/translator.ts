// The translator of one vcpu: counts samples by block, chooses what to translate, has it written (orders.ts), and puts it in place.
// Everything it knows can be forgotten at any time: it is never saved.
// The guest runs while regions are written; what was chosen may be gone when they are.
// Runs in: the vcpu's worker thread, called by the core between two blocks.
import { Account, CREDIT } from './account'
import { CodeCache } from './code-cache'
import { InstalledRegions } from './installed-regions'
import { CODE_MEMORY, modulesWithin } from './memory-budget'
import type { Answer, Order, RegionsOrder, Wanted, Writer } from './orders'
import { isCut, Roots } from './roots'
import { ShortStays } from './short-stays'
import { NOTHING_MADE, type TranslatorStatistics } from './statistics'
import { Trace, TracePace } from './trace'
import type { TranslatedCore, Witness } from './translated-core'

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
  /** A guest is followed when it has lost so many nanoseconds, and for so many blocks (trace.ts). */
  readonly traceAfter: number
  readonly traced: number
  /** Milliseconds, for the statistics; the wall's unless given. */
  readonly clock?: () => number
}

export const TRANSLATOR_DEFAULTS: TranslatorOptions = {
  period: 4096,
  threshold: 64,
  batch: 16,
  patience: 24,
  blocks: 64,
  memory: CODE_MEMORY,
  credit: CREDIT,
  traceAfter: 150_000_000,
  traced: 16_384,
}

/** For tests: what ran a few times is translated. */
export const TRANSLATOR_EAGER: TranslatorOptions = {
  ...TRANSLATOR_DEFAULTS,
  ...{ period: 16, threshold: 2, batch: 4, patience: 4, credit: Number.POSITIVE_INFINITY, traceAfter: 5000, traced: 256 },
}

/** Work that is done in steps, between which the guest runs. */
type Steps<Result = unknown> = Generator<void, Result, void>

/** Samples of a block after which a region that has it is entered there too. */
const WARM = 8
/** Most blocks whose samples count together, as control falls from one into the next: those of a page full of instructions. */
const RUN = 128

export class Translator {
  readonly statistics: TranslatorStatistics = { ...NOTHING_MADE }
  private readonly cache: CodeCache
  private readonly roots: Roots
  private readonly account: Account
  private readonly short: ShortStays
  private readonly counts = new Map<number, number>()
  /** Blocks with so many samples that a region which has them is entered there too. */
  private readonly warm = new Set<number>()
  /** Hot, with the linear page each was met in; to be translated together. */
  private hot = new Map<number, bigint | undefined>()
  private waited = 0
  /** What is being followed. */
  private trace: Trace | undefined
  private readonly pace: TracePace
  /** What is being translated, and of traced regions. */
  private work: Steps | undefined
  private tracedWork: Steps | undefined
  private readonly tracedWriter: Writer
  private readonly regions: InstalledRegions
  private generation: number
  private readonly now: () => number

  constructor(
    memory: WebAssembly.Memory,
    vcpu: number,
    private readonly core: TranslatedCore,
    private readonly writer: Writer,
    private readonly options: TranslatorOptions = TRANSLATOR_DEFAULTS,
    private readonly witness?: Witness,
  ) {
    this.now = options.clock ?? (() => performance.now())
    this.cache = new CodeCache(memory.buffer, vcpu)
    this.tracedWriter = writer.traced ?? writer
    this.roots = new Roots(this.cache)
    this.account = new Account(this.cache, options.credit)
    this.short = new ShortStays(this.cache)
    this.pace = new TracePace(this.cache, options.traceAfter)
    const { cache, account, statistics, now } = this
    const shared = { core, cache, account, statistics, witness, now }
    this.regions = new InstalledRegions(memory, modulesWithin(options.memory), shared)
    this.generation = this.cache.generation()
    core.set_sampling(options.period)
  }

  /** The core has just interpreted this block; 0: one that begins a region, or that is gone. */
  sample(first: number): void {
    const { cache, counts, hot, options } = this
    if (cache.generation() !== this.generation) this.forget()
    if (this.trace) {
      if (this.trace.add(first)) this.endTrace(this.trace)
      return
    }
    this.account.interpreted(options.period)
    const short = this.short.found()
    if (short !== undefined) this.regions.close(short)
    if (this.work && !this.writer.isBusy()) this.step()
    if (this.tracedWork && !this.tracedWriter.isBusy()) this.stepTraced()
    if (this.pace.isDue(options.period) && !this.work && !this.tracedWork && this.account.affords()) {
      this.beginTrace()
      return
    }
    if (first === 0) return
    this.witness?.sampled(first)
    if (!cache.is64(first) || this.short.has(first)) return
    const run = this.runOf(first)
    const count = (counts.get(run) ?? 0) + 1
    counts.set(run, count)
    if (count === WARM) this.warm.add(run)
    // a full batch waits only where nothing can be spent, and then others wait behind it
    if (count >= options.threshold && (hot.size < options.batch || this.account.affords())) {
      counts.delete(run)
      this.warm.delete(run)
      hot.set(run, cache.runningPage())
    }
    // Only samples of blocks that wait say what waiting costs: a loop of one block is not to wait for company, and the many blocks
    // of a booting kernel, which are met a few times each, are.
    // One writer for everything carries out one order after the other.
    if (this.work || (this.tracedWork && this.tracedWriter === this.writer) || !hot.has(run)) return
    if (++this.waited < options.patience && hot.size < options.batch) return
    if (!this.account.affords()) {
      this.statistics.unaffordable++
      return
    }
    this.work = this.translateHot()
    this.step()
  }

  private beginTrace(): void {
    this.trace = new Trace(this.cache, this.options.traced)
    this.core.set_sampling(1)
  }

  private endTrace(trace: Trace): void {
    this.trace = undefined
    this.core.set_sampling(this.options.period)
    this.tracedWork = this.installTraced(trace)
    this.stepTraced()
  }

  private step(): void {
    if (this.hasEnded(this.work)) this.work = undefined
  }
  private stepTraced(): void {
    if (this.hasEnded(this.tracedWork)) this.tracedWork = undefined
  }

  /** Does the next step of some work, and tells whether it was the last one. */
  private hasEnded(work: Steps | undefined): boolean {
    const { statistics } = this
    const since = this.now()
    const ended = work?.next().done ?? true
    const took = this.now() - since
    statistics.milliseconds += took
    if (took > statistics.longest) statistics.longest = took
    return ended
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

  /** Translates what hot blocks are part of. */
  private *translateHot(): Steps<void> {
    const { hot, warm, options } = this
    this.hot = new Map()
    this.waited = 0
    const wanted = [...hot].map(([first, page]) => ({ first, page }))
    const how = { fromRoots: true, sparing: true, blocks: options.blocks, most: options.blocks, warm: [...warm, ...hot.keys()] }
    const left = yield* this.install({ wanted, ...how })
    for (const { first, page } of left) this.hot.set(first, page)
  }

  /**
   * Regions from these blocks on, in one module, at once, which is for a writer on this thread. `sparing`: none for a block that is in another
   * one's region. `warm`: first uops of blocks that are entries of regions that have them.
   */
  translateBlocks(firsts: readonly number[], sparing = false, warm: readonly number[] = []): void {
    const { cache, options } = this
    const pages = new Map<number, bigint | undefined>()
    for (const page of new Set(firsts.map((first) => cache.pageOf(first)))) pages.set(page, cache.linearOf(page))
    const wanted = firsts.map((first) => ({ first, page: pages.get(cache.pageOf(first)) }))
    const how = { fromRoots: false, sparing, blocks: options.blocks, most: Number.POSITIVE_INFINITY, warm }
    this.work = this.install({ wanted, ...how })
    while (this.work) this.step()
  }

  /** Regions of what was followed, at once, which is for a writer on this thread. */
  translateTraced(trace: Trace): void {
    this.tracedWork = this.installTraced(trace)
    while (this.tracedWork) this.stepTraced()
  }

  /** Has regions written and puts them in place; returns what is left of them. */
  private *install(
    what: Pick<RegionsOrder, 'wanted' | 'fromRoots' | 'sparing' | 'blocks' | 'most' | 'warm'>,
  ): Steps<readonly Wanted[]> {
    const { cache, regions, short } = this
    regions.makeRoom()
    const end = cache.poolEnd()
    const order = { ...what, refused: short.all(), generation: this.generation, end }
    const answer = yield* this.ask({ kind: 'regions', ...order })
    this.pay(answer)
    regions.putInPlace(answer, end)
    const numbers = regions.toGather()
    if (numbers.length > 0) {
      yield
      regions.gathered(yield* this.ask({ kind: 'gather', numbers }))
    }
    if (regions.hasDead()) {
      yield
      regions.collectDead()
    }
    return answer.left
  }

  private *installTraced({ blocks, pages }: Trace): Steps<void> {
    const { cache, regions, short, pace } = this
    regions.makeRoom()
    const end = cache.poolEnd()
    const order = {
      blocks,
      pages,
      known: regions.ofTraces(),
      stay: pace.stay,
      refused: short.all(),
      generation: this.generation,
      end,
    }
    const answer = yield* this.ask({ kind: 'traced', ...order }, this.tracedWriter)
    pace.taken(answer.written.length > 0)
    this.pay(answer)
    regions.putInPlace(answer, end, true)
  }

  private pay({ written }: Answer): void {
    for (const { blocks, bytes } of written) {
      this.account.spend(bytes, 0)
      this.statistics.blocks += blocks.length
    }
  }

  /** The writer's answer, for which the guest need not wait. */
  private *ask(order: Order, writer = this.writer): Steps<Answer> {
    const { statistics } = this
    writer.begin(order)
    while (writer.isBusy()) yield
    const answer = writer.answer()
    statistics.writing += answer.writing
    statistics.compiling += answer.compiling
    return answer
  }

  /** The interpreter emptied its pool: all blocks are others now. */
  private forget(): void {
    this.generation = this.cache.generation()
    this.work = undefined
    this.tracedWork = undefined
    this.counts.clear()
    this.warm.clear()
    this.short.forget()
    this.roots.forget()
    this.hot.clear()
    this.pace.forget()
    if (this.trace) this.core.set_sampling(this.options.period)
    this.trace = undefined
    this.regions.forget()
  }
}
