/*
 * Memory order among four processors: two write, two read (IRIW), each in the order of its own program. All must agree on one order.
 */
#include "../lib/second.h"
#include "../lib/xen.h"

static u32 rounds = 3000;
static volatile u32 here;
static volatile struct { u32 x __attribute__((aligned(64))), y __attribute__((aligned(64))), go __attribute__((aligned(64))); } place;
static volatile u32 done[4][16], seen[4][2];

/* Tight at first, so that all begin together; then others may want the host's processor. */
static void await(volatile u32 *at, u32 round) { for (u32 n = 0; *at != round;) if (++n > 300 || !on_xen) pause(); }

static void part(int who)
{
    switch (who) {
    case 0: place.x = 1; break;
    case 1: place.y = 1; break;
    case 2: seen[2][0] = place.x; seen[2][1] = place.y; break;
    case 3: seen[3][0] = place.y; seen[3][1] = place.x; break;
    }
}

static void other(void)
{
    int who = processor();
    __atomic_fetch_add(&here, 1, __ATOMIC_SEQ_CST);
    for (u32 round = 1; round <= rounds; round++) {
        await(&place.go, round);
        part(who);
        done[who][0] = round;
    }
}

void guest_main(void)
{
    rounds *= option("scale", 1);
    u32 bad = 0, first = 0, second = 0;
    page_level2[0xfee00000ul >> 21] |= 0x18; /* not cached */
    APIC(APIC_SVR) = 0x1ff;
    start_second(other);
    while (here != 3) pause();
    check("all four processors have come", here, 3);
    for (u32 round = 1; round <= rounds; round++) {
        place.x = place.y = 0;
        place.go = round;
        part(0);
        for (int who = 1; who < 4; who++) await(&done[who][0], round);
        bad += seen[2][0] == 1 && seen[2][1] == 0 && seen[3][0] == 1 && seen[3][1] == 0;
        first += seen[2][0];
        second += seen[3][0];
    }
    check("independent reads of independent writes", bad, 0);
    check("readers saw something of it", first > 0 && second > 0, 1);
    finish();
}
