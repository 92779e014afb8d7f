// The local APIC's registers, priorities and timer, and the CPUID, MSR and port policy beside it.
// Runs in: vitest, plain Node.
import { beforeEach, describe, expect, it } from 'vitest'
import { BRAND, cpuid } from '../../../src-engine/platform/cpuid'
import { LocalApic } from '../../../src-engine/platform/lapic'
import { readMsr, writeMsr } from '../../../src-engine/platform/msr'
import { readPort, writePort } from '../../../src-engine/platform/ports'

const REG = { ID: 0x20, LVR: 0x30, TPR: 0x80, EOI: 0xb0, LDR: 0xd0, SVR: 0xf0, ISR: 0x100, IRR: 0x200, ICR: 0x300, ICR2: 0x310 }
const TIMER = { LVT: 0x320, INITIAL: 0x380, CURRENT: 0x390, DIVIDE: 0x3e0 }

describe('local APIC', () => {
  let apic: LocalApic
  let now: bigint
  let timer: { deadline: bigint; period: bigint }
  let sent: unknown[]
  let cr8: number
  beforeEach(() => {
    const buffer = new SharedArrayBuffer(8192)
    now = 1000n
    timer = { deadline: -1n, period: 0n }
    sent = []
    cr8 = 0
    apic = new LocalApic({ u32: new Uint32Array(buffer), i32: new Int32Array(buffer) }, 4096, 2, {
      now: () => now,
      setTimer: (deadline, period) => {
        timer = { deadline, period }
      },
      timerDeadline: () => timer.deadline,
      getCr8: () => cr8,
      setCr8: (value) => {
        cr8 = value
      },
      sendIpi: (...ipi) => sent.push(ipi),
    })
    apic.reset()
    apic.write(REG.SVR, 0x1ff)
  })

  it('says version 0x14 with its id, and what cannot be written stays', () => {
    expect(apic.read(REG.LVR)).toBe(0x50014)
    expect(apic.read(REG.ID)).toBe(2 << 24)
    apic.write(REG.LVR, 0)
    expect(apic.read(REG.LVR)).toBe(0x50014)
  })

  it('moves a vector from IRR to ISR and holds lower ones back until EOI', () => {
    apic.post(0x51)
    apic.post(0xf6)
    expect(apic.pendingVector()).toBe(0xf6)
    apic.acknowledge(0xf6)
    expect(apic.pendingVector()).toBe(-1)
    expect(apic.read(REG.ISR + 0x70)).toBe(1 << (0xf6 & 31))
    apic.write(REG.EOI, 0)
    expect(apic.pendingVector()).toBe(0x51)
  })

  it('holds back vectors at or below the task priority', () => {
    apic.post(0x51)
    apic.write(REG.TPR, 0x50)
    expect(cr8).toBe(5)
    expect(apic.pendingVector()).toBe(-1)
    apic.write(REG.TPR, 0x40)
    expect(apic.pendingVector()).toBe(0x51)
  })

  it('ignores interrupts while software-disabled', () => {
    apic.write(REG.SVR, 0xff)
    apic.post(0x51)
    apic.write(REG.SVR, 0x1ff)
    expect(apic.pendingVector()).toBe(-1)
  })

  it('sends what ICR says', () => {
    apic.write(REG.ICR2, 0x0400_0000)
    apic.write(REG.ICR, 0x4_00f6)
    apic.write(REG.ICR, 0x0_08f8)
    expect(sent).toEqual([
      [0, 0xf6, 1, false, 4],
      [0, 0xf8, 0, true, 4],
    ])
  })

  it('matches physical and flat logical destinations', () => {
    apic.write(REG.LDR, 0x0200_0000)
    expect([apic.matches(false, 2), apic.matches(false, 1), apic.matches(false, 0xff)]).toEqual([true, false, true])
    expect([apic.matches(true, 3), apic.matches(true, 1)]).toEqual([true, false])
  })

  it('runs its timer once or periodically', () => {
    apic.write(TIMER.DIVIDE, 0b1011)
    apic.write(TIMER.LVT, 0xec)
    apic.write(TIMER.INITIAL, 500)
    expect(timer).toEqual({ deadline: 1500n, period: 0n })
    now = 1200n
    expect(apic.read(TIMER.CURRENT)).toBe(300)
    apic.timerExpired()
    expect(apic.pendingVector()).toBe(0xec)
    apic.write(TIMER.DIVIDE, 0)
    apic.write(TIMER.LVT, 0x2_00ec)
    apic.write(TIMER.INITIAL, 500)
    expect(timer).toEqual({ deadline: 2200n, period: 1000n })
    apic.write(TIMER.INITIAL, 0)
    expect(timer.deadline).toBe(-1n)
  })
})

