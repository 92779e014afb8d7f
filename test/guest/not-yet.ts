// Checks of the micro-kernels that our engine does not pass yet. They must fail: when one passes, its row is to go.
// Owner of all of them: the CPU core (src-engine/assembly).

/** By kernel: name of the check → what is missing. */
export const NOT_YET: Readonly<Record<string, Readonly<Record<string, string>>>> = {}
