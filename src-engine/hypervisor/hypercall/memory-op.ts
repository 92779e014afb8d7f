// memory_op: what is at which gfn. Spec: Xen public/memory.h, xen-guest-abi.md 3.4.
// Invariant: every change of the p2m ends with requestFlush, before the guest runs on.
// Runs in: the calling vcpu's thread.
import { byName } from '../../lib/struct-layout'
import { ERRNO } from '../../public/xen/errno'
import {
  E820_ENTRY_SIZE,
  E820_MAX,
  MEMOP_CMD_MASK,
  XENMAPIDX_grant_table_status,
  XENMAPSPACE,
  XENMEMS,
  xen_add_to_physmap,
  xen_add_to_physmap_batch,
  xen_foreign_memory_map,
  xen_memory_map,
  xen_memory_reservation,
  xen_remove_from_physmap,
} from '../../public/xen/memory'
import { DOMAIN_TABLE } from '../domain-layout'
import { type Call, gfnOf, type HypercallResult } from './call'

const OP = byName(XENMEMS)

/** Pages handled in one call, under the domain lock; a guest that asks for more gets the count done, as after a preemption. */
const PAGES_AT_ONCE = 65536
/** Xen's limit for an ordinary domain's populate_physmap. */
const ORDER_LIMIT = 9

export function memoryOp(call: Call): HypercallResult {
  const arg = call.pointer(1)
  const { domain } = call
  switch (Number(call.arg(0) & BigInt(MEMOP_CMD_MASK))) {
    case OP.XENMEM_increase_reservation:
      return 0
    case OP.XENMEM_decrease_reservation:
      return reservation(call, arg, false)
    case OP.XENMEM_populate_physmap:
      return reservation(call, arg, true)
    case OP.XENMEM_maximum_ram_page:
      return domain.p2m.highest()
    case OP.XENMEM_current_reservation:
      return ownFigure(call, arg, () => domain.get('TOTAL_PAGES'))
    case OP.XENMEM_maximum_reservation:
      return ownFigure(call, arg, () => domain.get('MAX_PAGES'))
    case OP.XENMEM_maximum_gpfn:
      return ownFigure(call, arg, () => domain.p2m.highest())
    case OP.XENMEM_machphys_mfn_list:
      return -ERRNO.EINVAL
    case OP.XENMEM_add_to_physmap: {
      const a = call.read(xen_add_to_physmap, arg)
      if (!a) return -ERRNO.EFAULT
      if (!call.isSelf(a.domid)) return -ERRNO.ESRCH
      return addToPhysmap(call, a.space, a.idx, a.gpfn)
    }
    case OP.XENMEM_add_to_physmap_batch:
      return addBatch(call, arg)
    case OP.XENMEM_remove_from_physmap: {
      const a = call.read(xen_remove_from_physmap, arg)
      if (!a) return -ERRNO.EFAULT
      if (!call.isSelf(a.domid)) return -ERRNO.ESRCH
      const removed = domain.locked(() => domain.p2m.remove(gfnOf(a.gpfn)))
      if (removed) domain.requestFlush()
      return removed ? 0 : -ERRNO.ENOENT
    }
    case OP.XENMEM_memory_map:
      return memoryMap(call, arg)
    case OP.XENMEM_set_memory_map:
      return setMemoryMap(call, arg)
    case OP.XENMEM_acquire_resource:
      return -ERRNO.EPERM
    default:
      return -ERRNO.ENOSYS
  }
}

function ownFigure(call: Call, arg: bigint, figure: () => number): HypercallResult {
  const bytes = call.copyIn(arg, 2)
  if (!bytes) return -ERRNO.EFAULT
  return call.isSelf((bytes[0] ?? 0) | ((bytes[1] ?? 0) << 8)) ? figure() : -ERRNO.ESRCH
}

/** Returns the number of extents done, and stops at the first that cannot be. */
function reservation(call: Call, arg: bigint, populate: boolean): HypercallResult {
  const { domain } = call
  const a = call.read(xen_memory_reservation, arg)
  if (!a) return -ERRNO.EFAULT
  if (!call.isSelf(a.domid)) return -ERRNO.ESRCH
  if (a.extent_order > ORDER_LIMIT) return 0
  const most = BigInt(PAGES_AT_ONCE >> a.extent_order)
  const count = Number(a.nr_extents > most ? most : a.nr_extents)
  const gfns = call.readWords(a.extent_start, count)
  if (!gfns) return -ERRNO.EFAULT
  const size = 1 << a.extent_order
  let done = 0
  domain.lock()
  for (const first of gfns) {
    const gfn = gfnOf(first)
    const ready = populate ? true : domain.p2m.populated(gfn)
    if (gfn < 0 || !ready) break
    let page = 0
    while (page < size && (populate ? domain.p2m.populate(gfn + page) : domain.p2m.remove(gfn + page))) page += 1
    if (page < size) break
    done += 1
  }
  domain.unlock()
  domain.requestFlush()
  return done
}

