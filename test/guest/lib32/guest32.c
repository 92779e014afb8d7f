/*
 * What the programs of `bench -- cpu` need of guest.h, for 32 bits: output on COM1, checks, the end.
 */
#include "../lib/guest.h"
#include "../lib/plain-report.h"

#define COM1 0x3f8
int on_xen;

void print(const char *text) { for (; *text; text++) outb(COM1, *text); }

/* gcc calls these for divisions of 64 bits; no program does any while it is measured. */
u64 __udivmoddi4(u64 value, u64 by, u64 *rest)
{
    u64 quotient = 0;
    *rest = 0;
    for (int bit = 63; bit >= 0; bit--) {
        *rest = *rest << 1 | (value >> bit & 1);
        if (*rest >= by) { *rest -= by; quotient |= (u64)1 << bit; }
    }
    return quotient;
}
u64 __udivdi3(u64 value, u64 by) { u64 rest; return __udivmoddi4(value, by, &rest); }
u64 __umoddi3(u64 value, u64 by) { u64 rest; __udivmoddi4(value, by, &rest); return rest; }

void finish(void)
{
    print("END "); print_number(succeeded); print(" succeeded, "); print_number(failed); print(" failed, 0 skipped\n");
    for (;;) asm volatile("pause"); /* who waits for the line above ends the machine */
}

void *memcpy(void *to, const void *from, __SIZE_TYPE__ size)
{
    void *at = to;
    asm volatile("rep movsb" : "+D"(at), "+S"(from), "+c"(size) : : "memory");
    return to;
}
void *memset(void *to, int byte, __SIZE_TYPE__ size)
{
    void *at = to;
    asm volatile("rep stosb" : "+D"(at), "+c"(size) : "a"(byte) : "memory");
    return to;
}
void copy(void *to, const void *from, u64 size) { memcpy(to, from, (__SIZE_TYPE__)size); }
void fill(void *to, int byte, u64 size) { memset(to, byte, (__SIZE_TYPE__)size); }

void guest_start(void)
{
    guest_main();
    finish();
}
