/*
 * Exceptions as software sees them: vector, error code, saved RIP, CR2, stack switched to, and what must not have changed.
 * Expected values are those of the AMD64 manual. Where QEMU's TCG departs, the list beside the test (tcg-departures.ts)
 * says so; only checks that would wreck the run there are skipped here.
 */
#include "../lib/expect.h"

/* ---- arithmetic and undefined instructions ---- */

static void arithmetic(void)
{
    TRY("xor %%edx, %%edx; xor %%ecx, %%ecx; mov $1, %%eax\n 8: div %%ecx", NONE, "rcx", "rdx");
    expect("DIV by zero gives #DE at the instruction", DE, 0);
    TRY("mov $1, %%eax; shl $63, %%rax; cqo; mov $-1, %%rcx\n 8: idiv %%rcx", NONE, "rcx", "rdx");
    expect("IDIV of the least number by -1 gives #DE", DE, 0);
    TRY("mov $0x100, %%eax; mov $1, %%cl\n 8: div %%cl", NONE, "rcx");
    expect("DIV whose quotient does not fit gives #DE", DE, 0);
    TRY("8: ud2", NONE);
    expect("UD2 gives #UD", UD, 0);
    TRY("8: .byte 0xf0, 0x01, 0xc0", NONE);
    expect("LOCK on a register destination gives #UD", UD, 0);
    TRY("8: .byte 0x06", NONE);
    expect("PUSH ES gives #UD in 64-bit mode", UD, 0);
    TRY("8: .byte 0x8e, 0xc8", NONE);
    expect("MOV to CS gives #UD", UD, 0);
    TRY("8: .byte 0x0f, 0x20, 0xc8", NONE);
    expect("MOV from CR1 gives #UD", UD, 0);
    TRY("8: int3", NONE);
    expect_at("INT3 is a trap: saved RIP is after it", BP, 0, try_rip + 1);
    TRY("8: int $0x42", NONE);
    expect_at("INT n is a trap: saved RIP is after it", 0x42, 0, try_rip + 2);
    TRY("mov $0x800000000000, %%rax\n 8: mov (%%rax), %%eax", NONE);
    expect("a non-canonical address gives #GP(0)", GP, 0);
    TRY("mov $0xffff7ffffffffffd, %%rax\n 8: mov (%%rax), %%eax", NONE);
    expect("a non-canonical address in the upper half gives #GP(0)", GP, 0);
    set_gate(SS, GATE_INTERRUPT, 1);
    set_gate(GP, GATE_INTERRUPT, 1);
    TRY("mov $1, %%eax; shl $63, %%rax; mov %%rax, %%rsp\n 8: push %%rax", NONE);
    expect("a non-canonical stack gives #SS(0)", SS, 0);
    set_gate(SS, GATE_INTERRUPT, 0);
    set_gate(GP, GATE_INTERRUPT, 0);
}

/* ---- segments ---- */

static void far_return(u64 selector)
{
    TRY("push %[selector]\n lea 1f(%%rip), %%rax\n push %%rax\n 8: lretq\n 1:", [selector] "r"(selector));
}

static void segments(void)
{
    u16 read;
    TRY("8: mov %[s], %%ds", [s] "r"(0x60));
    expect("a selector beyond the GDT gives #GP(selector)", GP, 0x60);
    TRY("8: mov %[s], %%es", [s] "r"(0x63));
    expect("the error code leaves RPL out", GP, 0x60);
    TRY("8: mov %[s], %%ds", [s] "r"(0x38));
    expect("a data segment that is not present gives #NP(selector)", NP, 0x38);
    TRY("8: mov %[s], %%ss", [s] "r"(0x38));
    expect("a stack segment that is not present gives #SS(selector)", SS, 0x38);
    TRY("8: mov %[s], %%ss", [s] "r"(0x08));
    expect("a code segment in SS gives #GP(selector)", GP, 0x08);
    TRY("8: mov %[s], %%ss", [s] "r"(0x23));
    expect("a stack segment of another privilege gives #GP(selector)", GP, 0x20);
    TRY("8: mov %[s], %%ss", [s] "r"(0));
    expect_none("a null SS is allowed at CPL 0 in 64-bit mode");
    asm volatile("mov %0, %%ss" : : "r"(0x10));
    TRY("8: mov %[s], %%ds", [s] "r"(0x08));
    expect_none("a readable code segment may go into DS");
    TRY("8: mov %[s], %%ds", [s] "r"(3));
    expect_none("a null selector with any RPL may go into DS");
    asm volatile("mov %%ds, %0" : "=r"(read));
    check("and reads back as it was", read, 3);
    asm volatile("mov %0, %%ds; mov %0, %%es" : : "r"(0x10));
    far_return(0x60);
    expect("a far return beyond the GDT gives #GP(selector)", GP, 0x60);
    far_return(0x10);
    expect("a far return to a data segment gives #GP(selector)", GP, 0x10);
    far_return(0x50);
    expect("a far return to code that is not present gives #NP(selector)", NP, 0x50);
    far_return(0);
    expect("a far return to a null selector gives #GP(0)", GP, 0);
    far_return(0x08);
    expect_none("a far return to the kernel's code goes on");
    TRY("8: ltr %%cx", "c"(0x40));
    expect("LTR of a busy TSS gives #GP(selector)", GP, 0x40);
    if (!on_xen) skip("LTR of a null selector gives #GP(0)", "TCG loads it");
    else {
        TRY("8: ltr %%cx", "c"(0));
        expect("LTR of a null selector gives #GP(0)", GP, 0);
    }
    TRY("8: ltr %%cx", "c"(0x10));
    expect("LTR of a data segment gives #GP(selector)", GP, 0x10);
    TRY("8: lldt %%cx", "c"(0x10));
    expect("LLDT of a data segment gives #GP(selector)", GP, 0x10);
    TRY("8: lldt %%cx", "c"(0));
    expect_none("LLDT of a null selector is allowed");
    TRY("8: mov %[s], %%fs", [s] "r"(0x0c));
    expect("a selector into a null LDT gives #GP(selector)", GP, 0x0c);
    TRY("mov %%rsp, %%rcx; pushq $0x10; push %%rcx; pushfq; pushq $0x60; lea 9f(%%rip), %%rax; push %%rax\n 8: iretq", NONE, "rcx");
    expect("IRET to a selector beyond the GDT gives #GP(selector)", GP, 0x60);
    TRY("pushfq; orq $0x4000, (%%rsp); popfq\n 8: iretq", NONE);
    expect("IRET with NT set gives #GP(0) in long mode", GP, 0);
    asm volatile("pushfq; andq $~0x4000, (%%rsp); popfq" : : : "cc", "memory");
}

