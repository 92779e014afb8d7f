// Registers of a vcpu, in its area of the shared memory: what the hypervisor reads and writes of them between two run()s.
// Invariant: valid only while the vcpu is not inside run(), or from an import the core has called.
// Runs in: the vcpu's thread; the main thread while the vcpu is parked. State: shared memory.
import { EXIT, SEGMENT, type VcpuField, vcpuAddress } from '../isa/state-layout'

/** Register numbers as instructions encode them. */
export const GPR = { RAX: 0, RCX: 1, RDX: 2, RBX: 3, RSP: 4, RBP: 5, RSI: 6, RDI: 7, R8: 8, R10: 10 } as const
export { EXIT, SEGMENT }

export class Registers {
  private readonly view: DataView
  /** The vcpu is inside run(): set by its loop, so that an import can tell where it stands. */
  running = false

  constructor(
    buffer: ArrayBufferLike,
    readonly index: number,
  ) {
    this.view = new DataView(buffer)
  }

  /**
   * Instructions retired so far. Asked from an import of a running core: exact for RDTSC and RDMSR, which leave their place
   * in the block; for MMIO and ports what it was at the start of the block.
   */
  retired(): number {
    const before = Number(this.get64('RETIRED'))
    return this.running ? before + ((this.get32('STOPPED_IP') - this.get32('BUDGET') + this.get32('PLACE')) | 0) : before
  }

  address(field: VcpuField): number {
    return vcpuAddress(this.index, field)
  }
  gpr(number: number): bigint {
    return this.view.getBigUint64(this.address('GPR') + number * 8, true)
  }
  setGpr(number: number, value: bigint): void {
    this.view.setBigUint64(this.address('GPR') + number * 8, BigInt.asUintN(64, value), true)
  }
  get32(field: VcpuField): number {
    return this.view.getUint32(this.address(field), true)
  }
  set32(field: VcpuField, value: number): void {
    this.view.setUint32(this.address(field), value, true)
  }
  get64(field: VcpuField): bigint {
    return this.view.getBigUint64(this.address(field), true)
  }
  set64(field: VcpuField, value: bigint): void {
    this.view.setBigUint64(this.address(field), BigInt.asUintN(64, value), true)
  }
  setSegment(number: number, selector: number, base: bigint, limit: number, attributes: number): void {
    this.view.setBigUint64(this.address('SEG_BASE') + number * 8, base, true)
    this.view.setUint16(this.address('SEG_SEL') + number * 2, selector, true)
    this.view.setUint32(this.address('SEG_ATTR') + number * 4, attributes, true)
    this.view.setUint32(this.address('SEG_LIMIT') + number * 4, limit, true)
  }
  segment(number: number): { selector: number; base: bigint; limit: number; attributes: number } {
    return {
      selector: this.view.getUint16(this.address('SEG_SEL') + number * 2, true),
      base: this.view.getBigUint64(this.address('SEG_BASE') + number * 8, true),
      limit: this.view.getUint32(this.address('SEG_LIMIT') + number * 4, true),
      attributes: this.view.getUint32(this.address('SEG_ATTR') + number * 4, true),
    }
  }
  setDebug(number: number, value: bigint): void {
    this.view.setBigUint64(this.address('DR') + number * 8, value, true)
  }
  /** The state after power-up: FNINIT and the default MXCSR. */
  resetFpu(): void {
    this.view.setUint16(this.address('FPU_CW'), 0x37f, true)
    this.view.setUint16(this.address('FPU_SW'), 0, true)
    this.view.setUint16(this.address('FPU_TAG'), 0, true)
    this.set32('MXCSR', 0x1f80)
  }
  /** Are 64-bit hypercall conventions in force? */
  get longMode(): boolean {
    return this.get32('MODE') === 2
  }
  setCpuid(eax: number, ebx: number, ecx: number, edx: number): void {
    const at = this.address('CPUID_OUT')
    for (const [i, value] of [eax, ebx, ecx, edx].entries()) this.view.setUint32(at + i * 4, value, true)
  }
}
