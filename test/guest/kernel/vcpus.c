/*
 * Two processors on one memory: start-up through real mode, locked operations, memory order, interrupts from one to the other,
 * changed page tables, changed code. The second one serves requests: a function to run and an answer that it is done.
 */
#include "../lib/order.h"

/* More of everything by "scale=N" on the command line, more places of memory order by "order=N". */
static u32 scale = 1, order = 1;
#define ROUNDS (3000 * scale)
#define ORDER_WALKS (3 * order)
#define TIMES (50 * scale)
#define VECTOR_COUNT 0x40
#define VECTOR_FLUSH 0x41
#define VECTOR_SYNC 0x42

static volatile u32 running, starts;
static void (*volatile request)(void);
static volatile u32 served, second_id, second_cpuid;
static volatile u32 counted, own_counted, nmis, flushed, synced, events;
static u8 *volatile window;
static u32 event_port;

static int hook(struct frame *frame)
{
    switch (frame->vector) {
    case 2: nmis++; return 1;
    case VECTOR_COUNT: if (is_second()) counted++; else own_counted++; break;
    case VECTOR_FLUSH: invlpg(window); flushed++; break;
    case VECTOR_SYNC: serialise(); synced++; break;
    case UPCALL_VECTOR:
        /* no local APIC has to hear of these */
        shared->vcpu[1].upcall_pending = 0;
        asm volatile("" : : : "memory");
        __atomic_exchange_n(&shared->vcpu[1].pending_sel, 0, __ATOMIC_SEQ_CST);
        __atomic_and_fetch(&shared->pending[event_port / 64], ~(1ul << event_port % 64), __ATOMIC_SEQ_CST);
        events++;
        return 1;
    case 14:
        /* of touch_window() */
        if (!is_second()) return 0;
        frame->rip = frame->rax;
        return 1;
    default: return 0;
    }
    APIC(APIC_EOI) = 0;
    return 1;
}

static void second(void)
{
    u32 out[4];
    APIC(APIC_SVR) = 0x1ff;
    cpuid(1, 0, out);
    second_id = APIC(APIC_ID) >> 24;
    second_cpuid = out[1] >> 24;
    __atomic_fetch_add(&starts, 1, __ATOMIC_SEQ_CST);
    running = 1;
    asm volatile("sti");
    for (;;) {
        while (!request) pause();
        request();
        request = 0;
        served++;
    }
}

/* Runs a function on the second processor; does not wait. */
static void begin(void (*function)(void)) { while (request) pause(); request = function; }
static void end(void) { while (request) pause(); }

/* ---- both do the same to one place ---- */
static struct {
    volatile u32 inc, xadd, cas, guarded, spin, bitlock, bytes, adc;
    volatile u64 wide, pair __attribute__((aligned(8)));
    volatile u16 words[2];
    volatile u32 bits, zeroes, below;
} __attribute__((aligned(64))) sums;
static u8 *across; /* 4 bytes of which cross a page */
static u8 odd[64] __attribute__((aligned(64)));

#define LOCKED(text, ...) asm volatile("lock " text : : __VA_ARGS__ : "memory", "cc")

