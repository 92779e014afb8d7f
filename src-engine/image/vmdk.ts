// VMDK, read: monolithicSparse, monolithicFlat, twoGbMaxExtentSparse, twoGbMaxExtentFlat, streamOptimized. A text descriptor,
// in a file of its own or in the one sparse file, lists the extents that follow each other on the disk.
// Spec: VMware, "Virtual Disk Format 5.0". Snapshots (a parent), ESX's own extents and devices are refused.
// Extents are other files: they are opened only as reachable.ts allows. Runs in: the image's thread.
import { utf8 } from '../lib/bytes'
import { ok } from '../public/result'
import { fail, type ImageResult } from './error'
import { MappedFormat, type Piece } from './extent-map'
import type { File } from './file'
import type { Reachable } from './reachable'
import { readSparseHeader, SparseExtent } from './vmdk-sparse'

const SECTOR = 512
const DESCRIPTOR_LIMIT = 1024 * 1024
const EXTENTS_LIMIT = 4096
const NO_PARENT = 'ffffffff'

interface ExtentRow {
  readonly access: string
  readonly bytes: number
  readonly type: string
  readonly name: string
  readonly offset: number
}

interface Opened {
  readonly start: number
  readonly bytes: number
  locate(offset: number, most: number): Promise<ImageResult<Piece>>
}

class VmdkFormat extends MappedFormat {
  readonly name = 'vmdk'
  readonly size: number
  readonly granularity = 65536
  private readonly files: readonly File[]
  private readonly parts: readonly Opened[]

  constructor(files: readonly File[], extents: readonly Opened[]) {
    super()
    this.files = files
    this.parts = extents
    this.size = extents.reduce((sum, extent) => sum + extent.bytes, 0)
  }

  protected async locate(offset: number, most: number): Promise<ImageResult<Piece>> {
    let low = 0
    let high = this.parts.length - 1
    while (low < high) {
      const middle = (low + high + 1) >> 1
      if ((this.parts[middle]?.start ?? 0) <= offset) low = middle
      else high = middle - 1
    }
    const extent = this.parts[low]
    if (!extent) return fail('range', 'The disk has no extents.')
    const inside = offset - extent.start
    return extent.locate(inside, Math.min(most, extent.bytes - inside))
  }

  async close(): Promise<ImageResult<void>> {
    let done: ImageResult<void> = ok(undefined)
    for (const file of this.files) {
      const closed = await file.close()
      if (done.ok) done = closed
    }
    return done
  }
}

