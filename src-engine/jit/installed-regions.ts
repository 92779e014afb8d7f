// The regions of a vcpu that are there to be entered: puts them into modules and into the core's table, brings them together, and lets go of
// those whose blocks the interpreter has dropped, or that there is no room for.
// Invariant: regions are entered only through ENTER uops of live blocks, so dropping a page's blocks (its bytes or its
// mapping changed, or the pool was emptied) ends its regions; only their memory is left to be given back here.
// Runs in: the vcpu's worker thread.
import { setFlagsFromString } from 'node:v8'
import type { Account } from './account'
import type { CodeCache } from './code-cache'
import { DeadModules } from './dead-modules'
import { CORE_FUNCTIONS, WITNESS_FUNCTIONS } from './emitter'
import type { TranslatorStatistics } from './statistics'
import { importsOf, type TranslatedCore, type Witness } from './translated-core'
import { type Body, type ImportedFunction, moduleOf } from './wasm-writer'

// Regions tell which branches are hardly ever taken (wasm-writer.ts). V8 of Node 20 looks at that only when told to; one that knows no
// such flag says so on stderr and goes on.
setFlagsFromString('--experimental-wasm-branch-hinting')

interface Installed {
  /** Slot of the table. */
  readonly index: number
  /** First blocks of its entries. */
  readonly entries: readonly number[]
  readonly blocks: number
  readonly bytes: number
}

/** A region that is written: first blocks of its entries, all its blocks. */
export interface Made {
  readonly entries: readonly number[]
  readonly blocks: readonly number[]
  readonly body: Body
}

const MEMORY_MAXIMUM = 65536
const TABLE_STEP = 256
/** Of a module round a region's code. */
const MODULE_BYTES = 200
const SWEEP_EVERY = 64
/** The part of the code that goes at once where there is no room: it takes the time in which the vcpu stands still. */
const GOING = 1 / 8
/** Of the regions that went with the interpreter's pool so many are let go at a collection: V8 frees about twenty large modules for it. */
const LET_GO = 640
/** Regions that are brought together in a module of their own, once. */
const GATHERED = 32
/** Blocks of a region that others take in, where they come to its start, instead of leaving for it. */
const SHARED_BLOCKS = 16

/** What a region is counted with. */
export const moduleBytes = (body: Body): number => MODULE_BYTES + body.bytes.length

/** What a vcpu's regions share with its translator. */
export interface Shared {
  readonly core: TranslatedCore
  readonly cache: CodeCache
  readonly account: Account
  readonly statistics: TranslatorStatistics
  readonly witness: Witness | undefined
  /** Milliseconds. */
  readonly now: () => number
  /** Told of each region: the first blocks of its entries, its code. */
  readonly made: ((firsts: readonly number[], body: Body) => void) | undefined
}

export class InstalledRegions {
  private readonly installed = new Map<number, Installed>()
  /** Regions that went with the pool, still in their slots; none of their blocks is there to enter them. */
  private readonly leaving: Installed[] = []
  /** The last region that was made with a block. */
  private readonly owners = new Map<number, Installed>()
  /** Code of those still in the small modules they were made in. */
  private readonly scattered = new Map<number, Body>()
  private readonly free: number[] = []
  private readonly dead = new DeadModules()
  private readonly functions: readonly ImportedFunction[]
  private readonly imports: WebAssembly.Imports
  private alive = 0
  private sinceSweep = 0

  /** `limit`: the most bytes of modules to be alive. */
  constructor(
    memory: WebAssembly.Memory,
    private readonly limit: number,
    private readonly shared: Shared,
  ) {
    const { core, witness } = shared
    this.functions = witness ? [...CORE_FUNCTIONS, ...WITNESS_FUNCTIONS] : CORE_FUNCTIONS
    this.imports = importsOf(memory, core, witness)
  }

  /** Does a block belong to a region that is there, whether it is an entry of it or not? */
  has(block: number): boolean {
    const owner = this.owners.get(block)
    return owner !== undefined && this.installed.get(owner.index) === owner
  }

  /** Before a module is made: from time to time lets go of what is gone, and of more where there is no room. */
  makeRoom(): void {
    if (++this.sinceSweep >= SWEEP_EVERY || this.alive > this.limit) {
      this.sinceSweep = 0
      this.sweep(this.installed.keys())
    }
    if (this.alive > this.limit) this.evict()
  }

  /**
   * Is another region to go on at this block? The same blocks in several regions are what V8's optimiser is busiest with. A small region,
   * as of a function without calls, is rather taken in where its start is come to.
   */
  goesOnAt(block: number): boolean {
    const region = this.installed.get(this.shared.cache.regionAt(block) ?? -1)
    return region !== undefined && (region.blocks > SHARED_BLOCKS || region.entries[0] !== block)
  }

