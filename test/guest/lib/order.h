/*
 * Memory order, as litmus tests ask for it: up to four processors walk the same places in the same order, each doing a part in every
 * one, and meet only at the end of the walk. Those that run at the same time so come together in a place thousands of times between
 * two meetings; a meeting costs a time slice where the host has fewer processors than the guest.
 *
 * The kernel gives part() and, for walk_all(), what of a place is forbidden.
 */
#ifndef ORDER_H
#define ORDER_H
#include "second.h"
#include "xen.h"

#define PLACES 1000
#define ON_ITS_OWN_LINE __attribute__((aligned(64)))

/* Two words for the parts to write and read, and what they have seen. */
struct place { u32 x ON_ITS_OWN_LINE, y ON_ITS_OWN_LINE, seen[4] ON_ITS_OWN_LINE; };
static volatile struct place places[PLACES];
static volatile u32 told ON_ITS_OWN_LINE;
static volatile struct { u32 walk ON_ITS_OWN_LINE; } done[4];

/* What the one with this part, 0 to 3, does in a place. */
static void part(int role, volatile struct place *place);

/* Tight at first, so that all begin together; then others may want the host's processor. */
static void await(volatile u32 *at, u32 walk) { for (u32 n = 0; *at != walk;) if (++n > 300 || !on_xen) pause(); }

/* Each processor in each part by turns, a little earlier or later each time: the one who tells the others is mostly the first. */
static void walk_places(int who, int processors, u32 walk)
{
    int role = (who + walk) % processors;
    for (u32 wait = (walk * 4 + who) * 2654435761u >> 23; wait; wait--) asm volatile("");
    for (u32 i = 0; i < PLACES; i++) part(role, &places[i]);
}

/* All processors but the first. */
static void walk_when_told(int who, int processors, u32 walks)
{
    for (u32 walk = 1; walk <= walks; walk++) {
        await(&told, walk);
        walk_places(who, processors, walk);
        done[who].walk = walk;
    }
}

/* Before the others are sent into walk_when_told(). */
static inline void no_walk_yet(void)
{
    told = 0;
    for (int who = 0; who < 4; who++) done[who].walk = 0;
}

/* The first processor: in how many places something forbidden was seen. */
static u32 walk_all(int processors, u32 walks, int (*is_forbidden)(volatile struct place *))
{
    u32 bad = 0;
    for (u32 walk = 1; walk <= walks; walk++) {
        for (u32 i = 0; i < PLACES; i++) places[i].x = places[i].y = 0;
        told = walk;
        walk_places(0, processors, walk);
        for (int who = 1; who < processors; who++) await(&done[who].walk, walk);
        for (u32 i = 0; i < PLACES; i++) bad += is_forbidden(&places[i]);
    }
    return bad;
}
#endif
