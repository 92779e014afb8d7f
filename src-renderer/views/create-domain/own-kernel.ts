// A new machine that begins with a disk starts what lies on that, when there is something and nobody wants files instead.
// Runs in: renderer and tests; pure.

import type { BootDisk } from '../../../src-main/public/own-disk'
import { BOOTLOADER } from '../../../src-main/public/own-disk'
import type { DiskForm } from '../../features/disks/disk-form'
import type { DiskKernelLook } from '../../features/disks/use-disk-kernel'
import { DEFAULT_CMDLINE, type Form, type Order } from './check-form'
import { DISK_CMDLINE, type Way } from './origin'

export type KernelFrom = 'disk' | 'files'

/** Ways that begin with a disk, whose kernel can be the disk's. */
export const beginsWithDisk = (way: Way): boolean => way === 'image' || way === 'disk'

/** The disk to be looked at: its file's format must be known. */
export function lookedAt(disk: DiskForm | undefined): BootDisk | undefined {
  if (disk === undefined || disk.fileFormat === null || disk.path.trim() === '' || disk.removable) return undefined
  const { dev, path, fileFormat, allowedBacking } = disk
  return { dev, path: path.trim(), format: fileFormat, allowedBacking: [...allowedBacking] }
}

export function kernelFrom(chosen: KernelFrom | null, look: DiskKernelLook | undefined): KernelFrom {
  return chosen ?? (look?.found ? 'disk' : 'files')
}

/** The form without files, and without the words that were proposed for those. */
export function withOwnKernel(form: Form): Form {
  const proposed = [DEFAULT_CMDLINE, DISK_CMDLINE].includes(form.cmdline)
  return { ...form, kernel: '', ramdisk: '', cmdline: proposed ? '' : form.cmdline }
}

export function startingItsDisk<T extends Order>(order: T): T {
  return { ...order, config: { ...order.config, bootloader: BOOTLOADER } }
}
