// Our core with just enough of an operating system around it to run a case at CPL 3 in 64-bit mode: page tables that map
// the case's addresses, and an IDT whose every gate leads to a HLT at CPL 0, so that a case ends with EXIT_HLT and the
// exception's frame tells what happened. SYSCALL computes a little at CPL 0 and comes back.
// Runs in: tests and the fuzzer.
import { EXIT, MEMORY_MAP, ramBase, SEGMENT, type VcpuField, vcpuAddress } from '../../../src-engine/isa/state-layout'
import type { CoreExports } from '../../../src-engine/vcpu/core-interface'
import { compileCore, instantiateCore } from '../../../src-engine/vcpu/load'
import { type Answer, type Case, CODE, CODE_PAGES, DATA, GS_BASE, MIDDLE, TAIL } from './case'

const PAGE = 4096
const KERNEL = 0xffff_ffff_8000_0000n
// Guest frames: page tables first, then what they map.
const GFN = {
  PML4: 1,
  LOW_PDPT: 2,
  LOW_PD: 3,
  DATA_PT: 4,
  CODE_PT: 5,
  HIGH_PDPT: 6,
  HIGH_PD: 7,
  KERNEL_PT: 8,
  DATA: 16,
  CODE: 24, // CODE_PAGES, and as many again to be mapped in their place
  KERNEL: 32,
}
// Pages of the kernel: IDT, GDT and TSS, handlers, stack.
const IDT = 0
const GDT = 0x1000
const TSS = 0x1800
const HANDLERS = 0x2000
const SYSCALLS = HANDLERS + 0x800
const STACK_TOP = 0x5000
/** What SYSCALL does: inc rax; add rax, [rbx]; jns +2; inc edx; sysretq. */
const SYSCALL_CODE = [0x48, 0xff, 0xc0, 0x48, 0x03, 0x03, 0x79, 0x02, 0xff, 0xc2, 0x48, 0x0f, 0x07]
const RFLAGS_COMPARED = 0xdd5
/** Of a page table's entry. */
const ACCESSED_OR_DIRTY = 0x60

/** Memory for machines of this many vcpus. */
export function newMemory(vcpus: number): WebAssembly.Memory {
  const pages = (ramBase(vcpus) + 64 * PAGE * vcpus) / 65536
  return new WebAssembly.Memory({ initial: Math.max(1024, pages), maximum: pages, shared: true })
}

export class Machine {
  private readonly bytes: Uint8Array
  private readonly view: DataView
  private readonly ram: number
  private runs = 0
  private remapped = false

  private constructor(
    readonly core: CoreExports,
    readonly memory: WebAssembly.Memory,
    private readonly vcpu: number,
    vcpus: number,
  ) {
    this.bytes = new Uint8Array(memory.buffer)
    this.view = new DataView(memory.buffer)
    this.ram = ramBase(vcpus)
    this.build()
  }

  /** A machine on a memory of its own, or one of several on the same. `file`: core.wasm. */
  static async create(
    file: string,
    memory = newMemory(1),
    vcpu = 0,
    vcpus = 1,
    sample?: (block: number) => void,
  ): Promise<Machine> {
    const imports = {
      mmio_read: () => 0n,
      mmio_write: () => undefined,
      port_in: () => 0,
      port_out: () => undefined,
      cpuid: () => undefined,
      rdmsr: () => 0,
      wrmsr: () => 0,
      tsc: () => 0n,
      ...(sample ? { sample } : {}),
    }
    return new Machine(await instantiateCore(memory, vcpu, imports, await compileCore(vcpu, file)), memory, vcpu, vcpus)
  }

  private at(field: VcpuField): number {
    return vcpuAddress(this.vcpu, field)
  }
  private host(gfn: number): number {
    return this.ram + gfn * PAGE
  }
  private entry(table: number, index: number, gfn: number, flags: bigint): void {
    this.view.setBigUint64(this.host(table) + index * 8, BigInt(gfn * PAGE) | flags, true)
  }
  private segment(n: number, selector: number, base: bigint, limit: number, attributes: number): void {
    this.view.setUint16(this.at('SEG_SEL') + n * 2, selector, true)
    this.view.setBigUint64(this.at('SEG_BASE') + n * 8, base, true)
    this.view.setUint32(this.at('SEG_LIMIT') + n * 4, limit, true)
    this.view.setUint32(this.at('SEG_ATTR') + n * 4, attributes, true)
  }

