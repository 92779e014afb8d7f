// A block request copied out of a guest's ring: parsed and checked once, kept until it is answered, saved with the domain.
// Invariant: `refs`, `first` and `last` have one item a segment, 0 <= first <= last <= 7; everything that is not so was refused here.
// Spec: Xen io/blkif.h, xen-guest-abi.md 7.2. Runs in: main thread of the domain's process.
import { readJson } from '../../lib/json'
import { fields, list, oneOf, type TypeOf, within } from '../../public/shape'
import {
  BLKIF_MAX_INDIRECT_PAGES_PER_REQUEST,
  BLKIF_MAX_SEGMENTS_PER_REQUEST,
  BLKIF_OP,
  BLKIF_SEGMENT_SIZE,
  BLKIF_SEGS_PER_INDIRECT,
  type BlkifLayout,
} from '../../public/xen/io/blkif'
import type { GuestAccess } from '../../ring/guest-access'

/** What the backend announces as feature-max-indirect-segments: 1 MiB in one request, as Linux's blkback. */
export const MAX_INDIRECT_SEGMENTS = 256

const LAST_SECTOR_OF_PAGE = 7
const u32 = within(0, 0xffff_ffff)

/** A request as it is saved; also what one is made from. */
const SAVED_REQUEST = fields({
  /** What is to be done and what the response says: of an indirect request the operation within. */
  does: within(0, 255),
  idLow: u32,
  idHigh: u32,
  sector: within(0, Number.MAX_SAFE_INTEGER),
  /** Of a discard. */
  sectors: within(0, Number.MAX_SAFE_INTEGER),
  refs: list(u32, MAX_INDIRECT_SEGMENTS),
  first: list(within(0, LAST_SECTOR_OF_PAGE), MAX_INDIRECT_SEGMENTS),
  last: list(within(0, LAST_SECTOR_OF_PAGE), MAX_INDIRECT_SEGMENTS),
})
export type SavedRequest = TypeOf<typeof SAVED_REQUEST>

export class BlkRequest {
  /** Segments given to the service so far, and pieces of it that are not answered. */
  given = 0
  pieces = 0
  failed = false
  /** There was no room for it. */
  stalled = false

  constructor(readonly what: SavedRequest) {}

  /** To be asked again from the beginning. */
  restart(): void {
    this.given = 0
    this.pieces = 0
    this.failed = false
    this.stalled = false
  }

  /** Sectors of the segments [from, to), of all of them when nothing is said. */
  extent(from = 0, to = this.what.refs.length): number {
    let sum = 0
    for (let i = from; i < to; i++) sum += this.length(i)
    return sum
  }

  /** Sectors of a segment. */
  length(segment: number): number {
    return (this.what.last[segment] ?? 0) - (this.what.first[segment] ?? 0) + 1
  }
}

/** A pump's state: what it has taken from the ring and answered, and the requests between. */
const STATE = fields({
  version: oneOf(1),
  consumed: u32,
  produced: u32,
  requests: list(SAVED_REQUEST, 1024),
})

/** Undefined when it makes no sense. */
export function readSaved(bytes: Uint8Array): TypeOf<typeof STATE> | undefined {
  const state = readJson(bytes)
  if (!STATE.is(state) || !state.requests.every(isSound)) return undefined
  return (state.consumed - state.produced) >>> 0 === state.requests.length ? state : undefined
}

function isSound({ refs, first, last }: SavedRequest): boolean {
  return refs.length === first.length && refs.length === last.length && first.every((one, i) => one <= (last[i] ?? -1))
}

/** A request that is wrong in itself is answered with an error: `refused`. Its id and operation are needed for that. */
export type ParsedRequest = { readonly request: SavedRequest; readonly refused: boolean }

