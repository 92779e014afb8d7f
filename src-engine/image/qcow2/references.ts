// Counts what a qcow2 image refers to: header, L1 and L2 tables of the disk and of each snapshot, data clusters, refcount
// structures. What `check` compares with the refcounts, and what a repair writes as the new ones.
// Memory: four bytes per cluster of the file, in pieces made when needed, so holes cost nothing. The event loop gets its
// turn after each table. Runs in: the image's thread.
import { ok } from '../../public/result'
import type { ImageResult } from '../error'
import type { File } from '../file'
import { u64, viewOf } from '../views'
import { hostOffset } from './entry'
import { EXTENSION, type Header } from './header'
import { readSnapshots } from './snapshots'
import { walkTree } from './walk'

const PIECE = 4096

/** References by cluster. */
export class References {
  private readonly pieces = new Map<number, Uint32Array>()
  /** One beyond the last cluster that is referred to. */
  end = 0

  add(cluster: number): void {
    const index = Math.floor(cluster / PIECE)
    let piece = this.pieces.get(index)
    if (!piece) {
      piece = new Uint32Array(PIECE)
      this.pieces.set(index, piece)
    }
    piece[cluster % PIECE] = (piece[cluster % PIECE] ?? 0) + 1
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
  const active = await counter.tree(header.l1Offset, header.l1Size, options.signal)
  if (!active.ok) return active
  if (header.snapshots > 0) {
    const table = await readSnapshots(file, header)
    if (!table.ok) return table
    counter.area(header.snapshotsOffset, table.value.length, 'the snapshot table')
    for (const { l1Offset, l1Size } of table.value.snapshots) {
      const tree = await counter.tree(l1Offset, l1Size, options.signal)
      if (!tree.ok) return tree
    }
  }
  const bitmaps = await counter.bitmaps()
  if (!bitmaps.ok) return bitmaps
  return ok({ references: counter.references, errors: counter.errors })
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

  area(offset: number, length: number, what: string): void {
    const { clusterSize } = this.header
    // The last cluster of a file may be cut short.
    if (!Number.isFinite(offset) || offset + length >= this.file.size + clusterSize) {
      this.wrong(`${what} at ${offset} is beyond the end of the file`)
      return
    }
    for (let c = Math.floor(offset / clusterSize); c * clusterSize < offset + length; c++) this.references.add(c)
  }

  async tree(l1Offset: number, l1Size: number, signal?: AbortSignal): Promise<ImageResult<void>> {
    this.area(l1Offset, 8 * l1Size, 'an L1 table')
    return walkTree(this.file, this.header, l1Offset, l1Size, {
      table: (_at, offset) => this.area(offset, this.header.clusterSize, 'an L2 table'),
      wrong: (text) => this.wrong(text),
      cluster: (_at, host) => this.area(host, this.header.clusterSize, 'a data cluster'),
      compressed: (host, length) => {
        // The last sector may be cut short by the file's end.
        this.area(host, Math.min(length, Math.max(this.file.size - host, 1)), 'a compressed cluster')
      },
      signal,
    })
  }

  /** Bitmaps are counted while their autoclear bit says that they are current. Spec: "Bitmaps extension". */
  async bitmaps(): Promise<ImageResult<void>> {
    const { file, header } = this
    const extension = header.extensions.find(({ type }) => type === EXTENSION.bitmaps)
    if (!extension || (header.autoclear & 1) === 0 || extension.bytes.length < 24) return ok(undefined)
    const view = viewOf(extension.bytes)
    const length = u64(view, 8)
    const offset = u64(view, 16)
    if (length > 1024 * 1024 * 64 || offset + length > file.size) {
      this.wrong('the directory of bitmaps is nowhere')
      return ok(undefined)
    }
    this.area(offset, length, 'the directory of bitmaps')
    const directory = new Uint8Array(length)
    const read = await file.read(offset, [directory])
    if (!read.ok) return read
    const rows = viewOf(directory)
    for (let at = 0; at + 24 <= length; ) {
      const tableOffset = u64(rows, at)
      const entries = rows.getUint32(at + 8)
      if (tableOffset + 8 * entries > file.size) this.wrong('a bitmap is nowhere')
      else {
        this.area(tableOffset, 8 * entries, 'a bitmap')
        const table = new Uint8Array(8 * entries)
        const readTable = await file.read(tableOffset, [table])
        if (!readTable.ok) return readTable
        for (let i = 0; i < entries; i++) {
          const cluster = hostOffset(viewOf(table).getUint32(8 * i), viewOf(table).getUint32(8 * i + 4))
          if (cluster !== 0) this.area(cluster, header.clusterSize, 'a bitmap')
        }
      }
      const names = rows.getUint16(at + 18) + rows.getUint32(at + 20)
      at += Math.ceil((24 + names) / 8) * 8
    }
    return ok(undefined)
  }
}