  private build(): void {
    const { view } = this
    for (let g = 0; g < 64; g++) view.setUint32(MEMORY_MAP.P2M_BASE + g * 4, this.host(g) | 1, true)
    const user = 7n
    const kernel = 3n
    this.entry(GFN.PML4, 0, GFN.LOW_PDPT, user)
    this.entry(GFN.LOW_PDPT, 0, GFN.LOW_PD, user)
    this.entry(GFN.LOW_PD, Number(DATA >> 21n), GFN.DATA_PT, user)
    this.entry(GFN.LOW_PD, Number(CODE >> 21n), GFN.CODE_PT, user)
    for (let i = 0; i < 3; i++) this.entry(GFN.DATA_PT, i, GFN.DATA + i, (i < 2 ? user : 5n) | (1n << 63n))
    for (let i = 0; i < CODE_PAGES; i++) this.entry(GFN.CODE_PT, i, GFN.CODE + i, user)
    this.entry(GFN.PML4, 511, GFN.HIGH_PDPT, kernel)
    this.entry(GFN.HIGH_PDPT, 510, GFN.HIGH_PD, kernel)
    this.entry(GFN.HIGH_PD, 0, GFN.KERNEL_PT, kernel)
    for (let i = 0; i < 5; i++) this.entry(GFN.KERNEL_PT, i, GFN.KERNEL + i, kernel)
    for (let i = 0; i < PAGE; i++) view.setUint8(this.host(GFN.DATA + 2) + i, i * 37 + 11)
    this.bytes.fill(0xf4, this.host(GFN.CODE), this.host(GFN.CODE + 2 * CODE_PAGES))

    const base = this.host(GFN.KERNEL)
    for (let v = 0; v < 256; v++) {
      const target = KERNEL + BigInt(HANDLERS + (v & 31) * 16)
      const dpl = v === 3 || v === 4 ? 3n : 0n
      const low = (target & 0xffffn) | (0x10n << 16n) | ((0x8en | (dpl << 5n)) << 40n) | (((target >> 16n) & 0xffffn) << 48n)
      view.setBigUint64(base + IDT + v * 16, low, true)
      view.setBigUint64(base + IDT + v * 16 + 8, target >> 32n, true)
    }
    // Selectors as Linux has them.
    for (const [selector, descriptor] of [
      [0x10, 0x00af_9b00_0000_ffffn],
      [0x18, 0x00cf_9300_0000_ffffn],
      [0x20, 0x00cf_fb00_0000_ffffn],
      [0x28, 0x00cf_f300_0000_ffffn],
      [0x30, 0x00af_fb00_0000_ffffn],
    ] as const)
      view.setBigUint64(base + GDT + selector, descriptor, true)
    view.setBigUint64(base + TSS + 4, KERNEL + BigInt(STACK_TOP), true)
    view.setUint16(base + TSS + 0x66, 0xffff, true) // no I/O bitmap
    this.bytes.fill(0xf4, base + HANDLERS, base + HANDLERS + PAGE)
    this.bytes.set(SYSCALL_CODE, base + SYSCALLS)
    view.setBigUint64(this.at('STAR'), 0x0023_0010_0000_0000n, true)
    view.setBigUint64(this.at('LSTAR'), KERNEL + BigInt(SYSCALLS), true)
    view.setBigUint64(this.at('SFMASK'), 0x700n, true)

    view.setBigUint64(this.at('GDTR_BASE'), KERNEL + BigInt(GDT), true)
    view.setUint32(this.at('GDTR_LIMIT'), 0x7f, true)
    view.setBigUint64(this.at('IDTR_BASE'), KERNEL + BigInt(IDT), true)
    view.setUint32(this.at('IDTR_LIMIT'), 0xfff, true)
    view.setBigUint64(this.at('CR0'), 0x8005_0033n, true)
    view.setBigUint64(this.at('CR3'), BigInt(GFN.PML4 * PAGE), true)
    view.setBigUint64(this.at('CR4'), 0x6a0n, true)
    view.setBigUint64(this.at('EFER'), 0xd01n, true)
    view.setUint16(this.at('FPU_CW'), 0x37f, true)
    view.setUint32(this.at('MXCSR'), 0x1f80, true)
    this.segment(SEGMENT.TR, 0x40, KERNEL + BigInt(TSS), 0x67, 0x8b)
    this.segment(SEGMENT.LDTR, 0, 0n, 0, 0x1_0000)
    for (const n of [SEGMENT.ES, SEGMENT.DS]) this.segment(n, 0x2b, 0n, 0xffff_ffff, 0xcf3)
    this.segment(SEGMENT.FS, 0, 0n, 0, 0x1_0000)
    this.segment(SEGMENT.GS, 0, GS_BASE, 0, 0x1_0000)
    this.user(64)
    this.core.flush_tlb()
  }

