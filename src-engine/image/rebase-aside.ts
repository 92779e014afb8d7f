// Gives a qcow2 image another backing file while others read it: a copy that stands on the new one is made beside it and takes its
// name. Who has the old file open goes on reading that, and what it stood on, until closing them; whoever opens the name finds
// the new one; both read alike, so it does not matter when. Invariant: under the name there is a whole image at every moment, and
// when this has answered well it is the new one on the host's disk too, so that what the old one stood on may go.
// Runs in: the image's thread, nobody writing to the image or to what is below it.
import { rename, rm } from 'node:fs/promises'
import { basename, dirname } from 'node:path'
import { syncFolder } from '../lib/sync-folder'
import { createImage } from './create-image'
import { type ImageResult, systemError } from './error'
import { openNodeFile } from './node-file'
import { type RebaseOptions, rebaseImage } from './rebase'

/** `aside`: a name in the image's folder that is nobody else's; what an earlier try left there goes. */
export async function rebaseAside(
  path: string,
  aside: string,
  options: Omit<RebaseOptions, 'mode' | 'backingFormat'>,
): Promise<ImageResult<void>> {
  const { allowed = [], openFile = openNodeFile } = options
  try {
    await rm(aside, { force: true })
    const over = { name: basename(path), format: 'qcow2' } as const
    const made = await createImage(aside, { format: 'qcow2', backing: over, allowed }, openFile)
    const done = made.ok ? await rebaseImage(aside, { ...options, mode: 'safe' }) : made
    if (done.ok) {
      await rename(aside, path)
      await syncFolder(dirname(path))
    }
    await rm(aside, { force: true })
    return done
  } catch (error) {
    return { ok: false, error: systemError(`Cannot replace ${path}`, error) }
  }
}
