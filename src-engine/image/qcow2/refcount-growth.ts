// Makes the file longer by a batch of clusters with refcount 1, with the refcount blocks and, when it is full, the larger
// refcount table that this takes. New blocks and tables are laid at the start of the new part and are on the disk before
// anything refers to them: sync, then table entries or header, sync. A crash in between leaves leaks only.
// Runs in: the image's thread.
import { ok } from '../../public/result'
import { fail, type ImageResult } from '../error'
import type { File } from '../file'
import type { SyncGroup } from '../sync-group'
import { setU64, viewOf } from '../views'
import { AT, type Header } from './header'
import type { RefcountBlock, Refcounts } from './refcounts'

/** Host offsets have 56 bits, and file sizes in our numbers 53. */
const MOST_BYTES = 2 ** 52

/** Blocks beyond the end of the file that are looked into; an image with more is no work of a sane writer. */
const BLOCKS_BEYOND = 64

export interface GrowthParts {
  readonly file: File
  readonly header: Header
  readonly refcounts: Refcounts
  readonly sync: SyncGroup
  /** Clusters of a refcount table that was replaced. */
  readonly released: (cluster: number, count: number) => void
}

interface Plan {
  readonly start: number
  readonly total: number
  /** Indexes of the blocks to be made; their clusters follow `start`. */
  readonly blocks: readonly number[]
  /** Clusters of a new refcount table after the blocks; 0 when the old one serves. */
  readonly tableClusters: number
}

export async function growRefcounts(
  parts: GrowthParts,
  wanted: number,
): Promise<ImageResult<{ readonly cluster: number; readonly count: number }>> {
  const { file, refcounts, header } = parts
  const start = await firstFree(parts)
  if (!start.ok) return start
  const plan = planGrowth(parts, start.value, wanted)
  const end = plan.start + plan.total
  if (end * header.clusterSize > MOST_BYTES) return fail('no-space', `${file.path} cannot become any larger.`)
  const longer = await file.truncate(end * header.clusterSize)
  if (!longer.ok) return longer

  plan.blocks.forEach((index, i) => {
    const offset = (plan.start + i) * header.clusterSize
    const block = refcounts.block(index, offset, new Uint8Array(header.clusterSize))
    block.markBytes(0, header.clusterSize)
    refcounts.add(block)
  })
  const linked = await linkGrowth(parts, plan)
  if (!linked.ok) {
    // As before: the blocks that were there get their zeroes back, the new ones never were.
    for (const index of plan.blocks) refcounts.forget(index)
    await unset(parts, plan)
    await file.truncate(plan.start * header.clusterSize)
    return linked
  }
  // From here on the file refers to the new part: it stays, also when nobody knows whether that is on the disk.
  const safe = plan.blocks.length > 0 ? await parts.sync.barrier() : linked
  if (!safe.ok) return safe
  const used = plan.blocks.length + plan.tableClusters
  return ok({ cluster: plan.start + used, count: plan.total - used })
}

