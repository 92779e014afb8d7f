// The L1 table, wholly in memory, and a cache of L2 tables. Changes go to memory first, then to the file at once
// (writeOut): one write of a table runs at a time and takes along what was changed while another ran, so writes of one table
// cannot overtake each other.
// Invariant: memory never holds an entry that must not yet be in the file; who changes an entry has done the barrier before.
// A pinned or dirty table is not dropped, so there is one copy of each. Runs in: the image's thread.
import { ok } from '../../public/result'
import { fail, type ImageResult } from '../error'
import type { File } from '../file'
import { viewOf } from '../views'
import { hostOffset } from './entry'
import type { Header } from './header'

const CACHE_BYTES = 32 * 1024 * 1024
const CACHE_LEAST = 4

export class L2Table {
  readonly offset: number
  readonly bytes: Uint8Array
  readonly view: DataView
  pins = 0
  /** Bytes to be written, none when from >= to. */
  dirtyFrom = Number.POSITIVE_INFINITY
  dirtyTo = 0
  tail: Promise<ImageResult<void>> = Promise.resolve(ok(undefined))

  constructor(offset: number, bytes: Uint8Array) {
    this.offset = offset
    this.bytes = bytes
    this.view = viewOf(bytes)
  }

  get dirty(): boolean {
    return this.dirtyFrom < this.dirtyTo
  }

  mark(from: number, to: number): void {
    this.dirtyFrom = Math.min(this.dirtyFrom, from)
    this.dirtyTo = Math.max(this.dirtyTo, to)
  }
}

export class Tables {
  l1: Uint8Array
  l1View: DataView
  l1Offset: number
  readonly entrySize: number
  /** Guest bytes per L2 table. */
  readonly span: number
  private readonly file: File
  private readonly clusterSize: number
  private readonly cache = new Map<number, L2Table>()
  private readonly loading = new Map<number, Promise<ImageResult<L2Table>>>()
  private readonly most: number

  constructor(file: File, header: Header, l1: Uint8Array) {
    this.file = file
    this.clusterSize = header.clusterSize
    this.entrySize = header.extendedL2 ? 16 : 8
    this.span = (header.clusterSize / this.entrySize) * header.clusterSize
    this.l1 = l1
    this.l1View = viewOf(l1)
    this.l1Offset = header.l1Offset
    this.most = Math.max(CACHE_LEAST, CACHE_BYTES / header.clusterSize)
  }

  /** Host offset of the L2 table; 0 where there is none. */
  l2Offset(l1Index: number): number {
    const at = 8 * l1Index
    return at < this.l1.length ? hostOffset(this.l1View.getUint32(at), this.l1View.getUint32(at + 4)) : 0
  }

  cached(offset: number): L2Table | undefined {
    const table = this.cache.get(offset)
    if (table) {
      this.cache.delete(offset)
      this.cache.set(offset, table)
    }
    return table
  }

  load(offset: number): Promise<ImageResult<L2Table>> {
    const table = this.cached(offset)
    if (table) return Promise.resolve(ok(table))
    const under = this.loading.get(offset)
    if (under) return under
    const loading = this.read(offset).then((read) => {
      this.loading.delete(offset)
      if (read.ok) this.add(read.value)
      return read
    })
    this.loading.set(offset, loading)
    return loading
  }

  add(table: L2Table): void {
    this.cache.set(table.offset, table)
    if (this.cache.size <= this.most) return
    for (const [offset, old] of this.cache) {
      if (old.pins > 0 || old.dirty || old === table) continue
      this.cache.delete(offset)
      if (this.cache.size <= this.most) break
    }
  }

  /** The table is no longer part of the image. */
  forget(offset: number): void {
    this.cache.delete(offset)
  }

  writeOut(table: L2Table): Promise<ImageResult<void>> {
    table.pins++
    const tail = table.tail.then(() => this.writeNow(table))
    table.tail = tail
    return tail
  }

  /** What an earlier write could not bring to the file is tried again. */
  async writeDirty(): Promise<ImageResult<void>> {
    for (const table of [...this.cache.values()]) {
      if (!table.dirty) continue
      const done = await this.writeOut(table)
      if (!done.ok) return done
    }
    return ok(undefined)
  }

  async writeL1(l1Index: number, high: number, low: number): Promise<ImageResult<void>> {
    const bytes = new Uint8Array(8)
    const view = viewOf(bytes)
    view.setUint32(0, high)
    view.setUint32(4, low)
    const done = await this.file.write(this.l1Offset + 8 * l1Index, [bytes])
    if (done.ok) this.l1.set(bytes, 8 * l1Index)
    return done
  }

  private async writeNow(table: L2Table): Promise<ImageResult<void>> {
    const { dirtyFrom, dirtyTo } = table
    let done: ImageResult<void> = ok(undefined)
    if (dirtyFrom < dirtyTo) {
      table.dirtyFrom = Number.POSITIVE_INFINITY
      table.dirtyTo = 0
      // A copy: the table may change while the write runs on another thread.
      done = await this.file.write(table.offset + dirtyFrom, [table.bytes.slice(dirtyFrom, dirtyTo)])
      if (!done.ok) table.mark(dirtyFrom, dirtyTo)
    }
    table.pins--
    return done
  }

  private async read(offset: number): Promise<ImageResult<L2Table>> {
    const { clusterSize, file } = this
    if (offset % clusterSize !== 0 || offset + clusterSize >= file.size + clusterSize) {
      return fail('corrupt', `${file.path} has an L2 table at ${offset}, where none can be.`)
    }
    const bytes = new Uint8Array(clusterSize)
    const read = await file.read(offset, [bytes])
    return read.ok ? ok(new L2Table(offset, bytes)) : read
  }
}
