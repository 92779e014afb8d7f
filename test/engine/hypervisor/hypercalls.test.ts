// Each hypercall's answers and error codes, in the 32- and the 64-bit layout. A made-up guest issues them.
// Runs in: vitest, plain Node.
import { describe, expect, it } from 'vitest'
import { ERRNO } from '../../../src-engine/public/xen/errno'
import { VIRQ } from '../../../src-engine/public/xen/event-channel'
import { loadPrivate, savePrivate } from '../../../src-engine/save/domain-records'
import { FakeGuest, fakeDomain, RAM_MIB } from '../../support/fake-domain'

const ARG = FakeGuest.ARG
const PAGES = RAM_MIB * 256

function guest(width: 32 | 64 = 64): FakeGuest {
  return new FakeGuest(fakeDomain(), width)
}

describe('xen_version', () => {
  it('says 4.20 and the features of a PVH guest', () => {
    const g = guest()
    expect(g.call('xen_version', 0, 0)).toBe(0x40014)
    g.words([0, 0])
    expect(g.call('xen_version', 6, ARG)).toBe(0)
    expect(g.u32(4)).toBe(0x12305)
    g.words([0, 1])
    expect(g.call('xen_version', 6, ARG)).toBe(-ERRNO.EINVAL)
    expect(g.call('xen_version', 7, 0)).toBe(4096)
  })
  it('answers EFAULT for a pointer to nothing and ENOSYS for an unknown operation', () => {
    const g = guest()
    expect(g.call('xen_version', 1, 0xdead_0000_0000n)).toBe(-ERRNO.EFAULT)
    expect(g.call('xen_version', 99, ARG)).toBe(-ERRNO.ENOSYS)
  })
  it('hands out the UUID', () => {
    const g = guest()
    expect(g.call('xen_version', 8, ARG)).toBe(0)
    expect(g.u32(0)).toBe(0x07070707)
  })
})

describe('memory_op', () => {
  it('maps shared_info over RAM with a clock that is right at once, and moves it', () => {
    const g = guest()
    g.words([0, 0x7ff0], [4, 0], [16, 1])
    expect(g.call('memory_op', 7, ARG)).toBe(0)
    const page = g.view(0x1000)
    expect(page.getUint32(32 + 24, true)).toBe(0x8000_0000)
    expect(page.getInt8(32 + 28)).toBe(1)
    expect(page.getUint32(32, true) % 2).toBe(0)
    expect(page.getUint32(3076, true)).toBe(1_700_000_000)
    expect(g.fake.domain.get('TOTAL_PAGES')).toBe(PAGES - 1)
    g.words([0, 0x7ff0], [4, 0], [16, 2])
    expect(g.call('memory_op', 7, ARG)).toBe(0)
    expect(g.fake.domain.p2m.populated(1)).toBe(false)
    expect(g.fake.domain.vget(0, 'FLUSH')).toBe(1)
  })

  it('maps grant frames at a gfn outside RAM, in 64- and 32-bit layout', () => {
    for (const width of [64, 32] as const) {
      const g = guest(width)
      g.words([0, 0x7ff0], [4, 1], [8, 3], width === 64 ? [16, 0x20003] : [12, 0x20003])
      expect(g.call('memory_op', 7, ARG)).toBe(0)
      expect(g.fake.domain.grants.frames).toBe(4)
      expect(g.fake.memory.pageOf(0x20003)).toBe(g.fake.domain.grants.framePage(3))
    }
  })

  it('counts extents of a decrease and takes them back by populate, zeroed', () => {
    const g = guest()
    const gfns = 0x11000
    const list = g.view(gfns)
    for (let i = 0; i < 4; i++) list.setBigUint64(i * 8, BigInt(100 + i), true)
    g.view(100 * 4096).setUint32(8, 0x1234, true)
    const ask = (op: number): unknown => {
      g.words([0, gfns], [8, 4], [24, 0x7ff0])
      return g.call('memory_op', op, ARG)
    }
    expect(ask(1)).toBe(4)
    expect(g.fake.domain.get('TOTAL_PAGES')).toBe(PAGES - 4)
    expect(ask(1)).toBe(0)
    expect(ask(6)).toBe(4)
    expect(g.view(100 * 4096).getUint32(8, true)).toBe(0)
    expect(g.fake.domain.get('TOTAL_PAGES')).toBe(PAGES)
    list.setBigUint64(0, 0x50000n, true)
    expect(ask(6)).toBe(0)
  })

  it('never maps what is no RAM, whatever was written into a page after it was given back', () => {
    const { domain, memory } = fakeDomain()
    const { geometry } = domain
    const [first, second] = [memory.pageOf(100), memory.pageOf(101)]
    for (const link of [geometry.p2mBase, geometry.domainBase, first + 2, 0xffff_f000, geometry.ramBase + geometry.ramBytes]) {
      expect(domain.p2m.remove(101)).toBe(true)
      expect(domain.p2m.remove(100)).toBe(true)
      memory.u32[first >>> 2] = link
      expect(domain.p2m.populate(100)).toBe(true)
      expect(memory.pageOf(100)).toBe(first)
      expect(domain.p2m.populate(101), `link ${link}`).toBe(false)
      expect(memory.pageOf(101)).toBe(0)
      domain.p2m.rebuildFreeList()
      expect(domain.p2m.populate(101)).toBe(true)
      expect(memory.pageOf(101)).toBe(second)
    }
  })

  it('copies at most the entries asked for of the memory map, and takes a new one', () => {
    const g = guest()
    expect(g.call('memory_op', 9, ARG)).toBe(-ERRNO.ENOSYS)
    g.words([0, 0x7ff0], [8, 2], [16, 0x12000])
    g.view(0x12000).setUint32(20, 0xabcd, true)
    expect(g.call('memory_op', 13, ARG)).toBe(0)
    g.words([0, 5], [8, 0x13000])
    expect(g.call('memory_op', 9, ARG)).toBe(0)
    expect(g.u32(0)).toBe(2)
    expect(g.view(0x13000).getUint32(20, true)).toBe(0xabcd)
  })

  it('refuses other domains', () => {
    const g = guest()
    g.words([0, 3], [4, 0], [16, 1])
    expect(g.call('memory_op', 7, ARG)).toBe(-ERRNO.ESRCH)
    g.words([0, 0x7ff0])
    expect(g.call('memory_op', 3, ARG)).toBe(PAGES)
  })
})

