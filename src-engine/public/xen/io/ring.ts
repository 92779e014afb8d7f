// The head of a request/response ring page. Spec: Xen io/ring.h.
// Entries follow at byte 64; an entry is as big as the larger of request and response, their count is the largest power of two
// that fits. The frontend starts with both prods 0 and both events 1. After writing entries: barrier, prod; notify the other
// side only if (prod - event) < (prod - old prod) as unsigned 32-bit. Before sleeping: event = cons + 1, barrier, look again.
// Runs in: anything.
import { byName } from '../../../lib/struct-layout'

/** [field, offset, size, written by] */
export const SRING = byName([
  ['req_prod', 0, 4, 'front'],
  ['req_event', 4, 4, 'back'],
  ['rsp_prod', 8, 4, 'back'],
  ['rsp_event', 12, 4, 'front'],
  ['entries', 64, 4032, 'both'],
])

/** Entries of `entrySize` bytes in a ring of `pages` pages. */
export function ringEntries(entrySize: number, pages = 1): number {
  const fit = Math.floor((pages * 4096 - SRING.entries) / entrySize)
  return 2 ** Math.floor(Math.log2(fit))
}
