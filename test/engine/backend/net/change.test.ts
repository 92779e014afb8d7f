// An interface that is changed while something else happens to it: nothing of it may stay on a network when it is gone.
import { expect, it } from 'vitest'
import { NetService } from '../../../../src-engine/backend/net/service'
import { silentLog } from '../../../../src-engine/lib/log'
import type { Listener } from '../../../../src-engine/net/host'
import { Networks } from '../../../../src-engine/net/networks'
import { DEFAULT_NETWORK, type Nic } from '../../../../src-engine/public/protocol/device'
import { FakeHost } from '../../../support/fake-host'
import { VirtualClock } from '../../../support/virtual-clock'

const plain: Nic = { kind: 'vif', index: 0, network: 'default', mac: '00:16:3e:00:00:01', forwards: [] }
const forwarding: Nic = { ...plain, forwards: [{ protocol: 'tcp', hostPort: 2222, guestPort: 22 }] }

/** A host that takes its time to listen. */
class SlowHost extends FakeHost {
  readonly waiting: (() => void)[] = []

  override listenTcp(...[at, accept, ready]: Parameters<FakeHost['listenTcp']>): Listener {
    return super.listenTcp(at, accept, (port, error) => void this.waiting.push(() => ready(port, error)))
  }
}

function scene() {
  const [clock, host] = [new VirtualClock(), new SlowHost()]
  const networks = new Networks(clock, host)
  const made = (nic: Nic): NetService => new NetService(nic, { handle: 'h', clock, log: silentLog }, networks)
  return { host, networks, made }
}

it('one that is taken away while its change waits for a port to listen leaves nothing behind', async () => {
  const { host, networks, made } = scene()
  const service = made(plain)
  expect((await service.open()).ok).toBe(true)
  const changed = service.change(forwarding)
  await expect.poll(() => host.waiting.length).toBe(1)
  await service.close()
  for (const ready of host.waiting) ready()
  expect((await changed).ok).toBe(false)
  expect(host.listeners.map(({ closed }) => closed)).toEqual([true])
  // The MAC address is free for the guest that starts again.
  expect(await made(plain).open()).toMatchObject({ ok: true })
  networks.dispose()
})

it('two changes at once are made one after the other', async () => {
  const { host, networks, made } = scene()
  const service = made(plain)
  expect((await service.open()).ok).toBe(true)
  const changes = [service.change(forwarding), service.change({ ...plain, rateKiB: 100 })]
  await expect.poll(() => host.waiting.length).toBe(1)
  for (const ready of host.waiting) ready()
  expect((await Promise.all(changes)).map(({ ok }) => ok)).toEqual([true, true])
  expect(host.listeners.map(({ closed }) => closed)).toEqual([true])
  await service.close()
  networks.dispose()
})

it('one whose network is stopped before its ports listen is there without waiting for them', async () => {
  const { host, networks, made } = scene()
  const service = made(forwarding)
  const opened = service.open()
  await expect.poll(() => host.waiting.length).toBe(1)
  networks.define([{ ...DEFAULT_NETWORK, stopped: true }])
  expect(await opened).toMatchObject({ ok: true })
  networks.define([])
  expect(host.listeners.map(({ closed }) => closed)).toEqual([true, false])
  await service.close()
  networks.dispose()
})