/** Lays the new part and has it on the disk, then has the table, or the header, refer to it. */
async function linkGrowth(parts: GrowthParts, plan: Plan): Promise<ImageResult<void>> {
  const { file, refcounts, sync, header } = parts
  const set = await refcounts.set(plan.start, plan.total, 1)
  if (!set.ok) return set
  const written = await refcounts.writeDirty()
  if (!written.ok) return written
  const offsets = plan.blocks.map((_, i) => (plan.start + i) * header.clusterSize)

  if (plan.tableClusters === 0) {
    const synced = await sync.barrier()
    if (!synced.ok || plan.blocks.length === 0) return synced
    const first = plan.blocks[0] ?? 0
    const last = plan.blocks[plan.blocks.length - 1] ?? first
    const table = refcounts.table.slice(first, last + 1)
    plan.blocks.forEach((index, i) => {
      table[index - first] = offsets[i] ?? 0
    })
    const linked = await file.write(refcounts.tableOffset + 8 * first, [encode(table)])
    if (linked.ok) refcounts.table.set(table, first)
    return linked
  }

  const table = new Float64Array((plan.tableClusters * header.clusterSize) / 8)
  table.set(refcounts.table)
  plan.blocks.forEach((index, i) => {
    table[index] = offsets[i] ?? 0
  })
  const tableOffset = (plan.start + plan.blocks.length) * header.clusterSize
  const laid = await file.write(tableOffset, [encode(table)])
  if (!laid.ok) return laid
  const synced = await sync.barrier()
  if (!synced.ok) return synced
  const fields = new Uint8Array(12)
  setU64(viewOf(fields), 0, tableOffset)
  viewOf(fields).setUint32(8, plan.tableClusters)
  const switched = await file.write(AT.refcountTableOffset, [fields])
  if (!switched.ok) return switched
  const oldCluster = refcounts.tableOffset / header.clusterSize
  const oldCount = (8 * refcounts.table.length) / header.clusterSize
  refcounts.table = table
  refcounts.tableOffset = tableOffset
  parts.released(oldCluster, oldCount)
  return switched
}

async function unset(parts: GrowthParts, plan: Plan): Promise<void> {
  const { refcounts } = parts
  const from = Math.floor(plan.start / refcounts.perBlock)
  const to = Math.floor((plan.start + plan.total - 1) / refcounts.perBlock)
  for (let index = from; index <= to; index++) {
    const block = await refcounts.load(index)
    if (!block.ok || !block.value) continue
    const first = Math.max(plan.start, index * refcounts.perBlock)
    const end = Math.min(plan.start + plan.total, (index + 1) * refcounts.perBlock)
    await refcounts.set(first, end - first, 0)
  }
}

/** The first cluster from the file's end on from which none is counted: the last one may stand beyond the end. */
async function firstFree(parts: GrowthParts): Promise<ImageResult<number>> {
  const { file, header, refcounts } = parts
  let cluster = Math.ceil(file.size / header.clusterSize)
  let looked = 0
  for (let index = Math.floor(cluster / refcounts.perBlock); index < refcounts.table.length; index++) {
    if ((refcounts.table[index] ?? 0) === 0) continue
    if (++looked > BLOCKS_BEYOND) return fail('corrupt', `${file.path} counts clusters far beyond its end.`)
    const block: ImageResult<RefcountBlock | undefined> = await refcounts.load(index)
    if (!block.ok) return block
    if (!block.value) continue
    for (let at = refcounts.perBlock - 1; at >= 0 && index * refcounts.perBlock + at >= cluster; at--) {
      if (refcounts.width.get(block.value.bytes, at) !== 0) cluster = index * refcounts.perBlock + at + 1
    }
  }
  return ok(cluster)
}

function planGrowth(parts: GrowthParts, start: number, wanted: number): Plan {
  const { refcounts, header } = parts
  const perTableCluster = header.clusterSize / 8
  let blocks: number[] = []
  let tableClusters = 0
  // What the new part needs makes it longer, which may need more: settles after a few rounds.
  for (;;) {
    const total = wanted + blocks.length + tableClusters
    const last = Math.floor((start + total - 1) / refcounts.perBlock)
    const needed: number[] = []
    for (let index = Math.floor(start / refcounts.perBlock); index <= last; index++) {
      if ((refcounts.table[index] ?? 0) === 0) needed.push(index)
    }
    const table = last < refcounts.table.length ? 0 : Math.ceil(((last + 1) * 1.5) / perTableCluster)
    if (needed.length === blocks.length && table <= tableClusters) return { start, total, blocks: needed, tableClusters }
    blocks = needed
    tableClusters = Math.max(table, tableClusters)
  }
}

function encode(table: Float64Array): Uint8Array {
  const bytes = new Uint8Array(8 * table.length)
  const view = viewOf(bytes)
  table.forEach((offset, i) => {
    setU64(view, 8 * i, offset)
  })
  return bytes
}
