/*
 * More code than a translator has room for: functions of half a thousand instructions, each in a page of its own, made when
 * the kernel runs, each called in several passes. What they compute is compared with the same computed in C.
 */
#include "../lib/guest.h"

#define FUNCTIONS 210
#define UNITS 300
#define ROUNDS 3
#define PASSES 2

static u8 code[FUNCTIONS][4096] __attribute__((aligned(4096)));

static u32 addend(u32 function, u32 unit) { return (function * 2654435761u) ^ (unit * 40503u); }
static u32 turn(u32 function, u32 unit) { return 1 + (function + unit) % 31; }

static u8 *put32(u8 *p, u32 v)
{
    for (int i = 0; i < 4; i++) *p++ = v >> (i * 8);
    return p;
}

static void make(u32 function)
{
    u8 *p = code[function];
    *p++ = 0xb9; /* mov ecx, ROUNDS */
    p = put32(p, ROUNDS);
    u8 *loop = p;
    for (u32 unit = 0; unit < UNITS; unit++) {
        if (unit % 8 == 0) { *p++ = 0xa8; *p++ = 1; *p++ = 0x74; *p++ = 5; } /* test al, 1; jz over the addition */
        *p++ = 0x05; /* add eax, ... */
        p = put32(p, addend(function, unit));
        *p++ = 0xc1; *p++ = 0xc8; *p++ = turn(function, unit); /* ror eax, ... */
    }
    *p++ = 0xff; *p++ = 0xc9; /* dec ecx */
    *p++ = 0x0f; *p++ = 0x85; /* jnz */
    p = put32(p, (u32)(loop - (p + 4)));
    *p++ = 0xc3;
}

static u32 compute(u32 function, u32 v)
{
    for (u32 round = 0; round < ROUNDS; round++)
        for (u32 unit = 0; unit < UNITS; unit++) {
            if (unit % 8 != 0 || v & 1) v += addend(function, unit);
            u32 by = turn(function, unit);
            v = v >> by | v << (32 - by);
        }
    return v;
}

void guest_main(void)
{
    u32 wrong = 0;
    for (u32 function = 0; function < FUNCTIONS; function++) make(function);
    for (u32 pass = 0; pass < PASSES; pass++)
        for (u32 function = 0; function < FUNCTIONS; function++) {
            u64 v = pass + 1;
            asm volatile("call *%1" : "+a"(v) : "r"(code[function]) : "rcx", "cc", "memory");
            wrong += (u32)v != compute(function, pass + 1);
        }
    check("functions that compute wrongly", wrong, 0);
}
