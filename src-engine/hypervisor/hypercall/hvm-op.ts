// hvm_op: parameters and the odds and ends of a HVM guest. Spec: Xen public/hvm/hvm_op.h, xen-guest-abi.md 3.7 and 4.1.
// Runs in: the calling vcpu's thread.
import { byName } from '../../lib/struct-layout'
import { ERRNO } from '../../public/xen/errno'
import {
  HVM_NR_PARAMS,
  HVM_PARAM,
  HVM_PARAMS,
  HVMMEM,
  HVMOPS,
  xen_hvm_evtchn_upcall_vector,
  xen_hvm_get_mem_type,
  xen_hvm_get_time,
  xen_hvm_param,
} from '../../public/xen/hvm-params'
import { type Call, gfnOf, type HypercallResult } from './call'

const OP = byName(HVMOPS)
const ACCESS: ReadonlyMap<number, string> = new Map(HVM_PARAMS.map(([, index, access]) => [index, access]))

export function hvmOp(call: Call): HypercallResult {
  const { domain } = call
  const arg = call.pointer(1)
  switch (call.int(0)) {
    case OP.HVMOP_set_param:
    case OP.HVMOP_get_param:
      return parameter(call, arg, call.int(0) === OP.HVMOP_set_param)
    case OP.HVMOP_flush_tlbs:
      if (arg !== 0n) return -ERRNO.EINVAL
      domain.requestFlush()
      return 0
    case OP.HVMOP_get_time:
      return call.write(xen_hvm_get_time, arg, { now: domain.time.systemTime() })
    case OP.HVMOP_get_mem_type: {
      const a = call.read(xen_hvm_get_mem_type, arg)
      if (!a) return -ERRNO.EFAULT
      if (!call.isSelf(a.domid)) return -ERRNO.ESRCH
      const ram = domain.p2m.populated(gfnOf(a.pfn))
      return call.write(xen_hvm_get_mem_type, arg, { mem_type: ram ? HVMMEM.ram_rw : HVMMEM.mmio_dm })
    }
    case OP.HVMOP_set_evtchn_upcall_vector: {
      const a = call.read(xen_hvm_evtchn_upcall_vector, arg)
      if (!a) return -ERRNO.EFAULT
      if (a.vector < 0x10) return -ERRNO.EINVAL
      if (a.vcpu >= domain.vcpus) return -ERRNO.ENOENT
      domain.vset(a.vcpu, 'UPCALL_VECTOR', a.vector)
      return 0
    }
    case 24:
    case 25:
      return -ERRNO.EOPNOTSUPP
    default:
      return -ERRNO.ENOSYS
  }
}

function parameter(call: Call, arg: bigint, set: boolean): HypercallResult {
  const { domain } = call
  const a = call.read(xen_hvm_param, arg)
  if (!a) return -ERRNO.EFAULT
  if (!call.isSelf(a.domid)) return -ERRNO.ESRCH
  if (a.index >= HVM_NR_PARAMS) return -ERRNO.EINVAL
  const access = ACCESS.get(a.index) ?? 'get'
  if (access.startsWith('none')) return -ERRNO.EINVAL
  if (!set) return call.write(xen_hvm_param, arg, { value: BigInt.asUintN(64, domain.get64('HVM_PARAM', a.index)) })
  if (access !== 'set') return -ERRNO.EPERM
  domain.set64('HVM_PARAM', BigInt.asIntN(64, a.value), a.index)
  if (a.index === HVM_PARAM.HVM_PARAM_CALLBACK_IRQ) latchWidth(call)
  return 0
}

/** The guest's mode now decides the layout of shared_info; the wall clock moves with it. */
export function latchWidth(call: Pick<Call, 'domain' | 'width'>): void {
  const { domain } = call
  domain.set('WIDTH32', call.width === 32 ? 1 : 0)
  domain.time.writeWallClock()
}
