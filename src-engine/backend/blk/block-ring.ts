// The ring of a disk: blkif's entries, taken out as requests and written as responses.
// Runs in: main thread of the domain's process (hot).
import type { BlkifLayout } from '../../public/xen/io/blkif'
import { BackRing } from '../../ring/back-ring'
import type { GrantedRing, GuestAccess } from '../../ring/guest-access'
import { type ParsedRequest, parseRequest, type SavedRequest } from './request'

export class BlockRing extends BackRing {
  private readonly entry: Uint8Array
  private readonly entryView: DataView
  private readonly response: Uint8Array
  private readonly responseView: DataView

  constructor(
    private readonly memory: GuestAccess,
    granted: GrantedRing,
    private readonly layout: BlkifLayout,
    from?: { consumed: number; produced: number },
  ) {
    super(memory, granted, layout.entry, from)
    this.entry = new Uint8Array(layout.entry)
    this.entryView = new DataView(this.entry.buffer)
    this.response = new Uint8Array(layout.response.size)
    this.responseView = new DataView(this.response.buffer)
  }

  /** The next request; one must be waiting. */
  next(): ParsedRequest {
    this.take(this.entry)
    return parseRequest(this.entryView, this.layout, this.memory)
  }

  answer(what: SavedRequest, status: number): void {
    const { response } = this.layout
    this.responseView.setUint32(response.id, what.idLow, true)
    this.responseView.setUint32(response.id + 4, what.idHigh, true)
    this.responseView.setUint8(response.operation, what.does)
    this.responseView.setInt16(response.status, status, true)
    this.respond(this.response)
  }
}
