// A CPU core that runs a script instead of instructions: each run() is one step, which sets registers and says how it ended.
// Runs in: vitest.
import type { CoreExports } from '../../src-engine/vcpu/core-interface'

export type Step = (budget: number) => number

export class StubCore implements CoreExports {
  readonly steps: Step[] = []
  readonly table = new WebAssembly.Table({ element: 'anyfunc', initial: 0 })
  readonly injected: (number | 'nmi')[] = []
  readonly invalidated: number[] = []
  flushes = 0
  codeFlushes = 0
  eflags = 0x202
  /** What a step finds when the script is over. */
  constructor(private readonly last: Step) {}

  run(budget: number): number {
    return (this.steps.shift() ?? this.last)(budget)
  }
  interruptible(): number {
    return (this.eflags >> 9) & 1
  }
  inject(vector: number): void {
    this.injected.push(vector)
    this.eflags &= ~0x200
  }
  inject_nmi(): void {
    this.injected.push('nmi')
  }
  translate(va: bigint): number {
    return va < 0n ? 0 : this.address(Number(va))
  }
  address: (gpa: number) => number = () => 0
  flush_tlb(): void {
    this.flushes += 1
  }
  flush_code(): void {
    this.codeFlushes += 1
  }
  invalidate_page(mfn: number): void {
    this.invalidated.push(mfn)
  }
  region_read(): number {
    return 0
  }
  region_write(): number {
    return 0
  }
  region_update(): number {
    return 0
  }
  region_pushes(): number {
    return 0
  }
  region_pops(): number {
    return 0
  }
  region_stored(): number {
    return 0
  }
  cold(): number {
    return 0
  }
  settle_flags(): void {}
  region_x87(): number {
    return 0
  }
  region_x87_read(): void {}
  region_x87_write(): number {
    return 0
  }
  region_x87_add(): number {
    return 0
  }
  region_x87_multiply(): number {
    return 0
  }
  region_x87_divide(): number {
    return 0
  }
  region_x87_order(): number {
    return 0
  }
  sse_execute(): number {
    return 0
  }
  set_sampling(): void {}
  drop_code(): void {
    this.codeFlushes += 1
  }
  lock_code(): void {}
  unlock_code(): void {}
  get_eflags(): number {
    return this.eflags
  }
  set_eflags(value: number): void {
    this.eflags = value
  }
}
