// Volumes: the disk images of pools (pools.ts) and who uses them; making, resizing, copying, checking, taking in and deleting them. Long
// work is done by the image process as jobs.
// Invariant: a volume that anybody uses (a machine, a snapshot, an image that stands on it) is neither changed nor deleted, and
// the refusal says by whom; only files with an image's ending directly in a pool's folder are touched; none is overwritten, and none is
// gone before the trash is emptied.
// Runs in: main, plain Node.

import { stat } from 'node:fs/promises'
import { basename, dirname, join, resolve } from 'node:path'
import { properName } from '../../src-engine/public/name'
import { err, ok, type Result } from '../../src-engine/public/result'
import type { BackingFile, HypervisorDriver, Outcome } from '../driver/driver'
import { systemErrorText } from '../lib/atomic-file'
import { isThere } from '../lib/is-there'
import { folderForFile } from '../lib/own-folder'
import type { ImageInfo, WrittenFormat } from '../public/device'
import { type ErrorReport, errorReport } from '../public/error-code'
import type { NewVolume, Pool, TrashedVolume, Volume, VolumeUse } from '../public/storage'
import type { DomainConfig, JobInfo, JobStep } from '../public/types'
import type { Domains } from './domains'
import { lookAtImage } from './image-look'
import type { JobControl, Jobs } from './jobs'
import type { Layers } from './layers'
import { makeFile } from './make-file'
import { imagesIn, type Pools } from './pools'
import { agreedFor, imageToWrite } from './refused-backing'
import { filesOf, type SnapshotTrees } from './snapshot-trees'
import type { Templates } from './templates'
import { eraseVolume, restoreVolume, trashedVolumes, trashVolume } from './volume-trash'

const MIB = 1024 * 1024

/** What is to be done to a volume. */
export interface VolumeOrder {
  readonly pool: string
  readonly name: string
  /** Files that the user lets it refer to, beside those that machines with this disk may. */
  readonly allowedBacking?: readonly string[] | undefined
}

export interface VolumeCopy {
  readonly to: string
  readonly format: WrittenFormat
}

export interface StorageParts {
  readonly pools: Pools
  readonly driver: HypervisorDriver
  readonly domains: Domains
  readonly jobs: Jobs
  readonly layers: Layers
  readonly trees: SnapshotTrees
  readonly trashed: () => readonly DomainConfig[]
  readonly templates: () => Templates
  readonly changed: () => void
}

export class Storage {
  private readonly parts: StorageParts
  /** Enlarged in this run: how large each was, MiB, and what its file looked like afterwards. */
  private readonly enlarged = new Map<string, { readonly from: number; readonly stamp: string }>()

  constructor(parts: StorageParts) {
    this.parts = parts
  }

  async volumes(poolName: string): Outcome<Volume[]> {
    const pool = this.parts.pools.find(poolName)
    if (!pool.ok) return pool
    try {
      const files = await imagesIn(pool.value.path)
      const volumes = await Promise.all(files.map((file) => this.volume(pool.value, file)))
      const all = [...volumes, ...(await this.elsewhere(pool.value))]
      return ok(volumes.map((volume) => withNeighbours(volume, all)))
    } catch (thrown) {
      return err(errorReport('file-unreadable', { path: pool.value.path, detail: systemErrorText(thrown) }))
    }
  }

  /** The images of the other pools: they may stand on one of this. Where a folder cannot be read nobody knows. */
  private async elsewhere(pool: Pool): Promise<Volume[]> {
    const others = this.parts.pools.all.filter(({ name }) => name !== pool.name)
    const found = await Promise.all(
      others.map(async (other) => {
        const files = await imagesIn(other.path).catch(() => [])
        return Promise.all(files.map((file) => this.volume(other, file)))
      }),
    )
    return found.flat()
  }

  async create(order: NewVolume): Outcome<number> {
    const { images } = this.parts.driver
    const place = await this.newPlace(order.pool, properName(order.name))
    if (!place.ok) return place
    const path = place.value
    const { format, sizeMiB, backing, allowedBacking: allowed = [] } = order
    const asked = await this.askedBelow(order.pool, backing, allowed)
    if (!asked.ok) return asked
    return this.job('imageCreate', 'creating-image', path, async (control) => {
      const folder = await folderForFile(dirname(path))
      if (!folder.ok) return folder
      if (backing === null) return makeFile(path, control, () => images.create({ path, format, sizeMiB }))
      const below = await this.below(path, backing)
      if (!below.ok) return below
      return makeFile(path, control, () => images.overlay(path, { ...below.value, path: backing }, allowed))
    })
  }