/* ---- control registers and MSRs ---- */

#define MSR_EFER 0xc0000080
#define MSR_STAR 0xc0000081
#define MSR_LSTAR 0xc0000082
#define MSR_SFMASK 0xc0000084
#define MSR_FS_BASE 0xc0000100
#define MSR_PAT 0x277

/* TRY uses RAX itself, so operands in EAX are moved there in the text. */
#define wrmsr_try(msr, value)                                                                                       \
    TRY("mov %[low], %%eax\n 8: wrmsr", IN("c"(msr), "d"((u32)((u64)(value) >> 32)), [low] "S"((u32)(u64)(value))))

/* For writes that TCG lets through with ruin to follow. */
#define CHECKED_BY_CPU(name) if (!on_xen) skip(name, "TCG does not check it"); else

static void control_registers(void)
{
    u64 cr0 = READ_CR(0), cr4 = READ_CR(4);
    CHECKED_BY_CPU("CR0 with PG and without PE gives #GP(0)") {
        TRY("8: mov %[v], %%cr0", [v] "r"(cr0 & ~1ul));
        expect("CR0 with PG and without PE gives #GP(0)", GP, 0);
    }
    CHECKED_BY_CPU("CR0 with NW and without CD gives #GP(0)") {
        TRY("8: mov %[v], %%cr0", [v] "r"((cr0 | 1ul << 29) & ~(1ul << 30)));
        expect("CR0 with NW and without CD gives #GP(0)", GP, 0);
    }
    CHECKED_BY_CPU("CR0 with a high bit gives #GP(0)") {
        TRY("8: mov %[v], %%cr0", [v] "r"(cr0 | 1ul << 32));
        expect("CR0 with a high bit gives #GP(0)", GP, 0);
    }
    CHECKED_BY_CPU("leaving paging from 64-bit code gives #GP(0)") {
        TRY("8: mov %[v], %%cr0", [v] "r"(cr0 & ~(1ul << 31)));
        expect("leaving paging from 64-bit code gives #GP(0)", GP, 0);
    }
    CHECKED_BY_CPU("CR4 without PAE in long mode gives #GP(0)") {
        TRY("8: mov %[v], %%cr4", [v] "r"(cr4 & ~0x20ul));
        expect("CR4 without PAE in long mode gives #GP(0)", GP, 0);
    }
    CHECKED_BY_CPU("CR4 with a reserved bit gives #GP(0)") {
        TRY("8: mov %[v], %%cr4", [v] "r"(cr4 | 1ul << 31));
        expect("CR4 with a reserved bit gives #GP(0)", GP, 0);
    }
    CHECKED_BY_CPU("CR8 above 15 gives #GP(0)") {
        TRY("8: mov %[v], %%cr8", [v] "r"(16ul));
        expect("CR8 above 15 gives #GP(0)", GP, 0);
    }
    asm volatile("mov %0, %%cr8" : : "r"(5ul));
    check("CR8 keeps what is written", READ_CR(8), 5);
    asm volatile("mov %0, %%cr8" : : "r"(0ul));
    check("CR0 and CR4 are as before", READ_CR(0) == cr0 && READ_CR(4) == cr4, 1);

    CHECKED_BY_CPU("EFER with a reserved bit gives #GP(0)") {
        wrmsr_try(MSR_EFER, rdmsr(MSR_EFER) | 1ul << 20);
        expect("EFER with a reserved bit gives #GP(0)", GP, 0);
    }
    {
        u32 highest[4], features[4] = { 0 };
        u64 efer = rdmsr(MSR_EFER);
        cpuid(0x80000000, 0, highest);
        if (highest[0] >= 0x80000021) cpuid(0x80000021, 0, features);
        if (features[0] >> 8 & 1) {
            wrmsr_try(MSR_EFER, efer | 1ul << 21);
            expect_none("EFER.AIBRSE may be set where CPUID has it");
            check("EFER.AIBRSE is kept", rdmsr(MSR_EFER), efer | 1ul << 21);
            wrmsr_try(MSR_EFER, efer);
        } else skip("EFER.AIBRSE", "CPUID has none");
    }
    CHECKED_BY_CPU("EFER.LME cannot change under paging") {
        wrmsr_try(MSR_EFER, rdmsr(MSR_EFER) & ~0x100ul);
        expect("EFER.LME cannot change under paging", GP, 0);
    }
    CHECKED_BY_CPU("a non-canonical FS base gives #GP(0)") {
        wrmsr_try(MSR_FS_BASE, 1ul << 47);
        expect("a non-canonical FS base gives #GP(0)", GP, 0);
    }
    CHECKED_BY_CPU("a non-canonical LSTAR gives #GP(0)") {
        wrmsr_try(MSR_LSTAR, 1ul << 63);
        expect("a non-canonical LSTAR gives #GP(0)", GP, 0);
    }
    CHECKED_BY_CPU("an unknown memory type in PAT gives #GP(0)") {
        wrmsr_try(MSR_PAT, 0x0007040600070402ul);
        expect("an unknown memory type in PAT gives #GP(0)", GP, 0);
    }
    CHECKED_BY_CPU("RDMSR of an unknown number gives #GP(0)") {
        TRY("8: rdmsr", IN("c"(0xdeadbeef), "d"(0)));
        expect("RDMSR of an unknown number gives #GP(0)", GP, 0);
    }
    wrmsr(MSR_FS_BASE, 0x1234567890);
    check("FS base reads back", rdmsr(MSR_FS_BASE), 0x1234567890);
    wrmsr(MSR_FS_BASE, 0);
}