  private user(bits: 32 | 64): void {
    if (bits === 64) this.segment(SEGMENT.CS, 0x33, 0n, 0xffff_ffff, 0xafb)
    else this.segment(SEGMENT.CS, 0x23, 0n, 0xffff_ffff, 0xcfb)
    this.segment(SEGMENT.SS, 0x2b, 0n, 0xffff_ffff, 0xcf3)
    this.view.setUint32(this.at('CPL'), 3, true)
    this.view.setUint32(this.at('DTLB'), this.at('TLB_USER'), true)
    this.view.setUint32(this.at('MODE'), bits === 64 ? 2 : 1, true)
    this.view.setBigUint64(this.at('CODE_BASE'), 0n, true)
  }

  /** The TLB is empty, and no page of data accessed or written yet. */
  forgetAccesses(): void {
    for (const at of this.dataEntries()) this.view.setUint8(at, this.view.getUint8(at) & ~ACCESSED_OR_DIRTY)
    this.core.flush_tlb()
  }
  /** Which pages of data were accessed, and written. */
  accesses(): string {
    return this.dataEntries()
      .map((at) => (this.view.getUint8(at) & ACCESSED_OR_DIRTY).toString(16))
      .join(' ')
  }
  private dataEntries(): number[] {
    return [0, 1, 2].map((i) => this.host(GFN.DATA_PT) + i * 8)
  }

  private hostOf(va: bigint): number {
    return va >= CODE ? this.host(GFN.CODE) + Number(va - CODE) : this.host(GFN.DATA) + Number(va - DATA)
  }

  /** Puts the x87, MMX and SSE state of an FXSAVE image into the vcpu. */
  private putFx(fx: Uint8Array): void {
    const image = new DataView(fx.buffer, fx.byteOffset, fx.length)
    const status = image.getUint16(2, true)
    this.view.setUint16(this.at('FPU_CW'), image.getUint16(0, true), true)
    this.view.setUint16(this.at('FPU_SW'), status, true)
    this.view.setUint16(this.at('FPU_TAG'), image.getUint8(4), true)
    this.view.setUint32(this.at('MXCSR'), image.getUint32(24, true), true)
    for (let i = 0; i < 8; i++) {
      const to = this.at('FPU_ST') + (((status >> 11) + i) & 7) * 16
      this.bytes.set(fx.subarray(32 + i * 16, 42 + i * 16), to)
    }
    this.bytes.set(fx.subarray(160, 416), this.at('XMM'))
    this.view.setUint16(this.at('FPU_OP'), 0, true)
    for (const field of ['FPU_CS', 'FPU_DS'] as const) this.view.setUint16(this.at(field), 0, true)
    for (const field of ['FPU_IP', 'FPU_DP'] as const) this.view.setBigUint64(this.at(field), 0n, true)
  }
  private getFx(): Uint8Array {
    const fx = new Uint8Array(416)
    const image = new DataView(fx.buffer)
    const status = this.view.getUint16(this.at('FPU_SW'), true)
    image.setUint16(0, this.view.getUint16(this.at('FPU_CW'), true), true)
    image.setUint16(2, status, true)
    image.setUint8(4, this.view.getUint16(this.at('FPU_TAG'), true))
    image.setUint32(24, this.view.getUint32(this.at('MXCSR'), true), true)
    for (let i = 0; i < 8; i++) {
      const from = this.at('FPU_ST') + (((status >> 11) + i) & 7) * 16
      fx.set(this.bytes.subarray(from, from + 10), 32 + i * 16)
    }
    fx.set(this.bytes.subarray(this.at('XMM'), this.at('XMM') + 256), 160)
    return fx
  }

  /** Opcode, address and operand of the last x87 instruction, which the host's processor does not always keep. */
  x87Pointers(): string {
    const { view } = this
    const words = (['FPU_OP', 'FPU_CS', 'FPU_DS'] as const).map((field) => view.getUint16(this.at(field), true).toString(16))
    const wide = (['FPU_IP', 'FPU_DP'] as const).map((field) => view.getBigUint64(this.at(field), true).toString(16))
    return [...words, ...wide].join(' ')
  }

  /** Memory and floating point as a fresh process of the native harness has them. */
  reset(): void {
    this.bytes.fill(0, this.host(GFN.DATA), this.host(GFN.DATA + 2))
    this.view.setUint16(this.at('FPU_CW'), 0x37f, true)
    this.view.setUint16(this.at('FPU_SW'), 0, true)
    this.view.setUint16(this.at('FPU_TAG'), 0, true)
    this.view.setUint32(this.at('MXCSR'), 0x1f80, true)
  }

