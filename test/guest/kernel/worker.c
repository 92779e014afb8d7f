/*
 * A guest whose every line can be foretold: it computes with memory, SSE and x87 registers that live as long as it does, and
 * prints a running checksum. Stopped, saved and restored anywhere, its lines must be those of an uninterrupted run.
 * The command line says how: sum=N (N lines, no rest), pulse=MS (rests between lines, no end), sleep=MS (one long timer),
 * store=N (N transactions), echo=N (N typed lines, each printed again with its number), break-store=1 and break-console=1 (garbage in its rings, without end). test/support/worker-guest.ts computes the same.
 */
#include "../lib/xen.h"

#define CELLS 4096
#define STEPS 20000
static u32 cell[CELLS];
static u32 hash = 1, line_number, timer_port;

static void block(void)
{
    for (u32 i = 0; i < STEPS; i++) {
        hash = hash * 1664525 + 1013904223;
        cell[hash >> 20] ^= hash;
        hash += cell[hash >> 8 & (CELLS - 1)];
    }
    /* XMM6 holds the sum of all hashes, ST0 their number; nobody else here uses them. */
    asm volatile("movd %0, %%xmm5; paddd %%xmm5, %%xmm6; fld1; faddp" : : "r"(hash));
    line_number++;
}

static void report(const char *word)
{
    u32 sum, count;
    asm volatile("movd %%xmm6, %0; fistl %1" : "=r"(sum), "=m"(count));
    print(word); print(" "); print_number(line_number); print(" "); print_number(hash); print(" ");
    print_number(sum); print(" "); print_number(count); print("\n");
}

static void rest(u64 ms)
{
    struct { u64 at; u32 flags, pad; } arg = { now() + ms * MS, 0, 0 };
    u64 before = upcalls;
    hypercall3(HYPERVISOR_vcpu_op, 8, 0, &arg);
    while (upcalls == before) asm volatile("sti; hlt; cli" : : : "memory");
    clear_pending(timer_port);
}

/* ---- XenStore: one request at a time over the ring ---- */
struct store_ring { char req[1024], rsp[1024]; u32 req_cons, req_prod, rsp_cons, rsp_prod; };
struct store_header { u32 type, req_id, tx_id, len; };
static volatile struct store_ring *ring;
static u32 store_port;
static char reply[4097];

static void wait_store(void)
{
    u32 ports[1] = { store_port };
    struct { u32 *ports; u32 nr, pad; u64 timeout; } poll = { ports, 1, 0, now() + 100 * MS };
    hypercall2(HYPERVISOR_sched_op, 3, &poll);
    clear_pending(store_port);
}

static void put(const char *bytes, u32 length)
{
    while (length) {
        u32 prod = ring->req_prod;
        if (prod - ring->req_cons == 1024) { wait_store(); continue; }
        ring->req[prod & 1023] = *bytes++;
        asm volatile("" : : : "memory");
        ring->req_prod = prod + 1;
        length--;
    }
    evtchn_send(store_port);
}

static void get(char *bytes, u32 length)
{
    while (length) {
        u32 cons = ring->rsp_cons;
        if (cons == ring->rsp_prod) { wait_store(); continue; }
        *bytes++ = ring->rsp[cons & 1023];
        asm volatile("" : : : "memory");
        ring->rsp_cons = cons + 1;
        length--;
    }
}

/* The reply's type; its payload is in `reply`. */
static u32 ask(u32 type, u32 tx, const char *payload, u32 length)
{
    static u32 id;
    struct store_header header = { type, ++id, tx, length };
    put((char *)&header, sizeof(header));
    put(payload, length);
    get((char *)&header, sizeof(header));
    if (header.req_id != id || header.len > 4096) failure("store", "a reply to something else");
    get(reply, header.len);
    reply[header.len] = 0;
    return header.type;
}

static u32 number_in(const char *text)
{
    u32 value = 0;
    while (*text >= '0' && *text <= '9') value = value * 10 + (*text++ - '0');
    return value;
}

static int is_again(void) { return reply[0] == 'E' && reply[1] == 'A' && reply[2] == 'G'; }

