// The guest's pages behind the segments of block requests, as views to write from and to read into.
// Grants are looked up each time: the pages are the guest's until it is answered, and it may take grants back at any moment.
// Runs in: main thread of the domain's process.

import { GuestViews } from '../../lib/guest-views'
import { SECTOR_SIZE } from '../../public/xen/io/blkif'
import type { GuestAccess } from '../../ring/guest-access'
import type { BlkRequest } from './request'

const PAGE_SECTORS = 8

export class Segments {
  /** Where goes what the guest is not to have. */
  private readonly waste = new Uint8Array(PAGE_SECTORS * SECTOR_SIZE)

  constructor(private readonly guest: GuestAccess) {}

  /** What the segments [from, to) of a write hold; undefined when one of them is not granted. */
  sources({ what: { refs, first, last } }: BlkRequest, from: number, to: number): readonly Uint8Array[] | undefined {
    const views = new GuestViews(this.guest.bytes)
    for (let i = from; i < to; i++) {
      const page = this.guest.granted(refs[i] ?? -1, false)
      if (page < 0) return undefined
      views.add(page + (first[i] ?? 0) * SECTOR_SIZE, page + ((last[i] ?? 0) + 1) * SECTOR_SIZE)
    }
    return views.end()
  }

  /** Where the data of the segments [from, to) of a read go, about to be written. What is not `good` or not granted goes nowhere, and
      the request has failed. */
  targets(request: BlkRequest, from: number, to: number, good: boolean): readonly Uint8Array[] {
    const { guest } = this
    const { refs, first, last } = request.what
    const views = new GuestViews(guest.bytes)
    for (let i = from; i < to; i++) {
      const page = good ? guest.granted(refs[i] ?? -1, true) : -1
      if (page < 0) {
        request.failed = true
        views.other(this.waste.subarray(0, request.length(i) * SECTOR_SIZE))
        continue
      }
      guest.beforeWrite(page)
      views.add(page + (first[i] ?? 0) * SECTOR_SIZE, page + ((last[i] ?? 0) + 1) * SECTOR_SIZE)
    }
    return views.end()
  }
}
