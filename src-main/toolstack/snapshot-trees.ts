// The snapshots of all domains, in memory as they are on disk, and what windows see of them.
// Invariant: memory changes only after the disk has. The tree of a domain that is gone stays as long as its files do.
// Runs in: main, plain Node.
import { err, ok, type Result } from '../../src-engine/public/result'
import { hostBytes, type SnapshotStore, type StoredTree } from '../definition/snapshot-store'
import type { Disk } from '../public/device'
import { type ErrorReport, errorReport } from '../public/error-code'
import type { DeletedFate, DiskFiles, Snapshot, SnapshotInfo, SnapshotTree } from '../public/snapshot'
import type { DomainConfig } from '../public/types'
import { type Layers, writtenDisks } from './layers'

export interface SnapshotTreesParts {
  readonly store: SnapshotStore
  readonly layers: Layers
  /** Present definition of a domain. */
  readonly config: (uuid: string) => DomainConfig | undefined
  readonly changed: (tree: SnapshotTree) => void
}

const EMPTY: StoredTree = { current: null, snapshots: [] }

export class SnapshotTrees {
  private readonly trees = new Map<string, StoredTree>()
  private readonly parts: SnapshotTreesParts

  constructor(parts: SnapshotTreesParts) {
    this.parts = parts
  }

  adopt(trees: ReadonlyMap<string, StoredTree>): void {
    for (const [uuid, tree] of trees) this.trees.set(uuid, tree)
  }

  of(uuid: string): StoredTree {
    return this.trees.get(uuid) ?? EMPTY
  }

  find(uuid: string, id: string): Result<Snapshot, ErrorReport> {
    const found = this.of(uuid).snapshots.find((snapshot) => snapshot.id === id)
    return found ? ok(found) : err(errorReport('no-snapshot', {}))
  }

  async put(uuid: string, tree: StoredTree): Promise<void> {
    await this.parts.store.putTree(uuid, tree)
    this.trees.set(uuid, tree)
    await this.tell(uuid)
  }

  /** Adds one as the present state's own; harmless when it is there already. */
  async add(uuid: string, snapshot: Snapshot): Promise<void> {
    const { snapshots } = this.of(uuid)
    const others = snapshots.filter(({ id }) => id !== snapshot.id)
    await this.put(uuid, { current: snapshot.id, snapshots: [...others, snapshot] })
  }

  async forget(uuid: string): Promise<void> {
    this.trees.delete(uuid)
    await this.parts.store.removeAll(uuid)
  }

  /** As the machines were at their snapshots; those of `but` are left out. */
  configs(but: string | null): DomainConfig[] {
    return [...this.trees].flatMap(([uuid, { snapshots }]) => (uuid === but ? [] : snapshots.map(({ config }) => config)))
  }

  /** Files that snapshots name. */
  usedFiles(): string[] {
    return [...this.trees.values()].flatMap(({ snapshots }) => snapshots.flatMap(({ config }) => filesOf(config)))
  }

  /** Snapshots that name such a file, with their machines. */
  namesOf(is: (file: string) => boolean): string[] {
    return [...this.trees].flatMap(([uuid, { snapshots }]) =>
      snapshots
        .filter(({ config }) => filesOf(config).some(is))
        .map(({ name, config }) => `${this.parts.config(uuid)?.name ?? config.name}: ${name}`),
    )
  }

  /** Under its overlays stands what a disk was at its first snapshot: its own too, where it is a file that was not made here. */
  diskFiles(uuid: string, disks: readonly Disk[]): Promise<DiskFiles[]> {
    const { layers } = this.parts
    const own = new Set(this.of(uuid).snapshots.flatMap(({ config }) => writtenDisks(config.devices).map(({ path }) => path)))
    const bases = disks.map(async (disk): Promise<DiskFiles> => {
      const below = layers.find(disk.path) ? await layers.chain(disk) : []
      return { path: disk.path, base: below.find((path) => own.has(path) && !layers.find(path)) ?? null }
    })
    return Promise.all(bases)
  }

  async tell(uuid: string): Promise<void> {
    this.parts.changed(await this.info(uuid))
  }

  async info(uuid: string): Promise<SnapshotTree> {
    const { current, snapshots } = this.of(uuid)
    const present = this.parts.config(uuid)
    const infos = snapshots.map(async (snapshot): Promise<SnapshotInfo> => {
      const memoryBytes = await hostBytes(this.parts.store.memoryPath(uuid, snapshot.id))
      const diskBytes = await this.ownBytes(snapshot.config)
      return { ...snapshot, memoryBytes, diskBytes, whenDeleted: this.whenDeleted(snapshot) }
    })
    return {
      uuid,
      current,
      snapshots: (await Promise.all(infos)).sort((a, b) => a.createdAt - b.createdAt),
      presentBytes: present ? await this.ownBytes(present) : 0,
    }
  }

  private whenDeleted({ config }: Snapshot): DeletedFate {
    const { layers } = this.parts
    const used = this.usedFiles()
    const fates = writtenDisks(config.devices).map(({ path }): DeletedFate => {
      const [upper, ...others] = layers.above(path)
      if (others.length > 0) return 'shared'
      const pinned = upper && (layers.isBelow(upper.path) || used.includes(upper.path))
      return pinned && !layers.find(path) ? 'kept' : 'merged'
    })
    return fates.find((fate) => fate !== 'merged') ?? 'merged'
  }

  private async ownBytes(config: DomainConfig): Promise<number> {
    const sizes = await Promise.all(writtenDisks(config.devices).map(({ path }) => this.parts.layers.writtenBytes(path)))
    return sizes.reduce((sum, size) => sum + size, 0)
  }
}

export function filesOf(config: DomainConfig): string[] {
  return config.devices.flatMap((device) => (device.kind === 'vbd' && device.path !== '' ? [device.path] : []))
}
