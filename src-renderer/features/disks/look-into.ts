// Looks into the files of disks before they become devices. The fields of a disk do so as soon as a file is named; whoever presses
// Create or Add at once is not served a guess: a qcow2 image that a guest gets as raw is lost.
// Runs in: every window and tests.

import type { Client } from '../../../src-main/public/client'
import type { ErrorReport } from '../../../src-main/public/error-code'
import { ok, type Result } from '../../../src-main/public/result'
import { type DiskForm, isKnown, type KnownDisk } from './disk-form'

/** The disk with the format of its file, or why that cannot be read. */
export async function lookInto(client: Client, disk: DiskForm): Promise<Result<KnownDisk, ErrorReport>> {
  if (isKnown(disk)) return ok(disk)
  const image = await client.call('imageInspect', { path: disk.path.trim() })
  return image.ok ? ok({ ...disk, fileFormat: image.value.format }) : image
}

/** The first file that cannot be read is the error. */
export async function lookIntoAll(
  client: Client,
  disks: readonly DiskForm[],
): Promise<Result<readonly KnownDisk[], ErrorReport>> {
  const known: KnownDisk[] = []
  for (const disk of disks) {
    const looked = await lookInto(client, disk)
    if (!looked.ok) return looked
    known.push(looked.value)
  }
  return ok(known)
}
