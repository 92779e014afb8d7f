/*
 * What instructions fault for: arithmetic, segments, control registers, floating point, compatibility mode. Vector, error code, saved
 * RIP, and what must not have changed; how exceptions are delivered is in fault-delivery.c.
 * Expected values are those of the AMD64 manual. Where QEMU's TCG departs, the list beside the test (tcg-departures.ts)
 * says so; only checks that would wreck the run there are skipped here.
 */
#include "../lib/expect.h"

/* ---- arithmetic and undefined instructions ---- */

static void arithmetic(void)
{
    TRY("xor %%edx, %%edx; xor %%ecx, %%ecx; mov $1, %%eax\n 8: div %%ecx", NONE, "rcx", "rdx");
    expect("DIV by zero gives #DE at the instruction", DE, 0);
    TRY("mov $1, %%eax; shl $63, %%rax; cqo; mov $-1, %%rcx\n 8: idiv %%rcx", NONE, "rcx", "rdx");
    expect("IDIV of the least number by -1 gives #DE", DE, 0);
    TRY("mov $0x100, %%eax; mov $1, %%cl\n 8: div %%cl", NONE, "rcx");
    expect("DIV whose quotient does not fit gives #DE", DE, 0);
    TRY("8: ud2", NONE);
    expect("UD2 gives #UD", UD, 0);
    TRY("8: .byte 0xf0, 0x01, 0xc0", NONE);
    expect("LOCK on a register destination gives #UD", UD, 0);
    TRY("8: .byte 0x06", NONE);
    expect("PUSH ES gives #UD in 64-bit mode", UD, 0);
    TRY("8: .byte 0x8e, 0xc8", NONE);
    expect("MOV to CS gives #UD", UD, 0);
    TRY("8: .byte 0x0f, 0x20, 0xc8", NONE);
    expect("MOV from CR1 gives #UD", UD, 0);
    TRY("8: int3", NONE);
    expect_at("INT3 is a trap: saved RIP is after it", BP, 0, try_rip + 1);
    TRY("8: int $0x42", NONE);
    expect_at("INT n is a trap: saved RIP is after it", 0x42, 0, try_rip + 2);
    TRY("mov $0x800000000000, %%rax\n 8: mov (%%rax), %%eax", NONE);
    expect("a non-canonical address gives #GP(0)", GP, 0);
    TRY("mov $0xffff7ffffffffffd, %%rax\n 8: mov (%%rax), %%eax", NONE);
    expect("a non-canonical address in the upper half gives #GP(0)", GP, 0);
    set_gate(SS, GATE_INTERRUPT, 1);
    set_gate(GP, GATE_INTERRUPT, 1);
    TRY("mov $1, %%eax; shl $63, %%rax; mov %%rax, %%rsp\n 8: push %%rax", NONE);
    expect("a non-canonical stack gives #SS(0)", SS, 0);
    set_gate(SS, GATE_INTERRUPT, 0);
    set_gate(GP, GATE_INTERRUPT, 0);
}

/* ---- segments ---- */

static void far_return(u64 selector)
{
    TRY("push %[selector]\n lea 1f(%%rip), %%rax\n push %%rax\n 8: lretq\n 1:", [selector] "r"(selector));
}

