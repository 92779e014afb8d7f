// What outlives the app, in one folder: a definition per domain, the managed saves, run markers, and an index of saved files.
//   definitions/UUID.xml        domain XML, the canonical text (config/); damaged and newer ones go to definitions/aside and are
//                               reported; UUID.json of older versions is read through migration.ts and replaced at the next change
//   definitions/UUID.save.json  {version, managedSave, savedConfig}: what is known of its managed save; only while there is something
//   revisions/UUID/             what the definition was before (revision-store.ts)
//   trash/                      deleted domains (trash-store.ts)
//   saved/UUID.save             the managed save, written by the driver; there only while the guest has not run since
//   running/UUID                there while the domain runs; found at the start, the domain was cut off with the app
//   saved-files.json            which domain a file chosen by the user was saved from (saved-file-index.ts)
// Invariant: every file is replaced whole (lib/atomic-file); writes of one store happen one after the other. Whether there is a
// managed save to go on from is told by its file alone: written whole under another name and renamed, renamed away before the
// guest runs on (going on from it twice would give the guest back a memory older than its disks). The definition adds its time.
// Runs in: main, plain Node.
import { readdir, readFile, rename, rm, stat, writeFile } from 'node:fs/promises'
import { basename, join } from 'node:path'
import { count, fields, oneOf } from '../../src-engine/public/shape'
import { readDomainXml, writeDomainXml } from '../config/domain-xml'
import { isXmlValue } from '../config/xml-tree'
import { flushFolder, systemErrorText, writeFileAtomic } from '../lib/atomic-file'
import { isNewer } from '../lib/newer'
import { ownFolder, putFolderAside } from '../lib/own-folder'
import { CONFIG_TEXT_MOST, configTextShape, type Revision, type RevisionCause } from '../public/definition'
import { type ErrorReport, errorReport } from '../public/error-code'
import type { Metadata } from '../public/list'
import { type DomainConfig, domainConfigShape, nullable, uuidShape } from '../public/types'
import { migrateDefinition, VERSION } from './migration'
import { RevisionStore } from './revision-store'
import { SavedFileIndex } from './saved-file-index'
import { TrashStore } from './trash-store'

/** This many files are read side by side. */
const AT_ONCE = 32
const NO_SAVE = { managedSave: null, savedConfig: null }

const oldDefinitionShape = fields({
  version: oneOf(VERSION),
  uuid: uuidShape,
  config: domainConfigShape,
  managedSave: nullable(count),
  savedConfig: nullable(domainConfigShape),
})

const saveShape = fields({ version: oneOf(VERSION), managedSave: nullable(count), savedConfig: nullable(configTextShape) })

/** A stored domain; `managedSave` is the time of the save to go on from, `savedConfig` what the domain ran with then. */
export interface Definition {
  readonly uuid: string
  readonly config: DomainConfig
  readonly managedSave: number | null
  readonly savedConfig: DomainConfig | null
}

export interface LoadedDefinitions {
  readonly definitions: readonly Definition[]
  /** Domains that ran when the app was cut off. */
  readonly cutOff: readonly string[]
  /** Managed saves whose definition is lost. */
  readonly ownerless: readonly { readonly uuid: string; readonly savedAt: number }[]
  readonly problems: readonly ErrorReport[]
}

/** `withdrawn`: back to what it was before the last change, which came to nothing; the history says nothing of it. */
export type StoredCause = RevisionCause | 'withdrawn'

/** A note about a managed save that cannot be read says nothing: the save's own file tells whether there is one. */
async function readSaveFile(path: string): Promise<{ managedSave: number | null; savedConfig: string | null }> {
  try {
    const read: unknown = JSON.parse(await readFile(path, 'utf8'))
    return saveShape.is(read) ? read : NO_SAVE
  } catch {
    return NO_SAVE
  }
}

export class DefinitionStore {
  readonly trash: TrashStore
  readonly savedFiles: SavedFileIndex
  private readonly folder: string
  private readonly revisions: RevisionStore
  private readonly texts = new Map<string, string>()
  /** Still stored in the older form. */
  private readonly old = new Set<string>()
  private queue: Promise<unknown> = Promise.resolve()
  private whenDropped: (config: DomainConfig) => void = () => undefined

  constructor(folder: string) {
    this.folder = folder
    this.revisions = new RevisionStore(join(folder, 'revisions'), undefined, (text) => this.revisionDropped(text))
    this.savedFiles = new SavedFileIndex(join(folder, 'saved-files.json'), (act) => this.next(act))
    this.trash = new TrashStore(join(folder, 'trash'), (uuid) => ({
      definition: this.definitionPath(uuid),
      save: this.savePath(uuid),
      managedSave: this.managedSavePath(uuid),
      revisions: this.revisions.folderOf(uuid),
    }))
  }

