// The TX ring of an interface: packets of the guest, gathered from its pages into frames and answered at once, because they are
// copied. Nothing is kept: what is on its way when domain 0 dies or the guest is saved is lost, as on a wire.
// A packet of several entries must be in the ring whole, or the ring makes no sense. A packet with bad references, sizes or extra
// entries is answered with an error and is nobody else's loss.
// Runs in: main thread of the domain's process (hot).
import type { ChecksumState, Frame } from '../../net/switch/frame'
import { SUPER_FRAME_MOST } from '../../net/switch/frame'
import {
  NETIF_EXTRA,
  NETIF_TX_ENTRY,
  NETIF_TX_REQUEST,
  NETIF_TX_RESPONSE,
  XEN_NETIF_EXTRA_FLAG_MORE,
  XEN_NETIF_EXTRA_TYPE_GSO,
  XEN_NETIF_GSO_TYPE_TCPV4,
  XEN_NETIF_NR_SLOTS_MIN,
  XEN_NETIF_RSP,
  XEN_NETTXF,
} from '../../public/xen/io/netif'
import type { BackRing } from '../../ring/back-ring'
import type { GuestAccess } from '../../ring/guest-access'

const PAGE = 4096

export class Transmit {
  private readonly guest: GuestAccess
  private readonly ring: BackRing
  private readonly entry = new Uint8Array(NETIF_TX_ENTRY)
  private readonly view = new DataView(this.entry.buffer)
  private readonly response = new Uint8Array(NETIF_TX_RESPONSE.size)
  private readonly responseView = new DataView(this.response.buffer)
  // Of the packet being read: its entries, and which of them are extra ones.
  private readonly ids: number[] = []
  private readonly extra: boolean[] = []
  private readonly refs: number[] = []
  private readonly offsets: number[] = []
  private readonly sizes: number[] = []

  constructor(guest: GuestAccess, ring: BackRing) {
    this.guest = guest
    this.ring = ring
  }

  /**
   * Takes one packet of `waiting` entries. A frame, or undefined when it was answered with an error; `broken` when the ring makes
   * no sense.
   */
  take(waiting: number): Frame | undefined | 'broken' {
    const { ids, extra, refs, offsets, sizes } = this
    ids.length = extra.length = refs.length = offsets.length = sizes.length = 0
    let gsoSize = 0
    let good = true
    let first = 0
    let more = true
    let left = waiting
    while (more) {
      if (left-- <= 0) return 'broken'
      this.ring.take(this.entry)
      const flags = this.view.getUint16(NETIF_TX_REQUEST.flags, true)
      if (ids.length === 0) first = flags
      ids.push(this.view.getUint16(NETIF_TX_REQUEST.id, true))
      extra.push(false)
      refs.push(this.view.getUint32(NETIF_TX_REQUEST.gref, true))
      offsets.push(this.view.getUint16(NETIF_TX_REQUEST.offset, true))
      sizes.push(this.view.getUint16(NETIF_TX_REQUEST.size, true))
      more = (flags & XEN_NETTXF.more_data) !== 0
      if (ids.length > 1) continue
      for (let extras = (flags & XEN_NETTXF.extra_info) !== 0; extras; ) {
        if (left-- <= 0) return 'broken'
        this.ring.take(this.entry)
        ids.push(0)
        extra.push(true)
        extras = (this.view.getUint8(NETIF_EXTRA.flags) & XEN_NETIF_EXTRA_FLAG_MORE) !== 0
        if (this.view.getUint8(NETIF_EXTRA.type) !== XEN_NETIF_EXTRA_TYPE_GSO) continue
        gsoSize = this.view.getUint16(NETIF_EXTRA.gsoSize, true)
        good = good && gsoSize > 0 && this.view.getUint8(NETIF_EXTRA.gsoType) === XEN_NETIF_GSO_TYPE_TCPV4
      }
    }
    const bytes = good && refs.length <= XEN_NETIF_NR_SLOTS_MIN ? this.gather() : undefined
    for (let i = 0; i < ids.length; i++) {
      const status = extra[i] ? XEN_NETIF_RSP.NULL : bytes ? XEN_NETIF_RSP.OKAY : XEN_NETIF_RSP.ERROR
      this.responseView.setUint16(NETIF_TX_RESPONSE.id, ids[i] ?? 0, true)
      this.responseView.setInt16(NETIF_TX_RESPONSE.status, status, true)
      this.ring.respond(this.response)
    }
    if (!bytes) return undefined
    const checksum: ChecksumState =
      first & XEN_NETTXF.csum_blank ? 'blank' : first & XEN_NETTXF.data_validated ? 'validated' : 'complete'
    return { bytes, checksum, gsoSize }
  }

  /** Copies the packet's bytes out of the guest's pages. */
  private gather(): Uint8Array | undefined {
    const { refs, offsets, sizes, guest } = this
    const total = sizes[0] ?? 0
    let others = 0
    for (let i = 1; i < sizes.length; i++) others += sizes[i] ?? 0
    if (total > SUPER_FRAME_MOST || others > total) return undefined
    sizes[0] = total - others
    const bytes = new Uint8Array(total)
    let at = 0
    for (let i = 0; i < refs.length; i++) {
      const size = sizes[i] ?? 0
      const offset = offsets[i] ?? 0
      if (offset + size > PAGE) return undefined
      const page = guest.granted(refs[i] ?? -1, false)
      if (page < 0) return undefined
      bytes.set(guest.bytes.subarray(page + offset, page + offset + size), at)
      at += size
    }
    return bytes
  }
}
