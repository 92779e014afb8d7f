// The regions of a vcpu that are there to be entered: puts them into modules and into the core's table, brings them together, and lets go of
// those whose blocks the interpreter has dropped, or that there is no room for.
// Invariant: regions are entered only through ENTER uops of live blocks, so dropping a page's blocks (its bytes or its
// mapping changed, or the pool was emptied) ends its regions; only their memory is left to be given back here.
// Runs in: the vcpu's worker thread.
import type { Account } from './account'
import type { CodeCache } from './code-cache'
import { DeadModules } from './dead-modules'
import type { Answer, Written } from './orders'
import type { TranslatorStatistics } from './statistics'
import { importsOf, type TranslatedCore, type Witness } from './translated-core'

interface Installed {
  /** Slot of the table. */
  readonly index: number
  /** First blocks of its entries. */
  readonly entries: readonly number[]
  readonly bytes: number
}

const TABLE_STEP = 256
const SWEEP_EVERY = 64
/** The part of the code that goes at once where there is no room: it takes the time in which the vcpu stands still. */
const GOING = 1 / 8
/** Of the regions that went with the interpreter's pool so many are let go at a collection: V8 frees about twenty large modules for it. */
const LET_GO = 640
/** Regions that are brought together in a module of their own, once. */
const GATHERED = 32

/** What a vcpu's regions share with its translator. */
export interface Shared {
  readonly core: TranslatedCore
  readonly cache: CodeCache
  readonly account: Account
  readonly statistics: TranslatorStatistics
  readonly witness: Witness | undefined
  /** Milliseconds. */
  readonly now: () => number
}

export class InstalledRegions {
  private readonly installed = new Map<number, Installed>()
  /** Regions that went with the pool, still in their slots; none of their blocks is there to enter them. */
  private readonly leaving: Installed[] = []
  /** Blocks of those that came of a trace, by their slots. */
  private readonly traced = new Map<number, readonly number[]>()
  /** The last region that was made with a block. */
  private readonly owners = new Map<number, Installed>()
  /** The writer's numbers of those still in the small modules they were made in. */
  private readonly scattered = new Map<number, number>()
  private readonly free: number[] = []
  /** Slots of those that are being brought together. */
  private gathering: readonly number[] = []
  private readonly dead = new DeadModules()
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
   * Regions as they were written, and their blocks are entered through them from now on; without those of which a block has gone since, or
   * was not there as a whole when they were ordered, with the pool ending at `end`. `traced`: they came of a trace, and are not brought together with others.
   */
  putInPlace({ module, written }: Answer, end: number, traced = false): void {
    if (!module) return
    const { core, cache, statistics } = this.shared
    const functions = this.functionsOf(module)
    const entered = new Map<number, Written>()
    // All at once, as those that go. Another vcpu may drop pages meanwhile.
    core.lock_code()
    for (const [i, region] of written.entries()) {
      if (!region.blocks.every((block) => cache.isThere(block, end))) continue
      const index = this.slot()
      core.table.set(index, functions(i))
      entered.set(index, region)
    }
    cache.enterBy(entered)
    core.unlock_code()
    for (const [index, { number, entries, blocks, bytes }] of entered) {
      const region = { index, entries, bytes }
      this.installed.set(index, region)
      if (traced) this.traced.set(index, blocks)
      else this.scattered.set(index, number)
      for (const block of blocks) this.owners.set(block, region)
      this.alive += bytes
      statistics.entries += entries.length
      statistics.bytes += bytes
    }
    statistics.regions += entered.size
    if (traced) statistics.traced += entered.size
    this.sweep(entered.keys())
    if (this.alive > statistics.most) statistics.most = this.alive
  }

  /** Blocks of each region that is there and came of a trace. */
  ofTraces(): readonly (readonly number[])[] {
    this.sweep(this.traced.keys())
    return [...this.traced.values()]
  }

  /** The writer's numbers of regions to bring together, once there are enough. */
  toGather(): readonly number[] {
    if (this.scattered.size < GATHERED) return []
    this.sweep(this.scattered.keys())
    this.gathering = [...this.scattered.keys()]
    const numbers = [...this.scattered.values()]
    this.scattered.clear()
    return numbers
  }

  /** They are in one module now; those that are still there are entered in it. */
  gathered({ module }: Answer): void {
    if (!module) return
    const { core, statistics } = this.shared
    const functions = this.functionsOf(module)
    for (const [i, index] of this.gathering.entries()) if (this.installed.has(index)) core.table.set(index, functions(i))
    statistics.gathered += this.gathering.length
    this.gathering = []
  }

  /** Are there so many modules to let go that it takes a step of its own? */
  hasDead(): boolean {
    return this.dead.isDue()
  }

  collectDead(): void {
    this.dead.collect()
    this.letGo(LET_GO)
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
    this.traced.clear()
    this.gathering = []
  }

  /** The functions of a module by their places. */
  private functionsOf(module: WebAssembly.Module): (place: number) => unknown {
    const { account, statistics, now } = this.shared
    const before = now()
    const { exports } = new WebAssembly.Instance(module, this.imports)
    statistics.joining += now() - before
    statistics.modules++
    account.spend(0, 1)
    this.dead.oneMore()
    return (place) => exports[String(place)]
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
    this.traced.delete(region.index)
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
