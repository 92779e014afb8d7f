// What a vcpu’s thread does around a scripted core: hypercalls, interrupts, sleep, ends. Runs in: vitest.
import { beforeEach, describe, expect, it } from 'vitest'
import { LocalApics, machineImports } from '../../../src-engine/process/machine'
import { VcpuLoop } from '../../../src-engine/process/vcpu-loop'
import { RUNSTATE } from '../../../src-engine/public/xen/vcpu'
import type { CoreImports } from '../../../src-engine/vcpu/core-interface'
import { EXIT, GPR, Registers } from '../../../src-engine/vcpu/registers'
import { type FakeDomain, fakeDomain } from '../../support/fake-domain'
import { StubCore } from '../../support/stub-core'

const CALLBACK_VECTOR = (2n << 56n) | 0xf3n

let fake: FakeDomain
let core: StubCore
let registers: Registers
let lapics: LocalApics
let imports: CoreImports
let loop: VcpuLoop

beforeEach(() => {
  fake = fakeDomain()
  core = new StubCore(() => EXIT.BUDGET)
  core.address = (gpa) => fake.memory.addressOf(gpa)
  registers = new Registers(fake.memory.buffer, 0)
  registers.set32('MODE', 2)
  lapics = new LocalApics(fake.domain, registers, 0)
  lapics.own.reset()
  imports = machineImports(fake.domain, registers, lapics)
  loop = new VcpuLoop(fake.domain, registers, core, lapics)
})

const hypercall =
  (number: number, cpl = 0) =>
  (): number => {
    registers.setGpr(GPR.RAX, BigInt(number))
    registers.set32('CPL', cpl)
    return EXIT.HYPERCALL
  }