  /** Host addresses of the pages a case's code lies in, and of those mapped in their place. */
  codePages(): number[] {
    return Array.from({ length: 2 * CODE_PAGES }, (_, i) => this.host(GFN.CODE + i))
  }

  /** Pages of data, of code and of the kernel, as they are now. */
  pages(): Uint8Array {
    return this.bytes.subarray(this.host(GFN.DATA), this.host(GFN.KERNEL) + STACK_TOP)
  }

  /** Host address of the page with what runs at CPL 0. */
  kernelPage(): number {
    return this.host(GFN.KERNEL) + HANDLERS
  }

  /** Which frame of codePages() each page of code is mapped to: its own when nothing is said. */
  private mapCode(frames?: readonly number[]): void {
    if (!frames && !this.remapped) return
    for (let i = 0; i < CODE_PAGES; i++) this.entry(GFN.CODE_PT, i, GFN.CODE + (frames?.[i] ?? i), 7n)
    this.remapped = frames !== undefined
    this.core.flush_tlb()
  }

  /** Puts code where it is to be; what was decoded of pages that are others now is dropped. */
  private putCode(c: Case): void {
    const size = CODE_PAGES * PAGE
    const wanted = new Uint8Array(2 * size).fill(0xf4)
    wanted.set(c.code, c.offset)
    if (c.remapped) wanted.set(c.remapped.code, size + c.offset)
    for (const [i, host] of this.codePages().entries()) {
      const page = wanted.subarray(i * PAGE, (i + 1) * PAGE)
      if (Buffer.compare(page, this.bytes.slice(host, host + PAGE)) === 0) continue
      this.bytes.set(page, host)
      this.core.invalidate_page(host >>> 12)
    }
  }

  /** `slice`: instructions of a run(); a case has ten of them. */
  run(c: Case, slice = 10_000): Answer {
    for (const host of this.codePages()) this.core.invalidate_page(host >>> 12)
    // Now and then everything is looked up anew, mostly the TLB and neighbouring code are warm.
    if (this.runs++ % 16 === 0) this.core.flush_tlb()
    return this.runDecoded(c, slice)
  }

  /** The case once more, with what is decoded or translated of its code. */
  runDecoded(c: Case, slice = 10_000): Answer {
    const { view, bytes, core } = this
    this.user(c.bits)
    for (const [n, v] of c.gpr.entries()) view.setBigUint64(this.at('GPR') + n * 8, v, true)
    core.set_eflags(c.rflags)
    view.setBigUint64(this.at('RIP'), CODE + BigInt(c.offset), true)
    this.putCode(c)
    bytes.set(c.middle, this.hostOf(MIDDLE))
    bytes.set(c.tail, this.hostOf(TAIL))
    if (c.fx) this.putFx(c.fx)
    let exit: number
    let slices = 0
    do {
      this.mapCode(c.remapped?.frames[slices])
      exit = core.run(slice)
    } while (exit === EXIT.BUDGET && ++slices < 10)
    const rip = view.getBigUint64(this.at('RIP'), true)
    const trap = exit === EXIT.HLT ? Number(rip - 1n - KERNEL - BigInt(HANDLERS)) / 16 : 1000 + exit
    const coded = [8, 10, 11, 12, 13, 14, 17].includes(trap)
    const frame = this.host(GFN.KERNEL) + STACK_TOP - 40
    const gpr = Array.from({ length: 16 }, (_, n) => view.getBigUint64(this.at('GPR') + n * 8, true))
    // a program that was stopped is where it is
    const ended = exit === EXIT.HLT
    if (ended) gpr[4] = view.getBigUint64(frame + 24, true)
    return {
      gpr,
      rip: ended ? view.getBigUint64(frame, true) : rip,
      rflags: (ended ? Number(view.getBigUint64(frame + 16, true)) : core.get_eflags()) & RFLAGS_COMPARED,
      cr2: trap === 14 ? view.getBigUint64(this.at('CR2'), true) : 0n,
      trap,
      error: coded ? Number(view.getBigUint64(frame - 8, true)) : 0,
      middle: bytes.slice(this.hostOf(MIDDLE), this.hostOf(MIDDLE) + 512),
      tail: bytes.slice(this.hostOf(TAIL), this.hostOf(TAIL) + 64),
      fx: c.fx ? this.getFx() : undefined,
    }
  }
}
