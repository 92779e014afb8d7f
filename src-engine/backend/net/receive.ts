// The RX ring of an interface: frames for the guest, copied into pages it has put there. A frame takes an entry for each page and one
// more when it is a super frame; they wait until the guest has given enough.
// Runs in: main thread of the domain's process (hot).
import type { Frame } from '../../net/switch/frame'
import {
  NETIF_EXTRA,
  NETIF_RX_ENTRY,
  NETIF_RX_REQUEST,
  NETIF_RX_RESPONSE,
  XEN_NETIF_EXTRA_TYPE_GSO,
  XEN_NETIF_GSO_TYPE_TCPV4,
  XEN_NETIF_RSP,
  XEN_NETRXF,
} from '../../public/xen/io/netif'
import type { BackRing } from '../../ring/back-ring'
import type { GuestAccess } from '../../ring/guest-access'

const PAGE = 4096

/** Entries a frame takes. */
export function entriesFor(frame: Frame): number {
  return Math.max(1, Math.ceil(frame.bytes.length / PAGE)) + (frame.gsoSize > 0 ? 1 : 0)
}

export class Receive {
  private readonly guest: GuestAccess
  private readonly ring: BackRing
  private readonly entry = new Uint8Array(NETIF_RX_ENTRY)
  private readonly view = new DataView(this.entry.buffer)
  private readonly ids: number[] = []
  /** Pages behind the entries, looked up once: the guest may take one back at any moment. 0 where an entry has none. */
  private readonly pages: number[] = []

  constructor(guest: GuestAccess, ring: BackRing) {
    this.guest = guest
    this.ring = ring
  }

  /** Puts a frame in the ring, which has enough entries. False: the pages were no good and it is lost. */
  put(frame: Frame): boolean {
    const { guest, ids, pages } = this
    const entries = entriesFor(frame)
    const gso = frame.gsoSize > 0
    // With an extra entry the second one carries no data.
    const skipped = gso ? 1 : -1
    ids.length = pages.length = 0
    for (let i = 0; i < entries; i++) {
      this.ring.take(this.entry)
      ids.push(this.view.getUint16(NETIF_RX_REQUEST.id, true))
      pages.push(i === skipped ? 0 : guest.granted(this.view.getUint32(NETIF_RX_REQUEST.gref, true), true))
    }
    const good = pages.every((page, i) => i === skipped || page > 0)
    let at = 0
    for (let i = 0; i < entries; i++) {
      if (i === skipped && good) {
        this.entry.fill(0)
        this.view.setUint8(NETIF_EXTRA.type, XEN_NETIF_EXTRA_TYPE_GSO)
        this.view.setUint16(NETIF_EXTRA.gsoSize, frame.gsoSize, true)
        this.view.setUint8(NETIF_EXTRA.gsoType, XEN_NETIF_GSO_TYPE_TCPV4)
        this.ring.respond(this.entry)
        continue
      }
      let size: number = XEN_NETIF_RSP.ERROR
      let flags = 0
      if (good) {
        size = Math.min(PAGE, frame.bytes.length - at)
        const page = pages[i] ?? 0
        guest.beforeWrite(page)
        guest.bytes.set(frame.bytes.subarray(at, at + size), page)
        at += size
        if (at < frame.bytes.length) flags |= XEN_NETRXF.more_data
        if (i === 0) {
          if (frame.checksum === 'blank') flags |= XEN_NETRXF.csum_blank | XEN_NETRXF.data_validated
          else if (frame.checksum === 'validated') flags |= XEN_NETRXF.data_validated
          if (gso) flags |= XEN_NETRXF.extra_info
        }
      }
      this.view.setUint16(NETIF_RX_RESPONSE.id, ids[i] ?? 0, true)
      this.view.setUint16(NETIF_RX_RESPONSE.offset, 0, true)
      this.view.setUint16(NETIF_RX_RESPONSE.flags, flags, true)
      this.view.setInt16(NETIF_RX_RESPONSE.status, size, true)
      this.ring.respond(this.entry)
    }
    return good
  }
}
