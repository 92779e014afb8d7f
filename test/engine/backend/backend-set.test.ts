// Devices that come and go while others of the same name are still going.
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
import { domainTree } from '../../support/xenstore-script'

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

it('whoever asks again for a device to go waits until it has gone, so that the next one of its name stays', async () => {
  const xenstored = new XenStored(undefined, silentLog)
  const tree = domainTree(1)
  xenstored.introduce(tree, 1, false)
  const closing: (() => void)[] = []
  const watches = new OwnWatches(xenstored)
  const around = { xenstored, watches, clock: systemClock, domid: () => 1, log: silentLog, changed() {} }
  const set = new BackendSet(around, [slowRow(closing)], { handle: tree.handle, clock: systemClock, log: silentLog })
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
