// Which host page is at which guest frame number, and the stock of free RAM pages behind ballooning.
// Invariant: a RAM page is in the p2m exactly once or on the free list; TOTAL_PAGES counts those in the p2m and never passes
// MAX_PAGES; the hypervisor's own pages (shared info, grant frames, rings) are mapped but never freed.
// After any change: domain.requestFlush(). Spec: xen-guest-abi.md 1.5 and 3.4.
// Runs in: any thread of the domain's process, under the domain lock. State: shared memory.
import { HEAP_PAGE, NO_GFN } from './domain-layout'
import type { DomainState } from './domain-state'
import type { SharedPage } from './shared-page'

const PAGE = 4096

export class P2m {
  constructor(
    private readonly domain: DomainState,
    private readonly shared: SharedPage,
  ) {}

  /** Maps all RAM of a new domain from gfn 0: one range, as builder/memory-map.ts says. */
  mapInitialRam(): void {
    const { memory, geometry } = this.domain
    const pages = geometry.ramBytes / PAGE
    for (let i = 0; i < pages; i++) {
      memory.setP2mEntry(i, (geometry.ramBase + i * PAGE + geometry.p2mPresent) >>> 0)
    }
    this.domain.set('TOTAL_PAGES', pages)
    this.domain.set('MAX_PAGES', pages)
    this.domain.set('FREE_HEAD', 0)
    this.domain.set('FREE_COUNT', 0)
  }

  populated(gfn: number): boolean {
    return this.domain.memory.p2mEntry(gfn) !== 0
  }

  isRam(gfn: number): boolean {
    const page = this.domain.memory.pageOf(gfn)
    return page !== 0 && this.domain.memory.isRamPage(page)
  }

  /** Puts a fresh zeroed page at `gfn`; false when the domain has all it may have. A populated gfn is fine as it is. */
  populate(gfn: number): boolean {
    const { domain } = this
    const { memory, geometry } = domain
    if (gfn < 0 || gfn >= geometry.p2mGfns) return false
    if (this.populated(gfn)) return true
    const page = domain.get('FREE_HEAD')
    if (page === 0 || domain.get('TOTAL_PAGES') >= domain.get('MAX_PAGES')) return false
    domain.set('FREE_HEAD', this.linkIn(page))
    domain.set('FREE_COUNT', domain.get('FREE_COUNT') - 1)
    memory.beforeOutsideWrite(page)
    memory.u8.fill(0, page, page + PAGE)
    memory.setP2mEntry(gfn, (page + geometry.p2mPresent) >>> 0)
    domain.set('TOTAL_PAGES', domain.get('TOTAL_PAGES') + 1)
    return true
  }

  /** Takes away what is at `gfn`; a RAM page goes to the free list. False when nothing was there. */
  remove(gfn: number): boolean {
    const { domain } = this
    const page = domain.memory.pageOf(gfn)
    if (page === 0) return false
    domain.memory.setP2mEntry(gfn, 0)
    if (domain.memory.isRamPage(page)) {
      this.forgetAreasIn(page)
      this.free(page)
      domain.set('TOTAL_PAGES', domain.get('TOTAL_PAGES') - 1)
    }
    return true
  }

  /** Maps one of the hypervisor's pages at `gfn`; whatever was there goes. `from` is where it was, NO_GFN for nowhere. */
  mapSpecial(gfn: number, page: number, from: number): boolean {
    const { domain } = this
    if (gfn < 0 || gfn >= domain.geometry.p2mGfns) return false
    if (from !== NO_GFN && from !== gfn && domain.memory.pageOf(from) === page) domain.memory.setP2mEntry(from, 0)
    if (domain.memory.pageOf(gfn) !== page) this.remove(gfn)
    domain.memory.setP2mEntry(gfn, (page + domain.geometry.p2mPresent) >>> 0)
    return true
  }

