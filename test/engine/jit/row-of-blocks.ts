// A program of many small blocks, each of which goes on in the next one. Runs in: vitest, beside the interpreter's machine.
import { type Case, DATA, MIDDLE, TAIL } from '../../isa/fuzz/case'

export const BLOCKS = 40
/** Bytes of a block. */
export const BLOCK = 4

export function rowOfBlocks(): Case {
  const gpr = Array.from({ length: 16 }, () => DATA)
  const [middle, tail] = [new Uint8Array(Number(DATA + 0x1000n - MIDDLE) * 2), new Uint8Array(Number(DATA + 0x2000n - TAIL))]
  // inc ebx; jnz to the next one
  const code = Array.from({ length: BLOCKS }, () => [0xff, 0xc3, 0x75, 0]).flat()
  return { code: Uint8Array.from([...code, 0xf4]), offset: 0, bits: 64, gpr, rflags: 2, middle, tail, fx: undefined }
}
