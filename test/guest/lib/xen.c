/*
 * Upcalls of the micro-kernels that take events, and words of the command line.
 */
#include "xen.h"

u64 upcalls, upcall_rip;

static int upcall_hook(struct frame *frame)
{
    if (frame->vector != UPCALL_VECTOR) return 0;
    upcalls++;
    upcall_rip = frame->rip;
    shared->vcpu[0].upcall_pending = 0;
    asm volatile("" : : : "memory");
    shared->vcpu[0].pending_sel = 0;
    return 1;
}

void upcalls_on(void)
{
    trap_hook = upcall_hook;
    set_param(0, 2ul << 56 | UPCALL_VECTOR);
}

u32 option(const char *name, u32 otherwise)
{
    const char *text = (const char *)((struct start_info *)(u64)start_info)->cmdline;
    for (; text && *text; text++) {
        const char *word = name;
        const char *at = text;
        while (*word && *at == *word) at++, word++;
        if (*word || *at != '=') continue;
        u32 number = 0;
        for (at++; *at >= '0' && *at <= '9'; at++) number = number * 10 + *at - '0';
        return number;
    }
    return otherwise;
}