  async load(): Promise<LoadedDefinitions> {
    const definitions: Definition[] = []
    const problems: ErrorReport[] = []
    for (const part of ['definitions', 'definitions/aside', 'saved', 'running']) {
      const problem = await ownFolder(join(this.folder, part))
      if (problem) problems.push(problem)
    }
    problems.push(...(await this.trash.recover()), ...(await this.revisions.recover()))
    const names = new Set(await this.filesIn('definitions', problems, (name) => /\.(xml|json)$/.test(name)))
    const all = [...names]
    for (let start = 0; start < all.length; start += AT_ONCE) {
      const read = await Promise.all(all.slice(start, start + AT_ONCE).map((name) => this.loadOne(name, names)))
      for (const each of read) {
        if (each && 'reason' in each) problems.push(each)
        else if (each) definitions.push(each)
      }
    }
    const unindexed = await this.savedFiles.load()
    if (unindexed) problems.push(unindexed)
    const unread = new Set<string>()
    const saves = await this.loadSaves(problems, unread)
    const cutOff = await this.filesIn('running', problems, (name) => uuidShape.is(name))
    // A save that was cut off has left what it was begun with.
    for (const { uuid, managedSave, savedConfig } of definitions) {
      const isIntent = managedSave === null && savedConfig !== null && !saves.has(uuid) && !unread.has(uuid)
      if (isIntent) await rm(this.savePath(uuid), { force: true })
    }
    const matched = definitions.map((definition) => {
      const { uuid, managedSave } = definition
      const savedAt = saves.get(uuid)
      saves.delete(uuid)
      if (savedAt === undefined && managedSave !== null && !unread.has(uuid)) {
        problems.push(errorReport('file-unreadable', { path: this.managedSavePath(uuid), detail: 'it is not there any more' }))
      }
      if (savedAt === undefined) return { ...definition, managedSave: null, savedConfig: null }
      return { ...definition, managedSave: managedSave ?? savedAt }
    })
    const ownerless = [...saves].map(([uuid, savedAt]) => ({ uuid, savedAt }))
    return { definitions: matched, cutOff, ownerless, problems }
  }

  /** `text` is what its text is made from, its own unless another is given: what is not ours in it stays. */
  put(definition: Definition, cause: StoredCause = 'changed', text?: string): Promise<void> {
    const { uuid, config } = definition
    return this.next(async () => {
      const before = this.texts.get(uuid)
      const now = writeDomainXml(config, uuid, text ?? before)
      if (now !== before || this.old.has(uuid)) await this.putText(uuid, now, cause)
      await this.putSave(definition)
      if (this.old.delete(uuid)) await rm(this.oldPath(uuid), { force: true })
    })
  }

  /** The canonical text of a definition. */
  text(uuid: string, config: DomainConfig): string {
    return this.texts.get(uuid) ?? writeDomainXml(config, uuid)
  }

  /** Oldest first; the last is what is now. */
  async revisionsOf(uuid: string, config: DomainConfig): Promise<Revision[]> {
    await this.next(() => this.revisions.settle(uuid, this.text(uuid, config), Date.now()))
    return this.revisions.list(uuid)
  }

  revisionText(uuid: string, revision: number): Promise<string | undefined> {
    return this.revisions.text(uuid, revision)
  }

  /** Into the trash, with its managed save and its history. */
  moveToTrash(definition: Definition, disks: readonly string[], metadata: Metadata | null): Promise<void> {
    const { uuid, config } = definition
    return this.next(async () => {
      if (this.old.delete(uuid) || !this.texts.has(uuid)) {
        await this.putText(uuid, this.text(uuid, config), 'defined')
        await this.putSave(definition)
        await rm(this.oldPath(uuid), { force: true })
      }
      await rm(this.markerPath(uuid), { force: true })
      await this.trash.put({ uuid, name: config.name, deletedAt: Date.now(), disks, metadata })
      this.texts.delete(uuid)
      await flushFolder(join(this.folder, 'definitions'))
    })
  }

  /** What an entry of the trash needs to be as it was: its configuration, and that of its managed save. Empty when unreadable. */
  async trashedConfigs(id: string): Promise<DomainConfig[]> {
    const texts = [await this.trash.definition(id), (await readSaveFile(this.trash.savePath(id))).savedConfig]
    return texts.flatMap((text) => {
      const read = text ? readDomainXml(text, { newMac: () => '' }) : undefined
      return read?.ok ? [read.value.config] : []
    })
  }

