// The layout of what the hypervisor keeps of a domain in its shared memory: the DOMAIN area (one per domain) and a page in
// each vcpu's area. Every table of hypervisor/ is here; no JavaScript object holds domain state, so any thread of the
// process works on it and a checkpoint is a copy of it.
// Invariant: fields marked (saved) are part of a checkpoint; a change of their meaning changes LAYOUT_VERSION.
// Runs in: any thread of the domain's process (plain data). Words written by several threads are i32 and atomic.
import { layOut } from '../lib/struct-layout'
import { NR_VIRQS } from '../public/xen/event-channel'
import { MAX_GRANT_FRAMES } from '../public/xen/grant-table'
import { HVM_NR_PARAMS } from '../public/xen/hvm-params'
import { HYPERCALL_SLOTS } from '../public/xen/hypercall'
import { SCHED_POLL_MAX } from '../public/xen/sched'

export const LAYOUT_VERSION = 1
export const MAX_PORTS = 4096
export const MESSAGE_RING_BYTES = 0x10000
export const CONSOLE_RING_BYTES = 0x10000
export const REASON_BYTES = 512
export const INVALIDATE_SLOTS = 64
/** Entries of PUBLISH, and the words of one: address of the producer index, its new value, address of the event index, port. */
export const PUBLISH_SLOTS = 512
export const PUBLISH_WORDS = 4

/** Header of the DOMAIN area. Rows: name, element bytes, count, meaning. Spec of the values: xen-guest-abi.md 3 to 5. */
export const DOMAIN_ROWS = [
  ['LAYOUT', 4, 1, 'LAYOUT_VERSION (saved)'],
  ['LOCK', 4, 1, 'the futex lock: 0 free, 1 held, 2 held with waiters'],
  ['DOORBELL', 4, 1, '1: the main thread has been told and has not looked yet'],
  ['PAUSE', 4, 1, 'how many ask for the vcpus to stand still; vcpus run at 0'],
  ['STOP', 4, 1, '1: vcpu threads are to end'],
  ['SHUTDOWN', 4, 1, '0 running, else reason + 1 (saved)'],
  ['CRASHED', 4, 1, '1: the shutdown is a crash that the hypervisor decided (saved)'],
  ['VCPUS', 4, 1, '(saved)'],
  ['DOMID', 4, 1, 'the domid the guest sees (saved)'],
  ['TOTAL_PAGES', 4, 1, 'populated RAM pages (saved)'],
  ['MAX_PAGES', 4, 1, 'cap of TOTAL_PAGES (saved)'],
  ['FREE_HEAD', 4, 1, 'linear address of the first free RAM page, 0 none; linked through their first word'],
  ['FREE_COUNT', 4, 1, ''],
  ['HEAP_NEXT', 4, 1, 'next free page of XENHEAP (saved)'],
  ['SHARED_INFO_GFN', 4, 1, '0xffffffff: not mapped (saved)'],
  ['WIDTH32', 4, 1, '1: shared_info has the 32-bit layout (saved)'],
  ['ASSIST', 4, 1, 'vm_assist types switched on, a bit each (saved)'],
  ['GRANT_FRAMES', 4, 1, 'grant frames in use (saved)'],
  ['MEMORY_MAP_ENTRIES', 4, 1, '(saved)'],
  ['TSC_KHZ', 4, 1, '(saved)'],
  ['INCARNATION', 4, 1, 'restores so far (saved)'],
  ['FORESEEN', 4, 1, 'how many more sleeps that a timer ends ring the main thread: foresight.ts'],
  ['TIMER_WOKE', 4, 1, '1: one has rung'],
  ['CROSSINGS', 4, 1, 'times the main thread was woken'],
  ['MESSAGE_HEAD', 4, 1, 'bytes ever written to MESSAGES (saved)'],
  ['CONSOLE_PROD', 4, 1, 'bytes ever written to CONSOLE by vcpus'],
  ['CONSOLE_CONS', 4, 1, 'bytes taken out by the main thread'],
  ['REASON_LENGTH', 4, 1, 'bytes of REASON (saved)'],
  ['WATCHDOG', 4, 2, 'timeout in seconds per watchdog, 0 off (saved)'],
  ['WATCHDOG_DEADLINE', 8, 2, 'system time in ns (saved)'],
  ['METERED', 4, 1, '1: vcpus run only while there is CREDIT'],
  ['CREDIT', 8, 1, 'vcpu time in ns that may still be used; below 0: overdrawn'],
  ['CLOCK_OFFSET', 8, 1, 'system time = monotonic host ns + this'],
  ['FROZEN_AT', 8, 1, 'system time while paused, -1 when time runs'],
  ['WALL_BASE', 8, 1, 'ns since 1970 at which system time was 0 (saved)'],
  ['UUID', 1, 16, '(saved)'],
  ['HVM_PARAM', 8, HVM_NR_PARAMS + 1, '(saved)'],
  ['GRANT_GFN', 4, MAX_GRANT_FRAMES, 'where each grant frame is mapped, 0xffffffff nowhere (saved)'],
  ['PORT_SIGNAL', 4, MAX_PORTS / 32, 'ports the guest has sent on, for the main thread'],
  ['POSTED_ANY', 4, 1, '1: POSTED has bits (saved)'],
  [
    'POSTED',
    4,
    MAX_PORTS / 32,
    'ports that other threads want pending: the guest changes its event words without atomics, so its own vcpu raises them (saved)',
  ],
  ['INVALIDATE_LOCK', 4, 1, 'spin lock of the INVALIDATE lists: held for a few instructions, never with another wait inside'],
  ['PUBLISH_PROD', 4, 1, 'entries ever put into PUBLISH by the main thread'],
  ['PUBLISH_CONS', 4, 1, 'entries taken out; a checkpoint finds none'],
  ['PUBLISH_LOCK', 4, 1, 'held while entries are taken out: by one vcpu at a time, in order'],
  ['PUBLISH', 4, PUBLISH_SLOTS * PUBLISH_WORDS, 'ring indexes that a vcpu shows to the guest: publication.ts'],
  ['REASON', 1, REASON_BYTES, 'why it stopped, UTF-8 (saved)'],
] as const

