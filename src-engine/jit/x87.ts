// x87 as assembly/fpu/x87.ts has it: the region looks whether it may be used and whether an exception waits, finds the operand and
// notes the pointers. Moves are WebAssembly (x87-moves.ts), arithmetic calls the core (x87-arithmetic.ts). Registers stay in the vcpu's state.
// Environments, encodings hardly anybody uses and undefined ones are calls of the whole uop.
// Runs in: the vcpu's worker thread.
import { type CodeCache, UOP } from './code-cache'
import { CALL, type Emitter } from './emitter'
import { COUNT, HOST, VA } from './locals'
import { probe, setAddress, stored } from './memory-operands'
import { setExplicit } from './sse-scalar'
import { OP } from './wasm-writer'
import { arithmetic, compareToFlags } from './x87-arithmetic'
import { moveIf, moveOf } from './x87-moves'

/** CR0.EM and CR0.TS must be clear. */
const CR0_REFUSES = 0xc
/** An exception that is not masked waits. */
const ES = 0x80
const ZF = 0x40
const PF = 4
const CF = 1
/** Selectors' places. */
const DS = 6
const CS = 2

/** Bytes of memory operands by opcode - D8 and /digit: read, or written when negative; 0: not translated. */
const OPERANDS: readonly (readonly number[])[] = [
  [4, 4, 4, 4, 4, 4, 4, 4],
  [4, 0, -4, -4, 0, 2, 0, -2],
  [4, 4, 4, 4, 4, 4, 4, 4],
  [4, -4, -4, -4, 0, 10, 0, -10],
  [8, 8, 8, 8, 8, 8, 8, 8],
  [8, -8, -8, -8, 0, 0, 0, -2],
  [2, 2, 2, 2, 2, 2, 2, 2],
  [2, -2, -2, -2, 10, 8, -10, -8],
]
/** Register forms that are translated, by opcode - D8: first and last ModRM. */
const REGISTERS: readonly (readonly (readonly [first: number, last: number])[])[] = [
  [[0xc0, 0xff]],
  [[0xc0, 0xd0], [0xe0, 0xe1], [0xe4, 0xe5], [0xe8, 0xee], [0xf0, 0xff]],
  [[0xc0, 0xdf], [0xe9, 0xe9]],
  [[0xc0, 0xdf], [0xe8, 0xf7]],
  [[0xc0, 0xcf], [0xe0, 0xff]],
  [[0xc0, 0xc7], [0xd0, 0xdf], [0xe0, 0xef]],
  [[0xc0, 0xcf], [0xd9, 0xd9], [0xe0, 0xff]],
  [[0xe0, 0xe0], [0xe8, 0xf7]],
] // biome-ignore format: a table

/** What the uop at an address does with flags; undefined when it is not translated. */
export function x87Flags(cache: CodeCache, ip: number, memory: boolean): 'none' | 'set' | 'read' | undefined {
  const opcode = cache.byte(ip + 4)
  const modrm = cache.byte(ip + 5)
  if (memory) return OPERANDS[opcode]?.[(modrm >> 3) & 7] ? 'none' : undefined
  if (!REGISTERS[opcode]?.some(([first, last]) => modrm >= first && modrm <= last)) return undefined
  return setsFlags(opcode, modrm) ? 'set' : movesIf(opcode, modrm) === undefined ? 'none' : 'read'
}
/** Number of the condition of FCMOVcc: below, equal, below or equal, unordered, and their opposites. */
function movesIf(opcode: number, modrm: number): number | undefined {
  if ((opcode !== 2 && opcode !== 3) || modrm >= 0xe0) return undefined
  return ([2, 4, 6, 10][(modrm >> 3) & 3] ?? 0) + (opcode & 1)
}
/** FCOMI, FUCOMI, and those that pop. */
function setsFlags(opcode: number, modrm: number): boolean {
  return (opcode & 3) === 3 && modrm >= 0xe8
}

export class X87Instructions {
  /** Has this block looked whether x87 may be used, since the interpreter was called? */
  private checked = false

  constructor(private readonly e: Emitter) {}

  /** A block begins, or the interpreter was called: nothing is known any more. */
  forget(): void {
    this.checked = false
  }

