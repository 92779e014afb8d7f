/*
 * Event channels (2-level): binding, sending, masking, delivery by the callback vector, and the error codes.
 */
#include "../lib/xen.h"

#define STATUS_CLOSED 0
#define STATUS_UNBOUND 1
#define STATUS_INTERDOMAIN 2
#define STATUS_VIRQ 4
#define STATUS_IPI 5

static u32 status(u32 port)
{
    struct { u16 dom; u32 port, status, vcpu; u64 u; } arg = { DOMID_SELF, port, 99, 0, 0 };
    return evtchn(5, &arg) ? 99 : arg.status;
}

static void lets_go(void) { interrupts_on(); interrupts_off(); }

static void delivery(u32 port)
{
    u64 before;
    for (int word = 0; word < 64; word++) shared->mask[word] = ~0ul;
    set_mask(port, 0);
    lets_go();
    upcalls = 0;

    check("a send to an IPI port", evtchn_send(port), 0);
    check("sets its pending bit", is_pending(port), 1);
    check("its selector bit", shared->vcpu[0].pending_sel, 1ul << port / 64);
    check("and the upcall flag", shared->vcpu[0].upcall_pending, 1);
    check("but nothing comes while IF is 0", upcalls, 0);
    evtchn_send(port);
    lets_go();
    check("STI lets one upcall in", upcalls, 1);
    lets_go();
    check("and no second one for the same bit", upcalls, 1);
    evtchn_send(port);
    lets_go();
    check("a send to a port still pending raises nothing", upcalls, 1);
    clear_pending(port);
    evtchn_send(port);
    lets_go();
    check("after the bit is cleared it does", upcalls, 2);
    clear_pending(port);

    set_mask(port, 1);
    evtchn_send(port);
    lets_go();
    check("a masked port becomes pending", is_pending(port), 1);
    check("without an upcall", upcalls, 2);
    check("unmask", evtchn_unmask(port), 0);
    lets_go();
    check("raises it", upcalls, 3);
    check("and clears the mask bit", shared->mask[port / 64] >> port % 64 & 1, 0);
    clear_pending(port);
    evtchn_unmask(port);
    lets_go();
    check("unmask of a port that is not pending raises nothing", upcalls, 3);

    interrupts_on();
    evtchn_send(port);
    check("with IF set the upcall comes before the next instructions", upcalls, 4);
    interrupts_off();
    clear_pending(port);

    evtchn_send(port);
    before = upcalls;
    asm volatile("sti\n 1: nop\n 2: cli\n lea 2b(%%rip), %%rax\n mov %%rax, try_rip" : : : "rax", "memory");
    check("STI holds interrupts back for one instruction", upcalls == before + 1 && upcall_rip == try_rip, 1);
    clear_pending(port);
    evtchn_send(port);
    asm volatile("sti\n mov %%ss, %%eax\n nop\n cli" : : : "rax", "memory");
    check("and then they come", upcalls, before + 2);
    clear_pending(port);
    evtchn_send(port);
    before = upcalls;
    asm volatile("sti\n cli\n" : : : "memory");
    lets_go();
    check("STI then CLI lets nothing in, STI then NOP does", upcalls, before + 1);
    clear_pending(port);
    evtchn_send(port);
    before = upcalls;
    asm volatile("mov %%ss, %%eax\n pushfq; orq $0x200, (%%rsp); popfq\n 1: nop\n cli" : : : "rax", "memory", "cc");
    check("POPF that sets IF lets it in at once", upcalls, before + 1);
    clear_pending(port);

    evtchn_send(port);
    before = upcalls;
    interrupts_off();
    asm volatile("sti; hlt; cli" : : : "memory");
    check("HLT with an upcall pending goes on", upcalls, before + 1);
    clear_pending(port);
}

/*
 * Computes with IF 0 while an upcall waits, hot enough to be translated, then sets IF with `text`: the upcall has to come at its label 1,
 * each time. What follows is hot too.
 */
