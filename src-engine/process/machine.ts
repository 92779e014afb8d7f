// The machine around a vcpu's core: what the core's imports do. MMIO is the local APIC page, everything else reads all ones;
// ports, CPUID and MSRs come from platform/ and hypervisor/ tables.
// Runs in: the vcpu's thread, called from inside run().

import { xenCpuid } from '../hypervisor/cpuid-leaves'
import type { Domain } from '../hypervisor/domain'
import { writeHypercallPage } from '../hypervisor/hypercall-page'
import { apicId, cpuid } from '../platform/cpuid'
import { DELIVERY, LAPIC_BASE, LocalApic } from '../platform/lapic'
import { type MsrSurroundings, readMsr, writeMsr } from '../platform/msr'
import { type PortSurroundings, readPort, writePort } from '../platform/ports'
import { SHUTDOWN } from '../public/xen/sched'
import type { CoreImports } from '../vcpu/core-interface'
import type { Registers } from '../vcpu/registers'

const SHORTHAND = { NONE: 0, SELF: 1, ALL: 2, OTHERS: 3 } as const

/** Views of every local APIC of the domain, from the thread of vcpu `self`. */
export class LocalApics {
  readonly own: LocalApic
  private readonly all: readonly LocalApic[]

  constructor(
    private readonly domain: Domain,
    private readonly registers: Registers,
    self: number,
  ) {
    this.all = Array.from({ length: domain.vcpus }, (_, vcpu) => this.make(vcpu))
    this.own = this.all[self] ?? this.make(self)
  }

  private make(vcpu: number): LocalApic {
    const { domain, registers } = this
    return new LocalApic(domain.memory, domain.geometry.lapicPage(vcpu), apicId(vcpu), {
      now: () => domain.time.systemTime(),
      setTimer: (deadline, period) => {
        domain.vset64(vcpu, 'APIC_PERIOD', period)
        domain.vset64(vcpu, 'APIC_DEADLINE', deadline)
      },
      timerDeadline: () => domain.vget64(vcpu, 'APIC_DEADLINE'),
      getCr8: () => Number(registers.get64('CR8')) & 0xf,
      setCr8: (value) => registers.set64('CR8', BigInt(value & 0xf)),
      sendIpi: (mode, vector, shorthand, logical, destination) =>
        this.sendIpi(vcpu, mode, vector, shorthand, logical, destination),
    })
  }

  post(vcpu: number, vector: number): void {
    this.all[vcpu]?.post(vector)
    this.domain.kick(vcpu)
  }

  /**
   * Has this vcpu's core leave run() as soon as it can take what waits in its local APIC: an interrupt that the guest sends itself comes within
   * an instruction or two, as on a processor. This vcpu's thread only.
   */
  ask(): void {
    if (this.own.pendingVector() < 0) return
    this.registers.set32('IRQ_WANTED', 1)
    this.registers.set32('ATTENTION', 1)
  }

  private sendIpi(from: number, mode: number, vector: number, shorthand: number, logical: boolean, destination: number): void {
    for (const [vcpu, apic] of this.all.entries()) {
      const meant =
        shorthand === SHORTHAND.SELF
          ? vcpu === from
          : shorthand === SHORTHAND.NONE
            ? apic.matches(logical, destination)
            : vcpu !== from || shorthand === SHORTHAND.ALL
      if (!meant) continue
      switch (mode) {
        case DELIVERY.FIXED:
        case DELIVERY.LOWEST:
          this.post(vcpu, vector)
          if (mode === DELIVERY.LOWEST) return
          break
        case DELIVERY.NMI:
          this.domain.vset(vcpu, 'NMI', 1)
          this.domain.kick(vcpu)
          break
        case DELIVERY.INIT:
          this.domain.states.init(vcpu)
          break
        case DELIVERY.STARTUP:
          this.domain.states.startup(vcpu, vector)
          break
      }
    }
  }
}

/** The imports for the core of vcpu `registers.index`. */
export function machineImports(domain: Domain, registers: Registers, lapics: LocalApics): CoreImports {
  const vcpu = registers.index
  const ones = (size: number): bigint => (1n << BigInt(size * 8)) - 1n
  const lapicPage = BigInt(LAPIC_BASE >>> 12)
  const msrs: MsrSurroundings = {
    vcpu,
    tsc: () => domain.time.tsc(),
    hypercallPage: (value) => writeHypercallPage(domain, value, registers.longMode ? 64 : 32),
  }
  const ports: PortSurroundings = {
    earlyConsole: (byte) => domain.consoleOutput.write(Uint8Array.of(byte)),
    reset: () => domain.shutdown.shutdown(SHUTDOWN.SHUTDOWN_reboot, 'the guest wrote to the reset register'),
  }
  return {
    mmio_read(gpa, size) {
      if (gpa >> 12n !== lapicPage) return ones(size)
      const offset = Number(gpa & 0xfffn)
      const value = BigInt(lapics.own.read(offset & ~3)) >> BigInt((offset & 3) * 8)
      return value & ones(size)
    },
    mmio_write(gpa, size, value) {
      if (gpa >> 12n !== lapicPage || size < 4) return
      lapics.own.write(Number(gpa & 0xfffn), Number(value & 0xffff_ffffn))
      lapics.ask()
    },
    port_in: (port, size) => readPort(port, size),
    port_out: (port, _size, value) => writePort(port, value >>> 0, ports),
    cpuid(leaf, subleaf) {
      const [eax, ebx, ecx, edx] = xenCpuid(domain, vcpu, leaf >>> 0, subleaf >>> 0) ?? cpuid(leaf >>> 0, vcpu)
      registers.setCpuid(eax, ebx, ecx, edx)
    },
    rdmsr(msr) {
      const value = readMsr(msr, msrs)
      if (value === undefined) return 0
      registers.set64('MSR_VALUE', value)
      return 1
    },
    wrmsr: (msr) => (writeMsr(msr, registers.get64('MSR_VALUE'), msrs) ? 1 : 0),
    tsc: () => domain.time.tsc(),
  }
}
