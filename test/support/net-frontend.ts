// A network frontend on plain memory: does with its rings what a guest's driver does, and what a hostile one might. Tests drive it,
// and the bench. Pages: two for the rings, then 256 for each direction. Runs in: tests and benches.

import type { Frame } from '../../src-engine/net/switch/frame'
import {
  NETIF_EXTRA,
  NETIF_RX_ENTRY,
  NETIF_RX_REQUEST,
  NETIF_RX_RESPONSE,
  NETIF_TX_ENTRY,
  NETIF_TX_REQUEST,
  NETIF_TX_RESPONSE,
  XEN_NETIF_EXTRA_TYPE_GSO,
  XEN_NETIF_GSO_TYPE_TCPV4,
  XEN_NETRXF,
  XEN_NETTXF,
} from '../../src-engine/public/xen/io/netif'
import { SRING } from '../../src-engine/public/xen/io/ring'
import type { PlainGuest } from './plain-guest'

const PAGE = 4096
const ENTRIES = 256
export const NET_PORT = 9
/** Pages a frontend needs from its first on. */
export const NET_PAGES = 2 + 2 * ENTRIES

export class NetFrontend {
  /** Calls the pump: what an event channel does. */
  ring: () => void = () => {}
  received: (frame: Frame) => void = () => {}
  readonly wrong: string[] = []
  /** Statuses of answered packets. */
  readonly statuses: number[] = []
  /** Rooms of the RX ring that are filled again at once. */
  filling = true
  private readonly guest: PlainGuest
  private readonly view: DataView
  private readonly first: number
  private txProduced = 0
  private txConsumed = 0
  private rxProduced = 0
  private rxConsumed = 0
  private rxShown = 0
  private parts: Uint8Array[] = []
  private gsoSize = 0
  private flags = 0

  constructor(guest: PlainGuest, first: number) {
    this.guest = guest
    this.first = first
    this.view = new DataView(guest.words.buffer)
    guest.bytes.fill(0, first * PAGE, (first + 2) * PAGE)
    for (let page = first; page < first + NET_PAGES; page++) guest.grants.set(page + 1000, page)
    for (const at of [this.tx, this.rx]) {
      this.store(at + SRING.req_event, 1)
      this.store(at + SRING.rsp_event, 1)
    }
  }

  get tx(): number {
    return this.first * PAGE
  }

  get rx(): number {
    return (this.first + 1) * PAGE
  }

  keys(): Record<string, string> {
    return {
      'tx-ring-ref': String(this.first + 1000),
      'rx-ring-ref': String(this.first + 1001),
      'event-channel': String(NET_PORT),
      'request-rx-copy': '1',
      'feature-sg': '1',
      'feature-gso-tcpv4': '1',
      'feature-rx-notify': '1',
    }
  }

  store(at: number, value: number): void {
    Atomics.store(this.guest.words, at >>> 2, value | 0)
  }

  load(at: number): number {
    return Atomics.load(this.guest.words, at >>> 2) >>> 0
  }

  get room(): number {
    return ENTRIES - ((this.txProduced - this.txConsumed) >>> 0)
  }

  /** Gives pages for frames. */
  fill(count = ENTRIES): void {
    for (let i = 0; i < count && this.rxProduced - this.rxConsumed < ENTRIES; i++) {
      const slot = this.rxProduced % ENTRIES
      const at = this.rx + SRING.entries + slot * NETIF_RX_ENTRY
      this.view.setUint16(at + NETIF_RX_REQUEST.id, slot, true)
      this.view.setUint32(at + NETIF_RX_REQUEST.gref, this.first + 2 + ENTRIES + slot + 1000, true)
      this.rxProduced++
    }
    this.push(this.rx, this.rxShown, this.rxProduced)
    this.rxShown = this.rxProduced
  }

  /** A frame, in as many pages as it needs. */
  send(frame: Frame): void {
    const old = this.txProduced
    const { bytes } = frame
    const slots = Math.max(1, Math.ceil(bytes.length / PAGE))
    for (let i = 0; i < slots; i++) {
      const page = this.first + 2 + (this.txProduced % ENTRIES)
      const part = bytes.subarray(i * PAGE, (i + 1) * PAGE)
      this.guest.bytes.set(part, page * PAGE)
      let flags = i < slots - 1 ? XEN_NETTXF.more_data : 0
      if (i === 0 && frame.checksum === 'blank') flags |= XEN_NETTXF.csum_blank | XEN_NETTXF.data_validated
      if (i === 0 && frame.gsoSize > 0) flags |= XEN_NETTXF.extra_info
      this.request(page + 1000, 0, flags, i === 0 ? bytes.length : part.length)
      if (i === 0 && frame.gsoSize > 0) this.extra(XEN_NETIF_EXTRA_TYPE_GSO, 0, frame.gsoSize, XEN_NETIF_GSO_TYPE_TCPV4)
    }
    this.push(this.tx, old, this.txProduced)
  }

