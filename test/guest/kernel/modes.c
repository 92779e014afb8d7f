/*
 * The modes below 64 bits as software sees them: protected mode without paging, two-level and PAE paging, compatibility mode; accessed
 * and dirty bits, rights and reserved bits there, and the ways between the modes. paging.c has four levels.
 * The tables of long mode (lib/start.S) serve PAE too; the legacy modes run in the lower 4 GiB, mapped one to one.
 */
#include "../lib/expect.h"

/* ---- where things are ---- */

#define AT 0x80000ul /* a page of the first 2 MiB, which have 4 KiB tables in every mode */
#define AT_INDEX (AT >> 12)
#define BIG_AT 0x10000000ul /* a big page of its own: entry 64 of 4 MiB, entry 128 of 2 MiB */
#define AD (PAGE_ACCESSED | PAGE_DIRTY)
#define PSE_RESERVED (1u << 21)

static u32 directory[1024] __attribute__((aligned(4096)));
static u32 table[1024] __attribute__((aligned(4096)));
static u64 pointers[4] __attribute__((aligned(4096)));
static u8 *frame; /* a page to map */
static u8 *big, *big_other; /* two pieces of 4 MiB */

static void map(u64 entry)
{
    page_level1[AT_INDEX] = entry;
    invlpg((void *)AT);
}

/* ---- 32-bit protected mode ---- */

static u32 legacy_cr0 __attribute__((used)), legacy_cr3 __attribute__((used)), legacy_cr4 __attribute__((used));
static u32 legacy_efer __attribute__((used));
static u64 saved_cr0 __attribute__((used)), saved_cr3 __attribute__((used)), saved_cr4 __attribute__((used));
static u64 saved_rsp __attribute__((used)), saved_efer __attribute__((used));
static u32 legacy_entry __attribute__((used));
static u8 legacy_stack[4096] __attribute__((aligned(16), used));
static u64 legacy_idt[256];
static struct { u16 limit; u32 base; u32 zero; } __attribute__((packed)) legacy_idt_pointer __attribute__((used)) =
    { sizeof(legacy_idt) - 1, 0, 0 };
static struct { u16 limit; u64 base; } __attribute__((packed)) long_idt_pointer __attribute__((used));

/*
 * Leaves long mode, runs the 32-bit code at legacy_entry with the control registers wanted and comes back when it returns
 * or faults. EBX, ESI and EDI are handed over.
 */
asm(".text\n"
    "enter_legacy:\n"
    " push %rbx; push %rbp; push %r12; push %r13; push %r14; push %r15\n"
    " mov %rsp, saved_rsp\n"
    " pushq $0x30; pushq $1f; lretq\n"
    ".code32\n"
    "1: mov $legacy_stack + 4096, %esp\n"
    " mov %cr0, %eax; and $0x7fffffff, %eax; mov %eax, %cr0\n"
    " mov $0xc0000080, %ecx; rdmsr; mov legacy_efer, %eax; wrmsr\n"
    " mov legacy_cr4, %eax; mov %eax, %cr4\n"
    " mov legacy_cr3, %eax; mov %eax, %cr3\n"
    " lidt legacy_idt_pointer\n"
    " mov legacy_cr0, %eax; mov %eax, %cr0\n"
    " jmp 2f\n"
    "2: mov $0x10, %eax; mov %eax, %ds; mov %eax, %es; mov %eax, %ss\n"
    " call *legacy_entry\n"
    "leave_legacy:\n"
    " mov %cr0, %eax; and $0x7fffffff, %eax; mov %eax, %cr0\n"
    " mov saved_cr4, %eax; mov %eax, %cr4\n"
    " mov saved_cr3, %eax; mov %eax, %cr3\n"
    " mov $0xc0000080, %ecx; rdmsr; mov saved_efer, %eax; wrmsr\n"
    " mov saved_cr0, %eax; mov %eax, %cr0\n"
    " ljmp $0x08, $3f\n"
    ".code64\n"
    "3: lidt long_idt_pointer\n"
    " mov saved_rsp, %rsp\n"
    " mov $0x10, %eax; mov %eax, %ds; mov %eax, %es; mov %eax, %ss\n"
    " pop %r15; pop %r14; pop %r13; pop %r12; pop %rbp; pop %rbx\n"
    " ret\n"
    ".code32\n"
    ".align 16\n"
    "legacy_stubs:\n"
    ".set number, 0\n"
    ".rept 256\n"
    ".align 16\n"
    ".if !((number == 8) || (number >= 10 && number <= 14) || (number == 17))\n push $0\n .endif\n"
    " push $number\n"
    " jmp legacy_trap\n"
    ".set number, number + 1\n"
    ".endr\n"
    "legacy_trap:\n" /* vector, error, EIP, CS, EFLAGS, from user mode ESP and SS */
    " mov $0x10, %eax; mov %eax, %ds; mov %eax, %es\n"
    " pop %eax; mov %eax, fault\n"
    " pop %eax; mov %eax, fault + 8\n"
    " pop %eax; mov %eax, fault + 16\n"
    " pop %eax; mov %eax, fault + 32\n"
    " pop %eax; mov %eax, fault + 48\n"
    " mov %cr2, %eax; mov %eax, fault + 24\n"
    " mov %esp, fault + 40\n"
    " jmp leave_legacy\n"
    ".code64\n");
