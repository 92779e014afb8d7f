// A sparse extent of a vmdk: grains found through a directory of tables, or packed one by one (streamOptimized).
// Spec: VMware, "Virtual Disk Format 5.0", "Hosted Sparse Extents", "Stream-Optimized Compressed Sparse Extents".
// All numbers are little-endian, places are sectors. Invariant: tables are read when needed and a few are kept.
// Runs in: the image's thread.
import { inflate } from 'node:zlib'
import { latin1 } from '../lib/bytes'
import { err, ok, type Result } from '../public/result'
import { fail, type ImageResult } from './error'
import type { Piece } from './extent-map'
import type { File } from './file'
import { u64, viewOf } from './views'

const SECTOR = 512
const AT_END = 0xffff_ffff_ffff_ffffn
const COMPRESSED_FLAG = 1 << 16
const TABLES_KEPT = 64
const GRAINS_KEPT = 8
const DIRECTORY_LIMIT = 32 * 1024 * 1024

interface SparseHeader {
  readonly capacity: number
  readonly grainBytes: number
  readonly perTable: number
  readonly directory: number
  readonly directoryAtEnd: boolean
  readonly descriptorOffset: number
  readonly descriptorLength: number
  readonly compressed: boolean
  readonly zeroGrains: boolean
}

export async function readSparseHeader(file: File, at = 0): Promise<ImageResult<SparseHeader>> {
  const bytes = new Uint8Array(SECTOR)
  const read = await file.read(at, [bytes])
  if (!read.ok) return read
  const view = viewOf(bytes)
  if (latin1(bytes.subarray(0, 4)) !== 'KDMV') return fail('format', `${file.path} is not a vmdk image.`)
  const flags = view.getUint32(8, true)
  const capacity = u64(view, 12, true) * SECTOR
  const grainBytes = u64(view, 20, true) * SECTOR
  const perTable = view.getUint32(44, true)
  const method = view.getUint16(77, true)
  const compressed = (flags & COMPRESSED_FLAG) !== 0
  const fits = grainBytes >= 4096 && grainBytes <= 2 * 1024 * 1024 && (grainBytes & (grainBytes - 1)) === 0
  if (!Number.isSafeInteger(capacity)) return fail('corrupt', `${file.path} has no possible size.`)
  if (!fits) return fail('corrupt', `${file.path} has grains of ${grainBytes} bytes.`)
  if (perTable === 0 || perTable > 65536) return fail('corrupt', `${file.path} has tables of ${perTable} grains.`)
  if (Math.ceil(capacity / grainBytes / perTable) * 4 > DIRECTORY_LIMIT)
    return fail('unsupported', `${file.path} is too large.`)
  if (compressed && method !== 1) return fail('unsupported', `${file.path} is compressed by method ${method}.`)
  return ok({
    capacity,
    grainBytes,
    perTable,
    directory: u64(view, 56, true) * SECTOR,
    directoryAtEnd: view.getBigUint64(56, true) === AT_END,
    descriptorOffset: u64(view, 28, true) * SECTOR,
    descriptorLength: u64(view, 36, true) * SECTOR,
    compressed,
    zeroGrains: (flags & 4) !== 0,
  })
}

export class SparseExtent {
  readonly size: number
  readonly grainBytes: number
  private readonly file: File
  private readonly header: SparseHeader
  private readonly directory: DataView
  private readonly tables = new Map<number, Promise<ImageResult<DataView>>>()
  private readonly grains = new Map<number, Promise<Result<Uint8Array, string>>>()

  private constructor(file: File, header: SparseHeader, directory: DataView) {
    this.file = file
    this.header = header
    this.directory = directory
    this.size = header.capacity
    this.grainBytes = header.grainBytes
  }

