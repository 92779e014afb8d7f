// Event channels: operations, structures, VIRQs. Spec: Xen public/event_channel.h, xen.h (VIRQ_*), xen-guest-abi.md 4.3.
// The structures hold no pointers or longs, so 64- and 32-bit layouts are the same except where a u64 forces alignment.
// Runs in: anything (plain data).
import { struct } from '../../lib/struct-layout'

/** Operation, number, status. */
export const EVTCHNOPS = [
  ['EVTCHNOP_bind_interdomain', 0, 'partial: within the domain'],
  ['EVTCHNOP_bind_virq', 1, 'done'],
  ['EVTCHNOP_bind_pirq', 2, 'no: -EINVAL'],
  ['EVTCHNOP_close', 3, 'done'],
  ['EVTCHNOP_send', 4, 'done'],
  ['EVTCHNOP_status', 5, 'done'],
  ['EVTCHNOP_alloc_unbound', 6, 'done'],
  ['EVTCHNOP_bind_ipi', 7, 'done'],
  ['EVTCHNOP_bind_vcpu', 8, 'done'],
  ['EVTCHNOP_unmask', 9, 'done'],
  ['EVTCHNOP_reset', 10, 'done'],
  ['EVTCHNOP_init_control', 11, 'no: -ENOSYS selects the 2-level ABI'],
  ['EVTCHNOP_expand_array', 12, 'no: -ENOSYS'],
  ['EVTCHNOP_set_priority', 13, 'no: -ENOSYS'],
] as const

export type EvtchnopName = (typeof EVTCHNOPS)[number][0]

export const evtchn_bind_interdomain = struct('evtchn_bind_interdomain', 12, 12, [
  ['remote_dom', 'u16', 0, 0, 'IN'],
  ['remote_port', 'u32', 4, 4, 'IN'],
  ['local_port', 'u32', 8, 8, 'OUT'],
])

export const evtchn_bind_virq = struct('evtchn_bind_virq', 12, 12, [
  ['virq', 'u32', 0, 0, 'IN'],
  ['vcpu', 'u32', 4, 4, 'IN'],
  ['port', 'u32', 8, 8, 'OUT'],
])

/** Also evtchn_send, evtchn_unmask: one port. */
export const evtchn_close = struct('evtchn_close', 4, 4, [['port', 'u32', 0, 0, 'IN']])

export const evtchn_status = struct('evtchn_status', 24, 24, [
  ['dom', 'u16', 0, 0, 'IN'],
  ['port', 'u32', 4, 4, 'IN'],
  ['status', 'u32', 8, 8, 'OUT'],
  ['vcpu', 'u32', 12, 12, 'OUT'],
  ['u', 'u32', 16, 16, 'OUT', 'unbound: dom u16; virq: number; interdomain: dom u16 here, port in the next word'],
  ['u2', 'u32', 20, 20, 'OUT', 'interdomain: remote port'],
])

export const evtchn_alloc_unbound = struct('evtchn_alloc_unbound', 8, 8, [
  ['dom', 'u16', 0, 0, 'IN'],
  ['remote_dom', 'u16', 2, 2, 'IN'],
  ['port', 'u32', 4, 4, 'OUT'],
])

export const evtchn_bind_ipi = struct('evtchn_bind_ipi', 8, 8, [
  ['vcpu', 'u32', 0, 0, 'IN'],
  ['port', 'u32', 4, 4, 'OUT'],
])

export const evtchn_bind_vcpu = struct('evtchn_bind_vcpu', 8, 8, [
  ['port', 'u32', 0, 0, 'IN'],
  ['vcpu', 'u32', 4, 4, 'IN'],
])

export const evtchn_reset = struct('evtchn_reset', 2, 2, [['dom', 'u16', 0, 0, 'IN']])

export const evtchn_init_control = struct('evtchn_init_control', 24, 24, [
  ['control_gfn', 'u64', 0, 0, 'IN'],
  ['offset', 'u32', 8, 8, 'IN'],
  ['vcpu', 'u32', 12, 12, 'IN'],
  ['link_bits', 'u8', 16, 16, 'OUT'],
])

/** What EVTCHNOP_status reports. */
export const EVTCHNSTAT = { closed: 0, unbound: 1, interdomain: 2, pirq: 3, virq: 4, ipi: 5 } as const

/** VIRQs that each vcpu binds for itself; the others are bound once, on vcpu 0. */
export const VIRQ = {
  VIRQ_TIMER: 0,
  VIRQ_DEBUG: 1,
  VIRQ_CONSOLE: 2,
  VIRQ_DOM_EXC: 3,
  VIRQ_TBUF: 4,
  VIRQ_DEBUGGER: 6,
  VIRQ_XENOPROF: 7,
  VIRQ_CON_RING: 8,
  VIRQ_PCPU_STATE: 9,
  VIRQ_MEM_EVENT: 10,
  VIRQ_ARGO: 11,
  VIRQ_ENOMEM: 12,
  VIRQ_XENPMU: 13,
} as const
export const PER_VCPU_VIRQS: readonly number[] = [VIRQ.VIRQ_TIMER, VIRQ.VIRQ_DEBUG, VIRQ.VIRQ_XENOPROF, VIRQ.VIRQ_XENPMU]
export const NR_VIRQS = 24

/** Ports of the 2-level ABI: the square of the bits in a word. */
export const EVTCHN_2L_PORTS = { 64: 4096, 32: 1024 } as const