static void segments(void)
{
    u16 read;
    TRY("8: mov %[s], %%ds", [s] "r"(0x60));
    expect("a selector beyond the GDT gives #GP(selector)", GP, 0x60);
    TRY("8: mov %[s], %%es", [s] "r"(0x63));
    expect("the error code leaves RPL out", GP, 0x60);
    TRY("8: mov %[s], %%ds", [s] "r"(0x38));
    expect("a data segment that is not present gives #NP(selector)", NP, 0x38);
    TRY("8: mov %[s], %%ss", [s] "r"(0x38));
    expect("a stack segment that is not present gives #SS(selector)", SS, 0x38);
    TRY("8: mov %[s], %%ss", [s] "r"(0x08));
    expect("a code segment in SS gives #GP(selector)", GP, 0x08);
    TRY("8: mov %[s], %%ss", [s] "r"(0x23));
    expect("a stack segment of another privilege gives #GP(selector)", GP, 0x20);
    TRY("8: mov %[s], %%ss", [s] "r"(0));
    expect_none("a null SS is allowed at CPL 0 in 64-bit mode");
    asm volatile("mov %0, %%ss" : : "r"(0x10));
    TRY("8: mov %[s], %%ds", [s] "r"(0x08));
    expect_none("a readable code segment may go into DS");
    TRY("8: mov %[s], %%ds", [s] "r"(3));
    expect_none("a null selector with any RPL may go into DS");
    asm volatile("mov %%ds, %0" : "=r"(read));
    check("and reads back as it was", read, 3);
    asm volatile("mov %0, %%ds; mov %0, %%es" : : "r"(0x10));
    far_return(0x60);
    expect("a far return beyond the GDT gives #GP(selector)", GP, 0x60);
    far_return(0x10);
    expect("a far return to a data segment gives #GP(selector)", GP, 0x10);
    far_return(0x50);
    expect("a far return to code that is not present gives #NP(selector)", NP, 0x50);
    far_return(0);
    expect("a far return to a null selector gives #GP(0)", GP, 0);
    far_return(0x08);
    expect_none("a far return to the kernel's code goes on");
    TRY("8: ltr %%cx", "c"(0x40));
    expect("LTR of a busy TSS gives #GP(selector)", GP, 0x40);
    if (!on_xen) skip("LTR of a null selector gives #GP(0)", "TCG loads it");
    else {
        TRY("8: ltr %%cx", "c"(0));
        expect("LTR of a null selector gives #GP(0)", GP, 0);
    }
    TRY("8: ltr %%cx", "c"(0x10));
    expect("LTR of a data segment gives #GP(selector)", GP, 0x10);
    TRY("8: lldt %%cx", "c"(0x10));
    expect("LLDT of a data segment gives #GP(selector)", GP, 0x10);
    TRY("8: lldt %%cx", "c"(0));
    expect_none("LLDT of a null selector is allowed");
    TRY("8: mov %[s], %%fs", [s] "r"(0x0c));
    expect("a selector into a null LDT gives #GP(selector)", GP, 0x0c);
    TRY("mov %%rsp, %%rcx; pushq $0x10; push %%rcx; pushfq; pushq $0x60; lea 9f(%%rip), %%rax; push %%rax\n 8: iretq", NONE, "rcx");
    expect("IRET to a selector beyond the GDT gives #GP(selector)", GP, 0x60);
    TRY("pushfq; orq $0x4000, (%%rsp); popfq\n 8: iretq", NONE);
    expect("IRET with NT set gives #GP(0) in long mode", GP, 0);
    asm volatile("pushfq; andq $~0x4000, (%%rsp); popfq" : : : "cc", "memory");
}

/* ---- control registers and MSRs ---- */

#define MSR_FS_BASE 0xc0000100
#define MSR_PAT 0x277

/* TRY uses RAX itself, so operands in EAX are moved there in the text. */
#define wrmsr_try(msr, value)                                                                                       \
    TRY("mov %[low], %%eax\n 8: wrmsr", IN("c"(msr), "d"((u32)((u64)(value) >> 32)), [low] "S"((u32)(u64)(value))))

/* For writes that TCG lets through with ruin to follow. */
#define CHECKED_BY_CPU(name) if (!on_xen) skip(name, "TCG does not check it"); else

