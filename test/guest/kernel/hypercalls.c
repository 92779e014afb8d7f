/*
 * Hypercalls that change nothing lasting: how they are made, who may, what they answer, and the error codes.
 */
#include "../lib/xen.h"

static u64 result __attribute__((used));

static void ways_in(void)
{
    s64 version = hypercall2(HYPERVISOR_xen_version, 0, 0);
    s64 other;
    u32 r[4];
    u8 *page = zero_page();
    u64 before[6] = { 11, 22, 33, 44, 55, 66 }, after[6];

    check("xen_version says 4.x or later", version >> 16 >= 4, 1);
    asm volatile("vmcall" : "=a"(other) : "0"(17ul), "D"(0), "S"(0) : "memory", "rdx", "r10", "r8");
    check("VMCALL does what VMMCALL does", other, version);
    cpuid(0x40000000, 0, r);
    check("CPUID tells at least leaf 0x40000002", r[0] >= 0x40000002, 1);
    cpuid(0x40000001, 0, r);
    check("CPUID and xen_version tell the same version", r[0], version);
    cpuid(0x40000002, 0, r);
    check("there is one hypercall page", r[0], 1);
    wrmsr(r[1], (u64)page);
    check("its stub loads the number", *(u64 *)(page + 17 * 32) & 0xffffffffff, 0x11b8);
    check("and returns", page[17 * 32 + 8], 0xc3);
    asm volatile("call *%1" : "=a"(other) : "r"(page + 17 * 32), "D"(0), "S"(0) : "memory", "rdx", "r10", "r8", "r11", "rcx");
    check("the hypercall page's stub does what the instruction does", other, version);
    check("its slot for iret is UD2", *(u16 *)(page + 23 * 32), 0x0b0f);

    asm volatile("mov %[b], %%rbx; mov 8+%[m], %%rcx; mov 16+%[m], %%r12; mov 24+%[m], %%r13; mov 32+%[m], %%r14; mov 40+%[m], %%r15\n"
                 "mov $17, %%eax; xor %%edi, %%edi; xor %%esi, %%esi; vmmcall\n"
                 "mov %%rbx, %[o]; mov %%rcx, 8+%[p]; mov %%r12, 16+%[p]; mov %%r13, 24+%[p]; mov %%r14, 32+%[p]; mov %%r15, 40+%[p]\n"
                 : [o] "=m"(after[0]), [p] "=o"(after) : [b] "m"(before[0]), [m] "o"(before)
                 : "rax", "rbx", "rcx", "rdx", "rsi", "rdi", "r8", "r9", "r10", "r11", "r12", "r13", "r14", "r15", "memory");
    for (int i = 0; i < 6; i++) before[i] -= after[i];
    check("other registers are left alone", before[0] | before[1] | before[2] | before[3] | before[4] | before[5], 0);

    user_access();
    TRY_USER("mov $17, %%eax; xor %%edi, %%edi; xor %%esi, %%esi; vmmcall; mov %%rax, result\n 8: nop", 2, NONE, "rdi", "rsi", "rdx", "r10", "r8");
    check("user mode gets -EPERM", result, -EPERM);
    TRY32("mov $17, %%eax; xor %%ebx, %%ebx; xor %%ecx, %%ecx; vmmcall; mov %%eax, result; movl $0, result + 4\n 8: nop", NONE, "rbx", "rcx", "rdx");
    check("32-bit code calls with EBX and ECX", result, version);

    static const u16 unknown[] = { 0, 6, 16, 19, 47, 55, 63, 1000, 0xffff };
    for (u64 i = 0; i < sizeof(unknown) / 2; i++)
        if (hypercall2(unknown[i], 0, 0) != -ENOSYS) { print_number(unknown[i]); check(": a number that means nothing gives -ENOSYS", hypercall2(unknown[i], 0, 0), -ENOSYS); }
    check("numbers that mean nothing give -ENOSYS", hypercall2(1ul << 40, 0, 0), -ENOSYS);
}

