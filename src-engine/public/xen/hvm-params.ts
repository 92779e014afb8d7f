// HVM parameters: numbers, who may set them. Spec: Xen public/hvm/params.h, hvm_op.h, xen-guest-abi.md 3.7.
// Runs in: anything (plain data).
import { byName, struct } from '../../lib/struct-layout'

/** Parameter, index, what a guest may do with it. Indexes without a row below HVM_NR_PARAMS: read 0, guest may not set. */
export const HVM_PARAMS = [
  ['HVM_PARAM_CALLBACK_IRQ', 0, 'set'],
  ['HVM_PARAM_STORE_PFN', 1, 'get'],
  ['HVM_PARAM_STORE_EVTCHN', 2, 'set'],
  ['HVM_PARAM_PAE_ENABLED', 4, 'none: deprecated'],
  ['HVM_PARAM_TIMER_MODE', 10, 'get'],
  ['HVM_PARAM_HPET_ENABLED', 11, 'get'],
  ['HVM_PARAM_IDENT_PT', 12, 'get'],
  ['HVM_PARAM_DM_DOMAIN', 13, 'none: deprecated'],
  ['HVM_PARAM_VM86_TSS', 15, 'set'],
  ['HVM_PARAM_VPT_ALIGN', 16, 'get'],
  ['HVM_PARAM_CONSOLE_PFN', 17, 'get'],
  ['HVM_PARAM_CONSOLE_EVTCHN', 18, 'set'],
  ['HVM_PARAM_ACPI_IOPORTS_LOCATION', 19, 'set'],
  ['HVM_PARAM_MEMORY_EVENT_CR0', 20, 'none: deprecated'],
  ['HVM_PARAM_MEMORY_EVENT_CR3', 21, 'none: deprecated'],
  ['HVM_PARAM_MEMORY_EVENT_CR4', 22, 'none: deprecated'],
  ['HVM_PARAM_MEMORY_EVENT_INT3', 23, 'none: deprecated'],
  ['HVM_PARAM_NESTEDHVM', 24, 'none: deprecated'],
  ['HVM_PARAM_MEMORY_EVENT_SINGLE_STEP', 25, 'none: deprecated'],
  ['HVM_PARAM_BUFIOREQ_EVTCHN', 26, 'none: deprecated'],
  ['HVM_PARAM_MEMORY_EVENT_MSR', 30, 'none: deprecated'],
  ['HVM_PARAM_TRIPLE_FAULT_REASON', 31, 'get'],
  ['HVM_PARAM_VM_GENERATION_ID_ADDR', 34, 'set'],
  ['HVM_PARAM_ALTP2M', 35, 'get'],
  ['HVM_PARAM_X87_FIP_WIDTH', 36, 'set'],
  ['HVM_PARAM_VM86_TSS_SIZED', 37, 'set'],
  ['HVM_PARAM_MCA_CAP', 38, 'get'],
] as const

export type HvmParamName = (typeof HVM_PARAMS)[number][0]
export const HVM_NR_PARAMS = 39

export const HVM_PARAM = byName(HVM_PARAMS)

/** Type in bits 63:56 of HVM_PARAM_CALLBACK_IRQ. */
export const HVM_PARAM_CALLBACK_TYPE = { GSI: 0, PCI_INTX: 1, VECTOR: 2 } as const

/** hvm_op: operation, number, status. */
export const HVMOPS = [
  ['HVMOP_set_param', 0, 'done'],
  ['HVMOP_get_param', 1, 'done'],
  ['HVMOP_set_pci_intx_level', 2, 'no: -ENOSYS'],
  ['HVMOP_set_isa_irq_level', 3, 'no: -ENOSYS'],
  ['HVMOP_set_pci_link_route', 4, 'no: -ENOSYS'],
  ['HVMOP_flush_tlbs', 5, 'done'],
  ['HVMOP_pagetable_dying', 9, 'no: -ENOSYS'],
  ['HVMOP_get_time', 10, 'done'],
  ['HVMOP_get_mem_type', 15, 'done'],
  ['HVMOP_set_evtchn_upcall_vector', 23, 'done'],
  ['HVMOP_guest_request_vm_event', 24, 'no: -EOPNOTSUPP'],
  ['HVMOP_altp2m', 25, 'no: -EOPNOTSUPP'],
] as const

export type HvmopName = (typeof HVMOPS)[number][0]

export const xen_hvm_param = struct('xen_hvm_param', 16, 16, [
  ['domid', 'u16', 0, 0, 'IN'],
  ['index', 'u32', 4, 4, 'IN'],
  ['value', 'u64', 8, 8, 'IN/OUT'],
])

export const xen_hvm_get_time = struct('xen_hvm_get_time', 8, 8, [['now', 'u64', 0, 0, 'OUT', 'system time in ns']])

export const xen_hvm_get_mem_type = struct('xen_hvm_get_mem_type', 16, 16, [
  ['domid', 'u16', 0, 0, 'IN'],
  ['mem_type', 'u16', 2, 2, 'OUT'],
  ['pfn', 'u64', 8, 8, 'IN'],
])
export const HVMMEM = { ram_rw: 0, ram_ro: 1, mmio_dm: 2 } as const

export const xen_hvm_evtchn_upcall_vector = struct('xen_hvm_evtchn_upcall_vector', 8, 8, [
  ['vcpu', 'u32', 0, 0, 'IN'],
  ['vector', 'u8', 4, 4, 'IN'],
])
