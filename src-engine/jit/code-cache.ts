// The interpreter's decoded code, read from outside: blocks, their uops, their links; and the one change the translator
// makes to it, turning a block's entry uop into ENTER and leading everything that led to the block there.
// Layout: isa/state-layout.ts (CODE_CACHE, BLOCK), assembly/state.ts (uops), assembly/decode/cache.ts.
// Invariant: changed only between two blocks, on the vcpu's own thread. The writer may read it at any time, on another one: blocks do not
// change while they are there, words are read whole, and where the pool is emptied meanwhile it may find anything, so no walk is endless.
// Runs in: the vcpu's worker thread, the translator's thread.
import { BLOCK, CODE_CACHE, HASH_BUCKETS, JUMP_ENTRIES, MEMORY_MAP, NOTE_ENTRIES, TLB, vcpuAddress } from '../isa/state-layout'
import { FIRST_OF, LINKED, UOP_ENTER, UOP_STALE } from './uop-table'

export const UOP = 16
const MODE_64 = 2
/** Bytes that a block has at most, and blocks that a list has. */
const BLOCK_ROOM = 4096
const MOST_BLOCKS = 1 << 17
/** Blocks of a region that others take in, where they come to its start, instead of leaving for it. */
const SHARED_BLOCKS = 16

/** What is to be known of a region to enter it: its entries, all its blocks. */
interface Entered {
  readonly entries: readonly number[]
  readonly blocks: readonly number[]
}

/** The blocks have gone while they were read. */
export class Changed extends Error {}

export class CodeCache {
  readonly view: DataView
  /** Blocks from this address on are passed over: they may still be being decoded while they are read. */
  end = Number.POSITIVE_INFINITY
  private readonly base: number
  private readonly flushes: number
  private readonly next: number
  private readonly pcBase: number
  private readonly counts: {
    readonly instructions: number
    readonly stays: number
    readonly entered: number
    readonly last: number
  }
  /** The execute TLBs. */
  private readonly executable: readonly number[]

  constructor(buffer: ArrayBufferLike, vcpu: number) {
    this.view = new DataView(buffer)
    this.base = MEMORY_MAP.CODE_CACHE_BASE + vcpu * MEMORY_MAP.CODE_CACHE_SIZE
    this.flushes = vcpuAddress(vcpu, 'STAT_CODE_FLUSH')
    this.next = vcpuAddress(vcpu, 'CODE_NEXT')
    this.pcBase = vcpuAddress(vcpu, 'PC_BASE')
    this.counts = {
      instructions: vcpuAddress(vcpu, 'STAT_TRANSLATED'),
      stays: vcpuAddress(vcpu, 'STAT_ENTERED'),
      entered: vcpuAddress(vcpu, 'LAST_ENTER'),
      last: vcpuAddress(vcpu, 'LAST_STAY'),
    }
    this.executable = [vcpuAddress(vcpu, 'TLB_USER') + TLB.EXEC, vcpuAddress(vcpu, 'TLB_SUPERVISOR') + TLB.EXEC]
  }

  /** Number of the uop by itself, also where it does the next one's work too. */
  op(ip: number): number {
    const op = this.view.getUint16(ip, true)
    return FIRST_OF[op] ?? op
  }
  byte(at: number): number {
    return this.view.getUint8(at)
  }
  word(at: number): number {
    return this.view.getInt32(at, true)
  }
  /** Page offset of the instruction a uop belongs to. */
  offset(ip: number): number {
    return this.view.getUint16(ip + 2, true) & 0xfff
  }
  /** Its place in the block. */
  order(ip: number): number {
    return this.view.getUint16(ip + 2, true) >>> 12
  }
  /** How often the whole cache was emptied. */
  generation(): number {
    return this.view.getUint32(this.flushes, true)
  }

  /** Instructions that have run translated, and how often regions were entered. */
  instructions(): number {
    return Number(this.view.getBigUint64(this.counts.instructions, true))
  }
  stays(): number {
    return Number(this.view.getBigUint64(this.counts.stays, true))
  }
  /** The block that regions were entered at last, if it still is one, and how many instructions they then retired. */
  lastStay(): { first: number; instructions: number } | undefined {
    const enter = this.view.getUint32(this.counts.entered, true)
    if (enter === 0 || this.op(enter) !== UOP_ENTER) return undefined
    return { first: enter + UOP, instructions: this.word(this.counts.last) }
  }

