// The block interface: ring entries in both widths, operations, features. Spec: Xen io/blkif.h, xen-guest-abi.md 7.2.
// A request names its width by the frontend's `protocol` key; sectors are of 512 bytes whatever the image's are. Runs in: anything.
import { byName } from '../../../lib/struct-layout'

/** [name, number, status] */
export const BLKIF_OP_ROWS = [
  ['BLKIF_OP_READ', 0, 'done'],
  ['BLKIF_OP_WRITE', 1, 'done'],
  ['BLKIF_OP_WRITE_BARRIER', 2, 'done'],
  ['BLKIF_OP_FLUSH_DISKCACHE', 3, 'done'],
  ['BLKIF_OP_DISCARD', 5, 'done'],
  ['BLKIF_OP_INDIRECT', 6, 'done'],
] as const
export const BLKIF_OP = byName(BLKIF_OP_ROWS)

export const BLKIF_RSP = { OKAY: 0, ERROR: -1, EOPNOTSUPP: -2 } as const

/** Offsets in a request, which fills a whole entry, and in a response. */
export interface BlkifLayout {
  /** Bytes of an entry of the ring. */
  readonly entry: number
  readonly operation: number
  /** Of a discard: flags. */
  readonly nrSegments: number
  readonly id: number
  readonly sector: number
  /** Segments of 8 bytes: gref u32, first sector u8, last sector u8. */
  readonly segments: number
  /** Of a discard: u64. */
  readonly nrSectors: number
  readonly indirectOperation: number
  readonly indirectNrSegments: number
  readonly indirectRefs: number
  readonly response: { readonly size: number; readonly id: number; readonly operation: number; readonly status: number }
}

const LAYOUTS: Readonly<Record<'x86_64-abi' | 'x86_32-abi', BlkifLayout>> = {
  'x86_64-abi': {
    entry: 112,
    operation: 0,
    nrSegments: 1,
    id: 8,
    sector: 16,
    segments: 24,
    nrSectors: 24,
    indirectOperation: 1,
    indirectNrSegments: 2,
    indirectRefs: 28,
    response: { size: 16, id: 0, operation: 8, status: 10 },
  },
  'x86_32-abi': {
    entry: 108,
    operation: 0,
    nrSegments: 1,
    id: 4,
    sector: 12,
    segments: 20,
    nrSectors: 20,
    indirectOperation: 1,
    indirectNrSegments: 2,
    indirectRefs: 24,
    response: { size: 12, id: 0, operation: 8, status: 10 },
  },
}

/** By the value of `protocol`, which is the guest's word: a Map knows no names but these. */
export const BLKIF_LAYOUTS: ReadonlyMap<string, BlkifLayout> = new Map(Object.entries(LAYOUTS))

export const BLKIF_MAX_SEGMENTS_PER_REQUEST = 11
export const BLKIF_MAX_INDIRECT_PAGES_PER_REQUEST = 8
/** Segments in an indirect page. */
export const BLKIF_SEGS_PER_INDIRECT = 512
export const BLKIF_SEGMENT_SIZE = 8

/** Bits of the key `info`. */
export const VDISK = { CDROM: 1, REMOVABLE: 2, READONLY: 4 } as const

export const SECTOR_SIZE = 512
