// The backend's half of a request/response ring, for every split device whose ring Xen's io/ring.h describes.
// Indexes run freely as u32. The guest owns req_prod and rsp_event, we own rsp_prod and req_event; our consumer index is private
// and part of saved state. The page is hostile: an index is read once per decision, a request is copied out once and never looked
// at again, a distance beyond the size is BROKEN.
// Barriers: `waiting` reads req_prod (Atomics) before entries are copied; `publish` hands rsp_prod to the guest's own thread, which
// stores it after the responses and decides about the event there (GuestAccess.publish); `sleep` stores req_event before it looks
// at req_prod again. A guest's barrier instructions are plain ones here, so its store of req_prod may still be in its processor's
// store buffer when it reads req_event: who got `true` from `sleep` looks once more a turn later.
// Runs in: main thread of the domain's process (hot: no allocation, no exceptions).
import { ringEntries, SRING } from '../public/xen/io/ring'
import type { GrantedRing, GuestAccess } from './guest-access'

export const BROKEN_RING = -1

const PAGE = 4096

export class BackRing {
  readonly entries: number
  readonly entrySize: number
  private readonly guest: GuestAccess
  private readonly pages: readonly number[]
  private readonly granted: GrantedRing
  private readonly first: number
  private consumed: number
  private produced: number
  private shown: number

  /**
   * `entrySize`: the larger of request and response, in the guest's width. A ring goes on where it was with `from`; a new one at
   * what the guest has been answered so far.
   */
  constructor(guest: GuestAccess, granted: GrantedRing, entrySize: number, from?: { consumed: number; produced: number }) {
    this.guest = guest
    this.granted = granted
    this.pages = granted.pages
    this.entrySize = entrySize
    this.entries = ringEntries(entrySize, granted.pages.length)
    this.first = granted.pages[0] ?? 0
    this.shown = this.load(SRING.rsp_prod)
    this.produced = from?.produced ?? this.shown
    this.consumed = from?.consumed ?? this.produced
  }

  /** Requests taken, and responses written, since the guest made the ring: to be saved. */
  get position(): { consumed: number; produced: number } {
    return { consumed: this.consumed, produced: this.produced }
  }

  /** Its indexes as they stand, for people. */
  get view(): { size: number; produced: number; consumed: number; answered: number } {
    return { size: this.entries, produced: this.load(SRING.req_prod), consumed: this.consumed, answered: this.produced }
  }

  /** Is there still a ring? */
  get intact(): boolean {
    return this.granted.intact
  }

  private load(field: number): number {
    return Atomics.load(this.guest.words, (this.first + field) >>> 2) >>> 0
  }

  /** Requests not taken yet; BROKEN_RING when there are more than fit beside the unanswered ones. */
  waiting(): number {
    const produced = this.load(SRING.req_prod)
    const beyondAnswered = (produced - this.produced) >>> 0
    const waiting = (produced - this.consumed) >>> 0
    return beyondAnswered > this.entries || waiting > this.entries ? BROKEN_RING : waiting
  }

  /** Copies the next request out; only while `waiting` says there is one. Without `step` it is looked at and stays. */
  take(into: Uint8Array, step = 1): void {
    this.copy(this.consumed, into, true)
    this.consumed = (this.consumed + step) >>> 0
  }

  /** Writes the next response; the guest does not see it before `publish`. */
  respond(response: Uint8Array): void {
    this.copy(this.produced, response, false)
    this.produced = (this.produced + 1) >>> 0
  }

  /** Responses the guest has not been shown. */
  get unshown(): number {
    return (this.produced - this.shown) >>> 0
  }

  /** Shows the guest all responses written, and has it told through `port` if it wants to be. False: it has seen all. */
  publish(port: number): boolean {
    if (this.produced === this.shown) return false
    this.shown = this.produced
    this.guest.publish(this.first + SRING.rsp_prod, this.produced | 0, this.first + SRING.rsp_event, port)
    return true
  }

  /** Asks to be told when there are `count` requests. True when there are not, false when they have come meanwhile. */
  sleep(count = 1): boolean {
    const event = (this.consumed + count) | 0
    const at = (this.first + SRING.req_event) >>> 2
    if (Atomics.load(this.guest.words, at) !== event) Atomics.store(this.guest.words, at, event)
    return (this.load(SRING.req_prod) - this.consumed) >>> 0 < count
  }

  /** Between a private buffer and the entry of an index. With several pages an entry may lie across two. */
  private copy(index: number, bytes: Uint8Array, out: boolean): void {
    let at = SRING.entries + (index & (this.entries - 1)) * this.entrySize
    const { guest } = this
    for (let done = 0; done < bytes.length; ) {
      const page = this.pages[at >>> 12] ?? this.first
      const offset = at & (PAGE - 1)
      const length = Math.min(bytes.length - done, PAGE - offset)
      const from = page + offset
      if (out) for (let i = 0; i < length; i++) bytes[done + i] = guest.bytes[from + i] ?? 0
      else {
        guest.beforeWrite(page)
        for (let i = 0; i < length; i++) guest.bytes[from + i] = bytes[done + i] ?? 0
      }
      done += length
      at += length
    }
  }
}
