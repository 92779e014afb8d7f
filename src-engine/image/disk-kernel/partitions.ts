// Where a disk's file systems may stand: the whole of it, and each partition of a GUID or a DOS partition table, logical ones too.
// Invariant: a partition lies within the disk, there are at most MOST of them, and a chain of logical ones ends.
// Spec: UEFI 2.10, section 5 (GUID partition table). Runs in: the image process.
import { latin1 } from '../../lib/bytes'
import { ok } from '../../public/result'
import type { ImageResult } from '../error'
import { u64, viewOf } from '../views'
import type { DiskReader } from './disk-reader'

export interface DiskPart {
  /** What its table calls it, a number or a GUID; the disk as a whole has none. */
  readonly type?: string
  /** As the guest's kernel counts it; 0: the disk as a whole. */
  readonly number: number
  readonly start: number
  readonly length: number
}

const SECTOR = 512
const MOST = 128
const ENTRY_LEAST = 128
const ENTRY_MOST = 4096
const EXTENDED = new Set([0x05, 0x0f, 0x85])
const PROTECTIVE = 0xee
const FIRST_LOGICAL = 5

export async function diskParts(disk: DiskReader): Promise<ImageResult<readonly DiskPart[]>> {
  const whole: DiskPart = { number: 0, start: 0, length: disk.size }
  if (disk.size < 4 * SECTOR) return ok([whole])
  const first = await disk.read(0, SECTOR)
  if (!first.ok) return first
  if (!isTable(first.value)) return ok([whole])
  const entries = tableEntries(first.value)
  const found = entries.some(({ type }) => type === PROTECTIVE) ? await guidParts(disk) : await dosParts(disk, entries)
  if (!found.ok) return found
  const inside = found.value.filter(({ start, length }) => start > 0 && length > 0 && start + length <= disk.size)
  return ok([whole, ...inside])
}

function isTable(sector: Uint8Array): boolean {
  return sector[510] === 0x55 && sector[511] === 0xaa
}

interface TableEntry {
  readonly number: number
  readonly type: number
  readonly start: number
  readonly length: number
}

function tableEntries(sector: Uint8Array): TableEntry[] {
  const view = viewOf(sector)
  return [0, 1, 2, 3].map((index) => {
    const at = 446 + 16 * index
    const [start, length] = [view.getUint32(at + 8, true) * SECTOR, view.getUint32(at + 12, true) * SECTOR]
    return { number: index + 1, type: view.getUint8(at + 4), start, length }
  })
}

async function dosParts(disk: DiskReader, entries: readonly TableEntry[]): Promise<ImageResult<DiskPart[]>> {
  const parts: DiskPart[] = []
  for (const { type, ...part } of entries) {
    if (type === 0) continue
    if (!EXTENDED.has(type)) {
      parts.push({ ...part, type: hex(type) })
      continue
    }
    const logical = await logicalParts(disk, part.start, FIRST_LOGICAL)
    if (!logical.ok) return logical
    parts.push(...logical.value)
  }
  return ok(parts)
}

/** Each table of the chain has a partition, counted from the table, and the next table, counted from the first. */
async function logicalParts(disk: DiskReader, base: number, first: number): Promise<ImageResult<DiskPart[]>> {
  const parts: DiskPart[] = []
  let table: number | undefined = base
  while (table !== undefined && table + SECTOR <= disk.size && parts.length < MOST) {
    const at: number = table
    const sector = await disk.read(at, SECTOR)
    if (!sector.ok) return sector
    if (!isTable(sector.value)) break
    const [own, next] = tableEntries(sector.value)
    if (own) parts.push({ number: first + parts.length, start: at + own.start, length: own.length, type: hex(own.type) })
    // Only forward, so that it comes to an end.
    const following: number | undefined = next && EXTENDED.has(next.type) ? base + next.start : undefined
    table = following !== undefined && following > at ? following : undefined
  }
  return ok(parts)
}

async function guidParts(disk: DiskReader): Promise<ImageResult<DiskPart[]>> {
  const header = await disk.read(SECTOR, SECTOR)
  if (!header.ok) return header
  if (latin1(header.value.subarray(0, 8)) !== 'EFI PART') return ok([])
  const view = viewOf(header.value)
  const table = u64(view, 72, true) * SECTOR
  const [count, size] = [Math.min(MOST, view.getUint32(80, true)), view.getUint32(84, true)]
  if (size < ENTRY_LEAST || size > ENTRY_MOST) return ok([])
  const bytes = await disk.read(table, count * size)
  if (!bytes.ok) return bytes
  const entries = viewOf(bytes.value)
  const parts: DiskPart[] = []
  for (let index = 0; index < count; index++) {
    const at = index * size
    if (bytes.value.subarray(at, at + 16).every((byte) => byte === 0)) continue
    const [from, to] = [u64(entries, at + 32, true), u64(entries, at + 40, true)]
    parts.push({
      number: index + 1,
      start: from * SECTOR,
      length: (to - from + 1) * SECTOR,
      type: guid(bytes.value.subarray(at, at + 16)),
    })
  }
  return ok(parts)
}

const hex = (type: number): string => `0x${type.toString(16).padStart(2, '0')}`

/** The first three groups are numbers, low byte first. */
function guid(bytes: Uint8Array): string {
  const view = viewOf(bytes)
  const group = (value: number, digits: number): string => value.toString(16).padStart(digits, '0')
  const numbers = [group(view.getUint32(0, true), 8), group(view.getUint16(4, true), 4), group(view.getUint16(6, true), 4)]
  const rest = [...bytes.subarray(8)].map((byte) => group(byte, 2)).join('')
  return [...numbers, rest.slice(0, 4), rest.slice(4)].join('-')
}
