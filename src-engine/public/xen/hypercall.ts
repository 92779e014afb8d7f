// The hypercalls by number, with what we make of each. hypervisor/hypercall/dispatch.ts derives its table from these rows,
// counters and messages use the names. Status: done, partial: why, no: the answer.
// Spec: Xen public/xen.h (__HYPERVISOR_*), xen-guest-abi.md 3. Runs in: anything (plain data).

/** Number, name, status. A number that is not listed answers -ENOSYS. */
export const HYPERCALLS = [
  [7, 'platform_op', 'no: -EPERM, not for a domU'],
  [12, 'memory_op', 'done'],
  [13, 'multicall', 'done'],
  [15, 'set_timer_op', 'done'],
  [17, 'xen_version', 'done'],
  [18, 'console_io', 'done'],
  [20, 'grant_table_op', 'partial: v1 entries; mapping foreign frames is for backend domains'],
  [21, 'vm_assist', 'done'],
  [24, 'vcpu_op', 'partial: no VCPUOP_initialise'],
  [27, 'xsm_op', 'no: -ENOSYS'],
  [29, 'sched_op', 'done'],
  [32, 'event_channel_op', 'partial: 2-level ABI; no FIFO, no pirq'],
  [33, 'physdev_op', 'no: -ENOSYS, no physical interrupts'],
  [34, 'hvm_op', 'partial: what a PVH guest uses'],
  [35, 'sysctl', 'no: -EACCES or -EPERM'],
  [36, 'domctl', 'no: -EPERM'],
  [39, 'argo_op', 'no: -ENOSYS'],
  [40, 'xenpmu_op', 'no: -ENOSYS'],
  [41, 'dm_op', 'no: -EPERM'],
  [42, 'hypfs_op', 'no: -ENOSYS'],
] as const

export type HypercallName = (typeof HYPERCALLS)[number][1]

/** Counters have a slot for each number below this. */
export const HYPERCALL_SLOTS = 64

export const DOMID_SELF = 0x7ff0
export const DOMID_FIRST_RESERVED = 0x7ff0
export const DOMID_INVALID = 0x7ff4

/** A batch of calls in one; the results go into the entries. Spec: Xen public/xen.h, multicall_entry. */
export const MULTICALL_ENTRY = { size64: 64, size32: 32, word64: 8, word32: 4, args: 6 } as const

/** console_io subcommands. */
export const CONSOLEIO_write = 0
export const CONSOLEIO_read = 1

/** vm_assist subcommands and types. */
export const VMASST_CMD_enable = 0
export const VMASST_CMD_disable = 1
export const VMASST_TYPE_runstate_update_flag = 5
