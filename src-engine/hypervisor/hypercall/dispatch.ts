// From a hypercall's number to its function; the names come from public/xen/hypercall, so that a row without a function (or a
// function without a row) does not compile. Also multicall, which dispatches again.
// Invariant: every call is counted under its number; an unknown one answers -ENOSYS. Spec: xen-guest-abi.md 3.1 and 3.8.
// Runs in: the calling vcpu's thread.
import { rowsAreCounted, rowUsed } from '../../public/row-use'
import { ERRNO } from '../../public/xen/errno'
import { HYPERCALL_SLOTS, HYPERCALLS, type HypercallName, MULTICALL_ENTRY } from '../../public/xen/hypercall'
import type { Domain } from '../domain'
import { Call, type CallingVcpu, type HypercallResult } from './call'
import { consoleIo } from './console-io'
import { eventChannelOp } from './event-channel-op'
import { grantTableOp } from './grant-table-op'
import { hvmOp } from './hvm-op'
import { memoryOp } from './memory-op'
import { schedOp } from './sched-op'
import { setTimerOp, sysctl, vmAssist } from './small-calls'
import { vcpuOp } from './vcpu-op'
import { xenVersion } from './xen-version'

type Hypercall = (call: Call) => HypercallResult

const denied: Hypercall = () => -ERRNO.EPERM
const absent: Hypercall = () => -ERRNO.ENOSYS

/** More entries than this in one multicall are refused: each takes time in which the guest cannot be stopped. */
const MULTICALL_LIMIT = 4096

const FUNCTIONS: Readonly<Record<HypercallName, Hypercall>> = {
  platform_op: denied,
  memory_op: memoryOp,
  multicall,
  set_timer_op: setTimerOp,
  xen_version: xenVersion,
  console_io: consoleIo,
  grant_table_op: grantTableOp,
  vm_assist: vmAssist,
  vcpu_op: vcpuOp,
  xsm_op: absent,
  sched_op: schedOp,
  event_channel_op: eventChannelOp,
  physdev_op: absent,
  hvm_op: hvmOp,
  sysctl,
  domctl: denied,
  argo_op: absent,
  xenpmu_op: absent,
  dm_op: denied,
  hypfs_op: absent,
}

const BY_NUMBER: ReadonlyMap<number, Hypercall> = new Map(HYPERCALLS.map(([number, name]) => [number, FUNCTIONS[name]]))

const MEMORY_OP = 12

/** Operations are numbers below 64; those of memory_op have a continuation above. */
function noteUse(number: number, args: readonly bigint[]): void {
  if (!rowsAreCounted) return
  rowUsed('HYPERCALLS', number)
  const operation = number === MEMORY_OP ? (args[0] ?? 0n) & 63n : (args[0] ?? 0n)
  if (operation < 64n) rowUsed(`operations of ${number}`, Number(operation))
}

/** Runs one hypercall. The result is to be sign-extended into RAX (or truncated to EAX). */
export function dispatch(domain: Domain, vcpu: CallingVcpu, number: number, args: readonly bigint[]): HypercallResult {
  const slot = number >= 0 && number < HYPERCALL_SLOTS ? number : HYPERCALL_SLOTS - 1
  domain.count(vcpu.index, 'CALLS', slot)
  const hypercall = BY_NUMBER.get(number)
  noteUse(number, args)
  return hypercall ? hypercall(new Call(domain, vcpu, args)) : -ERRNO.ENOSYS
}

function multicall(call: Call): HypercallResult {
  const count = Number(BigInt.asUintN(32, call.arg(1)))
  if (count > MULTICALL_LIMIT) return -ERRNO.E2BIG
  const size = call.width === 64 ? MULTICALL_ENTRY.size64 : MULTICALL_ENTRY.size32
  for (let i = 0; i < count; i++) {
    const at = call.pointer(0) + BigInt(i * size)
    const words = call.readWords(at, 2 + MULTICALL_ENTRY.args)
    if (!words) return -ERRNO.EFAULT
    const number = Number(BigInt.asUintN(32, words[0] ?? 0n))
    // A multicall inside a multicall would let a guest nest without end.
    const nested = FUNCTIONS.multicall === BY_NUMBER.get(number)
    const result = nested ? -ERRNO.EINVAL : dispatch(call.domain, call.vcpu, number, words.slice(2))
    if (!call.writeWord(at + BigInt(call.wordSize), BigInt(result))) return -ERRNO.EFAULT
    if (call.domain.shutdown.stopped) break
  }
  return 0
}