/** Offsets within the DOMAIN area. */
export const DOMAIN = layOut(0, DOMAIN_ROWS)

/** Larger tables of the DOMAIN area, at fixed offsets. */
export const DOMAIN_TABLE = {
  MEMORY_MAP: 0x04000, // E820_MAX entries of 20 bytes
  EVENT_CHANNEL: 0x10000, // MAX_PORTS entries, EVENT_CHANNEL_ENTRY
  MESSAGES: 0x20000, // the message ring
  CONSOLE: 0x30000, // bytes of console_io and port 0xe9 on their way to the main thread
} as const

/** One event channel; 16 bytes. */
export const EVENT_CHANNEL_ENTRY = { SIZE: 16, STATE: 0, FLAGS: 1, REMOTE_DOMID: 2, REMOTE: 4, VCPU: 8 } as const

/** A vcpu's private page. 'remote' words may be written by other threads, with atomics and a kick. */
export const VCPU_ROWS = [
  ['KICK', 4, 1, 'remote: counts kicks; the vcpu sleeps on it'],
  ['PARKED', 4, 1, '1: stands still at an instruction boundary for PAUSE or STOP, or has never run'],
  ['INIT', 4, 1, 'remote: an INIT is to be taken (saved)'],
  ['SIPI', 4, 1, 'remote: 1 + the vector of a STARTUP to be taken (saved)'],
  ['INITIALISED', 4, 1, '0: waits for a STARTUP since power-on or INIT (saved)'],
  ['NMI', 4, 1, 'remote: NMIs to deliver, at most 1 (saved)'],
  ['FLUSH', 4, 1, 'remote: the p2m has changed'],
  ['INVALIDATE_PROD', 4, 1, 'remote, under the lock: pages whose decoded code must go'],
  ['INVALIDATE_CONS', 4, 1, ''],
  ['INVALIDATE', 4, INVALIDATE_SLOTS, 'linear addresses of pages'],
  ['UP', 4, 1, '1: up in the sense of VCPUOP_is_up (saved)'],
  ['BLOCKED', 4, 1, '0 runs, 1 in HLT or SCHEDOP_block, 2 in SCHEDOP_poll (saved)'],
  ['POLL_COUNT', 4, 1, 'ports being polled (saved)'],
  ['POLL_PORTS', 4, SCHED_POLL_MAX, '(saved)'],
  ['UPCALL_VECTOR', 4, 1, 'of HVMOP_set_evtchn_upcall_vector, 0 none (saved)'],
  ['INFO', 4, 1, 'linear address of its vcpu_info'],
  ['INFO_GFN', 4, 1, 'gfn it was registered at, 0xffffffff: in shared_info (saved)'],
  ['INFO_OFFSET', 4, 1, '(saved)'],
  ['RUNSTATE_AREA', 4, 2, 'linear addresses of the two pieces of the registered record, 0 none'],
  ['RUNSTATE_SPLIT', 4, 1, 'bytes in the first piece'],
  ['TIME_AREA', 4, 2, 'the same for the registered time record'],
  ['TIME_SPLIT', 4, 1, ''],
  ['RUNSTATE', 4, 1, '(saved)'],
  ['VIRQ_PORT', 4, NR_VIRQS, 'port of each VIRQ, 0 unbound (saved)'],
  ['RUNSTATE_SINCE', 8, 1, 'system time in ns (saved)'],
  ['RUNSTATE_TIME', 8, 4, 'ns in each run state (saved)'],
  ['SINGLESHOT', 8, 1, 'deadline in system time, -1 off (saved)'],
  ['PERIOD', 8, 1, 'ns, 0 off (saved)'],
  ['PERIOD_NEXT', 8, 1, 'deadline (saved)'],
  ['POLL_DEADLINE', 8, 1, '-1 none (saved)'],
  ['APIC_PERIOD', 8, 1, 'ns between interrupts of the local APIC timer, 0 one-shot (saved)'],
  ['APIC_DEADLINE', 8, 1, '-1 off (saved)'],
  ['RUN_NS', 8, 1, 'host ns inside run()'],
  ['CALLS', 8, HYPERCALL_SLOTS, 'hypercalls by number, f64'],
  ['EXITS', 8, 16, 'exits of run() by cause, f64'],
  ['EVENTS', 8, 4, 'injected: upcalls, local APIC, NMI, timer; f64'],
] as const

export const VCPU = layOut(0, VCPU_ROWS)

/** Pages of XENHEAP with a fixed meaning; those from FREE on are handed out at build. */
export const HEAP_PAGE = { SHARED_INFO: 0, GRANT: 1, FREE: 1 + MAX_GRANT_FRAMES } as const

export const NO_GFN = 0xffff_ffff