export async function openVmdk(
  file: File,
  reachable: Reachable,
  openFile: (path: string) => Promise<ImageResult<File>>,
): Promise<ImageResult<MappedFormat>> {
  const start = new Uint8Array(SECTOR)
  const read = await file.read(0, [start])
  if (!read.ok) return read
  const text = utf8(start)
  if (text.startsWith('COWD')) return fail('unsupported', `${file.path} is an extent of ESX, which is not read.`)
  if (text.startsWith('KDMV')) return openMonolithic(file)
  if (!/^\s*# Disk DescriptorFile/.test(text)) return fail('format', `${file.path} is not a vmdk image.`)
  if (file.size > DESCRIPTOR_LIMIT) return fail('corrupt', `${file.path} is too long for a descriptor.`)
  const bytes = new Uint8Array(file.size)
  const readAll = await file.read(0, [bytes])
  if (!readAll.ok) return readAll
  const rows = parseDescriptor(file.path, utf8(bytes))
  if (!rows.ok) return rows
  return openExtents(file, rows.value, reachable, openFile)
}

async function openMonolithic(file: File): Promise<ImageResult<MappedFormat>> {
  const header = await readSparseHeader(file)
  if (!header.ok) return header
  const { descriptorOffset, descriptorLength } = header.value
  if (descriptorOffset > 0 && descriptorLength > 0) {
    if (descriptorLength > DESCRIPTOR_LIMIT || descriptorOffset + descriptorLength > file.size) {
      return fail('corrupt', `${file.path} has its descriptor beyond its end.`)
    }
    const bytes = new Uint8Array(descriptorLength)
    const read = await file.read(descriptorOffset, [bytes])
    if (!read.ok) return read
    const rows = parseDescriptor(file.path, utf8(bytes))
    if (!rows.ok) return rows
    if (rows.value.length !== 1) return fail('unsupported', `${file.path} is one of several extents; open their descriptor.`)
  }
  const extent = await SparseExtent.open(file)
  if (!extent.ok) return extent
  const { value } = extent
  return ok(new VmdkFormat([file], [{ start: 0, bytes: value.size, locate: (offset, most) => value.locate(offset, most) }]))
}

async function openExtents(
  file: File,
  rows: readonly ExtentRow[],
  reachable: Reachable,
  openFile: (path: string) => Promise<ImageResult<File>>,
): Promise<ImageResult<MappedFormat>> {
  const files: File[] = []
  const extents: Opened[] = []
  let start = 0
  for (const row of rows) {
    const opened = await openExtent(row, start, reachable, openFile, files)
    if (!opened.ok) {
      for (const one of files) await one.close()
      return opened
    }
    extents.push(opened.value)
    start += row.bytes
  }
  return ok(new VmdkFormat([...files, file], extents))
}

async function openExtent(
  row: ExtentRow,
  start: number,
  reachable: Reachable,
  openFile: (path: string) => Promise<ImageResult<File>>,
  files: File[],
): Promise<ImageResult<Opened>> {
  const { bytes, type, offset } = row
  if (type === 'ZERO') return ok({ start, bytes, locate: async (_, length) => ok({ kind: 'zero', length }) })
  const found = await reachable.find(row.name)
  if (!found.ok) return found
  const file = await openFile(found.value)
  if (!file.ok) return file
  files.push(file.value)
  if (type === 'FLAT' || type === 'VMFS') {
    return ok({
      start,
      bytes,
      locate: async (at, length) => ok({ kind: 'file', length, file: file.value, offset: offset + at }),
    })
  }
  const sparse = await SparseExtent.open(file.value)
  if (!sparse.ok) return sparse
  if (sparse.value.size < bytes) return fail('corrupt', `${file.value.path} is shorter than its descriptor says.`)
  return ok({ start, bytes, locate: (at, most) => sparse.value.locate(at, most) })
}

function parseDescriptor(path: string, text: string): ImageResult<ExtentRow[]> {
  const rows: ExtentRow[] = []
  // Line by line: an expression that may run over line ends would look at a megabyte of blank ones a million times.
  for (const line of (text.split('\0', 1)[0] ?? '').split('\n')) {
    const parent = /^\s*parentCID\s*=\s*([0-9a-fA-F]+)/.exec(line)?.[1]
    if (parent !== undefined && parent.toLowerCase() !== NO_PARENT)
      return fail('unsupported', `${path} is a snapshot upon another vmdk, which is not read.`)
    const match = /^\s*(RW|RDONLY|NOACCESS)\s+(\d{1,15})\s+([A-Z]+)(?:\s+"([^"]*)"(?:\s+(\d{1,15}))?)?/.exec(line)
    if (!match) continue
    const [, access = '', sectors = '0', type = '', name = '', offset = '0'] = match
    if (!['SPARSE', 'FLAT', 'VMFS', 'ZERO'].includes(type)) return fail('unsupported', `${path} has an extent of type ${type}.`)
    rows.push({ access, bytes: Number(sectors) * SECTOR, type, name, offset: Number(offset) * SECTOR })
    if (rows.length > EXTENTS_LIMIT) return fail('unsupported', `${path} has more than ${EXTENTS_LIMIT} extents.`)
  }
  const size = rows.reduce((sum, row) => sum + row.bytes, 0)
  if (rows.length === 0) return fail('corrupt', `${path} lists no extents.`)
  return Number.isSafeInteger(size) ? ok(rows) : fail('corrupt', `${path} has no possible size.`)
}
