/*
 * The programs of `bench -- cpu` that need a kernel: a storm of page faults, and processes in user mode that give way to each
 * other, each in an address space of its own.
 * A line: LOOP name checksum ticks rounds first, as cpu-loops.c prints them; TSC_KHZ tells the ticks' unit.
 * Checksums were compared with those of plain programs that keep the same books without paging.
 */
#include "../lib/guest.h"
#include "../lib/measure.h"

#define PF 14
#define PAGE_SIZE 4096

/* ---- pages that come when they are touched, as Linux gives anonymous memory: read, all share one of zeros; written, each
   gets its own. By turns all of them go by INVLPG and by a load of CR3. ---- */
#define WINDOW 0x40000000ul /* beyond the machine's memory */
#define PAGES 512
static u64 window_table[PAGES] __attribute__((aligned(PAGE_SIZE)));
static u8 *frames[PAGES], *zeros;
static volatile u64 frames_taken, page_faults; /* changed behind what touches the window */

static void clear_page(void *page)
{
    u64 words = PAGE_SIZE / 8;
    asm volatile("rep stosq" : "+D"(page), "+c"(words) : "a"(0ul) : "memory");
}

static int on_page_fault(struct frame *frame)
{
    u64 at = READ_CR(2);
    if (frame->vector != PF || at < WINDOW || at >= WINDOW + PAGES * PAGE_SIZE) return 0;
    u64 *entry = &window_table[(at - WINDOW) / PAGE_SIZE];
    page_faults++;
    if (!(frame->error & PAGE_WRITE)) {
        *entry = (u64)zeros | PAGE_PRESENT;
        return 1;
    }
    u8 *page = frames[frames_taken++ % PAGES];
    clear_page(page);
    *entry = (u64)page | PAGE_PRESENT | PAGE_WRITE;
    invlpg((void *)at); /* it may have been the page of zeros */
    return 1;
}

static volatile u32 *window_page(u64 n) { return (volatile u32 *)(WINDOW + n * PAGE_SIZE); }

/* Which word of the page: that of the next page is of zeros, unless a frame was not cleared. */
static u32 word_of(u32 n) { return n % 64 * 16; }

static NOINLINE void unmap_window(int by_one)
{
    for (u64 n = 0; n < PAGES; n++) {
        window_table[n] = 0;
        if (by_one) invlpg((void *)window_page(n));
    }
    if (!by_one) WRITE_CR(3, READ_CR(3));
}

static NOINLINE u64 loop_faults(void)
{
    u64 sum = 0;
    page_faults = frames_taken = 0;
    for (u32 turn = 0; turn < 24; turn++) {
        for (u32 i = 0; i < PAGES; i++) {
            u32 n = i * 37 % PAGES;
            if (i % 4 == 0) sum = sum * 31 + window_page(n)[turn];
            if (i % 8 != 4) window_page(n)[word_of(n)] = n * 2654435761u + turn; /* an eighth is only read */
        }
        for (u32 n = 0; n < PAGES; n++) sum = sum * 31 + window_page(n)[word_of(n)] + window_page(n)[word_of(n + 1)];
        unmap_window(turn & 1);
    }
    return sum * 31 + page_faults;
}

static void prepare_faults(void)
{
    zeros = zero_page();
    for (u32 n = 0; n < PAGES; n++) frames[n] = zero_page();
    page_level2[WINDOW >> 21] = (u64)window_table | PAGE_PRESENT | PAGE_WRITE;
    WRITE_CR(3, READ_CR(3));
    trap_hook = on_page_fault;
}

/* ---- processes: the code of all is the kernel's, their memory lies at one address and is different pages. Each works a
   little and gives way by SYSCALL; the kernel saves its registers, changes the stack and CR3, and goes on with the next. ---- */
#define PROCESSES 4
#define OWN (1ul << 39) /* the second entry of level 4 */
#define OWN_PAGES 16 /* the last one is the stack */
#define OWN_WORDS (PAGE_SIZE / 8)
#define SWITCHES 8000

struct process {
    u64 stack; /* the kernel's, where it has stopped */
    u64 space; /* CR3 */
    u64 stack_top;
    u64 *own[OWN_PAGES];
};
static struct process boot, processes[PROCESSES], *running;
static u64 switches_left;
u64 running_stack_top, user_rsp;

