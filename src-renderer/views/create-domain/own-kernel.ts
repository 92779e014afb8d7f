// A new machine that begins with a disk starts what lies on that, when there is something and nobody wants files instead.
// Runs in: renderer and tests; pure.

import type { BootDisk } from '../../../src-main/public/own-disk'
import { BOOTLOADER } from '../../../src-main/public/own-disk'
import type { DiskForm } from '../../features/disks/disk-form'
import type { DiskKernelLook } from '../../features/disks/use-disk-kernel'
import { isAbsolute } from '../../lib/path'
import type { Translator } from '../../lib/translate'
import { DEFAULT_CMDLINE, type Form, type Order } from './check-form'
import { DISK_CMDLINE, type Origin, type Way } from './origin'

export type KernelFrom = 'disk' | 'files'

/** Ways that begin with a disk, whose kernel can be the disk's. */
export const beginsWithDisk = (way: Way): boolean => way === 'image' || way === 'disk'

/** What the page was filled in from starts its own disk: a configuration without a kernel, or a template of such a machine. */
export const fillsOwnKernel = (origin: Origin | null): boolean =>
  origin !== null && origin.config.kernel === '' && origin.config.devices.some(({ kind }) => kind === 'vbd')

/** The disk that the machine would start: the first that is no drive. */
export const bootDisk = (disks: readonly DiskForm[]): DiskForm | undefined =>
  disks.find(({ removable, source }) => !removable && source !== 'empty')

/** What is said of a disk that nobody looks at; `unread`: why its file cannot be read. Undefined: it is looked at, or soon. */
export function insteadOfLook(disk: DiskForm | undefined, unread: string | undefined, t: Translator): string | undefined {
  if (disk?.source === 'new') return t('create.own-none')
  if (disk === undefined || !isAbsolute(disk.path.trim())) return t('create.own-no-disk')
  return disk.fileFormat === null ? unread : undefined
}

/** The disk to be looked at: its file's format must be known. */
export function lookedAt(disk: DiskForm | undefined): BootDisk | undefined {
  if (disk === undefined || disk.source === 'new' || disk.removable) return undefined
  if (disk.fileFormat === null || disk.path.trim() === '') return undefined
  const { dev, path, fileFormat, allowedBacking } = disk
  return { dev, path: path.trim(), format: fileFormat, allowedBacking: [...allowedBacking] }
}

/** `filled`: what the page was filled in from names no kernel. Then it stays the disk's, also where nothing is found on it now. */
export function kernelFrom(chosen: KernelFrom | null, look: DiskKernelLook | undefined, filled: boolean): KernelFrom {
  return chosen ?? (filled || look?.found ? 'disk' : 'files')
}

/** The form without files, and without the words that were proposed for those; what was filled in are no proposals. */
export function withOwnKernel(form: Form, filled: boolean): Form {
  const proposed = !filled && [DEFAULT_CMDLINE, DISK_CMDLINE].includes(form.cmdline)
  return { ...form, kernel: '', ramdisk: '', cmdline: proposed ? '' : form.cmdline }
}

export function startingItsDisk<T extends Order>(order: T): T {
  // What was filled in may call it by its path.
  return { ...order, config: { bootloader: BOOTLOADER, ...order.config } }
}

/** Of what was filled in from a machine that starts its disk: it would go before the files that are wanted now. */
export function startingFiles<T extends Order>(order: T): T {
  const { bootloader: _disk, ...config } = order.config
  return { ...order, config }
}
