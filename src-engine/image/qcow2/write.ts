// Writing. Where clusters are mapped and ours alone the bytes go straight there. Elsewhere clusters are taken from the
// reserve, filled with what the write does not cover, written, and then linked in the L2 table:
// - If the old contents read as zeroes and the new clusters do too on the disk (fresh), the link is written at once: a crash
//   that keeps the link and loses data leaves zeroes, as before.
// - Otherwise the data are synced before the link, together with whoever else waits for a sync.
// Invariant: of one cluster only one request changes the mapping at a time (state.allocating).
// Runs in: the image's thread.
import { ok } from '../../public/result'
import type { ImageResult } from '../error'
import { cut, lengthOf, type ViewList } from '../views'
import { COPIED, hostOffset } from './entry'
import { tableForWrite } from './l2-allocation'
import { corrupt, locate, mapRun, unitKind } from './mapping'
import { oldReferences } from './old-references'
import { readGuest } from './read'
import type { State } from './state'
import type { L2Table } from './tables'
import { writeSubclusters } from './write-subclusters'

/** Guest bytes that one request allocates under one lock. */
const ALLOCATE_MOST = 4 * 1024 * 1024
const SIDE_BY_SIDE = 16

export async function writeGuest(state: State, offset: number, sources: ViewList): Promise<ImageResult<void>> {
  const total = lengthOf(sources)
  let first: ImageResult<void> = ok(undefined)
  let parts: Promise<ImageResult<void>>[] = []
  const settle = async () => {
    for (const done of await Promise.all(parts)) if (!done.ok && first.ok) first = done
    parts = []
  }
  for (let at = 0; at < total && first.ok; ) {
    const here = offset + at
    let mapping = locate(state, here, total - at)
    if (mapping instanceof Promise) {
      const loaded = await mapping
      if (!loaded.ok) {
        first = loaded
        break
      }
      mapping = loaded.value
    }
    if (mapping.kind === 'data' && mapping.copied) {
      parts.push(writeInPlace(state, here, mapping.host, cut(sources, at, mapping.length)))
      at += mapping.length
    } else {
      const length = Math.min(total - at, ALLOCATE_MOST, state.tables.span - (here % state.tables.span))
      parts.push(allocateAndWrite(state, here, cut(sources, at, length)))
      at += length
    }
    if (parts.length >= SIDE_BY_SIDE) await settle()
  }
  await settle()
  return first
}

export function writeInPlace(state: State, offset: number, host: number, views: ViewList): Promise<ImageResult<void>> {
  // A hostile table could name any place: the header, or petabytes beyond the end.
  const wrong = host < state.clusterSize || host > state.data.size + state.clusterSize
  if (wrong && !state.header.hasDataFile) return Promise.resolve(corrupt(state, offset))
  return state.data.write(host, views)
}

/** The range lies within one L2 table. */
async function allocateAndWrite(state: State, offset: number, views: ViewList): Promise<ImageResult<void>> {
  const { clusterSize, tables } = state
  const total = lengthOf(views)
  const { range, wait } = state.allocating.enter(
    Math.floor(offset / clusterSize),
    Math.ceil((offset + total) / clusterSize),
    true,
  )
  if (wait) await wait
  const table = await tableForWrite(state, Math.floor(offset / tables.span))
  if (!table.ok) {
    state.allocating.leave(range)
    return table
  }
  let done: ImageResult<number> = ok(0)
  for (let at = 0; at < total; at += done.value) {
    done = await step(state, table.value, offset + at, cut(views, at, total - at))
    if (!done.ok) break
  }
  table.value.pins--
  state.allocating.leave(range)
  return done.ok ? ok(undefined) : done
}

/** Writes the start of `views`; answers with how many bytes. */
async function step(state: State, table: L2Table, offset: number, views: ViewList): Promise<ImageResult<number>> {
  const total = lengthOf(views)
  const mapping = mapRun(state, table, offset, total)
  if (mapping.kind === 'corrupt') return corrupt(state, offset)
  if (mapping.kind === 'data' && mapping.copied) {
    const done = await writeInPlace(state, offset, mapping.host, cut(views, 0, mapping.length))
    return done.ok ? ok(mapping.length) : done
  }
  if (state.header.extendedL2) {
    const length = Math.min(total, state.clusterSize - (offset % state.clusterSize))
    const done = await writeSubclusters(state, table, offset, cut(views, 0, length))
    return done.ok ? ok(length) : done
  }
  return writeClusters(state, table, offset, views)
}

interface Place {
  readonly host: number
  readonly count: number
  readonly fresh: boolean
  /** Clusters that came from the reserve, to be given back when the write fails. */
  readonly cluster: number | undefined
}