  hostOf(first: number): number {
    return this.view.getUint32(first - BLOCK.HEADER + BLOCK.HOST, true)
  }
  is64(first: number): boolean {
    return this.view.getUint32(first - BLOCK.HEADER + BLOCK.MODE, true) === MODE_64
  }
  /** The last uop of a block; a second slot with its links follows. */
  lastUop(first: number): number {
    const bytes = this.view.getUint32(first - BLOCK.HEADER + BLOCK.BYTES, true)
    if (bytes > BLOCK_ROOM) throw new Changed()
    return first + bytes - 2 * UOP
  }
  entry(first: number): number {
    return first - BLOCK.HEADER + BLOCK.ENTRY
  }

  /** First uop of the 64-bit block at a host address, or 0. */
  find(host: number): number {
    const bucket = ((((host ^ (host >>> 13)) << 2) + MODE_64 * 0x5554) & (HASH_BUCKETS * 4 - 4)) >>> 0
    let h = this.view.getUint32(this.base + CODE_CACHE.HASH + bucket, true)
    for (let walked = 0; h !== 0; walked++) {
      if (walked > MOST_BLOCKS) throw new Changed()
      const isIt =
        this.view.getUint32(h + BLOCK.HOST, true) === host >>> 0 && this.view.getUint32(h + BLOCK.MODE, true) === MODE_64
      if (isIt && h < this.end) return h + BLOCK.HEADER
      h = this.view.getUint32(h + BLOCK.HASH_NEXT, true)
    }
    return 0
  }

  /** Where the pool ends: blocks that are decoded from now on lie behind. */
  poolEnd(): number {
    return this.view.getUint32(this.next, true)
  }

  /** Is the block there, and from before that end? */
  isThere(first: number, end: number): boolean {
    return first < end && this.find(this.hostOf(first)) === first
  }

  /** Linear address of the page that holds the running code. */
  runningPage(): bigint {
    return this.view.getBigUint64(this.pcBase, true)
  }

  /** Host page that an execute TLB leads to from a linear page, or 0. */
  pageAt(linear: bigint): number {
    const page = BigInt.asUintN(64, linear)
    const slot = (Number((page >> 12n) & 0xffffn) & (TLB.ENTRIES - 1)) * 16
    for (const entries of this.executable) {
      if (this.view.getBigUint64(entries + slot, true) !== page) continue
      return (this.view.getUint32(entries + slot + 8, true) + Number(page & 0xffff_ffffn)) >>> 0
    }
    return 0
  }

  /** A linear page that leads to a host page, or undefined. */
  linearOf(host: number): bigint | undefined {
    for (const entries of this.executable) {
      for (let at = entries; at < entries + TLB.ENTRIES * 16; at += 16) {
        const page = this.view.getBigUint64(at, true)
        if ((page & 0xfffn) === 0n && this.pageAt(page) === host) return page
      }
    }
    return undefined
  }

  /** What the list of a page's blocks begins with: another one as soon as a block comes or goes. */
  headOfPage(host: number): number {
    return this.view.getUint32(this.base + CODE_CACHE.HEADS + (host >>> 12) * 4, true)
  }

  /** First uops of all 64-bit blocks of the page that holds a host address, the last decoded first; those before a former head. */
  blocksOfPage(host: number, before = 0): number[] {
    const blocks: number[] = []
    let h = this.headOfPage(host)
    while (h !== 0 && h !== before) {
      if (blocks.length > MOST_BLOCKS) throw new Changed()
      if (h < this.end && this.view.getUint32(h + BLOCK.MODE, true) === MODE_64) blocks.push(h + BLOCK.HEADER)
      h = this.view.getUint32(h + BLOCK.PAGE_NEXT, true)
    }
    return blocks
  }

  /** Indirect jumps, by their uops, and how far from their page's first byte they have led. The uop may have been dropped since. */
  eachNote(told: (jump: number, distance: number) => void): void {
    const notes = this.base + CODE_CACHE.NOTES
    for (let at = notes; at < notes + NOTE_ENTRIES * 8; at += 8) {
      const jump = this.view.getUint32(at, true)
      if (jump !== 0) told(jump, this.word(at + 4))
    }
  }

