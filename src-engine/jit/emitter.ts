// The ground that translated instructions stand on: registers and memory operands as WebAssembly, ways out of a region.
// Memory operands look into the interpreter's TLB; a miss calls the interpreter's own slow path, which either gives a host
// address or notes a fault. Each access comes before the instruction changes a register, so a fault leaves the region
// with everything as it was before the instruction, and the interpreter delivers it.
// Invariant: BUDGET is accounted for whole blocks. A region left inside a block has not yet counted that block.
// Runs in: the vcpu's worker thread.
import { SLOT, TLB as TLB_LAYOUT, VCPU_OFFSET, type VcpuField, vcpuAddress } from '../isa/state-layout'
import { type CodeCache, UOP } from './code-cache'
import { PRODUCT } from './flags'
import {
  BUDGET,
  ENTRY,
  FLAG_A,
  FLAG_B,
  FLAG_R,
  FLAG_TYPE,
  GUESS,
  HOST,
  PC_BASE,
  REGISTERS,
  RESULT,
  SLOW,
  TLB,
  TMP,
  VA,
  XMM,
} from './locals'
import { BlockFlow, type Gap, type Values } from './region-flow'
import { UOP_STALE } from './uop-table'
import { I32, I64, type ImportedFunction, OP, SIMD, type WasmWriter } from './wasm-writer'

/** What regions call in the core. */
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
]
/** And, when somebody wants to know, in the translator: Witness. */
export const WITNESS_FUNCTIONS: readonly ImportedFunction[] = [
  { name: 'left', parameters: [I32], results: [] },
  { name: 'called', parameters: [I32], results: [] },
]
const CALL = {
  read: 0,
  write: 1,
  update: 2,
  pushes: 3,
  pops: 4,
  stored: 5,
  cold: 6,
  settle: 7,
  sse: 8,
  left: 9,
  called: 10,
} as const
/** Bits of a region's result (assembly/execute/translated.ts). */
export const BLOCK_START = 1
export const LEFT = 2

/** How a region is left for an address; the witness is told the index less the length. */
export const WAYS = ['a near branch or call', 'a page that is not there any more', 'a return', 'an indirect branch'] as const
export type Way = (typeof WAYS)[number]

const PAGE_MASK = -4096
const SEGMENT_SLOTS = { first: SLOT.SEG_BASE, end: SLOT.SEG_BASE + 64 }

/** The last two: eight bytes and more of the stack, of several instructions (stack-runs.ts). */
export type Kind = 'read' | 'write' | 'update' | 'pushes' | 'pops'

