// What all of a region's code is written with: frames, ways out, the calls it may make, and registers, which live in locals.
// Memory is next door (memory-operands.ts, tlb.ts), and so is how locals are brought from and to the vcpu's state (vcpu-fields.ts).
// Invariant: BUDGET is accounted for whole blocks. A region left inside a block has not yet counted that block.
// Runs in: the vcpu's worker thread.
import { SLOT, VCPU_OFFSET, type VcpuField, vcpuAddress } from '../isa/state-layout'
import type { CodeCache } from './code-cache'
import { PC_BASE, REGISTERS, RESULT, XMM } from './locals'
import { BlockFlow, type Gap, type Values } from './region-flow'
import { I32, I64, type ImportedFunction, OP, type WasmWriter } from './wasm-writer'

// Two numbers of 80 bits: sign and exponent, significand of each.
const X87_VALUES = [I32, I64, I32, I64]

/** What regions call in the core, by how many regions do: a module imports no more than its regions need (moduleOf). */
export const CORE_FUNCTIONS: readonly ImportedFunction[] = [
  { name: 'region_read', parameters: [I64, I32, I32, I32], results: [I32] },
  { name: 'region_write', parameters: [I64, I32, I32, I32], results: [I32] },
  { name: 'region_update', parameters: [I64, I32, I32, I32], results: [I32] },
  { name: 'region_pushes', parameters: [I64, I32, I32, I32], results: [I32] },
  { name: 'region_pops', parameters: [I64, I32, I32, I32], results: [I32] },
  { name: 'region_stored', parameters: [I32, I32], results: [I32] },
  { name: 'cold', parameters: [I32, I32], results: [I32] },
  { name: 'settle_flags', parameters: [], results: [] },
  { name: 'sse_execute', parameters: [I32, I32, I32, I32], results: [I32] },
  { name: 'region_x87', parameters: [I32], results: [I32] },
  { name: 'region_x87_read', parameters: [I32, I32], results: [] },
  { name: 'region_x87_write', parameters: [I32, I32], results: [I32] },
  { name: 'region_x87_add', parameters: [...X87_VALUES, I32], results: [I32] },
  { name: 'region_x87_multiply', parameters: [...X87_VALUES, I32], results: [I32] },
  { name: 'region_x87_divide', parameters: [...X87_VALUES, I32], results: [I32] },
  { name: 'region_x87_order', parameters: X87_VALUES, results: [I32] },
]
/** And, when somebody wants to know, in the translator: Witness. */
export const WITNESS_FUNCTIONS: readonly ImportedFunction[] = [
  { name: 'left', parameters: [I32], results: [] },
  { name: 'called', parameters: [I32], results: [] },
]
/** By what they are for. */
export const CALL = {
  read: 0,
  write: 1,
  update: 2,
  pushes: 3,
  pops: 4,
  stored: 5,
  cold: 6,
  settle: 7,
  sse: 8,
  x87: 9,
  x87Read: 10,
  x87Write: 11,
  x87Add: 12,
  x87Multiply: 13,
  x87Divide: 14,
  x87Order: 15,
  left: 16,
  called: 17,
} as const
/** Bits of a region's result (assembly/execute/translated.ts). */
export const BLOCK_START = 1
export const LEFT = 2

/** How a region is left for an address; the witness is told the index less the length. */
export const WAYS = ['a near branch or call', 'a page that is not there any more', 'a return', 'an indirect branch'] as const
export type Way = (typeof WAYS)[number]

export class Emitter {
  /** Open frames; the outermost is the way out. */
  depth = 0
  /** Registers the region reads or writes: a bit set, general ones below XMM ones. */
  used = 0
  /** What the block that is being written does to registers and flags. */
  flow = new BlockFlow()
  /** What is put in when all blocks are written, in their order. */
  gaps: Gap[] = []
  /** First uop of the instruction being translated: its ADDRESS uop or its own. */
  begin = 0
  /** Distance of the running page from the one where the region began, whose address the local PC_BASE has. */
  page = 0
  /** Registers whose value may come from memory: addresses made of them are waited for. */
  chased = 0
  /** Does the region guess addends? */
  guesses = false
  /** How many frames are open round the outermost one that is hardly ever entered, or -1. */
  private aside = -1
  private readonly area: number

  constructor(
    readonly w: WasmWriter,
    readonly cache: CodeCache,
    readonly vcpu: number,
    readonly witnessed = false,
  ) {
    this.area = vcpuAddress(vcpu, 'GPR')
  }

  field(name: VcpuField): number {
    return this.area + VCPU_OFFSET[name]
  }

  // --- frames ---