/* ---- paging ---- */

#define AT 0x80000ul /* a page of the first 2 MiB, which have a 4 KiB table */
#define AT_INDEX (AT >> 12)
#define RESERVED_BIT (1ul << 51) /* beyond the physical width */

static void map(u64 entry)
{
    page_level1[AT_INDEX] = entry;
    invlpg((void *)AT);
}

#define READ_AT(a) TRY("8: mov (%[at]), %%eax", [at] "r"((u64)(a)))
#define WRITE_AT(a) TRY("8: movl $0x55aa55aa, (%[at])", [at] "r"((u64)(a)))
/* A fetch faults at the target, with the return address pushed. */
#define FETCH_AT(a) TRY("movq %[at], try_rip\n 8: call *%[at]", [at] "r"((u64)(a)))

static void paging(void)
{
    u64 frame = (u64)zero_page();
    u64 next = (u64)zero_page();
    u64 entry_2m = page_level2[400];
    u8 *page = (u8 *)frame;
    page[0x123] = 0xc3; /* RET */

    map(0);
    READ_AT(AT + 0x123);
    expect_pf("a read where nothing is mapped: #PF error 0, CR2 exact", 0, AT + 0x123);
    WRITE_AT(AT + 0x124);
    expect_pf("a write where nothing is mapped: error W", 2, AT + 0x124);
    FETCH_AT(AT + 0x123);
    expect_pf("a fetch where nothing is mapped: error I", 0x10, AT + 0x123);
    TRY("8: lock cmpxchg %%ecx, (%[at])", IN([at] "r"(AT), "c"(0)));
    expect_pf("a locked compare counts as a write", 2, AT);
    TRY("8: ud2", NONE);
    check("CR2 keeps its value over other faults", fault.cr2, AT);

    map(frame | PAGE_PRESENT);
    READ_AT(AT + 8);
    expect_none("a read-only page can be read");
    check("reading sets A only", page_level1[AT_INDEX] & 0x60, PAGE_ACCESSED);
    WRITE_AT(AT + 8);
    expect_pf("a write to a read-only page: error P W", 3, AT + 8);
    check("a refused write sets no D", page_level1[AT_INDEX] & 0x60, PAGE_ACCESSED);
    WRITE_CR(0, READ_CR(0) & ~0x10000ul);
    WRITE_AT(AT + 8);
    expect_none("without CR0.WP the kernel writes to read-only pages");
    WRITE_CR(0, READ_CR(0) | 0x10000ul);
    FETCH_AT(AT + 0x123);
    expect_none("a page without NX can be executed");

    map(frame | PAGE_PRESENT | PAGE_WRITE);
    page_level2[0] &= ~PAGE_ACCESSED;
    WRITE_CR(3, READ_CR(3));
    READ_AT(AT);
    check("a read sets A in the page and the table above", (page_level1[AT_INDEX] & page_level2[0]) & 0x60, PAGE_ACCESSED);
    check("and no D", page_level1[AT_INDEX] & PAGE_DIRTY, 0);
    WRITE_AT(AT);
    check("a write sets D", page_level1[AT_INDEX] & 0x60, PAGE_ACCESSED | PAGE_DIRTY);
    check("and writes", *(u32 *)frame, 0x55aa55aa);

    map(frame | PAGE_PRESENT | PAGE_NX);
    READ_AT(AT);
    expect_none("an NX page can be read");
    FETCH_AT(AT + 0x123);
    expect_pf("a fetch from an NX page: error P I", 0x11, AT + 0x123);

    map(frame | PAGE_PRESENT | PAGE_WRITE | RESERVED_BIT);
    READ_AT(AT + 5);
    expect_pf("a reserved bit in a page: error P RSV", 9, AT + 5);
    WRITE_AT(AT + 5);
    expect_pf("a write there: error P W RSV", 0xb, AT + 5);
    page_level2[400] = (400ul << 21) | 0x83 | 1ul << 13;
    invlpg((void *)(400ul << 21));
    READ_AT(400ul << 21);
    expect_pf("a reserved bit in a 2 MiB page: error P RSV", 9, 400ul << 21);
    page_level2[400] = entry_2m;
    invlpg((void *)(400ul << 21));
    page_level4[1] = (u64)page_level3 | 7 | PAGE_LARGE;
    READ_AT(1ul << 39);
    expect_pf("a large bit in level 4: error P RSV", 9, 1ul << 39);
    page_level4[1] = 0;
    READ_AT(1ul << 39);
    expect_pf("nothing in level 4: error 0", 0, 1ul << 39);

    /* Across a page boundary. */
    map(frame | PAGE_PRESENT | PAGE_WRITE);
    page_level1[AT_INDEX + 1] = 0;
    invlpg((void *)(AT + 4096));
    *(u32 *)(frame + 4092) = 0x11223344;
    TRY("8: mov (%[at]), %%rax", [at] "r"(AT + 4092));
    expect_pf("a read into a missing page faults at that page", 0, AT + 4096);
    TRY("8: movq $-1, (%[at])", [at] "r"(AT + 4092));
    expect_pf("a write into a missing page faults at that page", 2, AT + 4096);
    check("and has written nothing", *(u32 *)(frame + 4092), 0x11223344);
    TRY("mov %[at], %%rdi; mov $100, %%ecx\n 8: rep stosb", [at] "r"(AT + 4096 - 10), "rdi", "rcx");
    expect_pf("REP STOSB faults at the first byte it cannot write", 2, AT + 4096);
    check("with RCX what is left", fault.rcx, 90);
    check("and RDI where it stands", fault.rdi, AT + 4096);
    TRY("mov %[at], %%rdi; mov $5, %%ecx\n 8: rep stosq", [at] "r"(AT + 4096 - 20), "rdi", "rcx");
    expect_pf("REP STOSQ faults within an element", 2, AT + 4096);
    check("with RCX counting whole elements", fault.rcx, 3);
    page_level1[AT_INDEX + 1] = next | PAGE_PRESENT | PAGE_WRITE;
    invlpg((void *)(AT + 4096));
    TRY("8: movq %[v], (%[at])", IN([at] "r"(AT + 4093), [v] "r"(0x8877665544332211ul)));
    expect_none("a write across two pages succeeds");
    check("with its first part here", page[4095], 0x33);
    check("and its second part there", *(u32 *)next, 0x77665544);

    /* The stack. */
    map(0);
    set_gate(PF, GATE_INTERRUPT, 2);
    TRY("mov %[at], %%rsp\n 8: push %%rax", [at] "r"(AT + 4096));
    expect_pf("PUSH onto a missing page: error W, CR2 below the stack pointer", 2, AT + 4088);
    check("RSP is what it was before PUSH", fault.rsp, AT + 4096);
    set_gate(PF, GATE_INTERRUPT, 0);
    set_gate(DF, GATE_INTERRUPT, 3);
    TRY("mov %[at], %%rsp\n 8: push %%rax", [at] "r"(AT + 4096));
    expect("a page fault that cannot be delivered gives #DF(0)", DF, 0);
    set_gate(DF, GATE_INTERRUPT, 0);
    page_level1[AT_INDEX] = AT | 3;
    page_level1[AT_INDEX + 1] = (AT + 4096) | 3;
    WRITE_CR(3, READ_CR(3));
}

