// Deleted volumes: POOL/.ringmaster-trash/TIME/NAME, on the pool's own file system, so that deleting and restoring is one rename and a
// file is never in both places or in none. The folder is the whole truth; there is no list beside it.
// Invariant: nothing is written over, neither in the trash nor when a volume comes back. Runs in: main, plain Node.
import { lstat, mkdir, readdir, rename, rm, rmdir } from 'node:fs/promises'
import { join } from 'node:path'
import { err, ok } from '../../src-engine/public/result'
import type { Outcome } from '../driver/driver'
import { flushFolder, systemErrorCode } from '../lib/atomic-file'
import { isThere } from '../lib/is-there'
import { writeProblem } from '../lib/write-problem'
import { errorReport } from '../public/error-code'
import { type Pool, type TrashedVolume, volumeNameShape } from '../public/storage'

const FOLDER = '.ringmaster-trash'

/** The number under which it is in the pool's trash: when it was deleted, ms since 1970, or the next free one. */
export async function trashVolume(pool: Pool, name: string): Outcome<number> {
  const from = join(pool.path, name)
  let made = ''
  try {
    await mkdir(join(pool.path, FOLDER), { recursive: true, mode: 0o700 })
    for (let id = Date.now(); ; id++) {
      const folder = join(pool.path, FOLDER, String(id))
      const taken = await mkdir(folder, { mode: 0o700 }).then(
        () => false,
        (thrown: unknown) => {
          if (systemErrorCode(thrown) === 'EEXIST') return true
          throw thrown
        },
      )
      if (taken) continue
      made = folder
      await rename(from, join(folder, name))
      await flushFolder(pool.path)
      return ok(id)
    }
  } catch (thrown) {
    if (made !== '') await rmdir(made).catch(() => undefined)
    return err(writeProblem(from, thrown))
  }
}

/** Newest first; of a pool that cannot be read, none. */
export async function trashedVolumes(pool: Pool): Promise<TrashedVolume[]> {
  const ids = await readdir(join(pool.path, FOLDER)).catch(() => [])
  const found = await Promise.all(ids.filter((id) => /^\d{1,15}$/.test(id)).map((id) => entry(pool, Number(id))))
  return found.flatMap((each) => each ?? []).sort((a, b) => b.id - a.id)
}

/** Where it was, if that name is free. */
export async function restoreVolume(pool: Pool, id: number): Outcome {
  const found = await entry(pool, id)
  if (!found) return err(errorReport('trash-unreadable', { name: String(id), detail: 'it is not there' }))
  const path = join(pool.path, found.name)
  try {
    if (await isThere(path)) return err(errorReport('file-exists', { path }))
    await rename(join(pool.path, FOLDER, String(id), found.name), path)
    await flushFolder(pool.path)
    await rmdir(join(pool.path, FOLDER, String(id))).catch(() => undefined)
    return ok(null)
  } catch (thrown) {
    return err(writeProblem(path, thrown))
  }
}

/** For good. */
export async function eraseVolume(pool: Pool, id: number): Outcome {
  const path = join(pool.path, FOLDER, String(id))
  try {
    await rm(path, { recursive: true, force: true })
    return ok(null)
  } catch (thrown) {
    return err(writeProblem(path, thrown))
  }
}

/** The one image in its folder; a folder that is empty, or not ours, is no entry. */
async function entry(pool: Pool, id: number): Promise<TrashedVolume | undefined> {
  const folder = join(pool.path, FOLDER, String(id))
  const [name, ...others] = await readdir(folder).catch(() => [])
  if (name === undefined || others.length > 0 || !volumeNameShape.is(name)) return undefined
  const found = await lstat(join(folder, name)).catch(() => undefined)
  return found?.isFile() ? { pool: pool.name, id, name, size: found.blocks * 512 } : undefined
}