static volatile u32 adding;
#define ADDITIONS (8 * ROUNDS)
static void add_up(void)
{
    int who = is_second();
    /* both at once */
    __atomic_fetch_add(&adding, 1, __ATOMIC_SEQ_CST);
    while (adding != 2) pause();
    for (u32 i = 0; i < ADDITIONS; i++) {
        u32 one = 1, old;
        LOCKED("incl %0", "m"(sums.inc));
        asm volatile("lock xaddl %0, %1" : "+r"(one), "+m"(sums.xadd) : : "memory", "cc");
        old = sums.cas;
        while (!__atomic_compare_exchange_n(&sums.cas, &old, old + 1, 0, __ATOMIC_SEQ_CST, __ATOMIC_SEQ_CST));
        LOCKED("addq $3, %0", "m"(sums.wide));
        LOCKED("incw %0", "m"(sums.words[who]));
        LOCKED("incb %0", "m"(((volatile u8 *)&sums.bytes)[who]));
        asm volatile("stc; lock adcl $1, %0" : "+m"(sums.adc) : : "memory", "cc");
        for (one = 1; one;) asm volatile("xchgl %0, %1" : "+r"(one), "+m"(sums.spin) : : "memory");
        sums.guarded++;
        asm volatile("" : : : "memory");
        sums.spin = 0;
        LOCKED("btsl %1, %0", "m"(sums.bits), "r"(who));
        LOCKED("btcl %1, %0", "m"(sums.bits), "r"(who + 4));
        LOCKED("btrl %1, %0", "m"(sums.bits), "r"(who));
        u8 zero;
        LOCKED("incl %0", "m"(sums.below));
        asm volatile("lock decl %0; setz %1" : "+m"(sums.below), "=r"(zero) : : "memory", "cc");
        if (zero) __atomic_fetch_add(&sums.zeroes, 1, __ATOMIC_SEQ_CST);
        u32 low = 0, high = 0, next;
        u8 same;
        do {
            next = low + 1;
            asm volatile("lock cmpxchg8b %0; setz %3" : "+m"(sums.pair), "+a"(low), "+d"(high), "=r"(same)
                         : "b"(next), "c"(high + (next == 0)) : "memory", "cc");
        } while (!same);
        if (i % 256 == 0) {
            LOCKED("incl %0", "m"(*(u32 *)across));
            LOCKED("incq %0", "m"(*(u64 *)(odd + 3)));
        }
    }
}

/* ---- memory order ---- */
static enum { SB_FENCE, SB_XCHG, MP, LB } kind;
/* What the left and the right one have seen of a place. */
#define MINE 0
#define THEIRS 1

static void left(volatile struct place *place)
{
    switch (kind) {
    case SB_FENCE: place->x = 1; asm volatile("mfence" : : : "memory"); place->seen[MINE] = place->y; break;
    case SB_XCHG: { u32 one = 1; asm volatile("xchgl %0, %1" : "+r"(one), "+m"(place->x) : : "memory"); place->seen[MINE] = place->y; break; }
    case MP: place->x = 1; place->y = 1; break;
    case LB: place->seen[MINE] = place->y; place->x = 1; break;
    }
}
static void right(volatile struct place *place)
{
    switch (kind) {
    case SB_FENCE: place->y = 1; asm volatile("mfence" : : : "memory"); place->seen[THEIRS] = place->x; break;
    case SB_XCHG: { u32 one = 1; asm volatile("xchgl %0, %1" : "+r"(one), "+m"(place->y) : : "memory"); place->seen[THEIRS] = place->x; break; }
    case MP: place->seen[MINE] = place->y; place->seen[THEIRS] = place->x; break;
    case LB: place->seen[THEIRS] = place->x; place->y = 1; break;
    }
}
static void part(int role, volatile struct place *place) { if (role == 0) left(place); else right(place); }
static int is_forbidden(volatile struct place *place)
{
    u32 mine = place->seen[MINE], theirs = place->seen[THEIRS];
    if (kind == MP) return mine == 1 && theirs == 0;
    if (kind == LB) return mine == 1 && theirs == 1;
    return mine == 0 && theirs == 0;
}
static void order_second(void) { walk_when_told(1, 2, ORDER_WALKS); }
static u32 forbidden(u32 which)
{
    kind = which;
    no_walk_yet();
    begin(order_second);
    u32 bad = walk_all(2, ORDER_WALKS, is_forbidden);
    end();
    return bad;
}

/* ---- page tables ---- */
static volatile u32 stop, wrong;
static u8 *pages[3];
static volatile u64 *entry;

static void look_through(void)
{
    while (!stop) {
        u32 before = flushed;
        u8 value = *(volatile u8 *)window;
        /* the new one may be seen early, the old one not any more */
        if (before == flushed && value == (before + 2) % 3) wrong++;
    }
}
/* Writes through the window again and again; a fault is passed over. */
static void touch_window(void)
{
    while (!stop) asm volatile("lea 1f(%%rip), %%rax; movb $1, (%0); invlpg (%0); 1:" : : "r"(window) : "rax", "memory");
}