const reads = (kind: Kind): boolean => kind === 'read' || kind === 'pops'

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
    private readonly witnessed = false,
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

  // --- addresses of code ---

  /** Pushes the linear address at a distance from the page where the region began. */
  pushLinear(distance: number): void {
    const { w } = this
    w.get(PC_BASE)
    if (distance === 0) return
    w.i64(distance)
    w.op(OP.i64_add)
  }

  /** ENTRY becomes the TLB entry for VA; pushes what page it is for. */
  private pushTag(array: number): void {
    const { w } = this
    w.get(VA)
    w.i64(8)
    w.op(OP.i64_shr_u)
    w.op(OP.i32_wrap)
    w.i32((TLB_LAYOUT.ENTRIES - 1) * 16)
    w.op(OP.i32_and)
    w.get(TLB)
    w.op(OP.i32_add)
    w.tee(ENTRY)
    w.memory(OP.i64_load, array)
  }

  /** Pushes whether the page at this distance is that host page to execute, and the block not dropped. */
  pushStillThere(distance: number, host: number, first: number): void {
    const { w } = this
    this.pushLinear(distance)
    w.set(VA)
    this.pushTag(TLB_LAYOUT.EXEC)
    w.get(VA)
    w.op(OP.i64_eq)
    w.get(ENTRY)
    w.memory(OP.i32_load, TLB_LAYOUT.EXEC + 8)
    w.get(VA)
    w.op(OP.i32_wrap)
    w.op(OP.i32_add)
    w.i32(host)
    w.op(OP.i32_eq)
    w.op(OP.i32_and)
    w.i32(first)
    w.memory(OP.i32_load16_u, 0)
    w.i32(UOP_STALE)
    w.op(OP.i32_ne)
    w.op(OP.i32_and)
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

  pushAddressSlot(slot: number): void {
    const { w } = this
    if (slot < SLOT.ZERO) w.get(this.register(slot >> 3))
    else if (slot === SLOT.TMP) w.get(TMP)
    else if (slot === SLOT.PC_BASE) this.pushLinear(this.page)
    else if (slot >= SEGMENT_SLOTS.first && slot < SEGMENT_SLOTS.end) {
      w.i32(0)
      w.memory(OP.i64_load, this.field('GPR') + slot)
    } else w.i64(0)
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

  // --- memory ---

  /** Pushes the effective address of a uop. */
  pushAddress(ip: number): void {
    const { w, cache } = this
    const base = cache.byte(ip + 6)
    const index = cache.byte(ip + 7) & 0xf8
    const scale = cache.byte(ip + 7) & 7
    const disp = cache.word(ip + 8)
    this.pushAddressSlot(base)
    if (index !== SLOT.ZERO) {
      this.pushAddressSlot(index)
      if (scale) {
        w.i64(scale)
        w.op(OP.i64_shl)
      }
      w.op(OP.i64_add)
    }
    if (disp) {
      w.i64(disp)
      w.op(OP.i64_add)
    }
  }

  /**
   * Looks an operand of `bytes` bytes at VA up, and leaves the region on a fault. What `missed` emits comes after the slow way, with the host
   * address in HOST; what `found` emits has it on the stack.
   */
  private lookUp(ip: number, bytes: number, kind: Kind, stack: boolean, missed: () => void, found: () => void): void {
    const { w } = this
    const array = reads(kind) ? TLB_LAYOUT.READ : TLB_LAYOUT.WRITE
    this.pushTag(array)
    w.get(VA)
    if (bytes > 1) {
      w.i64(bytes - 1)
      w.op(OP.i64_add)
    }
    w.i64(PAGE_MASK)
    w.op(OP.i64_and)
    w.op(OP.i64_ne)
    this.seldom()
    w.get(VA)
    w.i32(bytes)
    w.i32(stack ? ip | 1 : ip)
    w.get(BUDGET)
    w.call(CALL[kind])
    w.tee(HOST)
    w.op(OP.i32_eqz)
    this.seldom()
    this.leave(this.begin)
    this.close()
    missed()
    w.op(OP.else)
    this.pushAddend(array, kind === 'read' && !stack && this.isChased(ip))
    w.get(VA)
    w.op(OP.i32_wrap)
    w.op(OP.i32_add)
    found()
    this.close()
  }

  /** Finds the host address of an operand of `bytes` bytes at VA, into HOST. Leaves the region on a fault. */
  probe(ip: number, bytes: number, kind: Kind, stack: boolean): void {
    const { w } = this
    const missed = (): void => {
      if (reads(kind)) return
      w.i32(1)
      w.set(SLOW)
    }
    this.lookUp(ip, bytes, kind, stack, missed, () => w.set(HOST))
  }

  /**
   * Stores the operand that `value` pushes at VA. Nothing is to be done after it where the TLB knows the page; `hit`, where the store went into
   * this page's code, does what else the instruction does, and leaves.
   */
  store(ip: number, size: number, stack: boolean, value: () => void, hit?: () => void): void {
    const { w } = this
    const put = (): void => {
      value()
      this.popMemory(size)
    }
    const missed = (): void => {
      w.get(HOST)
      put()
      this.carryOut(ip, hit)
    }
    this.lookUp(ip, 1 << size, 'write', stack, missed, put)
  }

  private isChased(ip: number): boolean {
    const { cache } = this
    const bit = (slot: number): number => (slot < SLOT.ZERO ? 1 << (slot >> 3) : 0)
    return (this.chased & (bit(cache.byte(ip + 6)) | bit(cache.byte(ip + 7) & 0xf8))) !== 0
  }

  /**
   * Pushes how far the host address is from the linear one, by ENTRY. The processor goes on with a guess at once, and finds the branch taken rightly
   * when it has read the entry: a load at an address that was loaded itself is then not waited for twice.
   */
  private pushAddend(array: number, guess: boolean): void {
    const { w } = this
    w.get(ENTRY)
    w.memory(OP.i32_load, array + 8)
    if (!guess) return
    this.guesses = true
    w.tee(ENTRY)
    w.get(GUESS)
    w.op(OP.i32_ne)
    this.seldom()
    w.get(ENTRY)
    w.set(GUESS)
    this.close()
    w.get(GUESS)
  }
  loadGuess(): void {
    this.loadField(GUESS, OP.i32_load, 'TLB_GUESS')
  }
  storeGuess(): void {
    this.storeField(GUESS, OP.i32_store, 'TLB_GUESS')
  }

  /** After a store to HOST and everything else the instruction does: carry a staged store out; stop when it hit this page. */
  stored(ip: number): void {
    const { w } = this
    w.get(SLOW)
    this.seldom()
    this.carryOut(ip)
    this.close()
    // on both ways: else compilers take it for something that is carried along from store to store
    w.i32(0)
    w.set(SLOW)
  }
  private carryOut(ip: number, hit: () => void = () => this.leave(ip + UOP)): void {
    const { w } = this
    w.get(HOST)
    w.i32(ip)
    w.call(CALL.stored)
    this.seldom()
    hit()
    this.close()
  }

  /** Operand of a uop that is only read: HOST. */
  reach(ip: number, bytes: number, kind: Kind): void {
    this.setAddress(ip)
    this.probe(ip, bytes, kind, false)
  }
  setAddress(ip: number): void {
    this.pushAddress(ip)
    this.w.set(VA)
  }

  /** Pushes the operand at HOST: i64 for size 3, else an i32, sign-extended or not. */
  pushMemory(size: number, signed = true): void {
    const { w } = this
    w.get(HOST)
    const narrow = signed ? [OP.i32_load8_s, OP.i32_load16_s] : [OP.i32_load8_u, OP.i32_load16_u]
    w.memory([...narrow, OP.i32_load, OP.i64_load][size] ?? OP.i64_load, 0)
  }

  /** Stores the value on the stack; HOST lies below it. */
  popMemory(size: number): void {
    this.w.memory([OP.i32_store8, OP.i32_store16, OP.i32_store, OP.i64_store][size] ?? OP.i64_store, 0)
  }

  // --- the vcpu's state ---

  private loadField(local: number, code: number, name: VcpuField, more = 0): void {
    const { w } = this
    w.i32(0)
    w.memory(code, this.field(name) + more)
    w.set(local)
  }
  private storeField(local: number, code: number, name: VcpuField, more = 0): void {
    const { w } = this
    w.i32(0)
    w.get(local)
    w.memory(code, this.field(name) + more)
  }

  loadRegisters(set: number): void {
    for (let n = 0; n < 16; n++) if (set & (1 << n)) this.loadField(REGISTERS + n, OP.i64_load, 'GPR', n * 8)
    for (let n = 0; n < 16; n++) {
      if (!(set & (1 << (16 + n)))) continue
      this.w.i32(0)
      this.w.simdMemory(SIMD.load, this.field('XMM') + n * 16)
      this.w.set(XMM + n)
    }
  }
  storeRegisters(set: number): void {
    for (let n = 0; n < 16; n++) if (set & (1 << n)) this.storeField(REGISTERS + n, OP.i64_store, 'GPR', n * 8)
    for (let n = 0; n < 16; n++) {
      if (!(set & (1 << (16 + n)))) continue
      this.w.i32(0)
      this.w.get(XMM + n)
      this.w.simdMemory(SIMD.store, this.field('XMM') + n * 16)
    }
  }
  /** Loads what an entry, or the way on after a call, needs to have. */
  loadValues({ registers, flags }: Values): void {
    this.loadRegisters(registers)
    if (flags) this.loadFlags()
  }
  storeValues({ registers, flags }: Values): void {
    this.storeRegisters(registers)
    if (flags) this.storeFlags()
  }
  loadFlags(): void {
    this.loadField(FLAG_TYPE, OP.i32_load, 'FLAGS_TYPE')
    this.loadField(FLAG_A, OP.i64_load, 'FLAGS_A')
    this.loadField(FLAG_B, OP.i64_load, 'FLAGS_B')
    this.loadField(FLAG_R, OP.i64_load, 'FLAGS_R')
  }
  storeFlags(): void {
    this.storeField(FLAG_TYPE, OP.i32_store, 'FLAGS_TYPE')
    this.storeField(FLAG_A, OP.i64_store, 'FLAGS_A')
    this.storeField(FLAG_B, OP.i64_store, 'FLAGS_B')
    this.storeField(FLAG_R, OP.i64_store, 'FLAGS_R')
  }
  /** At a region's start: flags are of any form but PRODUCT. */
  settleFlags(): void {
    const { w } = this
    this.loadFlags()
    w.get(FLAG_TYPE)
    w.i32(PRODUCT)
    w.op(OP.i32_eq)
    this.seldom()
    w.call(CALL.settle)
    this.loadFlags()
    this.close()
  }
  /** In the middle of a region: the flags are brought into the explicit form if they are PRODUCT. */
  settle(): void {
    const { w } = this
    w.get(FLAG_TYPE)
    w.i32(PRODUCT)
    w.op(OP.i32_eq)
    this.seldom()
    this.storeFlags()
    w.call(CALL.settle)
    this.loadFlags()
    this.close()
  }
  loadFrame(): void {
    this.loadField(PC_BASE, OP.i64_load, 'PC_BASE')
    this.loadField(TLB, OP.i32_load, 'DTLB')
  }
  storeBudget(local: number): void {
    this.storeField(local, OP.i32_store, 'BUDGET')
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
  /** Calls the interpreter's function for a row of SSE: number, destination, source and immediate are on the stack. */
  executeSse(): void {
    this.w.call(CALL.sse)
  }
  storeTmp(): void {
    this.storeField(TMP, OP.i64_store, 'TMP')
  }

  /** Let the interpreter carry a uop out (or a LOCK uop with the one behind it); all registers are in memory before and read again after it. */
  callCold(ip: number, uops: number, number: number): void {
    const next = ip + uops * UOP
    const { w } = this
    if (this.witnessed) {
      w.i32(ip)
      w.call(CALL.called)
    }
    const stored = this.flow.leave()
    this.gap('store', stored)
    this.storeBudget(BUDGET)
    w.i32(ip)
    w.i32(number)
    w.call(CALL.cold)
    w.set(ENTRY)
    // flags that were not stored are those the region was entered with, and where no entry wants them they may be PRODUCT
    this.gap('load', () => ({ registers: this.used, flags: stored().flags }))
    this.gap('settled', () => ({ registers: 0, flags: !stored().flags }))
    this.flow.renewed()
    w.get(ENTRY)
    this.seldom()
    this.leave(ip | LEFT)
    this.close()
    // something to look at, or this page's code was dropped
    w.i32(0)
    w.memory(OP.i32_load, this.field('ATTENTION'))
    w.i32(next)
    w.memory(OP.i32_load16_u, 0)
    w.op(OP.i32_eqz)
    w.op(OP.i32_or)
    this.seldom()
    this.leave(next)
    this.close()
  }
}