  /** What definitions were before, those in the trash too: what going back to one of them needs. `has` says of a text whether it is of interest. */
  async formerConfigs(has: (text: string) => boolean): Promise<DomainConfig[]> {
    const configs: DomainConfig[] = []
    const add = (text: string): void => {
      const read = has(text) ? readDomainXml(text, { newMac: () => '' }) : undefined
      if (read?.ok) configs.push(read.value.config)
    }
    for await (const text of this.revisions.texts()) add(text)
    for (const { id } of await this.trash.list()) {
      for (const text of await this.trash.revisions(id)) add(text)
    }
    return configs
  }

  /** Tells what a definition was before and can no longer go back to, because it was changed too often since. */
  onDropped(listener: (config: DomainConfig) => void): void {
    this.whenDropped = listener
  }

  /** Out of the trash, as `config` under this identifier; what it has to go on from. */
  async takeFromTrash(id: string, uuid: string, config: DomainConfig): Promise<Definition> {
    let definition: Definition = { uuid, config, managedSave: null, savedConfig: null }
    await this.next(async () => {
      const text = writeDomainXml(config, uuid, await this.trash.definition(id))
      await this.trash.takeOut(id, uuid, text)
      this.texts.set(uuid, text)
      // It is there now, with its history or without.
      await this.revisions.add(uuid, text, 'restored', Date.now()).catch(() => undefined)
      const saves = await this.loadSaves()
      const savedAt = saves.get(uuid)
      if (savedAt !== undefined) definition = { ...definition, ...(await this.readSave(uuid)), managedSave: savedAt }
    })
    return definition
  }