describe('vcpu_op', () => {
  it('moves vcpu_info, keeps what is pending, and refuses a second time', () => {
    const g = guest()
    g.fake.domain.events.bindIpi(0)
    g.fake.domain.events.raise(1)
    g.words([0, 0x14], [8, 0x40])
    expect(g.call('vcpu_op', 10, 0, ARG)).toBe(0)
    const info = g.view(0x14040)
    expect(info.getUint8(0)).toBe(1)
    expect(info.getUint32(8, true)).toBe(0xffff_ffff)
    expect(info.getUint32(32 + 24, true)).toBe(0x8000_0000)
    expect(g.call('vcpu_op', 10, 0, ARG)).toBe(-ERRNO.EINVAL)
    expect(g.call('vcpu_op', 10, 1, ARG)).toBe(-ERRNO.ENOENT)
  })

  it('has its vcpu_info in shared_info again when the page of it is given back', () => {
    const g = guest()
    const { domain, memory } = g.fake
    const page = memory.pageOf(0x14)
    g.words([0, 0x14], [8, 0])
    expect(g.call('vcpu_op', 10, 0, ARG)).toBe(0)
    expect(domain.p2m.remove(0x14)).toBe(true)
    const link = memory.u32[page >>> 2]
    domain.events.upcall(0)
    domain.time.writeTimeRecord(0)
    expect(memory.u32[page >>> 2]).toBe(link)
    expect(domain.shared.upcallPending(0)).toBe(true)
    expect(domain.shared.vcpuInfo(0)).toBe(domain.shared.defaultInfo(0))
    g.words([0, 0x15], [8, 0])
    expect(g.call('vcpu_op', 10, 0, ARG)).toBe(0)
  })

  it('knows where its vcpu_info is after the guest moved that page, and where its own pages are', () => {
    const g = guest()
    const { domain } = g.fake
    const move = (from: number, to: number): void => {
      g.words([0, 0x7ff0], [4, 2], [8, from], [16, to])
      expect(g.call('memory_op', 7, ARG)).toBe(0)
    }
    g.words([0, 0x14], [8, 0x40])
    expect(g.call('vcpu_op', 10, 0, ARG)).toBe(0)
    move(0x14, 0x30)
    move(0x15, 0x14)
    expect(domain.vget(0, 'INFO_GFN')).toBe(0x30)
    const saved = savePrivate(domain, 0, new Map())
    domain.vset(0, 'INFO', 0)
    expect(loadPrivate(domain, saved)).toBe(true)
    expect(domain.vget(0, 'INFO')).toBe(g.fake.memory.pageOf(0x30) + 0x40)
    // What is given back is the page that holds the record, wherever it is.
    expect(domain.p2m.remove(0x30)).toBe(true)
    expect(domain.shared.vcpuInfo(0)).toBe(domain.shared.defaultInfo(0))

    g.words([0, 0x7ff0], [4, 0], [16, 0x40])
    expect(g.call('memory_op', 7, ARG)).toBe(0)
    g.words([0, 0x7ff0], [4, 1], [8, 3], [16, 0x41])
    expect(g.call('memory_op', 7, ARG)).toBe(0)
    move(0x40, 0x50)
    move(0x41, 0x51)
    expect([domain.get('SHARED_INFO_GFN'), domain.get('GRANT_GFN', 3)]).toEqual([0x50, 0x51])
  })

  it("refuses a vcpu_info in one of the hypervisor's own pages", () => {
    const g = guest()
    g.words([0, 0x7ff0], [4, 0], [16, 0x40])
    expect(g.call('memory_op', 7, ARG)).toBe(0)
    g.words([0, 0x40], [8, 0x40])
    expect(g.call('vcpu_op', 10, 0, ARG)).toBe(-ERRNO.EINVAL)
  })

  it('refuses a vcpu_info that would cross a page', () => {
    const g = guest()
    g.words([0, 0x14], [8, 4096 - 32])
    expect(g.call('vcpu_op', 10, 0, ARG)).toBe(-ERRNO.EINVAL)
  })

  it('accepts a deadline in the past and fires it at the next look', () => {
    const g = guest()
    const port = g.fake.domain.events.bindVirq(VIRQ.VIRQ_TIMER, 0)
    g.words([0, 1], [8, 1])
    expect(g.call('vcpu_op', 8, 0, ARG)).toBe(0)
    g.fake.clock.ns += 10n
    g.fake.domain.timers.fire(0, g.fake.domain.time.systemTime(), () => {})
    expect(g.fake.domain.events.pending(port)).toBe(true)
    expect(g.fake.domain.timers.next(0)).toBe(-1n)
  })

  it('fires a periodic timer once for several periods missed', () => {
    const g = guest()
    g.fake.domain.events.bindVirq(VIRQ.VIRQ_TIMER, 0)
    g.words([0, 999_999])
    expect(g.call('vcpu_op', 6, 0, ARG)).toBe(-ERRNO.EINVAL)
    g.words([0, 4_000_000])
    expect(g.call('vcpu_op', 6, 0, ARG)).toBe(0)
    const start = g.fake.domain.time.systemTime()
    expect(g.fake.domain.timers.next(0)).toBe(start + 4_000_000n)
    g.fake.domain.timers.fire(0, start + 9_000_000n, () => {})
    expect(g.fake.domain.timers.next(0)).toBe(start + 12_000_000n)
    expect(g.call('vcpu_op', 7, 0, 0)).toBe(0)
    expect(g.fake.domain.timers.next(0)).toBe(-1n)
  })

  it('writes the run state to an area that crosses a page', () => {
    const g = guest()
    g.words([0, 0x15ff0])
    expect(g.call('vcpu_op', 5, 0, ARG)).toBe(0)
    g.fake.clock.ns += 500n
    g.fake.domain.runstates.enter(0, 2)
    g.fake.clock.ns += 700n
    g.fake.domain.runstates.enter(0, 0)
    expect(g.view(0x15ff0).getUint32(0, true)).toBe(0)
    const second = g.view(0x16000)
    expect(second.getBigUint64(16, true)).toBe(700n)
  })

  it('tells the run state in both layouts', () => {
    for (const width of [64, 32] as const) {
      const g = guest(width)
      const { domain } = g.fake
      domain.set('WIDTH32', width === 32 ? 1 : 0)
      g.fake.clock.ns += 0x1_0000_0000n
      domain.runstates.enter(0, 2)
      g.fake.clock.ns += 700n
      domain.runstates.enter(0, 0)
      g.fake.clock.ns += 3n
      domain.runstates.enter(0, 2)
      expect(g.call('vcpu_op', 4, 0, 0x15000)).toBe(0)
      const record = g.view(0x15000)
      const first = width === 64 ? 8 : 4
      expect(record.getUint32(0, true)).toBe(2)
      expect(record.getBigUint64(first, true)).toBe(domain.time.systemTime())
      const times = [8, 16, 24, 32].map((at) => record.getBigUint64(first + at, true))
      expect(times.slice(1)).toEqual([0n, 700n, 0n])
      expect((times[0] ?? 0n) > 0x1_0000_0000n).toBe(true)
    }
  })

  it('keeps a second clock record at a virtual address', () => {
    const g = guest()
    g.words([0, 0x17000])
    expect(g.call('vcpu_op', 13, 0, ARG)).toBe(0)
    expect(g.view(0x17000).getUint32(24, true)).toBe(0x8000_0000)
    g.words([0, 0])
    expect(g.call('vcpu_op', 13, 0, ARG)).toBe(0)
  })
})

