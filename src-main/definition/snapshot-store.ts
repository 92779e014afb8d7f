// Snapshots on disk, in one folder:
//   UUID/tree.json      the snapshots of a domain, and which one its present state came from
//   UUID/ID.save .png .txt   memory of one, the picture of its screen or the end of its text console
//   UUID/intent.json    what is under way: there from before the first file of a change is made until after the last is in place,
//                       so that the next start knows what to finish or to undo
//   layers.json         every image file made for a snapshot and what it stands on; files that no snapshot needs any more
// Invariant: each file is replaced whole; a damaged tree is put aside and reported, the rest loads. Runs in: main, plain Node.
import { mkdir, readdir, readFile, rm, rmdir, stat, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { count, fields, list, oneOf, optional, type Shape, shortText, type TypeOf } from '../../src-engine/public/shape'
import { writerOf } from '../../src-engine/public/unfinished-copy'
import { writeFileAtomic } from '../lib/atomic-file'
import { ownFolder, putFileAside } from '../lib/own-folder'
import { type ErrorReport, errorReport } from '../public/error-code'
import { SNAPSHOTS_MOST, snapshotShape } from '../public/snapshot'
import { imageFormatShape, nullable, uuidShape } from '../public/types'
import { readOwnFile, shaped } from './own-file'

const VERSION = 1
const path = shortText(4096)

const layerShape = fields({
  path,
  backing: fields({ path, format: imageFormatShape }),
  /** What it took on the host before anything was written to it, bytes. */
  emptyBytes: optional(count),
})
/** An image file made here, and what it stands on. */
export type Layer = TypeOf<typeof layerShape>

const layersShape = fields({
  version: oneOf(VERSION),
  layers: list(layerShape, 100_000),
  /** Files that a snapshot had and none has any more: to be merged with what stands on them, or removed. */
  released: list(path, 100_000),
})

const treeShape = fields({
  version: oneOf(VERSION),
  current: nullable(uuidShape),
  snapshots: list(snapshotShape, SNAPSHOTS_MOST),
})
export type StoredTree = Omit<TypeOf<typeof treeShape>, 'version'>

/**
 * `create`: the domain gets `layers` under its disks, `snapshot` (null: none is kept) becomes one of its tree. `revert`: it gets
 * `layers` and the tree's current becomes `to`; `dropped` are the files it has no use for then. `branch`: this domain is made, on `layers`.
 */
const intentShape = fields({
  version: oneOf(VERSION),
  kind: oneOf('create', 'revert', 'branch'),
  layers: list(layerShape, 64),
  snapshot: nullable(snapshotShape),
  to: nullable(uuidShape),
  dropped: list(path, 64),
})
export type Intent = Omit<TypeOf<typeof intentShape>, 'version'>

export interface LoadedSnapshots {
  /** Domains that have a folder here. */
  readonly domains: readonly string[]
  readonly trees: ReadonlyMap<string, StoredTree>
  readonly intents: ReadonlyMap<string, Intent>
  readonly problems: readonly ErrorReport[]
}

export class SnapshotStore {
  readonly folder: string
  layers: readonly Layer[] = []
  released: readonly string[] = []
  private queue: Promise<unknown> = Promise.resolve()

  constructor(folder: string) {
    this.folder = folder
  }

  async load(): Promise<LoadedSnapshots> {
    const isFile = await ownFolder(this.folder)
    const trees = new Map<string, StoredTree>()
    const intents = new Map<string, Intent>()
    const problems: ErrorReport[] = isFile ? [isFile] : []
    const layers = await this.read(join(this.folder, 'layers.json'), layersShape, problems)
    this.layers = layers?.layers ?? []
    this.released = layers?.released ?? []
    const domains = (await readdir(this.folder)).filter((name) => uuidShape.is(name)).sort()
    for (const uuid of domains) {
      const noFolder = await putFileAside(join(this.folder, uuid))
      if (noFolder) {
        problems.push(noFolder)
        continue
      }
      const tree = await this.read(join(this.folder, uuid, 'tree.json'), treeShape, problems)
      if (tree) trees.set(uuid, { current: tree.current, snapshots: tree.snapshots })
      const intent = await this.read(join(this.folder, uuid, 'intent.json'), intentShape, problems)
      if (intent) intents.set(uuid, intent)
    }
    return { domains, trees, intents, problems }
  }

  putTree(uuid: string, tree: StoredTree): Promise<void> {
    return this.put(uuid, 'tree.json', { version: VERSION, ...tree })
  }

  putIntent(uuid: string, intent: Intent): Promise<void> {
    return this.put(uuid, 'intent.json', { version: VERSION, ...intent })
  }

  dropIntent(uuid: string): Promise<void> {
    return this.next(async () => {
      await rm(join(this.folder, uuid, 'intent.json'), { force: true })
    })
  }

  /** What could not be written does not count, unless something else was set since. */
  async setLayers(layers: readonly Layer[], released: readonly string[]): Promise<void> {
    const before = { layers: this.layers, released: this.released }
    this.layers = layers
    this.released = [...new Set(released)]
    const content = JSON.stringify({ version: VERSION, layers, released: this.released }, undefined, 1)
    try {
      await this.next(() => writeFileAtomic(join(this.folder, 'layers.json'), content))
    } catch (thrown) {
      if (this.layers === layers) Object.assign(this, before)
      throw thrown
    }
  }

  memoryPath(uuid: string, id: string): string {
    return join(this.folder, uuid, `${id}.save`)
  }

  async putPicture(uuid: string, id: string, picture: Uint8Array | string): Promise<void> {
    await mkdir(join(this.folder, uuid), { recursive: true })
    await writeFile(join(this.folder, uuid, `${id}.${typeof picture === 'string' ? 'txt' : 'png'}`), picture)
  }

  async picture(uuid: string, id: string): Promise<{ png: Uint8Array | null; text: string }> {
    const file = (kind: string) => readFile(join(this.folder, uuid, `${id}.${kind}`)).catch(() => null)
    const png = await file('png')
    return { png: png && new Uint8Array(png), text: png ? '' : ((await file('txt'))?.toString('utf8') ?? '') }
  }

  /** All files of snapshots that the tree does not have. */
  async removeStrangers(uuid: string, keep: readonly string[]): Promise<void> {
    const names = await readdir(join(this.folder, uuid)).catch(() => [])
    for (const name of names) {
      const id = /^([0-9a-f-]{36})\./.exec(name)?.[1]
      const isHalf = name.endsWith('.tmp') || writerOf(name) !== undefined
      const stale = isHalf || (id !== undefined && !(keep.includes(id) && /\.(save|png|txt)$/.test(name)))
      if (stale) await rm(join(this.folder, uuid, name), { force: true })
    }
  }

  removeAll(uuid: string): Promise<void> {
    return this.next(() => rm(join(this.folder, uuid), { recursive: true, force: true }))
  }

  async settled(): Promise<void> {
    await this.queue
  }

  private put(uuid: string, name: string, value: object): Promise<void> {
    return this.next(async () => {
      const folder = join(this.folder, uuid)
      await mkdir(folder, { recursive: true })
      try {
        await writeFileAtomic(join(folder, name), `${JSON.stringify(value, undefined, 1)}\n`)
      } catch (thrown) {
        // One that holds nothing was made for this.
        await rmdir(folder).catch(() => undefined)
        throw thrown
      }
    })
  }

  private async read<T>(file: string, shape: Shape<T>, problems: ErrorReport[]): Promise<T | undefined> {
    const { value, problem } = await readOwnFile(file, {
      version: VERSION,
      check: shaped(shape, ''),
      report: ({ path, detail, kept }) => errorReport('snapshots-corrupt', { path, detail, kept }),
    })
    if (problem) problems.push(problem)
    return value
  }

  private next(act: () => Promise<void>): Promise<void> {
    const done = this.queue.then(act)
    this.queue = done.catch(() => undefined)
    return done
  }
}

/** Bytes a file takes on the host; 0 when it is not there. */
export async function hostBytes(file: string): Promise<number> {
  const found = await stat(file).catch(() => undefined)
  return found ? found.blocks * 512 : 0
}