static void transactions(u32 count)
{
    static const char key[] = "data/sum";
    char message[40];
    u64 pfn, port;
    get_param(1, &pfn);
    get_param(2, &port);
    ring = (void *)(pfn << 12);
    store_port = port;
    for (u32 done = 0; done < count;) {
        u32 length = sizeof(key), digits = 0, value = 0, tx;
        char text[12];
        if (ask(6, 0, "", 1) != 6) { failure("transaction start", reply); return; }
        tx = number_in(reply);
        if (ask(2, tx, key, sizeof(key)) == 2) value = number_in(reply);
        value = value * 31 + done + 1;
        for (u32 rest = value; digits == 0 || rest; rest /= 10) text[digits++] = '0' + rest % 10;
        copy(message, key, sizeof(key));
        while (digits) message[length++] = text[--digits];
        if (ask(11, tx, message, length) != 11) { failure("write", reply); return; }
        print("IN "); print_number(done + 1); print(" "); print_number(value); print("\n");
        block();
        block();
        u32 ended = ask(7, tx, "T", 2);
        if (ended == 7) { done++; print("DONE "); print_number(done); print(" "); print_number(value); print("\n"); }
        else if (is_again()) print("AGAIN\n");
        else { failure("transaction end", reply); return; }
    }
    ask(2, 0, key, sizeof(key));
    print("FINAL "); print(reply); print("\n");
}

/* ---- console input: a line at a time ---- */
struct console_ring { char in[1024], out[2048]; u32 in_cons, in_prod, out_cons, out_prod; };

static void echo(u32 lines)
{
    char line[100];
    u64 pfn, port, typed = 0;
    get_param(17, &pfn);
    get_param(18, &port);
    volatile struct console_ring *console = (void *)(pfn << 12);
    print("READY\n");
    for (u32 number = 1; number <= lines; number++) {
        for (u32 length = 0;;) {
            while (console->in_cons == console->in_prod) rest(1);
            char byte = console->in[console->in_cons & 1023];
            asm volatile("" : : : "memory");
            console->in_cons++;
            evtchn_send(port);
            typed++;
            if (byte == '\r') { line[length] = 0; break; }
            if (length < sizeof(line) - 1) line[length++] = byte;
        }
        print("ECHO "); print_number(number); print(" "); print_number(typed); print(" "); print(line); print("\n");
    }
}

/* Random bytes and indexes in the ring that HVM_PARAM `param` names, and events on the port of `param + 1`. */
static void break_ring(u32 param, u32 port_param)
{
    u64 pfn, port;
    get_param(param, &pfn);
    get_param(port_param, &port);
    u32 *words = (void *)(pfn << 12);
    print("BREAKING\n");
    for (u32 x = 1;; x++) {
        for (u32 at = 0; at < 1024; at++) {
            x = x * 1664525 + 1013904223;
            /* Mostly small numbers, so that some of them look like lengths and indexes. */
            words[at] = x & 0x10000 ? x >> 16 : x >> 22;
            if (at % 64 == 0) evtchn_send(port);
        }
    }
}

static const char *value_of(const char *text, const char *word)
{
    while (*word && *text == *word) { text++; word++; }
    return !*word && *text == '=' ? text + 1 : 0;
}

void guest_main(void)
{
    const struct start_info *start = (void *)(u64)start_info;
    const char *how = (const char *)start->cmdline, *value;
    asm volatile("fninit; fldz; pxor %xmm6, %xmm6");
    if (!on_xen) { skip("worker", "no Xen here"); return; }
    add_to_physmap(0, 0, SHARED_INFO_GFN);
    upcalls_on();
    bind_virq(0, 0, &timer_port);
    set_mask(timer_port, 0);
    if ((value = value_of(how, "sum"))) {
        for (u32 lines = number_in(value); lines; lines--) { block(); report("LINE"); }
    } else if ((value = value_of(how, "pulse"))) {
        for (u32 ms = number_in(value);;) { block(); report("LINE"); rest(ms); }
    } else if ((value = value_of(how, "sleep"))) {
        u64 ms = number_in(value), before = now();
        block();
        print("SLEEPING\n");
        rest(ms);
        print("SLEPT "); print_number((now() - before) / MS); print("\n");
        block();
        report("LINE");
    } else if ((value = value_of(how, "store"))) transactions(number_in(value));
    else if ((value = value_of(how, "echo"))) echo(number_in(value));
    else if ((value = value_of(how, "break-store"))) break_ring(1, 2);
    else if ((value = value_of(how, "break-console"))) break_ring(17, 18);
    else { failure("worker", "what am I to do?"); return; }
    print("FINISHED\n");
    for (;;) rest(1000); /* stays for those who come to read it */
}