/** Maps one page of a space at a gfn; 0 or a negated errno. */
function addToPhysmap(call: Call, space: number, idx: bigint, gpfn: bigint): number {
  const { domain } = call
  const gfn = gfnOf(gpfn)
  if (gfn < 0 || gfn >= domain.geometry.p2mGfns) return -ERRNO.EINVAL
  const result = domain.locked(() => {
    switch (space) {
      case XENMAPSPACE.shared_info: {
        if (idx !== 0n) return -ERRNO.EINVAL
        if (!domain.p2m.mapSpecial(gfn, domain.shared.address, domain.get('SHARED_INFO_GFN'))) return -ERRNO.EINVAL
        domain.set('SHARED_INFO_GFN', gfn)
        return 0
      }
      case XENMAPSPACE.grant_table:
        if ((idx & XENMAPIDX_grant_table_status) !== 0n) return -ERRNO.EINVAL
        return domain.grants.mapFrame(Number(idx), gfn) ? 0 : -ERRNO.EINVAL
      case XENMAPSPACE.gmfn:
        return domain.p2m.move(gfnOf(idx), gfn) ? 0 : -ERRNO.EINVAL
      case XENMAPSPACE.gmfn_foreign:
        return -ERRNO.EPERM
      default:
        return -ERRNO.ENOSYS
    }
  })
  if (result !== 0) return result
  domain.requestFlush()
  // The clock must be right before the guest's first look: its conversion divides by the multiplier (xen-guest-abi.md 11).
  if (space === XENMAPSPACE.shared_info) {
    for (let vcpu = 0; vcpu < domain.vcpus; vcpu++) domain.time.writeTimeRecord(vcpu)
    domain.time.writeWallClock()
  }
  return 0
}

function addBatch(call: Call, arg: bigint): HypercallResult {
  const a = call.read(xen_add_to_physmap_batch, arg)
  if (!a) return -ERRNO.EFAULT
  if (!call.isSelf(a.domid)) return -ERRNO.ESRCH
  const idxs = call.readWords(a.idxs, a.size)
  const gpfns = call.readWords(a.gpfns, a.size)
  if (!idxs || !gpfns) return -ERRNO.EFAULT
  for (let i = 0; i < a.size; i++) {
    const status = new DataView(new ArrayBuffer(4))
    status.setInt32(0, addToPhysmap(call, a.space, idxs[i] ?? 0n, gpfns[i] ?? 0n), true)
    if (!call.copyOut(a.errs + BigInt(4 * i), new Uint8Array(status.buffer))) return -ERRNO.EFAULT
  }
  return 0
}

function memoryMap(call: Call, arg: bigint): HypercallResult {
  const { domain } = call
  const a = call.read(xen_memory_map, arg)
  if (!a) return -ERRNO.EFAULT
  const entries = domain.get('MEMORY_MAP_ENTRIES')
  if (entries === 0) return -ERRNO.ENOSYS
  const count = Math.min(a.nr_entries, entries)
  const start = domain.geometry.domainBase + DOMAIN_TABLE.MEMORY_MAP
  if (!call.copyOut(a.buffer, domain.memory.u8.slice(start, start + count * E820_ENTRY_SIZE))) return -ERRNO.EFAULT
  return call.write(xen_memory_map, arg, { nr_entries: count })
}

function setMemoryMap(call: Call, arg: bigint): HypercallResult {
  const { domain } = call
  const a = call.read(xen_foreign_memory_map, arg)
  if (!a) return -ERRNO.EFAULT
  if (!call.isSelf(a.domid)) return -ERRNO.EPERM
  if (a.nr_entries > E820_MAX) return -ERRNO.EINVAL
  const bytes = call.copyIn(a.buffer, a.nr_entries * E820_ENTRY_SIZE)
  if (!bytes) return -ERRNO.EFAULT
  domain.memory.u8.set(bytes, domain.geometry.domainBase + DOMAIN_TABLE.MEMORY_MAP)
  domain.set('MEMORY_MAP_ENTRIES', a.nr_entries)
  return 0
}
