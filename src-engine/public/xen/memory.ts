// memory_op: operations and structures. Spec: Xen public/memory.h, xen-guest-abi.md 3.4.
// Runs in: anything (plain data).
import { struct } from '../../lib/struct-layout'

/** Operation, number, status. */
export const XENMEMS = [
  ['XENMEM_increase_reservation', 0, 'no: nothing done; a translated guest uses populate_physmap'],
  ['XENMEM_decrease_reservation', 1, 'done'],
  ['XENMEM_maximum_ram_page', 2, 'done'],
  ['XENMEM_current_reservation', 3, 'done'],
  ['XENMEM_maximum_reservation', 4, 'done'],
  ['XENMEM_machphys_mfn_list', 5, 'no: -EINVAL'],
  ['XENMEM_populate_physmap', 6, 'done'],
  ['XENMEM_add_to_physmap', 7, 'partial: shared_info, grant_table, gmfn'],
  ['XENMEM_memory_map', 9, 'done'],
  ['XENMEM_machphys_mapping', 12, 'no: -ENOSYS'],
  ['XENMEM_set_memory_map', 13, 'done'],
  ['XENMEM_maximum_gpfn', 14, 'done'],
  ['XENMEM_remove_from_physmap', 15, 'done'],
  ['XENMEM_add_to_physmap_batch', 23, 'done'],
  ['XENMEM_acquire_resource', 28, 'no: -EPERM'],
] as const

export type XenmemName = (typeof XENMEMS)[number][0]

/** The operation is the low 6 bits of the command; the rest is where a preempted call goes on. */
export const MEMOP_CMD_MASK = 0x3f

export const XENMAPSPACE = { shared_info: 0, grant_table: 1, gmfn: 2, gmfn_range: 3, gmfn_foreign: 4, dev_mmio: 5 } as const
/** Bit 31 of a grant table index names a status frame of version 2. */
export const XENMAPIDX_grant_table_status = 0x8000_0000n

export const xen_memory_reservation = struct('xen_memory_reservation', 32, 20, [
  ['extent_start', 'ptr', 0, 0, 'IN/OUT', 'array of ulong: first gfn of each extent'],
  ['nr_extents', 'ulong', 8, 4, 'IN'],
  ['extent_order', 'u32', 16, 8, 'IN'],
  ['mem_flags', 'u32', 20, 12, 'IN'],
  ['domid', 'u16', 24, 16, 'IN'],
])

export const xen_add_to_physmap = struct('xen_add_to_physmap', 24, 16, [
  ['domid', 'u16', 0, 0, 'IN'],
  ['size', 'u16', 2, 2, 'IN'],
  ['space', 'u32', 4, 4, 'IN'],
  ['idx', 'ulong', 8, 8, 'IN'],
  ['gpfn', 'ulong', 16, 12, 'IN'],
])

export const xen_add_to_physmap_batch = struct('xen_add_to_physmap_batch', 32, 20, [
  ['domid', 'u16', 0, 0, 'IN'],
  ['space', 'u16', 2, 2, 'IN'],
  ['size', 'u16', 4, 4, 'IN'],
  ['foreign_domid', 'u16', 6, 6, 'IN'],
  ['idxs', 'ptr', 8, 8, 'IN', 'array of ulong'],
  ['gpfns', 'ptr', 16, 12, 'IN', 'array of ulong'],
  ['errs', 'ptr', 24, 16, 'OUT', 'array of int'],
])

export const xen_remove_from_physmap = struct('xen_remove_from_physmap', 16, 8, [
  ['domid', 'u16', 0, 0, 'IN'],
  ['gpfn', 'ulong', 8, 4, 'IN'],
])

export const xen_memory_map = struct('xen_memory_map', 16, 8, [
  ['nr_entries', 'u32', 0, 0, 'IN/OUT'],
  ['buffer', 'ptr', 8, 4, 'IN', 'array of e820 entries'],
])

export const xen_foreign_memory_map = struct('xen_foreign_memory_map', 24, 12, [
  ['domid', 'u16', 0, 0, 'IN'],
  ['nr_entries', 'u32', 8, 4, 'IN'],
  ['buffer', 'ptr', 16, 8, 'IN', 'array of e820 entries'],
])

/** A packed e820 entry: address u64, size u64, type u32. */
export const E820_ENTRY_SIZE = 20
export const E820_MAX = 128
