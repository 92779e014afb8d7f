/*
 * Interrupts that a processor sends itself through its local APIC: they come as soon as it can take them, whether IF, the priority of what
 * is being served or the task priority has held them back. A Linux that waits for its own irq_work relies on it.
 */
#include "../lib/second.h"

#define LOW 0x40
#define HIGH 0x50
#define TO_SELF 0x40000
#define APIC_TPR 0x80
#define ROUNDS 300u

static volatile u32 low, high;
/* What the handler of HIGH does before its EOI, and whether LOW came meanwhile. */
static volatile u32 sends_low, low_inside;

static inline void send_self(u32 vector) { APIC(APIC_ICR) = vector | TO_SELF | ASSERT; }
/* A place between two blocks of code, where every translator looks for interrupts. */
static inline void boundary(void) { asm volatile("jmp 1f\n 1: nop\n jmp 1f\n 1:" : : : "memory"); }
static inline void interrupts_off(void) { asm volatile("cli" : : : "memory"); }
static inline void interrupts_on(void) { asm volatile("sti\n nop" : : : "memory"); }

static int hook(struct frame *frame)
{
    if (frame->vector == LOW) low++;
    else if (frame->vector == HIGH) {
        high++;
        if (sends_low) {
            u32 before = low;
            send_self(LOW);
            interrupts_on();
            boundary();
            low_inside += low - before;
            interrupts_off();
        }
    } else return 0;
    APIC(APIC_EOI) = 0;
    return 1;
}

static void at_once(void)
{
    u32 late = 0;
    interrupts_on();
    for (u32 i = 0; i < ROUNDS; i++) {
        u32 before = low;
        send_self(LOW);
        boundary();
        late += low != before + 1;
    }
    check("with IF set it comes before the code goes on", late, 0);

    /* The loop is one region where it is translated, and does not leave it by itself. */
    u32 missed = 0, expected = low;
    u64 count = ROUNDS;
    asm volatile("0: mov %[what], (%[icr])\n inc %[expected]\n jmp 1f\n 1: cmp %[expected], %[low]\n je 2f\n inc %[missed]\n"
                 "mov %[low], %[expected]\n 2: dec %[count]\n jnz 0b"
                 : [expected] "+r"(expected), [missed] "+r"(missed), [count] "+r"(count)
                 : [what] "r"(LOW | TO_SELF | ASSERT), [icr] "r"(0xfee00000ul + APIC_ICR), [low] "m"(low) : "memory", "cc");
    check("each of a loop that does nothing else", missed, 0);
}

static void held_back(void)
{
    u32 early = 0, late = 0;
    interrupts_off();
    for (u32 i = 0; i < ROUNDS; i++) {
        u32 before = low;
        send_self(LOW);
        boundary();
        early += low != before;
        interrupts_on();
        interrupts_off();
        late += low != before + 1;
    }
    check("with IF clear it waits", early, 0);
    check("and STI lets it in", late, 0);

    u32 lows = low, highs = high;
    send_self(LOW);
    send_self(HIGH);
    interrupts_on();
    check("of two that wait the higher comes", high, highs + 1);
    boundary();
    check("and then the lower", low, lows + 1);

    sends_low = 1;
    late = 0;
    for (u32 i = 0; i < ROUNDS; i++) {
        u32 before = low;
        send_self(HIGH);
        boundary();
        late += low != before + 1;
    }
    sends_low = 0;
    check("a lower one waits while a higher one is served", low_inside, 0);
    check("and comes after its EOI", late, 0);

    early = late = 0;
    for (u32 i = 0; i < ROUNDS; i++) {
        u32 before = low;
        APIC(APIC_TPR) = LOW;
        send_self(LOW);
        boundary();
        early += low != before;
        APIC(APIC_TPR) = 0;
        boundary();
        late += low != before + 1;
    }
    check("one of no more than the task priority waits", early, 0);
    check("and comes when that is lowered", late, 0);

    early = late = 0;
    for (u32 i = 0; i < ROUNDS; i++) {
        u32 before = low;
        asm volatile("mov %0, %%cr8" : : "r"((u64)LOW >> 4));
        send_self(LOW);
        boundary();
        early += low != before;
        asm volatile("mov %0, %%cr8" : : "r"(0ul));
        boundary();
        late += low != before + 1;
    }
    check("CR8 is the same priority", early, 0);
    check("and lowering it lets it in", late, 0);
    interrupts_off();
}

void guest_main(void)
{
    trap_hook = hook;
    page_level2[0xfee00000ul >> 21] |= 0x18; /* not cached */
    APIC(APIC_SVR) = 0x1ff;
    at_once();
    held_back();
    interrupts_off();
    check("no other one came", low + high, 7 * ROUNDS + 2);
}