#define WAIT_ROUNDS 300u
#define WAITS(name, text)                                                                                             \
    do {                                                                                                              \
        u64 before = upcalls, wrong = 0, sum = 0;                                                                     \
        for (u32 i = 0; i < WAIT_ROUNDS; i++) {                                                                       \
            evtchn_send(port);                                                                                        \
            asm volatile("lea 1f(%%rip), %%rdx\n mov %%rdx, try_rip\n mov $999, %%ecx\n"                              \
                         "0: add %%rcx, %[sum]\n test $7, %%cl\n jz 2f\n inc %[sum]\n 2: dec %%ecx\n jnz 0b\n" text   \
                         "\n mov $99, %%ecx\n 3: inc %[sum]\n dec %%ecx\n jnz 3b\n cli"                              \
                         : [sum] "+r"(sum) : : "rcx", "rdx", "rdi", "memory", "cc");                                  \
            wrong += upcall_rip != try_rip;                                                                           \
            clear_pending(port);                                                                                      \
        }                                                                                                             \
        check(name, upcalls - before, WAIT_ROUNDS);                                                                   \
        check(name ", at the right instruction", wrong, 0);                                                           \
        check(name ", and nothing is lost", sum, WAIT_ROUNDS * (999 * 1000 / 2 + 999 - 999 / 8 + 99));                \
    } while (0)

static void waiting(u32 port)
{
    WAITS("after hot code STI lets it in", "sti\n nop\n 1:");
    WAITS("STI and a jump to hot code", "sti\n jmp 1f\n ud2\n 1:");
    WAITS("POPF", "pushfq\n orq $0x200, (%%rsp)\n popfq\n 1:");
    WAITS("POPF behind MOV SS", "pushfq\n orq $0x200, (%%rsp)\n mov %%ss, %%edi\n mov %%edi, %%ss\n popfq\n 1:");
    WAITS("IRET", "mov %%rsp, %%rdx\n mov %%ss, %%edi\n push %%rdi\n push %%rdx\n pushfq\n orq $0x200, (%%rsp)\n"
                  "mov %%cs, %%edi\n push %%rdi\n lea 1f(%%rip), %%rdi\n push %%rdi\n iretq\n 1:");
}

static void kinds(void)
{
    u32 a, b, virq, ipi, second;
    struct { u16 dom, remote; u32 port; } unbound = { DOMID_SELF, DOMID_SELF, 0 };
    struct { u16 remote; u32 remote_port, local_port; } inter = { DOMID_SELF, 0, 0 };
    struct { u32 port, vcpu; } vcpu;
    struct { u64 gfn; u32 offset, vcpu; u8 bits[8]; } control = { 0xfffffff, 0, 0, { 0 } };
    u16 self = DOMID_SELF;

    check("alloc_unbound", evtchn(6, &unbound), 0);
    a = unbound.port;
    check("gives a port that is not 0", a != 0, 1);
    check("whose status is unbound", status(a), STATUS_UNBOUND);
    check("a send to it goes nowhere, without error", evtchn_send(a), 0);
    inter.remote_port = a;
    check("bind_interdomain with the own domain", evtchn(0, &inter), 0);
    b = inter.local_port;
    check("both ends are interdomain", status(a) == STATUS_INTERDOMAIN && status(b) == STATUS_INTERDOMAIN, 1);
    set_mask(a, 1);
    set_mask(b, 1);
    clear_pending(a);
    clear_pending(b);
    evtchn_send(a);
    check("a send to one end makes the other pending", is_pending(b) && !is_pending(a), 1);
    evtchn_send(b);
    check("and the other way", is_pending(a), 1);
    check("bind_interdomain to a bound port gives -EINVAL", evtchn(0, &inter), -EINVAL);
    check("close one end", evtchn_close(a), 0);
    check("its status is closed", status(a), STATUS_CLOSED);
    check("the other end is unbound again", status(b), STATUS_UNBOUND);
    check("close the other end", evtchn_close(b), 0);
    check("close it again gives -EINVAL", evtchn_close(b), -EINVAL);
    check("a send to a closed port gives -EINVAL", evtchn_send(b), -EINVAL);
    check("a send to port 0 gives -EINVAL", evtchn_send(0), -EINVAL);
    check("a send beyond the ports gives -EINVAL", evtchn_send(4096), -EINVAL);
    check("a send far beyond the ports gives -EINVAL", evtchn_send(~0u), -EINVAL);
    check("unmask beyond the ports gives -EINVAL", evtchn_unmask(4096), -EINVAL);

    check("bind_virq", bind_virq(1, 0, &virq), 0);
    check("its status is virq", status(virq), STATUS_VIRQ);
    check("a second binding gives -EEXIST", bind_virq(1, 0, &second), -EEXIST);
    check("an unknown virq gives -EINVAL", bind_virq(99, 0, &second), -EINVAL);
    check("bind_virq for no vcpu gives -ENOENT", bind_virq(0, 7, &second), -ENOENT);
    check("bind_ipi", bind_ipi(0, &ipi), 0);
    check("its status is ipi", status(ipi), STATUS_IPI);
    check("bind_ipi for no vcpu gives -ENOENT", bind_ipi(7, &second), -ENOENT);
    vcpu.port = ipi;
    vcpu.vcpu = 0;
    check("an IPI cannot move to another vcpu", evtchn(8, &vcpu), -EINVAL);
    check("FIFO is refused", evtchn(11, &control) < 0, 1);
    check("an unknown operation gives -ENOSYS", evtchn(99, &control), -ENOSYS);
    check("an argument from nowhere gives -EFAULT", evtchn(4, (void *)0x8000000000), -EFAULT);
    evtchn_close(virq);
    check("a virq can be bound again after close", bind_virq(1, 0, &virq), 0);

    struct { u16 dom; } reset = { self };
    check("reset", evtchn(10, &reset), 0);
    check("closes IPIs and virqs", status(ipi) == STATUS_CLOSED && status(virq) == STATUS_CLOSED, 1);
    u64 console;
    get_param(18, &console);
    check("but not the console's port", status(console) != STATUS_CLOSED, 1);
}

