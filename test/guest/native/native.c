/*
 * What the programs of `bench -- cpu` need of guest.h, as programs of the host: output, checks, the clock, the end. No libc,
 * like the kernels. They compute at once on the processor, for the column "native".
 */
#include "../lib/guest.h"
#include "../lib/plain-report.h"

#define SYS_write 1
#define SYS_exit_group 231
#define SYS_clock_gettime 228
#define CLOCK_MONOTONIC_RAW 4

int on_xen;

static s64 system_call(s64 number, u64 a, u64 b, u64 c)
{
    s64 result;
    asm volatile("syscall" : "=a"(result) : "0"(number), "D"(a), "S"(b), "d"(c) : "rcx", "r11", "memory");
    return result;
}

void print(const char *text)
{
    u64 length = 0;
    while (text[length]) length++;
    system_call(SYS_write, 1, (u64)text, length);
}

void finish(void)
{
    print("END "); print_number(succeeded); print(" succeeded, "); print_number(failed); print(" failed, 0 skipped\n");
    for (;;) system_call(SYS_exit_group, failed > 0, 0, 0);
}

void copy(void *to, const void *from, u64 size) { asm volatile("rep movsb" : "+D"(to), "+S"(from), "+c"(size) : : "memory"); }
void fill(void *to, int byte, u64 size) { asm volatile("rep stosb" : "+D"(to), "+c"(size) : "a"(byte) : "memory"); }
/* gcc may call these for structures. */
void *memcpy(void *to, const void *from, u64 size) { copy(to, from, size); return to; }
void *memset(void *to, int byte, u64 size) { fill(to, byte, size); return to; }

static u64 nanoseconds(void)
{
    struct { u64 seconds, nanoseconds; } now;
    system_call(SYS_clock_gettime, CLOCK_MONOTONIC_RAW, (u64)&now, 0);
    return now.seconds * 1000000000 + now.nanoseconds;
}

/* By the system's clock over 50 ms. */
u32 native_tsc_khz(void)
{
    u64 start = nanoseconds(), ticks = rdtsc(), passed;
    do passed = nanoseconds() - start; while (passed < 50000000);
    return (rdtsc() - ticks) * 1000000 / passed;
}

/* As in the kernels the stack is aligned to 16 before the call. */
asm(".globl _start; _start: xor %ebp, %ebp; and $-16, %rsp; call native_start");
void native_start(void)
{
    guest_main();
    finish();
}
