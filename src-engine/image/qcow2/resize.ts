// Changing the size of the disk. A larger L1 table is written and synced before the header names it; the header's fields from
// the size to the L1 table's offset lie in one sector and change by one write. Bytes that appear read as zeroes, whatever a
// longer backing image or the rest of the last cluster has there. Runs in: the image's thread, with no request in flight.
import { ok } from '../../public/result'
import { fail, type ImageResult } from '../error'
import { setU64, viewOf } from '../views'
import { AT } from './header'
import type { State } from './state'
import { discardGuest, writeZeroBytes, zeroGuest } from './zero'

const L1_LIMIT = 32 * 1024 * 1024

export async function resizeQcow2(state: State, size: number): Promise<ImageResult<void>> {
  const old = state.header.size
  if (size === old) return ok(undefined)
  if (state.header.hasDataFile) {
    const done = await state.data.truncate(size)
    if (!done.ok) return done
  }
  if (size < old) {
    const from = Math.min(Math.ceil(size / state.clusterSize) * state.clusterSize, old)
    const done = from < old ? await discardGuest(state, from, old - from) : ok(undefined)
    return done.ok ? setSize(state, size) : done
  }
  const covered = Math.min(size, state.backingSize)
  if (covered > old && state.header.version === 2) {
    return fail('unsupported', `${state.file.path} is of version 2 and cannot hide the longer backing file: it cannot grow.`)
  }
  const entries = Math.ceil(size / state.tables.span)
  if (entries * 8 > L1_LIMIT) return fail('unsupported', `${state.file.path} cannot map ${size} bytes with its clusters.`)
  if (entries * 8 > state.tables.l1.length) {
    const done = await growL1(state, entries)
    if (!done.ok) return done
  }
  const set = await setSize(state, size)
  if (!set.ok) return set
  const clusterEnd = Math.min(Math.ceil(old / state.clusterSize) * state.clusterSize, size)
  const rest = await writeZeroBytes(state, old, clusterEnd)
  if (!rest.ok) return rest
  const hidden = covered > clusterEnd ? await zeroGuest(state, clusterEnd, covered - clusterEnd, true) : ok(undefined)
  return hidden.ok ? state.sync.barrier() : hidden
}

async function setSize(state: State, size: number): Promise<ImageResult<void>> {
  const { tables } = state
  const fields = new Uint8Array(24)
  const view = viewOf(fields)
  setU64(view, AT.size - AT.size, size)
  view.setUint32(AT.l1Size - AT.size, tables.l1.length / 8)
  setU64(view, AT.l1Offset - AT.size, tables.l1Offset)
  const before = await state.sync.barrier()
  if (!before.ok) return before
  const written = await state.file.write(AT.size, [fields])
  if (!written.ok) return written
  state.header = { ...state.header, size, l1Size: tables.l1.length / 8, l1Offset: tables.l1Offset }
  return state.sync.barrier()
}

async function growL1(state: State, entries: number): Promise<ImageResult<void>> {
  const { tables, clusterSize } = state
  const l1 = new Uint8Array(entries * 8)
  l1.set(tables.l1)
  const taken = await state.reserve.takeRow(Math.ceil(l1.length / clusterSize))
  if (!taken.ok) return taken
  const offset = taken.value.cluster * clusterSize
  const written = await state.file.write(offset, [l1])
  const synced = written.ok ? await state.sync.barrier() : written
  if (!synced.ok) {
    state.reserve.give(taken.value.cluster, taken.value.count)
    return synced
  }
  const oldOffset = tables.l1Offset
  const oldClusters = Math.ceil(tables.l1.length / clusterSize)
  tables.l1 = l1
  tables.l1View = viewOf(l1)
  tables.l1Offset = offset
  const set = await setSize(state, state.header.size)
  if (set.ok && oldClusters > 0) state.frees.add(oldOffset / clusterSize, oldClusters)
  return set
}
