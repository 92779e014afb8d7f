// Writes a file so that after any crash either the old or the new content is there, whole: temporary name in the same folder,
// flushed, renamed, folder flushed. Invariant: a reader never sees a half-written file under the real name; what is thrown names that as
// its path.
// Runs in: main, plain Node.
import { randomUUID } from 'node:crypto'
import { open, rename, rm } from 'node:fs/promises'
import { dirname } from 'node:path'

export async function writeFileAtomic(path: string, content: string | Uint8Array): Promise<void> {
  const temporary = `${path}.${randomUUID()}.tmp`
  try {
    const file = await open(temporary, 'wx', 0o600)
    try {
      await file.writeFile(content)
      await file.sync()
    } finally {
      await file.close()
    }
    await rename(temporary, path)
  } catch (thrown) {
    await rm(temporary, { force: true })
    throw thrown instanceof Error ? Object.assign(thrown, { path }) : thrown
  }
  await flushFolder(dirname(path))
}

/** Makes a rename or removal in the folder last; not possible on Windows, where it is not needed. */
export async function flushFolder(folder: string): Promise<void> {
  if (process.platform === 'win32') return
  const handle = await open(folder, 'r')
  try {
    await handle.sync()
  } finally {
    await handle.close()
  }
}

/** The part of a system error that people understand: "no such file or directory" of "ENOENT: no such …, open '/x'". */
export function systemErrorText(thrown: unknown): string {
  if (!(thrown instanceof Error)) return String(thrown)
  if (['EISDIR', 'ERR_FS_EISDIR'].includes(systemErrorCode(thrown))) return 'it is a folder'
  const found = /^[A-Z0-9]+: ([^,]+)/.exec(thrown.message)
  return found?.[1] ?? thrown.message
}

export function systemErrorCode(thrown: unknown): string {
  return thrown instanceof Error && 'code' in thrown && typeof thrown.code === 'string' ? thrown.code : ''
}