/* ---- interrupt table ---- */

static void interrupt_table(void)
{
    struct { u16 limit; u64 base; } __attribute__((packed)) table = { 0x4ff, (u64)idt };
    idt[0x50].type = 0x0e;
    TRY("8: int $0x50", NONE);
    expect("a gate that is not present gives #NP(vector)", NP, 0x50 * 8 + 2);
    idt[0x50].type = 0x80;
    TRY("8: int $0x50", NONE);
    expect("a gate of no known type gives #GP(vector)", GP, 0x50 * 8 + 2);
    set_gate(0x50, GATE_INTERRUPT, 0);
    idt[0x50].selector = 0x10;
    TRY("8: int $0x50", NONE);
    expect("a gate to a data segment gives #GP(selector)", GP, 0x10);
    idt[0x50].selector = 0x50;
    TRY("8: int $0x50", NONE);
    expect("a gate to code that is not present gives #NP(selector)", NP, 0x50);
    idt[0x50].selector = 0;
    TRY("8: int $0x50", NONE);
    expect("a gate to a null selector gives #GP(0)", GP, 0);
    set_gate(0x50, GATE_INTERRUPT, 0);
    asm volatile("lidt %0" : : "m"(table));
    TRY("8: int $0x60", NONE);
    expect("a vector beyond the table gives #GP(vector)", GP, 0x60 * 8 + 2);
    table.limit = 0xfff;
    asm volatile("lidt %0" : : "m"(table));

    set_gate(0x51, GATE_INTERRUPT, 4);
    TRY("8: int $0x51", NONE);
    check("an IST gate takes its stack", fault.frame + sizeof(struct frame), tss.ist[4]);
    check("and saves the old one", fault.rsp, recover_rsp);
    TRY("sub $5, %%rsp\n 8: int $0x50", NONE);
    check("the stack is aligned to 16 before the frame is pushed", (fault.frame + sizeof(struct frame)) & 15, 0);
    check("and the old stack pointer is saved unaligned", fault.rsp, recover_rsp - 5);
    set_gate(0x51, GATE_TRAP, 0);
    TRY("sti\n 8: int $0x51\n cli", NONE);
    check("a trap gate leaves IF alone", fault.inner_rflags & 0x200, 0x200);
    set_gate(0x51, GATE_INTERRUPT, 0);
    TRY("sti\n 8: int $0x51\n cli", NONE);
    check("an interrupt gate clears IF", fault.inner_rflags & 0x200, 0);
    check("and the saved flags still have it", fault.rflags & 0x200, 0x200);
    asm volatile("cli");
}

