// A domain 0 that went while it merged a disk: what a new one opens is the disk's own file, and the words say what to do.
import { expect, it } from 'vitest'
import { ok } from '../../../src-engine/public/result'
import type { Domain0Connection } from '../../../src-main/driver/embedded/domain0'
import type { Guest } from '../../../src-main/driver/embedded/guest'
import { mergeDisk } from '../../../src-main/driver/embedded/merge'
import { type Device, deviceKey } from '../../../src-main/public/device'

const DISK = { kind: 'vbd', dev: 'xvda', path: '/overlay.qcow2', format: 'qcow2' }
const INTO = { path: '/base.raw', format: 'raw' }

it('is away for a moment, and not given up', async () => {
  const guest = { uuid: 'u', name: 'm', devices: [DISK] }
  const caller = { call: async () => ok({ done: 1, total: 1 }) }
  const gone = { caller, socketPath: undefined }
  const merged = await mergeDisk(
    guest as unknown as Guest,
    gone as unknown as Domain0Connection,
    async () => ({ ...gone }) as unknown as Domain0Connection,
    { key: deviceKey(DISK as Device), into: INTO, claim: async () => ok(null) } as unknown as Parameters<typeof mergeDisk>[3],
    { report: () => undefined, signal: new AbortController().signal },
  )
  expect(merged).toMatchObject({ ok: false, error: { reason: 'domain0-away' } })
  expect(guest.devices).toEqual([DISK])
})
