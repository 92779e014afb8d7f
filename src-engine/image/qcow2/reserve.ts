// Host clusters for allocation, set aside in batches: their refcounts are 1 on the disk before one of them is handed out, so
// that linking a cluster needs no sync of its own. A crash leaks what was set aside; a clean close gives it back.
// Two sorts: *fresh* clusters beyond the former end of the file, never written, which read as zeroes on the disk whatever a
// crash does; and *stale* ones, which hold somebody's old bytes, so their new contents must be synced before they are linked.
// Fresh ones are preferred where that spares a sync, unless much room is stale.
// Invariant: a cluster is in at most one of: the file's references, frees.ts, here. Runs in: the image's thread.
import { ok } from '../../public/result'
import type { ImageResult } from '../error'
import { type GrowthParts, growRefcounts } from './refcount-growth'

export interface ClusterRun {
  readonly cluster: number
  readonly count: number
  readonly fresh: boolean
}

/** This much stale room is left unused while fresh clusters spare a sync; of a small file an eighth. */
const STALE_IDLE = 16 * 1024 * 1024
/** Freed clusters beyond this are given back to the refcounts, to be found by scan() again. */
const STALE_MOST = 8192
const BATCH_BYTES = { first: 4 * 1024 * 1024, most: 32 * 1024 * 1024 }
const BATCH_CLUSTERS = { least: 16, most: 4096 }
/** Blocks looked through for free clusters at one refill. */
const SCAN_BLOCKS = 16

export class Reserve {
  private readonly parts: GrowthParts
  private readonly clusterSize: number
  private fresh: { cluster: number; count: number }[] = []
  private stale: number[] = []
  private batch: number
  private readonly batchMost: number
  private refilling: Promise<ImageResult<unknown>> | undefined
  /** Clusters below this have been looked through; from `scanEnd` on there is nothing but what was set aside since. */
  private scanNext = 0
  private scanEnd: number

  constructor(parts: GrowthParts) {
    this.parts = parts
    this.clusterSize = parts.header.clusterSize
    const clusters = (bytes: number) =>
      Math.min(Math.max(Math.ceil(bytes / this.clusterSize), BATCH_CLUSTERS.least), BATCH_CLUSTERS.most)
    this.batch = Math.min(clusters(BATCH_BYTES.first), 256)
    this.batchMost = clusters(BATCH_BYTES.most)
    this.scanEnd = Math.floor(parts.file.size / this.clusterSize)
  }

  /** Up to `wanted` clusters in a row. `eager`: a sync follows anyway, so stale ones are as good. */
  async take(wanted: number, eager: boolean): Promise<ImageResult<ClusterRun>> {
    for (;;) {
      const many = this.stale.length * this.clusterSize > Math.min(STALE_IDLE, this.parts.file.size / 8)
      const run = eager || many ? (this.takeStale(wanted) ?? this.takeFresh(wanted)) : this.takeFresh(wanted)
      if (run) return ok(run)
      const filled = await this.refill()
      if (!filled.ok) {
        const left = filled.error.code === 'no-space' ? (this.takeFresh(wanted) ?? this.takeStale(wanted)) : undefined
        return left ? ok(left) : filled
      }
    }
  }

  /** Exactly `count` in a row, for a table. */
  async takeRow(count: number): Promise<ImageResult<ClusterRun>> {
    while (this.refilling) await this.refilling
    const growing = growRefcounts(this.parts, count)
    this.refilling = growing.then((grown) => {
      this.refilling = undefined
      return grown
    })
    const grown = await growing
    return grown.ok ? ok({ ...grown.value, fresh: true }) : grown
  }

  /** Clusters whose refcount on the disk is 1 and which nobody refers to. */
  give(cluster: number, count: number): void {
    for (let i = 0; i < count; i++) this.stale.push(cluster + i)
  }

  /** Freed ones beyond what is kept get refcount 0. */
  async trim(): Promise<ImageResult<void>> {
    if (this.stale.length <= STALE_MOST) return ok(undefined)
    const surplus = this.stale.splice(STALE_MOST / 2)
    for (let i = 0; i < surplus.length; ) {
      const first = surplus[i] ?? 0
      let count = 1
      while (surplus[i + count] === first + count) count++
      const done = await this.parts.refcounts.set(first, count, 0)
      if (!done.ok) return done
      this.scanNext = Math.min(this.scanNext, first)
      this.scanEnd = Math.max(this.scanEnd, first + count)
      i += count
    }
    return ok(undefined)
  }