/* ---- debugging ---- */

static u64 dr6(void) { u64 v; asm volatile("mov %%dr6, %0" : "=r"(v)); return v; }
static void clear_dr6(void) { asm volatile("mov %0, %%dr6" : : "r"(0xffff0ff0ul)); }
static u64 watched __attribute__((used));

static void debugging(void)
{
    clear_dr6();
    TRY("pushfq; orq $0x100, (%%rsp); popfq\n nop\n 8: nop\n nop", NONE);
    expect("TF traps after the next instruction", DB, 0);
    check("DR6 says single step", dr6() & 0x600f, 0x4000);
    check("the saved flags have TF", fault.rflags & 0x100, 0x100);
    check("the handler runs without it", fault.inner_rflags & 0x100, 0);
    clear_dr6();
    TRY("mov %%ss, %%ecx; pushfq; orq $0x100, (%%rsp); popfq\n mov %%ecx, %%ss\n nop\n 8: nop", NONE, "rcx");
    expect("MOV SS holds the single-step trap back for one instruction", DB, 0);
    clear_dr6();
    TRY("8: .byte 0xf1", NONE);
    expect_at("ICEBP gives #DB after itself", DB, 0, try_rip + 1);
    clear_dr6();
    TRY("lea 8f(%%rip), %%rax; mov %%rax, %%dr0; mov $0x401, %%eax; mov %%rax, %%dr7\n nop\n 8: nop\n nop", NONE);
    asm volatile("mov %0, %%dr7" : : "r"(0x400ul));
    expect("an instruction breakpoint faults before the instruction", DB, 0);
    check("DR6 says breakpoint 0", dr6() & 0x600f, 1);
    clear_dr6();
    TRY("mov %[w], %%rax; mov %%rax, %%dr1; mov $0xd00404, %%eax; mov %%rax, %%dr7\n movl $1, watched\n 8: nop", [w] "r"(&watched));
    asm volatile("mov %0, %%dr7" : : "r"(0x400ul));
    expect("a write breakpoint traps after the instruction", DB, 0);
    check("DR6 says breakpoint 1", dr6() & 0x600f, 2);
    check("and the write has happened", watched, 1);
    clear_dr6();
    TRY("mov $0x2400, %%eax; mov %%rax, %%dr7\n 8: mov %%dr0, %%rax", NONE);
    asm volatile("mov %0, %%dr7" : : "r"(0x400ul));
    expect("DR7.GD guards the debug registers", DB, 0);
    check("DR6 says BD", dr6() & 0x2000, 0x2000);
    clear_dr6();
}

/* ---- user mode ---- */

#define IOPL3 0x3000
static u64 __attribute__((used)) syscall_rcx, syscall_r11, syscall_flags, syscall_cs, syscall_ss;

/* The system call: notes what it came with, goes back. */
asm(".text; syscall_entry: mov %rcx, syscall_rcx; mov %r11, syscall_r11; pushfq; pop %rax; mov %rax, syscall_flags;"
    "mov %cs, %eax; mov %rax, syscall_cs; mov %ss, %eax; mov %rax, syscall_ss; sysretq");
extern u8 syscall_entry[];

