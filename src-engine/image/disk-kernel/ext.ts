// ext2, ext3 and ext4, read only: superblock, group descriptors, inodes, directories (hashed ones read as the plain ones they also are),
// symbolic links, files and directories within their inode. The journal is not replayed: a file system that was not taken off in order
// is read as it stands, and says so. Checksums are not looked at.
// Invariant: hostile. Sizes are powers of two within bounds, every place is held against the disk by DiskReader, a directory is at most
// FOLDER_MOST. Spec: Linux Documentation/filesystems/ext4. Runs in: the image process.
import { latin1, utf8, uuidText } from '../../lib/bytes'
import { ok } from '../../public/result'
import { fail, type ImageResult } from '../error'
import { viewOf } from '../views'
import type { DiskReader } from './disk-reader'
import { inlineBytes } from './ext-inline'
import { type MapSource, runsOf } from './ext-map'
import { type Entry, type FileSystem, type Node, type NodeKind, type Piece, readPieces } from './file-system'
import type { DiskPart } from './partitions'

const SUPERBLOCK = 1024
const MAGIC = 0xef53
const ROOT = 2
const FOLDER_MOST = 16 * 1024 * 1024
const ENTRIES_MOST = 200_000
const LINK_MOST = 4096
const FAST_LINK = 60

/** Incompatible features (s_feature_incompat) by what we do about them. */
const FEATURE = { recover: 0x4, metaGroups: 0x10, wide: 0x80, encrypted: 0x10000 } as const
/** File types, recover, meta groups, extents, 64 bit, MMP, flex groups, EA inodes, checksum seed, large folders, inline, encrypt, casefold. */
const KNOWN = 0x2 | 0x4 | 0x10 | 0x40 | 0x80 | 0x100 | 0x200 | 0x400 | 0x2000 | 0x4000 | 0x8000 | 0x10000 | 0x20000
const SPARSE_SUPER = 0x1
const FLAG = { compressed: 0x4, encrypted: 0x800, extents: 0x80000, inline: 0x10000000 } as const

const KINDS: Readonly<Record<number, NodeKind>> = { 0x4000: 'folder', 0x8000: 'file', 0xa000: 'link' }

interface Inode extends Node {
  readonly flags: number
  readonly bytes: Uint8Array
}

interface Geometry {
  readonly blockSize: number
  readonly firstDataBlock: number
  readonly blocksPerGroup: number
  readonly inodesPerGroup: number
  readonly inodes: number
  readonly inodeSize: number
  readonly descriptorSize: number
  readonly incompatible: number
  readonly readonlyFeatures: number
  readonly firstMetaGroup: number
}

/** Undefined: it is none. */
export async function openExt(disk: DiskReader, part: DiskPart): Promise<ImageResult<FileSystem | undefined>> {
  if (part.length < 2 * SUPERBLOCK) return ok(undefined)
  const read = await disk.read(part.start + SUPERBLOCK, 1024)
  if (!read.ok) return read
  const view = viewOf(read.value)
  if (view.getUint16(56, true) !== MAGIC) return ok(undefined)
  const geometry = geometryOf(view)
  if (geometry === undefined) return disk.damaged()
  const unknown = geometry.incompatible & ~KNOWN
  if (unknown !== 0) {
    const bits = `0x${unknown.toString(16)}`
    return fail('unsupported', `A file system on ${disk.image.path} has features that are not known (${bits}).`)
  }
  const uuid = uuidText(read.value.subarray(104, 120))
  const label = latin1(read.value.subarray(120, 136)).replace(/\0[\s\S]*$/, '')
  const dirty = (geometry.incompatible & FEATURE.recover) !== 0 || (view.getUint16(58, true) & 1) === 0
  return ok(new ExtFileSystem(disk, part, geometry, { uuid, label, dirty }))
}

