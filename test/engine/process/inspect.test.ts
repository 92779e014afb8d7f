// The inside of a guest for people: event channels, grants, counters, shared info, and a vcpu that stands still with its code.
// Flags are compared with what processors say of the same sums (AMD64 manual volume 3). Runs in: vitest.
import { beforeEach, describe, expect, it } from 'vitest'
import { countersOf, grantsOf, portsOf, sharedOf } from '../../../src-engine/process/inspect-domain'
import { eflagsOf, inspectVcpu } from '../../../src-engine/process/inspect-vcpu'
import { translateForReading } from '../../../src-engine/process/page-walk'
import { inspectReplyShape, vcpuReplyShape } from '../../../src-engine/public/protocol/inspect'
import { Registers } from '../../../src-engine/vcpu/registers'
import { type FakeDomain, fakeDomain } from '../../support/fake-domain'

let fake: FakeDomain
let registers: Registers
beforeEach(() => {
  fake = fakeDomain()
  registers = new Registers(fake.memory.buffer, 0)
})

describe('what the hypervisor keeps of a domain', () => {
  it('is listed: ports with their use, pending and masked; grants; counters; shared info', () => {
    const { domain } = fake
    const port = domain.events.allocUnbound(0)
    const timer = domain.events.bindVirq(0, 0)
    domain.events.raise(timer)
    domain.grants.prefill(8, 0, 0x123)
    domain.count(0, 'CALLS', 29, 3)
    const ports = portsOf(domain, new Map([[port, 'vbd/51712']]))
    expect(ports).toMatchObject([
      { port, state: 'unbound', use: 'vbd/51712', pending: false },
      { port: timer, state: 'virq', use: 'VIRQ_TIMER', pending: true, masked: false },
    ])
    const grants = grantsOf(domain)
    expect(grants).toMatchObject({ inUse: 1, entries: [{ ref: 8, domid: 0, gfn: '0x123', access: 'write' }] })
    const counters = countersOf(domain)
    expect(counters).toContainEqual({ kind: 'hypercall', name: 'sched_op', total: 3 })
    const shared = sharedOf(domain)
    expect(shared.find(({ name }) => name === 'evtchn_pending')).toMatchObject({
      value: String(timer),
      note: { kind: 'ports', value: '1' },
    })
    expect(shared.find(({ name }) => name === 'wc_sec')?.note).toEqual({
      kind: 'wall-clock',
      value: expect.stringContaining('2023-11-14T'),
    })
    const reply = { systemTimeNs: '0x0', counters, ports, grants, shared }
    expect(inspectReplyShape.explain(reply)).toBeUndefined()
  })

  it('is bounded whatever the guest fills its grant frames with', () => {
    const { domain, memory } = fake
    domain.grants.grow(64)
    for (let frame = 0; frame < 64; frame++) {
      const page = domain.grants.framePage(frame)
      memory.u8.fill(0xff, page, page + 4096)
    }
    const grants = grantsOf(domain)
    expect([grants.inUse, grants.entries.length]).toEqual([64 * 512, 1024])
    expect(inspectReplyShape.explain({ systemTimeNs: '0x0', grants })).toBeUndefined()
  })
})

describe('flags that are kept lazily', () => {
  const lazy = (type: number, a: bigint, b: bigint, r: bigint): number => {
    registers.set32('FLAGS_TYPE', type)
    registers.set64('FLAGS_A', a)
    registers.set64('FLAGS_B', b)
    registers.set64('FLAGS_R', r)
    return eflagsOf(registers) & 0x8d5
  }
  it.each([
    ['cmp 0, 1', 1, 0n, 1n, -1n, 0x95],
    ['cmp 5, 5', 1, 5n, 5n, 0n, 0x44],
    ['sub of the least number and one overflows', 1, -(2n ** 63n), 1n, 2n ** 63n - 1n, 0x814],
    ['add of -1 and 1', 2, -1n, 1n, 0n, 0x55],
    ['add of the greatest number and one overflows', 2, 2n ** 63n - 1n, 1n, -(2n ** 63n), 0x894],
    ['a product that fits', 5, 3n, 4n, 12n, 0x4],
    ['a product that does not', 5, 2n ** 62n, 4n, 0n, 0x845],
    ['all six as they are', 0, 0x8d5n, 0n, 1n, 0x8d5],
  ])('%s', (_words, type, a, b, r, flags) => expect(lazy(type, a, b, r)).toBe(flags))
})

