// Devices that come and go while others of the same name are still going, or before their guest has them.
import { expect, it } from 'vitest'
import { BackendSet } from '../../../src-engine/backend/backend-set'
import type { BackendRow, DeviceService } from '../../../src-engine/backend/device'
import { systemClock } from '../../../src-engine/lib/clock'
import { silentLog } from '../../../src-engine/lib/log'
import type { Device } from '../../../src-engine/public/protocol/device'
import { ok } from '../../../src-engine/public/result'
import { OwnWatches } from '../../../src-engine/xenstore/own-watches'
import { lookup } from '../../../src-engine/xenstore/tree'
import { XenStored } from '../../../src-engine/xenstore/xenstored'
import { domainTree, handleOf, StoreScript } from '../../support/xenstore-script'

const nic: Device = { kind: 'vif', index: 0, network: 'default', mac: '00:16:3e:00:00:01', forwards: [] }

/** Interfaces that close when the test says so. */
function slowRow(closing: (() => void)[]): BackendRow {
  const service = (): DeviceService => ({
    open: async () => ok({}),
    connect: () => ok({ pump: {}, keys: {} }),
    attach() {},
    detach() {},
    receive: () => undefined,
    settle: async () => {},
    close: () => new Promise((resolve) => void closing.push(resolve)),
    counters: () => ({ readBytes: 0, writtenBytes: 0, readRequests: 0, writeRequests: 0, errors: 0 }),
  })
  return { type: 'vif', of: () => ({ id: 0, frontend: {}, backend: {}, make: service }) }
}

/** Those of domain 1. */
function backends(xenstored: XenStored, closing: (() => void)[]): BackendSet {
  const watches = new OwnWatches(xenstored)
  const around = { xenstored, watches, clock: systemClock, domid: () => 1, guestDomid: () => 1, log: silentLog, changed() {} }
  return new BackendSet(around, [slowRow(closing)], { handle: handleOf(1), clock: systemClock, log: silentLog })
}

it('whoever asks again for a device to go waits until it has gone, so that the next one of its name stays', async () => {
  const xenstored = new XenStored(undefined, silentLog)
  const tree = domainTree(1)
  xenstored.introduce(tree, 1, false)
  const closing: (() => void)[] = []
  const set = backends(xenstored, closing)
  expect((await set.open([nic])).ok).toBe(true)
  set.place()
  const gone: string[] = []
  void set.detach('vif/0', false)?.then(() => gone.push('first'))
  await expect.poll(() => closing.length).toBe(1)
  void set.detach('vif/0', true)?.then(() => gone.push('second'))
  for (let turns = 0; turns < 5; turns++) await new Promise(setImmediate)
  expect(gone).toEqual([])
  closing[0]?.()
  await expect.poll(() => gone.length).toBe(2)
  expect((await set.attach(nic)).ok).toBe(true)
  expect(set.counters.map(({ key }) => key)).toEqual(['vif/0'])
  expect(lookup(xenstored.store.tree, '/local/domain/1/device/vif/0/state')?.value).toBe('1')
})

/** A guest that hears of its devices, their backends in domain 0, and a link whose pumps are joined when the test says so. */
async function devices() {
  const script = new StoreScript(undefined, [1])
  const xenstored = script.daemon
  const joining: (() => void)[] = []
  const closed: (() => void)[] = []
  const set = backends(xenstored, closed)
  set.linkUp({
    connect: () => new Promise((resolve) => void joining.push(() => resolve(ok(undefined)))),
    disconnect: async () => {},
  })
  set.place()
  script.ask(1, 'WATCH', 'device|token|')
  expect((await set.attach(nic)).ok).toBe(true)
  const gone: string[] = []
  const detach = (force: boolean) => void set.detach('vif/0', force)?.then(() => gone.push('gone'))
  const state = () => lookup(xenstored.store.tree, '/local/domain/0/backend/vif/1/0/state')?.value
  const settled = async () => {
    for (let turns = 0; turns < 5; turns++) {
      await new Promise(setImmediate)
      for (const close of closed.splice(0)) close()
    }
  }
  const frontend = (value: string) => expect(script.ask(1, 'WRITE', `device/vif/0/state|${value}`)).toBe('OK|')
  return { script, set, joining, gone, detach, state, settled, frontend }
}

it('a device that is taken away while its pump is joined is closing then, not connected', async () => {
  const { joining, gone, detach, state, settled, frontend, script } = await devices()
  frontend('3')
  await expect.poll(() => joining.length).toBe(1)
  detach(false)
  await settled()
  joining[0]?.()
  await settled()
  expect(state()).toBe('5')
  frontend('6')
  await settled()
  expect(state()).toBeUndefined()
  expect(script.ask(1, 'DIRECTORY', 'device/vif/0|')).toBe('ENOENT|')
  await settled()
  expect(gone).toEqual(['gone'])
})

it('a device is gone when the guest has looked for it in vain, or is not asked', async () => {
  const { gone, detach, state, settled, frontend, script, set } = await devices()
  detach(false)
  await settled()
  expect(state()).toBe('5')
  frontend('6')
  await settled()
  expect(state()).toBeUndefined()
  expect(script.ask(1, 'READ', 'device/vif/1/state|')).toBe('ENOENT|')
  await settled()
  expect(gone).toEqual([])
  expect(script.ask(1, 'DIRECTORY', 'device/vif/0|')).toBe('ENOENT|')
  await settled()
  expect(gone).toEqual(['gone'])
  expect((await set.attach(nic)).ok).toBe(true)
  detach(true)
  await settled()
  expect(gone).toEqual(['gone', 'gone'])
})
