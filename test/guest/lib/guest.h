/*
 * What a micro-kernel can use: text output, checks with a name and an expected value, faults caught and looked at, and the
 * way into the hypervisor. Runs under our engine (or Xen) and, where no hypercall is needed, under qemu -kernel.
 */
#ifndef GUEST_H
#define GUEST_H

typedef unsigned char u8;
typedef unsigned short u16;
typedef unsigned int u32;
typedef int s32;
#ifdef __x86_64__
typedef unsigned long u64;
typedef long s64;
#else /* guest32.c has what the programs of `bench -- cpu` need */
typedef unsigned long long u64;
typedef long long s64;
#endif

/* The kernel under test. */
void guest_main(void);

/* True under a hypervisor that says it is Xen. */
extern int on_xen;
extern u32 start_info;

/* ---- output: SUCCESS, FAILURE or SKIP lines; the test reads these and nothing else ---- */
void print(const char *text);
void print_number(u64 value);
void print_hex(u64 value);
void success(const char *name);
void failure(const char *name, const char *why);
void skip(const char *name, const char *why);
/* For a FAILURE line printed by the kernel itself. */
void count_failure(void);
/* SUCCESS when equal, else FAILURE with both values. */
void check(const char *name, u64 got, u64 expected);
/* Prints the sum and powers off. */
void finish(void) __attribute__((noreturn));

/* ---- traps ---- */
struct frame {
    u64 r15, r14, r13, r12, r11, r10, r9, r8, rdi, rsi, rbp, rbx, rdx, rcx, rax;
    u64 vector, error, rip, cs, rflags, rsp, ss;
};
/* The last fault that TRY or run_user caught. vector is NO_FAULT when there was none. */
#define NO_FAULT 0xffff
extern struct fault { u64 vector, error, rip, cr2, cs, rsp, rflags, frame, count, rcx, rsi, rdi, inner_rflags; } fault;
extern u64 recover_rip, recover_rsp;
extern u64 try_rip;

/*
 * Runs an instruction that may fault; afterwards `fault` tells. The text must hold the label 8: at the instruction that
 * is meant to fault, so that the saved RIP can be checked. RAX is clobbered.
 */