  /** Gives whether the flags were set: in the explicit form. `pushCondition` pushes one by its number, over the flags as they are. */
  translate(ip: number, memory: boolean, flagsSeen: boolean, pushCondition: (n: number) => void): boolean {
    const { e } = this
    const opcode = e.cache.byte(ip + 4)
    const modrm = e.cache.byte(ip + 5)
    const what = ((0xd8 + opcode) << 8) | modrm
    this.check()
    if (memory) {
      this.ofMemory(ip, what, OPERANDS[opcode]?.[(modrm >> 3) & 7] ?? 0)
      return false
    }
    if (what === 0xdfe0) {
      this.load16('FPU_SW')
      e.popRegister(0, 1)
      return false
    }
    this.checkWaiting()
    this.notePointers(ip, what, false)
    const { w } = e
    const call = (): void => {
      w.i32(what)
      w.call(CALL.x87)
    }
    const condition = movesIf(opcode, modrm)
    if (condition !== undefined) {
      // before anything else, as it may be what brings flags into another form
      pushCondition(condition)
      moveIf(e, modrm & 7, () => {
        call()
        w.op(OP.drop)
      })
      return false
    }
    if (!setsFlags(opcode, modrm)) {
      this.quickly(what, false, () => {
        call()
        w.op(OP.drop)
      })
      return false
    }
    compareToFlags(e, what, () => {
      call()
      w.i32(ZF | PF | CF)
      w.op(OP.i32_and)
      w.set(COUNT)
    })
    if (flagsSeen) setExplicit(e)
    return true
  }

  /** FWAIT. */
  wait(): void {
    this.check()
    this.checkWaiting()
  }

  private ofMemory(ip: number, what: number, bytes: number): void {
    const { e } = this
    const { w } = e
    // FNSTCW and FNSTSW
    const word = what >> 8 === 0xd9 && bytes === -2 ? 'FPU_CW' : what >> 8 === 0xdd && bytes === -2 ? 'FPU_SW' : undefined
    if (!word) this.checkWaiting()
    setAddress(e, ip)
    probe(e, ip, Math.abs(bytes), bytes < 0 ? 'write' : 'read', false)
    if (word) {
      w.get(HOST)
      this.load16(word)
      w.memory(OP.i32_store16, 0)
      stored(e, ip)
      return
    }
    const control = what >> 8 === 0xd9 && bytes === 2
    if (!control) this.notePointers(ip, what, true)
    this.quickly(what, true, () => {
      w.i32(what)
      w.get(HOST)
      w.call(bytes > 0 ? CALL.x87Read : CALL.x87Write)
      if (bytes > 0) return
      e.seldom()
      e.leave(ip + UOP)
      e.close()
    })
    if (bytes < 0) stored(e, ip)
  }

  private quickly(what: number, memory: boolean, call: () => void): void {
    if (arithmetic(this.e, what, memory, call)) return
    const move = moveOf(this.e, what, memory)
    if (!move) {
      call()
      return
    }
    move.unfit()
    this.e.seldom()
    call()
    this.e.w.op(OP.else)
    move.carryOut()
    this.e.close()
  }

  private load16(field: 'FPU_CW' | 'FPU_SW'): void {
    this.e.w.i32(0)
    this.e.w.memory(OP.i32_load16_u, this.e.field(field))
  }

  /** Leaves the region when x87 must not be used; once a block, and after each call of the interpreter. */
  private check(): void {
    if (this.checked) return
    this.checked = true
    const { e } = this
    e.w.i32(0)
    e.w.memory(OP.i32_load, e.field('CR0'))
    e.w.i32(CR0_REFUSES)
    e.w.op(OP.i32_and)
    e.seldom()
    e.leave(e.begin)
    e.close()
  }

  /** Leaves the region when an exception waits: the interpreter raises it. COUNT is the status word. */
  private checkWaiting(): void {
    const { e } = this
    this.load16('FPU_SW')
    e.w.tee(COUNT)
    e.w.i32(ES)
    e.w.op(OP.i32_and)
    e.seldom()
    e.leave(e.begin)
    e.close()
  }

  /** Opcode, address and operand of the last instruction; selectors are what they are in 64-bit mode too. */
  private notePointers(ip: number, what: number, memory: boolean): void {
    const { e } = this
    const { w } = e
    w.i32(0)
    w.i32(what & 0x7ff)
    w.memory(OP.i32_store16, e.field('FPU_OP'))
    w.i32(0)
    e.pushLinear(e.page + e.cache.offset(ip))
    w.memory(OP.i64_store, e.field('FPU_IP'))
    this.noteSelector('FPU_CS', CS)
    if (!memory) return
    w.i32(0)
    w.get(VA)
    w.memory(OP.i64_store, e.field('FPU_DP'))
    this.noteSelector('FPU_DS', DS)
  }
  private noteSelector(field: 'FPU_CS' | 'FPU_DS', selector: number): void {
    const { e } = this
    e.w.i32(0)
    e.w.i32(0)
    e.w.memory(OP.i32_load16_u, e.field('SEG_SEL') + selector)
    e.w.memory(OP.i32_store16, e.field(field))
  }
}