static void user_mode(void)
{
    u64 frame = (u64)zero_page();
    user_access();

    TRY_USER("8: nop", 2, NONE);
    expect_at("user mode comes and goes", USER_DONE, 0, try_rip + 3);
    check("with the selectors of user mode", fault.cs, 0x2b);
    check("and the stack of the TSS", fault.frame + sizeof(struct frame), tss.rsp[0]);
    check("and the user's stack saved", fault.rsp, (u64)user_stack_top);
    TRY_USER("8: cli", 2, NONE);
    expect("CLI without IOPL gives #GP(0)", GP, 0);
    TRY_USER("8: cli", 2 | IOPL3, NONE);
    expect_none("CLI with IOPL 3 is allowed");
    TRY_USER("8: hlt", 2 | IOPL3, NONE);
    expect("HLT gives #GP(0)", GP, 0);
    TRY_USER("8: mov %%cr0, %%rax", 2, NONE);
    expect("MOV from CR0 gives #GP(0)", GP, 0);
    TRY_USER("8: mov %%dr7, %%rax", 2, NONE);
    expect("MOV from DR7 gives #GP(0)", GP, 0);
    TRY_USER("8: rdmsr", 2, IN("c"(MSR_EFER), "d"(0)));
    expect("RDMSR gives #GP(0)", GP, 0);
    TRY_USER("8: lgdt gdt_pointer", 2, NONE);
    expect("LGDT gives #GP(0)", GP, 0);
    TRY_USER("8: invlpg (%%rsp)", 2, NONE);
    expect("INVLPG gives #GP(0)", GP, 0);
    TRY_USER("8: in $0x80, %%al", 2, NONE);
    expect("IN without IOPL and I/O map gives #GP(0)", GP, 0);
    TRY_USER("8: in $0x80, %%al", 2 | IOPL3, NONE);
    expect_none("IN with IOPL 3 is allowed");
    TRY_USER("8: int $0x42", 2, NONE);
    expect("INT through a kernel's gate gives #GP(vector)", GP, 0x42 * 8 + 2);
    TRY_USER("8: int3", 2, NONE);
    expect("INT3 through a kernel's gate gives #GP(vector)", GP, 3 * 8 + 2);
    TRY_USER("8: rdtsc", 2, NONE, "rdx");
    expect_none("RDTSC is allowed");
    WRITE_CR(4, READ_CR(4) | 4);
    TRY_USER("8: rdtsc", 2, NONE, "rdx");
    expect("RDTSC under CR4.TSD gives #GP(0)", GP, 0);
    WRITE_CR(4, READ_CR(4) & ~4ul);
    TRY_USER("pushq $0x3202; popfq; pushfq; pop %%rcx\n 8: int $0x42", 2, NONE, "rcx");
    check("POPF in user mode leaves IF and IOPL alone", fault.rcx & 0x3200, 0);
    TRY_USER("8: mov %[s], %%ds", 2, [s] "r"(0x10));
    expect("a kernel's data segment gives #GP(selector)", GP, 0x10);
    TRY_USER("8: sti", 2, NONE);
    expect("STI without IOPL gives #GP(0)", GP, 0);
    TRY_USER("8: sysretq", 2, IN("c"(0), "d"(0)));
    expect("SYSRET gives #GP(0)", GP, 0);
    TRY_USER("8: swapgs", 2, NONE);
    expect("SWAPGS gives #GP(0)", GP, 0);
    TRY_USER("pushq $0x08; lea 7b(%%rip), %%rax; push %%rax\n 8: lretq", 2, NONE);
    expect("a far return to the kernel gives #GP(selector)", GP, 0x08);

    page_level2[0] |= PAGE_USER;
    map(frame | PAGE_PRESENT | PAGE_WRITE);
    TRY_USER("8: mov (%[at]), %%eax", 2, [at] "r"(AT));
    expect_pf("a read of the kernel's page: error P U", 5, AT);
    TRY_USER("8: movl $1, (%[at])", 2, [at] "r"(AT));
    expect_pf("a write to the kernel's page: error P W U", 7, AT);
    TRY_USER("movq %[at], try_rip\n 8: jmp *%[at]", 2, [at] "r"(AT));
    expect_pf("a fetch from the kernel's page: error P U I", 0x15, AT);
    map(frame | PAGE_PRESENT | PAGE_USER);
    TRY_USER("8: mov (%[at]), %%eax", 2, [at] "r"(AT));
    expect_none("a user's page can be read");
    TRY_USER("8: movl $1, (%[at])", 2, [at] "r"(AT));
    expect_pf("a write to a read-only page: error P W U", 7, AT);
    WRITE_CR(0, READ_CR(0) & ~0x10000ul);
    TRY_USER("8: movl $1, (%[at])", 2, [at] "r"(AT));
    expect_pf("also without CR0.WP", 7, AT);
    WRITE_CR(0, READ_CR(0) | 0x10000ul);
    map(0);
    TRY_USER("8: mov (%[at]), %%eax", 2, [at] "r"(AT + 1));
    expect_pf("a read where nothing is mapped: error U", 4, AT + 1);
    TRY_USER("8: movl $1, (%[at])", 2, [at] "r"(AT + 2));
    expect_pf("a write where nothing is mapped: error W U", 6, AT + 2);
    map(frame | PAGE_PRESENT | PAGE_USER | PAGE_NX);
    TRY_USER("movq %[at], try_rip\n 8: jmp *%[at]", 2, [at] "r"(AT));
    expect_pf("a fetch from an NX page: error P U I", 0x15, AT);
    page_level1[AT_INDEX] = AT | 3;
    invlpg((void *)AT);

    wrmsr(MSR_STAR, 0x0018000800000000ul);
    wrmsr(MSR_LSTAR, (u64)syscall_entry);
    wrmsr(MSR_SFMASK, 0x3200);
    TRY_USER("syscall\n 8: mov %%ss, %%ecx\n int $0x42", 2 | IOPL3 | 1, NONE, "rcx", "r11");
    check("SYSCALL saves the next RIP in RCX", syscall_rcx, try_rip);
    check("and the flags in R11", syscall_r11 & 0x3201, 0x3001);
    check("and clears what SFMASK says", syscall_flags & 0x3201, 1);
    check("and loads CS from STAR", syscall_cs, 0x08);
    check("and SS after it", syscall_ss, 0x10);
    check("SYSRET comes back to user code", fault.cs, 0x2b);
    check("with the user's stack segment", fault.rcx & 0xffff, 0x23);
    check("and the flags from R11", fault.rflags & 0x3001, 0x3001);
    wrmsr(MSR_EFER, rdmsr(MSR_EFER) & ~1ul);
    TRY_USER("8: syscall", 2, NONE, "rcx", "r11");
    expect("SYSCALL without EFER.SCE gives #UD", UD, 0);
    wrmsr(MSR_EFER, rdmsr(MSR_EFER) | 1);

    WRITE_CR(0, READ_CR(0) | 1 << 18);
    TRY_USER("sub $64, %%rsp\n 8: mov 1(%%rsp), %%eax", 2 | 1 << 18, NONE);
    expect("an unaligned read under AM and AC gives #AC(0)", AC, 0);
    WRITE_CR(0, READ_CR(0) & ~(1ul << 18));
}

