// xen_version: operations, sizes, feature bits, and who we say we are. Spec: Xen public/version.h, features.h,
// xen-guest-abi.md 3.3 and 2.2. The major version is at least 4, or Linux skips XS_RESET_WATCHES.
// Runs in: anything (plain data).
import { struct } from '../../lib/struct-layout'

/** Operation, number, status. */
export const XENVERS = [
  ['XENVER_version', 0, 'done'],
  ['XENVER_extraversion', 1, 'done'],
  ['XENVER_compile_info', 2, 'done'],
  ['XENVER_capabilities', 3, 'done'],
  ['XENVER_changeset', 4, 'done'],
  ['XENVER_platform_parameters', 5, 'done'],
  ['XENVER_get_features', 6, 'done'],
  ['XENVER_pagesize', 7, 'done'],
  ['XENVER_guest_handle', 8, 'done'],
  ['XENVER_commandline', 9, 'done'],
  ['XENVER_build_id', 10, 'no: -ENODATA, none'],
] as const

export type XenverName = (typeof XENVERS)[number][0]

export const XEN_VERSION = { major: 4, minor: 20 } as const
export const XEN_EXTRAVERSION = '.0-ringmaster'
export const XEN_CAPABILITIES = 'xen-3.0-x86_64 hvm-3.0-x86_32 hvm-3.0-x86_32p hvm-3.0-x86_64'
export const XEN_COMPILE_INFO = {
  compiler: 'assemblyscript',
  by: 'ringmaster',
  domain: 'ringmaster',
  date: '2026-11-23',
} as const

/** Sizes of the fixed strings. */
export const XEN_STRING = {
  extraversion: 16,
  compiler: 64,
  compile_by: 16,
  compile_domain: 32,
  compile_date: 32,
  capabilities: 1024,
  changeset: 64,
  commandline: 1024,
} as const

export const xen_feature_info = struct('xen_feature_info', 8, 8, [
  ['submap_idx', 'u32', 0, 0, 'IN'],
  ['submap', 'u32', 4, 4, 'OUT'],
])

/** Feature, bit, why we set it. */
export const XEN_FEATURES = [
  ['XENFEAT_writable_page_tables', 0, 'page tables are the guest’s own'],
  ['XENFEAT_auto_translated_physmap', 2, 'required: decides how grant frames are mapped'],
  ['XENFEAT_hvm_callback_vector', 8, 'required unless there is a vector per vcpu'],
  ['XENFEAT_hvm_safe_pvclock', 9, 'required for timers'],
  ['XENFEAT_memory_op_vnode_supported', 13, 'as Xen'],
  ['XENFEAT_not_direct_mapped', 16, 'gfn is not mfn'],
] as const
