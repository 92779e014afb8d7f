// Split devices and virtual networks as definitions, calls and windows speak of them: the engine's shapes passed on, and
// what only the app needs: image files, rates for charts, leases. Runs in: main, preload, renderer. No platform.

import { IMAGE_FORMATS } from '../../src-engine/public/protocol/device'
import {
  count,
  fields,
  flag,
  list,
  number,
  oneOf,
  optional,
  shortText,
  type TypeOf,
  text,
  within,
} from '../../src-engine/public/shape'

export {
  CACHE_MODES,
  type CacheMode,
  DEFAULT_NETWORK,
  type Device,
  DISCARD_MODES,
  type DiscardMode,
  type Disk,
  type Display,
  deviceKey,
  deviceShape,
  diskNumber,
  diskShape,
  displayShape,
  IMAGE_FORMATS,
  type ImageFormat,
  macShape,
  type Network,
  type Nic,
  networkShape,
  nicShape,
  type PortForward,
  portForwardShape,
  type Vnc,
  vncShape,
} from '../../src-engine/public/protocol/device'

/** At most this many devices a domain. */
export const DEVICES_MOST = 64

/** Formats we write: new images are made in these, and a guest may write to these. */
export const WRITTEN_FORMATS = ['qcow2', 'raw'] as const
export type WrittenFormat = (typeof WRITTEN_FORMATS)[number]

export const IMAGE_SIZE_MOST_MIB = 64 * 1024 * 1024
const path = shortText(4096)

/** An image to be made: a sparse file, of the size its guest sees. With `backing` it holds only what differs from that; with `copyOf`
    it begins with what is in that image, and is larger if `sizeMiB` is; `allowedBacking` as for a disk. */
export const newImageShape = fields({
  path,
  format: oneOf(...WRITTEN_FORMATS),
  sizeMiB: within(1, IMAGE_SIZE_MOST_MIB),
  backing: optional(fields({ path, format: oneOf(...IMAGE_FORMATS) })),
  copyOf: optional(fields({ path, format: oneOf(...IMAGE_FORMATS), allowedBacking: optional(list(path, 64)) })),
})
export type NewImage = TypeOf<typeof newImageShape>

/** What an image file says of itself. */
export const imageInfoShape = fields({
  path,
  format: oneOf(...IMAGE_FORMATS),
  /** Of the disk the guest sees, bytes. */
  virtualSize: count,
  /** What the file takes on the host, bytes. */
  fileSize: count,
  /** The image it builds on, as it is written in the file. */
  backing: optional(path),
  /** It was not closed in order. */
  dirty: optional(flag),
  /** The first file outside its folder that it refers to without the user's word, and the files from the image down to who names it. */
  refused: optional(fields({ path, chain: list(path, 64) })),
})
export type ImageInfo = TypeOf<typeof imageInfoShape>

/** What an ISO image, or an installation tree of the network, is started with. */
export const installMediaShape = fields({
  /** Of the volume, or the tree's system; without what cannot be seen; may be empty. */
  label: shortText(64),
  /** Paths in the image or tree. */
  kernel: path,
  ramdisk: path,
  /** Words that the kernel needs. */
  cmdline: shortText(1024),
  /** Bytes that are to be downloaded, of a tree of the network. */
  size: optional(count),
})
export type InstallMedia = TypeOf<typeof installMediaShape>

/** What a disk starts by itself, as its boot menu says: GRUB's, files of entries, extlinux's; or the newest kernel that lies there. */
export const diskKernelShape = fields({
  from: oneOf('grub', 'loader-entries', 'extlinux', 'files'),
  /** As its menu shows it. */
  title: shortText(256),
  /** Paths in its file system. */
  kernel: path,
  ramdisks: list(path, 16),
  cmdline: shortText(4096),
  /** It was not shut down in order; the journal of its file system is not replayed. */
  dirty: flag,
})
export type DiskKernel = TypeOf<typeof diskKernelShape>

/** `holds`: without one, what is there instead, as `FAT (xvda1)`. */
export const diskLookShape = fields({ found: optional(diskKernelShape), holds: list(shortText(256), 16) })
export type DiskLook = TypeOf<typeof diskLookShape>

/** What a device does, a second. Bytes are payload bytes; for a NIC, requests are packets, and read is what the guest gets. */
export const deviceRatesShape = fields({
  key: shortText(32),
  readBytes: number,
  writtenBytes: number,
  readRequests: number,
  writeRequests: number,
})
export type DeviceRates = TypeOf<typeof deviceRatesShape>

/** The columns of a device's series, in the order of DeviceRates. */
export const RATE_NAMES = ['readBytes', 'writtenBytes', 'readRequests', 'writeRequests'] as const
export type RateName = (typeof RATE_NAMES)[number]

export const deviceSeriesShape = fields({
  key: shortText(32),
  readBytes: list(number),
  writtenBytes: list(number),
  readRequests: list(number),
  writeRequests: list(number),
})
export type DeviceSeries = TypeOf<typeof deviceSeriesShape>

/** An address a network's DHCP server gave. */
export const leaseShape = fields({
  mac: shortText(17),
  address: shortText(15),
  name: text,
  /** Milliseconds since 1970; null never. */
  expiresAt: optional(number),
})
export type Lease = TypeOf<typeof leaseShape>

/** Addresses that only programs of this computer reach. */
export function isLoopback(address: string): boolean {
  return address === '::1' || address === 'localhost' || /^127\.\d{1,3}\.\d{1,3}\.\d{1,3}$/.test(address)
}
