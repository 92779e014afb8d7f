// What outlives the app, in one folder: a definition per domain, the managed saves, run markers, and an index of saved files.
//   definitions/UUID.json   {version, uuid, config, managedSave, savedConfig}     damaged ones go to definitions/aside and are
//                           reported; older ones are read through migration.ts
//   saved/UUID.save         the managed save, written by the driver; there only while the guest has not run since
//   running/UUID            there while the domain runs; found at the start, the domain was cut off with the app
//   saved-files.json        which domain a file chosen by the user was saved from
// Invariant: every file is replaced whole (lib/atomic-file); writes of one store happen one after the other. Whether there is a
// managed save to go on from is told by its file alone: written whole under another name and renamed, renamed away before the
// guest runs on (going on from it twice would give the guest back a memory older than its disks). The definition adds its time.
// Runs in: main, plain Node.
import { mkdir, readdir, readFile, rename, rm, stat, writeFile } from 'node:fs/promises'
import { basename, join } from 'node:path'
import { count, fields, list, number, oneOf, text } from '../../src-engine/public/shape'
import { flushFolder, systemErrorCode, systemErrorText, writeFileAtomic } from '../lib/atomic-file'
import { type ErrorReport, errorReport } from '../public/error-code'
import { type DomainConfig, domainConfigShape, nullable, uuidShape } from '../public/types'
import { migrateDefinition, migrateSavedFiles, VERSION } from './migration'

const SAVED_FILES_KEPT = 200

const definitionShape = fields({
  version: oneOf(VERSION),
  uuid: uuidShape,
  config: domainConfigShape,
  managedSave: nullable(count),
  savedConfig: nullable(domainConfigShape),
})

/** A stored domain; `managedSave` is the time of the save to go on from, `savedConfig` what the domain ran with then. */
export interface Definition {
  readonly uuid: string
  readonly config: DomainConfig
  readonly managedSave: number | null
  readonly savedConfig: DomainConfig | null
}

const savedFileShape = fields({ path: text, uuid: uuidShape, config: domainConfigShape, savedAt: number })
const savedFilesShape = fields({ version: oneOf(VERSION), files: list(savedFileShape) })

export interface SavedFile {
  readonly path: string
  readonly uuid: string
  readonly config: DomainConfig
  readonly savedAt: number
}

export interface LoadedDefinitions {
  readonly definitions: readonly Definition[]
  /** Domains that ran when the app was cut off. */
  readonly cutOff: readonly string[]
  /** Managed saves whose definition is lost. */
  readonly ownerless: readonly { readonly uuid: string; readonly savedAt: number }[]
  readonly problems: readonly ErrorReport[]
}

export class DefinitionStore {
  private readonly folder: string
  private savedFiles: SavedFile[] = []
  private queue: Promise<unknown> = Promise.resolve()

  constructor(folder: string) {
    this.folder = folder
  }

  async load(): Promise<LoadedDefinitions> {
    for (const part of ['definitions/aside', 'saved', 'running']) await mkdir(join(this.folder, part), { recursive: true })
    const definitions: Definition[] = []
    const problems: ErrorReport[] = []
    for (const name of (await readdir(join(this.folder, 'definitions'))).sort()) {
      const path = join(this.folder, 'definitions', name)
      if (name.endsWith('.tmp')) await rm(path, { force: true })
      if (!name.endsWith('.json')) continue
      const read = await this.readDefinition(path)
      if (typeof read === 'string') problems.push(await this.putAside(path, read))
      else definitions.push(read)
    }
    await this.loadSavedFiles(problems)
    const saves = await this.loadSaves()
    const cutOff = await readdir(join(this.folder, 'running'))
    const matched = definitions.map((definition) => {
      const { uuid, managedSave } = definition
      const savedAt = saves.get(uuid)
      saves.delete(uuid)
      if (savedAt === undefined && managedSave !== null) {
        problems.push(errorReport('file-unreadable', { path: this.managedSavePath(uuid), detail: 'it is not there any more' }))
      }
      if (savedAt === undefined) return { ...definition, managedSave: null, savedConfig: null }
      return { ...definition, managedSave: managedSave ?? savedAt }
    })
    const ownerless = [...saves].map(([uuid, savedAt]) => ({ uuid, savedAt }))
    return { definitions: matched, cutOff, ownerless, problems }
  }

  put(definition: Definition): Promise<void> {
    const content = JSON.stringify({ version: VERSION, ...definition }, undefined, 2)
    return this.next(() => writeFileAtomic(this.definitionPath(definition.uuid), `${content}\n`))
  }

