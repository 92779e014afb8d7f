// What a timer's wake-up of a guest that sends packets tells the other processes ahead: the vcpu's loop, the hypervisor's table and the
// link to domain 0. Runs in: vitest.
import { beforeEach, describe, expect, it, vi } from 'vitest'
import type { PumpMaker, PumpPort } from '../../../src-engine/backend/device'
import { FORESEEN, SLEEP_MS } from '../../../src-engine/hypervisor/foresight'
import { LinkEnd, u32, u64 } from '../../../src-engine/link/link-end'
import { LocalApics } from '../../../src-engine/process/machine'
import { VcpuLoop } from '../../../src-engine/process/vcpu-loop'
import { LINK_VERSION } from '../../../src-engine/public/protocol/link'
import { type Transport, transportPair } from '../../../src-engine/public/protocol/transport'
import { EXIT, Registers } from '../../../src-engine/vcpu/registers'
import { type FakeDomain, fakeDomain } from '../../support/fake-domain'
import { TestGuest } from '../../support/guest-rings'
import { StubCore } from '../../support/stub-core'

const HANDLE = '00000000-0000-4000-8000-000000000005'

describe('a sleep that a timer ends', () => {
  let fake: FakeDomain
  let loop: VcpuLoop

  beforeEach(() => {
    fake = fakeDomain()
    const registers = new Registers(fake.memory.buffer, 0)
    const lapics = new LocalApics(fake.domain, registers, 0)
    lapics.own.reset()
    loop = new VcpuLoop(fake.domain, registers, new StubCore(() => EXIT.HLT), lapics)
  })

  /** Sleeps until a timer in `ms`, and answers the bell: did it ring for this? */
  function sleep(ms: number): boolean {
    const { domain, clock } = fake
    const before = fake.rings.count
    domain.vset(0, 'BLOCKED', 1)
    domain.timers.setSingleshot(0, domain.time.systemTime() + BigInt(ms) * 1_000_000n)
    loop.step()
    clock.ns += BigInt(ms) * 1_000_000n
    const rang = fake.rings.count > before
    domain.answerBell()
    expect(domain.foresight.taken()).toBe(rang)
    expect(domain.foresight.taken()).toBe(false)
    return rang
  }

  it('rings the main thread as often as a packet pays for, and for no guest that sends none', () => {
    expect(sleep(SLEEP_MS)).toBe(false)
    fake.domain.foresight.expect()
    const rang = Array.from({ length: FORESEEN + 2 }, () => sleep(SLEEP_MS))
    expect(rang).toEqual([...new Array(FORESEEN).fill(true), false, false])
  })

  it('does not when it was short', () => {
    fake.domain.foresight.expect()
    expect(sleep(SLEEP_MS - 1)).toBe(false)
    expect(sleep(SLEEP_MS)).toBe(true)
  })

  it('does not when something else ended it', () => {
    const { domain } = fake
    domain.foresight.expect()
    domain.vset(0, 'BLOCKED', 1)
    domain.vset(0, 'NMI', 1)
    loop.step()
    expect(fake.rings.count).toBe(0)
  })
})

describe('a link', () => {
  /** A domain's end with one device; `port` is its pump's. */
  function joined() {
    const ports: PumpPort[] = []
    const maker: PumpMaker = () => ({
      ok: true,
      value: {
        ports: [],
        signal: () => {},
        attach: (port) => void ports.push(port),
        detach: () => {},
        receive: () => undefined,
        save: () => new Uint8Array(0),
        close: () => {},
      },
    })
    const rings = new TestGuest(HANDLE, undefined, undefined, undefined, new Map([['vif', maker]]))
    const [near, far] = transportPair()
    const sent: number[] = []
    watch(near, sent)
    rings.link.attach(near)
    const other = new LinkEnd(far, 'dom0', { receive: () => undefined, closed: () => {} })
    return { rings, sent, other, ports }
  }

  function watch(transport: Transport, sent: number[]): void {
    const post = transport.send.bind(transport)
    transport.send = (message, ports) => {
      sent.push(message instanceof Uint8Array ? message.length : -1)
      post(message, ports)
    }
  }

  it('wakes domain 0 when it is joined, and notes that a device has something for it', async () => {
    const { rings, sent, other, ports } = joined()
    rings.link.wake()
    expect(sent.filter((length) => length === 0)).toEqual([])
    other.send('HELLO', u32(LINK_VERSION, 0), new Uint8Array(16), u32(0, 0), u64(0), u64(0))
    const connect = { key: 'vif/0', fresh: true, frontend: {}, backend: {} }
    other.sendOn(1, 'DEV_CONNECT', new TextEncoder().encode(JSON.stringify(connect)))
    await vi.waitFor(() => expect(ports).toHaveLength(1), { timeout: 60_000 })
    rings.link.wake()
    expect(sent.at(-1)).toBe(0)
    expect(rings.rang).toBe(0)
    ports[0]?.wake()
    expect(rings.rang).toBe(1)
  })
})