/** From a private copy of the entry. Segments of an indirect request are copied from the guest's pages here, once. */
export function parseRequest(entry: DataView, layout: BlkifLayout, guest: GuestAccess): ParsedRequest {
  const operation = entry.getUint8(layout.operation)
  const indirect = operation === BLKIF_OP.BLKIF_OP_INDIRECT
  const does = indirect ? entry.getUint8(layout.indirectOperation) : operation
  // What moves nothing has no place: Linux sends its flushes with sector 2^64-1.
  const count = indirect ? entry.getUint16(layout.indirectNrSegments, true) : entry.getUint8(layout.nrSegments)
  const placeless = count === 0 && does !== BLKIF_OP.BLKIF_OP_DISCARD
  const sector = placeless ? 0 : u64(entry, layout.sector)
  const idLow = entry.getUint32(layout.id, true)
  const idHigh = entry.getUint32(layout.id + 4, true)
  const refs: number[] = []
  const first: number[] = []
  const last: number[] = []
  const refused = (): ParsedRequest => ({
    request: { does, idLow, idHigh, sector: 0, sectors: 0, refs: [], first: [], last: [] },
    refused: true,
  })
  if (sector === undefined) return refused()
  if (does === BLKIF_OP.BLKIF_OP_DISCARD) {
    const sectors = indirect ? undefined : u64(entry, layout.nrSectors)
    if (sectors === undefined) return refused()
    return { request: { does, idLow, idHigh, sector, sectors, refs, first, last }, refused: false }
  }
  const reads = does === BLKIF_OP.BLKIF_OP_READ
  const writes = does === BLKIF_OP.BLKIF_OP_WRITE || does === BLKIF_OP.BLKIF_OP_WRITE_BARRIER
  const flushes = does === BLKIF_OP.BLKIF_OP_FLUSH_DISKCACHE
  if (!reads && !writes && !flushes) return refused()
  if (count > (indirect ? MAX_INDIRECT_SEGMENTS : BLKIF_MAX_SEGMENTS_PER_REQUEST)) return refused()
  if (count === 0 && (reads || does === BLKIF_OP.BLKIF_OP_WRITE)) return refused()
  // A flush with segments would be a write as well; nobody sends one.
  if ((count > 0 || indirect) && flushes) return refused()
  if (indirect) {
    const pages = Math.ceil(count / BLKIF_SEGS_PER_INDIRECT)
    if (pages > BLKIF_MAX_INDIRECT_PAGES_PER_REQUEST) return refused()
    for (let page = 0; page < pages; page++) {
      const address = guest.granted(entry.getUint32(layout.indirectRefs + 4 * page, true), false)
      if (address < 0) return refused()
      const some = Math.min(BLKIF_SEGS_PER_INDIRECT, count - page * BLKIF_SEGS_PER_INDIRECT)
      const copy = guest.bytes.slice(address, address + some * BLKIF_SEGMENT_SIZE)
      const view = new DataView(copy.buffer)
      if (!addSegments(view, 0, some, refs, first, last)) return refused()
    }
  } else if (!addSegments(entry, layout.segments, count, refs, first, last)) return refused()
  return { request: { does, idLow, idHigh, sector, sectors: 0, refs, first, last }, refused: false }
}

/** Adds segments from `at` on. False when one is no range of sectors within its page. */
function addSegments(view: DataView, at: number, count: number, refs: number[], first: number[], last: number[]): boolean {
  for (let from = at; from < at + count * BLKIF_SEGMENT_SIZE; from += BLKIF_SEGMENT_SIZE) {
    const start = view.getUint8(from + 4)
    const end = view.getUint8(from + 5)
    if (start > end || end > LAST_SECTOR_OF_PAGE) return false
    refs.push(view.getUint32(from, true))
    first.push(start)
    last.push(end)
  }
  return true
}

/** Undefined when it is no exact number: no disk is that large. */
function u64(view: DataView, at: number): number | undefined {
  const value = view.getUint32(at + 4, true) * 0x1_0000_0000 + view.getUint32(at, true)
  return Number.isSafeInteger(value) ? value : undefined
}