extern u8 legacy_stubs[];

static void legacy_mode(u32 cr0, u32 cr3, u32 cr4, u32 efer)
{
    legacy_cr0 = cr0;
    legacy_cr3 = cr3;
    legacy_cr4 = cr4;
    legacy_efer = efer;
}

static void legacy_prepare(void)
{
    fault = (struct fault){ .vector = NO_FAULT };
    saved_cr0 = READ_CR(0);
    saved_cr3 = READ_CR(3);
    saved_cr4 = READ_CR(4);
    saved_efer = rdmsr(0xc0000080) & 0x901;
}

/* As TRY, in the legacy mode set up; RBX, RSI, RDI as inputs, which come back in `fault` only when it traps. */
#define TRY_LEGACY(text, inputs)                                                                                    \
    do {                                                                                                            \
        u64 b_ = 0, s_ = 0, d_ = 0;                                                                                 \
        legacy_prepare();                                                                                           \
        asm volatile("movl $7f, legacy_entry\n movq $8f, try_rip\n call enter_legacy\n jmp 6f\n"                    \
                     ".code32\n7: " text "\n ret\n .code64\n6:"                                                     \
                     : "+b"(b_), "+S"(s_), "+D"(d_) : inputs                                                        \
                     : "rax", "rcx", "rdx", "r8", "r9", "r10", "r11", "memory", "cc");                              \
    } while (0)
/* The same at CPL 3: ends by INT 0x81. */
#define TRY_LEGACY_USER(text, inputs)                                                                               \
    TRY_LEGACY("pushl $0x23; pushl $user_stack_top; pushl $2; pushl $0x1b; pushl $5f; iret\n"                       \
               "5: mov $0x23, %%ecx; mov %%ecx, %%ds\n " text "\n int $0x81", IN(inputs))

static u32 seen[8] __attribute__((used));
#define CR0_PROTECTED 0x33u
#define CR0_PAGING 0x80010033u
#define CR0_WP 0x10000u
#define CR4_PSE 0x10u
#define CR4_PAE 0x20u
#define CR4_PGE 0x80u
#define CR4_SSE 0x600u

static void paging_off(void)
{
    legacy_mode(CR0_PROTECTED, 0, CR4_SSE, 0);
    *(u32 *)frame = 0x12345678;
    seen[0] = seen[1] = 0;
    TRY_LEGACY("mov %[at], %%ecx\n mov (%%ecx), %%eax\n mov %%eax, seen\n 8: mov %%cr0, %%eax\n mov %%eax, seen + 4", [at] "i"(0x400000));
    expect_none("paging off: 32-bit code runs");
    check("paging off: addresses are physical", seen[0], *(u32 *)0x400000);
    check("paging off: CR0 says so", seen[1], CR0_PROTECTED);
    map(0);
    *(u32 *)frame = 0;
    TRY_LEGACY("8: movl $7, %c[at]", [at] "i"(AT));
    expect_none("paging off: tables do not matter");
    map((u64)AT | 3);
    check("paging off: and the write went there", *(u32 *)AT, 7);
    TRY_LEGACY("8: ud2", NONE);
    expect("paging off: #UD through a 32-bit gate", UD, 0);
    check("paging off: CS is saved", fault.cs, 0x30);
    TRY_LEGACY("mov $0x60, %%eax\n 8: mov %%eax, %%fs", NONE);
    expect("paging off: #GP(selector)", GP, 0x60);
    TRY_LEGACY("mov $0xc0000080, %%ecx\n rdmsr\n mov %%eax, seen\n 8: nop", NONE);
    check("paging off: EFER.LMA is clear", seen[0] & 0x500, 0);
    TRY_LEGACY_USER("8: nop", NONE);
    check("paging off: IRET to CPL 3 and INT back", fault.vector == USER_DONE && fault.cs == 0x1b, 1);
    TRY_LEGACY_USER("8: cli", NONE);
    expect("paging off: CLI at CPL 3 gives #GP(0)", GP, 0);
}