  /** Larger; or back to what it was before it was enlarged, as long as its file was not changed since: then nothing is lost. */
  async resize({ sizeMiB, ...order }: VolumeOrder & { readonly sizeMiB: number }): Outcome<number> {
    const { pool, name } = order
    const { images } = this.parts.driver
    const agreed = await this.agreed(order, ['disk'])
    if (!agreed.ok) return agreed
    const allowed = agreed.value
    return this.change(pool, name, ['disk'], 'imageResize', 'resizing-image', async (path, control) => {
      const info = await imageToWrite(images, path, allowed)
      if (!info.ok) return info
      const before = this.enlarged.get(path)
      const back = before !== undefined && sizeMiB === before.from && (await stampOf(path)) === before.stamp
      this.enlarged.delete(path)
      const done = await images.resize({ path, sizeMiB, allowed, shrink: back }, control)
      const from = Math.ceil(info.value.virtualSize / MIB)
      if (done.ok && sizeMiB > from) this.enlarged.set(path, { from, stamp: await stampOf(path) })
      return done
    })
  }

  /** It stands on another volume or on none and reads as before; what it had from below is copied into it where that differs. */
  async rebase({ backing, ...order }: VolumeOrder & { readonly backing: string | null }): Outcome<number> {
    const { pool, name } = order
    const uses = ['disk', 'below', 'trash', 'template'] as const
    const agreed = await this.agreed(order, uses)
    if (!agreed.ok) return agreed
    const allowedBacking = agreed.value
    const asked = await this.askedBelow(pool, backing, allowedBacking)
    if (!asked.ok) return asked
    return this.change(pool, name, uses, 'imageRebase', 'rebasing-image', async (path, control) => {
      const { layers, driver } = this.parts
      // What snapshots have made, and what they stand on, is theirs: they go by what stands on what.
      if (layers.files.includes(path)) return err(errorReport('image-of-snapshots', { path }))
      const info = await this.look(path)
      if (!info.ok) return info
      const { format } = info.value
      if (format !== 'qcow2') return err(errorReport('image-without-backing', { path, format }))
      const below = backing === null ? ok(undefined) : await this.below(path, backing)
      if (!below.ok) return below
      const after = below.value ? [below.value.path, ...(await layers.chain({ ...below.value, allowedBacking }))] : []
      if (after.includes(path)) return err(errorReport('image-on-itself', { path, below: after[0] ?? '' }))
      const allowed = [...after, ...allowedBacking, ...(await layers.chain({ path, format, allowedBacking }))]
      const named = below.value && { ...below.value, path: backing ?? '' }
      return driver.images.rebase({ path, backing: named, allowed }, control)
    })
  }

  /** A volume beside an image, for that to stand on. */
  private async below(path: string, name: string): Outcome<BackingFile> {
    const still = this.still(join(dirname(path), name))
    if (!still.ok) return still
    const info = await this.look(still.value)
    return info.ok ? ok({ path: still.value, format: info.value.format }) : info
  }

  /** The path of an image that nobody writes to. */
  private still(path: string): Result<string, ErrorReport> {
    const writer = this.usesOf(path).find(({ how }) => how === 'running' || how === 'disk')
    return writer ? err(errorReport('volume-in-use', { path, names: writer.name })) : ok(path)
  }

  check(pool: string, name: string, repair: boolean): Result<number, ErrorReport> {
    return this.change(
      pool,
      name,
      ['disk', 'snapshot', 'below', 'trash', 'template'],
      'imageCheck',
      'checking-image',
      async (path, control) => {
        const info = await this.look(path)
        return info.ok ? this.parts.driver.images.check(path, repair, control) : info
      },
    )
  }

