// VHD (Virtual PC, Hyper-V's first format), read: fixed and dynamic; differencing images are refused.
// Spec: Microsoft, "Virtual Hard Disk Image Format Specification", 2006. All numbers are big-endian.
// The size: Virtual PC goes by the geometry in the footer, Hyper-V and most others by the current size; who made the image
// tells which, and a geometry at its limit means the size. QEMU decides alike, which matters for equal bytes.
// Runs in: the image's thread.
import { latin1 } from '../lib/bytes'
import { ok } from '../public/result'
import { fail, type ImageResult } from './error'
import { MappedFormat, type Piece } from './extent-map'
import type { File } from './file'
import { u64, viewOf } from './views'

const FOOTER = 512
const SECTOR = 512
const UNUSED = 0xffff_ffff
const TYPES = { fixed: 2, dynamic: 3, differencing: 4 } as const
/** Makers whose images have the size that the footer says. */
const BY_SIZE = ['qem2', 'win ', 'd2v ', 'tap\0', 'CTXS']
const MOST_SECTORS_BY_GEOMETRY = 65535 * 16 * 255
/** 2 TiB in blocks of at least 512 KiB; the table of more blocks than that is a lie. */
const MOST_BLOCKS = 4 * 1024 * 1024

class VhdFormat extends MappedFormat {
  readonly name = 'vhd'
  readonly size: number
  readonly granularity: number
  private readonly file: File
  /** Sectors where the blocks begin; undefined for a fixed disk, which is the file's start. */
  private readonly blocks: Uint32Array | undefined
  private readonly bitmapBytes: number

  constructor(file: File, size: number, blockSize: number, blocks: Uint32Array | undefined) {
    super()
    this.file = file
    this.size = size
    this.granularity = blockSize
    this.blocks = blocks
    this.bitmapBytes = Math.ceil(blockSize / SECTOR / 8 / SECTOR) * SECTOR
  }

  protected async locate(offset: number, most: number): Promise<ImageResult<Piece>> {
    if (!this.blocks) return ok({ kind: 'file', length: most, file: this.file, offset })
    const inBlock = offset % this.granularity
    const length = Math.min(most, this.granularity - inBlock)
    const sector = this.blocks[Math.floor(offset / this.granularity)] ?? UNUSED
    // Sectors that the block's bitmap calls clean are zeroes in the block too.
    if (sector === UNUSED) return ok({ kind: 'zero', length })
    return ok({ kind: 'file', length, file: this.file, offset: sector * SECTOR + this.bitmapBytes + inBlock })
  }

  close(): Promise<ImageResult<void>> {
    return this.file.close()
  }
}

export async function openVhd(file: File): Promise<ImageResult<MappedFormat>> {
  const footer = new Uint8Array(FOOTER)
  const read = await file.read(Math.max(file.size - FOOTER, 0), [footer])
  if (!read.ok) return read
  if (!isFooter(footer)) {
    // Of a dynamic disk there is a copy in front.
    const readCopy = await file.read(0, [footer])
    if (!readCopy.ok) return readCopy
    if (!isFooter(footer)) return fail('format', `${file.path} is not a vhd image.`)
  }
  const view = viewOf(footer)
  const type = view.getUint32(60)
  if (type === TYPES.differencing) return fail('unsupported', `${file.path} is a differencing vhd image, which is not read.`)
  if (type !== TYPES.fixed && type !== TYPES.dynamic) return fail('unsupported', `${file.path} is a vhd image of type ${type}.`)
  const size = diskSize(footer)
  if (!Number.isFinite(size) || size % SECTOR !== 0) return fail('corrupt', `${file.path} has no possible size.`)
  if (type === TYPES.fixed) {
    if (size > file.size) return fail('corrupt', `${file.path} is shorter than its disk.`)
    return ok(new VhdFormat(file, size, 4096, undefined))
  }
  return openDynamic(file, size, u64(view, 16))
}

async function openDynamic(file: File, size: number, headerOffset: number): Promise<ImageResult<MappedFormat>> {
  const header = new Uint8Array(1024)
  if (headerOffset + header.length > file.size) return fail('corrupt', `${file.path} has its header beyond its end.`)
  const read = await file.read(headerOffset, [header])
  if (!read.ok) return read
  const view = viewOf(header)
  if (latin1(header.subarray(0, 8)) !== 'cxsparse') return fail('corrupt', `${file.path} has no header for its blocks.`)
  const tableOffset = u64(view, 16)
  const blocks = view.getUint32(28)
  const blockSize = view.getUint32(32)
  if (blockSize < SECTOR || (blockSize & (blockSize - 1)) !== 0)
    return fail('corrupt', `${file.path} has blocks of ${blockSize} bytes.`)
  if (blocks > MOST_BLOCKS || blocks * blockSize < size)
    return fail('corrupt', `${file.path} has ${blocks} blocks for ${size} bytes.`)
  if (tableOffset + 4 * blocks > file.size) return fail('corrupt', `${file.path} has its block table beyond its end.`)
  const bytes = new Uint8Array(4 * blocks)
  const readTable = await file.read(tableOffset, [bytes])
  if (!readTable.ok) return readTable
  const table = viewOf(bytes)
  return ok(
    new VhdFormat(
      file,
      size,
      blockSize,
      Uint32Array.from({ length: blocks }, (_, i) => table.getUint32(4 * i)),
    ),
  )
}

function isFooter(footer: Uint8Array): boolean {
  return latin1(footer.subarray(0, 8)) === 'conectix'
}

function diskSize(footer: Uint8Array): number {
  const view = viewOf(footer)
  const current = u64(view, 48)
  const sectors = view.getUint16(56) * (footer[58] ?? 0) * (footer[59] ?? 0)
  const bySize = BY_SIZE.includes(latin1(footer.subarray(28, 32))) || sectors === MOST_SECTORS_BY_GEOMETRY
  return bySize ? current : sectors * SECTOR
}
