// A disk of a running guest is merged into the file it stands on: domain 0 copies step by step, as main asks, and writes what the guest
// writes meanwhile to both files. Invariant: what `guest.devices` names holds the disk at every moment, because a new domain 0 opens
// that; so the file below is named there before domain 0 is told to go over to it. Runs in: main, plain Node.
import { err, ok } from '../../../src-engine/public/result'
import { deviceKey } from '../../public/device'
import { errorReport } from '../../public/error-code'
import type { MergeOrder, Outcome, Progress } from '../driver'
import type { Domain0Connection } from './domain0'
import { engineError } from './engine-error'
import type { Guest } from './guest'

/** `now`: the domain 0 there is, if any. */
export async function mergeDisk(
  guest: Guest,
  domain0: Domain0Connection,
  now: () => Promise<Domain0Connection | undefined>,
  { key, into, claim }: MergeOrder,
  progress: Progress,
): Outcome {
  const disk = guest.devices.find((device) => deviceKey(device) === key)
  if (disk?.kind !== 'vbd') return err(errorReport('no-device', { name: guest.name, key }))
  const place = { handle: guest.uuid, key }
  const begun = await domain0.caller.call('mergeBegin', place)
  if (!begun.ok) return err(engineError('other', begun.error))
  const copied = await copyAll()
  const claimed = copied.ok ? await claim() : copied
  if (!claimed.ok) {
    await domain0.caller.call('mergeEnd', place)
    return claimed
  }
  // Another domain 0 has opened the disk's own file, and what the guest wrote since is there alone.
  if ((await now()) !== domain0) return err(errorReport('domain0-away'))
  const { path, format, allowedBacking } = into
  const file = { path, format, ...(allowedBacking ? { allowedBacking: [...allowedBacking] } : {}) }
  const { allowedBacking: _, ...rest } = disk
  const merged = { ...rest, ...file }
  guest.devices = guest.devices.map((device) => (device === disk ? merged : device))
  const ended = await domain0.caller.call('mergeEnd', { ...place, into: file })
  // One that died over it is followed by one that opens what the devices say.
  if (ended.ok || (await now()) !== domain0) return ok(null)
  guest.devices = guest.devices.map((device) => (device === merged ? disk : device))
  return err(engineError('other', ended.error))

  async function copyAll(): Outcome {
    for (;;) {
      if (progress.signal.aborted) return err(errorReport('cancelled'))
      const step = await domain0.caller.call('mergeCopy', place)
      if (!step.ok) return err(engineError('other', step.error))
      const { done, total } = step.value
      progress.report(total > 0 ? done / total : 1)
      if (done >= total) return ok(null)
    }
  }
}