void switch_to(u64 *stack, u64 next_stack, u64 next_space);
extern u8 give_way_entry[], start_process[];
asm(".text\n"
    "switch_to:\n"
    "push %rbx\n push %rbp\n push %r12\n push %r13\n push %r14\n push %r15\n"
    "mov %rsp, (%rdi)\n mov %rsi, %rsp\n mov %rdx, %cr3\n"
    "pop %r15\n pop %r14\n pop %r13\n pop %r12\n pop %rbp\n pop %rbx\n"
    "ret\n"
    "give_way_entry:\n"
    "mov %rsp, user_rsp\n mov running_stack_top, %rsp\n"
    "pushq user_rsp\n push %rcx\n push %r11\n sub $8, %rsp\n"
    "call give_way\n"
    "add $8, %rsp\n pop %r11\n pop %rcx\n pop %rsp\n"
    "sysretq\n"
    "start_process:\n" /* a new one's registers: see new_process */
    "mov %rbx, %rcx\n mov %r12, %rsp\n mov $2, %r11d\n"
    "sysretq\n");

static void run(u64 *stack, struct process *next)
{
    running = next;
    running_stack_top = next->stack_top;
    switch_to(stack, next->stack, next->space);
}

void give_way(void)
{
    struct process *next = running + 1 < processes + PROCESSES ? running + 1 : processes;
    run(&running->stack, switches_left-- ? next : &boot);
}

/* Runs in user mode. The n-th word of each page is a sum of those before it in the page before. */
static __attribute__((noreturn, noinline, used)) void process_main(void)
{
    u64 *words = (u64 *)OWN;
    for (u64 turn = 0;; turn++) {
        u64 carried = words[0];
        for (u64 n = 0; n < 96; n++) {
            u64 *word = &words[(n + turn) % (OWN_PAGES - 1) * OWN_WORDS + n * 5 % OWN_WORDS];
            carried = (carried << 7 | carried >> 57) + *word * 31 + n;
            *word = carried;
        }
        words[0] = carried ^ turn;
        asm volatile("syscall" : : : "rax", "rcx", "rdx", "rsi", "rdi", "r8", "r9", "r10", "r11", "memory", "cc");
    }
}

static void new_process(struct process *process, u64 number)
{
    for (u64 n = 0; n < OWN_PAGES; n++) clear_page(process->own[n]);
    process->own[0][0] = number + 1;
    u64 *stack = (u64 *)process->stack_top;
    *--stack = (u64)start_process;
    *--stack = (u64)process_main; /* RBX */
    *--stack = 0;
    *--stack = OWN + OWN_PAGES * PAGE_SIZE - 8; /* R12: the stack, as a call leaves it */
    for (int left = 3; left > 0; left--) *--stack = 0;
    process->stack = (u64)stack;
}

static NOINLINE u64 loop_switches(void)
{
    u64 sum = 0;
    for (u64 n = 0; n < PROCESSES; n++) new_process(&processes[n], n);
    switches_left = SWITCHES;
    run(&boot.stack, &processes[0]);
    for (u64 n = 0; n < PROCESSES; n++)
        for (u64 page = 0; page < OWN_PAGES - 1; page++)
            for (u64 word = 0; word < OWN_WORDS; word++) sum = sum * 31 + processes[n].own[page][word];
    return sum;
}

static void make_space(struct process *process)
{
    const u64 all = PAGE_PRESENT | PAGE_WRITE | PAGE_USER;
    u64 *level4 = zero_page(), *level3 = zero_page(), *level2 = zero_page(), *level1 = zero_page();
    level4[0] = (u64)page_level3 | all;
    level4[1] = (u64)level3 | all;
    level3[0] = (u64)level2 | all;
    level2[0] = (u64)level1 | all;
    for (u64 n = 0; n < OWN_PAGES; n++) level1[n] = (u64)(process->own[n] = zero_page()) | all;
    process->space = (u64)level4;
    process->stack_top = (u64)zero_page() + PAGE_SIZE;
}

static void prepare_switches(void)
{
    for (u64 n = 0; n < PROCESSES; n++) make_space(&processes[n]);
    boot.space = READ_CR(3);
    user_access();
    wrmsr(MSR_STAR, 0x1bul << 48 | 0x08ul << 32);
    wrmsr(MSR_LSTAR, (u64)give_way_entry);
    wrmsr(MSR_SFMASK, 0x700); /* TF, IF, DF */
}

void guest_main(void)
{
    prepare_faults();
    prepare_switches();
    measure_start();
    measure("faults", loop_faults, 0x246a0b5bbc75d900ul);
    check("a page fault for each first read and each first write", page_faults, 24 * (PAGES / 4 + PAGES * 7 / 8));
    measure("switches", loop_switches, 0xff07ab1aee036ba6ul);
}
