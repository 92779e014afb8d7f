// vcpu_op: operations, structures, run states. Spec: Xen public/vcpu.h, xen-guest-abi.md 3.6 and 4.4.
// Runs in: anything (plain data).
import { struct } from '../../lib/struct-layout'

/** Operation, number, status. */
export const VCPUOPS = [
  ['VCPUOP_initialise', 0, 'partial: -EEXIST for vcpu 0; others start by INIT and STARTUP'],
  ['VCPUOP_up', 1, 'done'],
  ['VCPUOP_down', 2, 'done'],
  ['VCPUOP_is_up', 3, 'done'],
  ['VCPUOP_get_runstate_info', 4, 'done'],
  ['VCPUOP_register_runstate_memory_area', 5, 'done'],
  ['VCPUOP_set_periodic_timer', 6, 'done'],
  ['VCPUOP_stop_periodic_timer', 7, 'done'],
  ['VCPUOP_set_singleshot_timer', 8, 'done'],
  ['VCPUOP_stop_singleshot_timer', 9, 'done'],
  ['VCPUOP_register_vcpu_info', 10, 'done'],
  ['VCPUOP_send_nmi', 11, 'done'],
  ['VCPUOP_get_physid', 12, 'no: -EINVAL, the host tells no physical identifiers'],
  ['VCPUOP_register_vcpu_time_memory_area', 13, 'done'],
  ['VCPUOP_register_runstate_phys_area', 14, 'no: -ENOSYS'],
  ['VCPUOP_register_vcpu_time_phys_area', 15, 'no: -ENOSYS'],
] as const

export type VcpuopName = (typeof VCPUOPS)[number][0]

export const vcpu_set_periodic_timer = struct('vcpu_set_periodic_timer', 8, 8, [['period_ns', 'u64', 0, 0, 'IN']])
export const PERIODIC_TIMER_FLOOR_NS = 1_000_000n

export const vcpu_set_singleshot_timer = struct('vcpu_set_singleshot_timer', 16, 12, [
  ['timeout_abs_ns', 'u64', 0, 0, 'IN'],
  ['flags', 'u32', 8, 8, 'IN', 'VCPU_SSHOTTMR_future'],
])

export const vcpu_register_vcpu_info = struct('vcpu_register_vcpu_info', 16, 16, [
  ['mfn', 'u64', 0, 0, 'IN'],
  ['offset', 'u32', 8, 8, 'IN'],
  ['rsvd', 'u32', 12, 12, 'IN'],
])

export const vcpu_register_memory_area = struct('vcpu_register_memory_area', 8, 8, [
  ['addr', 'u64', 0, 0, 'IN', 'a guest virtual address, in the caller’s width; the upper half is 0 for 32 bits'],
])

export const vcpu_runstate_info = struct('vcpu_runstate_info', 48, 44, [
  ['state', 'u32', 0, 0, 'OUT'],
  ['state_entry_time', 'u64', 8, 4, 'OUT', 'bit 63: XEN_RUNSTATE_UPDATE'],
  ['running', 'u64', 16, 12, 'OUT'],
  ['runnable', 'u64', 24, 20, 'OUT'],
  ['blocked', 'u64', 32, 28, 'OUT'],
  ['offline', 'u64', 40, 36, 'OUT'],
])

export const RUNSTATE = { running: 0, runnable: 1, blocked: 2, offline: 3 } as const
export const XEN_RUNSTATE_UPDATE = 1n << 63n
