// Random programs: arithmetic over registers and one page of data, jumps back and forth, calls and returns, in half of them floating
// point and vectors. Many loop for ever: what counts is that two machines given the same number of instructions are in the same state.
// Those over several pages call functions there; while they run, pages may be mapped to other code, and some write to their own.
// Half of all are long, up to 200 instructions, and change modes (mode-trips.ts).
// Runs in: tests and the lockstep checker.
import { makeState, type Random as StateRandom } from '../fp/states'
import { type Case, CODE, CODE_PAGES, DATA, READ_ONLY } from '../fuzz/case'
import { modeTrip } from './mode-trips'
import { x87Instruction, x87State } from './x87-programs'

export type Random = (below: number) => number

const OPCODES_RM = [
  0x00, 0x01, 0x02, 0x03, 0x28, 0x29, 0x2b, 0x38, 0x39, 0x3b, 0x20, 0x21, 0x23, 0x08, 0x09, 0x30, 0x31, 0x33, 0x10, 0x11, 0x13,
  0x18, 0x19, 0x84, 0x85, 0x86, 0x87, 0x88, 0x89, 0x8a, 0x8b,
]
/** Floating point by its second opcode byte: with each prefix, 66 and none alone, F2 F3 and none. */
const FLOATS = [0x51, 0x58, 0x58, 0x59, 0x59, 0x5a, 0x5c, 0x5d, 0x5e, 0x5f]
const VECTORS = [0x14, 0x28, 0x2e, 0x2f, 0x54, 0x57]
const CONVERSIONS = [0x2a, 0x2c, 0x2d]
const BASE = 3 // RBX points to data
const STACK = 4

/** One instruction in so many of a long program is a trip to another mode. */
const TRIPS = 24

/** Registers programs compute with: not RSP, not RBX. */
const FREE = [0, 1, 2, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15]

/** Floating point of a program, a third of its instructions. */
type Floats = false | 'sse' | 'x87'

interface Part {
  readonly page: number
  readonly instructions: number
}

class Program {
  readonly bytes: number[] = []
  private readonly starts: number[] = []
  private readonly holes: { at: number; wide: boolean; to: number }[] = []
  /** First instruction of each function; the first one is the program itself. */
  private readonly functions: number[] = []
  private readonly length: number

  /** `offset`: of the first byte in its page. One part ends with HLT; of several the first one begins again, others return. */
  constructor(
    private readonly r: Random,
    private readonly offset: number,
    parts: readonly Part[],
    private readonly floats: Floats,
    private readonly trips: boolean,
  ) {
    let length = 0
    for (const { instructions } of parts) {
      this.functions.push(length)
      length += instructions + (parts.length > 1 ? 1 : 0)
    }
    this.length = length
    for (const [i, { page, instructions }] of parts.entries()) {
      if (i > 0) this.skipTo(page)
      for (let n = 0; n < instructions; n++) {
        this.starts.push(this.bytes.length)
        this.instruction()
      }
      if (parts.length === 1) break
      this.starts.push(this.bytes.length)
      if (i > 0) this.bytes.push(0xc3)
      else this.jumpTo(0xe9, true, 0)
    }
    this.starts.push(this.bytes.length)
    this.bytes.push(0xf4)
    for (const { at, wide, to } of this.holes) {
      const distance = (this.starts[to] ?? 0) - (at + (wide ? 4 : 1))
      if (wide) for (let i = 0; i < 4; i++) this.bytes[at + i] = (distance >> (i * 8)) & 255
      else this.bytes[at] = distance & 255
    }
  }

  /** Somewhere in a page, now and then so near its end that the function goes on in the next. */
  private skipTo(page: number): void {
    const at = page * 4096 + (this.r(3) === 0 ? 4000 + this.r(90) : this.r(3500)) - this.offset
    while (this.bytes.length < at) this.bytes.push(0xf4)
  }

  private free(): number {
    return FREE[this.r(FREE.length)] ?? 0
  }

  /** Prefix and REX for operands reg and rm; size 0 to 3. */
  private rex(size: number, reg: number, rm: number): void {
    if (size === 1) this.bytes.push(0x66)
    this.bytes.push(0x40 | (size === 3 ? 8 : 0) | (reg >= 8 ? 4 : 0) | (rm >= 8 ? 1 : 0))
  }
  /** ModRM of a register, or now and then of memory at RBX. */
  private operand(reg: number, rm: number): void {
    if (rm === BASE) this.bytes.push(0x40 | ((reg & 7) << 3) | BASE, this.r(120))
    else this.bytes.push(0xc0 | ((reg & 7) << 3) | (rm & 7))
  }
  private rm(): number {
    return this.r(3) === 0 ? BASE : this.free()
  }

