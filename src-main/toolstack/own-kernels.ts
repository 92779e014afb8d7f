// Kernels and ramdisks of machines that start what lies on their own disk: taken out of it at each start, into a folder of that start,
// given to the driver as files, and gone when it has read them.
// Invariant: nothing else is written or removed in the folder; what an app that was killed left there goes at the next start.
// Runs in: main, plain Node.
import { randomUUID } from 'node:crypto'
import { rm } from 'node:fs/promises'
import { join } from 'node:path'
import { err, ok } from '../../src-engine/public/result'
import type { ImageTool, Outcome } from '../driver/driver'
import type { DiskKernel, DiskLook } from '../public/device'
import { type ErrorReport, errorReport } from '../public/error-code'
import { type BootDisk, ownBootDisk, ownCmdline } from '../public/own-disk'
import type { DomainConfig } from '../public/types'

export interface OwnKernelsParts {
  readonly images: ImageTool
  readonly folder: string
}

export interface BootConfig {
  /** With the files that are started. */
  readonly config: DomainConfig
  /** Undefined: they are those the definition names. */
  readonly found: DiskKernel | undefined
  /** The driver has read them. */
  release(): Promise<void>
}

/** Domain 0 may take a moment to let go of the disk of a guest that has just ended. */
const BUSY_TRIES = 30
const BUSY_MS = 200

export class OwnKernels {
  private readonly parts: OwnKernelsParts

  constructor(parts: OwnKernelsParts) {
    this.parts = parts
  }

  look(disk: BootDisk): Outcome<DiskLook> {
    return this.parts.images.lookDiskKernel(disk)
  }

  /** What a start of this definition gives to the driver. */
  async take(config: DomainConfig, wanted: () => boolean): Outcome<BootConfig> {
    const disk = ownBootDisk(config)
    const asDefined = { config, found: undefined, release: async () => {} }
    if (disk === undefined) return ok(asDefined)
    const folder = join(this.parts.folder, randomUUID())
    const release = (): Promise<void> => rm(folder, { recursive: true, force: true })
    const to = { kernel: join(folder, 'kernel'), ramdisk: join(folder, 'ramdisk') }
    const taken = await this.taken(disk, to, wanted)
    if (!taken.ok || taken.value === undefined) {
      await release()
      if (!taken.ok) return err(await this.unread(disk, config.name, taken.error))
      if (config.kernel.trim() !== '') return ok(asDefined)
      return err(await this.noKernel(disk, config.name))
    }
    const found = taken.value
    const files = { kernel: to.kernel, ramdisk: found.ramdisks.length > 0 ? to.ramdisk : null }
    return ok({ config: { ...config, ...files, cmdline: ownCmdline(found.cmdline, config) }, found, release })
  }

  /** Of an app that was killed while it started a machine. */
  removeLeft(): Promise<void> {
    return rm(this.parts.folder, { recursive: true, force: true })
  }

  /** An image that can be used, and nothing on it that can be read, is no matter of the image. */
  private async unread(disk: BootDisk, name: string, error: ErrorReport): Promise<ErrorReport> {
    const { dev, path, allowedBacking } = disk
    if (error.reason !== 'image-unreadable' || !(await this.parts.images.inspect(path, allowedBacking)).ok) return error
    return errorReport('disk-kernel-unread', { name, dev, path, detail: error.values['detail'] ?? '' })
  }

  private async noKernel(disk: BootDisk, name: string): Promise<ErrorReport> {
    const { dev, path } = disk
    const looked = await this.look(disk)
    const holds = looked.ok ? looked.value.holds.join(', ') : ''
    if (holds === '') return errorReport('disk-no-kernel', { name, dev, path })
    return errorReport('disk-no-kernel-but', { name, dev, path, holds })
  }

  private async taken(
    disk: BootDisk,
    to: { readonly kernel: string; readonly ramdisk: string },
    wanted: () => boolean,
  ): Outcome<DiskKernel | undefined> {
    const abort = new AbortController()
    const progress = {
      signal: abort.signal,
      report: () => {
        if (!wanted()) abort.abort()
      },
    }
    for (let tries = 1; ; tries++) {
      const taken = await this.parts.images.takeDiskKernel(disk, to, progress)
      if (taken.ok || taken.error.reason !== 'image-busy' || tries === BUSY_TRIES || !wanted()) return taken
      await new Promise((resolve) => setTimeout(resolve, BUSY_MS))
    }
  }
}