  /** Forgets the domain, its managed save and its marker; the definition last, so that nothing is left without its owner. */
  remove(uuid: string): Promise<void> {
    return this.next(async () => {
      for (const path of [this.managedSavePath(uuid), this.markerPath(uuid), this.savePath(uuid)])
        await rm(path, { force: true })
      await this.revisions.forget(uuid)
      for (const path of [this.definitionPath(uuid), this.oldPath(uuid)]) await rm(path, { force: true })
      this.texts.delete(uuid)
      this.old.delete(uuid)
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

  /** Everything asked for so far is on disk. */
  async settled(): Promise<void> {
    await this.queue
  }

  /** One file of the folder: a definition, a problem with one, or nothing to report. */
  private async loadOne(name: string, names: ReadonlySet<string>): Promise<Definition | ErrorReport | undefined> {
    const path = join(this.folder, 'definitions', name)
    const [uuid = '', ending] = name.split(/\.(?=(?:xml|json)$)/)
    if (name.endsWith('.tmp') || (ending === 'json' && names.has(`${uuid}.xml`))) {
      // Of a JSON file the other was written since: it is what a cut left.
      await rm(path, { force: true })
      return undefined
    }
    if (!uuidShape.is(uuid) || ending === undefined) return undefined
    const hasSave = names.has(`${uuid}.save.json`)
    const read = await (ending === 'xml' ? this.readDefinition(path, uuid, hasSave) : this.readOldDefinition(path, uuid))
    return typeof read === 'string' || 'reason' in read ? this.putAside(path, read) : read
  }

  private revisionDropped(text: string): void {
    const read = readDomainXml(text, { newMac: () => '' })
    if (read.ok) this.whenDropped(read.value.config)
  }

  private async putText(uuid: string, text: string, cause: StoredCause): Promise<void> {
    const before = this.texts.get(uuid)
    const now = Date.now()
    if (before !== undefined) await this.revisions.settle(uuid, before, now)
    const since = cause === 'withdrawn' ? await this.revisions.since(uuid, text) : undefined
    const own = cause === 'withdrawn' ? 'changed' : cause
    const revision = before === text || since !== undefined ? null : await this.revisions.add(uuid, text, own, now)
    try {
      await writeFileAtomic(this.definitionPath(uuid), text)
    } catch (thrown) {
      if (revision !== null) await this.revisions.takeBack(uuid, revision)
      throw thrown
    }
    this.texts.set(uuid, text)
    if (since !== undefined) await this.revisions.takeBack(uuid, since)
  }

  private async putSave({ uuid, managedSave, savedConfig }: Definition): Promise<void> {
    if (managedSave === null && savedConfig === null) {
      await rm(this.savePath(uuid), { force: true })
      return
    }
    const saved = savedConfig && writeDomainXml(savedConfig, uuid)
    await writeFileAtomic(this.savePath(uuid), `${JSON.stringify({ version: VERSION, managedSave, savedConfig: saved })}\n`)
  }

  private async readDefinition(path: string, uuid: string, hasSave: boolean): Promise<Definition | string | ErrorReport> {
    try {
      if ((await stat(path)).size > 4 * CONFIG_TEXT_MOST) return 'it is too large'
      const text = await readFile(path, 'utf8')
      const read = readDomainXml(text, { newMac: () => '' })
      if (!read.ok)
        return read.error.reason === 'config-newer'
          ? read.error
          : `line ${read.error.values['line']}: ${read.error.values['detail']}`
      if (read.value.uuid !== uuid) return 'the identifier inside is another than its name'
      this.texts.set(uuid, text)
      return { uuid, config: read.value.config, ...(hasSave ? await this.readSave(uuid) : NO_SAVE) }
    } catch (thrown) {
      return systemErrorText(thrown)
    }
  }

  private async readSave(uuid: string): Promise<Pick<Definition, 'managedSave' | 'savedConfig'>> {
    const { managedSave, savedConfig } = await readSaveFile(this.savePath(uuid))
    const saved = savedConfig === null ? undefined : readDomainXml(savedConfig, { newMac: () => '' })
    return { managedSave, savedConfig: saved?.ok ? saved.value.config : null }
  }

  private async readOldDefinition(path: string, uuid: string): Promise<Definition | string | ErrorReport> {
    try {
      const read = migrateDefinition(JSON.parse(await readFile(path, 'utf8')))
      if (isNewer(read, VERSION)) return errorReport('config-newer')
      if (!oldDefinitionShape.is(read)) return oldDefinitionShape.explain(read, 'definition') ?? 'not a definition'
      if (read.uuid !== uuid) return 'the identifier inside is another than its name'
      const { config, managedSave, savedConfig } = read
      if (![config, savedConfig].every(isXmlValue)) return 'it holds characters that no configuration can hold'
      this.texts.set(uuid, writeDomainXml(config, uuid))
      this.old.add(uuid)
      return { uuid, config, managedSave, savedConfig }
    } catch (thrown) {
      return thrown instanceof SyntaxError ? 'it is not JSON' : systemErrorText(thrown)
    }
  }

  private async putAside(path: string, problem: string | ErrorReport): Promise<ErrorReport> {
    const kept = join(this.folder, 'definitions/aside', `${Date.now()}-${basename(path)}`)
    await rename(path, kept).catch(() => undefined)
    return typeof problem === 'string'
      ? errorReport('definition-corrupt', { path, detail: problem, kept })
      : errorReport('definition-newer', { path, kept })
  }

  /** The managed saves and when they were made. What a save that was cut off left, and what is spent, is removed. */
  private async loadSaves(problems: ErrorReport[] = [], unread = new Set<string>()): Promise<Map<string, number>> {
    const saves = new Map<string, number>()
    const uuidOf = (name: string): string => name.replace(/\.save$/, '')
    const names = await this.filesIn('saved', problems, (name) => {
      const ours = name.endsWith('.save') && uuidShape.is(uuidOf(name))
      if (ours) unread.add(uuidOf(name))
      return ours
    })
    for (const name of names) {
      const path = join(this.folder, 'saved', name)
      const uuid = uuidOf(name)
      if (uuid === name) await rm(path, { force: true })
      else if (uuidShape.is(uuid)) saves.set(uuid, Math.floor((await stat(path)).mtimeMs))
    }
    return saves
  }

  /** Names of files in a part of the folder, in order. A folder that stands where a file of ours should be is put aside and told. */
  private async filesIn(part: string, problems: ErrorReport[], isOurs: (name: string) => boolean): Promise<string[]> {
    const names: string[] = []
    for (const entry of await readdir(join(this.folder, part), { withFileTypes: true })) {
      const path = join(this.folder, part, entry.name)
      if (!entry.isDirectory()) names.push(entry.name)
      else if (isOurs(entry.name))
        problems.push(errorReport('definition-corrupt', { path, detail: 'it is a folder', kept: await putFolderAside(path) }))
    }
    return names.sort()
  }

  private definitionPath(uuid: string): string {
    return join(this.folder, 'definitions', `${uuid}.xml`)
  }

  private oldPath(uuid: string): string {
    return join(this.folder, 'definitions', `${uuid}.json`)
  }

  private savePath(uuid: string): string {
    return join(this.folder, 'definitions', `${uuid}.save.json`)
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
