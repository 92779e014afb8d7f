// A snapshot of a running guest: its process takes the whole state with the vcpus parked, domain 0 puts other files under the
// disks, the vcpus run on, the state is written from the copy. When there is no room for a copy the guest stands until it is written.
// Invariant: whatever fails, the guest goes on; `switched` is told exactly when the disks were switched. Runs in: main, plain Node.
import { freemem } from 'node:os'
import { err, ok } from '../../../src-engine/public/result'
import { type Device, deviceKey } from '../../public/device'
import { errorReport } from '../../public/error-code'
import type { DiskSwitch, Outcome, Progress, SnapshotOrder, TakenSnapshot } from '../driver'
import type { Domain0Connection } from './domain0'
import { engineError } from './engine-error'
import type { Guest } from './guest'

const MIB = 1024 * 1024

/** The devices as they are with other files under the disks. */
function switchedDevices(devices: readonly Device[], disks: readonly DiskSwitch[]): Device[] {
  return devices.map((device) => {
    const to = disks.find(({ key }) => key === deviceKey(device))
    if (!to || device.kind !== 'vbd') return device
    return { ...device, path: to.path, format: to.format, allowedBacking: [...to.allowedBacking] }
  })
}

export async function takeSnapshot(
  guest: Guest,
  domain0: Domain0Connection,
  order: SnapshotOrder,
  progress: Progress,
): Outcome<TakenSnapshot> {
  const { path, disks, plain } = order
  if (progress.signal.aborted) return err(errorReport('cancelled'))
  const abort = (): void => void guest.caller.call('cancel', {})
  progress.signal.addEventListener('abort', abort)
  guest.onProgress = (fraction) => progress.report(fraction)
  try {
    const start = performance.now()
    // Half of what is free: the copy is there only while the file is written. A plain file is written as quickly as a copy is made.
    const copyMostMiB = plain ? 0 : Math.min(4096, Math.floor(freemem() / MIB / 2))
    const held = await guest.caller.call('hold', { copyMostMiB })
    if (!held.ok) return err(engineError('snapshot', held.error, path))
    const switching = {
      handle: guest.uuid,
      disks: disks.map((disk) => ({ ...disk, allowedBacking: [...disk.allowedBacking] })),
    }
    const switched = disks.length > 0 ? await domain0.caller.call('switchDisks', switching) : ok(null)
    if (!switched.ok) {
      await guest.caller.call('forget', {})
      await guest.caller.call('goOn', {})
      return err(engineError('snapshot', switched.error, path))
    }
    guest.devices = switchedDevices(guest.devices, disks)
    const keep = () => guest.caller.call('keep', { path, plain })
    const early = held.value.copied ? undefined : await keep()
    const gone = await guest.caller.call('goOn', {})
    const heldMs = Math.round(performance.now() - start)
    order.switched()
    if (!gone.ok) return err(engineError('snapshot', gone.error, path))
    const kept = early ?? (await keep())
    return kept.ok ? ok({ heldMs }) : err(engineError('snapshot', kept.error, path))
  } finally {
    progress.signal.removeEventListener('abort', abort)
    guest.onProgress = () => {}
  }
}
