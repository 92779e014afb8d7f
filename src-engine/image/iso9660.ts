// A CD image's files by path: ECMA-119 with the names of Rock Ridge (SUSP's NM) where it has them, else Joliet's, else its own, upper or
// lower case alike. Read only, and only the directories on a path that is asked for: nothing walks the tree, so no loop can hold it.
// Invariant: an image is hostile. No place or length in it is used before it was held against the file's size and the limits below; all
// that is read to find files stays within one budget. Files of several extents, interleaved or compressed ones are refused.
// Runs in: the image process.
import { latin1 } from '../lib/bytes'
import { ok } from '../public/result'
import { fail, type ImageResult } from './error'
import type { File } from './file'
import { type IsoRecord, isoRecords, type RecordNames, readSystemUse, type SystemUse, suspSkip } from './iso9660-record'
import { viewOf } from './views'

/** A sector of the disc; blocks, in which extents are counted, may be smaller. */
const SECTOR = 2048
const FIRST_DESCRIPTOR = 16
const MOST_DESCRIPTORS = 32
const DIRECTORY_MOST = 2 * 1024 * 1024
/** Bytes and reads for all directories together. */
const BUDGET_BYTES = 16 * 1024 * 1024
const BUDGET_READS = 2048

/** A plain file of the image: where it stands in it, whole and in one piece. */
export interface IsoFile {
  readonly name: string
  readonly position: number
  readonly length: number
}

export interface IsoImage {
  /** The volume's label, without what cannot be seen; may be empty. */
  readonly label: string
  readonly names: RecordNames
  /**
   * The first file, in the order of the directory, whose path fits: each part is a name, or an expression for the last. Undefined: there is
   * none. What is no plain file does not fit.
   */
  find(folders: readonly string[], name: string | RegExp): Promise<ImageResult<IsoFile | undefined>>
}

interface Volume {
  readonly blockSize: number
  readonly root: IsoRecord
}

interface Entry {
  readonly record: IsoRecord
  readonly name: string
  readonly use: SystemUse
}

export async function openIso(file: File): Promise<ImageResult<IsoImage>> {
  const reader = new IsoReader(file)
  const opened = await reader.open()
  return opened.ok ? ok(reader) : opened
}

class IsoReader implements IsoImage {
  label = ''
  names: RecordNames = 'plain'
  private readonly file: File
  private readonly directories = new Map<number, readonly Entry[]>()
  private volume: Volume = {
    blockSize: SECTOR,
    root: { block: 0, length: 0, flags: 0, interleaved: false, name: '', use: [0, 0] },
  }
  private skip = 0
  private bytesLeft = BUDGET_BYTES
  private readsLeft = BUDGET_READS

  constructor(file: File) {
    this.file = file
  }

  async open(): Promise<ImageResult<void>> {
    let primary: Volume | undefined
    let joliet: Volume | undefined
    for (let number = 0; number < MOST_DESCRIPTORS; number++) {
      const read = await this.read((FIRST_DESCRIPTOR + number) * SECTOR, SECTOR)
      if (!read.ok) return number === 0 ? this.noImage() : read
      const bytes = read.value
      if (latin1(bytes.subarray(1, 6)) !== 'CD001') return number === 0 ? this.noImage() : this.corrupt()
      if (bytes[0] === 255) break
      if (bytes[0] === 1 && primary === undefined) {
        primary = volumeOf(bytes, 'plain')
        if (primary === undefined) return this.corrupt()
        this.label = labelOf(bytes)
      }
      if (bytes[0] === 2 && /^%\/[@CE]/.test(latin1(bytes.subarray(88, 91)))) joliet = volumeOf(bytes, 'joliet') ?? joliet
    }
    if (primary === undefined) return this.corrupt()
    this.volume = primary
    const skip = await this.rockRidge(primary)
    if (!skip.ok) return skip
    if (skip.value !== undefined) {
      this.skip = skip.value
      this.names = 'rock-ridge'
    } else if (joliet !== undefined) {
      this.volume = joliet
      this.names = 'joliet'
    }
    return ok(undefined)
  }

  async find(folders: readonly string[], name: string | RegExp): Promise<ImageResult<IsoFile | undefined>> {
    let directory = this.volume.root
    for (const folder of folders) {
      const entries = await this.entries(directory)
      if (!entries.ok) return entries
      const next = entries.value.find((entry) => (entry.record.flags & 2) !== 0 && this.fits(entry.name, folder))
      if (next === undefined) return ok(undefined)
      directory = next.record
    }
    const entries = await this.entries(directory)
    if (!entries.ok) return entries
    const found = entries.value.find(
      (entry) => (entry.record.flags & 2) === 0 && entry.use.kind !== 'link' && this.fits(entry.name, name),
    )
    return found === undefined ? ok(undefined) : this.plainFile(found)
  }

