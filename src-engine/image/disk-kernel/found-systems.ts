// What stands on each part of a disk: file systems that can be read, and the names of those that cannot, for the sentence that says so.
// Invariant: a damaged file system hides only itself. Runs in: the image process.
import { latin1 } from '../../lib/bytes'
import { ok } from '../../public/result'
import type { ImageResult } from '../error'
import type { OpenedPart } from './bootable'
import type { DiskReader } from './disk-reader'
import { openExt } from './ext'
import type { DiskPart } from './partitions'

/** By what stands where in them; the names are for people of every language. */
const UNREAD: readonly { readonly name: string; readonly at: number; readonly magic: string }[] = [
  { name: 'XFS', at: 0, magic: 'XFSB' },
  { name: 'Btrfs', at: 0x10040, magic: '_BHRfS_M' },
  { name: 'LVM', at: 0x200, magic: 'LABELONE' },
  { name: 'LUKS', at: 0, magic: 'LUKS\xba\xbe' },
  { name: 'NTFS', at: 3, magic: 'NTFS    ' },
  { name: 'F2FS', at: 1024, magic: '\x10\x20\xf5\xf2' },
  { name: 'MD RAID', at: 4096, magic: '\xfc\x4e\x2b\xa9' },
  { name: 'ISO 9660', at: 0x8001, magic: 'CD001' },
]

/** No system starts from these alone, so that they hide none; named where a disk has nothing else. */
const BESIDE: typeof UNREAD = [
  { name: 'FAT', at: 54, magic: 'FAT12   ' },
  { name: 'FAT', at: 54, magic: 'FAT16   ' },
  { name: 'FAT', at: 82, magic: 'FAT32   ' },
  { name: 'exFAT', at: 3, magic: 'EXFAT   ' },
  { name: 'swap', at: 4086, magic: 'SWAPSPACE2' },
]

export interface Unread {
  readonly number: number
  /** The same in every language. */
  readonly name: string
}

export interface FoundSystems {
  readonly opened: readonly OpenedPart[]
  readonly unread: readonly Unread[]
  /** All else that partitions have; `name` is what their table calls it where nothing is known. */
  readonly beside: readonly Unread[]
}

export async function findSystems(disk: DiskReader, parts: readonly DiskPart[]): Promise<ImageResult<FoundSystems>> {
  const opened: OpenedPart[] = []
  const unread: Unread[] = []
  const beside: Unread[] = []
  for (const part of parts) {
    const ext = await openExt(disk, part)
    if (!ext.ok) {
      if (ext.error.code === 'io') return ext
      unread.push({ number: part.number, name: 'ext4' })
      continue
    }
    if (ext.value) {
      opened.push({ number: part.number, system: ext.value })
      continue
    }
    const { number, type } = part
    const name = await nameOf(disk, part, UNREAD)
    if (!name.ok) return name
    if (name.value !== undefined) {
      unread.push({ number, name: name.value })
      continue
    }
    const other = await nameOf(disk, part, BESIDE)
    if (!other.ok) return other
    const known = other.value ?? type
    if (known !== undefined) beside.push({ number, name: known })
  }
  return ok({ opened, unread, beside })
}

async function nameOf(disk: DiskReader, part: DiskPart, known: typeof UNREAD): Promise<ImageResult<string | undefined>> {
  for (const { name, at, magic } of known) {
    if (at + magic.length > part.length) continue
    const read = await disk.read(part.start + at, magic.length)
    if (!read.ok) return read
    if (latin1(read.value) === magic) return ok(name)
  }
  return ok(undefined)
}