/* ---- floating point ---- */

static u64 aligned[4] __attribute__((aligned(16)));
static u8 fx[512] __attribute__((aligned(16)));

static void floating_point(void)
{
    u64 cr0 = READ_CR(0), cr4 = READ_CR(4);
    u16 unmasked = 0x37b;
    u32 mxcsr = 0x1f80 & ~0x200u, plain = 0x1f80;
    WRITE_CR(0, cr0 | 8);
    TRY("8: fld1", NONE);
    expect("x87 under CR0.TS gives #NM", NM, 0);
    TRY("8: fwait", NONE);
    expect("FWAIT under CR0.TS and MP gives #NM", NM, 0);
    TRY("8: xorps %%xmm0, %%xmm0", NONE);
    expect("SSE under CR0.TS gives #NM", NM, 0);
    WRITE_CR(0, cr0 | 4);
    TRY("8: fld1", NONE);
    expect("x87 under CR0.EM gives #NM", NM, 0);
    TRY("8: xorps %%xmm0, %%xmm0", NONE);
    expect("SSE under CR0.EM gives #UD", UD, 0);
    TRY("8: emms", NONE);
    expect("MMX under CR0.EM gives #UD", UD, 0);
    WRITE_CR(0, cr0);
    WRITE_CR(4, cr4 & ~0x200ul);
    TRY("8: xorps %%xmm0, %%xmm0", NONE);
    expect("SSE without CR4.OSFXSR gives #UD", UD, 0);
    WRITE_CR(4, cr4);
    TRY("fninit; fldcw %[cw]; fld1; fldz; fdivrp\n 8: fwait", [cw] "m"(unmasked));
    expect("an unmasked x87 division by zero gives #MF at the next x87 instruction", MF, 0);
    asm volatile("fninit");
    TRY("ldmxcsr %[m]; xorps %%xmm0, %%xmm0; mov $0x3f800000, %%eax; movd %%eax, %%xmm1\n 8: divss %%xmm0, %%xmm1", [m] "m"(mxcsr));
    expect("an unmasked SSE division by zero gives #XM", XM, 0);
    WRITE_CR(4, cr4 & ~0x400ul);
    TRY("ldmxcsr %[m]; xorps %%xmm0, %%xmm0; mov $0x3f800000, %%eax; movd %%eax, %%xmm1\n 8: divss %%xmm0, %%xmm1", [m] "m"(mxcsr));
    expect("and #UD without CR4.OSXMMEXCPT", UD, 0);
    WRITE_CR(4, cr4);
    asm volatile("ldmxcsr %0" : : "m"(plain));
    TRY("8: movaps 8(%[at]), %%xmm0", [at] "r"(aligned));
    expect("MOVAPS from an unaligned address gives #GP(0)", GP, 0);
    TRY("8: movups 8(%[at]), %%xmm0", [at] "r"(aligned));
    expect_none("MOVUPS may be unaligned");
    TRY("8: fxsave 8(%[at])", [at] "r"(fx));
    expect("FXSAVE to an unaligned address gives #GP(0)", GP, 0);
    mxcsr = 0x10000;
    TRY("8: ldmxcsr %[m]", [m] "m"(mxcsr));
    expect("LDMXCSR with a reserved bit gives #GP(0)", GP, 0);
    asm volatile("ldmxcsr %0" : : "m"(plain));
}

/* ---- compatibility mode ---- */

