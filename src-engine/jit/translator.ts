// The translator of one vcpu: counts samples by block, chooses what to translate, makes modules and installs them, and
// lets go of what the interpreter has dropped. Everything it knows can be forgotten at any time: it is never saved.
// Invariant: regions are entered only through ENTER uops of live blocks, so dropping a page's blocks (its bytes or its
// mapping changed, or the pool was emptied) ends its regions; only their memory is left to be given back here.
// Translating stops the guest, so it is done in steps, with samples between them; what was chosen may be gone at the next one.
// Runs in: the vcpu's worker thread, called by the core between two blocks.
import { setFlagsFromString } from 'node:v8'
import { Account, CREDIT } from './account'
import { CodeCache } from './code-cache'
import { DeadModules } from './dead-modules'
import { CORE_FUNCTIONS, WITNESS_FUNCTIONS } from './emitter'
import { type JumpNote, jumpNotes } from './jump-tables'
import { CODE_MEMORY, modulesWithin } from './memory-budget'
import { formRegion, type PageAt } from './region'
import { RegionCode } from './region-code'
import { isCut, Roots } from './roots'
import { ShortStays } from './short-stays'
import { NOTHING_MADE, type TranslatorStatistics } from './statistics'
import { UOP_STALE } from './uop-table'
import { type Body, type ImportedFunction, moduleOf } from './wasm-writer'

/** What the translator needs of the core's exports. */
export interface TranslatedCore {
  readonly table: WebAssembly.Table
  region_read(va: bigint, size: number, at: number, budget: number): number
  region_write(va: bigint, size: number, at: number, budget: number): number
  region_update(va: bigint, size: number, at: number, budget: number): number
  region_pushes(va: bigint, size: number, at: number, budget: number): number
  region_pops(va: bigint, size: number, at: number, budget: number): number
  region_stored(host: number, at: number): number
  cold(ip: number, op: number): number
  settle_flags(): void
  sse_execute(row: number, to: number, from: number, immediate: number): number
  region_x87(what: number): number
  region_x87_read(what: number, host: number): void
  region_x87_write(what: number, host: number): number
  region_x87_add(topA: number, significandA: bigint, topB: number, significandB: bigint, to: number): number
  region_x87_multiply(topA: number, significandA: bigint, topB: number, significandB: bigint, to: number): number
  region_x87_divide(topA: number, significandA: bigint, topB: number, significandB: bigint, to: number): number
  region_x87_order(topA: number, significandA: bigint, topB: number, significandB: bigint): number
  lock_code(): void
  unlock_code(): void
  /** Samples each so many interpreted instructions; 0 for none. */
  set_sampling(instructions: number): void
}

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
/** Told what translated code could not do, with the uop: for the coverage report only, it makes regions slower. */
export interface Witness {
  /** A region was left at a uop (bits 0 and 1: see emitter.ts), or for an address: negative, see WAYS there. */
  left(result: number): void
  /** The interpreter was called for a uop. */
  called(ip: number): void
  /** A sample was taken at a block. */
  sampled(first: number): void
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

interface Installed {
  /** Slot of the table. */
  readonly index: number
  /** First blocks of its entries. */
  readonly entries: readonly number[]
  readonly blocks: number
  readonly bytes: number
}

/** A region to make: its first block, the most blocks, and the linear page of the first one where it is known. */
interface Wanted {
  readonly first: number
  readonly blocks: number
  readonly page: bigint | undefined
}

/** A region that is written: first blocks of its entries, all its blocks. */
interface Made {
  readonly entries: readonly number[]
  readonly blocks: readonly number[]
  readonly body: Body
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

// Regions tell which branches are hardly ever taken (wasm-writer.ts). V8 of Node 20 looks at that only when told to; one that knows no
// such flag says so on stderr and goes on.
setFlagsFromString('--experimental-wasm-branch-hinting')

const MEMORY_MAXIMUM = 65536
const TABLE_STEP = 256
/** Blocks of a region that begins in the middle of a function whose start has one: long functions would be translated whole from each of their blocks. */
const INNER_BLOCKS = 20
/** Blocks of a region that others take in, where they come to its start, instead of leaving for it. */
const SHARED_BLOCKS = 16
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
/** Of a module round a region's code. */
const MODULE_BYTES = 200
const SWEEP_EVERY = 64
/** The part of the code that goes at once where there is no room: it takes the time in which the vcpu stands still. */
const GOING = 1 / 8
/** Of the regions that went with the interpreter's pool so many are let go at a collection: V8 frees about twenty large modules for it. */
const LET_GO = 640
/** Regions that are brought together in a module of their own, once. */
const GATHERED = 32

export class Translator {
  readonly statistics: TranslatorStatistics = { ...NOTHING_MADE }
  private readonly cache: CodeCache
  private readonly code: RegionCode
  private readonly functions: readonly ImportedFunction[]
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
  private readonly installed = new Map<number, Installed>()
  /** Regions that went with the pool, still in their slots; none of their blocks is there to enter them. */
  private readonly leaving: Installed[] = []
  /** The last region that was made with a block. */
  private readonly owners = new Map<number, Installed>()
  /** Code of those still in the small modules they were made in. */
  private readonly scattered = new Map<number, Body>()
  private readonly free: number[] = []
  private readonly dead = new DeadModules()
  private readonly imports: WebAssembly.Imports
  private generation: number
  private alive = 0
  /** The most bytes of modules to be alive. */
  private readonly limit: number
  private sinceSweep = 0
  private readonly now: () => number

