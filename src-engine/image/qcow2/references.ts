// Counts what a qcow2 image refers to: header, L1 and L2 tables of the disk and of each snapshot, data clusters, refcount
// structures. What `check` compares with the refcounts, and what a repair writes as the new ones.
// Memory: four bytes per cluster of the file, in pieces made when needed, so holes cost nothing. The event loop gets its
// turn after each table.
// Snapshots share most of their tables with each other: each table is read once, and what it refers to counted as often as it is
// referred to itself. So the work is bounded by the file, however many snapshots a header claims. Runs in: the image's thread.
import { ok } from '../../public/result'
import { fail, type ImageResult } from '../error'
import type { File } from '../file'
import { turn } from '../turn'
import { countBitmaps } from './bitmaps'
import type { Header } from './header'
import { readSnapshots, type Snapshot } from './snapshots'
import { walkTable, walkTree } from './walk'

const PIECE = 4096
/** Half a gigabyte of counts: 8 TiB in clusters of 64 KiB. Entries that are far from each other in a sparse file would take any memory. */
const PIECES_MOST = 2 ** 15

/** References by cluster. */
export class References {
  private readonly pieces = new Map<number, Uint32Array>()
  /** One beyond the last cluster that is referred to. */
  end = 0
  /** There was no room for some. */
  isFull = false

  /** This many more; a count that would not fit stays at the most. */
  add(cluster: number, times: number): void {
    const index = Math.floor(cluster / PIECE)
    let piece = this.pieces.get(index)
    if (!piece) {
      this.isFull ||= this.pieces.size >= PIECES_MOST
      if (this.isFull) return
      piece = new Uint32Array(PIECE)
      this.pieces.set(index, piece)
    }
    piece[cluster % PIECE] = Math.min((piece[cluster % PIECE] ?? 0) + times, 0xffff_ffff)
    if (cluster >= this.end) this.end = cluster + 1
  }

  /** Pieces with counts, each with its first cluster. */
  *parts(): Iterable<readonly [number, Uint32Array]> {
    for (const [index, piece] of this.pieces) yield [index * PIECE, piece]
  }

  get(cluster: number): number {
    return this.pieces.get(Math.floor(cluster / PIECE))?.[cluster % PIECE] ?? 0
  }
}

export interface Counted {
  readonly references: References
  /** Sentences about entries that refer to what cannot be; they are not counted. */
  readonly errors: string[]
}

/** More than any image has that somebody works with: a sparse file may claim any number. */
const L1_ENTRIES_LIMIT = 2 ** 28
const L2_TABLES_LIMIT = 2 ** 23

/** Sentences kept; an image damaged all over needs no more. */
const ERRORS_KEPT = 100

export interface CountOptions {
  /** Without: a rebuild counts its own new ones. */
  readonly refcountStructures: Float64Array | undefined
  readonly signal?: AbortSignal
}

export async function countReferences(file: File, header: Header, options: CountOptions): Promise<ImageResult<Counted>> {
  const counter = new Counter(file, header)
  counter.area(0, header.clusterSize, 'the header')
  if (options.refcountStructures) {
    counter.area(header.refcountTableOffset, header.refcountTableClusters * header.clusterSize, 'the refcount table')
    options.refcountStructures.forEach((offset) => {
      if (offset !== 0) counter.area(offset, header.clusterSize, 'a refcount block')
    })
  }
  const trees = [{ l1Offset: header.l1Offset, l1Size: header.l1Size }]
  if (header.snapshots > 0) {
    const table = await readSnapshots(file, header)
    if (!table.ok) return table
    counter.area(header.snapshotsOffset, table.value.length, 'the snapshot table')
    trees.push(...table.value.snapshots)
  }
  const counted = await counter.trees(trees, options.signal)
  if (!counted.ok) return counted
  const area = counter.area.bind(counter)
  const bitmaps = await countBitmaps(file, header, { area, wrong: counter.wrong.bind(counter) }, options.signal)
  if (!bitmaps.ok) return bitmaps
  return counter.references.isFull ? counter.tooLarge() : ok({ references: counter.references, errors: counter.errors })
}

class Counter {
  readonly references = new References()
  readonly errors: string[] = []

  constructor(
    private readonly file: File,
    private readonly header: Header,
  ) {}

  wrong(text: string): void {
    if (this.errors.length < ERRORS_KEPT) this.errors.push(text)
  }

  area(offset: number, length: number, what: string, times = 1): void {
    const { clusterSize } = this.header
    // The last cluster of a file may be cut short.
    if (!Number.isFinite(offset) || offset + length >= this.file.size + clusterSize) {
      this.wrong(`${what} at ${offset} is beyond the end of the file`)
      return
    }
    for (let c = Math.floor(offset / clusterSize); c * clusterSize < offset + length; c++) this.references.add(c, times)
  }

  async trees(trees: readonly Snapshot[], signal?: AbortSignal): Promise<ImageResult<void>> {
    const { file, header } = this
    const roots = new Map<string, Snapshot & { times: number }>()
    for (const { l1Offset, l1Size } of trees) {
      const key = `${l1Offset} ${l1Size}`
      const root = roots.get(key)
      if (root) root.times++
      else roots.set(key, { l1Offset, l1Size, times: 1 })
    }
    const entries = [...roots.values()].reduce((sum, { l1Size }) => sum + l1Size, 0)
    if (entries > L1_ENTRIES_LIMIT) return this.tooLarge()
    const tables = new Map<number, number>()
    for (const { l1Offset, l1Size, times } of roots.values()) {
      this.area(l1Offset, 8 * l1Size, 'an L1 table', times)
      const walked = await walkTree(file, header, l1Offset, l1Size, {
        table: (_at, offset) => this.area(offset, header.clusterSize, 'an L2 table', times),
        into: (offset) => {
          if (tables.size < L2_TABLES_LIMIT || tables.has(offset)) tables.set(offset, (tables.get(offset) ?? 0) + times)
          return false
        },
        wrong: (text) => this.wrong(text),
        cluster: () => {},
        signal,
      })
      if (!walked.ok) return walked
      if (tables.size >= L2_TABLES_LIMIT || this.references.isFull) return this.tooLarge()
    }
    return this.tables(tables, signal)
  }

  private async tables(tables: ReadonlyMap<number, number>, signal?: AbortSignal): Promise<ImageResult<void>> {
    const { file, header } = this
    const bytes = new Uint8Array(header.clusterSize)
    for (const [offset, times] of tables) {
      if (signal?.aborted) return fail('cancelled', `The walk through ${file.path} was called off.`)
      const walked = await walkTable(file, header, offset, bytes, {
        wrong: (text) => this.wrong(text),
        cluster: (_at, host) => this.area(host, header.clusterSize, 'a data cluster', times),
        compressed: (host, length) => {
          // The last sector may be cut short by the file's end.
          this.area(host, Math.min(length, Math.max(file.size - host, 1)), 'a compressed cluster', times)
        },
      })
      if (!walked.ok) return walked
      if (this.references.isFull) return this.tooLarge()
      await turn()
    }
    return ok(undefined)
  }

  tooLarge(): ImageResult<never> {
    return fail('unsupported', `${this.file.path} is too large to be checked.`)
  }
}