  /** A full copy beside it, perhaps in another format. */
  async clone({ to, format, ...order }: VolumeOrder & VolumeCopy): Outcome<number> {
    const { pool, name } = order
    const target = await this.newPlace(pool, properName(to))
    if (!target.ok) return target
    const uses = ['disk', 'snapshot', 'below', 'trash', 'template'] as const
    const source = this.free(pool, name, uses)
    if (!source.ok) return source
    const agreed = await this.agreed(order, uses)
    if (!agreed.ok) return agreed
    const allowedBacking = agreed.value
    const from = source.value
    return this.job('imageConvert', 'copying-image', target.value, async (control) => {
      const { images } = this.parts.driver
      const info = await this.look(from)
      if (!info.ok) return info
      const fromFormat = info.value.format
      const chain = await this.parts.layers.chain({ path: from, format: fromFormat, allowedBacking })
      const allowed = [...allowedBacking, ...chain]
      return images.copy({ from, fromFormat, to: target.value, format, allowed }, control)
    })
  }

  /** `from` is a file the user chose in a dialog; formats that are not written become qcow2. */
  async upload(pool: string, from: string, name: string): Outcome<number> {
    const place = await this.newPlace(pool, properName(name))
    if (!place.ok) return place
    return this.job('imageConvert', 'copying-image', place.value, async (control) => {
      const { images } = this.parts.driver
      const running = this.usesOf(from).find(({ how }) => how === 'running')
      if (running) return err(errorReport('volume-in-use', { path: from, names: running.name }))
      const info = await this.look(from)
      if (!info.ok) return info
      const folder = await folderForFile(dirname(place.value))
      return folder.ok ? images.convert(from, place.value, info.value.format === 'raw' ? 'raw' : 'qcow2', control) : folder
    })
  }

  /** Into the trash of its pool. */
  async remove(poolName: string, name: string): Outcome<Pick<TrashedVolume, 'pool' | 'id'>> {
    const pool = this.parts.pools.find(poolName)
    if (!pool.ok) return pool
    const free = this.free(poolName, name, [])
    if (!free.ok) return free
    // Images of this and other pools may stand on it that no machine and no snapshot knows.
    const volumes = await this.volumes(poolName)
    const names = (volumes.ok ? (volumes.value.find((volume) => volume.name === name)?.usedBy ?? []) : []).map(
      (use) => use.name,
    )
    if (names.length > 0) return err(errorReport('volume-in-use', { path: free.value, names: names.join(', ') }))
    const trashed = await trashVolume(pool.value, name)
    this.parts.changed()
    return trashed.ok ? ok({ pool: poolName, id: trashed.value }) : trashed
  }

  // ---- the trash ------------------------------------------------------------------------------

  async trash(): Promise<TrashedVolume[]> {
    const found = await Promise.all(this.parts.pools.all.map((pool) => trashedVolumes(pool)))
    return found.flat().sort((a, b) => b.id - a.id)
  }

  restore(pool: string, id: number): Outcome {
    return this.inTrash(pool, (found) => restoreVolume(found, id))
  }

  erase(pool: string, id: number): Outcome {
    return this.inTrash(pool, (found) => eraseVolume(found, id))
  }

  private async inTrash(name: string, work: (pool: Pool) => Outcome): Outcome {
    const pool = this.parts.pools.find(name)
    if (!pool.ok) return pool
    const done = await work(pool.value)
    this.parts.changed()
    return done
  }

  // ---- inside ---------------------------------------------------------------------------------

  /** What it may refer to. Asked about before there is a job, which could only fail for it; whatever else is wrong the job says. */
  private async agreed(
    { pool, name, allowedBacking = [] }: VolumeOrder,
    but: readonly VolumeUse['how'][],
  ): Outcome<readonly string[]> {
    const place = this.free(pool, name, but)
    if (!place.ok) return place
    const allowed = [...allowedBacking, ...agreedFor(place.value, this.parts.domains.list())]
    return this.asked(place.value, allowed)
  }

  /** The same of the volume that another one of its pool is to stand on. */
  private async askedBelow(pool: string, name: string | null, allowed: readonly string[]): Outcome<readonly string[]> {
    if (name === null) return ok(allowed)
    const place = this.place(pool, name)
    if (!place.ok) return place
    const still = this.still(place.value)
    return still.ok ? this.asked(still.value, allowed) : still
  }

  private async asked(path: string, allowed: readonly string[]): Outcome<readonly string[]> {
    const info = await imageToWrite(this.parts.driver.images, path, allowed)
    return info.ok || info.error.reason !== 'image-refers' ? ok(allowed) : info
  }

  private place(pool: string, name: string): Result<string, ErrorReport> {
    const found = this.parts.pools.find(pool)
    return found.ok ? ok(join(found.value.path, name)) : found
  }

