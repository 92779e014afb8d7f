/*
 * Ways to end, chosen by the command line: what a runner must tell apart, and guests that behave badly.
 */
#include "../lib/xen.h"

static int is(const char *text, const char *word)
{
    while (*word && *text == *word) { text++; word++; }
    return !*word && (*text == 0 || *text == ' ');
}

static void shutdown(u32 reason) { hypercall2(HYPERVISOR_sched_op, 2, &reason); }

void guest_main(void)
{
    const struct start_info *start = (void *)(u64)start_info;
    const char *how = (const char *)start->cmdline;
    print("ENDING "); print(how); print("\n");
    if (is(how, "poweroff")) shutdown(0);
    if (is(how, "reboot")) shutdown(1);
    if (is(how, "crash")) shutdown(3);
    if (is(how, "watchdog")) shutdown(4);
    if (is(how, "halt")) asm volatile("cli; hlt");
    if (is(how, "triple-fault")) {
        struct { u16 limit; u64 base; } __attribute__((packed)) none = { 0, 0 };
        asm volatile("lidt %0; ud2" : : "m"(none));
    }
    /* Nothing but power can stop these. */
    if (is(how, "spin")) for (;;) asm volatile("cli; pause");
    if (is(how, "flood-hypercalls")) for (;;) hypercall2(HYPERVISOR_xen_version, 0, 0);
    if (is(how, "flood-bad-hypercalls")) for (u64 n = 0;; n++) hypercall(n % 80, n, n << 40, ~n, n, n);
    if (is(how, "flood-console")) for (;;) print("a line that nobody asked for, again and again and again and again\n");
    if (is(how, "flood-ports")) for (;;) outb(0xe9, '.');
    if (is(how, "flood-events")) {
        u32 port;
        bind_ipi(0, &port);
        for (;;) evtchn_send(port);
    }
    if (is(how, "wild-jump")) ((void (*)(void))0x20000000)(); /* nothing is there: all ones, no instruction */
    if (is(how, "unknown-note")) print("nothing to do\n");
    failure("endings", "still here");
}
