// A disk as it is being described in a form: a new image or a file that is there; what is wrong with it, and the device it
// becomes. The toolstack checks everything again. Runs in: renderer and tests; pure.

import {
  type CacheMode,
  type Device,
  type DiscardMode,
  type Disk,
  IMAGE_SIZE_MOST_MIB,
  type ImageFormat,
  type NewImage,
  WRITTEN_FORMATS,
  type WrittenFormat,
} from '../../../src-main/public/device'
import { isAbsolute } from '../../lib/path'
import type { Translator } from '../../lib/translate'

/** `copy`: a new image that begins with what is in a file. */
export type DiskSource = 'new' | 'copy' | 'file' | 'empty'

export interface DiskForm {
  readonly dev: string
  readonly source: DiskSource
  /** Of the file that is used or copied; of a new image its place, empty for the proposed one. */
  readonly path: string
  /** Of a new image. */
  readonly newFormat: WrittenFormat
  /** Of a file that is there; null until it was looked into. */
  readonly fileFormat: ImageFormat | null
  /** NaN while the field is empty. */
  readonly sizeMiB: number
  readonly readonly: boolean
  readonly removable: boolean
  readonly enospace: NoSpacePolicy
  readonly cache: CacheMode
  readonly discard: DiscardMode
  /** Files the image may refer to, as the user was asked; another file is asked about anew. */
  readonly allowedBacking: readonly string[]
}

/** A disk of which all is known that makes it a device. */
export interface KnownDisk extends DiskForm {
  readonly fileFormat: ImageFormat
}

export const isKnown = (form: DiskForm): form is KnownDisk => form.fileFormat !== null

/** Another file takes the place of the one that was named: nothing that was found in that one is true of it. */
export function otherFile(path: string, fileFormat: ImageFormat | null = null): Partial<DiskForm> {
  return { path, fileFormat, allowedBacking: [] }
}

/** The disk's image may refer to the file. */
export function allowing<T extends DiskForm>(disks: readonly T[], dev: string, path: string): readonly T[] {
  return disks.map((disk) => (disk.dev === dev ? { ...disk, allowedBacking: [...disk.allowedBacking, path] } : disk))
}

/** What happens to a write the host has no room for. Left out in a definition it is `report`. */
export type NoSpacePolicy = NonNullable<Disk['enospace']>

export type DiskField = 'path' | 'sizeMiB'
export type DiskErrors = Partial<Record<DiskField, string>>

const DEFAULT_SIZE_MIB = 8 * 1024
const LETTERS = 'abcdefghijklmnop'

/** The first of xvda, xvdb, … that no device has; undefined when all are taken. */
export function freeDev(devs: readonly string[]): string | undefined {
  return [...LETTERS].map((letter) => `xvd${letter}`).find((dev) => !devs.includes(dev))
}

export function devsOf(devices: readonly Device[]): string[] {
  return devices.flatMap((device) => (device.kind === 'vbd' ? [device.dev] : []))
}

/** `proposal`: what the user prefers for new images. */
export function newDisk(dev: string, proposal: Partial<Pick<DiskForm, 'newFormat' | 'sizeMiB'>> = {}): KnownDisk {
  return {
    dev,
    source: 'new',
    path: '',
    newFormat: 'qcow2',
    fileFormat: 'raw',
    sizeMiB: DEFAULT_SIZE_MIB,
    readonly: false,
    removable: false,
    enospace: 'stop',
    cache: 'writeback',
    discard: 'unmap',
    allowedBacking: [],
    ...proposal,
  }
}

/** An image file as a disk, or as a medium in a drive; `format` is null where nobody has looked into it. */
export function diskOfFile(dev: string, path: string, format: ImageFormat | null): DiskForm {
  const isMedium = /\.iso$/i.test(path)
  const readonly = isMedium || (format !== null && !isWritten(format))
  return { ...newDisk(dev), source: 'file', path, fileFormat: format, readonly, removable: isMedium }
}

/** The format of an image that is to be made; a copy stays what it was, if that can be written. */
export function madeFormat(form: DiskForm): WrittenFormat {
  if (form.source === 'new') return form.newFormat
  return form.fileFormat === 'raw' ? 'raw' : 'qcow2'
}

/** An image is made for it. */
export const isMade = ({ source }: DiskForm): boolean => source === 'new' || source === 'copy'

const isWritten = (format: ImageFormat): boolean => WRITTEN_FORMATS.some((each) => each === format)

/** Formats that are only read make a disk read-only. */
export function onlyRead({ source, fileFormat }: DiskForm): boolean {
  return source === 'file' && fileFormat !== null && !isWritten(fileFormat)
}

export function checkDisk(form: DiskForm, t: Translator): DiskErrors {
  const errors: { path?: string; sizeMiB?: string } = {}
  const path = form.path.trim()
  if ((form.source === 'file' || form.source === 'copy') && path === '') errors.path = t('disk.file-needed')
  else if (form.source !== 'empty' && path !== '' && !isAbsolute(path)) errors.path = t('create.path-relative')
  if (isMade(form)) {
    const range = { min: '1 MiB', max: `${IMAGE_SIZE_MOST_MIB / 1024 / 1024} TiB` }
    if (!Number.isFinite(form.sizeMiB)) errors.sizeMiB = t('create.memory-number')
    else if (form.sizeMiB < 1 || form.sizeMiB > IMAGE_SIZE_MOST_MIB) errors.sizeMiB = t('disk.size-range', range)
  }
  return errors
}

/** The same while it is filled in: that a file is still to be named is no mistake yet. */
export function checkBegunDisk(form: DiskForm, t: Translator): DiskErrors {
  const { path, ...others } = checkDisk(form, t)
  return path === undefined || form.path.trim() === '' ? others : { ...others, path }
}

/** The device, and the image to be made first. `proposed` is where a new image goes when no place was named. */
export function diskOf(form: KnownDisk, proposed: string): { readonly disk: Disk; readonly image: NewImage | undefined } {
  const { dev, source, removable } = form
  const own = form.path.trim()
  const place = source === 'copy' || own === '' ? proposed : own
  const path = source === 'empty' ? '' : isMade(form) ? place : own
  const format = isMade(form) ? madeFormat(form) : form.fileFormat
  const readonly = source === 'empty' || (source === 'file' && (form.readonly || onlyRead(form)))
  const allowed = form.allowedBacking.length > 0 ? { allowedBacking: [...form.allowedBacking] } : {}
  const full = readonly || form.enospace === 'report' ? {} : { enospace: form.enospace }
  const modes: Pick<Disk, 'cache' | 'discard'> = {
    ...(form.cache !== 'writeback' && { cache: form.cache }),
    ...(form.discard !== 'unmap' && { discard: form.discard }),
  }
  const disk: Disk = {
    kind: 'vbd',
    dev,
    path,
    format,
    readonly,
    removable: removable || source === 'empty',
    ...full,
    ...(readonly ? {} : modes),
    ...(source === 'file' && allowed),
  }
  if (!isMade(form)) return { disk, image: undefined }
  const image: NewImage = { path, format: madeFormat(form), sizeMiB: form.sizeMiB }
  return { disk, image: source === 'copy' ? { ...image, copyOf: { path: own, format: form.fileFormat, ...allowed } } : image }
}
