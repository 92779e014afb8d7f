// A file that grows under a hidden name until it is whole, and gets its own name then.
// Invariant: what has the name already is not written over. Runs in: the image's thread.
import { randomUUID } from 'node:crypto'
import { link, lstat, mkdir, rename, unlink } from 'node:fs/promises'
import { dirname, join } from 'node:path'
import { syncFolder } from '../lib/sync-folder'
import { ok } from '../public/result'
import { unfinishedCopyName } from '../public/unfinished-copy'
import { fail, type ImageResult, systemError } from './error'
import type { File, OpenFile } from './file'

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

/** Makes the file `to`, and its folder, by `work`: whole or not at all. */
export async function writeWhole(
  to: string,
  openFile: OpenFile,
  work: (target: File) => Promise<ImageResult<void>>,
): Promise<ImageResult<void>> {
  const free = await isFree(to)
  if (!free.ok) return free
  await mkdir(dirname(to), { recursive: true, mode: 0o700 }).catch(() => {})
  const growing = join(dirname(to), unfinishedCopyName(process.pid, randomUUID()))
  const target = await openFile(growing, 'create')
  if (!target.ok) return target
  let done = await work(target.value)
  if (done.ok) done = await target.value.sync()
  const closed = await target.value.close()
  if (done.ok) done = closed.ok ? await nameIt(growing, to) : closed
  if (!done.ok) await unlink(growing).catch(() => {})
  return done
}