static void version(void)
{
    char text[1024];
    u32 features[2] = { 0, 0 };
    u64 found = 0;
    check("extraversion is given", hypercall2(HYPERVISOR_xen_version, 1, text), 0);
    check("get_features is given", hypercall2(HYPERVISOR_xen_version, 6, features), 0);
    check("features: translated physmap, callback vector, safe pvclock", features[1] >> 2 & 1 && features[1] >> 8 & 1 && features[1] >> 9 & 1, 1);
    check("features: no pirqs, not domain 0", features[1] >> 10 & 3, 0);
    features[0] = 1;
    check("a further feature word gives -EINVAL", hypercall2(HYPERVISOR_xen_version, 6, features), -EINVAL);
    check("capabilities are given", hypercall2(HYPERVISOR_xen_version, 3, text), 0);
    for (int i = 0; i < 1000 && text[i]; i++)
        if (text[i] == 'h' && text[i + 1] == 'v' && text[i + 2] == 'm') found = 1;
    check("capabilities name hvm", found, 1);
    check("the page size comes without an argument", hypercall2(HYPERVISOR_xen_version, 7, 0), 4096);
    check("a guest handle is given", hypercall2(HYPERVISOR_xen_version, 8, text), 0);
    check("an unknown operation gives -ENOSYS", hypercall2(HYPERVISOR_xen_version, 99, text), -ENOSYS);
    check("a pointer to nothing gives -EFAULT", hypercall2(HYPERVISOR_xen_version, 6, 0x8000000000), -EFAULT);
    check("a non-canonical pointer gives -EFAULT", hypercall2(HYPERVISOR_xen_version, 6, 1ul << 63), -EFAULT);
}

static void memory(void)
{
    struct e820 map[128];
    struct memory_map arg = { 128, map };
    const struct start_info *start = (void *)(u64)start_info;
    u16 self = DOMID_SELF;
    u64 pages, *page = zero_page();
    u64 gfn = (u64)page >> 12;
    struct reservation reservation = { &gfn, 1, 0, 0, DOMID_SELF };

    check("the start info has its magic", start->magic, 0x336ec578);
    check("memory_map is given", hypercall2(HYPERVISOR_memory_op, 9, &arg), 0);
    check("as many entries as in the start info", arg.nr_entries, start->memmap_entries);
    check("the first is RAM from 0", map[0].address == 0 && map[0].type == 1, 1);
    arg.nr_entries = 1;
    check("a short buffer gets what fits", hypercall2(HYPERVISOR_memory_op, 9, &arg) == 0 && arg.nr_entries == 1, 1);
    pages = hypercall2(HYPERVISOR_memory_op, 3, &self);
    check("current_reservation is the RAM", pages, map[0].size >> 12);
    check("maximum_reservation is no less", hypercall2(HYPERVISOR_memory_op, 4, &self) >= (s64)pages, 1);
    check("maximum_gpfn is no less than the last page of RAM", hypercall2(HYPERVISOR_memory_op, 14, &self) >= (s64)pages - 1, 1);
    check("an unknown operation gives -ENOSYS", hypercall2(HYPERVISOR_memory_op, 60, &self), -ENOSYS);

    *page = 0x1234;
    check("decrease_reservation takes the page", hypercall2(HYPERVISOR_memory_op, 1, &reservation), 1);
    check("reads of it are all ones", *(volatile u64 *)page, ~0ul);
    *(volatile u64 *)page = 5;
    check("writes to it are dropped", *(volatile u64 *)page, ~0ul);
    check("the reservation is one page less", hypercall2(HYPERVISOR_memory_op, 3, &self), pages - 1);
    check("a page that is not there is not counted", hypercall2(HYPERVISOR_memory_op, 1, &reservation), 0);
    check("populate_physmap brings it back", hypercall2(HYPERVISOR_memory_op, 6, &reservation), 1);
    *(volatile u64 *)page = 0x77;
    check("and it keeps what is written", *(volatile u64 *)page, 0x77);
    check("the reservation is whole again", hypercall2(HYPERVISOR_memory_op, 3, &self), pages);

    *(volatile u32 *)(SHARED_INFO_GFN << 12) = 0x55;
    check("shared_info goes over RAM", add_to_physmap(0, 0, SHARED_INFO_GFN), 0);
    check("the RAM is gone", shared->vcpu[0].upcall_mask == 0x55, 0);
    check("the clock can be read at once", shared->vcpu[0].time.mul != 0, 1);
    check("and is not being changed", shared->vcpu[0].time.version & 1, 0);
    check("shared_info moves", add_to_physmap(0, 0, GRANT_GFN), 0);
    check("where it was is nothing now", *(volatile u64 *)shared, ~0ul);
    check("where it is is the clock", ((volatile struct shared_info *)(GRANT_GFN << 12))->vcpu[0].time.mul != 0, 1);
    check("and back", add_to_physmap(0, 0, SHARED_INFO_GFN), 0);
    check("an unknown map space gives an error", add_to_physmap(99, 0, GRANT_GFN) < 0, 1);
}