  private instruction(): void {
    const { r, bytes } = this
    if (this.trips && r(TRIPS) === 0) {
      bytes.push(...modeTrip(r, Number(CODE) + this.offset + bytes.length))
      return
    }
    const size = [0, 1, 2, 2, 2, 3, 3, 3][r(8)] ?? 3
    const reg = this.free()
    const rm = this.rm()
    const wide = size === 0 ? 0 : 1
    let what = 0
    if (this.floats && r(3) === 0) {
      if (this.floats === 'x87') bytes.push(...x87Instruction(r))
      else this.float(reg)
      return
    }
    switch (r(17)) {
      case 0:
      case 1:
      case 2:
      case 3: {
        const opcode = OPCODES_RM[r(OPCODES_RM.length)] ?? 1
        this.rex(opcode & 1 ? size || 2 : 0, reg, rm)
        bytes.push(opcode)
        this.operand(reg, rm)
        break
      }
      case 4: // immediate
        this.rex(size, 0, rm)
        bytes.push(size === 0 ? 0x80 : 0x83)
        this.operand(r(8), rm)
        bytes.push(r(256))
        break
      case 5: // shift or rotate
        this.rex(size, 0, rm)
        bytes.push((r(2) === 0 ? 0xc0 : 0xd2) | wide)
        this.operand([0, 1, 4, 5, 7, 2][r(6)] ?? 4, rm)
        if ((bytes[bytes.length - (rm === BASE ? 3 : 2)] ?? 0) < 0xd0) bytes.push(r(72))
        break
      case 6: // INC DEC, NOT NEG MUL IMUL, now and then DIV IDIV
        this.rex(size, 0, rm)
        bytes.push((r(2) === 0 ? 0xfe : 0xf6) | wide)
        this.operand((bytes[bytes.length - 1] ?? 0) >= 0xfe ? r(2) : 2 + r(r(4) === 0 ? 6 : 4), rm)
        break
      case 7: // MOVZX MOVSX CMOVcc IMUL SETcc BT BSWAP
      case 8: {
        const opcode = [0xb6, 0xb7, 0xbe, 0xbf, 0xaf, 0x40 + r(16), 0x40 + r(16), 0x90 + r(16), 0xa3][r(9)] ?? 0xaf
        this.rex(opcode >= 0x90 && opcode < 0xa0 ? 2 : size || 2, reg, rm)
        bytes.push(0x0f, opcode)
        this.operand(reg, opcode === 0xa3 ? this.registerOnly(reg, rm) : rm)
        break
      }
      case 9: // LEA [RBX + reg * scale + disp8], not RSP as index
        bytes.push(
          0x48 | (reg >= 8 ? 4 : 0) | (rm >= 8 ? 2 : 0),
          0x8d,
          0x44 | ((reg & 7) << 3),
          (r(4) << 6) | ((rm & 7) << 3) | BASE,
          r(256),
        )
        break
      case 10: // CALL of a function; PUSH, POP
        if (this.functions.length > 1) this.jumpTo(0xe8, true, this.functions[r(this.functions.length)] ?? 0)
        else if (r(2) === 0) bytes.push(0x41, 0x50 + r(8), 0x41, 0x58 + r(8))
        else this.stackRun()
        break
      case 16: {
        const opcode = [0xa4, 0xa5, 0xac, 0xad, 0xb1, 0xc1][r(6)] ?? 0xa4 // SHLD SHRD, CMPXCHG, XADD
        this.rex(size || 2, reg, rm)
        bytes.push(0x0f, opcode)
        this.operand(reg, rm)
        if (opcode === 0xa4 || opcode === 0xac) bytes.push(r(72))
        break
      }
      case 11:
        this.jump(0xeb, false)
        break
      case 12:
        what = r(4)
        if (what === 0) this.jump(0xe8, true)
        else if (what === 1) bytes.push(0xc3)
        else bytes.push([0x98, 0x99, 0x90, 0xf8, 0xf9, 0xf5][r(6)] ?? 0x90)
        break
      default:
        this.jump(0x70 + r(16), false)
    }
  }

