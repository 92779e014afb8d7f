// vcpu_op: per-vcpu registrations and timers. Spec: Xen public/vcpu.h, xen-guest-abi.md 3.6, 4.2 and 4.4.
// Areas named by virtual address are translated once, here; they stay valid until the page leaves the domain.
// Runs in: the calling vcpu's thread.
import { byName, structSize } from '../../lib/struct-layout'
import { ERRNO } from '../../public/xen/errno'
import {
  PERIODIC_TIMER_FLOOR_NS,
  VCPUOPS,
  vcpu_register_memory_area,
  vcpu_register_vcpu_info,
  vcpu_runstate_info,
  vcpu_set_periodic_timer,
  vcpu_set_singleshot_timer,
} from '../../public/xen/vcpu'
import { NO_GFN } from '../domain-layout'
import { type Call, gfnOf, type HypercallResult } from './call'

const OP = byName(VCPUOPS)
const PAGE = 4096
const INFO_SIZE = 64
const TIME_SIZE = 32

export function vcpuOp(call: Call): HypercallResult {
  const { domain } = call
  const vcpu = Number(BigInt.asUintN(32, call.arg(1)))
  if (vcpu >= domain.vcpus) return -ERRNO.ENOENT
  const arg = call.pointer(2)
  const mine = vcpu === call.vcpu.index
  switch (call.int(0)) {
    case OP.VCPUOP_initialise:
      return vcpu === 0 ? -ERRNO.EEXIST : -ERRNO.EOPNOTSUPP
    case OP.VCPUOP_up:
      if (domain.vget(vcpu, 'INITIALISED') === 0) return -ERRNO.EINVAL
      domain.states.up(vcpu)
      return 0
    case OP.VCPUOP_down:
      domain.states.down(vcpu, 'the guest took its last vcpu down')
      return 0
    case OP.VCPUOP_is_up:
      return domain.states.isUp(vcpu) ? 1 : 0
    case OP.VCPUOP_get_runstate_info:
      return call.copyOut(arg, domain.runstates.upToNow(vcpu)) ? 0 : -ERRNO.EFAULT
    case OP.VCPUOP_register_runstate_memory_area: {
      const status = registerArea(
        call,
        vcpu,
        arg,
        'RUNSTATE_AREA',
        'RUNSTATE_SPLIT',
        structSize(vcpu_runstate_info, call.width),
      )
      if (status === 0) domain.runstates.publish(vcpu)
      return status
    }
    case OP.VCPUOP_register_vcpu_time_memory_area: {
      const status = registerArea(call, vcpu, arg, 'TIME_AREA', 'TIME_SPLIT', TIME_SIZE)
      if (status === 0) domain.time.writeTimeRecord(vcpu)
      return status
    }
    case OP.VCPUOP_set_periodic_timer: {
      const a = call.read(vcpu_set_periodic_timer, arg)
      if (!a) return -ERRNO.EFAULT
      if (a.period_ns < PERIODIC_TIMER_FLOOR_NS || a.period_ns > 0x7fff_ffff_ffff_ffffn) return -ERRNO.EINVAL
      domain.timers.setPeriodic(vcpu, a.period_ns, domain.time.systemTime())
      return 0
    }
    case OP.VCPUOP_stop_periodic_timer:
      domain.timers.setPeriodic(vcpu, 0n, 0n)
      return 0
    case OP.VCPUOP_set_singleshot_timer: {
      if (!mine) return -ERRNO.EINVAL
      const a = call.read(vcpu_set_singleshot_timer, arg)
      if (!a) return -ERRNO.EFAULT
      // A past deadline fires at once and is no error, whatever the flags say: Linux would BUG (xen-guest-abi.md 11).
      domain.timers.setSingleshot(vcpu, a.timeout_abs_ns > 0x7fff_ffff_ffff_ffffn ? -1n : a.timeout_abs_ns)
      return 0
    }
    case OP.VCPUOP_stop_singleshot_timer:
      if (!mine) return -ERRNO.EINVAL
      domain.timers.stopSingleshot(vcpu)
      return 0
    case OP.VCPUOP_register_vcpu_info:
      return registerInfo(call, vcpu, arg)
    case OP.VCPUOP_send_nmi:
      domain.vset(vcpu, 'NMI', 1)
      domain.kick(vcpu)
      return 0
    case OP.VCPUOP_get_physid:
      return -ERRNO.EINVAL
    default:
      return -ERRNO.ENOSYS
  }
}

/** Moves vcpu's record into guest RAM: once per vcpu. Nothing pending may be lost, so every selector bit is set after it. */
function registerInfo(call: Call, vcpu: number, arg: bigint): HypercallResult {
  const { domain } = call
  const a = call.read(vcpu_register_vcpu_info, arg)
  if (!a) return -ERRNO.EFAULT
  if (a.offset > PAGE - INFO_SIZE || a.offset % 8 !== 0) return -ERRNO.EINVAL
  const gfn = gfnOf(a.mfn)
  const page = domain.memory.pageOf(gfn)
  // The hypervisor's own pages come and go at other gfns, and the record is saved by its gfn.
  if (!domain.p2m.isRam(gfn)) return -ERRNO.EINVAL
  const registered = domain.locked(() => {
    if (domain.vget(vcpu, 'INFO_GFN') !== NO_GFN) return false
    const old = domain.vget(vcpu, 'INFO')
    const target = page + a.offset
    domain.memory.writeFromOutside(target, old === 0 ? new Uint8Array(INFO_SIZE) : domain.memory.u8.slice(old, old + INFO_SIZE))
    domain.vset(vcpu, 'INFO_OFFSET', a.offset)
    domain.vset(vcpu, 'INFO', target)
    domain.vset(vcpu, 'INFO_GFN', gfn)
    for (let word = 0; word < domain.shared.width; word += 32) {
      Atomics.store(domain.memory.i32, domain.shared.selectorWord(vcpu, word), -1)
    }
    domain.events.upcall(vcpu)
    return true
  })
  if (!registered) return -ERRNO.EINVAL
  domain.time.writeTimeRecord(vcpu)
  return 0
}

/** Remembers where a record named by virtual address lies: one or two pieces. A NULL address unregisters. */
function registerArea(
  call: Call,
  vcpu: number,
  arg: bigint,
  area: 'RUNSTATE_AREA' | 'TIME_AREA',
  split: 'RUNSTATE_SPLIT' | 'TIME_SPLIT',
  size: number,
): number {
  const { domain } = call
  const a = call.read(vcpu_register_memory_area, arg)
  if (!a) return -ERRNO.EFAULT
  const va = call.width === 64 ? a.addr : a.addr & 0xffff_ffffn
  if (va === 0n) {
    domain.vset(vcpu, area, 0, 0)
    return 0
  }
  const first = call.vcpu.translate(va, true)
  if (first === 0) return -ERRNO.EFAULT
  const firstSize = Math.min(size, PAGE - (first % PAGE))
  const second = firstSize < size ? call.vcpu.translate(va + BigInt(firstSize), true) : 0
  if (firstSize < size && second === 0) return -ERRNO.EFAULT
  domain.vset(vcpu, area, first, 0)
  domain.vset(vcpu, area, second, 1)
  domain.vset(vcpu, split, firstSize)
  return 0
}
