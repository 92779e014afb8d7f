// One case of the instruction tests: code and the state it starts from, and the state it ends in. The same addresses
// hold in the native harness (native.c) and in the guest that machine.ts builds around our core.
// Runs in: anything (plain data).

/** Two writable pages, one that is read-only, nothing before and after; GS points a page before them. */
export const DATA = 0x1000_0000n
export const READ_ONLY = DATA + 0x2000n
export const NOTHING = DATA + 0x3000n
export const GS_BASE = DATA - 0x1000n
/** Two pages of HLT, in which a case's code is put. */
export const CODE = 0x2000_0000n
/** The memory a case sets and compares: around the border of the two pages, and the end of the second one. */
export const MIDDLE = DATA + 0x1000n - 256n
export const TAIL = DATA + 0x2000n - 64n

export type Case = {
  readonly code: Uint8Array
  readonly offset: number
  readonly gpr: readonly bigint[]
  readonly rflags: number
  readonly middle: Uint8Array
  readonly tail: Uint8Array
  /** FXSAVE image (416 bytes count), for instructions that look at it. */
  readonly fx: Uint8Array | undefined
}

export type Answer = {
  readonly gpr: readonly bigint[]
  readonly rip: bigint
  readonly rflags: number
  readonly cr2: bigint
  readonly trap: number
  readonly error: number
  readonly middle: Uint8Array
  readonly tail: Uint8Array
  readonly fx: Uint8Array | undefined
}

/** Offsets in struct request and struct answer of native.c. */
export const REQUEST = { LENGTH: 24, OFFSET: 28, GPR: 32, RFLAGS: 160, MIDDLE: 168, TAIL: 680, BYTES: 744 } as const
export const ANSWER = { RIP: 128, RFLAGS: 136, CR2: 144, TRAP: 152, ERROR: 156, MIDDLE: 160, TAIL: 672, BYTES: 736 } as const
