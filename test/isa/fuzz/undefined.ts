// What may differ between our core and the host although both are right, each with its reason. Everything else that the
// manuals leave undefined is the same as on the processor of the tests.
// Runs in: tests and the fuzzer (plain data).

/** Status flags that an instruction leaves undefined and where we do not follow this host, by family. */
export const UNDEFINED_FLAGS: Readonly<Record<string, { readonly mask: number; readonly why: string }>> = {
  'imul:GE': {
    mask: 0xd4,
    why: 'ZF SF PF AF: this host leaves them alone, Intel processors set them by the result as we do; keeping them would cost each IMUL',
  },
  'imul:GEI': { mask: 0xd4, why: 'as imul:GE' },
  bsf: {
    mask: 0x895,
    why: 'CF PF AF SF OF: some processors set them by the number, as we do, others (AMD family 25, model 1) leave them alone',
  },
  bsr: { mask: 0x895, why: 'as bsf' },
}

/** Parts of a result that may differ, and why. */
export const TOLERATED = {
  approximation:
    'RCP and RSQRT give 12 bits or so; each processor has its own table. Both within 1.5 * 2^-12 of the true value; tiny ones may be 0.',
  nearBranches:
    'Near branches with a 66 prefix in 64-bit code truncate RIP on AMD and not on Intel; we follow AMD (forms.ts, amdOnly).',
  mxcsrMask: 'FXSAVE stores the mask of MXCSR: bit 17 is AMD’s misaligned-SSE mode, which our CPUID does not offer.',
} as const
