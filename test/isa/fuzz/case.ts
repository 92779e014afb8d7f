// One case of the instruction tests: code and the state it starts from, and the state it ends in. The same addresses
// hold in the native harness (native.c) and in the guest that machine.ts builds around our core.
// Runs in: anything (plain data).

/** Two writable pages, one that is read-only, nothing before and after; GS points a page before them. */
export const DATA = 0x1000_0000n
export const READ_ONLY = DATA + 0x2000n
export const NOTHING = DATA + 0x3000n
export const GS_BASE = DATA - 0x1000n
/** Pages of HLT, in which a case's code is put; the native harness has as many. */
export const CODE = 0x2000_0000n
export const CODE_PAGES = 4
/** The memory a case sets and compares: around the border of the two pages, and the end of the second one. */
export const MIDDLE = DATA + 0x1000n - 256n
export const TAIL = DATA + 0x2000n - 64n

export type Case = {
  readonly code: Uint8Array
  readonly offset: number
  /** 32: compatibility mode; the upper halves of registers and R8-R15 are then nobody's business. */
  readonly bits: 32 | 64
  readonly gpr: readonly bigint[]
  readonly rflags: number
  readonly middle: Uint8Array
  readonly tail: Uint8Array
  /** FXSAVE image (416 bytes count), for instructions that look at it. */
  readonly fx: Uint8Array | undefined
  /** Of programs: other code of the same length, and the frame each page is mapped to in each slice (machine.ts). */
  readonly remapped?: { readonly code: Uint8Array; readonly frames: readonly (readonly number[])[] } | undefined
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

const viewOf = (bytes: Uint8Array): DataView => new DataView(bytes.buffer, bytes.byteOffset, bytes.length)
const numbers = (view: DataView, at: number): bigint[] =>
  Array.from({ length: 16 }, (_, n) => view.getBigUint64(at + n * 8, true))

/** Writes struct request; `to` is as long as it is to be, with or without the FXSAVE image. */
export function writeCase(to: Uint8Array, c: Case): void {
  const view = viewOf(to)
  to.set(c.code)
  view.setUint32(REQUEST.LENGTH, c.code.length, true)
  view.setUint32(REQUEST.OFFSET, c.bits === 32 ? c.offset + 0x8000_0000 : c.offset, true)
  for (const [n, v] of c.gpr.entries()) view.setBigUint64(REQUEST.GPR + n * 8, v, true)
  view.setBigUint64(REQUEST.RFLAGS, BigInt(c.rflags), true)
  to.set(c.middle, REQUEST.MIDDLE)
  to.set(c.tail, REQUEST.TAIL)
  if (c.fx && to.length > REQUEST.BYTES) to.set(c.fx.subarray(0, 416), REQUEST.BYTES)
}
export function readCase(from: Uint8Array): Case {
  const view = viewOf(from)
  return {
    code: from.slice(0, view.getUint32(REQUEST.LENGTH, true)),
    offset: view.getUint32(REQUEST.OFFSET, true) & 0x1fff,
    bits: view.getUint32(REQUEST.OFFSET, true) >= 0x8000_0000 ? 32 : 64,
    gpr: numbers(view, REQUEST.GPR),
    rflags: Number(view.getBigUint64(REQUEST.RFLAGS, true)),
    middle: from.slice(REQUEST.MIDDLE, REQUEST.MIDDLE + 512),
    tail: from.slice(REQUEST.TAIL, REQUEST.TAIL + 64),
    fx: from.length > REQUEST.BYTES ? from.slice(REQUEST.BYTES) : undefined,
  }
}

/** Reads and writes struct answer. */
export function readAnswer(from: Uint8Array): Answer {
  const view = viewOf(from)
  return {
    gpr: numbers(view, 0),
    rip: view.getBigUint64(ANSWER.RIP, true),
    rflags: Number(view.getBigUint64(ANSWER.RFLAGS, true) & 0xffff_ffffn),
    cr2: view.getBigUint64(ANSWER.CR2, true),
    trap: view.getUint32(ANSWER.TRAP, true),
    error: view.getUint32(ANSWER.ERROR, true),
    middle: from.subarray(ANSWER.MIDDLE, ANSWER.MIDDLE + 512),
    tail: from.subarray(ANSWER.TAIL, ANSWER.TAIL + 64),
    fx: from.length > ANSWER.BYTES ? from.subarray(ANSWER.BYTES, ANSWER.BYTES + 416) : undefined,
  }
}
export function writeAnswer(to: Uint8Array, a: Answer): void {
  const view = viewOf(to)
  for (const [n, v] of a.gpr.entries()) view.setBigUint64(n * 8, v, true)
  view.setBigUint64(ANSWER.RIP, a.rip, true)
  view.setBigUint64(ANSWER.RFLAGS, BigInt(a.rflags), true)
  view.setBigUint64(ANSWER.CR2, a.cr2, true)
  view.setUint32(ANSWER.TRAP, a.trap, true)
  view.setUint32(ANSWER.ERROR, a.error, true)
  to.set(a.middle, ANSWER.MIDDLE)
  to.set(a.tail, ANSWER.TAIL)
  if (a.fx && to.length > ANSWER.BYTES) to.set(a.fx.subarray(0, 416), ANSWER.BYTES)
}
