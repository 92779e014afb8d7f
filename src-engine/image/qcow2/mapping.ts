// Where a guest's bytes are: L1, then L2, then runs of units mapped alike and next to each other.
// Spec: QEMU docs/interop/qcow2.txt, "Cluster mapping" and "Extended L2 entries".
// Invariant: nothing here waits when the L2 table is in the cache (locate answers at once). Runs in: the image's thread.
import { fail, type ImageResult } from '../error'
import { COMPRESSED, COPIED, hostOffset, ZERO } from './entry'
import type { State } from './state'
import type { L2Table } from './tables'

export type Mapping =
  /** Never written here: from the backing image, or zeroes. */
  | { readonly kind: 'unallocated'; readonly length: number }
  | { readonly kind: 'zero'; readonly length: number }
  /** `copied`: may be written in place. */
  | { readonly kind: 'data'; readonly length: number; readonly host: number; readonly copied: boolean }
  /** One cluster; `at` is the offset of the range in it. */
  | { readonly kind: 'compressed'; readonly length: number; readonly high: number; readonly low: number; readonly at: number }
  | { readonly kind: 'corrupt'; readonly length: number }

const KINDS = ['unallocated', 'zero', 'data', 'compressed', 'corrupt'] as const
type UnitKind = 0 | 1 | 2 | 3 | 4

/** The kind of one unit of a table; `unitHost` is its place for data. Two calls, so that nothing is allocated in the loop. */
export function unitKind(state: State, table: L2Table, unit: number): UnitKind {
  const { header } = state
  const { view } = table
  if (!header.extendedL2) {
    const high = view.getUint32(8 * unit)
    const low = view.getUint32(8 * unit + 4)
    if (high & COMPRESSED) return header.hasDataFile ? 4 : 3
    if (low & ZERO && header.version === 3) return 1
    return dataKind(state, high, low)
  }
  const at = 16 * Math.floor(unit / 32)
  const high = view.getUint32(at)
  if (high & COMPRESSED) return header.hasDataFile ? 4 : 3
  const bit = unit % 32
  if ((view.getUint32(at + 8) >>> bit) & 1) return 1
  if (((view.getUint32(at + 12) >>> bit) & 1) === 0) return 0
  const kind = dataKind(state, high, view.getUint32(at + 4))
  return kind === 0 ? 4 : kind
}

function dataKind(state: State, high: number, low: number): UnitKind {
  const host = hostOffset(high, low)
  if (host === 0 && !(state.header.hasDataFile && high & COPIED)) return 0
  return host % state.clusterSize === 0 && host <= Number.MAX_SAFE_INTEGER ? 2 : 4
}

export function unitHost(state: State, table: L2Table, unit: number): number {
  const { view } = table
  if (!state.header.extendedL2) return hostOffset(view.getUint32(8 * unit), view.getUint32(8 * unit + 4))
  const at = 16 * Math.floor(unit / 32)
  return hostOffset(view.getUint32(at), view.getUint32(at + 4)) + (unit % 32) * state.unit
}

/** High half of the entry that a unit belongs to. */
export function entryHigh(state: State, table: L2Table, unit: number): number {
  return table.view.getUint32(state.header.extendedL2 ? 16 * Math.floor(unit / 32) : 8 * unit)
}

/** The first run of [offset, offset + most), by a table that maps its start. */
export function mapRun(state: State, table: L2Table, offset: number, most: number): Mapping {
  const { unit, clusterSize } = state
  const inTable = offset % state.tables.span
  const first = Math.floor(inTable / unit)
  const limit = Math.min(most, state.tables.span - inTable)
  const kind = unitKind(state, table, first)
  if (kind === 3) {
    const at = offset % clusterSize
    const entry = state.tables.entrySize * Math.floor(inTable / clusterSize)
    const length = Math.min(limit, clusterSize - at)
    return {
      kind: 'compressed',
      length,
      at,
      high: table.view.getUint32(entry),
      low: table.view.getUint32(entry + 4),
    }
  }
  const copied = kind === 2 && (entryHigh(state, table, first) & COPIED) !== 0
  const host = kind === 2 ? unitHost(state, table, first) : 0
  let next = first + 1
  let covered = unit - (inTable % unit)
  while (covered < limit && unitKind(state, table, next) === kind) {
    if (kind === 2) {
      if (unitHost(state, table, next) !== host + (next - first) * unit) break
      if (((entryHigh(state, table, next) & COPIED) !== 0) !== copied) break
    }
    covered += unit
    next++
  }
  const length = Math.min(covered, limit)
  if (kind === 2) return { kind: 'data', length, host: host + (inTable % unit), copied }
  const name = KINDS[kind]
  return name === 'zero' || name === 'unallocated' ? { kind: name, length } : { kind: 'corrupt', length }
}

/** As mapRun, finding the table; a promise only when the table must be read. */
export function locate(state: State, offset: number, most: number): Mapping | Promise<ImageResult<Mapping>> {
  const { tables } = state
  const l1Index = Math.floor(offset / tables.span)
  const at = tables.l2Offset(l1Index)
  if (at === 0) return { kind: 'unallocated', length: Math.min(most, tables.span - (offset % tables.span)) }
  const table = tables.cached(at)
  if (table) return mapRun(state, table, offset, most)
  return tables.load(at).then((loaded): ImageResult<Mapping> => {
    return loaded.ok ? { ok: true, value: mapRun(state, loaded.value, offset, most) } : loaded
  })
}

export function corrupt(state: State, offset: number) {
  return fail('corrupt', `${state.file.path} has a damaged table entry for the bytes at ${offset}.`)
}
