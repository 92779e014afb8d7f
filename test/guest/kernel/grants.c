/*
 * Grant tables, version 1: size, version, mapping into the address space, the entries made beforehand, error codes.
 */
#include "../lib/xen.h"

static s64 grant_op(u32 op, void *arg, u32 count) { return hypercall3(HYPERVISOR_grant_table_op, op, arg, count); }

void guest_main(void)
{
    struct { u16 dom; u32 nr, max; short status; } size = { DOMID_SELF, 0, 0, 99 };
    u32 version;
    struct { u16 dom, pad; u32 version; } got = { DOMID_SELF, 0, 0 };
    u64 value, frames[4] = { 0 };
    struct { u16 dom; u32 nr; short status; u64 *frames; } setup = { DOMID_SELF, 1, 99, frames };

    if (!on_xen) { skip("grants", "no Xen here"); return; }
    check("query_size", grant_op(6, &size, 1), 0);
    check("with status 0", size.status, 0);
    check("at most 1 frame or more", size.max >= 1, 1);
    version = 1;
    check("set_version 1", grant_op(8, &version, 1), 0);
    version = 2;
    check("set_version 2 gives -ENOSYS", grant_op(8, &version, 1), -ENOSYS);
    check("get_version", grant_op(10, &got, 1), 0);
    check("says 1", got.version, 1);

    check("the grant table goes into a hole", add_to_physmap(1, 0, GRANT_GFN), 0);
    get_param(17, &value);
    check("entry 0 grants the console page to domain 0", grants[0].flags == 1 && grants[0].domid == 0 && grants[0].frame == value, 1);
    get_param(1, &value);
    check("entry 1 grants the XenStore page to domain 0", grants[1].flags == 1 && grants[1].domid == 0 && grants[1].frame == value, 1);
    grants[20].domid = 0;
    grants[20].frame = 0x123;
    grants[20].flags = 1;
    check("entries can be written", grants[20].frame == 0x123 && grants[20].flags == 1, 1);
    check("the last entry of the frame as well", (grants[511].frame = 7) == grants[511].frame, 1);
    check("a second frame", add_to_physmap(1, 1, GRANT_GFN + 1), 0);
    grants[512].frame = 0x456;
    check("follows the first", grants[512].frame, 0x456);
    check("query_size", grant_op(6, &size, 1), 0);
    check("counts it", size.nr >= 2 && size.nr <= size.max, 1);
    check("a frame beyond the table gives an error", add_to_physmap(1, size.max, GRANT_GFN + 2) < 0, 1);
    check("the first frame moves", add_to_physmap(1, 0, GRANT_GFN + 3), 0);
    check("with what is in it", ((volatile struct grant_entry *)((GRANT_GFN + 3) << 12))[20].frame, 0x123);
    check("where it was is nothing", *(volatile u64 *)(GRANT_GFN << 12), ~0ul);
    check("setup_table", grant_op(2, &setup, 1), 0);
    check("with status 0", setup.status, 0);
    check("an unknown operation gives -ENOSYS", grant_op(99, &setup, 1), -ENOSYS);
    check("an argument from nowhere gives -EFAULT", grant_op(6, (void *)0x8000000000, 1), -EFAULT);
    size.dom = 77;
    grant_op(6, &size, 1);
    check("another domain's table gives a bad status", size.status != 0, 1);
}