describe('hvm_op', () => {
  it('lets a guest read parameters and set only some', () => {
    const g = guest()
    g.fake.domain.set64('HVM_PARAM', 0xfeffcn, 1)
    g.words([0, 0x7ff0], [4, 1])
    expect(g.call('hvm_op', 1, ARG)).toBe(0)
    expect(g.u32(8)).toBe(0xfeffc)
    expect(g.call('hvm_op', 0, ARG)).toBe(-ERRNO.EPERM)
    g.words([0, 0x7ff0], [4, 39])
    expect(g.call('hvm_op', 1, ARG)).toBe(-ERRNO.EINVAL)
    g.words([0, 0x7ff0], [4, 4])
    expect(g.call('hvm_op', 1, ARG)).toBe(-ERRNO.EINVAL)
    expect(g.call('hvm_op', 9, ARG)).toBe(-ERRNO.ENOSYS)
  })
})

describe('sched_op', () => {
  it('shuts the domain down with the guest’s reason, the first one', () => {
    const g = guest()
    g.words([0, 1])
    expect(g.call('sched_op', 2, ARG)).toBe(0)
    g.words([0, 3])
    g.call('sched_op', 2, ARG)
    expect(g.fake.domain.shutdown.state?.code).toBe(1)
    expect(g.fake.domain.messages.read().text).toContain('SHUTDOWN_reboot')
  })
  it('says beforehand that it will stop, and the main thread is rung to tell it', () => {
    const g = guest()
    const { rings, domain } = g.fake
    domain.answerBell()
    const before = rings.count
    g.words([0, 0])
    expect(g.call('sched_op', 5, ARG)).toBe(0)
    expect(domain.messages.read().text).toContain('will stop with reason 0')
    expect(rings.count).toBe(before + 1)
  })

  it('polls: returns at once when a port is pending or the time is past, else the vcpu is blocked', () => {
    const g = guest()
    const port = g.fake.domain.events.bindIpi(0)
    g.view(0x12000).setUint32(0, port, true)
    g.words([0, 0x12000], [8, 1])
    expect(g.call('sched_op', 3, ARG)).toBe(0)
    expect(g.fake.domain.vget(0, 'BLOCKED')).toBe(2)
    g.fake.domain.vset(0, 'BLOCKED', 0)
    g.fake.domain.events.raise(port)
    expect(g.call('sched_op', 3, ARG)).toBe(0)
    expect(g.fake.domain.vget(0, 'BLOCKED')).toBe(0)
    g.words([0, 0x12000], [8, 129])
    expect(g.call('sched_op', 3, ARG)).toBe(-ERRNO.EINVAL)
  })
  it('starts, feeds and stops a watchdog', () => {
    const g = guest()
    g.words([0, 0], [4, 2])
    expect(g.call('sched_op', 6, ARG)).toBe(1)
    const { domain } = g.fake
    expect(domain.timers.fire(0, domain.time.systemTime() + 1_900_000_000n, () => {})).toBe(false)
    expect(domain.timers.fire(0, domain.time.systemTime() + 2_000_000_000n, () => {})).toBe(true)
    g.words([0, 1], [4, 0])
    expect(g.call('sched_op', 6, ARG)).toBe(0)
    expect(domain.timers.fire(0, domain.time.systemTime() + 9_000_000_000n, () => {})).toBe(false)
  })
})