  /** Moves a page within the domain (XENMAPSPACE_gmfn), and with it what is known by its gfn. */
  move(from: number, to: number): boolean {
    const { memory, geometry } = this.domain
    const page = memory.pageOf(from)
    if (page === 0 || to < 0 || to >= geometry.p2mGfns) return false
    if (from === to) return true
    this.remove(to)
    memory.setP2mEntry(from, 0)
    memory.setP2mEntry(to, (page + geometry.p2mPresent) >>> 0)
    this.follow(page, from, to)
    return true
  }

  /** Highest populated gfn. */
  highest(): number {
    const { memory, geometry } = this.domain
    let gfn = geometry.p2mGfns - 1
    while (gfn > 0 && memory.p2mEntry(gfn) === 0) gfn -= 1
    return gfn
  }

  /** Rebuilds the free list: every RAM page that no gfn maps. For a restored domain. */
  rebuildFreeList(): void {
    const { memory, geometry } = this.domain
    const used = new Uint8Array(geometry.ramBytes / PAGE)
    let total = 0
    for (let gfn = 0; gfn < geometry.p2mGfns; gfn++) {
      const page = memory.pageOf(gfn)
      if (page === 0 || !memory.isRamPage(page)) continue
      used[(page - geometry.ramBase) / PAGE] = 1
      total += 1
    }
    this.domain.set('FREE_HEAD', 0)
    this.domain.set('FREE_COUNT', 0)
    for (let i = used.length - 1; i >= 0; i--) if (used[i] === 0) this.free(geometry.ramBase + i * PAGE)
    this.domain.set('TOTAL_PAGES', total)
  }

  /**
   * The free page after this one, 0 for none. The guest may have written there: another vcpu's TLB, or a backend in the middle of a
   * copy, may still have had the page when it was given back. What is no page of RAM ends the list, and the guest gets fewer pages.
   */
  private linkIn(page: number): number {
    const { memory } = this.domain
    const next = memory.u32[page >>> 2] ?? 0
    return next % PAGE === 0 && memory.isRamPage(next) ? next : 0
  }

  private free(page: number): void {
    this.domain.memory.beforeOutsideWrite(page)
    this.domain.memory.u32[page >>> 2] = this.domain.get('FREE_HEAD')
    this.domain.set('FREE_HEAD', page)
    this.domain.set('FREE_COUNT', this.domain.get('FREE_COUNT') + 1)
  }

  /** Saving, and mapping the hypervisor's own pages anew, go by these gfns. */
  private follow(page: number, from: number, to: number): void {
    const { domain } = this
    for (let vcpu = 0; vcpu < domain.vcpus; vcpu++) {
      if (domain.vget(vcpu, 'INFO_GFN') === from) domain.vset(vcpu, 'INFO_GFN', to)
    }
    if (page === this.shared.address) domain.set('SHARED_INFO_GFN', to)
    const frame = (page - domain.geometry.heapBase) / PAGE - HEAP_PAGE.GRANT
    if (frame >= 0 && frame < domain.get('GRANT_FRAMES')) domain.set('GRANT_GFN', to, frame)
  }

  /** A record that the guest registered in a page it now gives back must not be written any more; its vcpu_info is in shared_info again. */
  private forgetAreasIn(page: number): void {
    for (let vcpu = 0; vcpu < this.domain.vcpus; vcpu++) {
      const info = this.domain.vget(vcpu, 'INFO')
      if (info >= page && info < page + PAGE) {
        this.domain.vset(vcpu, 'INFO', this.shared.defaultInfo(vcpu))
        this.domain.vset(vcpu, 'INFO_GFN', NO_GFN)
      }
      for (const area of ['RUNSTATE_AREA', 'TIME_AREA'] as const) {
        for (const piece of [0, 1]) {
          const address = this.domain.vget(vcpu, area, piece)
          if (address >= page && address < page + PAGE) {
            this.domain.vset(vcpu, area, 0, 0)
            this.domain.vset(vcpu, area, 0, 1)
          }
        }
      }
    }
  }
}
