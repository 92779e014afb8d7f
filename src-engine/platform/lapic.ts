// The local APIC of a vcpu, xAPIC form: a page of registers at 0xfee00000. Linux on Xen uses little of it (irq_work self-IPIs,
// stop IPIs, NMIs; timers and other IPIs are event channels), but it must be there and answer right.
// Invariant: IRR may be set by any thread (atomic or, then kick); everything else belongs to the vcpu's own thread. The page
// in the vcpu's area is the whole state, at the offsets of the MMIO page; deadlines of its timer are with the other timers.
// Spec: xen-guest-abi.md 2.5; Intel SDM volume 3, chapter on the APIC. Runs in: vcpu threads. State: shared memory.

/** Registers: name, offset, value after reset, bits a guest may write. */
export const LAPIC_REGISTERS = [
  ['ID', 0x020, 0, 0xff00_0000],
  ['LVR', 0x030, 0x0005_0014, 0],
  ['TPR', 0x080, 0, 0xff],
  ['PPR', 0x0a0, 0, 0],
  ['EOI', 0x0b0, 0, 0],
  ['LDR', 0x0d0, 0, 0xff00_0000],
  ['DFR', 0x0e0, 0xffff_ffff, 0xf000_0000],
  ['SVR', 0x0f0, 0xff, 0x1ff],
  ['ISR', 0x100, 0, 0],
  ['TMR', 0x180, 0, 0],
  ['IRR', 0x200, 0, 0],
  ['ESR', 0x280, 0, 0],
  ['ICR', 0x300, 0, 0x000c_cfff],
  ['ICR2', 0x310, 0, 0xff00_0000],
  ['LVT_TIMER', 0x320, 0x0001_0000, 0x0003_00ff],
  ['LVT_THERMAL', 0x330, 0x0001_0000, 0x0001_07ff],
  ['LVT_PERF', 0x340, 0x0001_0000, 0x0001_07ff],
  ['LVT_LINT0', 0x350, 0x0001_0000, 0x0001_a7ff],
  ['LVT_LINT1', 0x360, 0x0001_0000, 0x0001_a7ff],
  ['LVT_ERROR', 0x370, 0x0001_0000, 0x0001_00ff],
  ['TIMER_INITIAL', 0x380, 0, 0xffff_ffff],
  ['TIMER_CURRENT', 0x390, 0, 0],
  ['TIMER_DIVIDE', 0x3e0, 0, 0x0b],
] as const

type RegisterName = (typeof LAPIC_REGISTERS)[number][0]

export const LAPIC_BASE = 0xfee0_0000

const REG = Object.fromEntries(LAPIC_REGISTERS.map(([name, offset]) => [name, offset]))
const WRITABLE: ReadonlyMap<number, number> = new Map(LAPIC_REGISTERS.map(([, offset, , mask]) => [offset, mask]))

const at = (name: RegisterName): number => REG[name] ?? 0

const SVR_ENABLED = 0x100
const LVT_MASKED = 0x1_0000
const LVT_PERIODIC = 0x2_0000

const ICR_ASSERT = 0x4000
const ICR_LEVEL_TRIGGERED = 0x8000

/** ICR delivery modes. */
export const DELIVERY = { FIXED: 0, LOWEST: 1, SMI: 2, NMI: 4, INIT: 5, STARTUP: 6 } as const

/** Words of guest-visible state; typed views of the shared memory. */
export interface LapicMemory {
  readonly u32: Uint32Array
  readonly i32: Int32Array
}

/** What a local APIC needs of the machine around it. */
export interface LapicSurroundings {
  /** System time in ns. The timer's input clock is 1 GHz. */
  now(): bigint
  /** Arms (or with -1n disarms) the timer; period 0n means once. */
  setTimer(deadline: bigint, period: bigint): void
  timerDeadline(): bigint
  /** The task priority as CR8 has it: bits 7:4 of TPR. */
  getCr8(): number
  setCr8(value: number): void
  /** Delivers an IPI to another part of the machine; `destination` as in ICR2, `logical` and `shorthand` as in ICR. */
  sendIpi(mode: number, vector: number, shorthand: number, logical: boolean, destination: number): void
}

export class LocalApic {
  constructor(
    private readonly memory: LapicMemory,
    private readonly page: number,
    private readonly apicId: number,
    private readonly surroundings: LapicSurroundings,
  ) {}

  /** State after power-up; the caller does this once, when the domain is built. */
  reset(): void {
    for (let offset = 0; offset < 0x400; offset += 0x10) this.put(offset, 0)
    for (const [, offset, value] of LAPIC_REGISTERS) this.put(offset, value)
    this.put(at('ID'), (this.apicId << 24) >>> 0)
  }

  private get(offset: number): number {
    return Atomics.load(this.memory.u32, (this.page + offset) >>> 2)
  }
  private put(offset: number, value: number): void {
    Atomics.store(this.memory.u32, (this.page + offset) >>> 2, value)
  }

  read(offset: number): number {
    switch (offset) {
      case at('TPR'):
        return (this.surroundings.getCr8() << 4) | (this.get(offset) & 0x0f)
      case at('PPR'):
        return this.processorPriority()
      case at('TIMER_CURRENT'):
        return this.currentCount()
      case at('EOI'):
        return 0
      default:
        return offset % 16 === 0 && offset < 0x400 ? this.get(offset) : 0
    }
  }