describe('grant_table_op', () => {
  it('reports its size and knows version 1 only', () => {
    const g = guest()
    g.words([0, 0x7ff0])
    expect(g.call('grant_table_op', 6, ARG, 1)).toBe(0)
    expect([g.u32(4), g.u32(8), g.u32(12)]).toEqual([1, 64, 0])
    g.words([0, 2])
    expect(g.call('grant_table_op', 8, ARG, 1)).toBe(-ERRNO.ENOSYS)
    g.words([0, 1])
    expect(g.call('grant_table_op', 8, ARG, 1)).toBe(0)
    g.words([0, 3])
    expect(g.call('grant_table_op', 6, ARG, 1)).toBe(0)
    expect(g.view().getInt16(12, true)).toBe(-2)
  })
  it('lets a backend copy through a grant that names it, and leaves no bit set', () => {
    const g = guest()
    const { grants } = g.fake.domain
    grants.prefill(8, 0, 0x20)
    expect(grants.copyTo(8, 0, 100, Uint8Array.of(1, 2, 3))).toBe(0)
    expect(g.view(0x20000).getUint8(101)).toBe(2)
    expect(grants.copyTo(8, 7, 0, Uint8Array.of(1))).toBe(-8)
    expect(grants.copyTo(9, 0, 0, Uint8Array.of(1))).toBe(-3)
    expect(grants.copyTo(8, 0, 4095, Uint8Array.of(1, 2))).toBe(-10)
    expect(g.fake.memory.u16[(grants.framePage(0) + 64) >>> 1]).toBe(1)
  })
})

