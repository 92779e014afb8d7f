// What the bitmaps of a qcow2 image refer to (dirty bitmaps of backups; we neither read nor write them). They are counted while their
// autoclear bit says that they are current. Spec: QEMU docs/interop/qcow2.txt, "Bitmaps extension".
// Invariant: no word of the file decides how much memory is taken: tables are read in pieces, and all of them together are bounded.
// Runs in: the image's thread.
import { ok } from '../../public/result'
import { fail, type ImageResult } from '../error'
import type { File } from '../file'
import { turn } from '../turn'
import { u64, viewOf } from '../views'
import { hostOffset } from './entry'
import { EXTENSION, type Header } from './header'

const DIRECTORY_LIMIT = 64 * 1024 * 1024
const ROW = 24
/** What QEMU accepts: bytes of one bitmap, and how many there are. */
const BITMAP_LIMIT = 512 * 1024 * 1024
const BITMAPS_LIMIT = 65_535
/** Entries of all tables together, which may lie on each other. */
const ENTRIES_LIMIT = 2 ** 27
const PIECE = 4096

export interface Counting {
  area(offset: number, length: number, what: string): void
  wrong(text: string): void
}

export async function countBitmaps(
  file: File,
  header: Header,
  counting: Counting,
  signal?: AbortSignal,
): Promise<ImageResult<void>> {
  const extension = header.extensions.find(({ type }) => type === EXTENSION.bitmaps)
  if (!extension || (header.autoclear & 1) === 0 || extension.bytes.length < 24) return ok(undefined)
  const view = viewOf(extension.bytes)
  const length = u64(view, 8)
  const offset = u64(view, 16)
  if (length > DIRECTORY_LIMIT || offset + length > file.size) {
    counting.wrong('the directory of bitmaps is nowhere')
    return ok(undefined)
  }
  counting.area(offset, length, 'the directory of bitmaps')
  const directory = new Uint8Array(length)
  const read = await file.read(offset, [directory])
  if (!read.ok) return read
  const tables = tablesIn(viewOf(directory))
  if (!tables) return fail('unsupported', `${file.path} is too large to be checked.`)
  for (const { tableOffset, entries } of tables) {
    if (tableOffset + 8 * entries > file.size) counting.wrong('a bitmap is nowhere')
    else if (entries * header.clusterSize > BITMAP_LIMIT) counting.wrong('a bitmap is larger than one can be')
    else {
      const table = await countTable(file, header, tableOffset, entries, counting, signal)
      if (!table.ok) return table
    }
  }
  return ok(undefined)
}

interface Table {
  readonly tableOffset: number
  readonly entries: number
}

/** Undefined when they are more than can be. */
function tablesIn(rows: DataView): readonly Table[] | undefined {
  const tables: Table[] = []
  let all = 0
  for (let at = 0; at + ROW <= rows.byteLength; ) {
    const entries = rows.getUint32(at + 8)
    all += entries
    if (tables.length === BITMAPS_LIMIT || all > ENTRIES_LIMIT) return undefined
    tables.push({ tableOffset: u64(rows, at), entries })
    const names = rows.getUint16(at + 18) + rows.getUint32(at + 20)
    at += Math.ceil((ROW + names) / 8) * 8
  }
  return tables
}

async function countTable(
  file: File,
  header: Header,
  offset: number,
  entries: number,
  counting: Counting,
  signal?: AbortSignal,
): Promise<ImageResult<void>> {
  counting.area(offset, 8 * entries, 'a bitmap')
  for (let first = 0; first < entries; first += PIECE) {
    if (signal?.aborted) return fail('cancelled', `The walk through ${file.path} was called off.`)
    const bytes = new Uint8Array(8 * Math.min(PIECE, entries - first))
    const read = await file.read(offset + 8 * first, [bytes])
    if (!read.ok) return read
    const view = viewOf(bytes)
    for (let at = 0; at < bytes.length; at += 8) {
      const cluster = hostOffset(view.getUint32(at), view.getUint32(at + 4))
      if (cluster !== 0) counting.area(cluster, header.clusterSize, 'a bitmap')
    }
    await turn()
  }
  return ok(undefined)
}
