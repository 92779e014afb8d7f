// What each definition was before: revisions/UUID/NUMBER-TIME-CAUSE.xml, whole texts, numbers counting up.
// Invariant: a revision is on disk before the definition becomes it, and none is lost; the newest is what the definition is. One
// that somebody changed outside, or whose change was cut off in between, gets a revision of its own: `settle`.
// Runs in: main, plain Node.
import { mkdir, readdir, readFile, rm, rmdir } from 'node:fs/promises'
import { join } from 'node:path'
import { systemErrorCode, writeFileAtomic } from '../lib/atomic-file'
import { putFileAside } from '../lib/own-folder'
import { REVISION_CAUSES, type Revision, type RevisionCause } from '../public/definition'
import type { ErrorReport } from '../public/error-code'
import { uuidShape } from '../public/types'

const REVISIONS_KEPT = 200
const NAME = /^(\d{6,})-(\d+)-([a-z]+)\.xml$/

interface Kept extends Revision {
  readonly file: string
}

function parseName(file: string): Kept[] {
  const [, revision, time, word] = NAME.exec(file) ?? []
  const cause = REVISION_CAUSES.find((each) => each === word)
  return cause === undefined ? [] : [{ revision: Number(revision), time: Number(time), cause, file }]
}

export class RevisionStore {
  private readonly folder: string
  private readonly most: number
  private readonly dropped: (text: string) => void

  /** `dropped` is told the text of each revision that went because there are newer ones. */
  constructor(folder: string, most = REVISIONS_KEPT, dropped: (text: string) => void = () => undefined) {
    this.folder = folder
    this.most = most
    this.dropped = dropped
  }

  /** At the start: files where folders of revisions should be are put aside, what there is to tell of them. */
  async recover(): Promise<ErrorReport[]> {
    const problems = [await putFileAside(this.folder)]
    for (const entry of await readdir(this.folder, { withFileTypes: true }).catch(() => []))
      if (uuidShape.is(entry.name) && !entry.isDirectory()) problems.push(await putFileAside(this.folderOf(entry.name)))
    return problems.flatMap((problem) => problem ?? [])
  }

  folderOf(uuid: string): string {
    return join(this.folder, uuid)
  }

  /** The number it has; when it cannot be written nothing is left of it. */
  async add(uuid: string, text: string, cause: RevisionCause, time: number): Promise<number> {
    await mkdir(this.folderOf(uuid), { recursive: true })
    const kept = await this.kept(uuid)
    const number = (kept.at(-1)?.revision ?? 0) + 1
    try {
      await writeFileAtomic(join(this.folderOf(uuid), `${String(number).padStart(6, '0')}-${time}-${cause}.xml`), text)
    } catch (thrown) {
      if (kept.length === 0) await rmdir(this.folderOf(uuid)).catch(() => undefined)
      throw thrown
    }
    for (const old of kept.slice(0, Math.max(0, kept.length + 1 - this.most))) {
      const gone = await this.read(uuid, old).catch(() => '')
      await rm(join(this.folderOf(uuid), old.file), { force: true })
      this.dropped(gone)
    }
    return number
  }

  /** Takes back one that was added: the definition did not become so, or is as before again. */
  async takeBack(uuid: string, revision: number): Promise<void> {
    const kept = await this.kept(uuid)
    const added = kept.find((each) => each.revision === revision)
    if (added) await rm(join(this.folderOf(uuid), added.file), { force: true })
    if (kept.length <= 1) await rmdir(this.folderOf(uuid)).catch(() => undefined)
  }

  /** The newest, where the definition was `text` before it. */
  async since(uuid: string, text: string): Promise<number | undefined> {
    const [before, newest] = (await this.kept(uuid)).slice(-2)
    return before && newest && (await this.read(uuid, before)) === text ? newest.revision : undefined
  }

  /** Makes the newest one what the definition is. */
  async settle(uuid: string, text: string, time: number): Promise<void> {
    const newest = (await this.kept(uuid)).at(-1)
    if (newest && (await this.read(uuid, newest)) === text) return
    await this.add(uuid, text, newest ? 'outside' : 'defined', time)
  }

  /** Oldest first. */
  async list(uuid: string): Promise<Revision[]> {
    return (await this.kept(uuid)).map(({ revision, time, cause }) => ({ revision, time, cause }))
  }

  async text(uuid: string, revision: number): Promise<string | undefined> {
    const found = (await this.kept(uuid)).find((each) => each.revision === revision)
    return found && this.read(uuid, found)
  }

  /** Of all domains, one after the other. */
  async *texts(): AsyncGenerator<string> {
    for (const uuid of await readdir(this.folder).catch(() => [])) {
      for (const kept of await this.kept(uuid).catch(() => [])) yield await this.read(uuid, kept).catch(() => '')
    }
  }

  async forget(uuid: string): Promise<void> {
    await rm(this.folderOf(uuid), { recursive: true, force: true })
  }

  private async read(uuid: string, { file }: Kept): Promise<string> {
    return readFile(join(this.folderOf(uuid), file), 'utf8')
  }

  private async kept(uuid: string): Promise<Kept[]> {
    try {
      const entries = await readdir(this.folderOf(uuid), { withFileTypes: true })
      const files = entries.flatMap((entry) => (entry.isDirectory() ? [] : [entry.name]))
      return files.flatMap(parseName).sort((a, b) => a.revision - b.revision)
    } catch (thrown) {
      if (systemErrorCode(thrown) === 'ENOENT') return []
      throw thrown
    }
  }
}
