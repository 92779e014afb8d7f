// The header of a qcow2 image: read with every number checked, so that the rest of this folder may trust them.
// Spec: QEMU docs/interop/qcow2.txt, "Header", "Header extensions". All numbers are big-endian.
// Invariant: a header that parses has tables aligned to clusters and small enough to be held in memory.
// Runs in: the image's thread.
import { latin1, utf8 } from '../../lib/bytes'
import { ok } from '../../public/result'
import { fail, type ImageErrorCode, type ImageResult } from '../error'
import type { File } from '../file'
import { u64, viewOf } from '../views'

export const MAGIC = 0x514649fb

/** Offsets of the header's fields. */
export const AT = {
  magic: 0,
  version: 4,
  backingOffset: 8,
  backingSize: 16,
  clusterBits: 20,
  size: 24,
  crypt: 32,
  l1Size: 36,
  l1Offset: 40,
  refcountTableOffset: 48,
  refcountTableClusters: 56,
  snapshots: 60,
  snapshotsOffset: 64,
  incompatible: 72,
  compatible: 80,
  autoclear: 88,
  refcountOrder: 96,
  headerLength: 100,
  compression: 104,
} as const

export const V2_LENGTH = 72
export const V3_LENGTH = 104

export const INCOMPATIBLE = { dirty: 1, corrupt: 2, dataFile: 4, compression: 8, extendedL2: 16 } as const
export const COMPATIBLE = { lazyRefcounts: 1 } as const
export const AUTOCLEAR = { bitmaps: 1, rawDataFile: 2 } as const

export const EXTENSION = {
  end: 0,
  backingFormat: 0xe2792aca,
  features: 0x6803f857,
  bitmaps: 0x23852875,
  luks: 0x0537be77,
  dataFile: 0x44415441,
} as const

/** The largest tables that are loaded; QEMU has the same bounds. */
const L1_LIMIT = 32 * 1024 * 1024
const REFCOUNT_TABLE_LIMIT = 8 * 1024 * 1024
const SNAPSHOT_LIMIT = 65536
const NAME_LIMIT = 1023

export interface Extension {
  readonly type: number
  readonly bytes: Uint8Array
}

export interface Header {
  readonly version: 2 | 3
  readonly clusterBits: number
  readonly clusterSize: number
  readonly size: number
  readonly l1Size: number
  readonly l1Offset: number
  readonly refcountTableOffset: number
  readonly refcountTableClusters: number
  readonly snapshots: number
  readonly snapshotsOffset: number
  readonly incompatible: number
  readonly compatible: number
  /** Low word; whether the high one has anything is in `autoclearHigh`. */
  readonly autoclear: number
  readonly autoclearHigh: number
  readonly refcountOrder: number
  readonly headerLength: number
  readonly compression: 'zlib' | 'zstd'
  readonly extendedL2: boolean
  readonly backing: string | undefined
  readonly backingFormat: string | undefined
  readonly dataFile: string | undefined
  readonly hasDataFile: boolean
  readonly extensions: readonly Extension[]
}

/** Guest bytes that one L2 table maps. */
export function bytesPerTable(clusterBits: number, extendedL2: boolean): number {
  return 2 ** (2 * clusterBits - (extendedL2 ? 4 : 3))
}

class Refusal {
  constructor(
    readonly code: ImageErrorCode,
    readonly why: string,
  ) {}
}

export async function readHeader(file: File): Promise<ImageResult<Header>> {
  const fixed = new Uint8Array(512)
  const read = await file.read(0, [fixed])
  if (!read.ok) return read
  const clusterBits = viewOf(fixed).getUint32(AT.clusterBits)
  const clusterSize = clusterBits >= 9 && clusterBits <= 21 ? 2 ** clusterBits : 512
  const whole = new Uint8Array(clusterSize)
  const readWhole = await file.read(0, [whole])
  if (!readWhole.ok) return readWhole
  const parsed = parseHeader(whole, file.size)
  return parsed instanceof Refusal ? fail(parsed.code, `${file.path} ${parsed.why}.`) : ok(parsed)
}

