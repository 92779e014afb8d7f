// What a block frontend writes to its directory before it connects, checked. Spec: xen-guest-abi.md 7.2.
// Runs in: main thread of the domain's process (the limit also in domain 0).
import { err, ok, type Result } from '../../public/result'
import { BLKIF_LAYOUTS, type BlkifLayout } from '../../public/xen/io/blkif'
import { type Keys, keyU32 } from '../device'

/** The ring may have up to 2^4 pages, as with Linux's blkback. */
export const MAX_RING_PAGE_ORDER = 4

/** What a frontend must have written. */
export function readKeys(keys: Keys): Result<{ layout: BlkifLayout; port: number; refs: number[] }, string> {
  // Without the key: the guest's own width, and ours are 64-bit ones.
  const layout = BLKIF_LAYOUTS.get(keys['protocol'] ?? 'x86_64-abi')
  if (!layout) return err(`unknown protocol ${keys['protocol']}`)
  const port = keyU32(keys['event-channel'])
  const order = keys['ring-page-order'] === undefined ? 0 : keyU32(keys['ring-page-order'])
  if (port === undefined || order === undefined || order > MAX_RING_PAGE_ORDER) return err('the frontend gave no event channel')
  const names =
    keys['ring-page-order'] === undefined ? ['ring-ref'] : Array.from({ length: 2 ** order }, (_, i) => `ring-ref${i}`)
  const refs: number[] = []
  for (const name of names) {
    const ref = keyU32(keys[name])
    if (ref === undefined) return err(`the frontend gave no ${name}`)
    refs.push(ref)
  }
  return ok({ layout, port, refs })
}
