// A file that grows under a hidden name until it is whole, and gets its own name then.
// Invariant: what has the name already is not written over. Runs in: the image's thread.
import { link, lstat, rename, unlink } from 'node:fs/promises'
import { dirname } from 'node:path'
import { syncFolder } from '../lib/sync-folder'
import { ok } from '../public/result'
import { fail, type ImageResult, systemError } from './error'

/** A file that is there is not written over; said before the work, and looked at again when the copy gets its name. */
export async function isFree(path: string): Promise<ImageResult<void>> {
  const there = await lstat(path).catch(() => undefined)
  return there ? fail('exists', `Cannot create ${path}: file already exists.`) : ok(undefined)
}

/** `growing` becomes `to`. */
export async function nameIt(growing: string, to: string): Promise<ImageResult<void>> {
  try {
    // A second name cannot take another's place, as a change of name would.
    await link(growing, to)
    await unlink(growing)
  } catch (error) {
    const code = error instanceof Error && 'code' in error ? error.code : undefined
    if (code === 'EEXIST') return isFree(to)
    // File systems without second names.
    const free = await isFree(to)
    if (!free.ok) return free
    const renamed = await rename(growing, to).then(
      () => undefined,
      (thrown: unknown) => systemError(`Cannot create ${to}`, thrown),
    )
    if (renamed) return { ok: false, error: renamed }
  }
  await syncFolder(dirname(to))
  return ok(undefined)
}
