/*
 * Starting the other processors. Their first instruction is at TRAMPOLINE, which the STARTUP's vector names.
 */
#include "second.h"

#define TRAMPOLINE 0x8000ul
extern u8 trampoline[], trampoline_end[];
extern u32 trampoline_far_at, trampoline_seen, real_table_at, real_vector_at, busy_at;
extern u32 second_ticket;
extern u64 second_busy;
extern void (*second_entry)(void);
extern u8 second_idt[10];
volatile struct seen *second_seen;

static void wait(void) { for (u64 until = rdtsc() + 2000000; rdtsc() < until;) pause(); }

void start_second(void (*entry)(void))
{
    u8 *page = (u8 *)TRAMPOLINE;
    copy(page, trampoline, trampoline_end - trampoline);
    *(u16 *)(page + trampoline_far_at) = TRAMPOLINE >> 4;
    *(u32 *)(page + real_table_at + 2) = TRAMPOLINE + real_vector_at;
    *(u16 *)(page + real_vector_at + 2) = TRAMPOLINE >> 4;
    second_seen = (struct seen *)(page + trampoline_seen);
    second_entry = entry;
    second_ticket = 0;
    second_busy = TRAMPOLINE + busy_at;
    asm volatile("sidt %0" : "=m"(second_idt));
    send_ipi(DELIVER_INIT);
    wait();
    send_ipi(DELIVER_STARTUP | TRAMPOLINE >> 12);
    wait();
    send_ipi(DELIVER_STARTUP | TRAMPOLINE >> 12);
}