  static async open(file: File): Promise<ImageResult<SparseExtent>> {
    let header = await readSparseHeader(file)
    if (!header.ok) return header
    if (header.value.directoryAtEnd) {
      // Of a stream the header that knows is at the end: before the end-of-stream marker, one sector each.
      header = await readSparseHeader(file, Math.max(file.size - 2 * SECTOR, 0))
      if (!header.ok) return header
      if (header.value.directoryAtEnd) return fail('corrupt', `${file.path} is a stream without its end.`)
    }
    const { capacity, grainBytes, perTable, directory } = header.value
    const bytes = new Uint8Array(4 * Math.ceil(capacity / grainBytes / perTable))
    if (!Number.isFinite(directory) || directory + bytes.length > file.size) {
      return fail('corrupt', `${file.path} has its grain directory beyond its end.`)
    }
    const read = await file.read(directory, [bytes])
    return read.ok ? ok(new SparseExtent(file, header.value, viewOf(bytes))) : read
  }

  async locate(offset: number, most: number): Promise<ImageResult<Piece>> {
    const { grainBytes, perTable, zeroGrains, compressed } = this.header
    const grain = Math.floor(offset / grainBytes)
    const inGrain = offset % grainBytes
    const length = Math.min(most, grainBytes - inGrain)
    const index = Math.floor(grain / perTable)
    const tableSector = 4 * index < this.directory.byteLength ? this.directory.getUint32(4 * index, true) : 0
    if (tableSector === 0) return ok({ kind: 'zero', length })
    const table = await this.table(tableSector)
    if (!table.ok) return table
    const sector = table.value.getUint32(4 * (grain % perTable), true)
    if (sector === 0 || (sector === 1 && zeroGrains)) return ok({ kind: 'zero', length })
    if (!compressed) return ok({ kind: 'file', length, file: this.file, offset: sector * SECTOR + inGrain })
    const unpacked = await this.unpacked(sector)
    if (!unpacked.ok) return fail('corrupt', `${this.file.path} has a damaged grain at ${offset}: ${unpacked.error}.`)
    return ok({ kind: 'bytes', length, bytes: unpacked.value.subarray(inGrain, inGrain + length) })
  }

  private table(sector: number): Promise<ImageResult<DataView>> {
    return keep(this.tables, TABLES_KEPT, sector, async () => {
      const bytes = new Uint8Array(4 * this.header.perTable)
      if (sector * SECTOR + bytes.length > this.file.size) {
        return fail('corrupt', `${this.file.path} has a grain table beyond its end.`)
      }
      const read = await this.file.read(sector * SECTOR, [bytes])
      return read.ok ? ok(viewOf(bytes)) : read
    })
  }

  /** A grain marker: the grain's number, bytes that follow, and those as zlib's. */
  private unpacked(sector: number): Promise<Result<Uint8Array, string>> {
    return keep(this.grains, GRAINS_KEPT, sector, async () => {
      const marker = new Uint8Array(12)
      const read = await this.file.read(sector * SECTOR, [marker])
      if (!read.ok) return err(read.error.message)
      const length = viewOf(marker).getUint32(8, true)
      if (length === 0 || length > 2 * this.grainBytes + 1024) return err(`${length} bytes cannot be one`)
      const packed = new Uint8Array(length)
      const readPacked = await this.file.read(sector * SECTOR + 12, [packed])
      if (!readPacked.ok) return err(readPacked.error.message)
      return inflateGrain(packed, this.grainBytes)
    })
  }
}

function inflateGrain(packed: Uint8Array, grainBytes: number): Promise<Result<Uint8Array, string>> {
  return new Promise((resolve) => {
    inflate(packed, { maxOutputLength: grainBytes }, (error, output) => {
      // The last grain of a disk may be short.
      const grain = new Uint8Array(grainBytes)
      if (!error) grain.set(output)
      resolve(error ? err(error.message) : ok(grain))
    })
  })
}

type Kept<T, E> = Map<number, Promise<Result<T, E>>>

function keep<T, E>(kept: Kept<T, E>, most: number, key: number, make: () => Promise<Result<T, E>>): Promise<Result<T, E>> {
  const known = kept.get(key)
  if (known) return known
  const made = make().then((result) => {
    // What failed is tried again by the next who asks: the host may read it then.
    if (!result.ok && kept.get(key) === made) kept.delete(key)
    return result
  })
  kept.set(key, made)
  const oldest = kept.keys().next().value
  if (kept.size > most && oldest !== undefined) kept.delete(oldest)
  return made
}
