// I/O permission: IOPL, or the bitmap of the TSS.
// Runs in: the vcpu's thread. Spec: AMD64 manual volume 2, 12.2.4.
import { CPL, EFLAGS_REST } from '../generated/layout'
import { raise, GP } from '../state'
import { systemRead } from '../mmu/access'
import { segmentBase, limit, TR } from './descriptor'

/** True when `size` ports from `port` may be used; else #GP(0) is noted. */
export function portAllowed(port: u32, size: u32): bool {
  if (load<u32>(CPL) <= (load<u32>(EFLAGS_REST) >> 12 & 3)) return true
  let ok = false
  if (limit(TR) >= 0x67) {
    const h = systemRead(segmentBase(TR) + 0x66, 2)
    if (!h) return false
    const at = <u32>load<u16>(h) + (port >> 3)
    if (at + 1 <= limit(TR)) {
      const g = systemRead(segmentBase(TR) + at, 2)
      if (!g) return false
      ok = ((<u32>load<u16>(g) >> (port & 7)) & ((1 << size) - 1)) == 0
    }
  }
  if (!ok) raise(GP, 0)
  return ok
}
