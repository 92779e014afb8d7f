// Kernels and ramdisks taken out of ISO images or downloaded from installation trees: each pair in a folder of its own,
// boot/LABEL-NUMBER/, in the app's storage. Definitions name them as they name any other kernel. The command line may name other places.
// Invariant: nothing else is written or removed there, what lies elsewhere is the user's, and a file goes only when no definition, snapshot, template
// or trash names it, nor what one of them was before, which it may go back to.
// Runs in: main, plain Node.
import { randomUUID } from 'node:crypto'
import { readdir, rm, rmdir } from 'node:fs/promises'
import { basename, dirname, join, resolve } from 'node:path'
import { fileStem } from '../../src-engine/public/name'
import { err, ok, type Result } from '../../src-engine/public/result'
import type { KeptFile } from '../definition/kept-file'
import type { ImageTool, Outcome } from '../driver/driver'
import type { InstallMedia } from '../public/device'
import { type ErrorReport, errorReport } from '../public/error-code'
import { isTreeAddress, type RecentTrees, TREES_REMEMBERED, treeHost } from '../public/tree-address'
import type { DomainConfig } from '../public/types'
import type { HalfCopies } from './half-copies'
import type { Jobs } from './jobs'
import type { UnfinishedFiles } from './unfinished-files'

export interface BootFilesParts {
  readonly images: ImageTool
  readonly jobs: Jobs
  readonly unfinished: Pick<UnfinishedFiles, 'making'>
  readonly halfCopies: Pick<HalfCopies, 'remove'>
  readonly folder: string
  readonly recent: KeptFile<RecentTrees>
  /** Of all that is kept. */
  readonly used: () => readonly DomainConfig[]
  /** What definitions were before, where their text is of interest. */
  readonly former: (has: (text: string) => boolean) => Promise<readonly DomainConfig[]>
}

export interface BootPlaces {
  readonly kernel: string
  readonly ramdisk: string
}

const STEM_MOST = 48
/** Digits at the end of a folder's name, which no other has. */
const MARK = 8

/** Kernel and ramdisk. */
export const placesOf = ({ kernel, ramdisk }: DomainConfig): string[] => [kernel, ...(ramdisk === null ? [] : [ramdisk])]

export class BootFiles {
  private readonly parts: BootFilesParts

  constructor(parts: BootFilesParts) {
    this.parts = parts
  }

  /** What an ISO image or a tree's address is started with, and where that would go. */
  async look(path: string): Outcome<BootPlaces & { media: InstallMedia }> {
    const { images } = this.parts
    const found = await (isTreeAddress(path) ? images.lookTree(path.trim()) : images.lookInstaller(path))
    if (!found.ok) return found
    const media = found.value
    if (media === undefined) return err(errorReport('media-no-kernel', { path }))
    const stem = fileStem(media.label.replace(/\s+/g, '-'), '-').slice(0, STEM_MOST) || 'iso'
    const folder = join(this.parts.folder, `${stem}-${randomUUID().slice(0, MARK)}`)
    const place = (file: string): string => join(folder, fileStem(basename(file), '-'))
    return ok({ media, kernel: place(media.kernel), ramdisk: place(media.ramdisk) })
  }

  /** As a job. `chosen` says of a place elsewhere that the user named it. */
  extract(
    path: string,
    places: BootPlaces,
    chosen: (place: string) => boolean = () => false,
  ): Result<{ job: number }, ErrorReport> {
    for (const place of [places.kernel, places.ramdisk]) {
      if (!this.isOurs(place) && !chosen(place)) return err(errorReport('path-not-chosen', { path: place }))
    }
    const { images, jobs, unfinished } = this.parts
    const ofTree = isTreeAddress(path)
    const job = jobs.start({
      kind: 'mediaExtract',
      subject: ofTree ? (treeHost(path) ?? '') : basename(path),
      uuid: null,
      step: ofTree ? 'downloading-installer' : 'taking-kernel',
      cancellable: true,
      // Both or none.
      work: (control) =>
        unfinished.making(basename(places.kernel), [places.kernel, places.ramdisk], async () => {
          if (!ofTree) return images.takeInstaller(path, places, control)
          const taken = await images.takeTree(path.trim(), places, control)
          if (taken.ok) await this.remember(path.trim())
          return taken
        }),
    })
    return ok({ job })
  }

  /** Addresses that kernels were downloaded from. */
  recentTrees(): RecentTrees {
    return this.parts.recent.value
  }

  /** Takes out what the configuration names; answers when it is there. */
  async take(path: string, { kernel, ramdisk }: DomainConfig): Outcome {
    if (ramdisk === null) return err(errorReport('media-no-kernel', { path }))
    const started = this.extract(path, { kernel, ramdisk })
    return started.ok ? this.parts.jobs.wait(started.value.job) : started
  }

  /** Of configurations that are gone: their files go, unless another has them, or had them before. */
  async release(...configs: readonly DomainConfig[]): Promise<void> {
    const going = new Set(configs.flatMap(placesOf).filter((path) => this.isOurs(path)))
    if (going.size === 0) return
    // No way of writing a path in XML changes the digits that its folder ends with.
    const marks = [...going].map((path) => dirname(path).slice(-MARK))
    const former = await this.parts.former((text) => marks.some((mark) => text.includes(mark)))
    const used = new Set([...this.parts.used(), ...former].flatMap(placesOf).map((path) => resolve(path)))
    for (const path of going) {
      if (used.has(path)) continue
      await rm(path, { force: true })
      // The other one may still be there.
      await rmdir(dirname(path)).catch(() => undefined)
    }
  }

  /** What an app that was killed meanwhile had begun to take out. */
  async removeUnfinished(): Promise<void> {
    for (const name of await readdir(this.parts.folder).catch(() => [])) {
      const folder = join(this.parts.folder, name)
      const removeEmpty = (): Promise<void> => rmdir(folder).catch(() => undefined)
      await this.parts.halfCopies.remove(folder, removeEmpty).catch(() => undefined)
      await removeEmpty()
    }
  }

  /** A list that cannot be written is no reason to say that the download failed. */
  private async remember(address: string): Promise<void> {
    const { recent } = this.parts
    const others = recent.value.addresses.filter((each) => each !== address)
    await recent.set({ addresses: [address, ...others].slice(0, TREES_REMEMBERED) }).catch(() => undefined)
  }

  isOurs(path: string): boolean {
    return path === resolve(path) && dirname(dirname(path)) === resolve(this.parts.folder)
  }
}