async function writeClusters(state: State, table: L2Table, offset: number, views: ViewList): Promise<ImageResult<number>> {
  const { clusterSize } = state
  const total = lengthOf(views)
  const first = Math.floor((offset % state.tables.span) / clusterSize)
  const wanted = Math.ceil(((offset % clusterSize) + total) / clusterSize)
  let count = 0
  let zeroes = true
  const start = offset - (offset % clusterSize)
  for (; count < wanted; count++) {
    const kind = unitKind(state, table, first + count)
    const copied = (table.view.getUint32(8 * (first + count)) & COPIED) !== 0
    if (kind === 4 || (kind === 2 && copied)) break
    // Zeroes with a place of their own are a run by themselves: their place is used again.
    if (keepsPlace(state, table, first + count) !== keepsPlace(state, table, first)) break
    zeroes &&= kind === 1 || (kind === 0 && start + count * clusterSize >= state.backingSize)
  }
  const taken = await place(state, table, first, count, start, zeroes)
  if (!taken.ok) return taken
  const { host, fresh, cluster } = taken.value
  count = taken.value.count
  const length = Math.min(total, start + count * clusterSize - offset)
  const filled = await fill(state, start, count, offset, cut(views, 0, length), zeroes && fresh)
  if (!filled.ok) return filled
  const written = await state.data.write(host + filled.value.skip, filled.value.views)
  const safe = written.ok && !(zeroes && fresh) ? await state.sync.barrier() : written
  if (!safe.ok) {
    if (cluster !== undefined) state.reserve.give(cluster, count)
    return safe
  }
  const linked = await link(state, table, first, count, host)
  return linked.ok ? ok(length) : linked
}

/** A zero cluster that is allocated and ours (version 3 keeps its place for later writes). */
function keepsPlace(state: State, table: L2Table, index: number): boolean {
  const high = table.view.getUint32(8 * index)
  const low = table.view.getUint32(8 * index + 4)
  const host = hostOffset(high, low)
  return unitKind(state, table, index) === 1 && (high & COPIED) !== 0 && host >= state.clusterSize && host < state.data.size
}

async function place(
  state: State,
  table: L2Table,
  first: number,
  count: number,
  start: number,
  zeroes: boolean,
): Promise<ImageResult<Place>> {
  const { clusterSize } = state
  // In an external data file each cluster lies where the guest has it.
  if (state.header.hasDataFile) return ok({ host: start, count, fresh: false, cluster: undefined })
  const hostOf = (index: number) => hostOffset(table.view.getUint32(8 * index), table.view.getUint32(8 * index + 4))
  if (keepsPlace(state, table, first)) {
    const host = hostOf(first)
    if (host % clusterSize !== 0) return corrupt(state, start)
    let run = 1
    while (run < count && hostOf(first + run) === host + run * clusterSize) run++
    return ok({ host, count: run, fresh: false, cluster: undefined })
  }
  const taken = await state.reserve.take(count, !zeroes)
  if (!taken.ok) return taken
  const { cluster } = taken.value
  return ok({ host: cluster * clusterSize, count: taken.value.count, fresh: taken.value.fresh, cluster })
}

/** The guest's bytes with those of their first and last cluster that they leave out; `skip` where those need no writing. */
async function fill(
  state: State,
  start: number,
  count: number,
  offset: number,
  views: ViewList,
  zeroAlready: boolean,
): Promise<ImageResult<{ readonly skip: number; readonly views: ViewList }>> {
  const head = offset - start
  const end = offset + lengthOf(views)
  const tail = start + count * state.clusterSize - end
  if (zeroAlready || (head === 0 && tail === 0)) return ok({ skip: head, views })
  const before = new Uint8Array(head)
  const after = new Uint8Array(tail)
  if (head > 0) {
    const read = await readGuest(state, start, [before])
    if (!read.ok) return read
  }
  // Beyond the end of the disk there is nothing to keep.
  const keep = Math.min(tail, Math.max(state.header.size - end, 0))
  if (keep > 0) {
    const read = await readGuest(state, end, [after.subarray(0, keep)])
    if (!read.ok) return read
  }
  return ok({ skip: 0, views: [...(head > 0 ? [before] : []), ...views, ...(tail > 0 ? [after] : [])] })
}

async function link(state: State, table: L2Table, first: number, count: number, host: number): Promise<ImageResult<void>> {
  const { clusterSize } = state
  const old = oldReferences(state, table, first, count, host)
  for (let i = 0; i < count; i++) {
    const place = host + i * clusterSize
    table.view.setUint32(8 * (first + i), (COPIED | Math.floor(place / 0x1_0000_0000)) >>> 0)
    table.view.setUint32(8 * (first + i) + 4, place % 0x1_0000_0000)
  }
  table.mark(8 * first, 8 * (first + count))
  const written = await state.tables.writeOut(table)
  if (written.ok) for (const cluster of old) state.frees.add(cluster, 1)
  return written
}
