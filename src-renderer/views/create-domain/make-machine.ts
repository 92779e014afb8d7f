// Create: what was typed becomes a machine that is defined and, if it is to, started and shown.
// Invariant: nothing stays of a machine that is refused, not even one that was defined and does not start. Runs in: create-domain window.

import type { Client } from '../../../src-main/public/client'
import type { ErrorReport } from '../../../src-main/public/error-code'
import type { KnownDisk } from '../../features/disks/disk-form'
import { lookIntoAll } from '../../features/disks/look-into'
import { type DevicesForm, type Form, type Order, orderOf } from './check-form'
import type { Media } from './media'
import type { Origin } from './origin'
import type { Proposals } from './proposals'

export interface Wanted {
  readonly form: Form
  readonly devices: DevicesForm
  readonly origin: Origin | null
  readonly media: Media | null
  readonly start: boolean
  readonly propose: Proposals['propose']
  /** What the way to begin adds to the order. */
  readonly finished: <T extends Order>(order: T) => T
}

/** Gives why it was refused, or null. */
export async function makeMachine(client: Client, wanted: Wanted): Promise<ErrorReport | null> {
  const { form, devices, origin, media, start } = wanted
  const disks = await lookIntoAll(client, devices.disks)
  if (!disks.ok) return disks.error
  const unreadable = start ? await firstUnreadable(client, disks.value) : null
  if (unreadable !== null) return unreadable
  const places = await wanted.propose(disks.value)
  // Anew: what was taken out for a machine that did not start is gone, or its job was called off.
  const looked = media === null ? null : await client.call('mediaLook', { path: media.path })
  if (looked?.ok === false) return looked.error
  const placed = looked === null ? form : { ...form, kernel: looked.value.kernel, ramdisk: looked.value.ramdisk }
  const order = orderOf(placed, { ...devices, disks: disks.value }, ({ dev }) => places[dev] ?? '', origin)
  const defined = await client.call('domainDefine', {
    ...wanted.finished(order),
    start: false,
    ...(media !== null && { media: media.path }),
    ...(origin !== null && { origin: origin.text }),
  })
  if (!defined.ok) return defined.error
  return start ? startAndShow(client, defined.value.uuid) : null
}

/** Before anybody is asked whether a guest may write to a file that is not there: a configuration says what its disks are, unseen. */
async function firstUnreadable(client: Client, disks: readonly KnownDisk[]): Promise<ErrorReport | null> {
  for (const { source, path } of disks) {
    if (source !== 'file') continue
    const image = await client.call('imageInspect', { path: path.trim() })
    if (!image.ok) return image.error
  }
  return null
}

async function startAndShow(client: Client, uuid: string): Promise<ErrorReport | null> {
  // The domain window shows how the start goes; a failed start keeps the definition and says why there.
  const started = await client.call('domainCreate', { uuid, fresh: false })
  if (!started.ok) {
    await client.call('domainUndefine', { uuid, forget: true })
    return started.error
  }
  await client.call('windowOpen', { view: 'domain', uuid })
  return null
}
