// grant_table_op: a guest sizes and versions its table; using grants of others is for backend domains and refused element
// by element. Spec: Xen public/grant_table.h, xen-guest-abi.md 5. Runs in: the calling vcpu's thread.
import { byName, type FieldRow, type StructTable, type StructValue, structSize } from '../../lib/struct-layout'
import { ERRNO } from '../../public/xen/errno'
import {
  GNTST,
  GNTTABOPS,
  gnttab_copy,
  gnttab_dump_table,
  gnttab_get_version,
  gnttab_map_grant_ref,
  gnttab_query_size,
  gnttab_set_version,
  gnttab_setup_table,
  gnttab_unmap_grant_ref,
  MAX_GRANT_FRAMES,
} from '../../public/xen/grant-table'
import type { Call, HypercallResult } from './call'

const OP = byName(GNTTABOPS)
/** Elements of one call that we look at; beyond it the guest is told E2BIG. */
const ELEMENTS = 4096

export function grantTableOp(call: Call): HypercallResult {
  const { domain } = call
  const arg = call.pointer(1)
  const count = Number(BigInt.asUintN(32, call.arg(2)))
  if (count > ELEMENTS) return -ERRNO.E2BIG
  switch (call.int(0)) {
    case OP.GNTTABOP_query_size:
      return each(call, gnttab_query_size, arg, count, (a) =>
        call.isSelf(a.dom)
          ? { nr_frames: domain.grants.frames, max_nr_frames: MAX_GRANT_FRAMES, status: GNTST.okay }
          : { status: GNTST.bad_domain },
      )
    case OP.GNTTABOP_setup_table:
      return each(call, gnttab_setup_table, arg, count, (a) => {
        if (!call.isSelf(a.dom)) return { status: GNTST.bad_domain }
        if (a.nr_frames > MAX_GRANT_FRAMES || !domain.grants.grow(a.nr_frames)) return { status: GNTST.general_error }
        for (let frame = 0; frame < a.nr_frames; frame++) {
          const gfn = domain.get('GRANT_GFN', frame)
          if (!call.writeWord(a.frame_list + BigInt(frame * call.wordSize), BigInt(gfn))) return { status: GNTST.bad_virt_addr }
        }
        return { status: GNTST.okay }
      })
    case OP.GNTTABOP_dump_table:
      return each(call, gnttab_dump_table, arg, count, () => ({ status: GNTST.okay }))
    case OP.GNTTABOP_set_version: {
      const a = call.read(gnttab_set_version, arg)
      if (!a) return -ERRNO.EFAULT
      if (a.version !== 1 && a.version !== 2) return -ERRNO.EINVAL
      return a.version === 1 ? call.write(gnttab_set_version, arg, { version: 1 }) : -ERRNO.ENOSYS
    }
    case OP.GNTTABOP_get_version: {
      const a = call.read(gnttab_get_version, arg)
      if (!a) return -ERRNO.EFAULT
      return call.isSelf(a.dom) ? call.write(gnttab_get_version, arg, { version: 1 }) : -ERRNO.ESRCH
    }
    case OP.GNTTABOP_map_grant_ref:
      return each(call, gnttab_map_grant_ref, arg, count, () => ({ status: GNTST.bad_domain }))
    case OP.GNTTABOP_unmap_grant_ref:
      return each(call, gnttab_unmap_grant_ref, arg, count, () => ({ status: GNTST.bad_handle }))
    case OP.GNTTABOP_copy:
      return each(call, gnttab_copy, arg, count, () => ({ status: GNTST.bad_domain }))
    default:
      return -ERRNO.ENOSYS
  }
}

/** Runs `work` on each element of the array at `arg` and writes what it returns back. */
function each<F extends readonly FieldRow[]>(
  call: Call,
  table: StructTable<F>,
  arg: bigint,
  count: number,
  work: (element: StructValue<F>) => Partial<StructValue<F>>,
): number {
  for (let i = 0; i < count; i++) {
    const at = arg + BigInt(i * structSize(table, call.width))
    const element = call.read(table, at)
    if (!element) return -ERRNO.EFAULT
    const status = call.write(table, at, work(element))
    if (status < 0) return status
  }
  return 0
}
