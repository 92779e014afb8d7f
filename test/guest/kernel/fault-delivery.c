/*
 * How exceptions reach software: page faults with their error codes and CR2, gates and vectors, debugging, the ways between user
 * mode and the kernel. What instructions fault for by themselves is in faults.c, which says where the expected values are from.
 */
#include "../lib/expect.h"

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

void guest_main(void)
{
    paging();
    interrupt_table();
    debugging();
    user_mode();
}
