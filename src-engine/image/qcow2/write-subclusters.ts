// Writing with extended L2 entries: one cluster, of which only the subclusters touched are filled and linked.
// What a subcluster's place held before is unknown, so data are always synced before the bits that show them.
// Spec: QEMU docs/interop/qcow2.txt, "Extended L2 entries". Invariant: as in write.ts. Runs in: the image's thread.
import { ok } from '../../public/result'
import type { ImageResult } from '../error'
import { lengthOf, type ViewList } from '../views'
import { COMPRESSED, COPIED, hostOffset } from './entry'
import { corrupt, unitKind } from './mapping'
import { oldReferences } from './old-references'
import { readGuest } from './read'
import type { State } from './state'
import type { L2Table } from './tables'

export async function writeSubclusters(
  state: State,
  table: L2Table,
  offset: number,
  views: ViewList,
): Promise<ImageResult<void>> {
  const { clusterSize, unit, header } = state
  const inCluster = offset % clusterSize
  const start = offset - inCluster
  const index = Math.floor((start % state.tables.span) / clusterSize)
  const high = table.view.getUint32(16 * index)
  const old = high & COMPRESSED ? 0 : hostOffset(high, table.view.getUint32(16 * index + 4))
  const ours = (high & COPIED) !== 0 && !(high & COMPRESSED) && (old !== 0 || header.hasDataFile)
  if (ours && !header.hasDataFile && (old % clusterSize !== 0 || old >= state.file.size)) return corrupt(state, offset)
  // A compressed or shared cluster is copied whole.
  const whole = !ours && (old !== 0 || (high & COMPRESSED) !== 0)
  const end = inCluster + lengthOf(views)
  const from = whole ? 0 : Math.floor(inCluster / unit)
  const to = whole ? 32 : Math.ceil(end / unit)

  // What the write leaves out of its first and last subcluster is kept, unless it is in its place already.
  const inPlace = (subcluster: number) => ours && unitKind(state, table, 32 * index + subcluster) === 2
  const headFrom = inPlace(from) ? inCluster : from * unit
  const tailTo = inPlace(to - 1) ? end : to * unit
  const before = await oldContents(state, start, headFrom, inCluster)
  if (!before.ok) return before
  const after = await oldContents(state, start, end, tailTo)
  if (!after.ok) return after

  let host = ours ? old : start
  let taken: number | undefined
  if (!ours && !header.hasDataFile) {
    const run = await state.reserve.take(1, true)
    if (!run.ok) return run
    taken = run.value.cluster
    host = taken * clusterSize
  }
  const bytes = [...(before.value.length > 0 ? [before.value] : []), ...views, ...(after.value.length > 0 ? [after.value] : [])]
  const written = await state.data.write(host + inCluster - before.value.length, bytes)
  const safe = written.ok ? await state.sync.barrier() : written
  if (!safe.ok) {
    if (taken !== undefined) state.reserve.give(taken, 1)
    return safe
  }
  const freed = ours ? [] : oldReferences(state, table, index, 1, -1)
  const touched = to - from === 32 ? 0xffff_ffff : ((2 ** (to - from) - 1) * 2 ** from) >>> 0
  const { view } = table
  view.setUint32(16 * index, (COPIED | Math.floor(host / 0x1_0000_0000)) >>> 0)
  view.setUint32(16 * index + 4, host % 0x1_0000_0000)
  view.setUint32(16 * index + 8, (view.getUint32(16 * index + 8) & ~touched) >>> 0)
  view.setUint32(16 * index + 12, (view.getUint32(16 * index + 12) | touched) >>> 0)
  table.mark(16 * index, 16 * index + 16)
  const linked = await state.tables.writeOut(table)
  if (linked.ok) for (const cluster of freed) state.frees.add(cluster, 1)
  return linked
}

/** Old contents of [from, to) of the cluster at `start`; beyond the end of the disk zeroes. */
async function oldContents(state: State, start: number, from: number, to: number): Promise<ImageResult<Uint8Array>> {
  const bytes = new Uint8Array(to - from)
  const there = Math.min(to - from, Math.max(state.header.size - start - from, 0))
  if (there === 0) return ok(bytes)
  const read = await readGuest(state, start + from, [bytes.subarray(0, there)])
  return read.ok ? ok(bytes) : read
}