function geometryOf(view: DataView): Geometry | undefined {
  const shift = view.getUint32(24, true)
  const isDynamic = view.getUint32(76, true) > 0
  const incompatible = isDynamic ? view.getUint32(96, true) : 0
  const inodeSize = isDynamic ? view.getUint16(88, true) : 128
  const isWide = (incompatible & FEATURE.wide) !== 0
  const descriptorSize = isWide ? view.getUint16(254, true) : 32
  const geometry = {
    blockSize: 1024 << Math.min(shift, 7),
    firstDataBlock: view.getUint32(20, true),
    blocksPerGroup: view.getUint32(32, true),
    inodesPerGroup: view.getUint32(40, true),
    inodes: view.getUint32(0, true),
    inodeSize,
    descriptorSize,
    incompatible,
    readonlyFeatures: isDynamic ? view.getUint32(100, true) : 0,
    firstMetaGroup: view.getUint32(260, true),
  }
  const isPower = (value: number): boolean => value > 0 && (value & (value - 1)) === 0
  const isSound =
    shift <= 6 &&
    isPower(inodeSize) &&
    inodeSize >= 128 &&
    inodeSize <= geometry.blockSize &&
    isPower(descriptorSize) &&
    descriptorSize >= (isWide ? 64 : 32) &&
    descriptorSize <= 1024 &&
    geometry.inodesPerGroup > 0 &&
    geometry.blocksPerGroup > 0
  return isSound ? geometry : undefined
}

class ExtFileSystem implements FileSystem, MapSource {
  readonly kind = 'ext'
  readonly ignoresCase = false
  readonly root = ROOT
  readonly uuid: string
  readonly label: string
  readonly dirty: boolean
  readonly disk: DiskReader
  readonly blockSize: number
  private readonly part: DiskPart
  private readonly geometry: Geometry
  private readonly folders = new Map<number, readonly Entry[]>()

  constructor(
    disk: DiskReader,
    part: DiskPart,
    geometry: Geometry,
    said: { readonly uuid: string; readonly label: string; readonly dirty: boolean },
  ) {
    this.disk = disk
    this.part = part
    this.geometry = geometry
    this.blockSize = geometry.blockSize
    this.uuid = said.uuid
    this.label = said.label
    this.dirty = said.dirty
  }

  node(id: number): Promise<ImageResult<Inode>> {
    return this.inode(id)
  }

  async list(folder: Node): Promise<ImageResult<readonly Entry[]>> {
    const known = this.folders.get(folder.id)
    if (known) return ok(known)
    if (folder.size > FOLDER_MOST) return this.disk.damaged()
    const inode = await this.inode(folder.id)
    if (!inode.ok) return inode
    const bytes = await this.contentsOf(inode.value)
    if (!bytes.ok) return bytes
    const isInline = (inode.value.flags & FLAG.inline) !== 0
    // Within an inode it begins with the number of the folder above.
    const entries = isInline ? entriesOf(bytes.value.subarray(4), 0) : entriesOf(bytes.value, this.blockSize)
    this.folders.set(folder.id, entries)
    return ok(entries)
  }

  async target(link: Node): Promise<ImageResult<string>> {
    if (link.size > LINK_MOST) return this.disk.damaged()
    const inode = await this.inode(link.id)
    if (!inode.ok) return inode
    const { flags, bytes, size } = inode.value
    if (size < FAST_LINK && (flags & (FLAG.extents | FLAG.inline)) === 0) return ok(utf8(bytes.subarray(40, 40 + size)))
    const contents = await this.contentsOf(inode.value)
    return contents.ok ? ok(utf8(contents.value)) : contents
  }

  async pieces(file: Node): Promise<ImageResult<readonly Piece[]>> {
    const inode = await this.inode(file.id)
    if (!inode.ok) return inode
    const { flags, bytes, size } = inode.value
    if ((flags & (FLAG.encrypted | FLAG.compressed)) !== 0) {
      return fail('unsupported', `On ${this.disk.image.path} a file needed to boot is encrypted or compressed.`)
    }
    if ((flags & FLAG.inline) !== 0) return this.disk.damaged()
    const map = bytes.subarray(40, 100)
    const runs = await runsOf(this, map, (flags & FLAG.extents) !== 0, Math.ceil(size / this.blockSize))
    if (!runs.ok) return runs
    const pieces: Piece[] = []
    let at = 0
    for (const { logical, physical, count } of runs.value) {
      const start = logical * this.blockSize
      if (start > at) pieces.push({ place: undefined, length: start - at })
      const length = Math.min(count * this.blockSize, size - start)
      const place = physical === undefined ? undefined : this.placeOf(physical, length)
      if (physical !== undefined && place === undefined) return this.disk.damaged()
      pieces.push({ place, length })
      at = start + length
    }
    if (at < size) pieces.push({ place: undefined, length: size - at })
    return ok(pieces)
  }

  async contents(file: Node): Promise<ImageResult<Uint8Array>> {
    const inode = await this.inode(file.id)
    return inode.ok ? this.contentsOf(inode.value) : inode
  }