static void parameters(void)
{
    u64 value;
    static const u8 wanted[] = { 1, 2, 17, 18 };
    for (u64 i = 0; i < sizeof(wanted); i++)
        check("store and console parameters are set", get_param(wanted[i], &value) == 0 && value != 0, 1);
    get_param(1, &value);
    check("the store page can be read", *(volatile u32 *)((value << 12) + 2048), 0);
    check("a parameter never set reads 0", get_param(36, &value) == 0 && value == 0, 1);
    check("an unknown parameter gives -EINVAL", get_param(99, &value), -EINVAL);
    check("a guest cannot set the store page", set_param(1, 5), -EPERM);
    check("a guest sets the callback", set_param(0, 2ul << 56 | 0xf3), 0);
    check("which reads back", get_param(0, &value) == 0 && value == (2ul << 56 | 0xf3), 1);
    struct hvm_param other = { 77, 1, 0 };
    check("another domain's parameters give an error", hypercall2(HYPERVISOR_hvm_op, 1, &other) < 0, 1);
    struct { u16 domid; u64 gpa; } dying = { DOMID_SELF, 0 };
    check("pagetable_dying is not there", hypercall2(HYPERVISOR_hvm_op, 9, &dying) < 0, 1);
}

static void vcpu(void)
{
    struct register_vcpu_info info = { (u64)zero_page() >> 12, 4064, 0 };
    volatile struct runstate *state = zero_page();
    u64 pointer = (u64)state;
    check("vcpu 0 is up", hypercall3(HYPERVISOR_vcpu_op, 3, 0, 0), 1);
    check("there is no vcpu 5", hypercall3(HYPERVISOR_vcpu_op, 3, 5, 0), -ENOENT);
    check("vcpu_info cannot cross a page", hypercall3(HYPERVISOR_vcpu_op, 10, 0, &info), -EINVAL);
    info.offset = 128;
    check("vcpu_info can be moved", hypercall3(HYPERVISOR_vcpu_op, 10, 0, &info), 0);
    volatile struct vcpu_info *moved = (void *)(info.mfn * 4096 + 128);
    check("all selectors are pending in the new place", moved->pending_sel, ~0ul);
    check("and an upcall", moved->upcall_pending, 1);
    check("and the clock is there", moved->time.mul != 0, 1);
    check("it moves only once", hypercall3(HYPERVISOR_vcpu_op, 10, 0, &info), -EINVAL);
    state->state = 99;
    check("a runstate area is taken by virtual address", hypercall3(HYPERVISOR_vcpu_op, 5, 0, &pointer), 0);
    check("a running vcpu says running", state->state, 0);
    check("vm_assist for the runstate flag", hypercall2(HYPERVISOR_vm_assist, 0, 5) <= 0, 1);
    check("an unknown operation gives -ENOSYS", hypercall3(HYPERVISOR_vcpu_op, 77, 0, 0), -ENOSYS);
}

