// Folder and tags of each domain: metadata/UUID.json, apart from its definition, because they are the user's order
// and not the machine's. Invariant: a file is replaced whole; a damaged one is put aside and reported, the rest loads; a
// domain without anything has no file. Runs in: main, plain Node.
import { readdir, rm } from 'node:fs/promises'
import { join } from 'node:path'
import { fields, oneOf } from '../../src-engine/public/shape'
import { writeFileAtomic } from '../lib/atomic-file'
import { ownFolder } from '../lib/own-folder'
import { type ErrorReport, errorReport } from '../public/error-code'
import { type Metadata, metadataShape } from '../public/list'
import { uuidShape } from '../public/types'
import { readOwnFile, shaped } from './own-file'

const VERSION = 1
const fileShape = fields({ version: oneOf(VERSION), metadata: metadataShape })
/** This many files are written side by side. */
const AT_ONCE = 16

export interface MetadataChange {
  readonly uuid: string
  /** Null: nothing is kept any more. */
  readonly metadata: Metadata | null
}

export class MetadataStore {
  private readonly folder: string
  private queue: Promise<unknown> = Promise.resolve()

  constructor(folder: string) {
    this.folder = folder
  }

  async load(): Promise<{ readonly found: ReadonlyMap<string, Metadata>; readonly problems: readonly ErrorReport[] }> {
    const found = new Map<string, Metadata>()
    const problems: ErrorReport[] = []
    const isFile = await ownFolder(this.folder)
    if (isFile) problems.push(isFile)
    for (const name of (await readdir(this.folder)).sort()) {
      const path = join(this.folder, name)
      const uuid = name.replace(/\.json$/, '')
      if (name.endsWith('.tmp')) await rm(path, { force: true })
      if (uuid === name || !uuidShape.is(uuid)) continue
      const { value, problem } = await readOwnFile(path, {
        version: VERSION,
        check: shaped(fileShape, 'metadata'),
        report: ({ detail, kept }) => errorReport('metadata-corrupt', { path, detail, kept }),
      })
      if (value) found.set(uuid, value.metadata)
      if (problem) problems.push(problem)
    }
    return { found, problems }
  }

  put(changes: readonly MetadataChange[]): Promise<void> {
    const done = this.queue.then(async () => {
      for (let start = 0; start < changes.length; start += AT_ONCE) {
        await Promise.all(changes.slice(start, start + AT_ONCE).map((change) => this.write(change)))
      }
    })
    this.queue = done.catch(() => undefined)
    return done
  }

  async settled(): Promise<void> {
    await this.queue
  }

  private async write({ uuid, metadata }: MetadataChange): Promise<void> {
    const path = join(this.folder, `${uuid}.json`)
    if (metadata === null) await rm(path, { force: true })
    else await writeFileAtomic(path, `${JSON.stringify({ version: VERSION, metadata }, undefined, 2)}\n`)
  }
}
