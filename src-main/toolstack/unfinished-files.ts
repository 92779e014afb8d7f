// What is being made of files, kept in one file, so that an app that was killed over it leaves nothing behind. Two kinds: folders that are
// no pools and into which disks are being copied, as nobody would look there for the half copy; and files that are whole before what
// names them is written, as the images of a template or of a new machine.
// Invariant: either is in the file, whole, before the work begins, and goes when it has ended. Of a folder only
// half copies go. A file that is made goes only when it was not there before, nobody uses it,
// and it lies in a folder of ours: elsewhere the user named it, and may have used it since. Runs in: main, plain Node.
import { lstat, rm } from 'node:fs/promises'
import { dirname, resolve } from 'node:path'
import { fields, list, shortText, type TypeOf } from '../../src-engine/public/shape'
import type { KeptFile } from '../definition/kept-file'
import { systemErrorCode } from '../lib/atomic-file'
import { writeProblem } from '../lib/write-problem'
import { type ErrorReport, errorReport } from '../public/error-code'
import type { HalfCopies } from './half-copies'

const MOST = 255
const pathShape = shortText(4096)
const makingShape = fields({ what: shortText(MOST), files: list(pathShape, MOST) })
type Making = TypeOf<typeof makingShape>

export const unfinishedShape = fields({ folders: list(pathShape, MOST), making: list(makingShape, MOST) })
export type Unfinished = TypeOf<typeof unfinishedShape>
export const NOTHING_UNFINISHED: Unfinished = { folders: [], making: [] }

export interface UnfinishedFilesParts {
  readonly kept: KeptFile<Unfinished>
  readonly halfCopies: Pick<HalfCopies, 'remove'>
  readonly isPool: (folder: string) => boolean
  /** Lies where only the app makes files. */
  readonly isOurs: (path: string) => boolean
  /** Every file that something kept names, resolved. */
  readonly used: () => Promise<ReadonlySet<string>>
  readonly problem: (error: ErrorReport) => void
}

export class UnfinishedFiles {
  private readonly parts: UnfinishedFilesParts
  /** Folders of an earlier run, not yet removed from. */
  private readonly waiting = new Set<string>()
  /** How many copies go into each now. */
  private readonly copies = new Map<string, number>()
  private readonly begun = new Set<Making>()

  constructor(parts: UnfinishedFilesParts) {
    this.parts = parts
  }

  /** The work that copies to this path, where the copy is whole or not there. */
  async copying<T>(path: string, work: () => Promise<T>): Promise<T> {
    const folder = dirname(resolve(path))
    if (this.parts.isPool(folder)) return work()
    this.copies.set(folder, (this.copies.get(folder) ?? 0) + 1)
    try {
      await this.note()
      return await work()
    } finally {
      const left = (this.copies.get(folder) ?? 1) - 1
      if (left > 0) this.copies.set(folder, left)
      else this.copies.delete(folder)
      await this.note()
    }
  }

  /** The work that makes these files and ends when what names them is kept, or when they are gone again. `what`: as the user called it. */
  async making<T>(what: string, paths: readonly string[], work: () => Promise<T>): Promise<T> {
    const absent = await absentOf(paths)
    // Those of work around this one are its own.
    const files = absent.filter((path) => ![...this.begun].some((other) => other.files.includes(path)))
    if (files.length === 0) return work()
    const making = { what: what.slice(0, MOST), files: files.slice(0, MOST) }
    this.begun.add(making)
    try {
      await this.note()
      return await work()
    } finally {
      this.begun.delete(making)
      await this.note()
    }
  }

  /** What an app that was killed has left. A folder that cannot be read now, as its disk is not there, is tried again next time. */
  async removeLeft(): Promise<void> {
    await this.parts.kept.load()
    const { folders, making } = this.parts.kept.value
    for (const folder of folders) {
      const gone = (): Promise<void> => {
        this.waiting.delete(folder)
        return this.note()
      }
      if (!(await this.parts.halfCopies.remove(folder, gone).catch(() => false))) this.waiting.add(folder)
    }
    if (making.length > 0) {
      const used = await this.parts.used()
      for (const each of making) await this.undo(each, used)
    }
    if (making.length > 0 || this.waiting.size < folders.length) await this.note()
  }

  /** Where something names all of them the work was as good as ended. */
  private async undo({ what, files }: Making, used: ReadonlySet<string>): Promise<void> {
    const { isOurs, problem } = this.parts
    const unused = files.filter((path) => !used.has(resolve(path)))
    if (unused.length === 0) return
    const left: string[] = []
    for (const path of unused) {
      if (!isOurs(path)) {
        if ((await absentOf([path])).length === 0) left.push(path)
        continue
      }
      try {
        await rm(path, { force: true })
      } catch (thrown) {
        left.push(path)
        problem(writeProblem(path, thrown))
      }
    }
    if (left.length === 0) problem(errorReport('making-cut-off', { what }))
    else problem(errorReport('making-cut-off-left', { what, path: left.join(', ') }))
  }

  /** Nothing is refused for a note that could not be written. */
  private async note(): Promise<void> {
    const folders = [...new Set([...this.waiting, ...this.copies.keys()])].slice(-MOST)
    await this.parts.kept.set({ folders, making: [...this.begun].slice(-MOST) }).catch(() => undefined)
  }
}

/** Resolved paths of those that are not there. */
async function absentOf(paths: readonly string[]): Promise<string[]> {
  const absent: string[] = []
  for (const path of new Set(paths.map((each) => resolve(each)))) {
    const found = await lstat(path).catch((thrown: unknown) => systemErrorCode(thrown))
    if (found === 'ENOENT' && pathShape.is(path)) absent.push(path)
  }
  return absent
}
