// Which requests, and which segments of them, go to the service in one batch: as many from the front of the queue as fit, of one
// kind, the last of them perhaps in part.
// Runs in: main thread of the domain's process.
import { BLKIF_OP, SECTOR_SIZE } from '../../public/xen/io/blkif'
import { BATCH_ENTRIES, BATCH_ENTRY, BATCH_HEADER, writeBatchHead, writeEntry } from './batch'
import type { BlkRequest } from './request'
import type { Segments } from './segments'

/** Segments [from, to) of a request in one batch. */
export interface Piece {
  readonly request: BlkRequest
  readonly from: number
  readonly to: number
}

export interface Pieces {
  readonly pieces: readonly Piece[]
  /** What is to be written, in the guest's pages. */
  readonly data: readonly Uint8Array[]
  readonly bytes: number
  /** How many requests at the front of the queue are given with this to their end. */
  readonly whole: number
}

/** At most `most` bytes. A write whose pages are not there fails, and nothing behind it comes along. */
export function gather(queue: readonly BlkRequest[], most: number, segments: Segments): Pieces {
  const pieces: Piece[] = []
  const data: Uint8Array[] = []
  const does = queue[0]?.what.does
  const writes = does !== BLKIF_OP.BLKIF_OP_READ
  const alone = does === BLKIF_OP.BLKIF_OP_WRITE_BARRIER
  let sectors = 0
  let whole = 0
  for (const request of queue) {
    if (request.failed || request.what.does !== does || pieces.length >= BATCH_ENTRIES || (alone && pieces.length > 0)) break
    const from = request.given
    const count = request.what.refs.length
    let to = from
    let length = 0
    while (to < count && (sectors + length + request.length(to)) * SECTOR_SIZE <= most) length += request.length(to++)
    if (to === from) break
    if (writes) {
      const sources = segments.sources(request, from, to)
      request.failed = sources === undefined
      if (!sources) break
      data.push(...sources)
    }
    pieces.push({ request, from, to })
    sectors += length
    if (to < count) break
    whole++
  }
  return { pieces, data, bytes: sectors * SECTOR_SIZE, whole }
}

/** The message that asks for them. */
export function messageOf(kind: number, flags: number, tag: number, place: number, { pieces, bytes }: Pieces): Uint8Array {
  const message = new Uint8Array(BATCH_HEADER + BATCH_ENTRY * pieces.length)
  const view = new DataView(message.buffer)
  writeBatchHead(view, { kind, flags, entries: pieces.length, tag, place: Math.max(place, 0), bytes })
  pieces.forEach(({ request, from, to }, i) => {
    writeEntry(view, i, request.what.sector + request.extent(0, from), request.extent(from, to))
  })
  return message
}
