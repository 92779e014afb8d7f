// Mends refcounts. Leaks alone: the counts are lowered in place. Otherwise all refcount structures are made anew behind
// everything that is in use, synced, and then the header is switched to them, so a crash leaves the old ones or the new ones.
// What a damaged table has lost is not found again: entries that refer to nowhere stay errors.
// Invariant: nobody else has the image open. Runs in: the image's thread.
import { ok } from '../../public/result'
import { fail, type ImageResult } from '../error'
import type { File } from '../file'
import { due, turn } from '../turn'
import { setU64, viewOf } from '../views'
import { type Comparison, compareRefcounts } from './check'
import { AT, type Header, INCOMPATIBLE, readHeader } from './header'
import { refcountWidth } from './refcount-bits'
import { Refcounts, readRefcountTable } from './refcounts'
import { countReferences, type References } from './references'

/** `leaks`: room that is counted and not used is freed, nothing else is changed. */
export type Repair = 'leaks' | 'all'

export async function repairQcow2(file: File, repair: Repair, signal?: AbortSignal): Promise<ImageResult<void>> {
  const header = await readHeader(file)
  if (!header.ok) return header
  const compared = await compareRefcounts(file, header.value, signal)
  if (!compared.ok) return compared
  const { rebuild } = compared.value
  if (repair === 'leaks') return rebuild ? ok(undefined) : lowerLeaks(file, header.value, compared.value)
  const counted = rebuild ? await rebuildRefcounts(file, header.value) : await lowerLeaks(file, header.value, compared.value)
  if (!counted.ok) return counted
  // Flags are judged again: with new counts others may be wrong.
  const now = await readHeader(file)
  if (!now.ok) return now
  const again = await compareRefcounts(file, now.value, signal)
  if (!again.ok) return again
  const flagged = await mendFlags(file, again.value)
  if (!flagged.ok) return flagged
  const left = await compareRefcounts(file, now.value, signal)
  if (!left.ok) return left
  const first = left.value.report.errors[0]
  if (first !== undefined) return fail('corrupt', `${file.path} cannot be repaired wholly: ${first}.`)
  return now.value.version === 3 ? clearMarks(file, now.value) : ok(undefined)
}

async function lowerLeaks(file: File, header: Header, { leaked }: Comparison): Promise<ImageResult<void>> {
  if (leaked.length === 0) return ok(undefined)
  const table = await readRefcountTable(file, header)
  if (!table.ok) return table
  const refcounts = new Refcounts(file, header, table.value)
  for (const { cluster, count, references } of leaked) {
    const done = await refcounts.set(cluster, count, references)
    if (!done.ok) return done
  }
  const written = await refcounts.writeDirty()
  return written.ok ? file.sync() : written
}

async function rebuildRefcounts(file: File, header: Header): Promise<ImageResult<void>> {
  const counted = await countReferences(file, header, { refcountStructures: undefined })
  if (!counted.ok) return counted
  const { references } = counted.value
  const { clusterSize } = header
  const width = refcountWidth(header.refcountOrder)
  const perBlock = 2 ** (header.clusterBits + 3 - header.refcountOrder)
  const start = Math.max(references.end, Math.ceil(file.size / clusterSize))
  // Blocks for all clusters in use and for the new structures themselves; ranges without references have none.
  let blocks: number[] = []
  let tableClusters = 1
  for (;;) {
    const end = start + blocks.length + tableClusters
    const needed = await neededBlocks(references, perBlock, start, end)
    const table = Math.ceil((8 * Math.ceil(end / perBlock)) / clusterSize)
    if (needed.length === blocks.length && table <= tableClusters) break
    blocks = needed
    tableClusters = Math.max(table, tableClusters)
  }
  const end = start + blocks.length + tableClusters
  const table = new Uint8Array(tableClusters * clusterSize)
  const longer = await file.truncate(end * clusterSize)
  if (!longer.ok) return longer
  for (const [i, index] of blocks.entries()) {
    const bytes = new Uint8Array(clusterSize)
    for (let at = 0; at < perBlock; at++) {
      if (due(at)) await turn()
      const cluster = index * perBlock + at
      const count = cluster >= start && cluster < end ? 1 : references.get(cluster)
      if (count > width.most) return fail('corrupt', `${file.path} uses cluster ${cluster} more often than it can count.`)
      if (count > 0) width.set(bytes, at, count)
    }
    const written = await file.write((start + i) * clusterSize, [bytes])
    if (!written.ok) return written
    setU64(viewOf(table), 8 * index, (start + i) * clusterSize)
  }
  const tableOffset = (start + blocks.length) * clusterSize
  const written = await file.write(tableOffset, [table])
  if (!written.ok) return written
  const synced = await file.sync()
  if (!synced.ok) return synced
  const fields = new Uint8Array(12)
  setU64(viewOf(fields), 0, tableOffset)
  viewOf(fields).setUint32(8, tableClusters)
  const switched = await file.write(AT.refcountTableOffset, [fields])
  return switched.ok ? file.sync() : switched
}

/** Indexes of the blocks that count anything: clusters in use, and the new structures in [start, end). */
async function neededBlocks(references: References, perBlock: number, start: number, end: number): Promise<number[]> {
  const needed = new Set<number>()
  let looked = 0
  for (const [first, counts] of references.parts()) {
    for (let i = 0; i < counts.length; i++) if (counts[i]) needed.add(Math.floor((first + i) / perBlock))
    if (++looked % 4 === 0) await turn()
  }
  for (let index = Math.floor(start / perBlock); index * perBlock < end; index++) needed.add(index)
  return [...needed].sort((a, b) => a - b)
}

async function mendFlags(file: File, { wrongFlags }: Comparison): Promise<ImageResult<void>> {
  for (const { at, should } of wrongFlags) {
    const first = new Uint8Array(1)
    const read = await file.read(at, [first])
    if (!read.ok) return read
    first[0] = ((first[0] ?? 0) & 0x7f) | (should ? 0x80 : 0)
    const written = await file.write(at, [first])
    if (!written.ok) return written
  }
  return wrongFlags.length > 0 ? file.sync() : ok(undefined)
}

async function clearMarks(file: File, header: Header): Promise<ImageResult<void>> {
  const value = header.incompatible & ~(INCOMPATIBLE.dirty | INCOMPATIBLE.corrupt)
  if (value === header.incompatible) return ok(undefined)
  const bytes = new Uint8Array(8)
  setU64(viewOf(bytes), 0, value)
  const written = await file.write(AT.incompatible, [bytes])
  return written.ok ? file.sync() : written
}