  /** The length that each record's system use area is to be skipped by, where names are Rock Ridge's. */
  private async rockRidge(volume: Volume): Promise<ImageResult<number | undefined>> {
    const bytes = await this.extent(volume.root, SECTOR)
    if (!bytes.ok) return bytes
    const [self] = isoRecords(bytes.value, 'plain')
    return ok(self === undefined ? undefined : suspSkip(bytes.value.subarray(...self.use)))
  }

  private plainFile({ record, name, use }: Entry): ImageResult<IsoFile> {
    const { path } = this.file
    if ((record.flags & 0x80) !== 0 || record.interleaved)
      return fail('unsupported', `In ${path}, ${name} is in several pieces, which is not read.`)
    if (use.kind === 'compressed') return fail('unsupported', `In ${path}, ${name} is compressed, which is not read.`)
    const position = record.block * this.volume.blockSize
    if (position + record.length > this.file.size)
      return fail('corrupt', `${path} ends before its file ${name} does: it is not whole, or damaged.`)
    return ok({ name, position, length: record.length })
  }

  private fits(name: string, wanted: string | RegExp): boolean {
    if (this.names !== 'plain') return typeof wanted === 'string' ? name === wanted : wanted.test(name)
    const lower = name.toLowerCase()
    return typeof wanted === 'string' ? lower === wanted.toLowerCase() : wanted.test(lower)
  }

  private async entries(directory: IsoRecord): Promise<ImageResult<readonly Entry[]>> {
    const known = this.directories.get(directory.block)
    if (known) return ok(known)
    const bytes = await this.extent(directory, DIRECTORY_MOST)
    if (!bytes.ok) return bytes
    const entries: Entry[] = []
    for (const record of isoRecords(bytes.value, this.names === 'joliet' ? 'joliet' : 'plain')) {
      if (record.name === '\0' || record.name === '\x01') continue
      const use = await this.systemUse(bytes.value.subarray(...record.use))
      if (!use.ok) return use
      entries.push({ record, use: use.value, name: use.value.name ?? record.name })
    }
    this.directories.set(directory.block, entries)
    return ok(entries)
  }

  private async systemUse(area: Uint8Array): Promise<ImageResult<SystemUse>> {
    if (this.names !== 'rock-ridge') return ok({ name: undefined, kind: 'plain' })
    const { blockSize } = this.volume
    return readSystemUse(area.subarray(this.skip), ({ block, offset, length }) =>
      // A continuation lies within one block, which bounds it.
      offset + length > SECTOR ? Promise.resolve(this.corrupt()) : this.read(block * blockSize + offset, length),
    )
  }

  private async extent(directory: IsoRecord, most: number): Promise<ImageResult<Uint8Array>> {
    if (most === DIRECTORY_MOST && directory.length > most) return this.corrupt()
    return this.read(directory.block * this.volume.blockSize, Math.min(directory.length, most))
  }

  private async read(position: number, length: number): Promise<ImageResult<Uint8Array>> {
    if (position + length > this.file.size) return this.corrupt()
    this.bytesLeft -= length
    this.readsLeft--
    if (this.bytesLeft < 0 || this.readsLeft < 0) return this.corrupt()
    const bytes = new Uint8Array(length)
    const read = await this.file.read(position, [bytes])
    return read.ok ? ok(bytes) : read
  }

  private corrupt(): ImageResult<never> {
    return fail('corrupt', `${this.file.path} is no whole CD image: its directories point beyond its end, or make no sense.`)
  }

  private noImage(): ImageResult<never> {
    return fail('format', `${this.file.path} is no CD image.`)
  }
}

/** Undefined where the descriptor makes no sense. */
function volumeOf(descriptor: Uint8Array, names: 'plain' | 'joliet'): Volume | undefined {
  const blockSize = viewOf(descriptor).getUint16(128, true)
  const [root] = isoRecords(descriptor.subarray(156, 156 + 34), names)
  const isKnown = blockSize === 512 || blockSize === 1024 || blockSize === SECTOR
  return isKnown && root !== undefined && root.length > 0 ? { blockSize, root } : undefined
}

function labelOf(descriptor: Uint8Array): string {
  const bytes = descriptor.subarray(40, 72)
  const text = new TextDecoder('utf-8').decode(bytes)
  const label = text.includes('\ufffd') ? latin1(bytes) : text
  return label.replace(/[\p{C}\p{Zl}\p{Zp}]/gu, '').trim()
}
