/*
 * Paging and modes as software sees them: protected mode without paging, two-level and PAE paging, compatibility mode,
 * four-level paging with 4 KiB, 2 MiB and 1 GiB pages; accessed and dirty bits, rights, reserved bits, stale
 * translations, and code that changes under the processor. faults.c has the plain page faults of long mode.
 * The tables of long mode (lib/start.S) serve PAE too; the legacy modes run in the lower 4 GiB, mapped one to one.
 */
#include "../lib/guest.h"

#define UD 6
#define DF 8
#define NP 11
#define SS 12
#define GP 13
#define PF 14

static void expect(const char *name, u64 vector, u64 error)
{
    if (fault.vector == vector && fault.error == error && fault.rip == try_rip) { success(name); return; }
    print("FAILURE "); print(name); print(": vector "); print_number(fault.vector); print(" error "); print_hex(fault.error);
    print(" rip "); print_hex(fault.rip - try_rip); print(" too far; expected vector "); print_number(vector);
    print(" error "); print_hex(error); print("\n");
    count_failure();
}

static void expect_pf(const char *name, u64 error, u64 cr2)
{
    if (fault.vector == PF && fault.cr2 != cr2) { check(name, fault.cr2, cr2); return; }
    expect(name, PF, error);
}

static void expect_none(const char *name)
{
    if (fault.vector == NO_FAULT || fault.vector == USER_DONE) success(name);
    else expect(name, NO_FAULT, 0);
}

/* ---- where things are ---- */

#define AT 0x80000ul /* a page of the first 2 MiB, which have 4 KiB tables in every mode */
#define AT_INDEX (AT >> 12)
#define BIG_AT 0x10000000ul /* a big page of its own: entry 64 of 4 MiB, entry 128 of 2 MiB */
#define HUGE_AT (1ul << 38) /* entry 256 of level 3 */
#define RESERVED_BIT (1ul << 51)
#define AD (PAGE_ACCESSED | PAGE_DIRTY)
#define PSE_RESERVED (1u << 21)

static u32 directory[1024] __attribute__((aligned(4096)));
static u32 table[1024] __attribute__((aligned(4096)));
static u64 pointers[4] __attribute__((aligned(4096)));
static u8 *frame, *other; /* two pages to map */
static u8 *big, *big_other; /* two pieces of 4 MiB */

