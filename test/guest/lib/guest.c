/*
 * Support of the micro-kernels: output, checks, interrupt table, power off. No libc; general registers only.
 */
#include "guest.h"

int on_xen;
struct fault fault;
u64 recover_rip, recover_rsp, try_rip;
int (*trap_hook)(struct frame *frame);
struct gate idt[256] __attribute__((aligned(16)));
struct tss tss;
static u8 ist_stack[8][4096] __attribute__((aligned(16)));
static u8 user_trap_stack[8192] __attribute__((aligned(16)));
static u8 user_stack[8192] __attribute__((aligned(16), used));
asm(".globl user_stack_top; .set user_stack_top, user_stack + 8192");
static u32 succeeded, failed, skipped;
static u8 *next_page;

#define COM1 0x3f8
#define DEBUG_PORT 0xe9
#define QEMU_EXIT_PORT 0xf4
#define HYPERVISOR_console_io 18
#define HYPERVISOR_sched_op 29

static void write_bytes(const char *text, u64 length)
{
    if (on_xen) {
        if (hypercall3(HYPERVISOR_console_io, 0, length, text) >= 0) return;
        while (length--) outb(DEBUG_PORT, *text++);
        return;
    }
    for (; length; length--, text++) {
        if (*text == '\n') outb(COM1, '\r');
        outb(COM1, *text);
    }
}

/* Lines are gathered, so that one line is one hypercall. */
static char line[512];
static u64 line_length;

void print(const char *text)
{
    for (; *text; text++) {
        line[line_length++] = *text;
        if (*text == '\n' || line_length == sizeof(line)) {
            write_bytes(line, line_length);
            line_length = 0;
        }
    }
}

void print_number(u64 value)
{
    char digits[24];
    int at = sizeof(digits);
    digits[--at] = 0;
    do digits[--at] = '0' + value % 10; while (value /= 10);
    print(digits + at);
}

void print_hex(u64 value)
{
    char digits[20];
    int at = sizeof(digits);
    digits[--at] = 0;
    do digits[--at] = "0123456789abcdef"[value & 15]; while (value >>= 4);
    digits[--at] = 'x';
    digits[--at] = '0';
    print(digits + at);
}

void success(const char *name) { succeeded++; print("SUCCESS "); print(name); print("\n"); }
void failure(const char *name, const char *why) { failed++; print("FAILURE "); print(name); print(": "); print(why); print("\n"); }
void skip(const char *name, const char *why) { skipped++; print("SKIP "); print(name); print(": "); print(why); print("\n"); }

void count_failure(void) { failed++; }

void check(const char *name, u64 got, u64 expected)
{
    if (got == expected) { success(name); return; }
    failed++;
    print("FAILURE "); print(name); print(": got "); print_hex(got); print(", expected "); print_hex(expected); print("\n");
}

void finish(void)
{
    u32 reason = 0; /* SHUTDOWN_poweroff */
    print("END "); print_number(succeeded); print(" succeeded, "); print_number(failed); print(" failed, ");
    print_number(skipped); print(" skipped\n");
    if (on_xen) hypercall2(HYPERVISOR_sched_op, 2, &reason);
    outb(QEMU_EXIT_PORT, 0);
    for (;;) asm volatile("cli; hlt");
}

void copy(void *to, const void *from, u64 size) { asm volatile("rep movsb" : "+D"(to), "+S"(from), "+c"(size) : : "memory"); }
void fill(void *to, int byte, u64 size) { asm volatile("rep stosb" : "+D"(to), "+c"(size) : "a"(byte) : "memory"); }
/* gcc may call these for structures. */
void *memcpy(void *to, const void *from, u64 size) { copy(to, from, size); return to; }
void *memset(void *to, int byte, u64 size) { fill(to, byte, size); return to; }

void *zero_page(void)
{
    void *page = next_page;
    next_page += 4096;
    fill(page, 0, 4096);
    return page;
}

void set_gate(int vector, int type, int ist)
{
    u64 at = (u64)trap_stubs + 16 * vector;
    idt[vector] = (struct gate){ at, 0x08, ist, type, at >> 16, at >> 32, 0 };
}

/* Lets user mode into the kernel's own pages (code, data, stacks). */
void user_access(void)
{
    for (u64 at = 0x200000; at < (u64)next_page; at += 0x200000) page_level2[at >> 21] |= PAGE_USER;
    WRITE_CR(3, READ_CR(3));
}

void trap(struct frame *frame)
{
    fault.count++;
    if (recover_rip) {
        fault.vector = frame->vector;
        fault.error = frame->error;
        fault.rip = frame->rip;
        fault.cs = frame->cs;
        fault.rsp = frame->rsp;
        fault.rflags = frame->rflags;
        fault.frame = (u64)frame;
        fault.cr2 = READ_CR(2);
        fault.rcx = frame->rcx;
        fault.rsi = frame->rsi;
        fault.rdi = frame->rdi;
        asm volatile("pushfq; pop %0" : "=r"(fault.inner_rflags));
        if (trap_hook && trap_hook(frame)) return;
        frame->rip = recover_rip;
        frame->rsp = recover_rsp;
        frame->cs = 0x08;
        frame->ss = 0x10;
        frame->rflags = 2;
        recover_rip = 0;
        return;
    }
    if (trap_hook && trap_hook(frame)) return;
    print("FAILURE unexpected trap: vector "); print_number(frame->vector);
    print(", error "); print_hex(frame->error); print(", rip "); print_hex(frame->rip);
    print(", cr2 "); print_hex(READ_CR(2)); print("\n");
    failed++;
    finish();
}

void guest_start(void)
{
    u32 r[4];
    struct { u16 limit; u64 base; } __attribute__((packed)) idt_pointer = { sizeof(idt) - 1, (u64)idt };
    u64 base = (u64)&tss;

    cpuid(0x40000000, 0, r);
    on_xen = r[1] == 0x566e6558 && r[2] == 0x65584d4d && r[3] == 0x4d4d566e;
    next_page = (u8 *)(((u64)kernel_end + 0x1fffff) & ~0x1ffffful);
    if (!on_xen) { /* the firmware leaves the PIC open and the PIT ticking */
        outb(0x21, 0xff);
        outb(0xa1, 0xff);
    }
    for (int vector = 0; vector < 256; vector++) set_gate(vector, GATE_INTERRUPT, 0);
    set_gate(USER_DONE, GATE_USER, 0);
    for (int n = 1; n < 8; n++) tss.ist[n] = (u64)ist_stack[n] + sizeof(ist_stack[n]);
    tss.rsp[0] = (u64)user_trap_stack + sizeof(user_trap_stack);
    tss.io_map = sizeof(tss);
    gdt[8] = (sizeof(tss) - 1) | (base & 0xffffff) << 16 | 0x89ul << 40 | (base >> 24 & 0xff) << 56;
    gdt[9] = base >> 32;
    asm volatile("lidt %0" : : "m"(idt_pointer));
    asm volatile("ltr %w0" : : "r"(0x40));
    guest_main();
    finish();
}
