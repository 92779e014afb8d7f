/*
 * Jumps through tables, as switches (one jump, of addresses or of distances) and as interpreters make them (one at each target's end), to targets
 * on three pages: tables and code that change while they are used, pages mapped anew, entries that lead nowhere. What is computed is compared with
 * the same in C.
 */
#include "../lib/guest.h"

#define AT 0x80000ul /* pages of the first 2 MiB, which have 4 KiB tables */
#define PAGES 3
#define TARGETS 8
#define HASH 0x9e3779b1u /* times the count, its upper three bits say which entry is next */
#define SWAPS 5 /* the target that exchanges the table's entries 1 and 2 */
#define ADDS 6 /* the one that increments what it is given */
#define LOST 7

struct form { const char *name; int distances, threaded; };

static u64 addresses[TARGETS];
static u32 distances[TARGETS];
static u32 addends[TARGETS];
static u32 elsewhere, faults;
static u64 last_fault, again, jump, out;
static u8 *frames[PAGES], *spare;

static u64 place(u32 n) { return AT + n * PAGES / TARGETS * 4096 + 0x100 + n * 0x40; }
/* Where the page of a linear address is to be written. */
static u8 *behind(u64 at) { return frames[(at - AT) >> 12] + (at & 4095); }

static void map(u64 page, const void *frame)
{
    page_level1[(AT >> 12) + page] = (u64)frame | PAGE_PRESENT | PAGE_WRITE;
}

static u8 *put(u8 *p, const void *bytes, u32 count) { copy(p, bytes, count); return p + count; }
#define PUT(...) do { static const u8 bytes[] = { __VA_ARGS__ }; p = put(p, bytes, sizeof(bytes)); } while (0)
static u8 *put32(u8 *p, u32 v) { return put(p, &v, 4); }

/* dec ecx; js out; edx = ecx * HASH >> 29; a jump by the table at rdi. `at`: the address of p. */
static u8 *dispatch(u8 *p, u64 at, int by_distance)
{
    const u8 *start = p;
    PUT(0xff, 0xc9, 0x0f, 0x88);
    p = put32(p, out - (at + (p - start) + 4));
    PUT(0x69, 0xd1);
    p = put32(p, HASH);
    PUT(0xc1, 0xea, 29);
    if (by_distance) PUT(0x48, 0x63, 0x14, 0x97, 0x48, 0x01, 0xfa); /* movsxd rdx, [rdi + rdx * 4]; add rdx, rdi */
    jump = at + (p - start);
    if (by_distance) PUT(0xff, 0xe2); /* jmp rdx */
    else PUT(0xff, 0x24, 0xd7); /* jmp [rdi + rdx * 8] */
    return p;
}

/* add eax, addend; rol eax, 3; what the target does beside; the next jump, or the way to it */
static void make_target(u32 n, const struct form *form)
{
    u8 *start = behind(place(n)), *p = start;
    PUT(0x05);
    p = put32(p, addends[n]);
    PUT(0xc1, 0xc0, 3);
    if (n == SWAPS && form->distances) PUT(0x8b, 0x57, 4, 0x87, 0x57, 8, 0x89, 0x57, 4); /* by mov and xchg with edx */
    if (n == SWAPS && !form->distances) PUT(0x48, 0x8b, 0x57, 8, 0x48, 0x87, 0x57, 16, 0x48, 0x89, 0x57, 8);
    if (n == ADDS) PUT(0xff, 0x06); /* inc dword [rsi] */
    u64 at = place(n) + (p - start);
    if (form->threaded) dispatch(p, at, form->distances);
    else { PUT(0xe9); put32(p, again - (at + 5)); }
}

static void lead(u32 entry, u64 to)
{
    addresses[entry] = to;
    distances[entry] = to - (u64)distances;
}

static void make(const struct form *form)
{
    for (u32 i = 0; i < PAGES; i++) { map(i, frames[i]); invlpg((void *)(AT + i * 4096)); }
    again = AT;
    out = AT + 0x80;
    *behind(out) = 0xc3;
    for (u32 n = 0; n < TARGETS; n++) { addends[n] = n * 0x01010101 + 1; make_target(n, form); lead(n, place(n)); }
    dispatch(behind(again), again, form->distances);
}

static u32 run(const struct form *form, u64 rounds, void *changed)
{
    u64 v = 1;
    void *table = form->distances ? (void *)distances : addresses;
    asm volatile("call *%[again]" : "+a"(v), "+c"(rounds), "+S"(changed), "+D"(table) : [again] "r"(again) : "rdx", "cc", "memory");
    return v;
}

