/*
 * Upcalls of the micro-kernels that take events.
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