  /** Host address of the page that a block is in. */
  pageOf(first: number): number {
    return (this.hostOf(first) & ~0xfff) >>> 0
  }

  /** First uop of the block that has this one, which is not STALE. */
  ownerOf(ip: number): number {
    let at = ip
    while (this.op(at) !== UOP_STALE && this.op(at) !== UOP_ENTER) {
      at -= UOP
      if (ip - at > BLOCK_ROOM) throw new Changed()
    }
    return at + UOP
  }

  /** Does the block begin a region? */
  hasEntry(first: number): boolean {
    return this.op(this.entry(first)) === UOP_ENTER
  }

  /** Number of the region that the block is entered through, if any. */
  regionAt(first: number): number | undefined {
    return this.hasEntry(first) ? this.word(this.entry(first) + 12) : undefined
  }

  /**
   * Is another region to go on at this block? The same blocks in several regions are what V8's optimiser is busiest with. A small region,
   * as of a function without calls, is rather taken in where its start is come to.
   */
  goesOnAt(first: number): boolean {
    const at = this.entry(first)
    return this.op(at) === UOP_ENTER && (this.word(at + 4) > SHARED_BLOCKS || this.word(at + 8) !== 0)
  }

  /** Is the block still entered through the region of this number? */
  entered(first: number, region: number): boolean {
    return this.regionAt(first) === region
  }

  /** Has the block been dropped? */
  dropped(first: number): boolean {
    return this.op(first) === UOP_STALE
  }

  /** From now on these blocks, which are there, are entered through regions, by their numbers: each at the entry of its place in the region's list. */
  enterBy(regions: ReadonlyMap<number, Entered>): void {
    const { view } = this
    const moved = new Map<number, number>()
    for (const [region, { entries, blocks }] of regions) {
      for (const [entry, first] of entries.entries()) {
        const at = this.entry(first)
        view.setUint16(at, UOP_ENTER, true)
        view.setUint16(at + 2, this.offset(first), true)
        view.setInt32(at + 4, blocks.length, true)
        view.setInt32(at + 8, entry, true)
        view.setInt32(at + 12, region, true)
        moved.set(first, at)
      }
    }
    this.redirect([...moved.keys()], moved)
  }

  /** From now on the blocks that enter these regions, by their numbers, are interpreted again: each from those that did when it was made. */
  leave(regions: ReadonlyMap<number, readonly number[]>): void {
    const moved = new Map<number, number>()
    for (const [region, firsts] of regions) {
      for (const first of firsts) {
        if (!this.entered(first, region)) continue
        this.view.setUint16(this.entry(first), UOP_STALE, true)
        moved.set(this.entry(first), first)
      }
    }
    this.redirect([...moved.values()], moved)
  }

  /** What leads to one of two uops leads to the other: links of the pages of these blocks, the jump cache. */
  private redirect(firsts: readonly number[], moved: ReadonlyMap<number, number>): void {
    const { view } = this
    const replace = (at: number): void => {
      const to = moved.get(view.getUint32(at, true))
      if (to !== undefined) view.setUint32(at, to, true)
    }
    for (const page of new Set(firsts.map((first) => this.hostOf(first) & ~0xfff))) {
      for (const block of this.blocksOfPage(page)) {
        const last = this.lastUop(block)
        const way = LINKED[this.op(last)] ?? 0
        if (way !== 0) replace(last + 8)
        if (way === 2) replace(last + 24)
      }
    }
    // Most of the jump cache leads elsewhere: the map is asked only where it may not.
    let [least, most] = [Number.POSITIVE_INFINITY, 0]
    for (const at of moved.keys()) {
      least = Math.min(least, at)
      most = Math.max(most, at)
    }
    const jumps = this.base + CODE_CACHE.JUMPS
    for (let at = jumps + 12, end = jumps + JUMP_ENTRIES * 16; at < end; at += 16) {
      const leads = view.getUint32(at, true)
      if (leads >= least && leads <= most) replace(at)
    }
  }
}