describe('a vcpu that stands still', () => {
  /** Four levels of tables from 0x1000 on that map `va` to `gpa`, the last level a large page when `large`. */
  function map(va: bigint, gpa: bigint, large = false): void {
    const { view } = fake.memory
    const shifts = [39n, 30n, 21n, 12n]
    for (const [level, shift] of shifts.entries()) {
      const table = fake.memory.addressOf(0x1000 + level * 0x1000)
      const at = table + Number((va >> shift) & 511n) * 8
      const last = level === 3 || (large && level === 2)
      view.setBigUint64(at, last ? gpa | (large ? 0x81n : 1n) : BigInt(0x2000 + level * 0x1000) | 1n, true)
      if (last) return
    }
  }
  const long = { cr0: 1n << 31n, cr3: 0x1000n, cr4: 1n << 5n, efer: 1n << 10n }

  it('translates as its page tables say, and nothing else', () => {
    const va = 0xffff_ffff_8100_0000n
    map(va, 0x20_0000n, true)
    expect(translateForReading(fake.memory, long, va + 0x1234n)).toBe(0x20_1234n)
    map(0x40_0000n, 0x30_0000n)
    expect(translateForReading(fake.memory, long, 0x40_0fffn)).toBe(0x30_0fffn)
    expect(translateForReading(fake.memory, long, 0x40_1000n)).toBeUndefined()
    expect(translateForReading(fake.memory, { ...long, cr3: 0xffff_f000n }, va)).toBeUndefined()
    expect(translateForReading(fake.memory, { ...long, cr0: 0n }, 0x1234n)).toBe(0x1234n)
  })

  it('shows registers, the code it goes on with, and its stack', () => {
    const code = 0xffff_ffff_8100_0ff8n
    map(0xffff_ffff_8100_0000n, 0x20_0000n)
    // sti, hlt, mov rax, [rsp+8], then the page ends in the middle of an instruction.
    fake.memory.u8.set([0xfb, 0xf4, 0x48, 0x8b, 0x44, 0x24, 0x08, 0x48], fake.memory.addressOf(0x20_0ff8))
    fake.memory.view.setBigUint64(fake.memory.addressOf(0x20_0100), 0x1122n, true)
    registers.set32('MODE', 2)
    registers.set64('RIP', code)
    registers.setGpr(4, 0xffff_ffff_8100_0100n)
    registers.set64('CR0', long.cr0)
    registers.set64('CR3', long.cr3)
    registers.set64('CR4', long.cr4)
    registers.set64('EFER', long.efer)
    const seen = inspectVcpu(fake.memory, registers)
    expect(vcpuReplyShape.explain(seen)).toBeUndefined()
    expect(seen.mode).toBe(64)
    expect(seen.code.map(({ text }) => text)).toEqual(['sti', 'hlt', 'mov rax,[rsp+0x8]'])
    expect(seen.code[2]).toMatchObject({ address: '0xffffffff81000ffa', bytes: '48 8b 44 24 08' })
    expect(seen.stack[0]).toEqual({ address: '0xffffffff81000100', value: '0x1122' })
    expect(seen.registers.find(({ name }) => name === 'rip')?.value).toBe('0xffffffff81000ff8')
    registers.set64('CR3', 0n)
    expect(inspectVcpu(fake.memory, registers)).toMatchObject({ code: [], stack: [] })
  })
})
