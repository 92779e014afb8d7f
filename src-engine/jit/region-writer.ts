// Carries out what a translator orders: chooses the blocks of regions, writes them, and makes a module of them. It reads the interpreter's
// blocks out of memory and changes nothing there, so it may work on a thread of its own while their vcpu goes on. Blocks never change once
// they are decoded, they are only dropped; what is still being decoded lies behind the order's end; and whoever puts regions in place first
// looks whether all their blocks are still there. So what was read meanwhile of memory that has changed is never run (installed-regions.ts).
// Runs in: the translator's thread; in tests the vcpu's own.
import { setFlagsFromString } from 'node:v8'
import { Changed, CodeCache } from './code-cache'
import { CORE_FUNCTIONS, WITNESS_FUNCTIONS } from './emitter'
import { hotPaths } from './hot-paths'
import { type JumpNote, jumpNotes } from './jump-tables'
import {
  type Answer,
  type GatherOrder,
  NO_ANSWER,
  type Order,
  type RegionsOrder,
  type TracedOrder,
  type Wanted,
  type Writer,
  type Written,
} from './orders'
import { formRegion, type PageAt, type Surroundings } from './region'
import { RegionCode } from './region-code'
import type { Region } from './region-shape'
import { Roots } from './roots'
import { formTraced } from './traced-region'
import { type Body, type ImportedFunction, moduleOf } from './wasm-writer'

// Regions tell which branches are hardly ever taken, and modules of large ones that they are to be optimised at once (wasm-writer.ts). V8 of
// Node 20 looks at that only when told to; one that knows no such flag says so on stderr and goes on.
setFlagsFromString('--experimental-wasm-branch-hinting')
setFlagsFromString('--experimental-wasm-compilation-hints')

/** Blocks of a region that begins in the middle of a function whose start has one: long functions would be translated whole from each of their blocks. */
const INNER_BLOCKS = 20
/** Instructions after which a region takes in no more blocks. */
const MOST_INSTRUCTIONS = 384
/** Of a module round a region's code. */
const MODULE_BYTES = 200
const MEMORY_MAXIMUM = 65536

/** Regions, and the module of them that is yet to be compiled, if there are any. */
interface WrittenModule {
  readonly bytes: Uint8Array<ArrayBuffer> | undefined
  readonly written: readonly Written[]
  readonly writing: number
}
const NOTHING_WRITTEN: WrittenModule = { bytes: undefined, written: [], writing: 0 }

export interface RegionWriterOptions {
  /** Regions tell a witness what they could not do. */
  readonly witnessed?: boolean
  /** Milliseconds; the wall's unless given. */
  readonly now?: (() => number) | undefined
  /** Told of each region: the first blocks of its entries, its code. */
  readonly made?: ((firsts: readonly number[], body: Body) => void) | undefined
}

export class RegionWriter {
  private readonly cache: CodeCache
  private readonly code: RegionCode
  private readonly roots: Roots
  private readonly functions: readonly ImportedFunction[]
  private readonly now: () => number
  private readonly made: RegionWriterOptions['made']
  /** Code of regions that are not yet brought together, by their numbers. */
  private readonly bodies = new Map<number, Body>()
  private generation: number
  private number = 0

  constructor(buffer: ArrayBufferLike, vcpu: number, { witnessed = false, now, made }: RegionWriterOptions = {}) {
    this.cache = new CodeCache(buffer, vcpu)
    this.code = new RegionCode(this.cache, vcpu, witnessed)
    this.roots = new Roots(this.cache)
    this.functions = witnessed ? [...CORE_FUNCTIONS, ...WITNESS_FUNCTIONS] : CORE_FUNCTIONS
    this.now = now ?? (() => performance.now())
    this.made = made
    this.generation = this.cache.generation()
  }

  carryOut(order: Order): Answer {
    if (order.kind === 'gather') return this.gather(order)
    if (order.kind === 'regions') return this.attempt(order, () => this.write(order)) ?? NO_ANSWER
    const { bytes, ...made } = this.traced(order)
    return bytes ? { ...NO_ANSWER, ...made, ...this.moduleOf(bytes) } : NO_ANSWER
  }

  /** The same of traced regions, but other orders may be carried out while V8 optimises them, which takes up to a second or two. */
  async carryOutMeanwhile(order: TracedOrder): Promise<Answer> {
    const { bytes, ...made } = this.traced(order)
    return bytes ? { ...NO_ANSWER, ...made, module: await WebAssembly.compile(bytes) } : NO_ANSWER
  }

  private traced(order: TracedOrder): WrittenModule {
    return this.attempt(order, () => this.writeTraced(order)) ?? NOTHING_WRITTEN
  }

  /** What comes of reading the blocks; undefined where they are others by now. */
  private attempt<Result>(order: RegionsOrder | TracedOrder, write: () => Result, again = true): Result | undefined {
    if (order.generation !== this.generation) this.forget(order.generation)
    this.cache.end = order.end
    try {
      return write()
    } catch (error) {
      // Other blocks stand there by now, and anything may have been read.
      if (this.cache.generation() !== order.generation || error instanceof Changed) return undefined
      // Blocks that were dropped half way make no sense; the second time they are seen to be gone.
      if (again) return this.attempt(order, write, false)
      throw error
    }
  }

