// L2 tables for writing: made where there is none, copied where a snapshot shares it.
// A new empty table lies in a cluster that reads as zeroes on the disk, so linking it needs no sync: if a crash keeps the
// link alone, it maps nothing, as before. A copy is synced before the link.
// Invariant: one at a time per L1 index; the table comes back pinned. Runs in: the image's thread.
import { ok } from '../../public/result'
import { fail, type ImageResult } from '../error'
import { zeroViews } from '../views'
import { COPIED, hostOffset } from './entry'
import type { State } from './state'
import { L2Table } from './tables'

export async function tableForWrite(state: State, l1Index: number): Promise<ImageResult<L2Table>> {
  const before = state.makingTables.get(l1Index)
  if (before) await before
  const making = state.makingTables.get(l1Index) ?? start(state, l1Index)
  const made = await making
  if (made.ok) made.value.pins++
  return made
}

function start(state: State, l1Index: number): Promise<ImageResult<L2Table>> {
  const making = find(state, l1Index).then((made) => {
    state.makingTables.delete(l1Index)
    return made
  })
  state.makingTables.set(l1Index, making)
  return making
}

async function find(state: State, l1Index: number): Promise<ImageResult<L2Table>> {
  const { tables } = state
  const at = 8 * l1Index
  if (at >= tables.l1.length) return fail('corrupt', `${state.file.path} has too short an L1 table.`)
  const high = tables.l1View.getUint32(at)
  const old = hostOffset(high, tables.l1View.getUint32(at + 4))
  if (old !== 0 && high & COPIED) return tables.load(old)

  let bytes = new Uint8Array(state.clusterSize)
  if (old !== 0) {
    const shared = await tables.load(old)
    if (!shared.ok) return shared
    bytes = shared.value.bytes.slice()
  }
  const taken = await state.reserve.take(1, old !== 0)
  if (!taken.ok) return taken
  const { cluster, fresh } = taken.value
  const offset = cluster * state.clusterSize
  const linked = await link(state, l1Index, offset, old === 0 && fresh ? undefined : old === 0 ? 'zero' : bytes)
  if (!linked.ok) {
    state.reserve.give(cluster, 1)
    return linked
  }
  const table = new L2Table(offset, bytes)
  tables.add(table)
  if (old !== 0) {
    tables.forget(old)
    state.frees.add(old / state.clusterSize, 1)
  }
  return ok(table)
}

async function link(
  state: State,
  l1Index: number,
  offset: number,
  contents: Uint8Array | 'zero' | undefined,
): Promise<ImageResult<void>> {
  if (contents !== undefined) {
    const written = await state.file.write(offset, contents === 'zero' ? zeroViews(state.clusterSize) : [contents])
    if (!written.ok) return written
    const synced = await state.sync.barrier()
    if (!synced.ok) return synced
  }
  return state.tables.writeL1(l1Index, (COPIED | Math.floor(offset / 0x1_0000_0000)) >>> 0, offset % 0x1_0000_0000)
}
