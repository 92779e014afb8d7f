/*
 * Short loops round one instruction that translated code leaves to the interpreter: being translated can only cost here. What they compute
 * is checked.
 */
#include "../lib/guest.h"

#define ROUNDS 1000000u

static u8 table[256];

/* al = table[al], each round; the table leads from each number to the next one. */
static u32 xlat(u32 rounds)
{
    u64 v = 0;
    asm volatile("1: xlatb; dec %%ecx; jnz 1b" : "+a"(v), "+c"(rounds) : "b"(table) : "cc", "memory");
    return (u32)v;
}

static u32 called(u32 rounds)
{
    u64 v = 0;
    asm volatile("jmp 2f; 1: xlatb; ret; 2: call 1b; dec %%ecx; jnz 2b" : "+a"(v), "+c"(rounds) : "b"(table) : "cc", "memory");
    return (u32)v;
}

static u32 flags(u32 rounds)
{
    u64 v = 0;
    asm volatile("1: add $1, %%eax; pushfq; popfq; dec %%ecx; jnz 1b" : "+a"(v), "+c"(rounds) : : "cc", "memory");
    return (u32)v;
}

static u32 nothing_moved(u32 rounds)
{
    u64 v = 0;
    asm volatile("1: add $1, %%eax; xor %%ecx, %%ecx; rep movsb; dec %%edx; jnz 1b"
                 : "+a"(v), "+d"(rounds) : "S"(table), "D"(table) : "rcx", "cc", "memory");
    return (u32)v;
}

static u32 interruptible(u32 rounds)
{
    u64 v = 0;
    asm volatile("1: add $1, %%eax; cli; dec %%ecx; jnz 1b" : "+a"(v), "+c"(rounds) : : "cc", "memory");
    return (u32)v;
}

void guest_main(void)
{
    for (u32 i = 0; i < 256; i++) table[i] = (u8)(i + 1);
    check("xlatb", xlat(ROUNDS), ROUNDS & 0xff);
    check("call, xlatb, ret", called(ROUNDS), ROUNDS & 0xff);
    check("pushfq, popfq", flags(ROUNDS), ROUNDS);
    check("rep movsb of nothing", nothing_moved(ROUNDS), ROUNDS);
    check("cli", interruptible(ROUNDS), ROUNDS);
}