/* ---- code ---- */
static u8 *code;
static volatile u32 turn, answer;
static void put_number(u32 number)
{
    code[0] = 0xb8; /* mov $number, %eax; ret */
    *(volatile u32 *)(code + 1) = number;
    code[5] = 0xc3;
}
static u32 call_code(void)
{
    u32 value;
    asm volatile("call *%1" : "=a"(value) : "r"(code) : "memory", "cc");
    return value;
}
static void call_when_told(void)
{
    for (u32 round = 1; round <= TIMES; round++) {
        while (turn != round) pause();
        serialise();
        answer = call_code();
        turn = 0;
    }
}
static void call_always(void)
{
    while (!stop) {
        u32 before = synced;
        u32 value = call_code();
        if (before == synced && value != before && value != before + 1) wrong++;
    }
}
static volatile u32 loops;
static void call_beside(void) { serialise(); while (!stop) { if (call_code() != 7) wrong++; loops++; } }

static void halt_for_good(void) { for (;;) asm volatile("cli; hlt"); }
static void on_xen_too(void);

void guest_main(void)
{
    scale = option("scale", scale);
    order = option("order", order);
    trap_hook = hook;
    APIC(APIC_SVR) = 0x1ff;
    page_level2[0xfee00000ul >> 21] |= 0x18; /* not cached */
    start_second(second);
    while (!running) pause();
    check("the second processor starts at the page of the vector", second_seen->cs, 0x800);
    check("in real mode, caches off", second_seen->cr0, 0x60000010);
    check("with interrupts off", second_seen->flags & 0x200, 0);
    check("real mode has a stack", second_seen->stack, 0x12345678);
    check("calls, far calls and interrupts of real mode return", second_seen->calls, 4);
    check("it starts once for two STARTUPs", starts, 1);
    check("its local APIC is another one", second_id != APIC(APIC_ID) >> 24, 1);
    check("CPUID says the same of it", second_cpuid, second_id);

    across = (u8 *)zero_page() + 4094;
    zero_page();
    begin(add_up);
    add_up();
    end();
    check("INC", sums.inc, 2 * ADDITIONS);
    check("XADD", sums.xadd, 2 * ADDITIONS);
    check("CMPXCHG", sums.cas, 2 * ADDITIONS);
    check("ADD of 64 bits", sums.wide, 6 * ADDITIONS);
    check("INC of neighbouring words", sums.words[0] == (u16)ADDITIONS && sums.words[1] == (u16)ADDITIONS, 1);
    check("INC of neighbouring bytes", sums.bytes, (ADDITIONS & 0xff) * 0x101);
    check("ADC", sums.adc, 4 * ADDITIONS);
    check("plain INC under an XCHG lock", sums.guarded, 2 * ADDITIONS);
    check("BTS BTC BTR of neighbouring bits", sums.bits, 0);
    check("DEC finds zero at least once", sums.zeroes >= 1 && sums.zeroes <= 2 * ADDITIONS && sums.below == 0, 1);
    check("CMPXCHG8B", sums.pair, 2 * ADDITIONS);
    check("INC across two pages", *(u32 *)across, 2 * ((ADDITIONS + 255) / 256));
    check("INC that is not aligned", *(u64 *)(odd + 3), 2 * ((ADDITIONS + 255) / 256));

    check("store buffering with MFENCE", forbidden(SB_FENCE), 0);
    check("store buffering with XCHG", forbidden(SB_XCHG), 0);
    check("message passing", forbidden(MP), 0);
    check("load buffering", forbidden(LB), 0);

    for (u32 i = 1; i <= TIMES; i++) { send_ipi(VECTOR_COUNT); while (counted != i) pause(); }
    check("each interrupt arrives", counted, TIMES);
    check("at the other one alone", own_counted, 0);
    send_ipi(DELIVER_NMI);
    for (u64 until = rdtsc() + 4000000000ul; !nmis && rdtsc() < until;) pause();
    check("NMI", nmis, 1);

    for (int i = 0; i < 3; i++) { pages[i] = zero_page(); pages[i][0] = i; }
    window = (u8 *)0x1f0000;
    entry = &page_level1[0x1f0];
    *entry = (u64)pages[0] | 3;
    invlpg(window);
    begin(look_through);
    for (u32 i = 1; i <= TIMES; i++) {
        *entry = (u64)pages[i % 3] | 3;
        send_ipi(VECTOR_FLUSH);
        while (flushed != i) pause();
    }
    stop = 1;
    end();
    check("after a shootdown the other one sees the new page", wrong, 0);

    stop = wrong = 0;
    *entry = (u64)pages[0] | 3;
    begin(touch_window);
    for (u32 i = 0; i < ROUNDS; i++) {
        u64 old = __atomic_exchange_n(entry, 0, __ATOMIC_SEQ_CST);
        if ((old & ~0x60ul) != ((u64)pages[0] | 3)) wrong++;
        for (int spin = 0; spin < 20; spin++) if (*entry != 0) { wrong++; break; }
        *entry = (u64)pages[0] | 3;
    }
    stop = 1;
    end();
    check("an entry taken away gets no accessed or dirty bit", wrong, 0);

    code = zero_page();
    wrong = 0;
    begin(call_when_told);
    for (u32 round = 1; round <= TIMES; round++) {
        put_number(round * 3);
        turn = round;
        while (turn) pause();
        if (answer != round * 3) wrong++;
    }
    end();
    check("code written by the other one, after a serialising instruction", wrong, 0);

    stop = wrong = 0;
    put_number(0);
    begin(call_always);
    for (u32 round = 1; round <= TIMES; round++) {
        /* as kernels do: a trap first would be right too; here the number changes at once, and the other is told */
        *(volatile u32 *)(code + 1) = round;
        send_ipi(VECTOR_SYNC);
        while (synced != round) pause();
    }
    stop = 1;
    end();
    check("code written while the other one runs it", wrong, 0);
    check("and what the writer runs at the end", call_code(), TIMES);

    stop = wrong = 0;
    put_number(7);
    begin(call_beside);
    for (u32 i = 0; i < 5 * ROUNDS; i++) { code[64 + (i & 1023)] = i; code[2048 + (i & 1023)]++; }
    while (!loops) pause();
    stop = 1;
    end();
    check("writes beside code that runs", wrong, 0);

    if (on_xen) on_xen_too();
    begin(halt_for_good);
    served = 0;
    request = 0;
    running = 0;
    start_second(second);
    while (!running) pause();
    check("INIT and STARTUP wake it from HLT with interrupts off", starts, 2);
    begin(halt_for_good);
    finish();
}

