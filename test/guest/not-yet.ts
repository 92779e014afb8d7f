// Checks of the micro-kernels that our engine does not pass yet. They must fail: when one passes, its row is to go.
// Owner of all of them: the CPU core (src-engine/assembly).

const DEBUG_REGISTERS = 'DR0-DR3 and DR7.GD are stored, but nothing is watched'
const RIGHTS = 'outside 64-bit mode limits are checked, the right to write is not'

/** By kernel: name of the check → what is missing. */
export const NOT_YET: Readonly<Record<string, Readonly<Record<string, string>>>> = {
  faults: {
    'an instruction breakpoint faults before the instruction': DEBUG_REGISTERS,
    'DR6 says breakpoint 0': DEBUG_REGISTERS,
    'a write breakpoint traps after the instruction': DEBUG_REGISTERS,
    'DR6 says breakpoint 1': DEBUG_REGISTERS,
    'DR7.GD guards the debug registers': DEBUG_REGISTERS,
    'DR6 says BD': DEBUG_REGISTERS,
    'an unaligned read under AM and AC gives #AC(0)': 'alignment is not checked',
    'a write to a read-only segment gives #GP(0)': RIGHTS,
    'a write through CS gives #GP(0)': RIGHTS,
  },
}