  /** Pushes, pops, or both, of any registers and of immediates; now and then a return behind pops. */
  private stackRun(): void {
    const { r, bytes } = this
    const what = r(4)
    const register = (opcode: number): void => {
      const reg = r(5) === 0 ? STACK : this.free()
      if (reg >= 8) bytes.push(0x41)
      bytes.push(opcode + (reg & 7))
    }
    for (let i = what === 1 ? 0 : r(7); i > 0; i--) {
      if (r(6) === 0) bytes.push(0x6a, r(256))
      else register(0x50)
    }
    for (let i = what === 2 ? 0 : r(7); i > 0; i--) register(0x58)
    if (what === 3 && r(3) === 0) bytes.push(0xc3)
  }

  /** SSE on XMM0 to XMM3, memory at RBX, and now and then a general register. */
  private float(general: number): void {
    const { r, bytes } = this
    const prefixes = [0xf2, 0xf3, 0x66, 0]
    const at = r(3) === 0 ? BASE : r(4)
    const kind = r(8)
    const opcode = (kind < 5 ? FLOATS[r(FLOATS.length)] : kind < 6 ? VECTORS[r(VECTORS.length)] : CONVERSIONS[r(3)]) ?? 0x58
    const converts = kind >= 7
    const prefix = prefixes[kind < 5 ? r(4) : kind < 6 ? 2 + r(2) : r(2)] ?? 0
    if (prefix !== 0) bytes.push(prefix)
    if (kind === 6) {
      // CMPSD, CMPSS with their predicate
      bytes.push(0x0f, 0xc2)
      this.sse(r(4), at)
      bytes.push(r(8))
      return
    }
    const rm = converts && opcode === 0x2a && at !== BASE ? general : at
    const reg = converts && opcode !== 0x2a ? general : r(4)
    if (converts) bytes.push(0x40 | (r(2) << 3) | (reg >= 8 ? 4 : 0) | (rm >= 8 ? 1 : 0))
    bytes.push(0x0f, opcode)
    this.sse(reg, rm)
  }
  /** ModRM with memory at multiples of 16, as RBX is 128 below a page's end. */
  private sse(reg: number, rm: number): void {
    if (rm === BASE) this.bytes.push(0x40 | ((reg & 7) << 3) | BASE, this.r(7) * 16 + (this.r(8) === 0 ? this.r(16) : 0))
    else this.bytes.push(0xc0 | ((reg & 7) << 3) | (rm & 7))
  }

  /** The rex before was made for `rm`: a register of the same half. */
  private registerOnly(reg: number, rm: number): number {
    return rm === BASE ? (reg >= 8 ? 1 : reg & 7) : rm
  }

  private jump(opcode: number, wide: boolean): void {
    const near = this.starts.length - 1 + this.r(25) - 10
    const several = this.functions.length > 1
    const to = several && this.r(6) === 0 ? this.r(this.length) : Math.max(0, Math.min(this.length, near))
    if (!several || wide) this.jumpTo(opcode, wide, to)
    else if (opcode === 0xeb) this.jumpTo(0xe9, true, to)
    else {
      this.bytes.push(0x0f)
      this.jumpTo(opcode + 0x10, true, to)
    }
  }
  private jumpTo(opcode: number, wide: boolean, to: number): void {
    this.bytes.push(opcode)
    this.holes.push({ at: this.bytes.length, wide, to })
    for (let i = 0; i < (wide ? 4 : 1); i++) this.bytes.push(0)
  }
}

/** XMM registers and MXCSR; plain numbers in half of them, as all others soon make NaNs of everything. */
function floatState(r: Random): Uint8Array {
  const of: StateRandom = {
    u32: () => r(0x1_0000_0000),
    below: r,
    u64: () => (BigInt(r(0x1_0000_0000)) << 32n) | BigInt(r(0x1_0000_0000)),
    chance: (p) => r(1 << 20) < p * (1 << 20),
  }
  const single = r(2) === 0
  const fx = makeState(of, single ? 'f32' : 'f64').slice(0, 416)
  if (r(2) === 0) return fx
  const view = new DataView(fx.buffer)
  view.setUint32(24, 0x1f80 | (r(4) === 0 ? 0 : 0x20), true)
  for (let at = 160; at < 416; at += 8) {
    const number = (): number => (r(200) - 100) / (1 + r(9))
    if (single) {
      view.setFloat32(at, number(), true)
      view.setFloat32(at + 4, number(), true)
    } else view.setFloat64(at, number(), true)
  }
  return fx
}

