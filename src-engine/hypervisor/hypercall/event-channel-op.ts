// event_channel_op: arguments and checks; the work is in hypervisor/event-channel.ts.
// Spec: Xen public/event_channel.h, xen-guest-abi.md 4.3. Runs in: the calling vcpu's thread.
import { byName } from '../../lib/struct-layout'
import { ERRNO } from '../../public/xen/errno'
import {
  EVTCHNOPS,
  EVTCHNSTAT,
  evtchn_alloc_unbound,
  evtchn_bind_interdomain,
  evtchn_bind_ipi,
  evtchn_bind_vcpu,
  evtchn_bind_virq,
  evtchn_close,
  evtchn_init_control,
  evtchn_reset,
  evtchn_status,
} from '../../public/xen/event-channel'
import { type Call, gfnOf, type HypercallResult } from './call'

const OP = byName(EVTCHNOPS)
const DOM0 = 0

export function eventChannelOp(call: Call): HypercallResult {
  const { events } = call.domain
  const arg = call.pointer(1)
  const EFAULT = -ERRNO.EFAULT
  switch (call.int(0)) {
    case OP.EVTCHNOP_alloc_unbound: {
      const a = call.read(evtchn_alloc_unbound, arg)
      if (!a) return EFAULT
      if (!call.isSelf(a.dom)) return -ERRNO.EPERM
      const remote = call.isSelf(a.remote_dom) ? call.domain.get('DOMID') : a.remote_dom
      // Only domain 0 and the domain itself are within reach of a channel here.
      if (remote !== DOM0 && !call.isSelf(remote)) return -ERRNO.ESRCH
      const port = events.allocUnbound(remote)
      return port < 0 ? port : call.write(evtchn_alloc_unbound, arg, { port })
    }
    case OP.EVTCHNOP_bind_interdomain: {
      const a = call.read(evtchn_bind_interdomain, arg)
      if (!a) return EFAULT
      if (!call.isSelf(a.remote_dom)) return -ERRNO.EINVAL
      const port = events.bindInterdomain(call.domain.get('DOMID'), a.remote_port)
      return port < 0 ? port : call.write(evtchn_bind_interdomain, arg, { local_port: port })
    }
    case OP.EVTCHNOP_bind_virq: {
      const a = call.read(evtchn_bind_virq, arg)
      if (!a) return EFAULT
      const port = events.bindVirq(a.virq, a.vcpu)
      return port < 0 ? port : call.write(evtchn_bind_virq, arg, { port })
    }
    case OP.EVTCHNOP_bind_ipi: {
      const a = call.read(evtchn_bind_ipi, arg)
      if (!a) return EFAULT
      const port = events.bindIpi(a.vcpu)
      return port < 0 ? port : call.write(evtchn_bind_ipi, arg, { port })
    }
    case OP.EVTCHNOP_bind_pirq:
      return -ERRNO.EINVAL
    case OP.EVTCHNOP_close:
    case OP.EVTCHNOP_send:
    case OP.EVTCHNOP_unmask: {
      const a = call.read(evtchn_close, arg)
      if (!a) return EFAULT
      if (call.int(0) === OP.EVTCHNOP_close) return events.close(a.port)
      return call.int(0) === OP.EVTCHNOP_send ? events.send(a.port) : events.unmask(a.port)
    }
    case OP.EVTCHNOP_bind_vcpu: {
      const a = call.read(evtchn_bind_vcpu, arg)
      return a ? events.bindVcpu(a.port, a.vcpu) : EFAULT
    }
    case OP.EVTCHNOP_status: {
      const a = call.read(evtchn_status, arg)
      if (!a) return EFAULT
      if (!call.isSelf(a.dom)) return -ERRNO.ESRCH
      if (!events.valid(a.port)) return -ERRNO.EINVAL
      const { state, vcpu, remoteDomid, remote } = events.status(a.port)
      const inter = state === EVTCHNSTAT.interdomain
      return call.write(evtchn_status, arg, {
        status: state,
        vcpu,
        u: inter || state === EVTCHNSTAT.unbound ? remoteDomid : remote,
        u2: inter ? remote : 0,
      })
    }
    case OP.EVTCHNOP_reset: {
      const a = call.read(evtchn_reset, arg)
      if (!a) return EFAULT
      return call.isSelf(a.dom) ? events.reset() : -ERRNO.ESRCH
    }
    case OP.EVTCHNOP_init_control: {
      const a = call.read(evtchn_init_control, arg)
      if (!a) return EFAULT
      return call.domain.p2m.populated(gfnOf(a.control_gfn)) ? -ERRNO.ENOSYS : -ERRNO.EINVAL
    }
    default:
      return -ERRNO.ENOSYS
  }
}