  constructor(
    memory: WebAssembly.Memory,
    vcpu: number,
    private readonly core: TranslatedCore,
    private readonly options: TranslatorOptions = TRANSLATOR_DEFAULTS,
    private readonly witness?: Witness,
  ) {
    this.limit = modulesWithin(options.memory)
    this.now = options.clock ?? (() => performance.now())
    this.cache = new CodeCache(memory.buffer, vcpu)
    this.roots = new Roots(this.cache)
    this.account = new Account(this.cache, options.credit)
    this.short = new ShortStays(this.cache)
    this.code = new RegionCode(this.cache, vcpu, witness !== undefined)
    this.functions = witness ? [...CORE_FUNCTIONS, ...WITNESS_FUNCTIONS] : CORE_FUNCTIONS
    this.generation = this.cache.generation()
    this.imports = {
      e: {
        memory,
        region_read: core.region_read,
        region_write: core.region_write,
        region_update: core.region_update,
        region_pushes: core.region_pushes,
        region_pops: core.region_pops,
        region_stored: core.region_stored,
        cold: core.cold,
        settle_flags: core.settle_flags,
        sse_execute: core.sse_execute,
        region_x87: core.region_x87,
        region_x87_read: core.region_x87_read,
        region_x87_write: core.region_x87_write,
        region_x87_add: core.region_x87_add,
        region_x87_multiply: core.region_x87_multiply,
        region_x87_divide: core.region_x87_divide,
        region_x87_order: core.region_x87_order,
        left: (result: number) => witness?.left(result),
        called: (ip: number) => witness?.called(ip),
      },
    }
    core.set_sampling(options.period)
  }

