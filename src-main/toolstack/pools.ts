// Pools: the app's own folder of disk images, and folders that the user chose; what is in them is in storage.ts.
// Invariant: of a folder only files with an image's ending are touched, and copies that were cut off; a pool that is taken away keeps its
// folder and its files. Runs in: main, plain Node.

import { mkdir, readdir, stat, statfs } from 'node:fs/promises'
import { join, resolve } from 'node:path'
import { nameKey, properName } from '../../src-engine/public/name'
import { err, ok, type Result } from '../../src-engine/public/result'
import type { KeptFile } from '../definition/kept-file'
import type { Outcome } from '../driver/driver'
import { systemErrorText } from '../lib/atomic-file'
import { writeProblem } from '../lib/write-problem'
import { type ErrorReport, errorReport } from '../public/error-code'
import { DEFAULT_POOL, type Pool, type PoolInfo, volumeNameShape } from '../public/storage'
import type { HalfCopies } from './half-copies'

export type KeptPools = { readonly pools: readonly Pool[] }

export interface PoolParts {
  readonly halfCopies: Pick<HalfCopies, 'remove'>
  /** Pools beside the one that is there from the start. */
  readonly kept: KeptFile<KeptPools>
  readonly diskFolder: string
  readonly changed: () => void
}

/** Names of the images directly in a folder. */
export async function imagesIn(folder: string): Promise<string[]> {
  const entries = await readdir(folder, { withFileTypes: true })
  return entries
    .filter((entry) => entry.isFile() && volumeNameShape.is(entry.name))
    .map(({ name }) => name)
    .sort()
}

const noFolder = (path: string): ErrorReport => errorReport('file-unreadable', { path, detail: 'it is no folder' })

export class Pools {
  private readonly parts: PoolParts
  /** Folders that were pools in this run: taking one away can be undone. */
  private readonly former = new Set<string>()

  constructor(parts: PoolParts) {
    this.parts = parts
  }

  /** The app's own first. */
  get all(): readonly Pool[] {
    return [{ name: DEFAULT_POOL, path: this.parts.diskFolder }, ...this.parts.kept.value.pools]
  }

  /** Of all pools; one may be away, as a drive that is unplugged. */
  get folders(): readonly string[] {
    return this.all.map(({ path }) => path)
  }

  /** Those beside the app's own folder. */
  get chosen(): readonly Pool[] {
    return this.parts.kept.value.pools
  }

  list(): Promise<PoolInfo[]> {
    return Promise.all(this.all.map((pool) => this.info(pool)))
  }

  /** Copies that were cut off with the app, in any pool: nobody finishes them. */
  async removeUnfinished(): Promise<void> {
    for (const { path } of this.all) await this.parts.halfCopies.remove(path).catch(() => undefined)
  }

  isPool(folder: string): boolean {
    return this.all.some(({ path }) => resolve(path) === resolve(folder))
  }

  /** `path` is a folder the user chose in a dialog. */
  async define({ name: typed, path }: Pool): Outcome {
    const name = properName(typed)
    if (this.all.some((pool) => nameKey(pool.name) === nameKey(name))) return err(errorReport('pool-exists', { name }))
    const same = this.all.find((pool) => resolve(pool.path) === resolve(path))
    if (same) return err(errorReport('pool-exists', { name: same.name }))
    const folder = await stat(path).catch(() => undefined)
    if (!folder?.isDirectory()) return err(noFolder(path))
    return this.keep([...this.parts.kept.value.pools, { name, path: resolve(path) }])
  }

  /** The folder and what is in it stay. */
  async undefine(name: string): Outcome {
    if (name === DEFAULT_POOL) return err(errorReport('pool-permanent', { name }))
    const gone = this.all.find((pool) => pool.name === name)
    if (!gone) return err(errorReport('no-pool', { name }))
    this.former.add(gone.path)
    return this.keep(this.parts.kept.value.pools.filter((pool) => pool.name !== name))
  }

  wasPool(path: string): boolean {
    return this.former.has(path)
  }

  find(name: string): Result<Pool, ErrorReport> {
    const pool = this.all.find((each) => each.name === name)
    return pool ? ok(pool) : err(errorReport('no-pool', { name }))
  }

  private async keep(pools: readonly Pool[]): Outcome {
    try {
      await this.parts.kept.set({ pools })
      this.parts.changed()
      return ok(null)
    } catch (thrown) {
      return err(writeProblem('storage-pools.json', thrown))
    }
  }

  private async info({ name, path }: Pool): Promise<PoolInfo> {
    const info = { name, path, permanent: name === DEFAULT_POOL, capacity: 0, available: 0, allocation: 0, volumes: 0 }
    try {
      // What stands in its place is said below.
      if (info.permanent) await mkdir(path, { recursive: true }).catch(() => undefined)
      if (!(await stat(path)).isDirectory()) return { ...info, problem: noFolder(path) }
      const { bsize, blocks, bavail } = await statfs(path)
      const files = await imagesIn(path)
      const sizes = await Promise.all(files.map((file) => stat(join(path, file)).then((found) => found.blocks * 512)))
      const allocation = sizes.reduce((sum, size) => sum + size, 0)
      return { ...info, capacity: blocks * bsize, available: bavail * bsize, allocation, volumes: files.length, problem: null }
    } catch (thrown) {
      return { ...info, problem: errorReport('file-unreadable', { path, detail: systemErrorText(thrown) }) }
    }
  }
}