/* The same; `order`: which target each entry leads to; `changes`: the target whose addend is incremented, or TARGETS. */
static u32 compute(u32 rounds, u8 *order, u32 changes)
{
    u32 v = 1;
    while (rounds-- > 0) {
        u32 n = order[rounds * HASH >> 29];
        if (n == TARGETS) continue;
        v += addends[n];
        v = v << 3 | v >> 29;
        if (n == SWAPS) { u8 first = order[1]; order[1] = order[2]; order[2] = first; }
        if (n == ADDS && changes < TARGETS) addends[changes]++;
    }
    return v;
}

static void *addend_of(u32 n, int through_frame) { return through_frame ? behind(place(n) + 1) : (u8 *)place(n) + 1; }

/* A fault at a target or at the jump: goes on with the next round. */
static int hook(struct frame *frame)
{
    if (frame->vector != 13 && frame->vector != 14) return 0;
    faults++;
    last_fault = frame->rip;
    frame->rip = again;
    return 1;
}

static void expect(const struct form *form, const char *what, u32 wrong)
{
    print("# "); print(form->name); print("\n");
    check(what, wrong, 0);
}

static void test(const struct form *form)
{
    u8 order[TARGETS] = { 0, 1, 2, 3, 4, 5, 6, 7 };
    u32 wrong = 0;
    make(form);
    for (u32 i = 0; i < 6; i++) wrong += run(form, 20000, &elsewhere) != compute(20000, order, TARGETS);
    expect(form, "results wrong of a table that changes as it is used", wrong);

    wrong = 0;
    for (u32 i = 0; i < 40; i++) {
        u32 entry = i % TARGETS, n = i * 5 % TARGETS;
        lead(entry, place(n));
        order[entry] = n;
        wrong += run(form, 500, &elsewhere) != compute(500, order, TARGETS);
    }
    expect(form, "results wrong of a table that is changed in between", wrong);

    for (u32 n = 0; n < TARGETS; n++) { lead(n, place(n)); order[n] = n; }
    wrong = 0;
    for (u32 i = 0; i < 32; i++) wrong += run(form, 400, addend_of(i % TARGETS, i & 8)) != compute(400, order, i % TARGETS);
    expect(form, "results wrong where one target changes another", wrong);

    wrong = 0;
    copy(spare, frames[2], 4096);
    *(u32 *)(spare + (place(LOST) & 4095) + 1) = 0x12345;
    for (u32 i = 0; i < 100; i++) {
        u32 kept = addends[LOST];
        if (i & 1) addends[LOST] = 0x12345;
        map(2, i & 1 ? spare : frames[2]);
        if (i & 2) WRITE_CR(3, READ_CR(3)); else invlpg((void *)(AT + 2 * 4096));
        wrong += run(form, 300, &elsewhere) != compute(300, order, TARGETS);
        addends[LOST] = kept;
    }
    expect(form, "results wrong where a page of targets is mapped anew", wrong);

    wrong = faults = 0;
    u32 lost = 0;
    for (u32 i = 0; i < 4000; i++) lost += i * HASH >> 29 == LOST;
    lead(LOST, AT + PAGES * 4096);
    order[LOST] = TARGETS;
    map(PAGES, 0);
    page_level1[(AT >> 12) + PAGES] = 0;
    invlpg((void *)(AT + PAGES * 4096));
    for (u32 i = 0; i < 4; i++) wrong += run(form, 4000, &elsewhere) != compute(4000, order, TARGETS);
    expect(form, "results wrong where an entry leads to no memory", wrong);
    check("faults at the target", last_fault, AT + PAGES * 4096);
    check("one for each such jump", faults, 4 * lost);
    if (form->distances || form->threaded) return;

    faults = 0;
    lead(LOST, 1ul << 63);
    expect(form, "results wrong where an entry is no address", run(form, 4000, &elsewhere) != compute(4000, order, TARGETS));
    check("faults at the jump", last_fault, jump);
    check("one for each such jump to no address", faults, lost);
}

void guest_main(void)
{
    static const struct form forms[] = {
        { "a switch by addresses", 0, 0 }, { "a switch by distances", 1, 0 }, { "an interpreter's jumps", 0, 1 }, { "the same by distances", 1, 1 },
    };
    for (u32 i = 0; i < PAGES; i++) frames[i] = zero_page();
    spare = zero_page();
    trap_hook = hook;
    for (u32 i = 0; i < sizeof(forms) / sizeof(forms[0]); i++) test(&forms[i]);
}
