/* What the kernels of `bench -- cpu` share: a program's best and first time by the TSC, told on a line, and its checksum checked. */
#ifndef MEASURE_H
#define MEASURE_H

#include "guest.h"
#ifndef NATIVE
#include "xen.h"
#endif

#define NOINLINE __attribute__((noinline))

#ifdef NATIVE /* a program of the host: native.c asks the system's clock */
u32 native_tsc_khz(void);
static u32 tsc_khz(void) { return native_tsc_khz(); }
#else
static u32 khz_by_one_count(void)
{
    const u32 ticks = 59659;
    u64 start = rdtsc();
    outb(0x61, (inb(0x61) & ~2) | 1);
    outb(0x43, 0xb0);
    outb(0x42, ticks & 255);
    outb(0x42, ticks >> 8);
    while (!(inb(0x61) & 0x20)) ;
    return (rdtsc() - start) / 50;
}

/* TSC frequency by counter 2 of the PIT: 50 ms of its 1193182 Hz, the least of some, as a busy host only makes them longer. Only
   where there is no hypervisor that tells. */
static u32 tsc_khz_by_pit(void)
{
    u32 least = ~0u;
    for (int i = 0; i < 8; i++) { u32 khz = khz_by_one_count(); if (khz < least) least = khz; }
    return least;
}

static u32 tsc_khz(void)
{
    u32 r[4];
    cpuid(0x40000003, 0, r);
    return on_xen ? r[2] : tsc_khz_by_pit();
}
#endif

/* Rounds of a program: five, or "rounds=N" on the command line, and more until they took so many milliseconds together, as a translator
   finds out only while a program runs what is worth its work. The bench says how many; elsewhere five rounds will do, or two where only
   the checksum is asked for: one to translate in, and one of what was translated. */
#define LEAST_ROUNDS 5
#ifndef LEAST_MS
#define LEAST_MS 0
#endif

static u32 khz, least_rounds = LEAST_ROUNDS;

/* Before the first measure(): tells the unit of the ticks. */
static void measure_start(void)
{
    khz = tsc_khz();
#ifndef NATIVE
    least_rounds = option("rounds", LEAST_ROUNDS);
#endif
    print("TSC_KHZ "); print_number(khz); print("\n");
}

/* A line: LOOP name checksum ticks rounds first. The ticks are the best round's and the first one's. */
static void measure(const char *name, u64 (*loop)(void), u64 expected)
{
    u64 best = ~0ul, first = 0, all = 0, sum = 0;
    u32 rounds = 0;
    while (rounds < least_rounds || all < (u64)khz * LEAST_MS) {
        u64 start = rdtsc();
        sum = loop();
        u64 ticks = rdtsc() - start;
        if (ticks < best) best = ticks;
        if (rounds == 0) first = ticks;
        rounds++;
        all += ticks;
    }
    print("LOOP "); print(name); print(" "); print_hex(sum); print(" "); print_number(best); print(" ");
    print_number(rounds); print(" "); print_number(first); print("\n");
    check(name, sum, expected);
}

#endif
