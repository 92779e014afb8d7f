/*
 * The part of Xen's guest interface that the micro-kernels use: numbers, structures (64-bit layout), and small calls.
 * Sizes are asserted, so that a slip shows when it is compiled. Spec: Xen public headers.
 */
#ifndef XEN_H
#define XEN_H
#include "guest.h"

#define HYPERVISOR_memory_op 12
#define HYPERVISOR_multicall 13
#define HYPERVISOR_set_timer_op 15
#define HYPERVISOR_xen_version 17
#define HYPERVISOR_console_io 18
#define HYPERVISOR_grant_table_op 20
#define HYPERVISOR_vm_assist 21
#define HYPERVISOR_vcpu_op 24
#define HYPERVISOR_sched_op 29
#define HYPERVISOR_event_channel_op 32
#define HYPERVISOR_hvm_op 34
#define HYPERVISOR_sysctl 35
#define HYPERVISOR_domctl 36

#define EPERM 1
#define ENOENT 2
#define ESRCH 3
#define EACCES 13
#define EFAULT 14
#define EEXIST 17
#define EINVAL 22
#define ENOSYS 38

#define DOMID_SELF 0x7ff0

struct start_info { u32 magic, version, flags, nr_modules; u64 modlist, cmdline, rsdp, memmap; u32 memmap_entries, reserved; };
/* The number of "name=N" on the command line; `otherwise` where it does not stand. */
u32 option(const char *name, u32 otherwise);
struct reservation { u64 *extents; u64 nr_extents; u32 order, flags; u16 domid; };
struct add_to_physmap { u16 domid, size; u32 space; u64 idx, gpfn; };
struct remove_from_physmap { u16 domid; u64 gpfn; };
struct memory_map { u32 nr_entries; void *buffer; };
struct e820 { u64 address, size; u32 type; } __attribute__((packed));
struct hvm_param { u16 domid; u32 index; u64 value; };
struct vcpu_time_info { u32 version, pad0; u64 tsc_timestamp, system_time; u32 mul; signed char shift; u8 flags, pad1[2]; };
struct vcpu_info { u8 upcall_pending, upcall_mask, pad[6]; u64 pending_sel, arch[2]; struct vcpu_time_info time; };
struct shared_info {
    struct vcpu_info vcpu[32];
    u64 pending[64], mask[64];
    u32 wc_version, wc_sec, wc_nsec, wc_sec_hi;
};
struct runstate { u32 state, pad; u64 entry_time, time[4]; };
struct register_vcpu_info { u64 mfn; u32 offset, reserved; };
struct grant_entry { u16 flags, domid; u32 frame; };
_Static_assert(sizeof(struct reservation) == 32, "");
_Static_assert(sizeof(struct add_to_physmap) == 24, "");
_Static_assert(sizeof(struct hvm_param) == 16, "");
_Static_assert(sizeof(struct vcpu_info) == 64, "");
_Static_assert(sizeof(struct runstate) == 48, "");

/* Where the kernels put things: the shared info over low RAM, the grant table into a hole of the address space. */
#define SHARED_INFO_GFN 0x30ul
#define GRANT_GFN 0x20000ul
static volatile struct shared_info *const shared = (void *)(SHARED_INFO_GFN << 12);
static volatile struct grant_entry *const grants = (void *)(GRANT_GFN << 12);

static inline s64 add_to_physmap(u32 space, u64 idx, u64 gfn)
{
    struct add_to_physmap arg = { DOMID_SELF, 0, space, idx, gfn };
    return hypercall2(HYPERVISOR_memory_op, 7, &arg);
}
static inline s64 get_param(u32 index, u64 *value)
{
    struct hvm_param arg = { DOMID_SELF, index, 0 };
    s64 result = hypercall2(HYPERVISOR_hvm_op, 1, &arg);
    *value = arg.value;
    return result;
}
static inline s64 set_param(u32 index, u64 value)
{
    struct hvm_param arg = { DOMID_SELF, index, value };
    return hypercall2(HYPERVISOR_hvm_op, 0, &arg);
}
/* Event channel operations with one or two u32 in and a u32 out behind them. */
static inline s64 evtchn(u32 op, void *arg) { return hypercall2(HYPERVISOR_event_channel_op, op, arg); }
static inline s64 evtchn_send(u32 port) { return evtchn(4, &port); }
static inline s64 evtchn_close(u32 port) { return evtchn(3, &port); }
static inline s64 evtchn_unmask(u32 port) { return evtchn(9, &port); }
static inline s64 bind_ipi(u32 vcpu, u32 *port) { u32 a[2] = { vcpu, 0 }; s64 r = evtchn(7, a); *port = a[1]; return r; }
static inline s64 bind_virq(u32 virq, u32 vcpu, u32 *port) { u32 a[3] = { virq, vcpu, 0 }; s64 r = evtchn(1, a); *port = a[2]; return r; }
static inline int is_pending(u32 port) { return shared->pending[port / 64] >> port % 64 & 1; }
static inline void set_mask(u32 port, int on)
{
    if (on) shared->mask[port / 64] |= 1ul << port % 64;
    else shared->mask[port / 64] &= ~(1ul << port % 64);
}
static inline void clear_pending(u32 port) { shared->pending[port / 64] &= ~(1ul << port % 64); }

/* System time by the clock record of vcpu 0. */
static inline u64 system_time(volatile struct vcpu_time_info *clock)
{
    u64 ns;
    u32 version;
    do {
        version = clock->version & ~1u;
        asm volatile("" : : : "memory");
        u64 delta = rdtsc() - clock->tsc_timestamp;
        delta = clock->shift < 0 ? delta >> -clock->shift : delta << clock->shift;
        ns = clock->system_time + (u64)((unsigned __int128)delta * clock->mul >> 32);
        asm volatile("" : : : "memory");
    } while (version != clock->version);
    return ns;
}
static inline u64 now(void) { return system_time(&shared->vcpu[0].time); }
#define MS 1000000ul

/* Upcalls come by vector 0xf3 (HVM_PARAM_CALLBACK_IRQ, type 2). The hook counts them and clears what is pending. */
#define UPCALL_VECTOR 0xf3
extern u64 upcalls, upcall_rip;
void upcalls_on(void);
static inline void interrupts_on(void) { asm volatile("sti; nop" : : : "memory"); }
static inline void interrupts_off(void) { asm volatile("cli" : : : "memory"); }

#endif
