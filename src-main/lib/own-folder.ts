// Folders of the app's own, and what stands where one should be. Invariant: nothing is removed: what is no folder gets another name beside
// its own, and that is told. Runs in: main, plain Node.
import { lstat, mkdir, rename, stat } from 'node:fs/promises'
import { resolve, sep } from 'node:path'
import { err, ok, type Result } from '../../src-engine/public/result'
import { type ErrorReport, errorReport } from '../public/error-code'
import { systemErrorCode } from './atomic-file'
import { writeProblem } from './write-problem'

const NO_FOLDER = ['EEXIST', 'ENOTDIR']

/** Puts a file aside that stands where a folder of ours should be; what there is to tell then. A folder, or nothing, stays as it is. */
export async function putFileAside(path: string): Promise<ErrorReport | undefined> {
  const there = await lstat(path).catch(() => undefined)
  if (there === undefined || (await stat(path).catch(() => undefined))?.isDirectory()) return undefined
  const kept = asideName(path)
  await rename(path, kept)
  return errorReport('folder-is-file', { path, kept })
}

/** Puts a folder aside that stands where a file of ours should be, and gives where it is then. */
export async function putFolderAside(path: string): Promise<string> {
  const kept = asideName(path)
  await rename(path, kept)
  return kept
}

/** Makes a folder of ours, beginning with those it lies in; what there is to tell when a file had to be put aside. */
export async function ownFolder(path: string): Promise<ErrorReport | undefined> {
  const problem = await putFileAside(path)
  await mkdir(path, { recursive: true })
  return problem
}

/** The folder that a new file goes into, as the user chose it: what is no folder stays as it is. */
export async function folderForFile(path: string): Promise<Result<null, ErrorReport>> {
  try {
    await mkdir(path, { recursive: true })
    return ok(null)
  } catch (thrown) {
    if (!NO_FOLDER.includes(systemErrorCode(thrown))) return err(writeProblem(path, thrown))
    return err(errorReport('file-unwritable', { path, detail: 'it is no folder' }))
  }
}

/** The name beside its own of what was put aside at `path`. */
export const asideName = (path: string, newer = false): string => `${path}.${Date.now()}.${newer ? 'newer' : 'damaged'}`

/** Is this a name that something in the folder was put aside under? */
export function isPutAside(path: string, folder: string): boolean {
  return resolve(path) === path && path.startsWith(resolve(folder) + sep) && /\.\d+\.(damaged|newer)$/.test(path)
}
