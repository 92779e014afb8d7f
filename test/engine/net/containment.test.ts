// A fault of ours while a guest's frame, a timer or an event of the host is handled: it costs that one, is counted and logged once, and
// the network and its other guests go on. The host that throws is the test's.
import { describe, expect, it } from 'vitest'
import type { HostStream } from '../../../src-engine/net/host'
import { FakeHost } from '../../support/fake-host'
import { pattern } from '../../support/frames'
import { GATEWAY, type Guest, TestNetwork } from '../../support/network-guest'

const WORLD = '198.51.100.7'

/** A host on which something of ours has a fault. */
class FaultyHost extends FakeHost {
  override connectTcp(): HostStream {
    throw new Error('no such thing')
  }
}

const syn = (guest: Guest, port: number): void => guest.sendTcp(WORLD, { from: port, to: 80, sequence: 1, flags: 2 })

/** Whether the gateway still answers a guest. */
function isServed(guest: Guest): boolean {
  guest.arps()
  guest.arp(1, GATEWAY)
  return guest.arps().length === 1
}

describe('a fault of ours', () => {
  it('at a frame drops it, is counted each time and logged once, and everybody goes on', () => {
    const network = new TestNetwork({}, { host: new FaultyHost() })
    const [guest, other] = [network.guest(15), network.guest(16)]
    for (const port of [1000, 1001, 1002]) syn(guest, port)
    expect([guest.port.counters.failed, other.port.counters.failed]).toEqual([3, 0])
    expect(network.log.length).toBe(1)
    expect(network.log[0]).toMatch(/fault of Ringmaster: .*no such thing\n.*containment\.test/)
    expect([isServed(guest), isServed(other)]).toEqual([true, true])
  })

  it('at what a guest is given ends with the frame, and is the sender’s loss', () => {
    const network = new TestNetwork()
    const guest = network.guest(15)
    const broken = network.guest(16, {
      deliver: () => {
        throw new Error('cannot take it')
      },
    })
    guest.send(new Uint8Array(20), broken.mac)
    expect(guest.port.counters.failed).toBe(1)
    expect(isServed(guest)).toBe(true)
  })

  it('at a timer, or at an event of the host, ends there', () => {
    const network = new TestNetwork()
    let good = true
    const frames: unknown[] = []
    const guest = network.guest(15, {
      rateKiB: 1,
      deliver: (frame) => {
        if (!good) throw new Error('cannot take it')
        frames.push(frame)
      },
    })
    guest.sendUdp(WORLD, 5000, 53, pattern(8))
    const [socket] = network.host.datagrams
    good = false
    socket?.events.received(pattern(8))
    expect(network.log.length).toBe(1)
    // More than the limit lets through at once: the rest waits for its timer.
    for (let i = 0; i < 80; i++) socket?.events.received(pattern(1000))
    network.clock.advance(1000)
    good = true
    const before = frames.length
    network.clock.advance(60_000)
    expect(frames.length).toBeGreaterThan(before)
    expect(isServed(network.guest(17))).toBe(true)
  })
})
