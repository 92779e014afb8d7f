// x87 in random programs: mostly what compilers make of long doubles, on memory at RBX too, now and then anything else, with start
// states in which a good part of it computes, and some in which exceptions are not masked.
// Runs in: tests and the lockstep checker.
import { makeState, type Random as StateRandom } from '../fp/states'

type Random = (below: number) => number
const BASE = 3 // RBX points to data

/** /digits of memory operands by opcode, those of compilers first; D9 /5 has a chance of its own, as programs soon end with it. */
const MEMORY: readonly (readonly [opcode: number, digits: readonly number[]])[] = [
  [0xd8, [0, 1, 2, 3, 4, 5, 6, 7]],
  [0xd9, [0, 0, 2, 3, 3, 7]],
  [0xda, [0, 1, 4, 5, 6, 7, 3]],
  [0xdb, [0, 0, 1, 2, 3, 5, 5, 7, 7, 7]],
  [0xdc, [0, 1, 2, 3, 4, 5, 6, 7]],
  [0xdd, [0, 0, 0, 1, 2, 3, 3, 7]],
  [0xde, [0, 1, 4, 6]],
  [0xdf, [0, 1, 2, 3, 4, 5, 6, 7]],
]
const REGISTERS: readonly (readonly number[])[] = [
  [0xd8, 0xc0, 0xc8, 0xd0, 0xd8, 0xe0, 0xe8, 0xf0, 0xf8],
  [0xd9, 0xc0, 0xc0, 0xc8, 0xc8, 0xc8],
  [0xda, 0xc0, 0xc8, 0xd0, 0xd8],
  [0xdb, 0xc0, 0xe8, 0xe8, 0xf0, 0xf0],
  [0xdc, 0xc0, 0xc8, 0xe0, 0xe8, 0xf0, 0xf8],
  [0xdd, 0xd0, 0xd8, 0xd8, 0xe0, 0xe8, 0xc0],
  [0xde, 0xc0, 0xc8, 0xe0, 0xe8, 0xf0, 0xf8],
  [0xdf, 0xe8, 0xf0, 0xe8, 0xf0],
]
const CONSTANTS = [0xe0, 0xe1, 0xe0, 0xe1, 0xe8, 0xe8, 0xea, 0xeb, 0xee, 0xee, 0xe4, 0xe5, 0xfa, 0xfc]
const RARE = [
  [0xd9, 0xd0], [0xd9, 0xf6], [0xd9, 0xf7], [0xda, 0xe9], [0xde, 0xd9], [0xdb, 0xe2], [0xdb, 0xe3], [0xd9, 0xf1], [0xd9, 0xf8],
  [0xd9, 0xf0], [0xd9, 0xfd], [0xd9, 0xf4], [0xd9, 0xd8], [0xdd, 0xc9], [0xdf, 0xc2], [0xdf, 0xd1], [0xdc, 0xd1], [0x9b], [0x9b],
] // biome-ignore format: a table

/** The bytes of one instruction. */
export function x87Instruction(r: Random): readonly number[] {
  const pick = <T>(list: readonly T[]): T => list[r(list.length)] as T
  const memory = (reg: number): number[] => [0x40 | (reg << 3) | BASE, r(8) * 16 + (r(8) === 0 ? r(16) : 0)]
  const kind = r(20)
  if (kind < 8) {
    const [opcode, digits] = pick(MEMORY)
    return [opcode, ...memory(pick(digits))]
  }
  if (kind < 15) {
    const [opcode = 0xd8, ...forms] = pick(REGISTERS)
    return [opcode, pick(forms) + r(r(3) === 0 ? 8 : 4)]
  }
  if (kind < 17) return [0xd9, pick(CONSTANTS)]
  if (kind < 18) return [0xdf, 0xe0]
  if (kind < 19 && r(4) === 0) return [0xd9, ...memory(5)]
  return pick(RARE)
}

/** The state of FXSAVE: in half of them plain numbers and masked exceptions. */
export function x87State(r: Random): Uint8Array {
  const of: StateRandom = {
    u32: () => r(0x1_0000_0000),
    below: r,
    u64: () => (BigInt(r(0x1_0000_0000)) << 32n) | BigInt(r(0x1_0000_0000)),
    chance: (p) => r(1 << 20) < p * (1 << 20),
  }
  const fx = makeState(of, 'f64', true).slice(0, 416)
  if (r(4) === 0) return fx
  const view = new DataView(fx.buffer)
  const top = r(8)
  if (r(3) > 0) view.setUint16(0, 0x37f, true)
  const control = view.getUint16(0, true)
  view.setUint16(2, (top << 11) | (control & r(64)), true)
  // four registers from TOP on are not empty
  view.setUint8(4, ((0xf << top) | ((0xf << top) >> 8)) & 0xff)
  if (r(3) === 0) return fx
  for (let i = 0; i < 8; i++) {
    view.setUint32(32 + 16 * i, r(3) === 0 ? 0 : r(0x1_0000_0000), true)
    view.setUint32(36 + 16 * i, 0x8000_0000 + r(0x8000_0000), true)
    view.setUint16(40 + 16 * i, (r(2) << 15) | (0x3ff0 + r(64)), true)
  }
  return fx
}
