// The console ring page shared by a guest and its console backend. Spec: Xen io/console.h.
// `in` is what the guest reads, `out` what it writes. Indexes run freely and are masked with the ring's size - 1; a difference
// beyond the size means that the other side is broken. Runs in: anything.
import { byName } from '../../../lib/struct-layout'

/** [field, offset, size, written by] */
export const XENCONS = byName([
  ['in', 0, 1024, 'backend'],
  ['out', 1024, 2048, 'guest'],
  ['in_cons', 3072, 4, 'guest'],
  ['in_prod', 3076, 4, 'backend'],
  ['out_cons', 3080, 4, 'backend'],
  ['out_prod', 3084, 4, 'guest'],
  ['connection', 3088, 1, 'both'],
])

export const XENCONS_IN_SIZE = 1024
export const XENCONS_OUT_SIZE = 2048

/** `connection`: the backend sets CONNECTED once it serves the ring. */
export const XENCONSOLE_CONNECTED = 0
export const XENCONSOLE_DISCONNECTED = 1
