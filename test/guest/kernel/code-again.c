/*
 * Code that is dropped as soon as it has been translated, again and again: a short loop that is run until a translator has met it often
 * enough, and behind it, run once a round, as many blocks as a region has, of instructions that are long when they are translated. Then one
 * byte of the page is written. What it computes is compared with the same computed in C.
 */
#include "../lib/guest.h"

#define ROUNDS 40u
#define LOOPS 130000u
#define BLOCKS 62
#define PER_BLOCK 10

static u8 code[4096] __attribute__((aligned(4096)));
static u8 data[256] __attribute__((aligned(4096)));

/* ecx loops of add eax, 1; then blocks of adc [rdi + ...], edx. Gives where the addend is. */
static u8 *make(void)
{
    u8 *p = code;
    u8 *loop = p;
    *p++ = 0x05; /* add eax, ... */
    u8 *addend = p;
    *p++ = 1; *p++ = 0; *p++ = 0; *p++ = 0;
    *p++ = 0xff; *p++ = 0xc9; /* dec ecx */
    *p++ = 0x75; p[0] = (u8)(loop - (p + 1)); p++; /* jnz */
    for (int block = 0; block < BLOCKS; block++) {
        for (int i = 0; i < PER_BLOCK; i++) { *p++ = 0x11; *p++ = 0x57; *p++ = (u8)(i * 4); } /* adc [rdi + ...], edx */
        *p++ = 0x84; *p++ = 0xd2; *p++ = 0x74; *p++ = 0; /* test dl, dl; jz to the next one */
    }
    *p++ = 0xc3;
    return addend;
}

static u32 call(u64 loops, u32 addend)
{
    u64 v = 0;
    asm volatile("call *%[code]" : "+a"(v), "+c"(loops) : [code] "r"(code), "D"(data), "d"(addend) : "cc", "memory");
    return (u32)v;
}

void guest_main(void)
{
    u8 *addend = make();
    u32 wrong = 0;
    for (u32 round = 1; round <= ROUNDS; round++) {
        *(volatile u8 *)addend = (u8)round;
        /* once through all of it, so that a translator knows it, and then the loop */
        wrong += call(1, round) != round;
        wrong += call(LOOPS, round) != LOOPS * round;
    }
    check("rounds that compute wrongly", wrong, 0);
}