static void set_descriptor(u32 base, u32 limit, u32 type, u32 flags)
{
    gdt[11] = (limit & 0xffff) | (u64)(base & 0xffffff) << 16 | (u64)type << 40 | (u64)(limit >> 16 & 15) << 48 |
              (u64)flags << 52 | (u64)(base >> 24) << 56;
}

static u32 bounds[2] __attribute__((used)) = { 3, 7 };

static void compatibility_mode(void)
{
    static u8 area[8192] __attribute__((aligned(4096)));
    TRY32("8: nop", NONE);
    expect_none("compatibility mode comes and goes");
    TRY32("8: int $0x42", NONE);
    check("its code segment is saved", fault.cs, 0x30);
    TRY32("mov $0x7fffffff, %%eax; add $1, %%eax\n 8: into", NONE);
    expect_at("INTO after an overflow gives #OF after itself", OF, 0, try_rip + 1);
    TRY32("xor %%eax, %%eax\n 8: into", NONE);
    expect_none("INTO without overflow does nothing");
    TRY32("mov $8, %%eax\n 8: bound %%eax, bounds", NONE);
    expect("BOUND beyond its limits gives #BR", BR, 0);
    TRY32("mov $7, %%eax\n 8: bound %%eax, bounds", NONE);
    expect_none("BOUND within its limits does nothing");
    TRY32("mov $7, %%eax\n 8: aam $0", NONE);
    expect("AAM by zero gives #DE", DE, 0);
    set_descriptor((u32)(u64)area, 0xfff, 0x93, 4); /* data, writable, byte granular */
    TRY32("mov $0x58, %%eax; mov %%eax, %%fs\n 8: mov %%fs:0xffc, %%eax", NONE);
    expect_none("the last dword within the limit can be read");
    TRY32("mov $0x58, %%eax; mov %%eax, %%fs\n 8: mov %%fs:0xffd, %%eax", NONE);
    expect("a dword across the limit gives #GP(0)", GP, 0);
    TRY32("mov $0x58, %%eax; mov %%eax, %%ss\n mov $0x1004, %%ecx\n 8: mov %%ss:(%%ecx), %%eax", NONE, "rcx");
    expect("beyond the limit of SS gives #SS(0)", SS, 0);
    asm volatile("mov %0, %%ss" : : "r"(0x10));
    area[0xfff] = area[0x1000] = 0;
    TRY32("mov $0x58, %%eax; mov %%eax, %%es; mov $0xff8, %%edi; mov $12, %%ecx\n 8: rep stosb", NONE, "rcx", "rdi");
    expect("REP STOS across the limit of ES gives #GP(0)", GP, 0);
    check("after the elements before it", area[0xfff], 0x58);
    check("and none beyond", area[0x1000], 0);
    TRY32("mov $0x58, %%eax; mov %%eax, %%fs; mov $0xffd, %%esi\n 8: lodsl %%fs:(%%esi)", NONE, "rsi");
    expect("LODS across the limit gives #GP(0)", GP, 0);
    TRY32("mov $0x58, %%eax; mov %%eax, %%fs; mov $0x1000, %%ebx\n xor %%eax, %%eax\n 8: xlat %%fs:(%%ebx)", NONE, "rbx");
    expect("XLAT beyond the limit gives #GP(0)", GP, 0);
    set_descriptor((u32)(u64)area, 0xfff, 0x97, 4); /* expand-down, 32-bit */
    TRY32("mov $0x58, %%eax; mov %%eax, %%fs\n 8: mov %%fs:0xffc, %%eax", NONE);
    expect("expand-down: what is within the limit is outside", GP, 0);
    TRY32("mov $0x58, %%eax; mov %%eax, %%fs\n 8: mov %%fs:0x1000, %%eax", NONE);
    expect_none("expand-down: what is beyond the limit is inside");
    set_descriptor((u32)(u64)area, 0xfff, 0x91, 4); /* read-only */
    TRY32("mov $0x58, %%eax; mov %%eax, %%fs\n 8: movl $1, %%fs:0", NONE);
    expect("a write to a read-only segment gives #GP(0)", GP, 0);
    TRY32("mov $0x58, %%eax; mov %%eax, %%es; xor %%edi, %%edi\n 8: stosl", NONE, "rdi");
    expect("STOS to a read-only segment gives #GP(0)", GP, 0);
    TRY32("xor %%eax, %%eax; mov %%eax, %%fs\n 8: mov %%fs:0, %%eax", NONE);
    expect("use of a null segment gives #GP(0)", GP, 0);
    set_descriptor((u32)(u64)area, 0xfff, 0x99, 4); /* execute-only */
    TRY32("mov $0x58, %%eax\n 8: mov %%eax, %%fs", NONE);
    expect("execute-only code in FS gives #GP(selector)", GP, 0x58);
    TRY32("8: movl $1, %%cs:bounds", NONE);
    expect("a write through CS gives #GP(0)", GP, 0);
    gdt[11] = 0x00cf9b000000ffff;
    asm volatile("mov %0, %%fs" : : "r"(0));
}

void guest_main(void)
{
    arithmetic();
    segments();
    control_registers();
    paging();
    interrupt_table();
    debugging();
    user_mode();
    floating_point();
    compatibility_mode();
}
