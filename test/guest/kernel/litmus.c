/*
 * Memory order among four processors: two write, two read (IRIW), each in the order of its own program. All must agree on one order.
 * "scale=N": N times 30,000 places.
 */
#include "../lib/order.h"

static u32 walks = 30;
static volatile u32 here;
/* Places in which a reader came between the two writes: where none did, nothing has been tested. */
static u32 between[2];

static void part(int role, volatile struct place *place)
{
    switch (role) {
    case 0: place->x = 1; break;
    case 1: place->y = 1; break;
    case 2: place->seen[0] = place->x; place->seen[1] = place->y; break;
    case 3: place->seen[2] = place->y; place->seen[3] = place->x; break;
    }
}

static int readers_disagree(volatile struct place *place)
{
    int x_first = place->seen[0] == 1 && place->seen[1] == 0, y_first = place->seen[2] == 1 && place->seen[3] == 0;
    between[0] += x_first;
    between[1] += y_first;
    return x_first && y_first;
}

static void other(void)
{
    int who = processor();
    __atomic_fetch_add(&here, 1, __ATOMIC_SEQ_CST);
    walk_when_told(who, 4, walks);
}

void guest_main(void)
{
    walks *= option("scale", 1);
    page_level2[0xfee00000ul >> 21] |= 0x18; /* not cached */
    APIC(APIC_SVR) = 0x1ff;
    start_second(other);
    while (here != 3) pause();
    check("all four processors have come", here, 3);
    check("independent reads of independent writes", walk_all(4, walks, readers_disagree), 0);
    print("between the writes: ");
    print_number(between[0]);
    print(" and ");
    print_number(between[1]);
    print("\n");
    check("readers came between the writes", between[0] + between[1] > 0, 1);
    finish();
}