  /** One module of these regions, and their blocks are entered through them from now on. */
  putInPlace(made: readonly Made[]): void {
    const { core, cache, statistics } = this.shared
    const functions = this.functionsOf(made.map(({ body }) => body))
    const entered = new Map<number, readonly number[]>()
    statistics.regions += made.length
    for (const [i, { entries, blocks, body }] of made.entries()) {
      const index = this.slot()
      this.shared.made?.(entries, body)
      core.table.set(index, functions[i])
      entered.set(index, entries)
      statistics.entries += entries.length
      const bytes = moduleBytes(body)
      const region = { index, entries, blocks: blocks.length, bytes }
      this.installed.set(index, region)
      this.scattered.set(index, body)
      for (const block of blocks) this.owners.set(block, region)
      this.alive += bytes
      statistics.bytes += bytes
    }
    // All at once, as those that go. Another vcpu may have dropped a page while they were made.
    core.lock_code()
    cache.enterBy(entered)
    core.unlock_code()
    this.sweep(entered.keys())
    if (this.alive > statistics.most) statistics.most = this.alive
  }

  /** After a module: what is due, in steps as it takes a while. */
  *tidyUp(): Generator<void, void, void> {
    if (this.scattered.size >= GATHERED) {
      yield
      this.gather()
    }
    if (this.dead.isDue()) {
      yield
      this.dead.collect()
      this.letGo(LET_GO)
    }
  }

  /** A block that regions are not to be entered at is interpreted from now on. */
  close(first: number): void {
    const { core, cache, statistics } = this.shared
    const region = cache.regionAt(first)
    if (region === undefined) return
    core.lock_code()
    cache.leave(new Map([[region, [first]]]))
    core.unlock_code()
    statistics.refused++
    this.sweep([region])
  }

  /** The interpreter emptied its pool: no region is entered any more. */
  forget(): void {
    this.owners.clear()
    // Their slots are given up little by little: V8 would free all modules at once.
    for (const region of this.installed.values()) this.leaving.push(region)
    this.installed.clear()
    this.scattered.clear()
  }

  /** One module of these regions. */
  private functionsOf(bodies: readonly Body[]): readonly unknown[] {
    const { account, statistics, now } = this.shared
    const bytes = moduleOf(this.functions, { maximum: MEMORY_MAXIMUM }, bodies)
    const before = now()
    const { exports } = new WebAssembly.Instance(new WebAssembly.Module(bytes), this.imports)
    statistics.compiling += now() - before
    statistics.modules++
    account.spend(0, 1)
    this.dead.oneMore()
    return bodies.map((_, i) => exports[String(i)])
  }

  /**
   * The same regions once more in one module. Engines put each module's code somewhere else in the address space, with page
   * tables of its own, and calling from one to the other is then slower than what most stays in a region do.
   */
  private gather(): void {
    const { core, statistics } = this.shared
    this.sweep(this.scattered.keys())
    if (this.scattered.size === 0) return
    const functions = this.functionsOf([...this.scattered.values()])
    for (const [i, index] of [...this.scattered.keys()].entries()) core.table.set(index, functions[i])
    statistics.gathered += this.scattered.size
    this.scattered.clear()
  }

  private slot(): number {
    if (this.free.length === 0) {
      const from = this.shared.core.table.grow(TABLE_STEP)
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
    this.shared.core.table.set(index, null)
    this.free.push(index)
    this.alive -= bytes
  }

  private letGo(most: number): void {
    for (const region of this.leaving.splice(0, most)) this.vacate(region)
  }

  private isEntered({ index, entries }: Installed): boolean {
    return entries.some((first) => this.shared.cache.entered(first, index))
  }

  /** Of these slots, the regions whose blocks are gone. */
  private sweep(indices: Iterable<number>): void {
    for (const index of indices) {
      const region = this.installed.get(index)
      if (region && !this.isEntered(region)) this.release(region)
    }
  }

  /** The oldest regions go, and are interpreted until they are found hot again. */
  private evict(): void {
    const { core, cache, statistics } = this.shared
    // what has gone already costs nothing
    this.letGo(LET_GO)
    const going = new Map<number, readonly number[]>()
    for (const [index, region] of this.installed) {
      if (this.alive <= this.limit * (1 - GOING)) break
      going.set(index, region.entries)
      this.release(region)
    }
    statistics.evicted += going.size
    // All at once: what may lead to them is looked through for it.
    core.lock_code()
    cache.leave(going)
    core.unlock_code()
  }
}
