// Folders that are no pools and into which disks are being copied, kept in a file: an app that was killed over it would leave the half copy there
// for ever, as it looks into no other folder by itself. The next start removes it and forgets the folder.
// Invariant: a folder is in the file, whole, before the copy begins; only files with the name of an unfinished copy go, and none whose
// writer is still there. Runs in: main, plain Node.
import { readdir, rm } from 'node:fs/promises'
import { dirname, join, resolve } from 'node:path'
import { fields, list, shortText } from '../../src-engine/public/shape'
import { writerOf } from '../../src-engine/public/unfinished-copy'
import { KeptFile } from '../definition/kept-file'
import { isAlive } from '../lib/is-alive'

const FOLDERS_MOST = 255
const shape = fields({ folders: list(shortText(4096), FOLDERS_MOST) })

/** Removes the half copies in a folder that nobody finishes; whether none is left. */
export async function removeHalfCopies(folder: string): Promise<boolean> {
  let none = true
  for (const name of await readdir(folder)) {
    const writer = writerOf(name)
    if (writer === undefined) continue
    if (isAlive(writer)) none = false
    // One that cannot go keeps no other.
    else await rm(join(folder, name), { force: true }).catch(() => (none = false))
  }
  return none
}

export class CopyFolders {
  private readonly kept: KeptFile<{ readonly folders: readonly string[] }>
  private readonly isPool: (folder: string) => boolean
  /** Of an earlier run, not yet removed from. */
  private readonly waiting = new Set<string>()
  /** How many copies go into each now. */
  private readonly running = new Map<string, number>()

  constructor(file: string, isPool: (folder: string) => boolean) {
    this.kept = new KeptFile(file, shape, { folders: [] })
    this.isPool = isPool
  }

  /** The work that copies to this path. */
  async during<T>(path: string, work: () => Promise<T>): Promise<T> {
    const folder = dirname(resolve(path))
    if (this.isPool(folder)) return work()
    this.running.set(folder, (this.running.get(folder) ?? 0) + 1)
    try {
      await this.note()
      return await work()
    } finally {
      const left = (this.running.get(folder) ?? 1) - 1
      if (left > 0) this.running.set(folder, left)
      else this.running.delete(folder)
      await this.note()
    }
  }

  /** What an app that was killed has left. A folder that cannot be read now, as its disk is not there, is tried again next time. */
  async removeLeft(): Promise<void> {
    await this.kept.load()
    const { folders } = this.kept.value
    for (const folder of folders) {
      if (!(await removeHalfCopies(folder).catch(() => false))) this.waiting.add(folder)
    }
    if (this.waiting.size < folders.length) await this.note()
  }

  /** A copy is not refused for a note that could not be written. */
  private async note(): Promise<void> {
    const folders = [...new Set([...this.waiting, ...this.running.keys()])].slice(-FOLDERS_MOST)
    await this.kept.set({ folders }).catch(() => undefined)
  }
}
