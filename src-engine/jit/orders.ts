// What a translator has written by its writer, which may work on a thread of its own while the guest goes on, and what it gets back: plain
// data. Blocks are named by their first uops. Runs in: the vcpu's worker thread, the translator's thread.

/** A region to make: its first block, and the linear page that was met in where it is known. */
export interface Wanted {
  readonly first: number
  readonly page: bigint | undefined
}

/** Regions to write, together in one module. */
export interface RegionsOrder {
  readonly kind: 'regions'
  readonly wanted: readonly Wanted[]
  /** Wanted is the code that the blocks are part of, not what begins with them. */
  readonly fromRoots: boolean
  /** None for a block that is in another one's region. */
  readonly sparing: boolean
  /** Most blocks of a region; most altogether, behind which what is left comes back. */
  readonly blocks: number
  readonly most: number
  /** Blocks at which the interpreter was found at work, and those that regions are not to be entered at. */
  readonly warm: readonly number[]
  readonly refused: readonly number[]
  /** How often the interpreter had emptied its pool, and where it ended: what lies behind is still being decoded. */
  readonly generation: number
  readonly end: number
}

/** Regions to bring together in one module, by their numbers. All others that are written so far are no longer asked for. */
export interface GatherOrder {
  readonly kind: 'gather'
  readonly numbers: readonly number[]
}

/** Regions of what a guest did for a while, if they make its stays much longer. */
export interface TracedOrder {
  readonly kind: 'traced'
  /** First uops of blocks as they ran, 0 for one that is not kept, and the linear page that each was met in. */
  readonly blocks: Uint32Array
  readonly pages: ReadonlyMap<number, bigint>
  /** Blocks of each region that is there already and came of a trace. */
  readonly known: readonly (readonly number[])[]
  /** How many instructions a stay had meanwhile, on average. */
  readonly stay: number
  readonly refused: readonly number[]
  readonly generation: number
  readonly end: number
}

export type Order = RegionsOrder | TracedOrder | GatherOrder

/** A region that is written: the first blocks of its entries, all its blocks, the bytes of its code. */
export interface Written {
  readonly number: number
  readonly entries: readonly number[]
  readonly blocks: readonly number[]
  readonly bytes: number
}

/** What came of an order. A module exports its regions by their places in the list. */
export interface Answer {
  readonly module: WebAssembly.Module | undefined
  readonly written: readonly Written[]
  readonly left: readonly Wanted[]
  /** Milliseconds. */
  readonly writing: number
  readonly compiling: number
}

/** Nothing came of it. */
export const NO_ANSWER: Answer = { module: undefined, written: [], left: [], writing: 0, compiling: 0 }

/** Who carries orders out, one after the other; the answer is that to the last one. */
export interface Writer {
  begin(order: Order): void
  isBusy(): boolean
  /** What came of the order, once nothing is done any more. */
  answer(): Answer
  /** Who carries out orders of traced regions, which take long, beside the others; absent: itself, one after the other. */
  readonly traced?: Writer
}