  open(code: number): void {
    this.w.frame(code)
    this.depth++
  }
  /** An if that is hardly ever taken. */
  seldom(): void {
    this.w.seldom()
    if (this.aside < 0) this.aside = this.depth
    this.depth++
  }
  close(): void {
    this.w.op(OP.end)
    this.depth--
    if (this.depth === this.aside) this.aside = -1
  }

  /** Something belongs here that is known later. */
  gap(kind: Gap['kind'], values: () => Values): void {
    const { depth } = this
    this.gaps.push({ at: this.w.length, kind, depth, seldom: this.aside >= 0, values })
  }

  /** Leave with a uop's address. */
  leave(result: number): void {
    this.w.i32(result)
    this.w.set(RESULT)
    this.gap('out', this.flow.leave())
  }
  /** Leave with the linear address on the stack as RIP; the stack holds the 0 address below it. */
  leaveAt(way: Way): void {
    this.w.memory(OP.i64_store, this.field('RIP'))
    if (this.witnessed) {
      this.w.i32(WAYS.indexOf(way) - WAYS.length)
      this.w.call(CALL.left)
    }
    this.leave(0)
  }
  /** The region's result is about to be returned; leaveAt() has told of those of 0. */
  witnessLeft(): void {
    if (!this.witnessed) return
    this.w.get(RESULT)
    this.seldom()
    this.w.get(RESULT)
    this.w.call(CALL.left)
    this.close()
  }

  // --- addresses of code ---

  /** Pushes the linear address at a distance from the page where the region began. */
  pushLinear(distance: number): void {
    const { w } = this
    w.get(PC_BASE)
    if (distance === 0) return
    w.i64(distance)
    w.op(OP.i64_add)
  }

  /** The region was entered in the page at this distance: PC_BASE becomes what it would be at its first one. */
  moveBase(distance: number): void {
    this.pushLinear(-distance)
    this.w.set(PC_BASE)
  }

  /** The region goes on in the page at this distance. */
  storePage(distance: number): void {
    this.w.i32(0)
    this.pushLinear(distance)
    this.w.memory(OP.i64_store, this.field('PC_BASE'))
  }

  // --- registers ---

  /** The local of a register, to be read. */
  register(n: number): number {
    this.readsRegisters(1 << n)
    return REGISTERS + n
  }
  /** Writes the 64 bits on the stack to it. */
  setRegister(n: number): void {
    this.w.set(REGISTERS + n)
    this.writesRegisters(1 << n)
  }

  /** The local of an XMM register, to be read. */
  xmm(n: number): number {
    this.readsRegisters(1 << (16 + n))
    return XMM + n
  }
  /** Writes the vector on the stack to it. */
  setXmm(n: number): void {
    this.w.set(XMM + n)
    this.writesRegisters(1 << (16 + n))
  }

  readsRegisters(set: number): void {
    this.used |= set
    this.flow.read(set)
  }
  writesRegisters(set: number): void {
    this.used |= set
    this.flow.write(set, this.depth)
  }
  readsFlags(): void {
    this.flow.readFlags()
  }
  writesFlags(): void {
    this.flow.writeFlags(this.depth)
  }

  /** Pushes an operand: i64 for size 3, else a sign-extended i32. */
  pushRegister(slot: number, size: number): void {
    const { w } = this
    if (slot >= SLOT.ZERO) {
      size === 3 ? w.i64(0) : w.i32(0)
      return
    }
    w.get(this.register(slot >> 3))
    if (size === 3) return
    w.op(OP.i32_wrap)
    if (size === 1) w.op(OP.i32_extend16_s)
    else if (size === 0) {
      if (slot & 1) {
        w.i32(8)
        w.op(OP.i32_shr_u)
      }
      w.op(OP.i32_extend8_s)
    }
  }

  /** Writes the operand on the stack to a register: 32 bits clear the upper half, fewer leave the rest. */
  popRegister(slot: number, size: number): void {
    const { w } = this
    const n = slot >> 3
    if (size < 3) w.op(OP.i64_extend_u)
    if (size < 2) {
      const shift = slot & 1 ? 8 : 0
      const mask = size === 1 ? 0xffff : 0xff
      w.i64(mask)
      w.op(OP.i64_and)
      if (shift) {
        w.i64(shift)
        w.op(OP.i64_shl)
      }
      w.get(this.register(n))
      w.i64(~(mask << shift))
      w.op(OP.i64_and)
      w.op(OP.i64_or)
    }
    this.setRegister(n)
  }

  pushImmediate(value: number, size: number): void {
    if (size === 3) this.w.i64(value)
    else this.w.i32(size === 2 ? value : size === 1 ? (value << 16) >> 16 : (value << 24) >> 24)
  }
}
