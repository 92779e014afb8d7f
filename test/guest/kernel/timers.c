/*
 * Time: the clock record, single and periodic timers, waiting for them in HLT, run states.
 * Upper bounds are loose: the machine may be busy.
 */
#include "../lib/xen.h"

static u32 port;

static void wait_ms(u64 ms) { u64 end = now() + ms * MS; while (now() < end) asm volatile("pause"); }

static s64 singleshot(u64 at)
{
    struct { u64 at; u32 flags, pad; } arg = { at, 0, 0 };
    return hypercall3(HYPERVISOR_vcpu_op, 8, 0, &arg);
}

static void halt_until_upcall(void)
{
    u64 before = upcalls;
    while (upcalls == before) asm volatile("sti; hlt; cli" : : : "memory");
    clear_pending(port);
}

static void clock(void)
{
    volatile struct vcpu_time_info *time = &shared->vcpu[0].time;
    u64 last = now(), backwards = 0, khz;
    u32 r[4];
    for (int i = 0; i < 100000; i++) { u64 t = now(); if (t < last) backwards++; last = t; }
    check("time never goes back", backwards, 0);
    khz = (1000000ul << 32) / time->mul;
    khz = time->shift < 0 ? khz << -time->shift : khz >> time->shift;
    cpuid(0x40000003, 0, r);
    check("the clock record and CPUID tell the same TSC frequency", khz - r[2] + 2 <= 4, 1);
    // a busy host may take this vcpu off its processor between any two looks: the TSC is read on both sides of each time
    u64 outer = rdtsc(), t0 = now(), inner = rdtsc();
    wait_ms(20);
    inner = rdtsc() - inner;
    u64 ns = now() - t0;
    outer = rdtsc() - outer;
    u64 expected = ns * khz / 1000000;
    check("the TSC runs at that frequency, within 5 %", inner < expected + expected / 20 && outer > expected - expected / 20, 1);
    check("the wall clock is in this century", shared->wc_sec + now() / 1000000000 > 1577836800 && shared->wc_sec < 4102444800u, 1);
    check("and is not being changed", shared->wc_version & 1, 0);

    u64 pointer = (u64)zero_page();
    s64 registered = hypercall3(HYPERVISOR_vcpu_op, 13, 0, &pointer);
    u64 from = now(), second = registered == 0 ? system_time((void *)pointer) : 0, to = now();
    if (registered == 0) check("a second time record says the same", second + MS > from && second < to + MS, 1);
    else check("a second time record is refused with an error", registered < 0, 1);
}

/** Ahead of a timer's time something is to be done, also where a busy host takes the vcpu off its processor for a while. */
#define SOON (100 * MS)

static void timers(void)
{
    u64 start, before;
    check("stop_periodic_timer", hypercall3(HYPERVISOR_vcpu_op, 7, 0, 0), 0);
    check("bind VIRQ_TIMER", bind_virq(0, 0, &port), 0);
    set_mask(port, 0);
    clear_pending(port);
    interrupts_on();
    interrupts_off();

    upcalls = 0;
    check("a time that is past", singleshot(1), 0);
    check("makes the timer's port pending at once", is_pending(port), 1);
    interrupts_on();
    interrupts_off();
    check("with an upcall", upcalls, 1);
    clear_pending(port);

    start = now();
    check("a time to come", singleshot(start + SOON), 0);
    check("makes nothing pending yet", is_pending(port), 0);
    halt_until_upcall();
    check("HLT waits for it", now() - start >= SOON, 1);
    check("and not much longer", now() - start < 5000 * MS, 1);
    wait_ms(10);
    check("it fires once", is_pending(port), 0);

    start = now();
    singleshot(start + 5 * MS);
    before = upcalls;
    interrupts_on();
    while (upcalls == before && now() - start < 10000 * MS) ;
    interrupts_off();
    clear_pending(port);
    check("a computing loop is interrupted by it", upcalls, before + 1);
    check("not before its time", now() - start >= 5 * MS, 1);

    singleshot(now() + SOON);
    check("stop_singleshot_timer", hypercall3(HYPERVISOR_vcpu_op, 9, 0, 0), 0);
    wait_ms(SOON / MS + 10);
    check("stops it", is_pending(port), 0);
    singleshot(now() + 500 * MS);
    start = now();
    singleshot(start + 5 * MS);
    halt_until_upcall();
    check("a new time replaces the old one", now() - start < 400 * MS, 1);

    start = now();
    check("set_timer_op", hypercall1(HYPERVISOR_set_timer_op, start + 5 * MS), 0);
    halt_until_upcall();
    check("fires as well", now() - start >= 5 * MS, 1);
    hypercall1(HYPERVISOR_set_timer_op, now() + SOON);
    hypercall1(HYPERVISOR_set_timer_op, 0);
    wait_ms(SOON / MS + 10);
    check("and is cancelled by 0", is_pending(port), 0);

    u64 period = 4 * MS;
    start = now();
    check("a periodic timer", hypercall3(HYPERVISOR_vcpu_op, 6, 0, &period), 0);
    for (int i = 0; i < 5; i++) halt_until_upcall();
    check("comes again and again", now() - start >= 16 * MS, 1);
    check("stop_periodic_timer", hypercall3(HYPERVISOR_vcpu_op, 7, 0, 0), 0);
    clear_pending(port);
    wait_ms(15);
    check("stops it", is_pending(port), 0);
    period = MS / 2;
    check("a period below 1 ms gives -EINVAL", hypercall3(HYPERVISOR_vcpu_op, 6, 0, &period), -EINVAL);
    check("a timer for another vcpu is refused", hypercall3(HYPERVISOR_vcpu_op, 8, 3, &period) < 0, 1);
}

static void states(void)
{
    volatile struct runstate *state = zero_page();
    u64 pointer = (u64)state, before;
    check("register a runstate area", hypercall3(HYPERVISOR_vcpu_op, 5, 0, &pointer), 0);
    check("running", state->state, 0);
    // a busy host may take this vcpu off its processor in front of the halt: what is asked is asked of one that was busy for next to nothing
    u64 busy, rounds = 0;
    do {
        before = state->time[2];
        busy = state->time[0] + state->time[1];
        singleshot(now() + 20 * MS);
        halt_until_upcall();
    } while (state->time[0] + state->time[1] - busy > MS && ++rounds < 100);
    check("halted time counts as blocked", state->time[2] - before >= 15 * MS, 1);
    check("and it is running again", state->state, 0);
    struct runstate copied;
    check("get_runstate_info", hypercall3(HYPERVISOR_vcpu_op, 4, 0, &copied), 0);
    check("tells the same", copied.state == 0 && copied.time[2] >= before, 1);
}

void guest_main(void)
{
    if (!on_xen) { skip("timers", "no Xen here"); return; }
    check("shared_info", add_to_physmap(0, 0, SHARED_INFO_GFN), 0);
    for (int word = 0; word < 64; word++) shared->mask[word] = ~0ul;
    upcalls_on();
    clock();
    timers();
    states();
}