/** A stack that soon meets the border of two pages, of nothing, of what may not be written, or the program's own code. */
function stackAt(r: Random, code: bigint): bigint {
  const border = [DATA + 0x1000n, DATA, READ_ONLY, READ_ONLY + 0x1000n][r(5)]
  return border === undefined ? code : border + BigInt(r(96) - 40)
}

function startState(r: Random, code: Uint8Array, offset: number, floats: Floats): Case {
  const word = (): bigint => (BigInt(r(0x1_0000_0000)) << 32n) | BigInt(r(0x1_0000_0000))
  const small = (): bigint => BigInt.asUintN(64, BigInt(r(64)) - 8n)
  const gpr = Array.from({ length: 16 }, () => (r(2) === 0 ? word() : small()))
  gpr[BASE] = DATA + 0x1000n - 128n
  gpr[STACK] = r(3) === 0 ? stackAt(r, CODE + BigInt(offset + r(code.length))) : DATA + 0x1000n + 0x100n
  return {
    ...{ code, offset, bits: 64, gpr, rflags: 0x202 | (r(0x1000) & 0x8d5) },
    middle: Uint8Array.from({ length: 512 }, () => r(256)),
    tail: Uint8Array.from({ length: 64 }, () => r(256)),
    fx: floats === 'x87' ? x87State(r) : floats ? floatState(r) : undefined,
  }
}

function floatsOf(r: Random, x87: boolean): Floats {
  const some = r(2) === 0
  return x87 ? 'x87' : some && 'sse'
}

/** A program of at most 60 instructions in one page. */
export function randomProgram(r: Random, x87 = false): Case {
  const floats = floatsOf(r, x87)
  const code = Uint8Array.from(new Program(r, 0, [{ page: 0, instructions: 5 + r(56) }], floats, false).bytes)
  return startState(r, code, r(0xf00 - code.length), floats)
}

/** One of 5 to 200 instructions that changes modes; now and then it goes on in the next page. */
export function randomLongProgram(r: Random, x87 = false): Case {
  const offset = r(0xc00)
  const floats = floatsOf(r, x87)
  const code = Uint8Array.from(new Program(r, offset, [{ page: 0, instructions: 5 + r(196) }], floats, true).bytes)
  return startState(r, code, offset, floats)
}

/**
 * A program of functions in several pages. Half of them are mapped to other code while they run, one in six writes to its own. `long`: of
 * up to 200 instructions that change modes too, not of up to 95.
 */
export function randomPagesProgram(r: Random, long = false, x87 = false): Case {
  const offset = r(0xc00)
  const floats = floatsOf(r, x87)
  const pages = [0, ...Array.from({ length: 1 + r(4) }, () => r(CODE_PAGES - 1)).sort((a, b) => a - b)]
  const make = (): Uint8Array => {
    const parts = pages.map((page) => ({ page, instructions: 3 + r(long ? 37 : 16) }))
    return Uint8Array.from(new Program(r, offset, parts, floats, long).bytes)
  }
  const code = make()
  const c = startState(r, code, offset, floats)
  const gpr = [...c.gpr]
  if (r(6) === 0) gpr[BASE] = CODE + BigInt(offset + r(code.length))
  if (r(2) === 0) return { ...c, gpr }
  const frame = (page: number): number => [page, page, page + CODE_PAGES, r(2 * CODE_PAGES)][r(4)] ?? page
  const frames = Array.from({ length: 10 }, () => Array.from({ length: CODE_PAGES }, (_, page) => frame(page)))
  return { ...c, gpr, remapped: { code: make(), frames } }
}

/** The program of a seed: four kinds by turns; `x87`: all of them compute with it. */
export function programOf(seed: number, r: Random, x87 = false): Case {
  const kinds = [
    (): Case => randomProgram(r, x87),
    (): Case => randomPagesProgram(r, false, x87),
    (): Case => randomLongProgram(r, x87),
    (): Case => randomPagesProgram(r, true, x87),
  ]
  return (kinds[seed % 4] ?? (() => randomProgram(r, x87)))()
}
