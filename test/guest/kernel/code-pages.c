/*
 * Functions in other pages than their callers: changed while they are called, through their own address and through another
 * one; mapped elsewhere between calls, with INVLPG and with a new CR3; a chain of calls through pages of which one changes.
 * What they compute is compared with the same computed in C.
 */
#include "../lib/guest.h"

#define AT 0x80000ul /* pages of the first 2 MiB, which have 4 KiB tables */
#define ROUNDS 4000u
#define NEVER ~0u
#define CHAIN 4

static u8 caller[4096] __attribute__((aligned(4096)));
static u32 elsewhere;

static void map(u64 page, const void *frame)
{
    page_level1[(AT >> 12) + page] = (u64)frame | PAGE_PRESENT | PAGE_WRITE;
}

static u8 *put32(u8 *p, u32 v)
{
    for (int i = 0; i < 4; i++) *p++ = v >> (i * 8);
    return p;
}

/* add eax, addend; ret */
static void make_callee(u8 *frame, u32 addend)
{
    u8 *p = frame;
    *p++ = 0x05;
    p = put32(p, addend);
    *p++ = 0xc3;
}

/* ecx rounds of: when no bit of esi is set in ecx, inc dword [rdi]; call AT */
static void make_caller(void)
{
    u8 *p = caller;
    *p++ = 0x85; *p++ = 0xf1; /* test ecx, esi */
    *p++ = 0x75; *p++ = 2; /* jnz over */
    *p++ = 0xff; *p++ = 0x07; /* inc dword [rdi] */
    *p++ = 0xe8; p = put32(p, (u32)(AT - ((u64)p + 4)));
    *p++ = 0xff; *p++ = 0xc9; /* dec ecx */
    *p++ = 0x75; p[0] = (u8)(caller - (p + 1)); p++; /* jnz */
    *p++ = 0xc3;
}

static u32 call(u64 rounds, void *changed, u64 mask)
{
    u64 v = 1;
    asm volatile("call *%[caller]" : "+a"(v), "+c"(rounds), "+D"(changed), "+S"(mask) : [caller] "r"(caller) : "cc", "memory");
    return v;
}

/* The same in C, from this addend on; gives the last one through `addend`. */
static u32 compute(u32 rounds, u32 mask, u32 *addend)
{
    u32 v = 1;
    for (; rounds > 0; rounds--) {
        if (!(rounds & mask)) (*addend)++;
        v += *addend;
    }
    return v;
}

static void changes(const char *name, u8 *frame, void *through, u32 mask)
{
    u32 addend = 5, wrong = 0;
    make_callee(frame, addend);
    for (u32 i = 0; i < 4; i++) {
        u32 never = addend;
        wrong += call(ROUNDS, &elsewhere, NEVER) != compute(ROUNDS, NEVER, &never);
        wrong += call(ROUNDS, through, mask) != compute(ROUNDS, mask, &addend);
    }
    check(name, wrong, 0);
}

static void mappings(const char *name, u8 *const *frames, int by_cr3)
{
    u32 wrong = 0;
    make_callee(frames[0], 3);
    make_callee(frames[1], 0x10005);
    for (u32 i = 0; i < 200; i++) {
        u32 addend = i & 1 ? 0x10005 : 3;
        map(0, frames[i & 1]);
        if (by_cr3) WRITE_CR(3, READ_CR(3));
        else invlpg((void *)AT);
        wrong += call(100, &elsewhere, NEVER) != compute(100, NEVER, &addend);
    }
    check(name, wrong, 0);
}

/* Each page: add eax, its number; call the next page; rol eax, 3; ret. The last one has no call. */
static void make_link(u8 *frame, u32 number, int last)
{
    u8 *p = frame;
    *p++ = 0x05; p = put32(p, number);
    if (!last) { *p++ = 0xe8; p = put32(p, (u32)(4096 - (p + 4 - frame))); }
    *p++ = 0xc1; *p++ = 0xc0; *p++ = 3;
    *p++ = 0xc3;
}

static void chain(u8 *const *frames)
{
    u32 wrong = 0, third = 2;
    for (u32 i = 0; i < CHAIN; i++) {
        map(i, frames[i]);
        make_link(frames[i], i, i == CHAIN - 1);
        invlpg((void *)(AT + i * 4096));
    }
    for (u32 i = 0; i < 200; i++) {
        u32 expected = 1;
        if (i % 16 == 15) put32(frames[2] + 1, ++third);
        for (u32 round = 0; round < 50; round++) {
            for (u32 n = 0; n < CHAIN; n++) expected += n == 2 ? third : n;
            for (u32 n = 0; n < CHAIN; n++) expected = expected << 3 | expected >> 29;
        }
        wrong += call(50, &elsewhere, NEVER) != expected;
    }
    check("functions of a chain of pages of which one changes compute wrongly", wrong, 0);
}

void guest_main(void)
{
    u8 *frames[CHAIN];
    for (u32 i = 0; i < CHAIN; i++) frames[i] = zero_page();
    make_caller();
    map(0, frames[0]);
    invlpg((void *)AT);
    changes("results wrong while a callee changes now and then", frames[0], (u8 *)AT + 1, 63);
    changes("results wrong while a callee changes through another address", frames[0], frames[0] + 1, 511);
    changes("results wrong while a callee changes before each call", frames[0], (u8 *)AT + 1, 0);
    mappings("results wrong while a page is mapped anew with INVLPG", frames, 0);
    mappings("results wrong while a page is mapped anew with CR3", frames, 1);
    chain(frames);
}
