// Refcounts of host clusters: the refcount table in memory, refcount blocks in a cache.
// Raising a refcount is harmless at any time (a crash leaves a leak); lowering one is done only after what referred to the
// cluster is off the disk (frees.ts). So a block in memory may be written at any moment.
// Invariant: a dirty block is not dropped from the cache. Runs in: the image's thread.
import { ok } from '../../public/result'
import { fail, type ImageResult } from '../error'
import type { File } from '../file'
import { u64, viewOf } from '../views'
import type { Header } from './header'
import { type RefcountWidth, refcountWidth } from './refcount-bits'

const CACHE_BYTES = 16 * 1024 * 1024
const CACHE_LEAST = 8

export class RefcountBlock {
  /** Bytes to be written, none when from >= to. Blocks may be 2 MiB, a change a few bytes. */
  dirtyFrom = Number.POSITIVE_INFINITY
  dirtyTo = 0

  constructor(
    readonly index: number,
    readonly offset: number,
    readonly bytes: Uint8Array,
    private readonly entriesPerByte: number,
  ) {}

  get dirty(): boolean {
    return this.dirtyFrom < this.dirtyTo
  }

  /** Entries [first, end) were changed. */
  mark(first: number, end: number): void {
    this.markBytes(Math.floor(first / this.entriesPerByte), Math.ceil(end / this.entriesPerByte))
  }

  markBytes(from: number, to: number): void {
    this.dirtyFrom = Math.min(this.dirtyFrom, from)
    this.dirtyTo = Math.max(this.dirtyTo, to)
  }

  clean(): void {
    this.dirtyFrom = Number.POSITIVE_INFINITY
    this.dirtyTo = 0
  }
}

export class Refcounts {
  /** Offsets of the blocks, 0 where there is none. */
  table: Float64Array
  tableOffset: number
  readonly width: RefcountWidth
  /** Refcounts in one block. */
  readonly perBlock: number
  private readonly file: File
  private readonly clusterSize: number
  private readonly blocks = new Map<number, RefcountBlock>()
  private readonly loading = new Map<number, Promise<ImageResult<RefcountBlock | undefined>>>()
  private readonly most: number

  constructor(file: File, header: Header, table: Float64Array) {
    this.file = file
    this.clusterSize = header.clusterSize
    this.width = refcountWidth(header.refcountOrder)
    this.perBlock = 2 ** (header.clusterBits + 3 - header.refcountOrder)
    this.table = table
    this.tableOffset = header.refcountTableOffset
    this.most = Math.max(CACHE_LEAST, CACHE_BYTES / header.clusterSize)
  }

  /** The block of a cluster; undefined where the table has none: all its refcounts are 0. */
  load(index: number): Promise<ImageResult<RefcountBlock | undefined>> {
    const block = this.blocks.get(index)
    if (block) {
      this.blocks.delete(index)
      this.blocks.set(index, block)
      return Promise.resolve(ok(block))
    }
    const offset = this.table[index] ?? 0
    if (offset === 0) return Promise.resolve(ok(undefined))
    const under = this.loading.get(index)
    if (under) return under
    const loading = this.read(index, offset).then((read) => {
      this.loading.delete(index)
      if (read.ok && read.value) this.add(read.value)
      return read
    })
    this.loading.set(index, loading)
    return loading
  }

  block(index: number, offset: number, bytes: Uint8Array): RefcountBlock {
    return new RefcountBlock(index, offset, bytes, this.perBlock / this.clusterSize)
  }

  add(block: RefcountBlock): void {
    this.blocks.set(block.index, block)
    if (this.blocks.size <= this.most) return
    for (const [index, old] of this.blocks) {
      if (old.dirty || old === block) continue
      this.blocks.delete(index)
      if (this.blocks.size <= this.most) break
    }
  }

  forget(index: number): void {
    this.blocks.delete(index)
  }

  async get(cluster: number): Promise<ImageResult<number>> {
    const block = await this.load(Math.floor(cluster / this.perBlock))
    if (!block.ok) return block
    return ok(block.value ? this.width.get(block.value.bytes, cluster % this.perBlock) : 0)
  }

  /** As get, if that needs no reading. */
  peek(cluster: number): ImageResult<number> | undefined {
    const block = this.blocks.get(Math.floor(cluster / this.perBlock))
    return block ? ok(this.width.get(block.bytes, cluster % this.perBlock)) : undefined
  }

  /** Sets a run of refcounts in memory; the blocks must exist. */
  async set(first: number, count: number, value: number): Promise<ImageResult<void>> {
    for (let cluster = first; cluster < first + count; ) {
      const index = Math.floor(cluster / this.perBlock)
      const block = await this.load(index)
      if (!block.ok) return block
      if (!block.value) return fail('corrupt', `${this.file.path} has no refcount block for its cluster ${cluster}.`)
      const end = Math.min(first + count, (index + 1) * this.perBlock)
      block.value.mark(cluster % this.perBlock, end - index * this.perBlock)
      for (; cluster < end; cluster++) this.width.set(block.value.bytes, cluster % this.perBlock, value)
    }
    return ok(undefined)
  }

  async writeDirty(): Promise<ImageResult<void>> {
    for (const block of [...this.blocks.values()]) {
      if (!block.dirty) continue
      const { dirtyFrom, dirtyTo } = block
      block.clean()
      const done = await this.file.write(block.offset + dirtyFrom, [block.bytes.slice(dirtyFrom, dirtyTo)])
      if (!done.ok) {
        block.markBytes(dirtyFrom, dirtyTo)
        return done
      }
    }
    return ok(undefined)
  }

  private async read(index: number, offset: number): Promise<ImageResult<RefcountBlock | undefined>> {
    const { clusterSize, file } = this
    if (offset % clusterSize !== 0 || offset + clusterSize >= file.size + clusterSize) {
      return fail('corrupt', `${file.path} has a refcount block at ${offset}, where none can be.`)
    }
    const bytes = new Uint8Array(clusterSize)
    const read = await file.read(offset, [bytes])
    return read.ok ? ok(this.block(index, offset, bytes)) : read
  }
}

export async function readRefcountTable(file: File, header: Header): Promise<ImageResult<Float64Array>> {
  const bytes = new Uint8Array(header.refcountTableClusters * header.clusterSize)
  const read = await file.read(header.refcountTableOffset, [bytes])
  if (!read.ok) return read
  const view = viewOf(bytes)
  const table = new Float64Array(bytes.length / 8)
  for (let i = 0; i < table.length; i++) {
    // The low nine bits are reserved.
    const offset = u64(view, 8 * i)
    table[i] = Number.isFinite(offset) ? offset - (offset % 512) : offset
  }
  return ok(table)
}