static void control_registers(void)
{
    u64 cr0 = READ_CR(0), cr4 = READ_CR(4);
    CHECKED_BY_CPU("CR0 with PG and without PE gives #GP(0)") {
        TRY("8: mov %[v], %%cr0", [v] "r"(cr0 & ~1ul));
        expect("CR0 with PG and without PE gives #GP(0)", GP, 0);
    }
    CHECKED_BY_CPU("CR0 with NW and without CD gives #GP(0)") {
        TRY("8: mov %[v], %%cr0", [v] "r"((cr0 | 1ul << 29) & ~(1ul << 30)));
        expect("CR0 with NW and without CD gives #GP(0)", GP, 0);
    }
    CHECKED_BY_CPU("CR0 with a high bit gives #GP(0)") {
        TRY("8: mov %[v], %%cr0", [v] "r"(cr0 | 1ul << 32));
        expect("CR0 with a high bit gives #GP(0)", GP, 0);
    }
    CHECKED_BY_CPU("leaving paging from 64-bit code gives #GP(0)") {
        TRY("8: mov %[v], %%cr0", [v] "r"(cr0 & ~(1ul << 31)));
        expect("leaving paging from 64-bit code gives #GP(0)", GP, 0);
    }
    CHECKED_BY_CPU("CR4 without PAE in long mode gives #GP(0)") {
        TRY("8: mov %[v], %%cr4", [v] "r"(cr4 & ~0x20ul));
        expect("CR4 without PAE in long mode gives #GP(0)", GP, 0);
    }
    CHECKED_BY_CPU("CR4 with a reserved bit gives #GP(0)") {
        TRY("8: mov %[v], %%cr4", [v] "r"(cr4 | 1ul << 31));
        expect("CR4 with a reserved bit gives #GP(0)", GP, 0);
    }
    CHECKED_BY_CPU("CR8 above 15 gives #GP(0)") {
        TRY("8: mov %[v], %%cr8", [v] "r"(16ul));
        expect("CR8 above 15 gives #GP(0)", GP, 0);
    }
    asm volatile("mov %0, %%cr8" : : "r"(5ul));
    check("CR8 keeps what is written", READ_CR(8), 5);
    asm volatile("mov %0, %%cr8" : : "r"(0ul));
    check("CR0 and CR4 are as before", READ_CR(0) == cr0 && READ_CR(4) == cr4, 1);

    CHECKED_BY_CPU("EFER with a reserved bit gives #GP(0)") {
        wrmsr_try(MSR_EFER, rdmsr(MSR_EFER) | 1ul << 20);
        expect("EFER with a reserved bit gives #GP(0)", GP, 0);
    }
    {
        u32 highest[4], features[4] = { 0 };
        u64 efer = rdmsr(MSR_EFER);
        cpuid(0x80000000, 0, highest);
        if (highest[0] >= 0x80000021) cpuid(0x80000021, 0, features);
        if (features[0] >> 8 & 1) {
            wrmsr_try(MSR_EFER, efer | 1ul << 21);
            expect_none("EFER.AIBRSE may be set where CPUID has it");
            check("EFER.AIBRSE is kept", rdmsr(MSR_EFER), efer | 1ul << 21);
            wrmsr_try(MSR_EFER, efer);
        } else skip("EFER.AIBRSE", "CPUID has none");
    }
    CHECKED_BY_CPU("EFER.LME cannot change under paging") {
        wrmsr_try(MSR_EFER, rdmsr(MSR_EFER) & ~0x100ul);
        expect("EFER.LME cannot change under paging", GP, 0);
    }
    CHECKED_BY_CPU("a non-canonical FS base gives #GP(0)") {
        wrmsr_try(MSR_FS_BASE, 1ul << 47);
        expect("a non-canonical FS base gives #GP(0)", GP, 0);
    }
    CHECKED_BY_CPU("a non-canonical LSTAR gives #GP(0)") {
        wrmsr_try(MSR_LSTAR, 1ul << 63);
        expect("a non-canonical LSTAR gives #GP(0)", GP, 0);
    }
    CHECKED_BY_CPU("an unknown memory type in PAT gives #GP(0)") {
        wrmsr_try(MSR_PAT, 0x0007040600070402ul);
        expect("an unknown memory type in PAT gives #GP(0)", GP, 0);
    }
    CHECKED_BY_CPU("RDMSR of an unknown number gives #GP(0)") {
        TRY("8: rdmsr", IN("c"(0xdeadbeef), "d"(0)));
        expect("RDMSR of an unknown number gives #GP(0)", GP, 0);
    }
    wrmsr(MSR_FS_BASE, 0x1234567890);
    check("FS base reads back", rdmsr(MSR_FS_BASE), 0x1234567890);
    wrmsr(MSR_FS_BASE, 0);
}

/* ---- floating point ---- */

static u64 aligned[4] __attribute__((aligned(16)));
static u8 fx[512] __attribute__((aligned(16)));

