// Walks one tree of tables, from an L1 table to every entry in use, straight from the file. The event loop gets its turn after
// each table. Runs in: the image's thread, with nobody writing.
import { ok } from '../../public/result'
import { fail, type ImageResult } from '../error'
import type { File } from '../file'
import { due, turn } from '../turn'
import { viewOf } from '../views'
import { COMPRESSED, COPIED, compressedAt, hostOffset, ZERO } from './entry'
import type { Header } from './header'

export interface Visitor {
  /** An L2 table at `offset`, named by the L1 entry at `at`. */
  table(at: number, offset: number, copied: boolean): void
  /** Whether the entries of this table are visited now. Without: once in this walk. */
  into?(offset: number): boolean
  /** A data cluster of the image's own file. */
  cluster(at: number, host: number, copied: boolean): void
  compressed?(host: number, length: number): void
  /** A sentence about an entry that refers to nowhere; it is not visited. */
  wrong?(text: string): void
  /** After each L2 table. */
  each?(): Promise<ImageResult<void>>
  readonly signal?: AbortSignal | undefined
}

export async function walkTree(
  file: File,
  header: Header,
  l1Offset: number,
  l1Size: number,
  visitor: Visitor,
): Promise<ImageResult<void>> {
  const l1 = new Uint8Array(8 * l1Size)
  const read = await file.read(l1Offset, [l1])
  if (!read.ok) return read
  const view = viewOf(l1)
  const table = new Uint8Array(header.clusterSize)
  const seen = new Set<number>()
  const into =
    visitor.into ??
    ((offset: number) => {
      // Twice in one tree is an error that the refcounts show; walking it twice could go on for ever.
      if (seen.has(offset)) return false
      seen.add(offset)
      return true
    })
  for (let i = 0; i < l1Size; i++) {
    if (due(i)) await turn()
    const high = view.getUint32(8 * i)
    const offset = hostOffset(high, view.getUint32(8 * i + 4))
    if (offset === 0) continue
    if (visitor.signal?.aborted) return fail('cancelled', `The walk through ${file.path} was called off.`)
    if (offset % header.clusterSize !== 0 || offset >= file.size) {
      visitor.wrong?.(`L1 entry ${i} refers to ${offset}, where no table can be`)
      continue
    }
    visitor.table(l1Offset + 8 * i, offset, (high & COPIED) !== 0)
    if (!into(offset)) continue
    const walked = await walkTable(file, header, offset, table, visitor)
    if (!walked.ok) return walked
    const each = await visitor.each?.()
    if (each && !each.ok) return each
    await turn()
  }
  return ok(undefined)
}

/** The entries of the L2 table at `offset`; `bytes` is room for it. */
export async function walkTable(
  file: File,
  header: Header,
  offset: number,
  bytes: Uint8Array,
  visitor: Omit<Visitor, 'table'>,
): Promise<ImageResult<void>> {
  const read = await file.read(offset, [bytes])
  if (!read.ok) return read
  const size = header.extendedL2 ? 16 : 8
  const view = viewOf(bytes)
  for (let at = 0; at < bytes.length; at += size) {
    if (due(at / size)) await turn()
    const high = view.getUint32(at)
    const low = view.getUint32(at + 4)
    if (high === 0 && low === 0) continue
    if (high & COMPRESSED) {
      const { host, length } = compressedAt(high, low, header.clusterBits)
      if (high & COPIED) visitor.wrong?.(`the compressed cluster at ${host} is marked as ours alone`)
      visitor.compressed?.(host, length)
      continue
    }
    const host = hostOffset(high, (low & ~ZERO) >>> 0)
    // External data are not counted; QEMU does not count them either.
    if (host === 0 || header.hasDataFile) continue
    if (host % header.clusterSize !== 0) visitor.wrong?.(`the L2 entry at ${offset + at} refers to ${host}, no cluster's start`)
    else visitor.cluster(offset + at, host, (high & COPIED) !== 0)
  }
  return ok(undefined)
}