  write(offset: number, value: number): void {
    const mask = WRITABLE.get(offset)
    if (mask === undefined) return
    switch (offset) {
      case at('EOI'):
        this.endOfInterrupt()
        return
      case at('ESR'):
        this.put(offset, 0)
        return
      case at('TPR'):
        this.put(offset, value & mask)
        this.surroundings.setCr8((value & 0xff) >>> 4)
        return
      case at('DFR'):
        this.put(offset, (value | 0x0fff_ffff) >>> 0)
        return
      case at('ICR'): {
        this.put(offset, value & mask)
        const destination = this.get(at('ICR2')) >>> 24
        // The level of an INIT going away again says nothing.
        if (((value >>> 8) & 7) === DELIVERY.INIT && (value & (ICR_LEVEL_TRIGGERED | ICR_ASSERT)) === ICR_LEVEL_TRIGGERED)
          return
        this.surroundings.sendIpi((value >>> 8) & 7, value & 0xff, (value >>> 18) & 3, (value & 0x800) !== 0, destination)
        return
      }
      case at('TIMER_INITIAL'):
        this.put(offset, value >>> 0)
        this.startTimer()
        return
      case at('SVR'):
        this.put(offset, value & mask)
        if ((value & SVR_ENABLED) === 0) {
          for (const lvt of ['LVT_TIMER', 'LVT_THERMAL', 'LVT_PERF', 'LVT_LINT0', 'LVT_LINT1', 'LVT_ERROR'] as const) {
            this.put(at(lvt), (this.get(at(lvt)) | LVT_MASKED) >>> 0)
          }
        }
        return
      default:
        if (mask !== 0) this.put(offset, (value & mask) >>> 0)
    }
  }

  // --- interrupts ---

  get softwareEnabled(): boolean {
    return (this.get(at('SVR')) & SVR_ENABLED) !== 0
  }

  /** An edge-triggered interrupt arrives; any thread. The caller kicks the vcpu. */
  post(vector: number): void {
    if (!this.softwareEnabled || vector < 0x10) return
    Atomics.or(this.memory.i32, (this.page + at('IRR') + (vector >>> 5) * 16) >>> 2, 1 << (vector & 31))
  }

  private highest(bank: number): number {
    for (let word = 7; word >= 0; word--) {
      const bits = this.get(bank + word * 16)
      if (bits !== 0) return word * 32 + 31 - Math.clz32(bits)
    }
    return -1
  }

  private processorPriority(): number {
    const task = this.surroundings.getCr8() << 4
    const service = Math.max(0, this.highest(at('ISR'))) & 0xf0
    return Math.max(task, service)
  }

  /** The vector to deliver next, or -1. */
  pendingVector(): number {
    const vector = this.highest(at('IRR'))
    if (vector < 0 || !this.softwareEnabled) return -1
    return (vector & 0xf0) > (this.processorPriority() & 0xf0) ? vector : -1
  }

  /** The vcpu takes the interrupt: it moves from requested to in service. */
  acknowledge(vector: number): void {
    const bit = 1 << (vector & 31)
    Atomics.and(this.memory.i32, (this.page + at('IRR') + (vector >>> 5) * 16) >>> 2, ~bit)
    Atomics.or(this.memory.i32, (this.page + at('ISR') + (vector >>> 5) * 16) >>> 2, bit)
  }

  private endOfInterrupt(): void {
    const vector = this.highest(at('ISR'))
    if (vector < 0) return
    Atomics.and(this.memory.i32, (this.page + at('ISR') + (vector >>> 5) * 16) >>> 2, ~(1 << (vector & 31)))
  }

  /** Does a destination of an IPI mean this one? */
  matches(logical: boolean, destination: number): boolean {
    if (!logical) return destination === 0xff || destination === this.get(at('ID')) >>> 24
    if (destination === 0xff) return true
    const mine = this.get(at('LDR')) >>> 24
    // Flat model: a bit for each; cluster model: cluster number and a bit in it.
    if (this.get(at('DFR')) >>> 28 === 0xf) return (mine & destination) !== 0
    return mine >>> 4 === destination >>> 4 && (mine & destination & 0xf) !== 0
  }

  // --- timer ---

  private get divider(): bigint {
    const bits = this.get(at('TIMER_DIVIDE'))
    const code = (bits & 3) | ((bits & 8) >>> 1)
    return code === 7 ? 1n : 2n << BigInt(code)
  }

  private startTimer(): void {
    const initial = BigInt(this.get(at('TIMER_INITIAL')))
    if (initial === 0n) {
      this.surroundings.setTimer(-1n, 0n)
      return
    }
    const span = initial * this.divider
    const periodic = (this.get(at('LVT_TIMER')) & LVT_PERIODIC) !== 0
    this.surroundings.setTimer(this.surroundings.now() + span, periodic ? span : 0n)
  }

  private currentCount(): number {
    const deadline = this.surroundings.timerDeadline()
    if (deadline < 0n) return 0
    const left = (deadline - this.surroundings.now()) / this.divider
    return left < 0n ? 0 : Number(left & 0xffff_ffffn)
  }

  /** The timer's deadline has come. */
  timerExpired(): void {
    const lvt = this.get(at('LVT_TIMER'))
    if ((lvt & LVT_MASKED) === 0) this.post(lvt & 0xff)
  }
}
