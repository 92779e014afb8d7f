// Event channels of a domain: binding, masking, delivery, closing, and the errors. A made-up guest issues the hypercalls.
// Runs in: vitest, plain Node.
import { describe, expect, it } from 'vitest'
import { INVALIDATE_SLOTS, PUBLISH_SLOTS } from '../../../src-engine/hypervisor/domain-layout'
import { ERRNO } from '../../../src-engine/public/xen/errno'
import { VIRQ } from '../../../src-engine/public/xen/event-channel'
import { type FakeDomain, FakeGuest, fakeDomain } from '../../support/fake-domain'

const OP = {
  bindInter: 0,
  bindVirq: 1,
  pirq: 2,
  close: 3,
  send: 4,
  status: 5,
  alloc: 6,
  ipi: 7,
  vcpu: 8,
  unmask: 9,
  reset: 10,
  init: 11,
}
const ARG = FakeGuest.ARG

function guest(): FakeGuest {
  return new FakeGuest(fakeDomain())
}

/** Bits of shared_info in the 64-bit layout. */
function bits(g: FakeGuest, at: number): number {
  return new DataView(g.fake.memory.buffer).getUint32(g.fake.domain.shared.address + at, true)
}

describe('event channels', () => {
  it('gives ports from 1 on, and ENOSPC when all 4095 are taken', () => {
    const g = guest()
    for (let i = 1; i < 4096; i++) {
      g.words([0, 0x7ff0])
      expect(g.call('event_channel_op', OP.alloc, ARG)).toBe(0)
      if (i < 4) expect(g.u32(4)).toBe(i)
    }
    g.words([0, 0x7ff0])
    expect(g.call('event_channel_op', OP.alloc, ARG)).toBe(-ERRNO.ENOSPC)
  })

  it('delivers an IPI through pending, selector and upcall bits', () => {
    const g = guest()
    g.words([0, 0])
    expect(g.call('event_channel_op', OP.ipi, ARG)).toBe(0)
    const port = g.u32(4)
    g.words([0, port])
    expect(g.call('event_channel_op', OP.send, ARG)).toBe(0)
    expect(bits(g, 2048)).toBe(1 << port)
    expect(bits(g, 8)).toBe(1)
    expect(bits(g, 0) & 0xff).toBe(1)
  })

  it('keeps a masked event pending and delivers it when unmasked', () => {
    const g = guest()
    g.words([0, 0])
    g.call('event_channel_op', OP.ipi, ARG)
    const port = g.u32(4)
    Atomics.or(g.fake.memory.i32, g.fake.domain.shared.portWord(port, true), 1 << port)
    g.words([0, port])
    g.call('event_channel_op', OP.send, ARG)
    expect(bits(g, 0) & 0xff).toBe(0)
    expect(g.call('event_channel_op', OP.unmask, ARG)).toBe(0)
    expect(bits(g, 0) & 0xff).toBe(1)
  })

  it('a signal that was not looked at yet rings no second bell; a hushed port rings none', () => {
    const g = guest()
    const { domain, rings } = g.fake
    g.words([0, 0x7ff0])
    expect(g.call('event_channel_op', OP.alloc, ARG)).toBe(0)
    const port = g.u32(4)
    expect(domain.events.bindBackend(port)).toBe(true)
    const send = () => {
      g.words([0, port])
      expect(g.call('event_channel_op', OP.send, ARG)).toBe(0)
    }
    const seen: number[] = []
    const look = () => {
      domain.answerBell()
      domain.events.takeSignals((one) => seen.push(one))
    }
    send()
    domain.answerBell()
    send()
    expect(rings.count).toBe(1)
    look()
    expect(seen).toEqual([port])
    send()
    expect(rings.count).toBe(2)
    look()
    domain.events.hush(port, true)
    send()
    send()
    expect(rings.count).toBe(2)
    domain.events.hush(port, false)
    send()
    expect(rings.count).toBe(3)
    look()
    expect(seen).toEqual([port, port, port])
    // A number that is no port changes nothing.
    domain.events.hush(1_000_000, true)
    domain.events.hush(-1, true)
  })

  it('rings the main thread once for several sends to domain 0, and names the ports', () => {
    const g = guest()
    const { domain, rings } = g.fake
    const a = domain.events.allocUnbound(0)
    const b = domain.events.allocUnbound(0)
    for (const port of [a, b]) expect(domain.events.bindBackend(port)).toBe(true)
    for (const port of [a, b, a]) {
      g.words([0, port])
      expect(g.call('event_channel_op', OP.send, ARG)).toBe(0)
    }
    expect(rings.count).toBe(1)
    domain.answerBell()
    const seen: number[] = []
    domain.events.takeSignals((port) => seen.push(port))
    expect(seen).toEqual([a, b])
  })

  it('refuses a second binding of a VIRQ, an unknown vcpu, a pirq, a bad port', () => {
    const g = guest()
    g.words([0, VIRQ.VIRQ_TIMER])
    expect(g.call('event_channel_op', OP.bindVirq, ARG)).toBe(0)
    expect(g.call('event_channel_op', OP.bindVirq, ARG)).toBe(-ERRNO.EEXIST)
    g.words([0, VIRQ.VIRQ_TIMER], [4, 1])
    expect(g.call('event_channel_op', OP.bindVirq, ARG)).toBe(-ERRNO.ENOENT)
    expect(g.call('event_channel_op', OP.pirq, ARG)).toBe(-ERRNO.EINVAL)
    g.words([0, 99])
    expect(g.call('event_channel_op', OP.send, ARG)).toBe(-ERRNO.EINVAL)
    expect(g.call('event_channel_op', OP.close, ARG)).toBe(-ERRNO.EINVAL)
    g.words([0, 0])
    expect(g.call('event_channel_op', OP.close, ARG)).toBe(-ERRNO.EINVAL)
  })

  it('closes and reuses a VIRQ port', () => {
    const g = guest()
    g.words([0, VIRQ.VIRQ_TIMER])
    g.call('event_channel_op', OP.bindVirq, ARG)
    const port = g.u32(8)
    g.words([0, port])
    expect(g.call('event_channel_op', OP.close, ARG)).toBe(0)
    g.words([0, VIRQ.VIRQ_TIMER])
    expect(g.call('event_channel_op', OP.bindVirq, ARG)).toBe(0)
    expect(g.u32(8)).toBe(port)
  })

  it('joins two ends within the domain', () => {
    const g = guest()
    g.words([0, 0x7ff0 | (0x7ff0 << 16)])
    expect(g.call('event_channel_op', OP.alloc, ARG)).toBe(0)
    const first = g.u32(4)
    g.words([0, 0x7ff0], [4, first])
    expect(g.call('event_channel_op', OP.bindInter, ARG)).toBe(0)
    const second = g.u32(8)
    g.words([0, second])
    expect(g.call('event_channel_op', OP.send, ARG)).toBe(0)
    expect(g.fake.domain.events.pending(first)).toBe(true)
    g.words([0, 0x7ff0], [4, first])
    expect(g.call('event_channel_op', OP.status, ARG)).toBe(0)
    expect([g.u32(8), g.u32(20)]).toEqual([2, second])
  })

  it('keeps store and console ports over a reset', () => {
    const g = guest()
    const kept = g.fake.domain.events.allocUnbound(0, true)
    const other = g.fake.domain.events.allocUnbound(0)
    g.words([0, 0x7ff0])
    expect(g.call('event_channel_op', OP.reset, ARG)).toBe(0)
    expect(g.fake.domain.events.status(kept).state).toBe(1)
    expect(g.fake.domain.events.status(other).state).toBe(0)
  })

  it('answers init_control with ENOSYS for a gfn of the guest and EINVAL for one that is not', () => {
    const g = guest()
    g.words([0, 5])
    expect(g.call('event_channel_op', OP.init, ARG)).toBe(-ERRNO.ENOSYS)
    g.words([0, 0xffffff])
    expect(g.call('event_channel_op', OP.init, ARG)).toBe(-ERRNO.EINVAL)
  })

  it('posts the vector of set_evtchn_upcall_vector to the local APIC, once per upcall', () => {
    const g = guest()
    g.words([0, 0], [4, 0xf3])
    expect(g.call('hvm_op', 23, ARG)).toBe(0)
    g.words([0, 0])
    g.call('event_channel_op', OP.ipi, ARG)
    g.fake.domain.events.raise(1)
    g.fake.domain.events.raise(1)
    expect(g.fake.posted).toEqual([[0, 0xf3]])
  })

  it('has 1024 ports and 32-bit words after a 32-bit guest latched its layout', () => {
    const g = new FakeGuest(fakeDomain(), 32)
    g.words([0, 0x7ff0], [4, 0], [8, 0xf3], [12, 2 << 24])
    expect(g.call('hvm_op', 0, ARG)).toBe(0)
    expect(g.fake.domain.shared.width).toBe(32)
    for (let i = 1; i < 1024; i++) expect(g.fake.domain.events.allocUnbound(0)).toBe(i)
    expect(g.fake.domain.events.allocUnbound(0)).toBe(-ERRNO.ENOSPC)
    g.fake.domain.events.raise(40)
    expect(bits(g, 2048 + 4)).toBe(1 << 8)
    expect(bits(g, 4)).toBe(2)
  })
})

