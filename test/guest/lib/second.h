/*
 * Other processors, up to three: start them, send it interrupts. By the local APIC alone, so the same under QEMU and under us.
 */
#ifndef SECOND_H
#define SECOND_H
#include "guest.h"

#define APIC(offset) (*(volatile u32 *)(0xfee00000ul + (offset)))
#define APIC_ID 0x20
#define APIC_EOI 0xb0
#define APIC_SVR 0xf0
#define APIC_ICR 0x300
#define APIC_ICR2 0x310
#define TO_OTHERS 0xc0000
#define DELIVER_NMI 0x400
#define DELIVER_INIT 0x500
#define DELIVER_STARTUP 0x600
#define ASSERT 0x4000

/* What the trampoline found before it left real mode. */
struct seen { u16 cs, flags; u32 cr0, stack; u16 calls; } __attribute__((packed));
extern volatile struct seen *second_seen;

/* INIT, then STARTUP; each other processor calls `entry` on a stack of its own, with interrupts off and the same IDT. */
void start_second(void (*entry)(void));
static inline void send_ipi(u32 what)
{
    APIC(APIC_ICR2) = 0;
    APIC(APIC_ICR) = what | TO_OTHERS | ASSERT;
    while (APIC(APIC_ICR) & 0x1000);
}
static inline int is_second(void)
{
    extern u8 second_stack[], second_stack_top[];
    u64 sp;
    asm volatile("mov %%rsp, %0" : "=r"(sp));
    return sp >= (u64)second_stack && sp <= (u64)second_stack_top;
}
/* 0 for the first processor, then in the order in which the others came. */
static inline int processor(void)
{
    extern u8 second_stack[];
    u64 sp;
    asm volatile("mov %%rsp, %0" : "=r"(sp));
    return is_second() ? (int)((sp - (u64)second_stack - 1) >> 14) + 1 : 0;
}
static inline void pause(void) { asm volatile("pause" : : : "memory"); }
static inline void serialise(void) { u32 out[4]; cpuid(0, 0, out); }
#endif