static void two_levels(void)
{
    u32 frame32 = (u32)(u64)frame;
    for (u32 n = 0; n < 1024; n++) {
        table[n] = n << 12 | 7;
        directory[n] = n << 22 | 0x87;
    }
    directory[0] = (u32)(u64)table | 7;
    legacy_mode(CR0_PAGING, (u32)(u64)directory, CR4_SSE | CR4_PSE, 0);

    *(u32 *)frame = 0xcafe0001;
    seen[0] = 0;
    table[AT_INDEX] = frame32 | 3;
    TRY_LEGACY("8: mov %c[at], %%eax\n mov %%eax, seen", [at] "i"(AT));
    expect_none("two levels: a 4 KiB page is read");
    check("two levels: the right one", seen[0], 0xcafe0001);
    check("two levels: A is set in both tables", table[AT_INDEX] & directory[0] & 0x60, 0x20);
    check("two levels: and no D", (table[AT_INDEX] | directory[0]) & 0x40, 0);
    TRY_LEGACY("8: movl $5, %c[at]", [at] "i"(AT));
    check("two levels: a write sets D in the page's entry alone", (table[AT_INDEX] & 0x60) << 8 | (directory[0] & 0x60), 0x6020);
    check("two levels: and writes", *(u32 *)frame, 5);

    table[AT_INDEX] = 0;
    TRY_LEGACY("8: mov %c[at], %%eax", [at] "i"(AT + 0xabc));
    expect_pf("two levels: a missing page: error 0", 0, AT + 0xabc);
    TRY_LEGACY("8: movl $5, %c[at]", [at] "i"(AT + 0xabc));
    expect_pf("two levels: written: error W", 2, AT + 0xabc);
    table[AT_INDEX] = frame32 | 1;
    TRY_LEGACY("8: movl $5, %c[at]", [at] "i"(AT + 4));
    expect_pf("two levels: a read-only page: error P W", 3, AT + 4);
    check("two levels: a refused write sets no D", table[AT_INDEX] & 0x40, 0);
    legacy_cr0 &= ~CR0_WP;
    TRY_LEGACY("8: movl $6, %c[at]", [at] "i"(AT + 4));
    expect_none("two levels: without WP the kernel writes to it");
    check("two levels: which sets D", table[AT_INDEX] & 0x60, 0x60);
    TRY_LEGACY_USER("8: movl $5, %c[at]", [at] "i"(AT + 4));
    expect_pf("two levels: user mode may not touch a kernel's page: error P W U", 7, AT + 4);
    table[AT_INDEX] = frame32 | 5;
    TRY_LEGACY_USER("8: mov %c[at], %%eax", [at] "i"(AT + 4));
    expect_none("two levels: user mode reads a user's page");
    TRY_LEGACY_USER("8: movl $5, %c[at]", [at] "i"(AT + 4));
    expect_pf("two levels: without WP user mode is still refused", 7, AT + 4);
    legacy_cr0 |= CR0_WP;
    directory[BIG_AT >> 22] = (u32)(u64)table | 5;
    table[AT_INDEX] = frame32 | 7;
    TRY_LEGACY_USER("8: movl $5, %c[at]", [at] "i"(BIG_AT + AT + 4));
    expect_pf("two levels: both tables have to allow writes", 7, BIG_AT + AT + 4);

    *(u32 *)(big + 0x123450) = 0xb16b0001;
    directory[BIG_AT >> 22] = (u32)(u64)big | 0x83;
    TRY_LEGACY("8: mov %c[at], %%eax\n mov %%eax, seen", [at] "i"(BIG_AT + 0x123450));
    expect_none("two levels: a 4 MiB page is read");
    check("two levels: with the right address", seen[0], 0xb16b0001);
    check("two levels: A of a 4 MiB page", directory[BIG_AT >> 22] & 0x60, 0x20);
    TRY_LEGACY("8: movl $1, %c[at]", [at] "i"(BIG_AT + 0x323450));
    check("two levels: D of a 4 MiB page", directory[BIG_AT >> 22] & 0x60, 0x60);
    check("two levels: beyond 2 MiB of it", *(u32 *)(big + 0x323450), 1);
    directory[BIG_AT >> 22] |= PSE_RESERVED;
    TRY_LEGACY("8: mov %c[at], %%eax", [at] "i"(BIG_AT));
    expect_pf("two levels: a reserved bit of a 4 MiB page: error P RSV", 9, BIG_AT);
    directory[BIG_AT >> 22] = (u32)(u64)big | 0x81;
    TRY_LEGACY("8: movl $1, %c[at]", [at] "i"(BIG_AT + 0x1000));
    expect_pf("two levels: a read-only 4 MiB page: error P W", 3, BIG_AT + 0x1000);

    /* Stale translations: a piece read elsewhere in the page must go too. */
    *(u32 *)(big_other + 0x123450) = 0xb16b0002;
    directory[BIG_AT >> 22] = (u32)(u64)big | 0x83;
    seen[7] = (u32)(u64)big_other | 0x83;
    TRY_LEGACY("mov %c[at], %%eax\n mov seen + 28, %%eax\n mov %%eax, %c[entry]\n invlpg %c[far]\n 8: mov %c[at], %%eax\n mov %%eax, seen",
               IN([at] "i"(BIG_AT + 0x123450), [far] "i"(BIG_AT + 0x3ff000), [entry] "i"(&directory[BIG_AT >> 22])));
    check("two levels: INVLPG anywhere in a 4 MiB page drops all of it", seen[0], 0xb16b0002);

    /* Without PSE the same entry is a table. */
    legacy_cr4 &= ~CR4_PSE;
    for (u32 n = 0; n < 1024; n++) directory[n] = 0;
    for (u32 n = 0; n < 4; n++) {
        u32 *piece = zero_page();
        for (u32 m = 0; m < 1024; m++) piece[m] = n << 22 | m << 12 | 7;
        directory[n] = (u32)(u64)piece | 7;
    }
    {
        u32 *piece = zero_page();
        piece[0] = frame32 | 3;
        *(u32 *)frame = 0x5e000001;
        directory[BIG_AT >> 22] = (u32)(u64)piece | 0x83;
    }
    TRY_LEGACY("8: mov %c[at], %%eax\n mov %%eax, seen", [at] "i"(BIG_AT));
    check("two levels: without CR4.PSE bit 7 means nothing", seen[0], 0x5e000001);
}