describe('what backends have answered', () => {
  const WORD = 0x18000
  function answers(prepare: (fake: FakeDomain) => void): number {
    const fake = fakeDomain()
    const { domain, memory } = fake
    const port = domain.events.allocUnbound(0)
    domain.events.bindBackend(port)
    prepare(fake)
    const index = memory.addressOf(WORD)
    for (let i = 1; i <= 3 * PUBLISH_SLOTS; i++) domain.publication.queue(index, i, 0, port)
    return memory.i32[index >>> 2] ?? 0
  }

  it('has room while a restored machine has not run yet: the guest finds it when it does', () => {
    expect(answers(() => {})).toBe(2 * PUBLISH_SLOTS)
  })

  it('has room when the vcpus come to stand while it is waited for', () => {
    const shown = answers(({ domain }) => {
      domain.vset(0, 'PARKED', 0)
      domain.kickAll = () => domain.vset(0, 'PARKED', 1)
    })
    expect(shown).toBe(2 * PUBLISH_SLOTS)
  })

  it('has room when the counts of entries come to their end and begin anew', () => {
    const shown = answers(({ domain }) => {
      for (const count of ['PUBLISH_PROD', 'PUBLISH_CONS'] as const) domain.set(count, 0xffff_ff00)
    })
    expect(shown).toBe(2 * PUBLISH_SLOTS)
  })
})

it('pages whose code must go are all dropped when their list is full, also where its counts begin anew', () => {
  for (const count of [0, 0xffff_fff0]) {
    const { domain } = fakeDomain()
    for (const field of ['INVALIDATE_PROD', 'INVALIDATE_CONS'] as const) domain.vset(0, field, count)
    for (let page = 0; page <= INVALIDATE_SLOTS; page++) {
      expect(domain.vget(0, 'FLUSH')).toBe(0)
      domain.requestInvalidate(page * 4096)
    }
    expect(domain.vget(0, 'FLUSH')).toBe(2)
  }
})