  /** The core has just interpreted this block; 0: one that begins a region, or that is gone. */
  sample(first: number): void {
    const { cache, counts, hot, options } = this
    this.account.interpreted(options.period)
    if (cache.generation() !== this.generation) this.forget()
    const short = this.short.found()
    if (short !== undefined) this.close(short)
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
    const { cache, roots, owners, installed } = this
    if (!isCut(cache, first)) return first
    let at = first
    for (let length = 1; length < RUN; length++) {
      const before = roots.cutBefore(at)
      if (before === undefined) break
      const owner = owners.get(before)
      if (owner && installed.get(owner.index) === owner) break
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
    const wanted = firsts.map((first) => ({ first, blocks: options.blocks, page: cache.linearOf(cache.pageOf(first)) }))
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

  /**
   * Is another region to go on at this block? The same blocks in several regions are what V8's optimiser is busiest with. A small region,
   * as of a function without calls, is rather taken in where its start is come to.
   */
  private goesOnAt(block: number): boolean {
    const region = this.installed.get(this.cache.regionAt(block) ?? -1)
    return region !== undefined && (region.blocks > SHARED_BLOCKS || region.entries[0] !== block)
  }

  /** Stops after so many blocks altogether, and returns what is left. */
  private *install(all: readonly Wanted[], { notes, isWarm, sparing, most }: How): Steps<readonly Wanted[]> {
    const { account, cache, statistics } = this
    const wanted = [...new Map(all.map((one) => [one.first, one])).values()].filter(({ first }) => !cache.hasEntry(first))
    if (wanted.length === 0) return []
    if (++this.sinceSweep >= SWEEP_EVERY || this.alive > this.limit) {
      this.sinceSweep = 0
      this.sweep(this.installed.keys())
    }
    if (this.alive > this.limit) this.evict()
    const made: Made[] = []
    const within = new Set<number>()
    const endsAt = (block: number): boolean => this.goesOnAt(block)
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
      account.spend(MODULE_BYTES + body.bytes.length, 0)
      blocks += firsts.length
      step += body.bytes.length
      statistics.blocks += firsts.length
      statistics.writing += this.now() - before
    }
    const left = wanted.slice(at)
    if (made.length === 0) return left
    if (step >= STEP_BYTES) yield
    this.putInPlace(made)
    if (this.alive > statistics.most) statistics.most = this.alive
    if (this.scattered.size >= GATHERED) {
      yield
      this.gather()
    }
    if (this.dead.isDue()) {
      yield
      this.dead.collect()
      this.letGo(LET_GO)
    }
    return left
  }

  /** One module of these regions, and their blocks are entered through them from now on. */
  private putInPlace(made: readonly Made[]): void {
    const functions = this.functionsOf(made.map(({ body }) => body))
    const entered = new Map<number, readonly number[]>()
    this.statistics.regions += made.length
    for (const [i, { entries, blocks, body }] of made.entries()) {
      const index = this.slot()
      this.options.made?.(entries, body)
      this.core.table.set(index, functions[i])
      entered.set(index, entries)
      this.statistics.entries += entries.length
      const bytes = MODULE_BYTES + body.bytes.length
      const region = { index, entries, blocks: blocks.length, bytes }
      this.installed.set(index, region)
      this.scattered.set(index, body)
      for (const block of blocks) this.owners.set(block, region)
      this.alive += bytes
      this.statistics.bytes += bytes
    }
    // All at once, as those that go. Another vcpu may have dropped a page while they were made.
    this.core.lock_code()
    this.cache.enterBy(entered)
    this.core.unlock_code()
    this.sweep(entered.keys())
  }

  /** One module of these regions. */
  private functionsOf(bodies: readonly Body[]): readonly unknown[] {
    const bytes = moduleOf(this.functions, { maximum: MEMORY_MAXIMUM }, bodies)
    const before = this.now()
    const { exports } = new WebAssembly.Instance(new WebAssembly.Module(bytes), this.imports)
    this.statistics.compiling += this.now() - before
    this.statistics.modules++
    this.account.spend(0, 1)
    this.dead.oneMore()
    return bodies.map((_, i) => exports[String(i)])
  }

  /**
   * The same regions once more in one module. Engines put each module's code somewhere else in the address space, with page
   * tables of its own, and calling from one to the other is then slower than what most stays in a region do.
   */
  private gather(): void {
    this.sweep(this.scattered.keys())
    if (this.scattered.size === 0) return
    const functions = this.functionsOf([...this.scattered.values()])
    for (const [i, index] of [...this.scattered.keys()].entries()) this.core.table.set(index, functions[i])
    this.statistics.gathered += this.scattered.size
    this.scattered.clear()
  }

  private slot(): number {
    if (this.free.length === 0) {
      const from = this.core.table.grow(TABLE_STEP)
      for (let i = TABLE_STEP - 1; i >= 0; i--) this.free.push(from + i)
    }
    return this.free.pop() ?? 0
  }

  private release(region: Installed): void {
    this.installed.delete(region.index)
    this.scattered.delete(region.index)
    this.vacate(region)
  }

  private vacate({ index, bytes }: Installed): void {
    this.core.table.set(index, null)
    this.free.push(index)
    this.alive -= bytes
  }

  private letGo(most: number): void {
    for (const region of this.leaving.splice(0, most)) this.vacate(region)
  }

  private isEntered({ index, entries }: Installed): boolean {
    return entries.some((first) => this.cache.entered(first, index))
  }

  /** Of these slots, the regions whose blocks are gone. */
  private sweep(indices: Iterable<number>): void {
    for (const index of indices) {
      const region = this.installed.get(index)
      if (region && !this.isEntered(region)) this.release(region)
    }
  }

  /** Makes room: the oldest regions go, and are interpreted until they are found hot again. */
  private evict(): void {
    // what has gone already costs nothing
    this.letGo(LET_GO)
    const going = new Map<number, readonly number[]>()
    for (const [index, region] of this.installed) {
      if (this.alive <= this.limit * (1 - GOING)) break
      going.set(index, region.entries)
      this.release(region)
    }
    this.statistics.evicted += going.size
    // All at once: what may lead to them is looked through for it.
    this.core.lock_code()
    this.cache.leave(going)
    this.core.unlock_code()
  }

  /** A block that regions are not to be entered at is interpreted from now on. */
  private close(first: number): void {
    const region = this.cache.regionAt(first)
    if (region === undefined) return
    this.core.lock_code()
    this.cache.leave(new Map([[region, [first]]]))
    this.core.unlock_code()
    this.statistics.refused++
    this.sweep([region])
  }

  /** The interpreter emptied its pool: all blocks are others now. */
  private forget(): void {
    this.generation = this.cache.generation()
    this.work = undefined
    this.counts.clear()
    this.short.forget()
    this.roots.forget()
    this.owners.clear()
    this.hot.clear()
    // Their slots are given up little by little: V8 would free all modules at once.
    for (const region of this.installed.values()) this.leaving.push(region)
    this.installed.clear()
    this.scattered.clear()
  }
}