  /** Of a volume that is to be made. A name that is taken is refused at once: whoever typed it has it before them still. */
  private async newPlace(pool: string, name: string): Outcome<string> {
    const place = this.place(pool, name)
    if (!place.ok) return place
    return (await isThere(place.value)) ? err(errorReport('file-exists', { path: place.value })) : place
  }

  /** The path of a volume that nobody uses but in these ways. */
  private free(pool: string, name: string, but: readonly VolumeUse['how'][]): Result<string, ErrorReport> {
    const place = this.place(pool, name)
    if (!place.ok) return place
    const users = this.usesOf(place.value).filter(({ how }) => !but.includes(how))
    const names = [...new Set(users.map((use) => use.name))].join(', ')
    return users.length === 0 ? place : err(errorReport('volume-in-use', { path: place.value, names }))
  }

  private change(
    pool: string,
    name: string,
    but: readonly VolumeUse['how'][],
    kind: JobInfo['kind'],
    step: JobStep,
    work: (path: string, control: JobControl) => Outcome,
  ): Result<number, ErrorReport> {
    const place = this.free(pool, name, but)
    return place.ok ? this.job(kind, step, place.value, (control) => work(place.value, control)) : place
  }

  private job(
    kind: JobInfo['kind'],
    step: JobStep,
    path: string,
    work: (control: JobControl) => Outcome,
  ): Result<number, ErrorReport> {
    const { jobs, changed } = this.parts
    const whole = async (control: JobControl): Outcome => {
      const done = await work(control)
      changed()
      return done
    }
    return ok(jobs.start({ kind, subject: basename(path), uuid: null, step, cancellable: true, work: whole }))
  }

  private async volume(pool: Pool, name: string): Promise<Volume> {
    const path = join(pool.path, name)
    const [info, found] = await Promise.all([this.look(path), stat(path).catch(() => undefined)])
    const common = { pool: pool.name, name, path, modifiedAt: Math.floor(found?.mtimeMs ?? 0), usedBy: this.usesOf(path) }
    const allocation = (found?.blocks ?? 0) * 512
    if (!info.ok) return { ...common, format: null, capacity: 0, allocation, backing: null, problem: info.error }
    const { format, virtualSize: capacity, backing } = info.value
    return { ...common, format, capacity, allocation, backing: backing ?? null, problem: null }
  }

  private look(path: string): Outcome<ImageInfo> {
    return lookAtImage(this.parts.driver.images, path)
  }

  private usesOf(path: string): VolumeUse[] {
    const { domains, trees, layers, trashed, templates } = this.parts
    const is = (file: string): boolean => resolve(file) === resolve(path)
    const uses: VolumeUse[] = []
    for (const { name, config, running } of domains.list()) {
      if (running && this.stands(running, is)) uses.push({ how: 'running', name })
      else if (config && filesOf(config).some(is)) uses.push({ how: 'disk', name })
    }
    for (const name of trees.namesOf(is)) uses.push({ how: 'snapshot', name })
    for (const layer of layers.above(path)) uses.push({ how: 'below', name: basename(layer.path) })
    for (const name of templates().namesOf(is)) uses.push({ how: 'template', name })
    for (const config of trashed()) if (filesOf(config).some(is)) uses.push({ how: 'trash', name: config.name })
    return uses.slice(0, 1000)
  }

  /** A running guest's disk, or what one stands on. */
  private stands(config: DomainConfig, is: (file: string) => boolean): boolean {
    return config.devices.some((device) => {
      return device.kind === 'vbd' && device.path !== '' && [device.path, ...(device.allowedBacking ?? [])].some(is)
    })
  }
}

/** Changes with the file's contents. */
async function stampOf(path: string): Promise<string> {
  const { ino, size, mtimeNs } = await stat(path, { bigint: true })
  return `${ino} ${size} ${mtimeNs}`
}

/** With the images of any pool that say they stand on it, beside those that are known to. */
function withNeighbours(volume: Volume, all: readonly Volume[]): Volume {
  const above = all.filter(({ path, backing }) => backing !== null && resolve(dirname(path), backing) === resolve(volume.path))
  const known = new Set(volume.usedBy.filter(({ how }) => how === 'below').map(({ name }) => name))
  const more = above.filter(({ name }) => !known.has(name)).map(({ name }) => ({ how: 'below', name }) as const)
  return more.length === 0 ? volume : { ...volume, usedBy: [...volume.usedBy, ...more].slice(0, 1000) }
}
