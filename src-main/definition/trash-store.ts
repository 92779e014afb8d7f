// Deleted domains: trash/TIME-UUID/ holds all files of one, from the moment it is deleted until the trash is emptied.
//   entry.json {version, uuid, name, deletedAt, disks, metadata}   definition.xml   save.json   managed.save   revisions/
// Invariant: where the definition is decides whose the other files are; it moves last when a domain is deleted and when it is
// restored, and `recover` brings the others after it when that was cut off. Nothing is written over.
// Runs in: main, plain Node.
import { mkdir, readdir, readFile, rename, rm, rmdir, stat } from 'node:fs/promises'
import { join } from 'node:path'
import { fields, list, number, oneOf, text } from '../../src-engine/public/shape'
import { flushFolder, systemErrorCode, writeFileAtomic } from '../lib/atomic-file'
import { ownFolder } from '../lib/own-folder'
import type { ErrorReport } from '../public/error-code'
import { type Metadata, metadataShape } from '../public/list'
import { nullable, uuidShape } from '../public/types'

const VERSION = 1
const entryShape = fields({
  version: oneOf(VERSION),
  uuid: uuidShape,
  name: text,
  deletedAt: number,
  disks: list(text, 64),
  metadata: nullable(metadataShape),
})

export interface TrashedDomain {
  readonly id: string
  readonly uuid: string
  readonly name: string
  readonly deletedAt: number
  /** Image files that go with it when it is emptied. */
  readonly disks: readonly string[]
  readonly metadata: Metadata | null
}

/** Where the files of a domain are that is not in the trash. */
export interface DomainFiles {
  readonly definition: string
  readonly save: string
  readonly managedSave: string
  readonly revisions: string
}

const PARTS = { definition: 'definition.xml', save: 'save.json', managedSave: 'managed.save', revisions: 'revisions' } as const
/** All but the definition, which moves last. */
const OTHERS = ['save', 'managedSave', 'revisions'] as const

async function exists(path: string): Promise<boolean> {
  return stat(path).then(
    () => true,
    () => false,
  )
}

/** Moves what is there; what is not is nothing to move. */
async function move(from: string, to: string): Promise<void> {
  if (await exists(to)) return
  await rename(from, to).catch((thrown: unknown) => {
    if (systemErrorCode(thrown) !== 'ENOENT') throw thrown
  })
}

export class TrashStore {
  private readonly folder: string
  private readonly filesOf: (uuid: string) => DomainFiles

  constructor(folder: string, filesOf: (uuid: string) => DomainFiles) {
    this.folder = folder
    this.filesOf = filesOf
  }

  async put(domain: Omit<TrashedDomain, 'id'>): Promise<void> {
    const id = `${domain.deletedAt}-${domain.uuid}`
    const files = this.filesOf(domain.uuid)
    await mkdir(join(this.folder, id), { recursive: true })
    try {
      await writeFileAtomic(this.path(id, 'entry.json'), `${JSON.stringify({ version: VERSION, ...domain }, undefined, 2)}\n`)
    } catch (thrown) {
      await rmdir(join(this.folder, id)).catch(() => undefined)
      throw thrown
    }
    for (const part of OTHERS) await move(files[part], this.path(id, PARTS[part]))
    await move(files.definition, this.path(id, PARTS.definition))
    await flushFolder(join(this.folder, id))
  }

  /** Newest first. What cannot be read is left alone. */
  async list(): Promise<TrashedDomain[]> {
    const names = await readdir(this.folder).catch(() => [])
    const entries = await Promise.all(names.map((id) => this.find(id)))
    return entries.flatMap((entry) => entry ?? []).sort((a, b) => b.deletedAt - a.deletedAt)
  }

  async find(id: string): Promise<TrashedDomain | undefined> {
    if (!/^\d+-[0-9a-f-]{36}$/.test(id)) return undefined
    try {
      const read: unknown = JSON.parse(await readFile(this.path(id, 'entry.json'), 'utf8'))
      if (!entryShape.is(read)) return undefined
      const { uuid, name, deletedAt, disks, metadata } = read
      return { id, uuid, name, deletedAt, disks, metadata }
    } catch {
      return undefined
    }
  }

  async definition(id: string): Promise<string | undefined> {
    return readFile(this.path(id, PARTS.definition), 'utf8').catch(() => undefined)
  }

  /** What the definition was before, as texts. */
  async revisions(id: string): Promise<string[]> {
    const folder = this.path(id, PARTS.revisions)
    const files = await readdir(folder).catch(() => [])
    return Promise.all(files.map((file) => readFile(join(folder, file), 'utf8').catch(() => '')))
  }

  savePath(id: string): string {
    return this.path(id, PARTS.save)
  }

  async hasManagedSave(id: string): Promise<boolean> {
    return exists(this.path(id, PARTS.managedSave))
  }

  /** Bytes of the entry's own files. */
  async size(id: string): Promise<number> {
    let size = 0
    for (const file of await readdir(join(this.folder, id), { withFileTypes: true }).catch(() => [])) {
      if (file.isFile()) size += (await stat(this.path(id, file.name)).catch(() => null))?.size ?? 0
    }
    return size
  }

  /** Back to where they were, under this identifier (its own, or a new one); the definition's text is `definition` then. When that
      cannot be written all of it stays in the trash. */
  async takeOut(id: string, uuid: string, definition: string): Promise<void> {
    const files = this.filesOf(uuid)
    for (const part of OTHERS) await move(this.path(id, PARTS[part]), files[part])
    try {
      await writeFileAtomic(files.definition, definition)
    } catch (thrown) {
      for (const part of OTHERS) await move(files[part], this.path(id, PARTS[part]))
      throw thrown
    }
    await this.remove(id)
  }

  async remove(id: string): Promise<void> {
    await rm(join(this.folder, id), { recursive: true, force: true })
    await flushFolder(this.folder)
  }

  /** At the start: what was cut off is brought to one end or the other. */
  async recover(): Promise<ErrorReport[]> {
    const problem = await ownFolder(this.folder)
    for (const { id, uuid } of await this.list()) {
      const files = this.filesOf(uuid)
      const [here, there] = [await exists(this.path(id, PARTS.definition)), await exists(files.definition)]
      if (here && !there) for (const part of OTHERS) await move(files[part], this.path(id, PARTS[part]))
      if (here || !there) continue
      for (const part of OTHERS) await move(this.path(id, PARTS[part]), files[part])
      await this.remove(id)
    }
    return problem ? [problem] : []
  }

  private path(id: string, part: string): string {
    return join(this.folder, id, part)
  }
}