  /** At close: nothing stays set aside, and the file ends where its last used cluster does. */
  async release(): Promise<ImageResult<void>> {
    while (this.refilling) await this.refilling
    const { file, refcounts, sync } = this.parts
    const end = Math.ceil(file.size / this.clusterSize)
    let used = end
    for (const { cluster, count } of this.fresh.sort((a, b) => b.cluster - a.cluster)) {
      if (cluster + count === used) used = cluster
    }
    for (const { cluster, count } of [...this.fresh, ...this.stale.map((one) => ({ cluster: one, count: 1 }))]) {
      const done = await refcounts.set(cluster, count, 0)
      if (!done.ok) return done
    }
    this.fresh = []
    this.stale = []
    const written = await refcounts.writeDirty()
    if (!written.ok) return written
    const synced = await sync.barrier()
    if (!synced.ok || used === end) return synced
    const cut = await file.truncate(used * this.clusterSize)
    return cut.ok ? sync.barrier() : cut
  }

  private takeFresh(wanted: number): ClusterRun | undefined {
    const first = this.fresh[0]
    if (!first) return undefined
    const count = Math.min(wanted, first.count)
    const run = { cluster: first.cluster, count, fresh: true }
    first.cluster += count
    first.count -= count
    if (first.count === 0) this.fresh.shift()
    // The next batch is set aside while this one lasts.
    const left = this.fresh.reduce((sum, one) => sum + one.count, 0)
    if (left < this.batch / 4) void this.refill()
    return run
  }

  private takeStale(wanted: number): ClusterRun | undefined {
    const last = this.stale.pop()
    if (last === undefined) return undefined
    // Freed in ascending order, so a row is taken from its end.
    let first = last
    while (last - first + 1 < wanted && this.stale[this.stale.length - 1] === first - 1) {
      this.stale.pop()
      first--
    }
    return { cluster: first, count: last - first + 1, fresh: false }
  }

  private refill(): Promise<ImageResult<unknown>> {
    this.refilling ??= this.fill().then((done) => {
      this.refilling = undefined
      return done
    })
    return this.refilling
  }

  private async fill(): Promise<ImageResult<void>> {
    const scanned = await this.scan()
    if (!scanned.ok) return scanned
    const found = scanned.value
    const grown = await growRefcounts(this.parts, this.batch)
    if (!grown.ok) {
      if (found.length > 0) {
        // Their counts are in memory alone so far.
        const written = await this.parts.refcounts.writeDirty()
        const synced = written.ok ? await this.parts.sync.barrier() : written
        if (synced.ok) this.stale.unshift(...found)
      }
      return grown
    }
    this.stale.unshift(...found)
    this.fresh.push({ ...grown.value })
    this.batch = Math.min(this.batch * 2, this.batchMost)
    return ok(undefined)
  }

  /** Free clusters that the file had when it was opened, a few blocks each time, as far as they are wanted. */
  private async scan(): Promise<ImageResult<number[]>> {
    const { refcounts } = this.parts
    const found: number[] = []
    const enough = Math.ceil((2 * STALE_IDLE) / this.clusterSize) - this.stale.length
    for (let blocks = 0; blocks < SCAN_BLOCKS && this.scanNext < this.scanEnd && found.length < enough; blocks++) {
      const index = Math.floor(this.scanNext / refcounts.perBlock)
      const block = await refcounts.load(index)
      if (!block.ok) return block
      const end = Math.min((index + 1) * refcounts.perBlock, this.scanEnd)
      // Without a block all are free, but using them would take a new block first: rare, and left alone.
      for (; block.value && this.scanNext < end && found.length < enough; this.scanNext++) {
        const at = this.scanNext % refcounts.perBlock
        if (refcounts.width.get(block.value.bytes, at) !== 0) continue
        refcounts.width.set(block.value.bytes, at, 1)
        block.value.mark(at, at + 1)
        found.push(this.scanNext)
      }
      if (!block.value) this.scanNext = end
    }
    return ok(found)
  }
}