describe('CPUID', () => {
  it('shows an AMD processor with our brand and the APIC id of the vcpu', () => {
    expect(cpuid(0, 0)[1]).toBe(0x68747541)
    expect(cpuid(1, 1)[1] >>> 24).toBe(2)
    const bytes = new Uint8Array(48)
    const view = new DataView(bytes.buffer)
    for (let leaf = 0; leaf < 3; leaf++) {
      cpuid(0x80000002 + leaf, 0).forEach((word, i) => {
        view.setUint32(leaf * 16 + i * 4, word, true)
      })
    }
    expect(new TextDecoder().decode(bytes).replaceAll('\0', '')).toBe(BRAND)
  })
  it('says that it needs no retpolines, in a leaf that it has', () => {
    const [highest] = cpuid(0x80000000, 0)
    expect(highest).toBeGreaterThanOrEqual(0x80000021)
    expect(cpuid(0x80000021, 0)).toEqual([0x100, 0, 0, 0])
    expect(cpuid(0x80000022, 0)).toEqual([0, 0, 0, 0])
  })
  it('hides what the core does not have', () => {
    const [, , ecx] = cpuid(1, 0)
    for (const [name, bit] of [
      ['SSE3', 0],
      ['VMX', 5],
      ['XSAVE', 26],
      ['AVX', 28],
      ['POPCNT', 23],
    ] as const) {
      expect([name, (ecx >>> bit) & 1]).toEqual([name, 0])
    }
    expect(cpuid(7, 0)).toEqual([0, 0, 0, 0])
  })
})

describe('MSRs and ports', () => {
  const around = { vcpu: 0, tsc: () => 77n, hypercallPage: (value: bigint) => value === 0x5000n }
  it('reads what Linux touches and faults on the rest', () => {
    expect(readMsr(0x10, around)).toBe(77n)
    expect(readMsr(0x1b, around)).toBe(0xfee00900n)
    expect(readMsr(0xc0011029, around)).toBe(2n)
    expect(readMsr(0x1a0, around)).toBeUndefined()
    expect(readMsr(0x40000000, around)).toBeUndefined()
    expect(writeMsr(0x40000000, 0x5000n, around)).toBe(true)
    expect(writeMsr(0x40000000, 0x6000n, around)).toBe(false)
    expect(writeMsr(0x12345, 0n, around)).toBe(false)
  })
  it('gives all ones for ports without a device, and takes early log bytes', () => {
    expect([readPort(0x21, 1), readPort(0xcf8, 4), readPort(0x10, 2), readPort(0x42, 1)]).toEqual([0xff, 0xffffffff, 0xffff, 0])
    const bytes: number[] = []
    const resets: number[] = []
    const ports = { earlyConsole: (byte: number) => bytes.push(byte), reset: () => resets.push(1) }
    writePort(0xe9, 65, ports)
    writePort(0x80, 1, ports)
    writePort(0xcf9, 2, ports)
    expect(resets).toEqual([])
    writePort(0xcf9, 6, ports)
    expect([bytes, resets]).toEqual([[65], [1]])
  })
})
