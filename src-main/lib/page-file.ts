// A file that a page of ours has made in its own storage (the origin private file system), found from outside by what stands in it.
// Chromium keeps such files as plain ones below the folder of the session, under names of its own, and gives a page's worker the file
// itself: so it is the one thing that a process of ours and a page in its sandbox can both have open.
// Where Chromium should keep them otherwise nothing is found, and who asked does without. Runs in: main, plain Node.
import { readdir, readFile, stat } from 'node:fs/promises'
import path from 'node:path'

/** Where Chromium has them, below the session's folder: the ordinary bucket of each origin, and others. */
const FOLDERS = ['File System', 'WebStorage']
/** Folders between one of those and a file of a page. */
const DEPTH = 6

/** The path of the file whose whole content is `mark`; undefined where there is none. */
export async function findPageFile(storage: string, mark: string): Promise<string | undefined> {
  for (const folder of FOLDERS) {
    const found = await search(path.join(storage, folder), mark, DEPTH)
    if (found !== undefined) return found
  }
  return undefined
}

async function search(folder: string, mark: string, depth: number): Promise<string | undefined> {
  const entries = await readdir(folder, { withFileTypes: true }).catch(() => [])
  for (const entry of entries) {
    const at = path.join(folder, entry.name)
    if (entry.isDirectory() && depth > 0) {
      const found = await search(at, mark, depth - 1)
      if (found !== undefined) return found
    } else if (entry.isFile() && (await holds(at, mark))) return at
  }
  return undefined
}

async function holds(file: string, mark: string): Promise<boolean> {
  try {
    return (await stat(file)).size === mark.length && (await readFile(file, 'latin1')) === mark
  } catch {
    return false // it went meanwhile
  }
}