  /** One entry of the TX ring, whatever it says; `show` makes it seen. */
  request(gref: number, offset: number, flags: number, size: number): void {
    const at = this.tx + SRING.entries + (this.txProduced % ENTRIES) * NETIF_TX_ENTRY
    this.view.setUint32(at + NETIF_TX_REQUEST.gref, gref, true)
    this.view.setUint16(at + NETIF_TX_REQUEST.offset, offset, true)
    this.view.setUint16(at + NETIF_TX_REQUEST.flags, flags, true)
    this.view.setUint16(at + NETIF_TX_REQUEST.id, this.txProduced % ENTRIES, true)
    this.view.setUint16(at + NETIF_TX_REQUEST.size, size, true)
    this.txProduced++
  }

  extra(type: number, flags: number, gsoSize = 0, gsoType = 0): void {
    const at = this.tx + SRING.entries + (this.txProduced % ENTRIES) * NETIF_TX_ENTRY
    for (let i = 0; i < NETIF_TX_ENTRY; i++) this.view.setUint8(at + i, 0)
    this.view.setUint8(at + NETIF_EXTRA.type, type)
    this.view.setUint8(at + NETIF_EXTRA.flags, flags)
    this.view.setUint16(at + NETIF_EXTRA.gsoSize, gsoSize, true)
    this.view.setUint8(at + NETIF_EXTRA.gsoType, gsoType)
    this.txProduced++
  }

  show(): void {
    this.store(this.tx + SRING.req_prod, this.txProduced)
    this.ring()
  }

  private push(at: number, old: number, produced: number): void {
    this.store(at + SRING.req_prod, produced)
    const event = this.load(at + SRING.req_event)
    if ((produced - event) >>> 0 < (produced - old) >>> 0) this.ring()
  }

  /** The backend has raised the event channel. */
  event(): void {
    const sent = this.load(this.tx + SRING.rsp_prod)
    if ((sent - this.txConsumed) >>> 0 > ENTRIES) this.wrong.push('more answers than requests')
    for (; this.txConsumed !== sent; this.txConsumed++) {
      const at = this.tx + SRING.entries + (this.txConsumed % ENTRIES) * NETIF_TX_ENTRY
      this.statuses.push(this.view.getInt16(at + NETIF_TX_RESPONSE.status, true))
    }
    this.store(this.tx + SRING.rsp_event, this.txConsumed + 1)
    const got = this.load(this.rx + SRING.rsp_prod)
    for (; this.rxConsumed !== got; this.rxConsumed++) this.take()
    this.store(this.rx + SRING.rsp_event, this.rxConsumed + 1)
    if (this.filling && this.rxProduced - this.rxConsumed < ENTRIES / 2) this.fill()
  }

  private take(): void {
    const slot = this.rxConsumed % ENTRIES
    const at = this.rx + SRING.entries + slot * NETIF_RX_ENTRY
    if (this.flags & XEN_NETRXF.extra_info) {
      // The entry after the first is the extra one.
      this.flags &= ~XEN_NETRXF.extra_info
      if (this.view.getUint8(at + NETIF_EXTRA.type) !== XEN_NETIF_EXTRA_TYPE_GSO) this.wrong.push('no GSO')
      this.gsoSize = this.view.getUint16(at + NETIF_EXTRA.gsoSize, true)
      if (!(this.flags & XEN_NETRXF.more_data)) this.finish()
      return
    }
    if (this.view.getUint16(at + NETIF_RX_RESPONSE.id, true) !== slot) this.wrong.push('answers out of order')
    const status = this.view.getInt16(at + NETIF_RX_RESPONSE.status, true)
    const flags = this.view.getUint16(at + NETIF_RX_RESPONSE.flags, true)
    if (status < 0) {
      this.wrong.push(`status ${status}`)
      return
    }
    const page = (this.first + 2 + ENTRIES + slot) * PAGE
    if (this.parts.length === 0) this.flags = flags
    else this.flags = (this.flags & ~XEN_NETRXF.more_data) | (flags & XEN_NETRXF.more_data)
    this.parts.push(this.guest.bytes.slice(page, page + status))
    if (!(this.flags & (XEN_NETRXF.more_data | XEN_NETRXF.extra_info))) this.finish()
  }

  private finish(): void {
    const bytes = new Uint8Array(Buffer.concat(this.parts))
    const checksum =
      this.flags & XEN_NETRXF.csum_blank ? 'blank' : this.flags & XEN_NETRXF.data_validated ? 'validated' : 'complete'
    const frame: Frame = { bytes, checksum, gsoSize: this.gsoSize }
    this.parts = []
    this.gsoSize = 0
    this.flags = 0
    this.received(frame)
  }
}
