/*
 * Four-level paging as software sees it, with pages of 4 KiB, 2 MiB and 1 GiB: accessed and dirty bits, rights, reserved bits, stale
 * translations, and code that changes under the processor. faults.c has the plain page faults of long mode, modes.c the other kinds of
 * paging.
 */
#include "../lib/expect.h"

/* ---- where things are ---- */

#define AT 0x80000ul /* a page of the first 2 MiB, which have 4 KiB tables */
#define AT_INDEX (AT >> 12)
#define BIG_AT 0x10000000ul /* a big page of its own */
#define HUGE_AT (1ul << 38) /* entry 256 of level 3 */
#define RESERVED_BIT (1ul << 51)
#define AD (PAGE_ACCESSED | PAGE_DIRTY)

static u8 *frame, *other; /* two pages to map */
static u8 *big, *big_other; /* two pieces of 2 MiB */
static u32 seen[1] __attribute__((used));

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
    frame = zero_page();
    other = zero_page();
    big = (u8 *)0x1000000;
    big_other = (u8 *)0x1400000;
    big_pages();
    rights();
    translations();
    rivals();
    not_canonical();
    across();
    changing_code();
}
