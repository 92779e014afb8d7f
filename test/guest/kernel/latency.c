/*
 * How late a vcpu hears of what happens, while it computes in a translated loop or halts: timers after their deadline, events and
 * local APIC interrupts after another vcpu sent them. Lines "LATENCY p50 p99 most what", nanoseconds of the guest's clock, for
 * `bench -- latency`; the checks are that each arrived, once and not early. "rounds=N" on the command line; with "alone=1" no other
 * vcpu is needed and nothing halts.
 */
#include "../lib/second.h"
#include "../lib/xen.h"

#define MOST 4000
#define VECTOR 0x40
static u32 rounds = 100;
static u32 timer_port, event_port;
static u64 late[MOST];

static volatile u32 arrived;
static volatile u64 arrived_at;
/* What the second processor is to do, once a round; and when it did. */
static volatile u32 order, kind;
static volatile u64 sent_at;
enum { EVENT = 1, INTERRUPT };

static int hook(struct frame *frame)
{
    if (frame->vector == VECTOR) APIC(APIC_EOI) = 0;
    else if (frame->vector == UPCALL_VECTOR) {
        shared->vcpu[0].upcall_pending = 0;
        __atomic_exchange_n(&shared->vcpu[0].pending_sel, 0, __ATOMIC_SEQ_CST);
        u32 port = kind ? event_port : timer_port;
        __atomic_and_fetch(&shared->pending[port / 64], ~(1ul << port % 64), __ATOMIC_SEQ_CST);
    } else return 0;
    arrived_at = now();
    arrived++;
    return 1;
}

/* Until round `round` has arrived: a loop over memory and registers that is translated, or HLT. */
static u32 words[256];
static u32 compute(u32 round)
{
    u32 sum = 1;
    for (u32 i = 0; arrived != round; i++) {
        sum = sum * 1664525 + words[i & 255];
        words[sum >> 24] ^= sum;
    }
    return sum;
}
static void halt(u32 round)
{
    for (;;) {
        interrupts_off();
        if (arrived == round) break;
        asm volatile("sti; hlt" : : : "memory");
    }
    interrupts_on();
}

static void second(void)
{
    for (u32 round = 1;; round++) {
        while (order != round) pause();
        for (u64 until = now() + MS; now() < until;) pause();
        sent_at = now();
        if (kind == EVENT) evtchn_send(event_port);
        else { APIC(APIC_ICR2) = 0; APIC(APIC_ICR) = VECTOR | TO_OTHERS | ASSERT; }
    }
}

static void report(const char *what)
{
    for (u32 i = 1; i < rounds; i++) {
        u64 value = late[i];
        u32 at = i;
        for (; at > 0 && late[at - 1] > value; at--) late[at] = late[at - 1];
        late[at] = value;
    }
    print("LATENCY ");
    print_number(late[rounds / 2]); print(" ");
    print_number(late[rounds - 1 - rounds / 100]); print(" ");
    print_number(late[rounds - 1]); print(" ");
    print(what); print("\n");
}

static u32 in_all;
static void run(const char *what, u32 how, int halted)
{
    u32 early = 0;
    kind = how;
    for (u32 i = 0; i < rounds; i++) {
        u32 round = arrived + 1;
        u64 from = 0;
        if (how) {
            order = ++in_all;
        } else {
            /* 1 to 3 ms ahead, at odd times */
            from = now() + MS + i * 7919 % 2000 * 1000;
            hypercall1(HYPERVISOR_set_timer_op, from);
        }
        if (halted) halt(round);
        else compute(round);
        if (how) from = sent_at;
        if (arrived_at < from) { early++; late[i] = 0; }
        else late[i] = arrived_at - from;
    }
    check(what, early, 0);
    report(what);
}

void guest_main(void)
{
    if (!on_xen) { skip("latency", "no Xen here"); return; }
    u32 alone = option("alone", 0);
    rounds = option("rounds", rounds);
    if (rounds < 2 || rounds > MOST) rounds = MOST;
    check("shared_info", add_to_physmap(0, 0, SHARED_INFO_GFN), 0);
    for (int word = 0; word < 64; word++) shared->mask[word] = ~0ul;
    trap_hook = hook;
    set_param(0, 2ul << 56 | UPCALL_VECTOR);
    page_level2[0xfee00000ul >> 21] |= 0x18; /* not cached */
    APIC(APIC_SVR) = 0x1ff;
    if (!alone) start_second(second);
    check("stop_periodic_timer", hypercall3(HYPERVISOR_vcpu_op, 7, 0, 0), 0);
    check("bind VIRQ_TIMER", bind_virq(0, 0, &timer_port), 0);
    check("bind_ipi to the first", bind_ipi(0, &event_port), 0);
    set_mask(timer_port, 0);
    set_mask(event_port, 0);
    clear_pending(timer_port);
    shared->vcpu[0].upcall_pending = 0;
    interrupts_on();
    arrived = 0;
    run("timer, computing", 0, 0);
    if (alone) return;
    run("timer, halted", 0, 1);
    run("event, computing", EVENT, 0);
    run("event, halted", EVENT, 1);
    run("interrupt, computing", INTERRUPT, 0);
    run("interrupt, halted", INTERRUPT, 1);
    interrupts_off();
}
