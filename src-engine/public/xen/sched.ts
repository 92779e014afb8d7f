// sched_op: operations, shutdown reasons. Spec: Xen public/sched.h, xen-guest-abi.md 3.5.
// Runs in: anything (plain data).
import { struct } from '../../lib/struct-layout'

/** Operation, number, status. */
export const SCHEDOPS = [
  ['SCHEDOP_yield', 0, 'done'],
  ['SCHEDOP_block', 1, 'done'],
  ['SCHEDOP_shutdown', 2, 'partial: suspend is not offered yet'],
  ['SCHEDOP_poll', 3, 'done'],
  ['SCHEDOP_remote_shutdown', 4, 'no: -EPERM'],
  ['SCHEDOP_shutdown_code', 5, 'done'],
  ['SCHEDOP_watchdog', 6, 'done'],
  ['SCHEDOP_pin_override', 7, 'no: -EPERM'],
] as const

export type SchedopName = (typeof SCHEDOPS)[number][0]

/** Why a domain stopped, as the guest says it. */
export const SHUTDOWN = {
  SHUTDOWN_poweroff: 0,
  SHUTDOWN_reboot: 1,
  SHUTDOWN_suspend: 2,
  SHUTDOWN_crash: 3,
  SHUTDOWN_watchdog: 4,
  SHUTDOWN_soft_reset: 5,
} as const
export type ShutdownName = keyof typeof SHUTDOWN

export const sched_shutdown = struct('sched_shutdown', 4, 4, [['reason', 'u32', 0, 0, 'IN']])

export const sched_poll = struct('sched_poll', 24, 16, [
  ['ports', 'ptr', 0, 0, 'IN', 'array of u32'],
  ['nr_ports', 'u32', 8, 4, 'IN'],
  ['timeout', 'u64', 16, 8, 'IN', 'absolute system time in ns, 0 = none'],
])
export const SCHED_POLL_MAX = 128

export const sched_watchdog = struct('sched_watchdog', 8, 8, [
  ['id', 'u32', 0, 0, 'IN'],
  ['timeout', 'u32', 4, 4, 'IN', 'seconds; 0 = off'],
])
export const NR_WATCHDOGS = 2
