// The table of internal snapshots, as far as the refcounts need it: where each one's L1 table is. We never change it.
// Spec: QEMU docs/interop/qcow2.txt, "Snapshots". Runs in: the image's thread.
import { ok } from '../../public/result'
import { fail, type ImageResult } from '../error'
import type { File } from '../file'
import { u64, viewOf } from '../views'
import type { Header } from './header'

export interface Snapshot {
  readonly l1Offset: number
  readonly l1Size: number
}

export interface SnapshotTable {
  readonly snapshots: readonly Snapshot[]
  /** Length of the table in bytes. */
  readonly length: number
}

const FIXED = 40
const L1_LIMIT = 32 * 1024 * 1024

export async function readSnapshots(file: File, header: Header): Promise<ImageResult<SnapshotTable>> {
  const snapshots: Snapshot[] = []
  const fixed = new Uint8Array(FIXED)
  const view = viewOf(fixed)
  let at = header.snapshotsOffset
  for (let i = 0; i < header.snapshots; i++) {
    const read = await file.read(at, [fixed])
    if (!read.ok) return read
    const l1Offset = u64(view, 0)
    const l1Size = view.getUint32(8)
    const fits =
      l1Offset % header.clusterSize === 0 && l1Size * 8 <= L1_LIMIT && l1Offset + 8 * l1Size < file.size + header.clusterSize
    if (!fits) return fail('corrupt', `${file.path} has a snapshot whose table is nowhere.`)
    snapshots.push({ l1Offset, l1Size })
    const names = view.getUint16(12) + view.getUint16(14) + view.getUint32(36)
    at += Math.ceil((FIXED + names) / 8) * 8
    if (at > file.size) return fail('corrupt', `${file.path} has a snapshot table beyond its end.`)
  }
  return ok({ snapshots, length: at - header.snapshotsOffset })
}
