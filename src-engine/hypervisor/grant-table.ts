// The domain's grant table, version 1: entries the guest fills in its grant frames, and the checked way a backend uses one.
// Invariant: an entry is looked up and checked on each use, and nothing of it is remembered. Spec: Xen grant_table.h,
// xen-guest-abi.md 5.
// Runs in: vcpu threads (frames), main thread (backends' copies). State: grant frames in XENHEAP, tables in shared memory.
import { GNTST, GRANT_ENTRY_V1, GTF, MAX_GRANT_FRAMES } from '../public/xen/grant-table'
import { HEAP_PAGE, NO_GFN } from './domain-layout'
import type { DomainState } from './domain-state'
import type { P2m } from './p2m'

const PAGE = 4096

export class GrantTable {
  constructor(
    private readonly domain: DomainState,
    private readonly p2m: P2m,
  ) {}

  get frames(): number {
    return this.domain.get('GRANT_FRAMES')
  }

  framePage(frame: number): number {
    return this.domain.geometry.heapBase + (HEAP_PAGE.GRANT + frame) * PAGE
  }

  /** Makes sure that `count` frames exist; false beyond the maximum. */
  grow(count: number): boolean {
    if (count > MAX_GRANT_FRAMES) return false
    if (count > this.frames) this.domain.set('GRANT_FRAMES', count)
    return true
  }

  /** Maps a frame at a gfn of the guest's choice (XENMAPSPACE_grant_table); the caller holds the lock. */
  mapFrame(frame: number, gfn: number): boolean {
    if (!this.grow(frame + 1)) return false
    if (!this.p2m.mapSpecial(gfn, this.framePage(frame), this.domain.get('GRANT_GFN', frame))) return false
    this.domain.set('GRANT_GFN', gfn, frame)
    return true
  }

  /** What a toolstack writes before the guest starts. */
  prefill(ref: number, domid: number, gfn: number): void {
    this.grow(1)
    const at = this.entry(ref)
    const { memory } = this.domain
    memory.u16[(at + GRANT_ENTRY_V1.domid) >>> 1] = domid
    memory.u32[(at + GRANT_ENTRY_V1.frame) >>> 2] = gfn
    Atomics.store(memory.u16, at >>> 1, GTF.permit_access)
  }

  private entry(ref: number): number {
    return this.framePage(Math.floor(ref / GRANT_ENTRY_V1.perFrame)) + (ref % GRANT_ENTRY_V1.perFrame) * GRANT_ENTRY_V1.size
  }

  /**
   * The linear address of the page that a grant gives `backend`, or a negative GNTST status. To be used at once: it is looked up
   * for each use and the entry's reading and writing bits stay clear, because with one vcpu the guest changes an entry by plain
   * loads and stores, between which no other thread may write it; with several it is right too, only not needed. Spec: xen-guest-abi.md 5 (copying without mapping).
   */
  lookUp(ref: number, backend: number, write: boolean): number {
    if (!(ref >= 0 && ref < this.frames * GRANT_ENTRY_V1.perFrame)) return GNTST.bad_gntref
    const { memory } = this.domain
    const at = this.entry(ref)
    // Flags and domid are one word: read once.
    const word = Atomics.load(memory.u32, at >>> 2)
    if ((word & GTF.type_mask) !== GTF.permit_access) return GNTST.bad_gntref
    if (word >>> 16 !== backend || (write && (word & GTF.readonly) !== 0)) return GNTST.permission_denied
    return this.pageOf(memory.u32[(at + GRANT_ENTRY_V1.frame) >>> 2] ?? 0, write)
  }

  /** The linear address of the page at a gfn, for backends that are given one (framebuffer, console), or GNTST_bad_page. */
  pageOf(gfn: number, write: boolean): number {
    const { memory, geometry } = this.domain
    const page = memory.pageOf(gfn)
    if (page === 0 || (write && (memory.p2mEntry(gfn) & geometry.p2mReadOnly) !== 0)) return GNTST.bad_page
    return page
  }

  /** Copies out of a granted page; GNTST status. */
  copyFrom(ref: number, backend: number, offset: number, target: Uint8Array): number {
    if (offset < 0 || offset + target.length > PAGE) return GNTST.bad_copy_arg
    const page = this.lookUp(ref, backend, false)
    if (page < 0) return page
    target.set(this.domain.memory.u8.subarray(page + offset, page + offset + target.length))
    return GNTST.okay
  }

  /** Copies into a granted page; GNTST status. */
  copyTo(ref: number, backend: number, offset: number, source: Uint8Array): number {
    if (offset < 0 || offset + source.length > PAGE) return GNTST.bad_copy_arg
    const page = this.lookUp(ref, backend, true)
    if (page < 0) return page
    this.domain.memory.writeFromOutside(page + offset, source)
    return GNTST.okay
  }

  /** A new domain's tables: no frame mapped anywhere. */
  clear(): void {
    this.domain.set('GRANT_FRAMES', 1)
    for (let frame = 0; frame < MAX_GRANT_FRAMES; frame++) this.domain.set('GRANT_GFN', NO_GFN, frame)
  }
}
