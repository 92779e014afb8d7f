/*
 * A guest whose data accesses have to be looked at one by one while it is saved and restored: `alignment`, a program at CPL 3 with
 * EFLAGS.AC under CR0.AM; `breakpoint`, a kernel with a data breakpoint. It computes nothing until something is typed; then comes
 * the access that must trap, with no other change of the state that decides it before.
 */
#include "../lib/xen.h"

#define DB 1
#define AC 17
#define CR0_AM (1ul << 18)
#define EFLAGS_AC (1ul << 18)
/* L0; four bytes, written */
#define DR7_WRITES 0xd0401ul
/* Until the console's in_prod is not 0: no store, and no interrupt, as IF is clear. */
#define UNTIL_TYPED "1: pause\n cmpl $0, 0xc04(%[console])\n je 1b\n"

u32 watched;

void guest_main(void)
{
    const char *how = (const char *)((const struct start_info *)(u64)start_info)->cmdline;
    u64 pfn;
    if (!on_xen) { skip("watched", "no Xen here"); return; }
    get_param(17, &pfn);
    u8 *console = (void *)(pfn << 12);
    if (*how == 'a') {
        page_level2[(u64)console >> 21] |= PAGE_USER;
        invlpg(console);
        user_access();
        WRITE_CR(0, READ_CR(0) | CR0_AM);
        print("ARMED\n");
        TRY_USER(UNTIL_TYPED "sub $64, %%rsp\n 8: mov 1(%%rsp), %%eax", 2 | EFLAGS_AC, [console] "r"(console));
        check("an unaligned read", fault.vector, AC);
    } else {
        asm volatile("mov %0, %%dr0\n mov %1, %%dr7" : : "r"(&watched), "r"(DR7_WRITES));
        print("ARMED\n");
        TRY(UNTIL_TYPED "movl $1, watched\n 8: nop", [console] "r"(console));
        check("a write to what is watched", fault.vector, DB);
    }
}
