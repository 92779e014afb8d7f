/*
 * What a TRY came to, checked: the exceptions by their short names, and checks of the vector, error code, instruction and address of
 * the last one.
 */
#ifndef EXPECT_H
#define EXPECT_H

#include "guest.h"

#define DE 0
#define DB 1
#define BP 3
#define OF 4
#define BR 5
#define UD 6
#define NM 7
#define DF 8
#define NP 11
#define SS 12
#define GP 13
#define PF 14
#define MF 16
#define AC 17
#define XM 19

/* The fault of the last TRY, at the marked instruction. */
static inline void expect_at(const char *name, u64 vector, u64 error, u64 rip)
{
    if (fault.vector == vector && fault.error == error && fault.rip == rip) { success(name); return; }
    print("FAILURE "); print(name); print(": vector "); print_number(fault.vector); print(" error "); print_hex(fault.error);
    print(" rip "); print_hex(fault.rip - rip); print(" too far; expected vector "); print_number(vector);
    print(" error "); print_hex(error); print("\n");
    count_failure();
}

static inline void expect(const char *name, u64 vector, u64 error) { expect_at(name, vector, error, try_rip); }

static inline void expect_pf(const char *name, u64 error, u64 cr2)
{
    if (fault.vector == PF && fault.cr2 != cr2) { check(name, fault.cr2, cr2); return; }
    expect(name, PF, error);
}

static inline void expect_none(const char *name)
{
    if (fault.vector == NO_FAULT || fault.vector == USER_DONE) success(name);
    else expect(name, NO_FAULT, 0);
}

#endif