static void pae(void)
{
    u64 entry = page_level2[BIG_AT >> 21];
    for (u32 n = 0; n < 4; n++) pointers[n] = ((u64)page_level2 + n * 4096) | 1;
    legacy_mode(CR0_PAGING, (u32)(u64)pointers, CR4_SSE | CR4_PAE, 0x800);

    *(u32 *)frame = 0xcafe0002;
    page_level1[AT_INDEX] = (u64)frame | 3;
    page_level2[0] &= ~PAGE_ACCESSED;
    TRY_LEGACY("8: mov %c[at], %%eax\n mov %%eax, seen", [at] "i"(AT));
    expect_none("PAE: a 4 KiB page is read");
    check("PAE: the right one", seen[0], 0xcafe0002);
    check("PAE: A is set in both tables", page_level1[AT_INDEX] & page_level2[0] & AD, PAGE_ACCESSED);
    check("PAE: the four pointers have no A", pointers[0] & AD, 0);
    TRY_LEGACY("8: movl $5, %c[at]", [at] "i"(AT));
    check("PAE: a write sets D", page_level1[AT_INDEX] & AD, AD);
    page_level1[AT_INDEX] = (u64)frame | 1;
    TRY_LEGACY("8: movl $5, %c[at]", [at] "i"(AT));
    expect_pf("PAE: a read-only page: error P W", 3, AT);
    frame[0x10] = 0xc3;
    page_level1[AT_INDEX] = (u64)frame | 3;
    TRY_LEGACY("mov %[at], %%eax\n 8: call *%%eax", [at] "i"(AT + 0x10));
    expect_none("PAE: code is fetched from a 4 KiB page");
    page_level1[AT_INDEX] = (u64)frame | 3 | PAGE_NX;
    TRY_LEGACY("movl %[at], try_rip\n mov %[at], %%eax\n 8: call *%%eax", [at] "i"(AT + 0x10));
    expect_pf("PAE: a fetch from an NX page: error P I", 0x11, AT + 0x10);
    legacy_efer = 0;
    TRY_LEGACY("8: mov %c[at], %%eax", [at] "i"(AT + 0x10));
    expect_pf("PAE: without EFER.NXE the NX bit is reserved: error P RSV", 9, AT + 0x10);
    page_level1[AT_INDEX] = 0;
    TRY_LEGACY("movl %[at], try_rip\n mov %[at], %%eax\n 8: call *%%eax", [at] "i"(AT + 0x10));
    expect_pf("PAE: without EFER.NXE a missing page fetched has error 0", 0, AT + 0x10);
    legacy_efer = 0x800;

    *(u32 *)(big + 0x123450) = 0xb16b0003;
    page_level2[BIG_AT >> 21] = (u64)big | 0x83;
    TRY_LEGACY("8: mov %c[at], %%eax\n mov %%eax, seen", [at] "i"(BIG_AT + 0x123450));
    expect_none("PAE: a 2 MiB page is read");
    check("PAE: with the right address", seen[0], 0xb16b0003);
    check("PAE: A of a 2 MiB page", page_level2[BIG_AT >> 21] & AD, PAGE_ACCESSED);
    TRY_LEGACY("8: movl $1, %c[at]", [at] "i"(BIG_AT + 0x1ffffc));
    check("PAE: D of a 2 MiB page", page_level2[BIG_AT >> 21] & AD, AD);
    page_level2[BIG_AT >> 21] = (u64)big | 0x83 | 1ul << 13;
    TRY_LEGACY("8: mov %c[at], %%eax", [at] "i"(BIG_AT));
    expect_pf("PAE: a reserved bit of a 2 MiB page: error P RSV", 9, BIG_AT);
    page_level2[BIG_AT >> 21] = entry;
    pointers[3] = 0;
    TRY_LEGACY("8: mov %c[at], %%eax", [at] "i"(0xc0000010));
    expect_pf("PAE: a pointer that is not present: error 0", 0, 0xc0000010);
    map(AT | 3);
}

