// The page a domain shares with the hypervisor: per-vcpu records, event bits, wall clock; and the clock record.
// Its words are touched with atomic operations from several threads, so code uses these offsets, not whole structures.
// Spec: Xen public/xen.h (shared_info, vcpu_info, vcpu_time_info), xen-guest-abi.md 4.1 and 4.4. Runs in: anything (plain data).
import { struct } from '../../lib/struct-layout'

export const shared_info = struct('shared_info', 3136, 2344, [
  ['vcpu_info', 'u32', 0, 0, 'IN/OUT', 'an array of XEN_LEGACY_MAX_VCPUS records'],
  ['evtchn_pending', 'u32', 2048, 2048, 'IN/OUT', 'a bit per port'],
  ['evtchn_mask', 'u32', 2560, 2176, 'IN/OUT', 'a bit per port'],
  ['wc_version', 'u32', 3072, 2304, 'OUT', 'odd while being written'],
  ['wc_sec', 'u32', 3076, 2308, 'OUT'],
  ['wc_nsec', 'u32', 3080, 2312, 'OUT'],
  ['wc_sec_hi', 'u32', 3084, 2340, 'OUT'],
])

export const vcpu_info = struct('vcpu_info', 64, 64, [
  ['evtchn_upcall_pending', 'u8', 0, 0, 'IN/OUT'],
  ['evtchn_upcall_mask', 'u8', 1, 1, 'IN', 'not honoured for HVM and PVH'],
  ['evtchn_pending_sel', 'ulong', 8, 4, 'IN/OUT', 'a bit per word of evtchn_pending'],
  ['time', 'u32', 32, 32, 'OUT', 'a vcpu_time_info'],
])

export const vcpu_time_info = struct('vcpu_time_info', 32, 32, [
  ['version', 'u32', 0, 0, 'OUT', 'odd while being written'],
  ['tsc_timestamp', 'u64', 8, 8, 'OUT'],
  ['system_time', 'u64', 16, 16, 'OUT', 'ns'],
  ['tsc_to_system_mul', 'u32', 24, 24, 'OUT'],
  ['tsc_shift', 's8', 28, 28, 'OUT'],
  ['flags', 'u8', 29, 29, 'OUT'],
])

export const XEN_PVCLOCK_TSC_STABLE_BIT = 1 << 0
export const XEN_PVCLOCK_GUEST_STOPPED = 1 << 1

/** vcpus that have a record in shared_info. */
export const XEN_LEGACY_MAX_VCPUS = 32