/** `bytes` is the first cluster. Refuses with the second half of a sentence. */
function parseHeader(bytes: Uint8Array, fileSize: number): Header | Refusal {
  const view = viewOf(bytes)
  if (view.getUint32(AT.magic) !== MAGIC) return new Refusal('format', 'is not a qcow2 image')
  const version = view.getUint32(AT.version)
  if (version !== 2 && version !== 3) return new Refusal('unsupported', `is qcow2 of version ${version}, not 2 or 3`)
  if (fileSize < (version === 2 ? V2_LENGTH : V3_LENGTH)) return new Refusal('corrupt', 'ends within its header')
  const clusterBits = view.getUint32(AT.clusterBits)
  if (clusterBits < 9 || clusterBits > 21) return new Refusal('corrupt', `has clusters of 2^${clusterBits} bytes`)
  const clusterSize = 2 ** clusterBits
  if (view.getUint32(AT.crypt) !== 0) return new Refusal('encrypted', 'is encrypted, and encrypted images are not opened')

  const v3 = version === 3
  const incompatible = v3 ? view.getUint32(AT.incompatible + 4) : 0
  const headerLength = v3 ? view.getUint32(AT.headerLength) : V2_LENGTH
  if (headerLength < (v3 ? V3_LENGTH : V2_LENGTH) || headerLength > clusterSize || headerLength % 8 !== 0) {
    return new Refusal('corrupt', `has a header of ${headerLength} bytes`)
  }
  const extensions = parseExtensions(bytes, headerLength, u64(view, AT.backingOffset))
  if (extensions instanceof Refusal) return extensions
  const unknownHigh = v3 ? view.getUint32(AT.incompatible) : 0
  if (unknownHigh !== 0 || incompatible > 31) return unknownFeature(extensions, unknownHigh, incompatible)
  const compression = headerLength > AT.compression ? (bytes[AT.compression] ?? 0) : 0
  if (compression > 1 || (compression === 1) !== ((incompatible & INCOMPATIBLE.compression) !== 0)) {
    return new Refusal('unsupported', `is compressed by method ${compression}, which we do not know`)
  }
  if (extensions.some(({ type }) => type === EXTENSION.luks)) {
    return new Refusal('encrypted', 'is encrypted, and encrypted images are not opened')
  }
  const extendedL2 = (incompatible & INCOMPATIBLE.extendedL2) !== 0
  if (extendedL2 && clusterBits < 14) return new Refusal('corrupt', 'has subclusters smaller than a sector')
  const refcountOrder = v3 ? view.getUint32(AT.refcountOrder) : 4
  if (refcountOrder > 6) return new Refusal('corrupt', `has refcounts of 2^${refcountOrder} bits`)

  const size = u64(view, AT.size)
  const l1Size = view.getUint32(AT.l1Size)
  const l1Offset = u64(view, AT.l1Offset)
  if (size % 512 !== 0 && Number.isFinite(size))
    return new Refusal('unsupported', `has ${size} bytes, which are no whole sectors`)
  if (!Number.isFinite(size)) return new Refusal('unsupported', 'is larger than 2^53 bytes')
  if (l1Size * 8 > L1_LIMIT || l1Size < Math.ceil(size / bytesPerTable(clusterBits, extendedL2))) {
    return new Refusal('corrupt', `has an L1 table of ${l1Size} entries for ${size} bytes`)
  }
  const wrongL1 = misplaced(l1Offset, l1Size * 8, clusterSize, fileSize)
  if (l1Size > 0 && wrongL1) return new Refusal('corrupt', `has its L1 table ${wrongL1}`)
  const refcountTableOffset = u64(view, AT.refcountTableOffset)
  const refcountTableClusters = view.getUint32(AT.refcountTableClusters)
  if (refcountTableClusters === 0) return new Refusal('corrupt', 'has no refcount table')
  if (refcountTableClusters * clusterSize > Math.max(REFCOUNT_TABLE_LIMIT, clusterSize)) {
    return new Refusal('corrupt', `has a refcount table of ${refcountTableClusters} clusters`)
  }
  const wrongTable = misplaced(refcountTableOffset, refcountTableClusters * clusterSize, clusterSize, fileSize)
  if (wrongTable) return new Refusal('corrupt', `has its refcount table ${wrongTable}`)
  const snapshots = view.getUint32(AT.snapshots)
  const snapshotsOffset = u64(view, AT.snapshotsOffset)
  if (snapshots > SNAPSHOT_LIMIT) return new Refusal('corrupt', `has ${snapshots} snapshots`)
  const wrongSnapshots = snapshots > 0 ? misplaced(snapshotsOffset, 40 * snapshots, clusterSize, fileSize) : undefined
  if (wrongSnapshots) return new Refusal('corrupt', `has its snapshot table ${wrongSnapshots}`)

  const backing = parseBacking(bytes)
  if (backing instanceof Refusal) return backing
  const textOf = (wanted: number) => {
    const found = extensions.find(({ type }) => type === wanted)
    return found ? utf8(found.bytes) : undefined
  }
  const hasDataFile = (incompatible & INCOMPATIBLE.dataFile) !== 0
  return {
    version,
    clusterBits,
    clusterSize,
    size,
    l1Size,
    l1Offset,
    refcountTableOffset,
    refcountTableClusters,
    snapshots,
    snapshotsOffset,
    incompatible,
    compatible: v3 ? view.getUint32(AT.compatible + 4) : 0,
    autoclear: v3 ? view.getUint32(AT.autoclear + 4) : 0,
    autoclearHigh: v3 ? view.getUint32(AT.autoclear) : 0,
    refcountOrder,
    headerLength,
    compression: compression === 1 ? 'zstd' : 'zlib',
    extendedL2,
    backing,
    backingFormat: textOf(EXTENSION.backingFormat),
    dataFile: textOf(EXTENSION.dataFile),
    hasDataFile,
    extensions,
  }
}

