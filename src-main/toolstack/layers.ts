// Image files made for snapshots, branches and linked clones: overlays, each on a file that is not written any more. What no
// snapshot needs any more is merged with the one file that stands on it, or removed; never while a guest uses either.
// Invariant: an overlay is in the store's list before its file is made, and leaves it after its file is gone. A merge cut off in
// the middle leaves disks that read as before, and is done again. A file the user named is never removed.
// Runs in: main, plain Node.
import { randomUUID } from 'node:crypto'
import { rm, stat } from 'node:fs/promises'
import { dirname, join, resolve } from 'node:path'
import { fileStem } from '../../src-engine/public/name'
import { err, ok, type Result } from '../../src-engine/public/result'
import { disksOf } from '../config/device-check'
import { hostBytes, type Layer, type SnapshotStore } from '../definition/snapshot-store'
import type { ImageTool, Outcome, Progress } from '../driver/driver'
import { systemErrorCode } from '../lib/atomic-file'
import { folderForFile } from '../lib/own-folder'
import { type Device, type Disk, deviceKey } from '../public/device'
import { type ErrorReport, errorReport } from '../public/error-code'
import type { DomainConfig } from '../public/types'

/** As image/reachable.ts: a longer chain is not opened. */
const CHAIN_MOST = 30

export interface LayersParts {
  readonly store: SnapshotStore
  readonly images: ImageTool
  /** Where overlays go: a guest may write to files there. */
  readonly folder: string
}

/** Devices with overlays under their disks, and what is to be made for them. */
export interface Planned {
  readonly devices: readonly Device[]
  readonly layers: readonly Layer[]
  /** For a driver: by the disk's key. */
  readonly disks: readonly {
    readonly key: string
    readonly path: string
    readonly format: 'qcow2'
    readonly allowedBacking: string[]
  }[]
}

/** One file to be merged: `upper` stands on `lower`, which nobody needs. */
export interface Merge {
  readonly lower: string
  readonly upper: Layer
  /** What `lower` stands on, if it was made here; else it is the user's own and `upper` goes into it. */
  readonly below: Layer['backing'] | undefined
  readonly ours: boolean
}

export function writtenDisks(devices: readonly Device[]): Disk[] {
  return disksOf(devices).filter(({ path, readonly }) => path !== '' && !readonly)
}

export class Layers {
  private readonly parts: LayersParts

  constructor(parts: LayersParts) {
    this.parts = parts
  }

  private get all(): readonly Layer[] {
    return this.parts.store.layers
  }

  /** Made here, or stood on by one that was. */
  get files(): readonly string[] {
    return this.all.flatMap(({ path, backing }) => [path, backing.path])
  }

  /** Whether anything stands on it: then it must stay as it is. */
  isBelow(path: string): boolean {
    return this.all.some(({ backing }) => backing.path === path)
  }

  above(path: string): readonly Layer[] {
    return this.all.filter(({ backing }) => backing.path === path)
  }

  find(path: string): Layer | undefined {
    return this.all.find((layer) => layer.path === path)
  }

  /** Those of these devices' disks that were made here. */
  of(devices: readonly Device[]): Layer[] {
    return writtenDisks(devices).flatMap(({ path }) => this.find(path) ?? [])
  }

  /** A fresh overlay for each disk that is written to. Too long a chain is refused. */
  async plan(name: string, devices: readonly Device[], wanted: (disk: Disk) => boolean = () => true): Outcome<Planned> {
    const layers: Layer[] = []
    const disks: Planned['disks'][number][] = []
    const next: Device[] = []
    const base = fileStem(name, '-', 48) || 'disk'
    for (const device of devices) {
      if (device.kind !== 'vbd' || device.path === '' || device.readonly || !wanted(device)) {
        next.push(device)
        continue
      }
      const below = [device.path, ...(await this.chain(device))]
      if (below.length > CHAIN_MOST) return err(errorReport('snapshot-chain', { path: device.path, max: CHAIN_MOST }))
      const path = join(this.parts.folder, `${base}-${device.dev}-${randomUUID().slice(0, 8)}.qcow2`)
      layers.push({ path, backing: { path: device.path, format: device.format } })
      // What the user agreed to may be a data file, which is in no chain.
      const allowedBacking = [...new Set([...below, ...(device.allowedBacking ?? [])])]
      disks.push({ key: deviceKey(device), path, format: 'qcow2', allowedBacking })
      next.push({ ...device, path, format: 'qcow2', allowedBacking })
    }
    return ok({ devices: next, layers, disks })
  }

  async make(layers: readonly Layer[]): Outcome {
    const { store, images, folder } = this.parts
    if (layers.length === 0) return ok(null)
    const ready = await folderForFile(folder)
    if (!ready.ok) return ready
    await store.setLayers([...store.layers, ...layers], store.released)
    const empty = new Map<string, number>()
    for (const { path, backing } of layers) {
      const made = await images.overlay(path, backing, await this.chain(backing))
      if (!made.ok) {
        await this.unmake(layers)
        return made
      }
      empty.set(path, await hostBytes(path))
    }
    const measured = store.layers.map((layer) => {
      const emptyBytes = empty.get(layer.path)
      return emptyBytes === undefined ? layer : { ...layer, emptyBytes }
    })
    await store.setLayers(measured, store.released)
    return ok(null)
  }

  /** What was written to a file, bytes on the host: without what an overlay takes when it is new. */
  async writtenBytes(path: string): Promise<number> {
    return Math.max(0, (await hostBytes(path)) - (this.find(path)?.emptyBytes ?? 0))
  }

