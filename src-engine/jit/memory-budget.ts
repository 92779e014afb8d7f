// How much memory translated code may take. V8 does not say how much it does, so it is estimated from the bytes of the modules alive.
// Runs in: the vcpu's worker thread (plain data).

/** Of all vcpus of a domain together, in bytes. */
export const CODE_MEMORY = 128 << 20
/** Of one of many: a boot and some programs need half of it. */
const LEAST_MEMORY = 32 << 20
/** Bytes of memory for each byte of a module, with something to spare: 3.4 are machine code, 3.5 what V8 keeps beside it (README, Measured). */
const MEMORY_PER_BYTE = 8

/** What one of so many vcpus may take. */
export const codeMemoryOf = (vcpus: number): number => Math.max(LEAST_MEMORY, CODE_MEMORY / vcpus)

/** The bytes of modules that may be alive so that translated code takes so much memory. */
export const modulesWithin = (memory: number): number => memory / MEMORY_PER_BYTE
