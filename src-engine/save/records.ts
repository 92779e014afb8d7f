// The save file: a forward-only stream of typed records, each with its own checksum. Nothing seeks, so written in rounds it is
// the migration stream; page records may repeat, the last one counts. README.md in this folder is the format for people.
// Invariant: a byte that is not covered by a checksum does not exist, but for the pages behind a PAGES record, which no file that is to
// last has; an unknown mandatory record, a missing END, or anything after END refuses the file. Runs in: main thread of the domain's process (pure).
import { crc32 } from '../lib/bytes'

export const SAVE_MAGIC = new TextEncoder().encode('RMDOMAIN')
/** Raised when a reader of the version before could not understand the file. */
export const SAVE_VERSION = 1
export const FILE_HEADER_SIZE = 16
export const RECORD_HEADER_SIZE = 16
export const RECORD_TRAILER_SIZE = 4

/** Flag of a record: a reader that does not know its type may skip it. */
export const RECORD_OPTIONAL = 1

/** Longest body we write or accept. */
export const RECORD_LIMIT = 32 * 1024 * 1024

/** Record, type, what its body is. All are mandatory unless said otherwise. */
export const RECORDS = [
  ['IDENTITY', 1, 'JSON: who, when, how large; first record of the file'],
  ['CPUID', 2, 'JSON: the CPUID policy the guest has seen'],
  ['P2M', 3, 'runs of populated gfns: gfn u32, count u32, first heap page u32 or 0xffffffff for RAM'],
  ['DOMAIN', 4, 'named fields of the DOMAIN area'],
  ['VCPU', 5, 'index u32, then named fields of the register file'],
  ['VCPU_PRIVATE', 6, 'index u32, then named fields of the hypervisor’s page of a vcpu'],
  ['TABLE', 7, 'named fields: larger tables of the DOMAIN area'],
  ['HEAP', 8, 'pages of XENHEAP: index u32, 4096 bytes, repeated'],
  ['PUMPS', 9, 'state of the XenStore and console pumps and of the store (process/pump-state.ts)'],
  ['RAM', 10, 'count u32, that many gfns u32, then their pages deflated (zlib)'],
  ['END', 11, 'number of records before it, u32'],
  ['PAGES', 12, 'count u32, that many gfns u32; behind the record and under no checksum, their pages as they are'],
] as const

export type RecordName = (typeof RECORDS)[number][0]

export interface SaveRecord {
  readonly name: RecordName
  readonly body: Uint8Array
  /** Reads what stands behind the record, into these pieces one after the other; false when the file is cut off. */
  readonly behind: (pieces: readonly Uint8Array[]) => Promise<boolean>
}

export function recordType(name: RecordName): number {
  for (const [row, type] of RECORDS) if (row === name) return type
  throw new Error(`no record ${name}`)
}

export function recordName(type: number): RecordName | undefined {
  for (const [name, row] of RECORDS) if (row === type) return name
  return undefined
}

/** Magic, version u32, checksum u32 of the bytes before. */
export function encodeFileHeader(version = SAVE_VERSION): Uint8Array {
  const bytes = new Uint8Array(FILE_HEADER_SIZE)
  const view = new DataView(bytes.buffer)
  bytes.set(SAVE_MAGIC)
  view.setUint32(8, version, true)
  view.setUint32(12, crc32(bytes.subarray(0, 12)), true)
  return bytes
}

/** Type u32, flags u32, length u64 | body | checksum u32 of header and body. */
export function encodeRecord(name: RecordName, body: Uint8Array, flags = 0): [header: Uint8Array, trailer: Uint8Array] {
  const header = new Uint8Array(RECORD_HEADER_SIZE)
  const view = new DataView(header.buffer)
  view.setUint32(0, recordType(name), true)
  view.setUint32(4, flags, true)
  view.setBigUint64(8, BigInt(body.length), true)
  const trailer = new Uint8Array(RECORD_TRAILER_SIZE)
  new DataView(trailer.buffer).setUint32(0, crc32(body, crc32(header)), true)
  return [header, trailer]
}

// --- named fields: name length u8, name, length u32, bytes; repeated ---

export type NamedFields = ReadonlyMap<string, Uint8Array>

export function encodeFields(fields: NamedFields, prefix: Uint8Array = new Uint8Array(0)): Uint8Array {
  const names = [...fields].map(([name, bytes]) => [new TextEncoder().encode(name), bytes] as const)
  const size = names.reduce((sum, [name, bytes]) => sum + 1 + name.length + 4 + bytes.length, prefix.length)
  const body = new Uint8Array(size)
  const view = new DataView(body.buffer)
  body.set(prefix)
  let at = prefix.length
  for (const [name, bytes] of names) {
    body[at] = name.length
    body.set(name, at + 1)
    at += 1 + name.length
    view.setUint32(at, bytes.length, true)
    body.set(bytes, at + 4)
    at += 4 + bytes.length
  }
  return body
}

/** undefined when the bytes are no such list. */
export function decodeFields(body: Uint8Array, from = 0): NamedFields | undefined {
  const fields = new Map<string, Uint8Array>()
  const view = new DataView(body.buffer, body.byteOffset, body.byteLength)
  let at = from
  while (at < body.length) {
    const nameLength = body[at] ?? 0
    if (at + 1 + nameLength + 4 > body.length) return undefined
    const name = new TextDecoder().decode(body.subarray(at + 1, at + 1 + nameLength))
    at += 1 + nameLength
    const length = view.getUint32(at, true)
    at += 4
    if (at + length > body.length) return undefined
    fields.set(name, body.subarray(at, at + length))
    at += length
  }
  return fields
}