  /** Takes back what `make` made, as long as nothing was written to it. */
  async unmake(layers: readonly Layer[]): Promise<void> {
    const { store } = this.parts
    for (const { path } of layers) await removeFile(path)
    const gone = new Set(layers.map(({ path }) => path))
    await store.setLayers(
      store.layers.filter(({ path }) => !gone.has(path)),
      store.released.filter((path) => !gone.has(path)),
    )
  }

  /** No snapshot needs these any more. */
  async release(paths: readonly string[]): Promise<void> {
    const { store } = this.parts
    const known = paths.filter((path) => this.find(path) || this.isBelow(path))
    if (known.length > 0) await store.setLayers(store.layers, [...store.released, ...known])
  }

  /** The files below a disk's own, nearest first. Of files not made here only those that the disk's own rules let it reach, or all. */
  async chain(
    disk: Pick<Disk, 'path' | 'format' | 'allowedBacking'>,
    reach: 'allowed' | 'anywhere' = 'allowed',
  ): Promise<string[]> {
    const files: string[] = []
    let at = disk.path
    let { format }: { format: string } = disk
    while (files.length <= CHAIN_MOST) {
      const layer = this.find(at)
      let below = layer?.backing.path
      if (layer) format = layer.backing.format
      else {
        // A raw disk says nothing of itself: what its guest wrote there is not looked at.
        if (format === 'raw') break
        const info = await this.parts.images.inspect(at)
        if (!info.ok || info.value.backing === undefined) break
        below = resolve(dirname(at), info.value.backing)
        const allowed = dirname(below) === dirname(at) || (disk.allowedBacking ?? []).includes(below)
        if (reach === 'allowed' && !allowed) break
      }
      if (below === undefined || files.includes(below)) break
      files.push(below)
      at = below
    }
    return files
  }

  /** Removes released files on which nothing stands any more. What can be merged then; `used`: paths that some definition or snapshot names. */
  async tidy(used: ReadonlySet<string>): Promise<readonly Merge[]> {
    const { store } = this.parts
    const left = (): string[] => store.released.filter((path) => !used.has(path))
    const free = (): string | undefined => left().find((path) => this.above(path).length === 0)
    // One that goes may leave another that nothing stands on, or only one file.
    for (let path = free(); path !== undefined; path = free()) await this.forget(path, this.find(path) !== undefined)
    return left().flatMap((lower) => {
      const [upper, ...others] = this.above(lower)
      const own = this.find(lower)
      return upper && others.length === 0 ? [{ lower, upper, below: own?.backing, ours: own !== undefined }] : []
    })
  }

  /** `upper` takes over what it had from `lower`, which goes; `inUse`: guests read both meanwhile, and keep what they opened. */
  async pull({ lower, upper, below }: Merge, progress: Progress, inUse: boolean): Outcome {
    const { store, images } = this.parts
    const { path } = upper
    if (!below) return ok(null)
    const order = { path, backing: below, allowed: await this.chain({ path, format: 'qcow2' }) }
    const done = await images.rebase(inUse ? { ...order, aside: aside(path) } : order, progress)
    if (!done.ok) return done
    await store.setLayers(
      store.layers.map((layer) => (layer.path === upper.path ? { ...layer, backing: below } : layer)),
      store.released,
    )
    await this.forget(lower, true)
    return ok(null)
  }

  /** What a merge left beside its file when it was cut off. */
  async clear(): Promise<void> {
    for (const { path } of this.all) await removeFile(aside(path))
  }

  /** What `upper` holds goes into `lower`, which alone reads the same then. */
  async push({ lower, upper }: Merge, progress: Progress): Outcome {
    const into = { path: lower, format: upper.backing.format }
    return this.parts.images.commit(upper.path, into, await this.chain({ path: upper.path, format: 'qcow2' }), progress)
  }

  /** `lower` is a disk again and what stood on it goes. */
  async takeOver({ lower, upper, ours }: Merge): Promise<void> {
    const { store } = this.parts
    await removeFile(upper.path)
    await store.setLayers(
      store.layers.filter(({ path }) => path !== upper.path && (ours || path !== lower)),
      store.released.filter((path) => path !== upper.path && path !== lower),
    )
  }

  /** A file made here goes; one of the user's is only not ours to look after any more. */
  async forget(path: string, ours: boolean): Promise<void> {
    const { store } = this.parts
    if (ours) await removeFile(path)
    await store.setLayers(
      store.layers.filter((layer) => layer.path !== path),
      store.released.filter((one) => one !== path),
    )
  }
}

/** Where its folder has become a file there is nothing to remove. */
async function removeFile(path: string): Promise<void> {
  try {
    await rm(path, { force: true })
  } catch (thrown) {
    if (systemErrorCode(thrown) !== 'ENOTDIR') throw thrown
  }
}

/** Where the file is made that is to take this one's name. */
function aside(path: string): string {
  return `${path}.merging`
}

/** The disk's file is there: a snapshot whose files the user moved away cannot be gone back to. */
export async function checkFiles(config: DomainConfig, more: readonly string[]): Promise<Result<null, ErrorReport>> {
  for (const path of [...writtenDisks(config.devices).map((disk) => disk.path), ...more]) {
    const there = await stat(path).catch(() => undefined)
    if (!there?.isFile()) return err(errorReport('file-unreadable', { path, detail: 'no such file' }))
  }
  return ok(null)
}
