/*
 * Segment registers and descriptor tables looked at: what the processor says of a selector, tables and registers stored,
 * far pointers loaded, far calls and returns, in 64-bit and compatibility mode. (Faults of these: faults.c.)
 */
#include "../lib/guest.h"

#define ZF 0x40ul
#define UD 6

struct far32 { u32 offset; u16 selector; } __attribute__((packed));
static struct far32 pointer __attribute__((used)), away __attribute__((used));
static u32 result __attribute__((used));

#define FLAG_OF(instruction, value)                                                                                 \
    ({ u64 f_; asm volatile(instruction "\n pushfq\n popq %0" : "=r"(f_) : "r"((u32)(value)) : "cc"); f_ & ZF; })
#define READABLE(selector) FLAG_OF("verr %w1", selector)
#define WRITABLE(selector) FLAG_OF("verw %w1", selector)

static u64 rights(u32 selector, u32 *out)
{
    u64 flags;
    u32 value = *out;
    asm volatile("lar %2, %1\n pushfq\n popq %0" : "=r"(flags), "+r"(value) : "r"(selector) : "cc");
    *out = value;
    return flags & ZF;
}
static u64 limit(u32 selector, u32 *out)
{
    u64 flags;
    u32 value = *out;
    asm volatile("lsl %2, %1\n pushfq\n popq %0" : "=r"(flags), "+r"(value) : "r"(selector) : "cc");
    *out = value;
    return flags & ZF;
}
static u16 fs(void) { u16 v; asm volatile("mov %%fs, %0" : "=r"(v)); return v; }
static u16 gs(void) { u16 v; asm volatile("mov %%gs, %0" : "=r"(v)); return v; }

static void asked(void)
{
    u32 value = 7;
    check("VERR: data can be read", READABLE(0x10), ZF);
    check("VERR: readable code can be read", READABLE(0x08), ZF);
    check("VERR: a null selector cannot", READABLE(0), 0);
    check("VERR: nor a TSS", READABLE(0x40), 0);
    check("VERR: nor what lies beyond the table", READABLE(0x1000), 0);
    check("VERR: nor with a requested privilege that is too low", READABLE(0x13), 0);
    check("VERW: data can be written", WRITABLE(0x10), ZF);
    check("VERW: code cannot", WRITABLE(0x08), 0);
    check("VERW: a null selector cannot", WRITABLE(0), 0);
    check("LAR finds data", rights(0x10, &value), ZF);
    check("LAR: type, privilege and flags", value & 0xf0ff00, 0xc09300);
    value = 7;
    check("LAR finds a TSS", rights(0x40, &value), ZF);
    check("LAR: a busy 64-bit one", value & 0xf0ff00, 0x008b00);
    value = 7;
    check("LAR refuses a null selector", rights(0, &value), 0);
    check("and leaves the register alone", value, 7);
    check("LSL finds data", limit(0x10, &value), ZF);
    check("LSL: a limit in pages ends with ones", value, 0xffffffff);
    check("LSL finds the TSS", limit(0x40, &value), ZF);
    check("LSL: its limit in bytes", value, sizeof(tss) - 1);
    value = 7;
    check("LSL refuses what lies beyond the table", limit(0x1000, &value), 0);
    check("and leaves the register alone (LSL)", value, 7);
}

static void stored(void)
{
    u16 word = 0xffff;
    u64 cr0, value = ~0ul;
    struct { u16 limit; u64 base; } __attribute__((packed)) table = { 0, 0 };
    asm volatile("sidt %0" : "=m"(table));
    check("SIDT stores the address", table.base, (u64)idt);
    check("and the limit", table.limit, 0xfff);
    asm volatile("sgdt %0" : "=m"(table));
    check("SGDT stores the address", table.base, (u64)gdt);
    asm volatile("str %0" : "=m"(word));
    check("STR stores the selector of the TSS", word, 0x40);
    asm volatile("str %k0" : "=r"(value));
    check("STR to a register clears the rest", value, 0x40);
    asm volatile("sldt %0" : "=m"(word));
    check("SLDT without an LDT stores 0", word, 0);
    asm volatile("mov %%cr0, %0" : "=r"(cr0));
    asm volatile("smsw %0" : "=m"(word));
    check("SMSW stores the low half of CR0", word, cr0 & 0xffff);
}

static void loaded(void)
{
    asm volatile("pushq $0x10\n popq %%fs\n pushq $0x20\n popq %%gs" : : : "memory");
    check("POP FS loads it", fs(), 0x10);
    check("POP GS loads it", gs(), 0x20);
    asm volatile("pushq $0\n popq %%fs\n pushq $0\n popq %%gs" : : : "memory");
    check("and a null selector", fs() | gs(), 0);
    pointer = (struct far32){ 0x12345678, 0x10 };
    asm volatile("lfs pointer, %%eax\n mov %%eax, result" : : : "rax", "memory");
    check("LFS loads the offset", result, 0x12345678);
    check("and FS", fs(), 0x10);
    asm volatile("lgs pointer, %%eax\n mov %%eax, result" : : : "rax", "memory");
    check("LGS loads GS", gs(), 0x10);
    asm volatile("lss pointer, %%eax\n mov %%eax, result" : : : "rax", "memory");
    check("LSS loads the offset", result, 0x12345678);
    asm volatile("mov %0, %%fs\n mov %0, %%gs" : : "r"(0));
    TRY("8: sysenter", NONE);
    check("SYSENTER is #UD in long mode, as on AMD's processors", fault.vector, UD);
}

static void compatibility_mode(void)
{
    TRY32("pushl $0x10\n popl %%es\n pushl $0x20\n popl %%ds\n mov $0x10, %%eax\n mov %%eax, %%ds\n pushl $0x10\n popl %%ss\n"
          " 8: mov %%es, %%eax\n mov %%eax, result", NONE);
    check("POP loads ES, DS and SS", result, 0x10);
    pointer = (struct far32){ 0x12345678, 0x20 };
    TRY32("les pointer, %%ecx\n mov %%ecx, result\n 8: mov %%es, %%ecx", NONE, "rcx");
    check("LES loads the offset", result, 0x12345678);
    TRY32("les pointer, %%ecx\n mov %%es, %%ecx\n 8: mov %%ecx, result", NONE, "rcx");
    check("and ES", result, 0x20);
    TRY32("lds pointer, %%ecx\n mov %%ds, %%ecx\n mov $0x10, %%eax\n mov %%eax, %%ds\n 8: mov %%ecx, result", NONE, "rcx");
    check("LDS loads DS", result, 0x20);
    TRY32("movl $1, result\n lcall $0x30, $5f\n addl $16, result\n jmp 6f\n 5: addl $4, result\n lret\n 6:\n 8: nop", NONE);
    check("a far call comes back", result, 21);
    TRY32("movl $1, result\n movl $5f, away\n movw $0x30, away + 4\n lcall *away\n addl $16, result\n jmp 6f\n"
          " 5: addl $4, result\n pop %%eax\n and $0xfff, %%eax\n pop %%eax\n movl $6f, away\n ljmp *away\n addl $64, result\n 6:\n 8: nop", NONE);
    check("a far call by memory does not, when its return is dropped for a far jump by memory", result, 5);
    TRY32("mov $0x10, %%eax\n mov $0x23, %%ecx\n arpl %%cx, %%ax\n jnz 5f\n mov %%eax, result\n 5:\n 8: nop", NONE, "rcx");
    check("ARPL raises the requested privilege", result, 0x13);
}

void guest_main(void)
{
    asked();
    stored();
    loaded();
    compatibility_mode();
}
