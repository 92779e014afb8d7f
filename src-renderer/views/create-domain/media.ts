// A machine that is made from an ISO image or an installation tree of the network, as `virt-install --location` makes one: kernel and
// ramdisk of the installer or live system there, a new disk, the image in a drive, a screen, and the memory that Debian's installer wants.
// Invariant: what another one brought goes with it, and what the user typed or added stays. Runs in: renderer and tests; pure.

import type { CallResult } from '../../../src-main/public/calls'
import { cutTo, NAME_BYTES_MOST, properName } from '../../../src-main/public/name'
import { BOOTLOADER, ownBootDisk } from '../../../src-main/public/own-disk'
import { isTreeAddress } from '../../../src-main/public/tree-address'
import { type DiskForm, diskOfFile, freeDev, newDisk } from '../../features/disks/disk-form'
import { DEFAULT_DISPLAY } from '../../features/display/display-form'
import { osOfLabel } from '../../lib/os-table'
import { isAbsolute, lastPart } from '../../lib/path'
import { DEFAULT_CMDLINE, type DevicesForm, type Form, freeName, type Order } from './check-form'
import { DISK_CMDLINE, type Way } from './origin'

export type MediaWay = 'iso' | 'tree'

/** Undefined: the way begins with something else. */
export function mediaWay(way: Way): MediaWay | undefined {
  return way === 'iso' || way === 'tree' ? way : undefined
}

/** What is typed may be one; whether it is, main finds out. */
export function canBeLooked(way: MediaWay, path: string): boolean {
  return way === 'iso' ? isAbsolute(path) : isTreeAddress(path) && /^\w+:\/\/[^/]/.test(path)
}

/** An image or a tree that was looked into. */
export interface Media extends CallResult<'mediaLook'> {
  readonly path: string
}

/**
 * As under `virt-install` the installer starts first, and after its reboot what it installed: its kernel is named for as long as the new disk
 * has none. Over a disk that may have a system the installer starts each time, and the machine stays off when that reboots.
 */
export function installing<T extends Order>(order: T): T {
  const disk = ownBootDisk({ ...order.config, bootloader: BOOTLOADER })
  const isNew = order.images.some(({ path, copyOf }) => path === disk?.path && copyOf === undefined)
  const change = isNew ? ({ bootloader: BOOTLOADER } as const) : ({ onReboot: 'destroy' } as const)
  return { ...order, config: { ...order.config, ...change } }
}

/** What the installer of Debian 12 needs to come up, and others no less. */
const MEMORY_LEAST_MIB = 800

const isMedium = (disk: DiskForm, media: Media): boolean => disk.removable && disk.path === media.path

export interface MediaChange {
  readonly before: Media | null
  readonly next: Media | null
}

/** The fields an image fills in; what was typed stays. `proposed` is the name of a machine that nobody has named. */
export function fieldsOf(
  { before, next }: MediaChange,
  form: Form,
  taken: readonly string[],
  proposed: string,
  memoryMostMiB: number,
): Partial<Form> {
  const ownCmdline = ![DEFAULT_CMDLINE, DISK_CMDLINE, before?.media.cmdline].includes(form.cmdline)
  const ownName = form.name !== proposed && (before === null || form.name !== nameOf(before, taken))
  const ownOs = form.os !== (before === null ? '' : osOf(before))
  const { kernel = '', ramdisk = '' } = next ?? {}
  const name = next === null ? proposed : nameOf(next, taken)
  return {
    kernel,
    ramdisk,
    ...(ownCmdline ? {} : { cmdline: next?.media.cmdline ?? DEFAULT_CMDLINE }),
    ...(ownName ? {} : { name }),
    ...(ownOs ? {} : { os: next === null ? '' : osOf(next) }),
    ...(next !== null && { memoryMiB: Math.max(form.memoryMiB || 0, Math.min(MEMORY_LEAST_MIB, memoryMostMiB)) }),
  }
}

const osOf = ({ media }: Media): string => osOfLabel(media.label)

/** The label of the volume or tree, or the file's name. */
function nameOf({ path, media }: Media, taken: readonly string[]): string {
  const label = media.label === '' ? lastPart(path).replace(/\.iso$/i, '') : media.label
  const name = cutTo(properName(label.replace(/[/\\]/g, '-')), NAME_BYTES_MOST - 8)
  return name !== '' && !taken.includes(name) ? name : freeName(taken, name === '' ? undefined : name)
}

/** The devices with `next` in place of `before`: an image in a drive, as the second disk, beside a new one; a tree has a new one alone. */
export function withMedia(
  parts: DevicesForm,
  { before, next }: MediaChange,
  proposal: Partial<Pick<DiskForm, 'newFormat' | 'sizeMiB'>>,
): DevicesForm {
  const kept = before === null ? parts.disks : parts.disks.filter((disk) => !isMedium(disk, before))
  if (next === null) {
    // The disk beside it was proposed too, as long as nobody has named a place for it.
    const [first, ...others] = kept
    const isProposed = before !== null && first?.source === 'new' && first.path === '' && others.length === 0
    return { ...parts, disks: isProposed ? [] : kept }
  }
  const disks: DiskForm[] = kept.length === 0 ? [newDisk('xvda', proposal)] : [...kept]
  const dev = isTreeAddress(next.path) ? undefined : freeDev(disks.map((disk) => disk.dev))
  if (dev !== undefined) disks.push({ ...diskOfFile(dev, next.path, 'raw'), readonly: true, removable: true })
  return { ...parts, disks, display: parts.display ?? DEFAULT_DISPLAY }
}
