/*
 * What guests do to a translator on purpose, hot enough that it is translated first: jumps into the middle of instructions, one page
 * run at many addresses and changed under all of them, code that is unmapped while it is called, fetches from where there is no
 * memory, traps at each instruction. What is counted is compared with the same in C.
 */
#include "../lib/guest.h"

#define ROUNDS 20000u
#define ALIASES 64
#define AT 0x80000ul /* pages of the first 2 MiB, which have 4 KiB tables */
#define DEVICES 0xfee00000ul
#define NOTHING 0xd0000000ul

static u8 code[4096] __attribute__((aligned(4096)));
static u64 steps, breaks, faults, last_fault;

/* A fault at the target of a call goes back to the caller; a breakpoint and a step go on. */
static int hook(struct frame *frame)
{
    switch (frame->vector) {
    case 1: steps++; return 1;
    case 3: breaks++; return 1;
    case 6: case 13: case 14:
        faults++;
        last_fault = frame->rip;
        frame->rip = *(u64 *)frame->rsp;
        frame->rsp += 8;
        return 1;
    }
    return 0;
}

static u32 call(u64 at, u32 value, u32 number)
{
    asm volatile("call *%[at]" : "+a"(value), "+c"(number) : [at] "r"(at) : "rdx", "cc", "memory");
    return value;
}

static void put(const void *bytes, u64 count) { copy(code, bytes, count); }

/* mov edx, imm32 whose last bytes are "add eax, imm8"; entered at 0 and, every other time, at 2 */
static void middles(void)
{
    static const u8 bytes[] = { 0xba, 0x00, 0x83, 0xc0, 0x05, /* mov edx, 0x05c08300, or at 2: add eax, 5 */
                                0xff, 0xc0, 0xc3 };           /* inc eax; ret */
    put(bytes, sizeof(bytes));
    u32 value = 0;
    for (u32 i = 0; i < ROUNDS; i++) value = call((u64)code + (i & 1) * 2, value, 0);
    check("jumps into the middle of an instruction", value, ROUNDS + ROUNDS / 2 * 5);

    /* eb ff: a jump to its own second byte, ff c0: inc eax */
    static const u8 itself[] = { 0xeb, 0xff, 0xc0, 0xff, 0xc9, 0x75, 0xf9, 0xc3 }; /* jmp .+1; (inc eax); dec ecx; jnz; ret */
    put(itself, sizeof(itself));
    check("a jump into itself, again and again", call((u64)code, 0, ROUNDS), ROUNDS);
}

static void aliases(void)
{
    static const u8 bytes[] = { 0x05, 1, 0, 0, 0, 0xc3 }; /* add eax, 1; ret */
    put(bytes, sizeof(bytes));
    for (u64 i = 0; i < ALIASES; i++) {
        page_level1[(AT >> 12) + i] = (u64)code | PAGE_PRESENT | PAGE_WRITE;
        invlpg((void *)(AT + i * 4096));
    }
    u32 value = 0, expected = 0;
    for (u32 i = 0; i < ROUNDS * 4; i++) {
        value = call(AT + i % ALIASES * 4096, value, 0);
        expected += code[1];
        /* through one of them, another each time */
        if (i % 997 == 996) ((volatile u8 *)(AT + i % 61 * 4096))[1] = i;
    }
    check("one page of code at many addresses, changed through any", value, expected);

    u64 *entry = &page_level1[AT >> 12];
    faults = value = expected = 0;
    for (u32 i = 0; i < ROUNDS; i++) {
        int there = i % 500 != 499;
        if (!there) { *entry &= ~PAGE_PRESENT; invlpg((void *)AT); }
        value = call(AT, value, 0);
        if (there) expected += code[1];
        else { *entry |= PAGE_PRESENT; invlpg((void *)AT); }
    }
    check("hot code that is not mapped now and then", value, expected);
    check("faults each time", faults, ROUNDS / 500);
    check("at the call's target", last_fault, AT);
}

/* Calls these addresses from a loop that is hot. What is read there as code decides what happens; each call comes back or faults. */
static void nowhere(void)
{
    faults = 0;
    for (u32 i = 0; i < 300; i++) call(NOTHING, 0, 0);
    check("code where there is no memory faults", faults, 300);
    check("at the call's target, too", last_fault, NOTHING);
    page_level2[DEVICES >> 21] |= 0x18; /* not cached */
    faults = 0;
    for (u32 i = 0; i < 300; i++) call(DEVICES, 0, 0);
    check("a device's registers are no code: each call of them faults", faults, 300);
    check("within their page", last_fault & ~0xffful, DEVICES);
}

static void traps(void)
{
    static const u8 bytes[] = { 0x83, 0xc0, 0x03, 0xff, 0xc9, 0x75, 0xf9, 0xc3 }; /* add eax, 3; dec ecx; jnz; ret */
    put(bytes, sizeof(bytes));
    check("a loop", call((u64)code, 0, ROUNDS), 3 * ROUNDS);
    steps = 0;
    u32 value = 0, number = 1000;
    asm volatile("pushfq; orl $0x100, (%%rsp); popfq; call *%[at]; pushfq; andl $~0x100, (%%rsp); popfq"
                 : "+a"(value), "+c"(number) : [at] "r"(code) : "cc", "memory");
    check("a step at each instruction of hot code", value, 3000);
    check("each counted once", steps, 1000 * 3 + 1 + 4);

    /* a breakpoint in place of the addition, and away again */
    breaks = 0;
    code[0] = 0xcc; code[1] = code[2] = 0x90;
    check("breakpoints in hot code", call((u64)code, 7, ROUNDS), 7);
    check("all of them", breaks, ROUNDS);
    put(bytes, sizeof(bytes));
    check("and none when they are taken out", call((u64)code, 0, ROUNDS), 3 * ROUNDS);
    check("none", breaks, ROUNDS);
}

void guest_main(void)
{
    trap_hook = hook;
    middles();
    aliases();
    if (on_xen) nowhere();
    else skip("code where there is no memory", "QEMU runs it for ever");
    traps();
}