/** Why a table cannot be there, or undefined. */
function misplaced(offset: number, length: number, clusterSize: number, fileSize: number): string | undefined {
  if (!Number.isFinite(offset)) return 'beyond any file'
  if (offset % clusterSize !== 0) return `at ${offset}, which is no cluster's start`
  if (offset < clusterSize) return 'in its header'
  // The last cluster of a file may be cut short.
  if (offset + length >= fileSize + clusterSize) return `at ${offset}, beyond the end of the file`
  return undefined
}

function parseExtensions(bytes: Uint8Array, start: number, backingOffset: number): Extension[] | Refusal {
  const view = viewOf(bytes)
  const end = backingOffset >= start && backingOffset <= bytes.length ? backingOffset : bytes.length
  const found: Extension[] = []
  for (let at = start; at + 8 <= end; ) {
    const type = view.getUint32(at)
    const length = view.getUint32(at + 4)
    if (type === EXTENSION.end) break
    if (length > end - at - 8) return new Refusal('corrupt', 'has a header extension that is too long')
    found.push({ type, bytes: bytes.slice(at + 8, at + 8 + length) })
    at += 8 + Math.ceil(length / 8) * 8
  }
  return found
}

function parseBacking(bytes: Uint8Array): string | undefined | Refusal {
  const view = viewOf(bytes)
  const offset = u64(view, AT.backingOffset)
  if (offset === 0) return undefined
  const length = view.getUint32(AT.backingSize)
  if (length === 0 || length > NAME_LIMIT || offset + length > bytes.length) {
    return new Refusal('corrupt', 'has the name of its backing file outside its header')
  }
  const name = bytes.subarray(offset, offset + length)
  return name.includes(0) ? new Refusal('corrupt', 'has a backing file whose name is not text') : utf8(name)
}

/** The image may carry names of its features: rows of type, bit, name (46 bytes). */
function unknownFeature(extensions: readonly Extension[], high: number, low: number): Refusal {
  const bit = low > 31 ? 31 - Math.clz32((low & ~31) >>> 0) : 63 - Math.clz32(high)
  const table = extensions.find(({ type }) => type === EXTENSION.features)?.bytes ?? new Uint8Array(0)
  for (let at = 0; at + 48 <= table.length; at += 48) {
    if (table[at] !== 0 || table[at + 1] !== bit) continue
    const name = latin1(table.subarray(at + 2, at + 48))
      .replace(/\0.*$/s, '')
      .replace(/[^ -~]/g, '?')
    return new Refusal('unsupported', `needs the qcow2 feature "${name}", which we do not have`)
  }
  return new Refusal('unsupported', `needs the qcow2 feature of bit ${bit}, which we do not have`)
}