/* ---- hypercalls of two vcpus ---- */
static volatile s64 down_result;
static volatile struct runstate *second_state;
static void go_down(void) { down_result = hypercall3(HYPERVISOR_vcpu_op, 2, 1, 0); }

/* Each page has its own number at 100; the second may see the next one early, but not the last one after it was told. */
static volatile u32 looks;
static void look_for_old(void)
{
    while (!stop) {
        u32 before = flushed;
        u8 value = *(volatile u8 *)(window + 100);
        if (before == flushed && value == (before + 2) % 3 + 1) wrong++;
        looks++;
    }
}
/* Until the second has looked a few times. */
static void let_look(void) { for (u32 until = looks + 20; (s32)(looks - until) < 0;) pause(); }

static void flushes_by_hypercall(void)
{
    u32 refused = 0;
    for (int i = 0; i < 3; i++) { pages[i] = zero_page(); pages[i][100] = i + 1; }
    window = (u8 *)0x1f0000;
    stop = wrong = flushed = 0;
    *entry = (u64)pages[0] | 3;
    invlpg(window);
    begin(look_for_old);
    for (u32 i = 1; i <= TIMES; i++) {
        let_look();
        *entry = (u64)pages[i % 3] | 3;
        refused += hypercall2(HYPERVISOR_hvm_op, 5, 0) != 0;
        flushed = i;
    }
    stop = 1;
    end();
    check("HVMOP_flush_tlbs flushes the second's before it returns", wrong, 0);
    check("HVMOP_flush_tlbs takes no argument", hypercall2(HYPERVISOR_hvm_op, 5, 1), -EINVAL);

    u64 here = (u64)zero_page() >> 12, other = (u64)zero_page() >> 12;
    volatile u8 *number = (volatile u8 *)(other << 12) + 100;
    struct reservation one = { &other, 1, 0, 0, DOMID_SELF };
    stop = wrong = flushed = 0;
    *entry = here << 12 | 3;
    refused += hypercall2(HYPERVISOR_hvm_op, 5, 0) != 0;
    window[100] = 1;
    begin(look_for_old);
    for (u32 i = 1; i <= TIMES; i++) {
        let_look();
        *number = i % 3 + 1;
        refused += add_to_physmap(2, other, here) != 0;
        flushed = i;
        let_look();
        refused += hypercall2(HYPERVISOR_memory_op, 6, &one) != 1;
    }
    stop = 1;
    end();
    check("none of these is refused", refused, 0);
    check("a page that moves is seen by the second when the hypercall returns", wrong, 0);
}