static void others(void)
{
    struct { u64 op; s64 result; u64 args[6]; } calls[3] = {
        { HYPERVISOR_xen_version, 77, { 0 } }, { 63, 77, { 0 } }, { HYPERVISOR_xen_version, 77, { 7 } },
    };
    u32 sysctl[32] = { 1, 0xffff };
    check("a multicall is done", hypercall2(HYPERVISOR_multicall, calls, 3), 0);
    check("each entry has its result", calls[0].result == hypercall2(HYPERVISOR_xen_version, 0, 0) && calls[2].result == 4096, 1);
    check("also the one that failed", calls[1].result, -ENOSYS);
    check("yield", hypercall2(HYPERVISOR_sched_op, 0, 0), 0);
    check("an unknown sched operation gives -ENOSYS", hypercall2(HYPERVISOR_sched_op, 99, 0), -ENOSYS);
    check("sysctl with another version gives -EACCES", hypercall1(HYPERVISOR_sysctl, sysctl), -EACCES);
    check("domctl is not for guests", hypercall1(HYPERVISOR_domctl, sysctl) < 0, 1);
    check("an empty console write", hypercall3(HYPERVISOR_console_io, 0, 0, "x") <= 0, 1);
    check("a console write from nowhere gives -EFAULT", hypercall3(HYPERVISOR_console_io, 0, 10, 0x8000000000), -EFAULT);
}

struct add_batch { u16 domid, space, size, foreign; u64 *idxs, *gpfns; u32 *errs; };
struct mem_type { u16 domid, type, pad[2]; u64 pfn; };

/* Calls that Linux does not make. */
static void seldom(void)
{
    u64 idx = 0, gfn = GRANT_GFN + 8, time = 0;
    u32 error = 99, reason = 0;
    char text[1024];
    struct add_batch batch = { DOMID_SELF, 1, 1, 0, &idx, &gfn, &error };
    struct remove_from_physmap remove = { DOMID_SELF, gfn };
    struct mem_type type = { DOMID_SELF, 9, { 0, 0 }, 0x100 };
    struct { u16 domid; short status; } dump = { DOMID_SELF, 9 };
    check("add_to_physmap_batch", hypercall2(HYPERVISOR_memory_op, 23, &batch), 0);
    check("tells each page's result", error, 0);
    check("maximum_ram_page is maximum_gpfn", hypercall2(HYPERVISOR_memory_op, 2, 0), hypercall2(HYPERVISOR_memory_op, 14, &remove));
    check("remove_from_physmap", hypercall2(HYPERVISOR_memory_op, 15, &remove), 0);
    check("a second time gives -ENOENT", hypercall2(HYPERVISOR_memory_op, 15, &remove), -ENOENT);
    check("compile_info is given", hypercall2(HYPERVISOR_xen_version, 2, text), 0);
    check("changeset is given", hypercall2(HYPERVISOR_xen_version, 4, text), 0);
    check("platform_parameters are given", hypercall2(HYPERVISOR_xen_version, 5, text), 0);
    check("commandline is given", hypercall2(HYPERVISOR_xen_version, 9, text), 0);
    check("and says that it is not for guests", text[0], '<');
    check("vcpu 0 is up already", hypercall3(HYPERVISOR_vcpu_op, 1, 0, 0), 0);
    TRY("mov $24, %%eax; mov $11, %%edi; xor %%esi, %%esi; xor %%edx, %%edx; vmmcall\n 8: nop; nop; nop", NONE, "rdi", "rsi", "rdx", "r10", "r8");
    check("send_nmi sends one", fault.vector, 2);
    check("shutdown_code is noted", hypercall2(HYPERVISOR_sched_op, 5, &reason), 0);
    check("get_time", hypercall2(HYPERVISOR_hvm_op, 10, &time), 0);
    check("gives a time", time != 0, 1);
    check("get_mem_type", hypercall2(HYPERVISOR_hvm_op, 15, &type), 0);
    check("says RAM", type.type, 0);
    check("dump_table", hypercall3(HYPERVISOR_grant_table_op, 3, &dump, 1), 0);
    check("is fine", dump.status, 0);
}

void guest_main(void)
{
    if (!on_xen) { skip("hypercalls", "no Xen here"); return; }
    ways_in();
    version();
    memory();
    parameters();
    vcpu();
    others();
    seldom();
}