  /** Forgets the domain, its managed save and its marker; the definition last, so that nothing is left without its owner. */
  remove(uuid: string): Promise<void> {
    return this.next(async () => {
      await rm(this.managedSavePath(uuid), { force: true })
      await rm(this.markerPath(uuid), { force: true })
      await rm(this.definitionPath(uuid), { force: true })
      await flushFolder(join(this.folder, 'definitions'))
    })
  }

  managedSavePath(uuid: string): string {
    return join(this.folder, 'saved', `${uuid}.save`)
  }

  async hasManagedSave(uuid: string): Promise<boolean> {
    await this.queue
    return stat(this.managedSavePath(uuid)).then(
      () => true,
      () => false,
    )
  }

  /** The guest is about to run on from it: after this nobody can do so again. */
  spendManagedSave(uuid: string): Promise<void> {
    return this.next(async () => {
      await rename(this.managedSavePath(uuid), this.spentSavePath(uuid))
      await flushFolder(join(this.folder, 'saved'))
    })
  }

  removeManagedSave(uuid: string): Promise<void> {
    return this.next(async () => {
      for (const path of [this.managedSavePath(uuid), this.spentSavePath(uuid)]) await rm(path, { force: true })
      await flushFolder(join(this.folder, 'saved'))
    })
  }

  markRunning(uuid: string): Promise<void> {
    return this.next(async () => {
      await writeFile(this.markerPath(uuid), '')
      await flushFolder(join(this.folder, 'running'))
    })
  }

  unmarkRunning(uuid: string): Promise<void> {
    return this.next(() => rm(this.markerPath(uuid), { force: true }))
  }

  recordSavedFile(file: SavedFile): Promise<void> {
    this.savedFiles = [file, ...this.savedFiles.filter((other) => other.path !== file.path)].slice(0, SAVED_FILES_KEPT)
    const content = JSON.stringify({ version: VERSION, files: this.savedFiles }, undefined, 1)
    return this.next(() => writeFileAtomic(join(this.folder, 'saved-files.json'), content))
  }

  findSavedFile(path: string): SavedFile | undefined {
    return this.savedFiles.find((file) => file.path === path)
  }

  /** Everything asked for so far is on disk. */
  async settled(): Promise<void> {
    await this.queue
  }

  private async readDefinition(path: string): Promise<Definition | string> {
    try {
      const read = migrateDefinition(JSON.parse(await readFile(path, 'utf8')))
      if (!definitionShape.is(read)) return definitionShape.explain(read, 'definition') ?? 'not a definition'
      if (`${read.uuid}.json` !== basename(path)) return 'the identifier inside is another than its name'
      const { uuid, config, managedSave, savedConfig } = read
      return { uuid, config, managedSave, savedConfig }
    } catch (thrown) {
      return thrown instanceof SyntaxError ? 'it is not JSON' : systemErrorText(thrown)
    }
  }

  private async putAside(path: string, detail: string): Promise<ErrorReport> {
    const kept = join(this.folder, 'definitions/aside', `${Date.now()}-${basename(path)}`)
    await rename(path, kept).catch(() => undefined)
    return errorReport('definition-corrupt', { path, detail, kept })
  }

  private async loadSavedFiles(problems: ErrorReport[]): Promise<void> {
    const path = join(this.folder, 'saved-files.json')
    try {
      const read = migrateSavedFiles(JSON.parse(await readFile(path, 'utf8')))
      if (savedFilesShape.is(read)) this.savedFiles = [...read.files]
      else problems.push(await this.putAside(path, 'not the index of saved files'))
    } catch (thrown) {
      if (systemErrorCode(thrown) !== 'ENOENT') problems.push(await this.putAside(path, systemErrorText(thrown)))
    }
  }

  /** The managed saves and when they were made. What a save that was cut off left, and what is spent, is removed. */
  private async loadSaves(): Promise<Map<string, number>> {
    const saves = new Map<string, number>()
    for (const name of await readdir(join(this.folder, 'saved'))) {
      const path = join(this.folder, 'saved', name)
      const uuid = name.replace(/\.save$/, '')
      if (uuid === name) await rm(path, { force: true })
      else if (uuidShape.is(uuid)) saves.set(uuid, Math.floor((await stat(path)).mtimeMs))
    }
    return saves
  }

  private definitionPath(uuid: string): string {
    return join(this.folder, 'definitions', `${uuid}.json`)
  }

  private spentSavePath(uuid: string): string {
    return `${this.managedSavePath(uuid)}.spent`
  }

  private markerPath(uuid: string): string {
    return join(this.folder, 'running', uuid)
  }

  private next(act: () => Promise<void>): Promise<void> {
    const done = this.queue.then(act)
    this.queue = done.catch(() => undefined)
    return done
  }
}