static void polling(u32 port)
{
    u32 ports[1] = { port };
    struct { u32 *ports; u32 nr, pad; u64 timeout; } poll = { ports, 1, 0, 0 };
    set_mask(port, 1);
    evtchn_send(port);
    check("poll of a pending port returns at once", hypercall2(HYPERVISOR_sched_op, 3, &poll), 0);
    clear_pending(port);
    poll.timeout = now();
    check("poll with a time that is past returns at once", hypercall2(HYPERVISOR_sched_op, 3, &poll), 0);
    u64 start = now();
    poll.timeout = start + 3 * MS;
    check("poll with a time to come", hypercall2(HYPERVISOR_sched_op, 3, &poll), 0);
    check("waits for it", now() - start >= 3 * MS, 1);
    ports[0] = 5000;
    check("poll of a port that cannot be gives -EINVAL", hypercall2(HYPERVISOR_sched_op, 3, &poll), -EINVAL);
    poll.nr = 1000;
    check("poll of too many ports gives -EINVAL", hypercall2(HYPERVISOR_sched_op, 3, &poll), -EINVAL);
    set_mask(port, 0);
    evtchn_send(port);
    check("block with an upcall pending returns at once", hypercall2(HYPERVISOR_sched_op, 1, 0), 0);
    clear_pending(port);
}

/* As many ports as there are. */
static void exhaustion(void)
{
    u32 port, count = 0, first = 0, last = 0;
    s64 result;
    while ((result = bind_ipi(0, &port)) == 0) { if (!count++) first = port; last = port; }
    check("ports run out with an error", result < 0, 1);
    check("after about 4096 of them", count > 4000 && last < 4096, 1);
    upcalls = 0;
    set_mask(last, 0);
    evtchn_send(last);
    lets_go();
    check("the last one works", upcalls == 1 && is_pending(last), 1);
    for (port = first; port <= last; port++) evtchn_close(port);
    check("and after closing there are some again", bind_ipi(0, &port), 0);
}

void guest_main(void)
{
    u32 port;
    if (!on_xen) { skip("events", "no Xen here"); return; }
    check("shared_info", add_to_physmap(0, 0, SHARED_INFO_GFN), 0);
    upcalls_on();
    check("bind_ipi", bind_ipi(0, &port), 0);
    delivery(port);
    waiting(port);
    polling(port);
    kinds();
    exhaustion();
}