static void floating_point(void)
{
    u64 cr0 = READ_CR(0), cr4 = READ_CR(4);
    u16 unmasked = 0x37b;
    u32 mxcsr = 0x1f80 & ~0x200u, plain = 0x1f80;
    WRITE_CR(0, cr0 | 8);
    TRY("8: fld1", NONE);
    expect("x87 under CR0.TS gives #NM", NM, 0);
    TRY("8: fwait", NONE);
    expect("FWAIT under CR0.TS and MP gives #NM", NM, 0);
    TRY("8: xorps %%xmm0, %%xmm0", NONE);
    expect("SSE under CR0.TS gives #NM", NM, 0);
    WRITE_CR(0, cr0 | 4);
    TRY("8: fld1", NONE);
    expect("x87 under CR0.EM gives #NM", NM, 0);
    TRY("8: xorps %%xmm0, %%xmm0", NONE);
    expect("SSE under CR0.EM gives #UD", UD, 0);
    TRY("8: emms", NONE);
    expect("MMX under CR0.EM gives #UD", UD, 0);
    WRITE_CR(0, cr0);
    WRITE_CR(4, cr4 & ~0x200ul);
    TRY("8: xorps %%xmm0, %%xmm0", NONE);
    expect("SSE without CR4.OSFXSR gives #UD", UD, 0);
    WRITE_CR(4, cr4);
    TRY("fninit; fldcw %[cw]; fld1; fldz; fdivrp\n 8: fwait", [cw] "m"(unmasked));
    expect("an unmasked x87 division by zero gives #MF at the next x87 instruction", MF, 0);
    asm volatile("fninit");
    TRY("ldmxcsr %[m]; xorps %%xmm0, %%xmm0; mov $0x3f800000, %%eax; movd %%eax, %%xmm1\n 8: divss %%xmm0, %%xmm1", [m] "m"(mxcsr));
    expect("an unmasked SSE division by zero gives #XM", XM, 0);
    WRITE_CR(4, cr4 & ~0x400ul);
    TRY("ldmxcsr %[m]; xorps %%xmm0, %%xmm0; mov $0x3f800000, %%eax; movd %%eax, %%xmm1\n 8: divss %%xmm0, %%xmm1", [m] "m"(mxcsr));
    expect("and #UD without CR4.OSXMMEXCPT", UD, 0);
    WRITE_CR(4, cr4);
    asm volatile("ldmxcsr %0" : : "m"(plain));
    TRY("8: movaps 8(%[at]), %%xmm0", [at] "r"(aligned));
    expect("MOVAPS from an unaligned address gives #GP(0)", GP, 0);
    TRY("8: movups 8(%[at]), %%xmm0", [at] "r"(aligned));
    expect_none("MOVUPS may be unaligned");
    TRY("8: fxsave 8(%[at])", [at] "r"(fx));
    expect("FXSAVE to an unaligned address gives #GP(0)", GP, 0);
    mxcsr = 0x10000;
    TRY("8: ldmxcsr %[m]", [m] "m"(mxcsr));
    expect("LDMXCSR with a reserved bit gives #GP(0)", GP, 0);
    asm volatile("ldmxcsr %0" : : "m"(plain));
}

/* ---- compatibility mode ---- */

static void set_descriptor(u32 base, u32 limit, u32 type, u32 flags)
{
    gdt[11] = (limit & 0xffff) | (u64)(base & 0xffffff) << 16 | (u64)type << 40 | (u64)(limit >> 16 & 15) << 48 |
              (u64)flags << 52 | (u64)(base >> 24) << 56;
}

static u32 bounds[2] __attribute__((used)) = { 3, 7 };

