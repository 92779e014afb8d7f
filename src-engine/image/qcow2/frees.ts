// Clusters that lost a reference. Their refcount goes down only after a sync has brought the change of the referring table
// to the disk, and they are used again only when the reads in flight by the old mapping are over.
// Invariant: add() is called after the write that removed the reference was answered. Runs in: the image's thread.
import { ok } from '../../public/result'
import type { ImageResult } from '../error'
import type { SyncGroup } from '../sync-group'
import { due, turn } from '../turn'
import type { Epochs } from './epochs'
import type { Refcounts } from './refcounts'
import type { Reserve } from './reserve'

interface Run {
  readonly cluster: number
  count: number
}

export class Frees {
  private pending: Run[] = []
  private chain: Promise<ImageResult<void>> = Promise.resolve(ok(undefined))
  private readonly refcounts: Refcounts
  private readonly reserve: Reserve
  private readonly epochs: Epochs

  constructor(sync: SyncGroup, refcounts: Refcounts, reserve: Reserve, epochs: Epochs) {
    this.refcounts = refcounts
    this.reserve = reserve
    this.epochs = epochs
    sync.onSync(() => {
      if (this.pending.length === 0) return undefined
      const runs = this.pending
      this.pending = []
      return () => {
        this.chain = this.chain.then(async (before) => (before.ok ? this.lower(runs) : before))
      }
    })
  }

  add(cluster: number, count: number): void {
    const last = this.pending[this.pending.length - 1]
    if (last && last.cluster + last.count === cluster) last.count += count
    else this.pending.push({ cluster, count })
  }

  get waiting(): boolean {
    return this.pending.length > 0
  }

  /** Waits for what was synced to be counted. */
  settle(): Promise<ImageResult<void>> {
    return this.chain
  }

  private async lower(runs: readonly Run[]): Promise<ImageResult<void>> {
    await this.epochs.drained()
    let counted = 0
    for (const run of runs) {
      for (let cluster = run.cluster; cluster < run.cluster + run.count; cluster++) {
        if (due(counted++)) {
          await turn()
          const trimmed = await this.reserve.trim()
          if (!trimmed.ok) return trimmed
        }
        const count = this.refcounts.peek(cluster) ?? (await this.refcounts.get(cluster))
        if (!count.ok) return count
        // An image whose counts were wrong before: what is counted as free stays out of use.
        if (count.value === 0) continue
        if (count.value === 1) this.reserve.give(cluster, 1)
        else {
          const set = await this.refcounts.set(cluster, 1, count.value - 1)
          if (!set.ok) return set
        }
      }
    }
    return this.reserve.trim()
  }
}