#define TRY(text, inputs, clobbers...)                                                                              \
    do {                                                                                                            \
        fault.vector = NO_FAULT;                                                                                    \
        asm volatile("lea 9f(%%rip), %%rax\n mov %%rax, recover_rip\n mov %%rsp, recover_rsp\n"                     \
                     "lea 8f(%%rip), %%rax\n mov %%rax, try_rip\n" text "\n9: movq $0, recover_rip\n mov recover_rsp, %%rsp\n"               \
                     : : inputs : "rax", "memory", "cc", ##clobbers);                                               \
    } while (0)
/* No inputs; several inputs as one argument. */
#define NONE "i"(0)
#define IN(...) __VA_ARGS__

/*
 * The same in user mode: the text runs at CPL 3 (64-bit) with the given RFLAGS; when nothing faults it ends with
 * vector USER_DONE. user_access() must have been called for the kernel's own pages.
 */
#define USER_DONE 0x81
#define TRY_USER(text, rflags_, inputs, clobbers...)                                                                \
    do {                                                                                                            \
        fault.vector = NO_FAULT;                                                                                    \
        asm volatile("lea 9f(%%rip), %%rax\n mov %%rax, recover_rip\n mov %%rsp, recover_rsp\n"                     \
                     "lea 8f(%%rip), %%rax\n mov %%rax, try_rip\n"                                                   \
                     "pushq $0x23\n pushq $user_stack_top\n pushq %[flags]\n pushq $0x2b\n"                          \
                     "lea 7f(%%rip), %%rax\n pushq %%rax\n iretq\n7: " text "\n int $0x81\n"                         \
                     "9: movq $0, recover_rip\n mov recover_rsp, %%rsp\n mov $0x10, %%eax\n mov %%eax, %%ds\n mov %%eax, %%es\n"              \
                     : : [flags] "r"((u64)(rflags_)), inputs : "rax", "memory", "cc", ##clobbers);                  \
    } while (0)
/* The same in 32-bit compatibility mode at CPL 0. */
#define TRY32(text, inputs, clobbers...)                                                                            \
    do {                                                                                                            \
        fault.vector = NO_FAULT;                                                                                    \
        asm volatile("lea 9f(%%rip), %%rax\n mov %%rax, recover_rip\n mov %%rsp, recover_rsp\n"                     \
                     "lea 8f(%%rip), %%rax\n mov %%rax, try_rip\n"                                                   \
                     "pushq $0x30\n lea 7f(%%rip), %%rax\n pushq %%rax\n lretq\n .code32\n7: " text                   \
                     "\n ljmp $0x08, $9f\n .code64\n9: movq $0, recover_rip\n mov recover_rsp, %%rsp\n"                                      \
                     "mov $0x10, %%eax\n mov %%eax, %%ds\n mov %%eax, %%es\n"                                       \
                     : : inputs : "rax", "memory", "cc", ##clobbers);                                               \
    } while (0)
void user_access(void);
extern u8 user_stack_top[];

/* Called for every trap; return 1 when handled: then a TRY goes on waiting. */
extern int (*trap_hook)(struct frame *frame);

struct gate { u16 low; u16 selector; u8 ist; u8 type; u16 middle; u32 high; u32 zero; } __attribute__((packed));
extern struct gate idt[256];
struct tss { u32 zero0; u64 rsp[3]; u64 ist[8]; /* ist[0] is not one */ u64 zero1; u16 zero2; u16 io_map; } __attribute__((packed));
extern struct tss tss;
extern u64 gdt[];
extern u8 trap_stubs[];
void set_gate(int vector, int type, int ist);
#define GATE_INTERRUPT 0x8e
#define GATE_TRAP 0x8f
#define GATE_USER 0xee

/* ---- memory ---- */
extern u64 page_level4[512], page_level3[512], page_level2[2048], page_level1[512];
#define PAGE_PRESENT 1ul
#define PAGE_WRITE 2ul
#define PAGE_USER 4ul
#define PAGE_ACCESSED 0x20ul
#define PAGE_DIRTY 0x40ul
#define PAGE_LARGE 0x80ul
#define PAGE_NX (1ul << 63)
extern u8 kernel_end[];
void *zero_page(void); /* a fresh page beyond the kernel */
void copy(void *to, const void *from, u64 size);
void fill(void *to, int byte, u64 size);
static inline void invlpg(void *at) { asm volatile("invlpg (%0)" : : "r"(at) : "memory"); }

/* ---- registers ---- */
#define MSR_EFER 0xc0000080
#define MSR_STAR 0xc0000081
#define MSR_LSTAR 0xc0000082
#define MSR_CSTAR 0xc0000083
#define MSR_SFMASK 0xc0000084
static inline u64 rdmsr(u32 msr) { u32 a, d; asm volatile("rdmsr" : "=a"(a), "=d"(d) : "c"(msr)); return a | (u64)d << 32; }
static inline void wrmsr(u32 msr, u64 v) { asm volatile("wrmsr" : : "c"(msr), "a"((u32)v), "d"((u32)(v >> 32)) : "memory"); }
static inline u64 rdtsc(void) { u32 a, d; asm volatile("rdtsc" : "=a"(a), "=d"(d)); return a | (u64)d << 32; }
static inline void cpuid(u32 leaf, u32 sub, u32 *out) { asm volatile("cpuid" : "=a"(out[0]), "=b"(out[1]), "=c"(out[2]), "=d"(out[3]) : "a"(leaf), "c"(sub)); }
static inline void outb(u16 port, u8 v) { asm volatile("outb %0, %1" : : "a"(v), "Nd"(port)); }
static inline u8 inb(u16 port) { u8 v; asm volatile("inb %1, %0" : "=a"(v) : "Nd"(port)); return v; }
#define READ_CR(n) ({ u64 v_; asm volatile("mov %%cr" #n ", %0" : "=r"(v_)); v_; })
#define WRITE_CR(n, v) asm volatile("mov %0, %%cr" #n : : "r"((u64)(v)) : "memory")

#ifdef __x86_64__
/* ---- the hypervisor ---- */
static inline s64 hypercall(u64 number, u64 a, u64 b, u64 c, u64 d, u64 e)
{
    s64 result;
    register u64 r10 asm("r10") = d;
    register u64 r8 asm("r8") = e;
    asm volatile("vmmcall" : "=a"(result), "+D"(a), "+S"(b), "+d"(c), "+r"(r10), "+r"(r8) : "0"(number) : "memory");
    return result;
}
#define hypercall1(n, a) hypercall(n, (u64)(a), 0, 0, 0, 0)
#define hypercall2(n, a, b) hypercall(n, (u64)(a), (u64)(b), 0, 0, 0)
#define hypercall3(n, a, b, c) hypercall(n, (u64)(a), (u64)(b), (u64)(c), 0, 0)
#endif

#endif