  block(number: number): Promise<ImageResult<Uint8Array>> {
    return this.disk.read(this.placeOf(number, this.blockSize) ?? Number.NaN, this.blockSize)
  }

  private async contentsOf(inode: Inode): Promise<ImageResult<Uint8Array>> {
    if ((inode.flags & FLAG.inline) !== 0) return ok(inlineBytes(inode.bytes, inode.size))
    const pieces = await this.pieces(inode)
    return pieces.ok ? readPieces(this.disk, pieces.value, inode.size) : pieces
  }

  private placeOf(block: number, length: number): number | undefined {
    const within = block * this.blockSize
    return within + length <= this.part.length ? this.part.start + within : undefined
  }

  private async inode(number: number): Promise<ImageResult<Inode>> {
    const { inodes, inodesPerGroup, inodeSize } = this.geometry
    if (number < 1 || number > inodes) return this.disk.damaged()
    const group = Math.floor((number - 1) / inodesPerGroup)
    const table = await this.inodeTable(group)
    if (!table.ok) return table
    const within = table.value * this.blockSize + ((number - 1) % inodesPerGroup) * inodeSize
    if (within + inodeSize > this.part.length) return this.disk.damaged()
    const bytes = await this.disk.read(this.part.start + within, inodeSize)
    if (!bytes.ok) return bytes
    const view = viewOf(bytes.value)
    const kind = KINDS[view.getUint16(0, true) & 0xf000] ?? 'other'
    const size = view.getUint32(4, true) + view.getUint32(108, true) * 0x1_0000_0000
    return ok({ id: number, kind, size, flags: view.getUint32(32, true), bytes: bytes.value })
  }

  /** The first block of a group's inodes. */
  private async inodeTable(group: number): Promise<ImageResult<number>> {
    const { descriptorSize } = this.geometry
    const perBlock = this.blockSize / descriptorSize
    const block = this.descriptorBlock(Math.floor(group / perBlock), perBlock)
    const place = block * this.blockSize + (group % perBlock) * descriptorSize
    if (place + descriptorSize > this.part.length) return this.disk.damaged()
    const bytes = await this.disk.read(this.part.start + place, descriptorSize)
    if (!bytes.ok) return bytes
    const view = viewOf(bytes.value)
    const high = descriptorSize >= 64 ? view.getUint32(0x28, true) : 0
    return ok(view.getUint32(8, true) + high * 0x1_0000_0000)
  }

  /** All together behind the superblock; with meta groups each at the start of the groups it describes. */
  private descriptorBlock(index: number, perBlock: number): number {
    const { firstDataBlock, incompatible, firstMetaGroup, blocksPerGroup } = this.geometry
    if ((incompatible & FEATURE.metaGroups) === 0 || index < firstMetaGroup) return firstDataBlock + 1 + index
    const group = index * perBlock
    return firstDataBlock + group * blocksPerGroup + (this.hasSuperblock(group) ? 1 : 0)
  }

  private hasSuperblock(group: number): boolean {
    if ((this.geometry.readonlyFeatures & SPARSE_SUPER) === 0 || group <= 1) return true
    return [3, 5, 7].some((base) => {
      let power = base
      while (power < group) power *= base
      return power === group
    })
  }
}

/** Directory entries; they do not cross blocks. Of a block that makes no sense the rest is left out. */
function entriesOf(bytes: Uint8Array, blockSize: number): Entry[] {
  const view = viewOf(bytes)
  const entries: Entry[] = []
  for (let at = 0; at + 8 <= bytes.length && entries.length < ENTRIES_MOST; ) {
    const blockEnd = blockSize === 0 ? bytes.length : Math.min(bytes.length, (Math.floor(at / blockSize) + 1) * blockSize)
    const said = view.getUint16(at + 4, true)
    // 65536 does not fit.
    const length = blockSize === 65_536 && (said === 65_535 || said === 0) ? blockSize : said
    const nameLength = view.getUint8(at + 6)
    if (length < 8 || at + length > blockEnd || at + 8 + nameLength > blockEnd) {
      at = blockEnd
      continue
    }
    const id = view.getUint32(at, true)
    const name = utf8(bytes.subarray(at + 8, at + 8 + nameLength))
    if (id !== 0 && name !== '' && name !== '.' && name !== '..') entries.push({ name, id })
    at += length
  }
  return entries
}