describe('other hypercalls', () => {
  it('answers unknown numbers with ENOSYS and counts every call under its number', () => {
    const g = guest()
    for (const number of [0, 6, 16, 19, 63, 1000]) expect(g.callNumber(number)).toBe(-ERRNO.ENOSYS)
    g.call('xen_version', 0, 0)
    expect(g.fake.domain.counter(0, 'CALLS', 17)).toBe(1)
  })
  it('runs a multicall and writes each result into its entry', () => {
    for (const width of [64, 32] as const) {
      const g = guest(width)
      const word = width / 8
      g.words([0, 17], [2 * word, 0], [8 * word, 17], [10 * word, 7])
      expect(g.call('multicall', ARG, 2)).toBe(0)
      expect(g.u32(word)).toBe(0x40014)
      expect(g.u32(9 * word)).toBe(4096)
    }
  })
  it('takes console_io bytes to the main thread and drops what nobody fetches', () => {
    const g = guest()
    new Uint8Array(g.fake.memory.buffer).set(new TextEncoder().encode('hello'), g.fake.memory.addressOf(0x12000))
    expect(g.call('console_io', 0, 5, 0x12000)).toBe(0)
    expect(new TextDecoder().decode(g.fake.domain.consoleOutput.take())).toBe('hello')
    const flood = new Uint8Array(0x10000)
    expect(g.fake.domain.consoleOutput.write(flood)).toBe(flood.length)
    expect(g.fake.domain.consoleOutput.write(Uint8Array.of(1))).toBe(0)
  })
  it('refuses platform_op, domctl and a sysctl of another interface version', () => {
    const g = guest()
    expect(g.call('platform_op', ARG)).toBe(-ERRNO.EPERM)
    expect(g.call('domctl', ARG)).toBe(-ERRNO.EPERM)
    g.words([4, 1])
    expect(g.call('sysctl', ARG)).toBe(-ERRNO.EACCES)
    expect(g.call('vm_assist', 0, 5)).toBe(0)
    expect(g.call('vm_assist', 0, 1)).toBe(-ERRNO.EINVAL)
  })
})

describe('time', () => {
  it('stands still while frozen and goes on from there', () => {
    const { domain, clock } = fakeDomain()
    clock.ns += 1000n
    const before = domain.time.systemTime()
    domain.time.freeze()
    clock.ns += 5_000_000n
    expect(domain.time.systemTime()).toBe(before)
    domain.time.thaw()
    clock.ns += 7n
    expect(domain.time.tsc()).toBe(before + 7n)
  })
})
