// Hypercalls of a few lines: set_timer_op, vm_assist, sysctl. Spec: xen-guest-abi.md 3.8.
// Runs in: the calling vcpu's thread.
import { ERRNO } from '../../public/xen/errno'
import { VMASST_CMD_disable, VMASST_CMD_enable, VMASST_TYPE_runstate_update_flag } from '../../public/xen/hypercall'
import type { Call, HypercallResult } from './call'

/** The interface version that a sysctl of our Xen version carries first. */
const SYSCTL_INTERFACE_VERSION = 0x15

/** One u64 of ns; in 32-bit mode two registers. 0 cancels. */
export function setTimerOp(call: Call): HypercallResult {
  const timeout = call.width === 64 ? call.arg(0) : (call.arg(0) & 0xffff_ffffn) | ((call.arg(1) & 0xffff_ffffn) << 32n)
  const vcpu = call.vcpu.index
  if (timeout === 0n) call.domain.timers.stopSingleshot(vcpu)
  else call.domain.timers.setSingleshot(vcpu, timeout > 0x7fff_ffff_ffff_ffffn ? -1n : timeout)
  return 0
}

export function vmAssist(call: Call): HypercallResult {
  const type = call.int(1)
  if (type !== VMASST_TYPE_runstate_update_flag) return -ERRNO.EINVAL
  const assist = call.domain.get('ASSIST')
  switch (call.int(0)) {
    case VMASST_CMD_enable:
      call.domain.set('ASSIST', assist | (1 << type))
      return 0
    case VMASST_CMD_disable:
      call.domain.set('ASSIST', assist & ~(1 << type))
      return 0
    default:
      return -ERRNO.ENOSYS
  }
}

/** Guests probe the interface version by the difference between these two errors. */
export function sysctl(call: Call): HypercallResult {
  const bytes = call.copyIn(call.pointer(0), 8)
  if (!bytes) return -ERRNO.EFAULT
  const version = new DataView(bytes.buffer).getUint32(4, true)
  return version === SYSCTL_INTERFACE_VERSION ? -ERRNO.EPERM : -ERRNO.EACCES
}
