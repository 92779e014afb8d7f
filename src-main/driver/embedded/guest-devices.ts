// Devices of a running guest as they come, go and change. Domain 0 does it; the guest's list follows, which is what a new
// domain 0 is told. Invariant: the list is changed when domain 0 has done it and not before. Runs in: main, plain Node.
import type { CallError } from '../../../src-engine/public/protocol/call'
import { err, ok, type Result } from '../../../src-engine/public/result'
import { type Device, deviceKey, type Nic } from '../../public/device'
import { type ErrorReport, errorReport } from '../../public/error-code'
import type { Medium, Outcome } from '../driver'
import type { Domain0Connection } from './domain0'
import { engineError } from './engine-error'
import type { Guest } from './guest'

/** As domain 0 waits (src-engine/process/domain0.ts). */
const DETACH_SECONDS = 15

const deviceOf = (guest: Guest, key: string): Device | undefined => guest.devices.find((each) => deviceKey(each) === key)

const put = (guest: Guest, before: Device, after: Device): void => {
  guest.devices = guest.devices.map((each) => (each === before ? after : each))
}

const answer = (done: Result<unknown, CallError>): Result<null, ErrorReport> =>
  done.ok ? ok(null) : err(engineError('other', done.error))

export async function attachDevice(guest: Guest, domain0: Domain0Connection, device: Device): Outcome {
  const key = deviceKey(device)
  const { name, uuid: handle } = guest
  if (device.kind === 'vfb') return err(errorReport('not-hot-pluggable', { name, key }))
  if (deviceOf(guest, key)) return err(errorReport('device-twice', { name, key }))
  const attached = answer(await domain0.caller.call('attachDevice', { handle, device }))
  if (attached.ok) guest.devices = [...guest.devices, device]
  return attached
}

export async function detachDevice(guest: Guest, domain0: Domain0Connection, key: string, force: boolean): Outcome {
  const device = deviceOf(guest, key)
  const { name, uuid: handle } = guest
  if (!device) return err(errorReport('no-device', { name, key }))
  if (device.kind === 'vfb') return err(errorReport('not-hot-pluggable', { name, key }))
  const detached = await domain0.caller.call('detachDevice', { handle, key, force })
  if (!detached.ok && detached.error.code === 'OPERATION_TIMEOUT') {
    return err(errorReport('detach-timeout', { key, seconds: DETACH_SECONDS }))
  }
  if (detached.ok) guest.devices = guest.devices.filter((each) => each !== device)
  return answer(detached)
}

export async function changeMedium(guest: Guest, domain0: Domain0Connection, key: string, medium: Medium): Outcome {
  const device = deviceOf(guest, key)
  const { name, uuid: handle } = guest
  if (device?.kind !== 'vbd') return err(errorReport('no-device', { name, key }))
  if (!device.removable) return err(errorReport('not-hot-pluggable', { name, key }))
  const changed = answer(await domain0.caller.call('changeMedium', { handle, key, ...medium }))
  if (changed.ok) put(guest, device, { ...device, ...medium })
  return changed
}

export async function changeNic(guest: Guest, domain0: Domain0Connection, nic: Nic): Outcome {
  const key = deviceKey(nic)
  const device = deviceOf(guest, key)
  if (!device) return err(errorReport('no-device', { name: guest.name, key }))
  const changed = answer(await domain0.caller.call('changeNic', { handle: guest.uuid, nic }))
  if (changed.ok) put(guest, device, nic)
  return changed
}