  private write(order: RegionsOrder): Answer {
    const { cache } = this
    const notes = jumpNotes(cache)
    const wanted = new Map(this.beginnings(order, notes).map((one) => [one.first, one]))
    const [warm, refused] = [new Set(order.warm), new Set(order.refused)]
    const surroundings: Surroundings = {
      notes,
      isWarm: (first) => warm.has(first),
      endsAt: (block) => cache.goesOnAt(block),
      isRefused: (block) => refused.has(block),
    }
    const all = [...wanted.values()].filter(({ first }) => !cache.hasEntry(first))
    const within = new Set<number>()
    const written: Written[] = []
    const bodies: Body[] = []
    let [blocks, at, writing] = [0, 0, 0]
    for (const one of all) {
      if (blocks >= order.most) break
      at++
      if ((order.sparing && within.has(one.first)) || cache.dropped(one.first)) continue
      const before = this.now()
      const size = { blocks: one.blocks, instructions: MOST_INSTRUCTIONS }
      const region = formRegion(cache, one.first, size, this.pagesFrom(one), surroundings)
      const { body, ...made } = this.make(region)
      if (order.sparing) for (const block of made.blocks) within.add(block)
      this.bodies.set(made.number, body)
      bodies.push(body)
      written.push(made)
      blocks += region.nodes.length
      writing += this.now() - before
    }
    const left = all.slice(at)
    if (written.length === 0) return { ...NO_ANSWER, left }
    return { ...this.moduleOf(this.bytesOf(bodies)), written, left, writing }
  }

  private writeTraced(order: TracedOrder): WrittenModule {
    const { cache } = this
    const before = this.now()
    const refused = new Set(order.refused)
    const made = hotPaths(cache, order).flatMap((traced) => {
      const region = formTraced(cache, traced, (first) => refused.has(first))
      return region ? this.make(region) : []
    })
    const bytes =
      made.length > 0
        ? this.bytesOf(
            made.map(({ body }) => body),
            true,
          )
        : undefined
    const written = made.map(({ body: _, ...one }) => one)
    return { bytes, written, writing: this.now() - before }
  }

  private make(region: Region): Written & { readonly body: Body } {
    const blocks = region.nodes.map((node) => node.first).filter((first) => first !== 0)
    const entries = region.entries.map(({ block }) => block.first)
    const body = this.code.make(region)
    this.made?.(entries, body)
    return { number: this.number++, entries, blocks, bytes: MODULE_BYTES + body.bytes.length, body }
  }

  /** Where the regions are to begin: at the roots of code that is hot, or at the blocks themselves if those have regions already. */
  private beginnings(
    { wanted, fromRoots, blocks, refused }: RegionsOrder,
    notes: readonly JumpNote[],
  ): (Wanted & { blocks: number })[] {
    const { cache, roots } = this
    if (!fromRoots) return wanted.map((one) => ({ ...one, blocks }))
    // A block may have gone since: its entry is STALE as that of every block without a region, but so is its first uop.
    const live = wanted.filter(({ first }) => !cache.dropped(first) && !refused.includes(first))
    return live.map(({ first, page }) => {
      const root = roots.of(first, notes)
      const inner = cache.hasEntry(root) || refused.includes(root)
      return inner ? { first, page, blocks: Math.min(blocks, INNER_BLOCKS) } : { first: root, page, blocks }
    })
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
   * The same regions once more in one module. Engines put each module's code somewhere else in the address space, with page
   * tables of its own, and calling from one to the other is then slower than what most stays in a region do.
   */
  private gather({ numbers }: GatherOrder): Answer {
    const bodies = numbers.flatMap((number) => this.bodies.get(number) ?? [])
    // each has its place in the module
    if (bodies.length !== numbers.length) throw new Error(`of ${numbers.length} regions ${bodies.length} are known`)
    this.bodies.clear()
    return { ...NO_ANSWER, ...this.moduleOf(this.bytesOf(bodies)) }
  }

  private bytesOf(bodies: readonly Body[], optimised = false): Uint8Array<ArrayBuffer> {
    return moduleOf(this.functions, { maximum: MEMORY_MAXIMUM }, bodies, optimised)
  }

  private moduleOf(bytes: Uint8Array<ArrayBuffer>): Pick<Answer, 'module' | 'compiling'> {
    const before = this.now()
    const module = new WebAssembly.Module(bytes)
    return { module, compiling: this.now() - before }
  }

  private forget(generation: number): void {
    this.generation = generation
    this.roots.forget()
    this.bodies.clear()
  }
}

/** A writer on the vcpu's own thread, for which the guest stands still: it is translated the same way each time. */
export class WriterHere implements Writer {
  private answered = NO_ANSWER

  constructor(private readonly writer: RegionWriter) {}

  begin(order: Order): void {
    this.answered = this.writer.carryOut(order)
  }
  isBusy(): boolean {
    return false
  }
  answer(): Answer {
    return this.answered
  }
}
