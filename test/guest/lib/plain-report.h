/*
 * Numbers and checks, for builds of the programs that have a print() of their own instead of guest.c: 32 bits, and the host.
 * Included once by each, behind guest.h.
 */
static u32 succeeded, failed;

static void print_in(u64 value, u32 base)
{
    char digits[24];
    int at = sizeof(digits);
    digits[--at] = 0;
    do digits[--at] = "0123456789abcdef"[value % base]; while (value /= base);
    print(digits + at);
}
void print_number(u64 value) { print_in(value, 10); }
void print_hex(u64 value) { print("0x"); print_in(value, 16); }

void check(const char *name, u64 got, u64 expected)
{
    if (got == expected) { succeeded++; print("SUCCESS "); print(name); print("\n"); return; }
    failed++;
    print("FAILURE "); print(name); print(": got "); print_hex(got); print(", expected "); print_hex(expected); print("\n");
}
