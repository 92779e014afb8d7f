// sched_op: giving up the processor, and ending the domain. Spec: Xen public/sched.h, xen-guest-abi.md 3.5.
// Blocking calls only mark the vcpu as blocked; its thread sleeps after the call, so a blocked vcpu can be saved.
// Runs in: the calling vcpu's thread.
import { byName } from '../../lib/struct-layout'
import { ERRNO } from '../../public/xen/errno'
import {
  NR_WATCHDOGS,
  SCHED_POLL_MAX,
  SCHEDOPS,
  SHUTDOWN,
  sched_poll,
  sched_shutdown,
  sched_watchdog,
} from '../../public/xen/sched'
import type { Call, HypercallResult } from './call'

const OP = byName(SCHEDOPS)

export function schedOp(call: Call): HypercallResult {
  const { domain } = call
  const vcpu = call.vcpu.index
  const arg = call.pointer(1)
  switch (call.int(0)) {
    case OP.SCHEDOP_yield:
      call.vcpu.yield()
      return 0
    case OP.SCHEDOP_block:
      if (!domain.shared.upcallPending(vcpu)) domain.vset(vcpu, 'BLOCKED', 1)
      return 0
    case OP.SCHEDOP_shutdown: {
      const a = call.read(sched_shutdown, arg)
      if (!a) return -ERRNO.EFAULT
      if (a.reason > SHUTDOWN.SHUTDOWN_soft_reset) return -ERRNO.EINVAL
      // Suspend needs a toolstack that resumes it; there is none yet, so the guest is told that nothing happened.
      if (a.reason === SHUTDOWN.SHUTDOWN_suspend) return -ERRNO.EOPNOTSUPP
      const text = a.reason === SHUTDOWN.SHUTDOWN_crash ? 'it says so itself, its console says why' : 'the guest asked for it'
      domain.shutdown.shutdown(a.reason, text)
      return 0
    }
    case OP.SCHEDOP_shutdown_code: {
      const a = call.read(sched_shutdown, arg)
      if (!a) return -ERRNO.EFAULT
      domain.messages.log(`the guest says it will stop with reason ${a.reason}`)
      return 0
    }
    case OP.SCHEDOP_poll:
      return poll(call, arg)
    case OP.SCHEDOP_watchdog: {
      const a = call.read(sched_watchdog, arg)
      return a ? watchdog(call, a.id, a.timeout) : -ERRNO.EFAULT
    }
    case OP.SCHEDOP_remote_shutdown:
    case OP.SCHEDOP_pin_override:
      return -ERRNO.EPERM
    default:
      return -ERRNO.ENOSYS
  }
}

function poll(call: Call, arg: bigint): HypercallResult {
  const { domain } = call
  const vcpu = call.vcpu.index
  const a = call.read(sched_poll, arg)
  if (!a) return -ERRNO.EFAULT
  if (a.nr_ports > SCHED_POLL_MAX) return -ERRNO.EINVAL
  const bytes = call.copyIn(a.ports, 4 * a.nr_ports)
  if (!bytes) return -ERRNO.EFAULT
  const ports = new Uint32Array(bytes.buffer)
  for (const [i, port] of ports.entries()) {
    if (!domain.events.valid(port)) return -ERRNO.EINVAL
    domain.vset(vcpu, 'POLL_PORTS', port, i)
  }
  domain.vset(vcpu, 'POLL_COUNT', ports.length)
  domain.vset64(vcpu, 'POLL_DEADLINE', a.timeout === 0n ? -1n : BigInt.asIntN(64, a.timeout))
  // Announce the sleep first, then look at the ports: an event in between finds BLOCKED set and kicks.
  domain.vset(vcpu, 'BLOCKED', 2)
  const past = a.timeout !== 0n && a.timeout <= domain.time.systemTime()
  if (past || ports.some((port) => domain.events.pending(port))) domain.vset(vcpu, 'BLOCKED', 0)
  return 0
}

/** Id 0 starts a watchdog and returns its id; a known id sets it again, or stops it with timeout 0. */
function watchdog(call: Call, id: number, timeout: number): HypercallResult {
  const { domain } = call
  if (id > NR_WATCHDOGS) return -ERRNO.EINVAL
  let slot = id - 1
  if (id === 0) {
    if (timeout === 0) return -ERRNO.EINVAL
    slot = 0
    while (slot < NR_WATCHDOGS && domain.get('WATCHDOG', slot) !== 0) slot += 1
    if (slot === NR_WATCHDOGS) return -ERRNO.ENOSPC
  } else if (domain.get('WATCHDOG', slot) === 0) return -ERRNO.EINVAL
  domain.set64('WATCHDOG_DEADLINE', domain.time.systemTime() + BigInt(timeout) * 1_000_000_000n, slot)
  domain.set('WATCHDOG', timeout, slot)
  return id === 0 ? slot + 1 : 0
}