describe('a vcpu’s loop', () => {
  it('puts the result of a hypercall into RAX, sign-extended in 64-bit mode, cut to EAX in 32-bit mode', () => {
    core.steps.push(hypercall(99))
    loop.step()
    expect(registers.gpr(GPR.RAX)).toBe(0xffff_ffff_ffff_ffdan)
    registers.set32('MODE', 1)
    core.steps.push(hypercall(99))
    loop.step()
    expect(registers.gpr(GPR.RAX)).toBe(0xffff_ffdan)
  })

  it('refuses hypercalls of user code with EPERM', () => {
    core.steps.push(hypercall(17, 3))
    loop.step()
    expect(registers.gpr(GPR.RAX)).toBe(0xffff_ffff_ffff_ffffn)
    expect(fake.domain.counter(0, 'CALLS', 17)).toBe(0)
  })

  it('delivers the callback vector while upcall_pending is set, without the local APIC', () => {
    fake.domain.set64('HVM_PARAM', CALLBACK_VECTOR, 0)
    fake.domain.events.raise(fake.domain.events.bindIpi(0))
    loop.step()
    expect(core.injected).toEqual([0xf3])
    core.eflags |= 0x200
    loop.step()
    expect(core.injected).toEqual([0xf3, 0xf3])
    fake.memory.u8[fake.domain.shared.vcpuInfo(0)] = 0
    core.eflags |= 0x200
    loop.step()
    expect(core.injected).toHaveLength(2)
  })

  it('asks for the interrupt window when the guest cannot take an interrupt now', () => {
    fake.domain.set64('HVM_PARAM', CALLBACK_VECTOR, 0)
    fake.domain.events.raise(fake.domain.events.bindIpi(0))
    core.eflags = 2
    loop.step()
    expect([core.injected, registers.get32('IRQ_WANTED')]).toEqual([[], 1])
    core.eflags = 0x202
    loop.step()
    expect([core.injected, registers.get32('IRQ_WANTED')]).toEqual([[0xf3], 0])
  })

  it('delivers a self-IPI through the local APIC page, after the upcall', () => {
    fake.domain.set64('HVM_PARAM', CALLBACK_VECTOR, 0)
    fake.domain.events.raise(fake.domain.events.bindIpi(0))
    imports.mmio_write(0xfee000f0n, 4, 0x1ffn)
    imports.mmio_write(0xfee00300n, 4, 0x400f6n)
    // The core is inside run(): it is to leave as soon as the guest can take it, and so again behind the upcall.
    expect([registers.get32('IRQ_WANTED'), registers.get32('ATTENTION')]).toEqual([1, 1])
    loop.step()
    expect(registers.get32('IRQ_WANTED')).toBe(1)
    fake.memory.u8[fake.domain.shared.vcpuInfo(0)] = 0
    core.eflags |= 0x200
    loop.step()
    expect(core.injected).toEqual([0xf3, 0xf6])
    expect(imports.mmio_read(0xfee00170n, 4)).toBe(1n << 22n)
  })

  it('delivers an NMI also with interrupts off', () => {
    core.eflags = 2
    fake.domain.vset(0, 'NMI', 1)
    loop.step()
    expect(core.injected).toEqual(['nmi'])
  })

  it('sleeps in HLT until its timer and then raises VIRQ_TIMER', () => {
    fake.domain.set64('HVM_PARAM', CALLBACK_VECTOR, 0)
    const port = fake.domain.events.bindVirq(0, 0)
    fake.domain.timers.setSingleshot(0, fake.domain.time.systemTime() + 5_000_000n)
    core.steps.push(() => EXIT.HLT)
    loop.step()
    expect(fake.domain.vget(0, 'BLOCKED')).toBe(1)
    loop.step() // sleeps 5 ms: the test's clock does not move by itself
    expect(fake.domain.vget(0, 'BLOCKED')).toBe(1)
    expect(fake.domain.vget(0, 'RUNSTATE')).toBe(2)
    fake.clock.ns += 5_000_000n
    loop.step()
    expect(fake.domain.vget(0, 'BLOCKED')).toBe(0)
    expect(fake.domain.events.pending(port)).toBe(true)
    loop.step()
    expect(core.injected).toEqual([0xf3])
    expect(fake.domain.vget(0, 'RUNSTATE')).toBe(0)
  })

  it('takes HLT with interrupts off as the end: power-off', () => {
    core.eflags = 2
    core.steps.push(() => EXIT.HLT)
    loop.step()
    expect(fake.domain.shutdown.state).toMatchObject({ code: 0 })
  })

  it('calls a triple fault a crash, or what HVM parameter 31 says', () => {
    core.steps.push(() => EXIT.SHUTDOWN)
    loop.step()
    expect(fake.domain.shutdown.state).toMatchObject({ code: 3, text: 'triple fault at RIP 0x0' })
    const other = fakeDomain()
    other.domain.set64('HVM_PARAM', 1n, 31)
    const core2 = new StubCore(() => EXIT.SHUTDOWN)
    new VcpuLoop(other.domain, new Registers(other.memory.buffer, 0), core2, lapics).step()
    expect(other.domain.shutdown.state).toMatchObject({ code: 1 })
  })

  it('crashes the domain with address and bytes of an instruction the core does not know', () => {
    registers.set64('UNKNOWN_RIP', 0x5000n)
    fake.memory.u8.set([0x0f, 0x0a, 0x90], fake.memory.addressOf(0x5000))
    core.steps.push(() => EXIT.UNIMPLEMENTED)
    loop.step()
    expect(fake.domain.shutdown.state?.text).toMatch(/^instruction not implemented at 0x5000: 0f 0a 90 00/)
  })

  it('drops decoded code of a page that was written from outside, before it runs on', () => {
    const page = fake.memory.addressOf(0x7000)
    fake.memory.u8[fake.memory.geometry.pageFlagsBase + (page >>> 12)] = 1
    fake.memory.writePhysical(0x7000, Uint8Array.of(1))
    loop.step()
    expect(core.invalidated).toEqual([page >>> 12])
    expect(fake.memory.u8[fake.memory.geometry.pageFlagsBase + (page >>> 12)]).toBe(3)
  })

  it('forgets all code when more pages were written than it keeps a list of', () => {
    for (let page = 0; page < 70; page++) fake.domain.requestInvalidate(0x100000 + page * 4096)
    loop.step()
    expect(core.codeFlushes).toBe(1)
  })

  it('also when the p2m changes behind that', () => {
    for (let page = 0; page < 70; page++) fake.domain.requestInvalidate(0x100000 + page * 4096)
    fake.domain.requestFlush()
    loop.step()
    expect(core.codeFlushes).toBe(1)
    expect(core.flushes).toBe(1)
  })

  it('flushes its TLB after a change of the p2m, in the same round', () => {
    fake.memory.view.setUint16(fake.memory.addressOf(0x8000), 0x7ff0, true)
    fake.memory.view.setUint32(fake.memory.addressOf(0x8010), 1, true)
    core.steps.push(() => {
      registers.setGpr(GPR.RDI, 7n)
      registers.setGpr(GPR.RSI, 0x8000n)
      return hypercall(12)()
    })
    loop.step()
    expect(registers.gpr(GPR.RAX)).toBe(0n)
    expect(core.flushes).toBe(1)
  })

  it('ends a slice near the next deadline', () => {
    const budgets: number[] = []
    core.steps.push(
      (budget) => budgets.push(budget) && EXIT.BUDGET,
      (budget) => budgets.push(budget) && EXIT.BUDGET,
    )
    loop.step()
    fake.domain.timers.setSingleshot(0, fake.domain.time.systemTime() + 100_000n)
    loop.step()
    expect(budgets).toEqual([100_000, 15_000])
  })
})