static void map(u64 entry)
{
    page_level1[AT_INDEX] = entry;
    invlpg((void *)AT);
}
static void map_next(u64 entry)
{
    page_level1[AT_INDEX + 1] = entry;
    invlpg((void *)(AT + 4096));
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

#define MSR_STAR 0xc0000081
#define MSR_LSTAR 0xc0000082
#define MSR_CSTAR 0xc0000083
#define MSR_SFMASK 0xc0000084
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

/* ---- long mode ---- */

#define READ_AT(a) TRY("8: mov (%[at]), %%eax", [at] "r"((u64)(a)))
#define WRITE_AT(a) TRY("8: movl $0x55aa55aa, (%[at])", [at] "r"((u64)(a)))
#define FETCH_AT(a) TRY("movq %[at], try_rip\n 8: call *%[at]", [at] "r"((u64)(a)))
/* Accesses that change tables behind the compiler's back. */
static u32 get(u64 at) { u32 v; asm volatile("movl (%1), %0" : "=r"(v) : "r"(at) : "memory"); return v; }
static void put(u64 at, u32 v) { asm volatile("movl %0, (%1)" : : "r"(v), "r"(at) : "memory"); }

static void big_pages(void)
{
    u64 entry = page_level2[BIG_AT >> 21];
    u32 r[4];
    page_level2[BIG_AT >> 21] = (u64)big | 0x83;
    invlpg((void *)BIG_AT);
    *(u32 *)(big + 0x1ff000) = 0x2000001;
    page_level3[0] &= ~AD;
    page_level4[0] &= ~AD;
    WRITE_CR(3, READ_CR(3));
    check("2 MiB page: read with the right address", get(BIG_AT + 0x1ff000), 0x2000001);
    check("2 MiB page: A at every level", page_level2[BIG_AT >> 21] & page_level3[0] & page_level4[0] & AD, PAGE_ACCESSED);
    check("2 MiB page: no D after a read", page_level2[BIG_AT >> 21] & PAGE_DIRTY, 0);
    put(BIG_AT + 0x1000, 1);
    check("2 MiB page: D after a write", page_level2[BIG_AT >> 21] & AD, AD);
    check("2 MiB page: no D above", (page_level3[0] | page_level4[0]) & PAGE_DIRTY, 0);
    *(u32 *)(big_other + 0x1ff000) = 0x2000002;
    page_level2[BIG_AT >> 21] = (u64)big_other | 0x83;
    invlpg((void *)(BIG_AT + 0x5123));
    check("2 MiB page: INVLPG anywhere in it drops all of it", get(BIG_AT + 0x1ff000), 0x2000002);
    page_level2[BIG_AT >> 21] = (u64)big | 0x83 | PAGE_NX;
    invlpg((void *)BIG_AT);
    big[0x40] = 0xc3;
    FETCH_AT(BIG_AT + 0x40);
    expect_pf("2 MiB page: NX", 0x11, BIG_AT + 0x40);
    page_level2[BIG_AT >> 21] = entry;
    invlpg((void *)BIG_AT);

    cpuid(0x80000001, 0, r);
    if (!on_xen && !(r[3] >> 26 & 1)) { skip("1 GiB pages", "CPUID has none"); return; }
    page_level3[256] = 0x83;
    *(u32 *)(frame + 0x10) = 0x40000001;
    check("1 GiB page: read with the right address", get(HUGE_AT + (u64)frame + 0x10), 0x40000001);
    check("1 GiB page: A and no D", page_level3[256] & AD, PAGE_ACCESSED);
    put(HUGE_AT + (u64)frame + 0x14, 1);
    check("1 GiB page: D after a write", page_level3[256] & AD, AD);
    page_level3[256] = 0;
    invlpg((void *)(HUGE_AT + 0x3ffff000));
    READ_AT(HUGE_AT + (u64)frame);
    expect_pf("1 GiB page: INVLPG anywhere in it drops all of it", 0, HUGE_AT + (u64)frame);
    page_level3[256] = 0x83 | 1ul << 13;
    READ_AT(HUGE_AT);
    expect_pf("1 GiB page: a reserved bit: error P RSV", 9, HUGE_AT);
    page_level3[256] = 0;
    invlpg((void *)HUGE_AT);
}

static void rights(void)
{
    user_access();
    map((u64)frame | 3);
    TRY_USER("8: mov (%[at]), %%eax", 2, [at] "r"(AT + 1));
    expect_pf("user mode reads a kernel's page: error P U", 5, AT + 1);
    TRY_USER("8: movb $1, (%[at])", 2, [at] "r"(AT + 1));
    expect_pf("user mode writes a kernel's page: error P W U", 7, AT + 1);
    TRY_USER("movq %[at], try_rip\n 8: jmp *%[at]", 2, [at] "r"(AT + 1));
    expect_pf("user mode fetches from a kernel's page: error P U I", 0x15, AT + 1);
    check("refused accesses set no A", page_level1[AT_INDEX] & AD, 0);
    map((u64)frame | 5);
    TRY_USER("8: movb $1, (%[at])", 2, [at] "r"(AT + 1));
    expect_pf("user mode writes a read-only page: error P W U", 7, AT + 1);
    WRITE_CR(0, READ_CR(0) & ~0x10000ul);
    WRITE_AT(AT);
    expect_none("without WP the kernel writes to a user's read-only page");
    check("and sets D", page_level1[AT_INDEX] & AD, AD);
    TRY_USER("8: movb $1, (%[at])", 2, [at] "r"(AT + 1));
    expect_pf("and user mode still may not", 7, AT + 1);
    WRITE_CR(0, READ_CR(0) | 0x10000ul);
    WRITE_AT(AT);
    expect_pf("with WP back the kernel may not", 3, AT);
    map((u64)frame | 7);
    page_level4[0] &= ~PAGE_USER;
    page_level4[2] = (u64)page_level3 | 3;
    READ_AT((2ul << 39) + AT);
    page_level4[0] |= PAGE_USER;
    expect_none("the kernel reads below a level 4 entry of its own");
    TRY_USER("8: mov (%[at]), %%eax", 2, [at] "r"((2ul << 39) + AT));
    expect_pf("user mode may not: every level has to let it", 5, (2ul << 39) + AT);
    page_level4[2] = (u64)page_level3 | 7 | PAGE_NX;
    WRITE_CR(3, READ_CR(3));
    frame[0x20] = 0xc3;
    FETCH_AT((2ul << 39) + AT + 0x20);
    expect_pf("NX in level 4 holds for all below", 0x11, (2ul << 39) + AT + 0x20);
    page_level4[2] = 0;
    WRITE_CR(3, READ_CR(3));
    map((u64)frame | 3 | RESERVED_BIT | PAGE_NX);
    FETCH_AT(AT);
    expect_pf("reserved bits come before NX: error P RSV I", 0x19, AT);
    TRY_USER("8: movb $1, (%[at])", 2, [at] "r"(AT));
    expect_pf("and before the rights: error P W U RSV", 0xf, AT);
    wrmsr(0xc0000080, rdmsr(0xc0000080) & ~0x800ul);
    map((u64)frame | 3 | PAGE_NX);
    READ_AT(AT);
    expect_pf("without EFER.NXE the NX bit is reserved", 9, AT);
    map(0);
    FETCH_AT(AT);
    expect_pf("without EFER.NXE the I bit is not reported", 0, AT);
    wrmsr(0xc0000080, rdmsr(0xc0000080) | 0x800);
}

static void translations(void)
{
    *(u32 *)frame = 1;
    *(u32 *)other = 2;
    map((u64)frame | 3 | 0x100);
    WRITE_CR(4, READ_CR(4) | 0x80);
    check("a global page is read", get(AT), 1);
    page_level1[AT_INDEX] = (u64)other | 3 | 0x100;
    WRITE_CR(3, READ_CR(3));
    check("a global page's translation survives a write of CR3", get(AT), 1);
    invlpg((void *)AT);
    check("and INVLPG drops it", get(AT), 2);
    page_level1[AT_INDEX] = (u64)frame | 3 | 0x100;
    WRITE_CR(4, READ_CR(4) & ~0x80ul);
    check("clearing CR4.PGE drops global pages", get(AT), 1);
    page_level1[AT_INDEX] = (u64)other | 3 | 0x100;
    WRITE_CR(3, READ_CR(3));
    check("without CR4.PGE no page is global", get(AT), 2);
    page_level1[AT_INDEX] = (u64)frame | 3;
    invlpg((void *)(AT + 0xfff));
    check("INVLPG of any byte drops the page", get(AT), 1);
    page_level1[AT_INDEX] &= ~AD;
    invlpg((void *)AT);
    get(AT);
    put(AT, 1);
    check("D is set by the first write after a read", page_level1[AT_INDEX] & AD, AD);
    map(0);
    READ_AT(AT);
    page_level1[AT_INDEX] = (u64)frame | 3;
    READ_AT(AT);
    expect_none("a missing page is not remembered: no INVLPG is needed");
    map((u64)frame | 1);
    WRITE_AT(AT);
    page_level1[AT_INDEX] |= 2;
    WRITE_AT(AT);
    expect_none("a refused write is tried again by the tables");
    TRY("8: invlpg (%[at])", [at] "r"(1ul << 62));
    expect_none("INVLPG of a non-canonical address does nothing");
    TRY_USER("8: invlpg (%[at])", 2, [at] "r"(AT));
    expect("INVLPG in user mode gives #GP(0)", GP, 0);
}

static void not_canonical(void)
{
    u64 bad = 1ul << 47;
    set_gate(SS, GATE_INTERRUPT, 1);
    set_gate(GP, GATE_INTERRUPT, 1);
    TRY("8: mov (%[at]), %%rax", [at] "r"(bad));
    expect("non-canonical: a read gives #GP(0)", GP, 0);
    TRY("8: movb $1, (%[at])", [at] "r"(bad));
    expect("non-canonical: a write gives #GP(0)", GP, 0);
    TRY("8: mov (%[at]), %%rax", [at] "r"(bad - 4));
    expect("non-canonical: a read across the end gives #GP(0)", GP, 0);
    TRY("mov %[at], %%rbp\n 8: mov (%%rbp), %%rax", [at] "r"(bad), "rbp");
    expect("non-canonical: a read by RBP gives #SS(0)", SS, 0);
    TRY("mov %[at], %%rbp\n 8: mov %%ds:(%%rbp), %%rax", [at] "r"(bad), "rbp");
    expect("non-canonical: DS before RBP is ignored in 64-bit mode", SS, 0);
    TRY("mov %[at], %%rsp\n 8: pop %%rax", [at] "r"(bad));
    expect("non-canonical: POP gives #SS(0)", SS, 0);
    TRY("mov %[at], %%rsp\n 8: mov 8(%%rsp), %%rax", [at] "r"(bad));
    expect("non-canonical: a read by RSP gives #SS(0)", SS, 0);
    TRY("8: jmp *%[at]", [at] "r"(bad));
    expect("non-canonical: a jump gives #GP(0) before it is taken", GP, 0);
    TRY("push %[at]\n 8: ret", [at] "r"(bad));
    expect("non-canonical: a return gives #GP(0) at the RET", GP, 0);
    TRY("8: lea (%[at]), %%rax; prefetchnta (%[at])", [at] "r"(bad));
    expect_none("non-canonical: LEA and PREFETCH do not mind");
}

static void across(void)
{
    u64 at = AT + 4093;
    fill(frame, 0x11, 4096);
    fill(other, 0x22, 4096);
    map((u64)frame | 3);
    map_next((u64)other | 1);
    TRY("8: movq $-1, (%[at])", [at] "r"(at));
    expect_pf("across pages: the second is read-only: error P W, CR2 its start", 3, AT + 4096);
    check("across pages: nothing was written to the first", frame[4095], 0x11);
    TRY("8: lock addq $1, (%[at])", [at] "r"(at));
    expect_pf("across pages: a locked update too", 3, AT + 4096);
    TRY("8: mov (%[at]), %%rax\n mov %%rax, seen", [at] "r"(at));
    check("across pages: a read takes from both", seen[0], 0x22111111);
    map(0);
    TRY("8: mov (%[at]), %%rax", [at] "r"(at));
    expect_pf("across pages: the first is missing: CR2 is the access's start", 0, at);
    map_next(0);
    TRY("8: mov (%[at]), %%rax", [at] "r"(at));
    expect_pf("across pages: both are missing: the first is reported", 0, at);
    map((u64)frame | 3);
    map_next((u64)other | 3);
    TRY("8: mov (%[at]), %%rax", [at] "r"(at));
    check("across pages: A in both entries", page_level1[AT_INDEX] & page_level1[AT_INDEX + 1] & AD, PAGE_ACCESSED);
    TRY("8: movq $-1, (%[at])", [at] "r"(at));
    check("across pages: D in both entries", page_level1[AT_INDEX] & page_level1[AT_INDEX + 1] & AD, AD);
}

/* Pages 4 MiB apart, which may share a place in a translation cache: each is used by turns with AT. */
#define RIVAL(n) (AT + (n) * 0x400000ul)

static void rivals(void)
{
    u64 sum = 0;
    *(u32 *)frame = 1;
    *(u32 *)other = 2;
    for (u32 n = 4; n < 14; n++) put(RIVAL(n), n);
    map((u64)frame | 3);
    for (u32 round = 0; round < 3; round++) for (u32 n = 4; n < 14; n++) sum += get(AT) + get(RIVAL(n));
    check("pages used by turns keep what is theirs", sum, 3 * (10 + 85));
    map((u64)other | 3);
    check("INVLPG drops a page that another one has taken the place of", get(AT), 2);
    put(AT, 3);
    put(RIVAL(4), 4);
    map((u64)frame | 3);
    put(AT, 5);
    check("for writes too: the page now mapped is written", *(u32 *)frame, 5);
    check("and the one before is not", *(u32 *)other, 3);
    get(RIVAL(4));
    page_level1[AT_INDEX] = (u64)other | 3;
    WRITE_CR(3, READ_CR(3));
    check("a write of CR3 drops it", get(AT), 3);
    put(AT, 6);
    put(RIVAL(4), 4);
    page_level1[AT_INDEX] = (u64)frame | 1;
    WRITE_CR(3, READ_CR(3));
    WRITE_AT(AT);
    expect_pf("and what could be written may not be any more", 3, AT);
}

/* ---- code that changes ---- */

typedef u32 function(void);
/* mov $value, %eax; ret */
static void put_function(u8 *at, u32 value)
{
    at[0] = 0xb8;
    for (int n = 0; n < 4; n++) at[1 + n] = value >> (8 * n);
    at[5] = 0xc3;
}
#define CALL(a) ({ u32 r_; asm volatile("call *%1" : "=a"(r_) : "r"((u64)(a)) : "rcx", "rdx", "memory", "cc"); r_; })

static void changing_code(void)
{
    static const u8 next_instruction[] = { /* movb $7, 1f+1(%rip); 1: mov $1, %eax; ret */
        0xc6, 0x05, 0x01, 0, 0, 0, 7, 0xb8, 1, 0, 0, 0, 0xc3 };
    static const u8 loop[] = { /* xor eax,eax; mov $5,%ecx; 1: add $1,%eax; incb -2(imm of add); dec %ecx; jnz 1b; ret */
        0x31, 0xc0, 0xb9, 5, 0, 0, 0, 0x83, 0xc0, 1, 0xfe, 0x05, 0xf9, 0xff, 0xff, 0xff, 0xff, 0xc9, 0x75, 0xf3, 0xc3 };
    map((u64)frame | 3);
    map_next((u64)other | 3);
    put_function(frame, 1);
    check("code: runs", CALL(AT), 1);
    put_function((u8 *)AT, 2);
    check("code: rewritten through its own mapping", CALL(AT), 2);
    put_function(frame, 3);
    check("code: rewritten through another mapping", CALL(AT), 3);
    {
        put_function((u8 *)AT, 4);
        put(RIVAL(4), 4);
        check("code: run after a page that shares its place was written", CALL(AT), 4);
        ((u8 *)AT)[1] = 5;
        check("code: and rewritten then", CALL(AT), 5);
    }
    for (u32 n = 0; n < 8; n++) { frame[1] = n; if (CALL(AT) != n) break; if (n == 7) success("code: rewritten and run in turns"); }
    copy(frame + 0x100, next_instruction, sizeof(next_instruction));
    check("code: writes the next instruction", CALL(AT + 0x100), 7);
    frame[0x108] = 1;
    check("code: and again", CALL(AT + 0x100), 7);
    copy(frame + 0x200, loop, sizeof(loop));
    check("code: a loop that changes its own constant", CALL(AT + 0x200), 1 + 2 + 3 + 4 + 5);
    put_function(other, 0x77);
    CALL(AT + 4096);
    map((u64)other | 3);
    check("code: another page mapped there", CALL(AT), 0x77);
    map((u64)frame | 3);
    frame[1] = 0x33;
    check("code: and the first again", CALL(AT), 0x33);

    /* An instruction over two pages. */
    put_function((u8 *)(AT + 4096 - 3), 0x12345678);
    check("code over two pages: runs", CALL(AT + 4096 - 3), 0x12345678);
    other[0] = 0xab;
    check("code over two pages: the second part rewritten", CALL(AT + 4096 - 3), 0x12ab5678 & 0xffffffff);
    frame[4095] = 0xcd;
    check("code over two pages: the first part rewritten", CALL(AT + 4096 - 3), 0x12abcd78);
    {
        u8 *third = zero_page();
        copy(third, other, 16);
        third[0] = 0xef;
        map_next((u64)third | 3);
        check("code over two pages: the second page remapped", CALL(AT + 4096 - 3), 0x12efcd78);
    }
    map_next((u64)other | 3 | PAGE_NX);
    TRY("8: nop; movq %[at], try_rip; call *%[at]", [at] "r"(AT + 4096 - 3));
    expect_pf("code over two pages: the second is NX: CR2 is its start", 0x11, AT + 4096);
    map_next(0);
    TRY("8: nop; movq %[at], try_rip; call *%[at]", [at] "r"(AT + 4096 - 3));
    expect_pf("code over two pages: the second is missing", 0x10, AT + 4096);
    frame[4095] = 0xc3;
    check("code at the end of a page does not look into the next", CALL(AT + 4095) != 1 << 30, 1);
    page_level1[AT_INDEX + 1] = (AT + 4096) | 3;

    /* The page it runs in is mapped elsewhere: what follows INVLPG comes from the new page. */
    {
        static const u8 switches[] = { /* mov %rsi,(%rdi); invlpg (%rdx); mov $1,%eax; jmp 1f; nop; 1: ret */
            0x48, 0x89, 0x37, 0x0f, 0x01, 0x3a, 0xb8, 1, 0, 0, 0, 0xeb, 1, 0x90, 0xc3 };
        u32 got;
        copy(frame + 0x300, switches, sizeof(switches));
        copy(other + 0x300, switches, sizeof(switches));
        other[0x307] = 2;
        for (u32 n = 0; n < 3; n++) {
            map((u64)frame | 3);
            asm volatile("call *%1" : "=a"(got) : "r"(AT + 0x300), "S"((u64)other | 3), "D"(&page_level1[AT_INDEX]), "d"(AT) : "memory", "cc");
            if (got != 2) break;
        }
        check("code: its own page remapped under it", got, 2);
    }

    /* A page table that is code too: MOV with the low half of entry 1 as its immediate. */
    {
        u8 *code = zero_page();
        u64 *entry = (u64 *)code;
        u32 before;
        entry[1] = (u64)frame | 3;
        code[7] = 0xb8;
        /* After the MOV come the entry's high bytes 00 00 00 00: ADD %al, (%rax) twice, with RAX a mapped address. */
        entry[2] = 0xc3;
        before = CALL(code + 7);
        page_level2[200] = (u64)code | 3;
        invlpg((void *)(200ul << 21));
        get((200ul << 21) + 0x1000);
        check("page table as code: a walk sets A", entry[1] & AD, PAGE_ACCESSED);
        check("page table as code: and the code that follows from it runs", CALL(code + 7), before | 0x20);
        put((200ul << 21) + 0x1000, 0);
        check("page table as code: a write's walk sets D", CALL(code + 7), before | 0x60);
        page_level2[200] = (200ul << 21) | 0x83;
        invlpg((void *)(200ul << 21));
    }
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
    other = zero_page();
    big = (u8 *)0x1000000;
    big_other = (u8 *)0x1400000;
    tss.rsp[0] |= 0x10ul << 32; /* SS of level 0 for the legacy modes; taken back below */
    paging_off();
    two_levels();
    pae();
    tss.rsp[0] &= 0xffffffff;
    compatibility();
    big_pages();
    rights();
    translations();
    rivals();
    not_canonical();
    across();
    changing_code();
}