/* ---- compatibility mode ---- */

static u64 call_rcx __attribute__((used)), call_cs __attribute__((used)), call_r11 __attribute__((used));
asm(".text\n compat_call: mov %rcx, call_rcx; mov %r11, call_r11; mov %cs, %eax; mov %rax, call_cs; sysretl\n"
    "wrong_call: mov $1, %eax; ud2\n");
extern u8 compat_call[], wrong_call[];

/* User mode in a 32-bit code segment under long mode. */
#define TRY_USER32(text, inputs, clobbers...)                                                                       \
    do {                                                                                                            \
        fault.vector = NO_FAULT;                                                                                    \
        asm volatile("lea 9f(%%rip), %%rax\n mov %%rax, recover_rip\n mov %%rsp, recover_rsp\n"                     \
                     "lea 8f(%%rip), %%rax\n mov %%rax, try_rip\n"                                                   \
                     "pushq $0x23\n pushq $user_stack_top\n pushq $2\n pushq $0x1b\n"                               \
                     "lea 7f(%%rip), %%rax\n pushq %%rax\n iretq\n .code32\n7: mov $0x23, %%eax; mov %%eax, %%ds\n " text  \
                     "\n int $0x81\n .code64\n"                                                                     \
                     "9: movq $0, recover_rip\n mov recover_rsp, %%rsp\n mov $0x10, %%eax\n mov %%eax, %%ds\n mov %%eax, %%es\n" \
                     : : inputs : "rax", "memory", "cc", ##clobbers);                                               \
    } while (0)

static void compatibility(void)
{
    static u32 far_pointer[2] __attribute__((used));
    user_access();
    wrmsr(MSR_STAR, 0x18ul << 48 | 0x08ul << 32);
    wrmsr(MSR_LSTAR, (u64)wrong_call);
    wrmsr(MSR_CSTAR, (u64)compat_call);
    wrmsr(MSR_SFMASK, 0);
    TRY_USER32("8: nop", NONE);
    expect_none("compatibility mode: IRET to user code and INT back");
    check("compatibility mode: CS saved by INT", fault.cs, 0x1b);
    TRY_USER32("mov $0x7fffffff, %%eax; inc %%eax; mov %%eax, seen\n .byte 0x40\n 8: mov %%eax, seen + 4", NONE);
    check("compatibility mode: 40 is INC EAX", seen[1], 0x80000001);
    TRY_USER32("syscall\n 8: mov %%cs, %%ecx; mov %%ecx, seen", NONE, "rcx", "r11");
    expect_none("compatibility mode: SYSCALL and SYSRET");
    check("compatibility mode: SYSCALL goes to CSTAR with the next EIP in RCX", call_rcx, try_rip);
    check("compatibility mode: in the kernel's 64-bit segment", call_cs, 0x08);
    check("compatibility mode: SYSRET comes back to the 32-bit segment", seen[0], 0x1b);
    TRY_USER32("8: ljmp $0x2b, $1f\n .code64\n 1: mov $1, %%eax; shl $40, %%rax; shr $40, %%rax; mov %%eax, seen\n"
               " mov %%rsp, %%rcx; pushq $0x23; pushq %%rcx; pushq $2; pushq $0x1b; pushq $2f; iretq\n .code32\n"
               "2: .byte 0x40\n mov %%eax, seen + 4", NONE, "rcx");
    expect_none("compatibility mode: far jump to 64-bit code, IRET back");
    check("compatibility mode: which was 64-bit", seen[0], 1);
    check("compatibility mode: and then was not", seen[1], 2);
    TRY32("8: ljmp $0x08, $1f\n .code64\n 1: mov $3, %%eax; shl $40, %%rax; shr $40, %%rax; mov %%eax, seen\n"
          " pushq $0x30; pushq $2f; lretq\n .code32\n 2: mov %%cs, %%eax; mov %%eax, seen + 4", NONE);
    expect_none("compatibility mode: far jump to the kernel's 64-bit code, far return back");
    check("compatibility mode: the kernel's was 64-bit", seen[0], 3);
    check("compatibility mode: CS of the kernel", seen[1], 0x30);
    TRY32("pushfl; pushl $0x08; pushl $1f\n 8: iretl\n .code64\n 1: mov $5, %%eax; shl $40, %%rax; shr $40, %%rax; mov %%eax, seen\n"
          " pushq $0x30; pushq $2f; lretq\n .code32\n 2:", NONE);
    expect_none("compatibility mode: IRET to 64-bit code of the same level");
    check("compatibility mode: is 64-bit after IRET", seen[0], 5);
    far_pointer[1] = 0x30;
    asm volatile("movl $1f, %0\n ljmpl *%0\n .code32\n 1: mov $9, %%eax; mov %%eax, seen; ljmp $0x08, $2f\n .code64\n 2:"
                 : "+m"(far_pointer[0]) : : "rax", "memory");
    check("compatibility mode: far jump from 64-bit code through memory", seen[0], 9);

    map(0);
    TRY_USER32("8: mov %c[at], %%eax", [at] "i"(AT + 0x44));
    expect_pf("compatibility mode: a missing page read in user mode: error U", 4, AT + 0x44);
    map((u64)frame | 3);
    TRY_USER32("8: movl $1, %c[at]", [at] "i"(AT + 0x44));
    expect_pf("compatibility mode: a kernel's page written in user mode: error P W U", 7, AT + 0x44);
    *(u32 *)(frame + 0x44) = 0x44;
    TRY32("mov $%c[at], %%ecx\n 8: mov 0x44(%%ecx,%%eax), %%edx\n mov %%edx, seen", [at] "i"(AT), "rcx", "rdx");
    TRY32("mov $0xfffff000, %%ecx\n mov $%c[at] + 0x1000, %%eax\n 8: mov 0x44(%%eax,%%ecx), %%edx\n mov %%edx, seen", [at] "i"(AT), "rcx", "rdx");
    check("compatibility mode: addresses wrap at 4 GiB", seen[0], 0x44);
    TRY_USER32("8: mov %%cr3, %%eax", NONE);
    expect("compatibility mode: MOV from CR3 in user mode gives #GP(0)", GP, 0);
    map(AT | 3);
}

void guest_main(void)
{
    u64 idt_base = (u64)idt;
    for (u32 n = 0; n < 256; n++) {
        u64 at = (u64)legacy_stubs + 16 * n;
        legacy_idt[n] = (at & 0xffff) | 0x30ul << 16 | (n == USER_DONE ? 0xeeul : 0x8eul) << 40 | (at >> 16) << 48;
    }
    legacy_idt_pointer.base = (u32)(u64)legacy_idt;
    long_idt_pointer.limit = sizeof(idt) - 1;
    long_idt_pointer.base = idt_base;
    frame = zero_page();
    big = (u8 *)0x1000000;
    big_other = (u8 *)0x1400000;
    tss.rsp[0] |= 0x10ul << 32; /* SS of level 0 for the legacy modes; taken back below */
    paging_off();
    two_levels();
    pae();
    tss.rsp[0] &= 0xffffffff;
    compatibility();
}