/* ---- what the first sees of the second's run state, while that is down ---- */
static u64 spent(u32 vcpu, u32 state)
{
    struct runstate of;
    return hypercall3(HYPERVISOR_vcpu_op, 4, vcpu, &of) == 0 && of.state == state ? of.time[state] : 0;
}
static void pass(u64 ns) { for (u64 until = rdtsc() + ns; rdtsc() < until;) pause(); }
static void run_states(void)
{
    u64 before = spent(0, 0);
    pass(20000000);
    check("time goes on in the record of who runs", spent(0, 0) - before >= 10000000, 1);
    before = spent(1, 3);
    pass(20000000);
    check("and in that of who is offline", spent(1, 3) - before >= 15000000, 1);
    check("a copy says that its vcpu is offline", second_state->state, 3);
}

static void on_xen_too(void)
{
    add_to_physmap(0, 0, SHARED_INFO_GFN);
    WRITE_CR(3, READ_CR(3));
    set_param(0, 2ul << 56 | UPCALL_VECTOR);
    check("VCPUOP_is_up of the second", hypercall3(HYPERVISOR_vcpu_op, 3, 1, 0), 1);
    check("VCPUOP_is_up of a third", hypercall3(HYPERVISOR_vcpu_op, 3, 2, 0), -ENOENT);
    check("bind_ipi to the second", bind_ipi(1, &event_port), 0);
    for (int word = 0; word < 64; word++) shared->mask[word] = ~0ul;
    set_mask(event_port, 0);
    u32 most = events;
    for (u32 i = 1; i <= TIMES; i++) { evtchn_send(event_port); while (events < most + i) pause(); }
    check("each event reaches the second", events >= most + TIMES, 1);
    second_state = zero_page();
    u64 copy = (u64)second_state;
    check("a copy of the second's run state", hypercall3(HYPERVISOR_vcpu_op, 5, 1, &copy), 0);
    check("says that it runs", second_state->state, 0);
    begin(go_down);
    while (hypercall3(HYPERVISOR_vcpu_op, 3, 1, 0)) pause();
    u32 before = served;
    evtchn_send(event_port);
    for (u64 until = rdtsc() + 20000000; rdtsc() < until;) pause();
    check("a vcpu that is down takes no event", served, before);
    run_states();
    check("VCPUOP_up", hypercall3(HYPERVISOR_vcpu_op, 1, 1, 0), 0);
    end();
    check("it goes on behind VCPUOP_down", down_result, 0);
    flushes_by_hypercall();
}
