// Grant tables: the v1 entry, operations, structures, status codes. Spec: Xen public/grant_table.h, xen-guest-abi.md 5.
// Runs in: anything (plain data).
import { struct } from '../../lib/struct-layout'

/** Operation, number, status. */
export const GNTTABOPS = [
  ['GNTTABOP_map_grant_ref', 0, 'no: every element GNTST_bad_domain; a domU maps no other domain here'],
  ['GNTTABOP_unmap_grant_ref', 1, 'no: every element GNTST_bad_handle'],
  ['GNTTABOP_setup_table', 2, 'done'],
  ['GNTTABOP_dump_table', 3, 'done'],
  ['GNTTABOP_transfer', 4, 'no: -ENOSYS'],
  ['GNTTABOP_copy', 5, 'no: every element GNTST_bad_domain'],
  ['GNTTABOP_query_size', 6, 'done'],
  ['GNTTABOP_set_version', 8, 'partial: version 1 only'],
  ['GNTTABOP_get_status_frames', 9, 'no: -ENOSYS, version 2'],
  ['GNTTABOP_get_version', 10, 'done'],
] as const

export type GnttabopName = (typeof GNTTABOPS)[number][0]

/** grant_entry_v1: 8 bytes, 512 in a frame. */
export const GRANT_ENTRY_V1 = { size: 8, flags: 0, domid: 2, frame: 4, perFrame: 512 } as const

/** Bits of grant_entry_v1.flags. */
export const GTF = {
  invalid: 0,
  permit_access: 1,
  accept_transfer: 2,
  type_mask: 3,
  readonly: 1 << 2,
  reading: 1 << 3,
  writing: 1 << 4,
} as const

/** References the toolstack fills in before the guest starts. */
export const GNTTAB_RESERVED_CONSOLE = 0
export const GNTTAB_RESERVED_XENSTORE = 1

/** Xen's default for gnttab_max_frames. */
export const MAX_GRANT_FRAMES = 64

export const GNTST = {
  okay: 0,
  general_error: -1,
  bad_domain: -2,
  bad_gntref: -3,
  bad_handle: -4,
  bad_virt_addr: -5,
  no_device_space: -7,
  permission_denied: -8,
  bad_page: -9,
  bad_copy_arg: -10,
  eagain: -12,
  no_space: -13,
} as const

export const gnttab_map_grant_ref = struct('gnttab_map_grant_ref', 32, 32, [
  ['host_addr', 'u64', 0, 0, 'IN'],
  ['flags', 'u32', 8, 8, 'IN'],
  ['ref', 'u32', 12, 12, 'IN'],
  ['dom', 'u16', 16, 16, 'IN'],
  ['status', 's16', 18, 18, 'OUT'],
  ['handle', 'u32', 20, 20, 'OUT'],
  ['dev_bus_addr', 'u64', 24, 24, 'OUT'],
])

export const gnttab_unmap_grant_ref = struct('gnttab_unmap_grant_ref', 24, 24, [
  ['host_addr', 'u64', 0, 0, 'IN'],
  ['dev_bus_addr', 'u64', 8, 8, 'IN'],
  ['handle', 'u32', 16, 16, 'IN'],
  ['status', 's16', 20, 20, 'OUT'],
])

export const gnttab_setup_table = struct('gnttab_setup_table', 24, 16, [
  ['dom', 'u16', 0, 0, 'IN'],
  ['nr_frames', 'u32', 4, 4, 'IN'],
  ['status', 's16', 8, 8, 'OUT'],
  ['frame_list', 'ptr', 16, 12, 'IN', 'array of ulong, filled with gfns'],
])

export const gnttab_dump_table = struct('gnttab_dump_table', 4, 4, [
  ['dom', 'u16', 0, 0, 'IN'],
  ['status', 's16', 2, 2, 'OUT'],
])

export const gnttab_copy = struct('gnttab_copy', 40, 24, [['status', 's16', 36, 20, 'OUT', 'the rest is not read: refused']])

export const gnttab_query_size = struct('gnttab_query_size', 16, 16, [
  ['dom', 'u16', 0, 0, 'IN'],
  ['nr_frames', 'u32', 4, 4, 'OUT'],
  ['max_nr_frames', 'u32', 8, 8, 'OUT'],
  ['status', 's16', 12, 12, 'OUT'],
])

export const gnttab_set_version = struct('gnttab_set_version', 4, 4, [['version', 'u32', 0, 0, 'IN/OUT']])

export const gnttab_get_version = struct('gnttab_get_version', 8, 8, [
  ['dom', 'u16', 0, 0, 'IN'],
  ['version', 'u32', 4, 4, 'OUT'],
])
