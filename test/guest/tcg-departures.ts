// Checks of the micro-kernels that QEMU's own translator (TCG) does not pass, with what it does instead. Under QEMU these
// must fail: when a newer QEMU passes one, the row is to go. Under our engine there is no such list.
// Seen with QEMU 7.2 of Debian 12.

const NO_LIMITS = 'TCG checks no segment limits and rights'
const CODE_16 = 'TCG multiplies the vector by 16 in the error code in long mode'
const NO_P = 'TCG leaves P out of the error code of a reserved bit'

/** By kernel: name of the check → what TCG does. */
export const TCG_DEPARTURES: Readonly<Record<string, Readonly<Record<string, string>>>> = {
  faults: {
    'a non-canonical stack gives #SS(0)': 'TCG gives #GP',
    'MMX under CR0.EM gives #UD': 'TCG does not check it',
    'an unmasked SSE division by zero gives #XM': 'TCG raises no SSE exceptions',
    'and #UD without CR4.OSXMMEXCPT': 'TCG raises no SSE exceptions',
    'LDMXCSR with a reserved bit gives #GP(0)': 'TCG does not check it',
    'a dword across the limit gives #GP(0)': NO_LIMITS,
    'beyond the limit of SS gives #SS(0)': NO_LIMITS,
    'REP STOS across the limit of ES gives #GP(0)': NO_LIMITS,
    'and none beyond': NO_LIMITS,
    'LODS across the limit gives #GP(0)': NO_LIMITS,
    'XLAT beyond the limit gives #GP(0)': NO_LIMITS,
    'STOS to a read-only segment gives #GP(0)': NO_LIMITS,
    'expand-down: what is within the limit is outside': NO_LIMITS,
    'a write to a read-only segment gives #GP(0)': NO_LIMITS,
    'use of a null segment gives #GP(0)': NO_LIMITS,
    'a write through CS gives #GP(0)': NO_LIMITS,
  },
  'fault-delivery': {
    'a locked compare counts as a write': 'TCG reads first',
    'a reserved bit in a page: error P RSV': NO_P,
    'a write there: error P W RSV': NO_P,
    'a reserved bit in a 2 MiB page: error P RSV': NO_P,
    'a large bit in level 4: error P RSV': NO_P,
    'a gate that is not present gives #NP(vector)': CODE_16,
    'a gate of no known type gives #GP(vector)': CODE_16,
    'a vector beyond the table gives #GP(vector)': CODE_16,
    "INT through a kernel's gate gives #GP(vector)": CODE_16,
    "INT3 through a kernel's gate gives #GP(vector)": CODE_16,
    'ICEBP gives #DB after itself': 'TCG gives #UD',
    'DR7.GD guards the debug registers': 'TCG does not check it',
    'DR6 says BD': 'TCG does not set it',
    'and clears what SFMASK says': 'TCG loses the status flags over SYSCALL',
    'an unaligned read under AM and AC gives #AC(0)': 'TCG has no alignment check',
  },
  'code-tables': { 'faults at the jump': 'TCG faults at the target' },
  modes: {
    'two levels: a reserved bit of a 4 MiB page: error P RSV': NO_P,
    'PAE: the four pointers have no A': 'TCG sets A in them',
    'PAE: without EFER.NXE the NX bit is reserved: error P RSV': NO_P,
    'PAE: a reserved bit of a 2 MiB page: error P RSV': NO_P,
  },
  paging: {
    'reserved bits come before NX: error P RSV I': NO_P,
    'and before the rights: error P W U RSV': NO_P,
    'without EFER.NXE the NX bit is reserved': NO_P,
    "a global page's translation survives a write of CR3": 'TCG forgets global pages too',
    'non-canonical: a read across the end gives #GP(0)': 'TCG looks at the first byte alone',
    'non-canonical: a read by RBP gives #SS(0)': 'TCG gives #GP',
    'non-canonical: DS before RBP is ignored in 64-bit mode': 'TCG gives #GP',
    'non-canonical: POP gives #SS(0)': 'TCG gives #GP',
    'non-canonical: a read by RSP gives #SS(0)': 'TCG gives #GP',
    'non-canonical: a jump gives #GP(0) before it is taken': 'TCG faults at the target',
    'non-canonical: a return gives #GP(0) at the RET': 'TCG faults at the target',
  },
}
