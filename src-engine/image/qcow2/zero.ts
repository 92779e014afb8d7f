// Discarding and writing zeroes: whole clusters by their L2 entries, the rest by writing.
// The entry goes to the file at once; the host cluster is freed after the next sync (frees.ts). Without a zero flag (version
// 2) a cluster over a backing image cannot be unmapped without showing that image's bytes, so there it stays or is written.
// Runs in: the image's thread.
import { ok } from '../../public/result'
import type { ImageResult } from '../error'
import { due, turn } from '../turn'
import { zeroViews } from '../views'
import { COMPRESSED, COPIED, hostOffset, ZERO } from './entry'
import { AUTOCLEAR } from './header'
import { tableForWrite } from './l2-allocation'
import { locate } from './mapping'
import { oldReferences } from './old-references'
import type { State } from './state'
import type { L2Table } from './tables'
import { writeGuest } from './write'

const ZERO_CHUNK = 1024 * 1024
/** Entries changed between two turns of the event loop. */
const AT_ONCE = 4096

type Purpose = 'discard' | 'zero' | 'zero and unmap'

export async function discardGuest(state: State, offset: number, length: number): Promise<ImageResult<void>> {
  const { clusterSize, header } = state
  if (hasRawData(state)) return ok(undefined)
  const start = Math.ceil(offset / clusterSize) * clusterSize
  // The disk's last cluster may be cut short; all of it that exists is enough.
  const end = offset + length === header.size ? offset + length : Math.floor((offset + length) / clusterSize) * clusterSize
  return end > start ? eachTable(state, start, end, 'discard') : ok(undefined)
}

export async function zeroGuest(state: State, offset: number, length: number, unmap: boolean): Promise<ImageResult<void>> {
  const { clusterSize, header } = state
  const end = offset + length
  const start = Math.min(Math.ceil(offset / clusterSize) * clusterSize, end)
  const whole = Math.max(end === header.size ? end : Math.floor(end / clusterSize) * clusterSize, start)
  if (hasRawData(state) || (header.version === 2 && state.backing)) return writeZeroBytes(state, offset, end)
  const head = await writeZeroBytes(state, offset, start)
  if (!head.ok) return head
  const middle = await eachTable(state, start, whole, unmap ? 'zero and unmap' : 'zero')
  if (!middle.ok) return middle
  return writeZeroBytes(state, whole, end)
}

/** Whoever reads a raw data file by itself must find the same bytes there, so no table may say otherwise. */
function hasRawData({ header }: State): boolean {
  return header.hasDataFile && (header.autoclear & AUTOCLEAR.rawDataFile) !== 0
}

/** Explicit zeroes, except where there are zeroes already. */
export async function writeZeroBytes(state: State, from: number, to: number): Promise<ImageResult<void>> {
  for (let at = from; at < to; ) {
    let mapping = locate(state, at, to - at)
    if (mapping instanceof Promise) {
      const loaded = await mapping
      if (!loaded.ok) return loaded
      mapping = loaded.value
    }
    const length = Math.min(mapping.length, ZERO_CHUNK)
    if (mapping.kind !== 'zero' && !(mapping.kind === 'unallocated' && at >= state.backingSize)) {
      const done = await writeGuest(state, at, zeroViews(length))
      if (!done.ok) return done
    }
    at += length
  }
  return ok(undefined)
}

async function eachTable(state: State, from: number, to: number, purpose: Purpose): Promise<ImageResult<void>> {
  const { tables, clusterSize } = state
  let steps = 0
  for (let at = from; at < to; ) {
    if (due(steps++)) await turn()
    const l1Index = Math.floor(at / tables.span)
    const end = Math.min(to, (l1Index + 1) * tables.span, at + AT_ONCE * clusterSize)
    const nothing = tables.l2Offset(l1Index) === 0 && at >= state.backingSize
    const keep = tables.l2Offset(l1Index) === 0 && purpose === 'discard'
    if (!nothing && !keep) {
      const done = await oneTable(state, l1Index, at, end, purpose)
      if (!done.ok) return done
    }
    at = end
  }
  return ok(undefined)
}

async function oneTable(state: State, l1Index: number, from: number, to: number, purpose: Purpose): Promise<ImageResult<void>> {
  const { clusterSize, tables } = state
  const { range, wait } = state.allocating.enter(from / clusterSize, Math.ceil(to / clusterSize), true)
  if (wait) await wait
  const table = await tableForWrite(state, l1Index)
  let done: ImageResult<void> = ok(undefined)
  if (!table.ok) done = table
  else {
    const first = (from % tables.span) / clusterSize
    const count = Math.ceil((to - from) / clusterSize)
    const freed: number[] = []
    for (let index = first; index < first + count; index++) {
      const guest = l1Index * tables.span + index * clusterSize
      const old = clear(state, table.value, index, guest < state.backingSize, purpose)
      for (const cluster of old) freed.push(cluster)
    }
    done = await tables.writeOut(table.value)
    if (done.ok) for (const cluster of freed) state.frees.add(cluster, 1)
    table.value.pins--
  }
  state.allocating.leave(range)
  return done
}

/** Makes one entry read as zeroes; answers with the host clusters it referred to. */
function clear(state: State, table: L2Table, index: number, covers: boolean, purpose: Purpose): number[] {
  const { header, tables } = state
  const { view } = table
  const at = tables.entrySize * index
  const high = view.getUint32(at)
  const low = view.getUint32(at + 4)
  const used = high !== 0 || low !== 0 || (header.extendedL2 && (view.getUint32(at + 8) !== 0 || view.getUint32(at + 12) !== 0))
  if (purpose === 'discard' && !used) return []
  // Version 2 over a backing image: left as it is, a discard may be ignored. Writes of zeroes do not come here.
  if (header.version === 2 && covers) return []
  const host = high & COMPRESSED ? 0 : hostOffset(high, low)
  const stays = (purpose === 'zero' || header.hasDataFile) && host !== 0 && (high & COPIED) !== 0 && header.version === 3
  const old = stays ? [] : oldReferences(state, table, index, 1, -1)
  const flag = covers || stays
  if (header.extendedL2) {
    if (!stays) setEntry(view, at, 0, 0)
    setEntry(view, at + 8, flag ? 0xffff_ffff : 0, 0)
  } else if (header.version === 2) setEntry(view, at, 0, 0)
  else if (stays) setEntry(view, at, high, (low | ZERO) >>> 0)
  else setEntry(view, at, 0, flag ? ZERO : 0)
  table.mark(at, at + tables.entrySize)
  return old
}

function setEntry(view: DataView, at: number, high: number, low: number): void {
  view.setUint32(at, high)
  view.setUint32(at + 4, low)
}