static void compatibility_mode(void)
{
    static u8 area[8192] __attribute__((aligned(4096)));
    TRY32("8: nop", NONE);
    expect_none("compatibility mode comes and goes");
    TRY32("8: int $0x42", NONE);
    check("its code segment is saved", fault.cs, 0x30);
    TRY32("mov $0x7fffffff, %%eax; add $1, %%eax\n 8: into", NONE);
    expect_at("INTO after an overflow gives #OF after itself", OF, 0, try_rip + 1);
    TRY32("xor %%eax, %%eax\n 8: into", NONE);
    expect_none("INTO without overflow does nothing");
    TRY32("mov $8, %%eax\n 8: bound %%eax, bounds", NONE);
    expect("BOUND beyond its limits gives #BR", BR, 0);
    TRY32("mov $7, %%eax\n 8: bound %%eax, bounds", NONE);
    expect_none("BOUND within its limits does nothing");
    TRY32("mov $7, %%eax\n 8: aam $0", NONE);
    expect("AAM by zero gives #DE", DE, 0);
    set_descriptor((u32)(u64)area, 0xfff, 0x93, 4); /* data, writable, byte granular */
    TRY32("mov $0x58, %%eax; mov %%eax, %%fs\n 8: mov %%fs:0xffc, %%eax", NONE);
    expect_none("the last dword within the limit can be read");
    TRY32("mov $0x58, %%eax; mov %%eax, %%fs\n 8: mov %%fs:0xffd, %%eax", NONE);
    expect("a dword across the limit gives #GP(0)", GP, 0);
    TRY32("mov $0x58, %%eax; mov %%eax, %%ss\n mov $0x1004, %%ecx\n 8: mov %%ss:(%%ecx), %%eax", NONE, "rcx");
    expect("beyond the limit of SS gives #SS(0)", SS, 0);
    asm volatile("mov %0, %%ss" : : "r"(0x10));
    area[0xfff] = area[0x1000] = 0;
    TRY32("mov $0x58, %%eax; mov %%eax, %%es; mov $0xff8, %%edi; mov $12, %%ecx\n 8: rep stosb", NONE, "rcx", "rdi");
    expect("REP STOS across the limit of ES gives #GP(0)", GP, 0);
    check("after the elements before it", area[0xfff], 0x58);
    check("and none beyond", area[0x1000], 0);
    TRY32("mov $0x58, %%eax; mov %%eax, %%fs; mov $0xffd, %%esi\n 8: lodsl %%fs:(%%esi)", NONE, "rsi");
    expect("LODS across the limit gives #GP(0)", GP, 0);
    TRY32("mov $0x58, %%eax; mov %%eax, %%fs; mov $0x1000, %%ebx\n xor %%eax, %%eax\n 8: xlat %%fs:(%%ebx)", NONE, "rbx");
    expect("XLAT beyond the limit gives #GP(0)", GP, 0);
    set_descriptor((u32)(u64)area, 0xfff, 0x97, 4); /* expand-down, 32-bit */
    TRY32("mov $0x58, %%eax; mov %%eax, %%fs\n 8: mov %%fs:0xffc, %%eax", NONE);
    expect("expand-down: what is within the limit is outside", GP, 0);
    TRY32("mov $0x58, %%eax; mov %%eax, %%fs\n 8: mov %%fs:0x1000, %%eax", NONE);
    expect_none("expand-down: what is beyond the limit is inside");
    set_descriptor((u32)(u64)area, 0xfff, 0x91, 4); /* read-only */
    TRY32("mov $0x58, %%eax; mov %%eax, %%fs\n 8: movl $1, %%fs:0", NONE);
    expect("a write to a read-only segment gives #GP(0)", GP, 0);
    TRY32("mov $0x58, %%eax; mov %%eax, %%es; xor %%edi, %%edi\n 8: stosl", NONE, "rdi");
    expect("STOS to a read-only segment gives #GP(0)", GP, 0);
    TRY32("xor %%eax, %%eax; mov %%eax, %%fs\n 8: mov %%fs:0, %%eax", NONE);
    expect("use of a null segment gives #GP(0)", GP, 0);
    set_descriptor((u32)(u64)area, 0xfff, 0x99, 4); /* execute-only */
    TRY32("mov $0x58, %%eax\n 8: mov %%eax, %%fs", NONE);
    expect("execute-only code in FS gives #GP(selector)", GP, 0x58);
    TRY32("8: movl $1, %%cs:bounds", NONE);
    expect("a write through CS gives #GP(0)", GP, 0);
    gdt[11] = 0x00cf9b000000ffff;
    asm volatile("mov %0, %%fs" : : "r"(0));
}

void guest_main(void)
{
    arithmetic();
    segments();
    control_registers();
    floating_point();
    compatibility_mode();
}