describe('the machine around the core', () => {
  it('shows Xen’s CPUID leaves beside the processor’s', () => {
    imports.cpuid(0x40000000, 0)
    const at = registers.address('CPUID_OUT')
    expect(new TextDecoder().decode(fake.memory.u8.slice(at + 4, at + 16))).toBe('XenVMMXenVMM')
    imports.cpuid(0x40000001, 0)
    expect(fake.memory.view.getUint32(at, true)).toBe(0x40014)
    imports.cpuid(0x40000004, 0)
    expect([0, 4, 8].map((i) => fake.memory.view.getUint32(at + i, true))).toEqual([0x18, 0, 5])
  })

  it('fills the hypercall page with calls, and a trap for iret', () => {
    registers.set64('MSR_VALUE', 0x9000n)
    expect(imports.wrmsr(0x40000000)).toBe(1)
    const page = fake.memory.addressOf(0x9000)
    expect([...fake.memory.u8.slice(page + 17 * 32, page + 17 * 32 + 9)]).toEqual([0xb8, 17, 0, 0, 0, 0x0f, 0x01, 0xd9, 0xc3])
    expect([...fake.memory.u8.slice(page + 23 * 32, page + 23 * 32 + 2)]).toEqual([0x0f, 0x0b])
    registers.set64('MSR_VALUE', 0xffff_ffff_f000n)
    expect(imports.wrmsr(0x40000000)).toBe(0)
  })

  it('reads all ones where nothing is', () => {
    expect(imports.mmio_read(0xe0000000n, 8)).toBe(0xffff_ffff_ffff_ffffn)
    expect(imports.rdmsr(0x9999)).toBe(0)
    expect(imports.tsc()).toBe(fake.domain.time.systemTime())
  })

  it('runs as long as its domain has credit, and is runnable, not running, without', () => {
    const { domain, clock } = fake
    const busy = (): number => {
      clock.ns += 3_000_000n
      return EXIT.BUDGET
    }
    core.steps.push(busy, busy)
    domain.credit.grant(5_000_000n)
    loop.step()
    loop.step()
    expect(domain.credit.mayRun()).toBe(false)
    // It stands by; the next grant comes just when it has noted that.
    let looks = 0
    clock.now = () => {
      if (++looks === 2) {
        clock.ns += 7_000_000n
        domain.credit.grant(5_000_000n)
      }
      return clock.ns
    }
    loop.step()
    expect(domain.vget(0, 'RUNSTATE')).toBe(RUNSTATE.runnable)
    expect(domain.credit.wanting()).toBe(1)
    // The 1 ms overdrawn is off the grant.
    expect(domain.get64('CREDIT')).toBe(4_000_000n)
    clock.ns += 2_000_000n
    loop.step()
    expect(domain.vget(0, 'RUNSTATE')).toBe(RUNSTATE.running)
    expect(domain.vget64(0, 'RUNSTATE_TIME', RUNSTATE.runnable)).toBe(2_000_000n)
    // No more than four grants lie ready.
    for (let i = 0; i < 9; i++) domain.credit.grant(5_000_000n)
    expect(domain.get64('CREDIT')).toBe(20_000_000n)
    domain.credit.release()
    expect(domain.credit.mayRun()).toBe(true)
  })
})
