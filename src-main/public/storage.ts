// Storage as windows see it: folders of disk images (pools), the images in them (volumes), who uses each. A volume is named by pool
// and file name, never by a path. Runs in: main, preload, renderer. No platform.
import { FILE_NAME_BYTES_MOST, NEVER_IN_FILE_NAMES, NEVER_IN_NAMES, nameOf } from '../../src-engine/public/name'
import { count, fields, flag, list, oneOf, optional, shortText, type TypeOf, text, within } from '../../src-engine/public/shape'
import { IMAGE_FORMATS, IMAGE_SIZE_MOST_MIB, WRITTEN_FORMATS } from './device'
import { errorReportShape, nullable } from './types'

/** There from the start: the app's own folder of disks. */
export const DEFAULT_POOL = 'default'

export const VOLUME_ENDINGS = ['qcow2', 'raw', 'img', 'iso', 'vhd', 'vmdk'] as const

export const poolNameShape = nameOf('a pool name', new RegExp(`^(?![\\s.-])[^/${NEVER_IN_NAMES}]+$`, 'u'))
/** A file name of an image: no folder, not hidden, one of the endings. */
export const volumeNameShape = nameOf(
  'the file name of a disk image',
  new RegExp(`^(?![\\s.-])[^${NEVER_IN_FILE_NAMES}]+\\.(?:${VOLUME_ENDINGS.join('|')})$`, 'u'),
  FILE_NAME_BYTES_MOST,
)

export const poolShape = fields({ name: poolNameShape, path: shortText(4096) })
export type Pool = TypeOf<typeof poolShape>

/** As they are stored. */
export const poolsShape = fields({ pools: list(poolShape, 255) })

export const poolInfoShape = fields({
  name: poolNameShape,
  path: shortText(4096),
  /** The one that is there from the start cannot be taken away. */
  permanent: flag,
  /** Of the file system it is on, bytes. */
  capacity: count,
  available: count,
  /** What its volumes take, bytes. */
  allocation: count,
  volumes: count,
  /** Why it cannot be looked into. */
  problem: nullable(errorReportShape),
})
export type PoolInfo = TypeOf<typeof poolInfoShape>

export const volumeUseShape = fields({
  /** `disk`: of a machine that is off; `running`: of one that runs; `snapshot`; `below`: another volume stands on it; `trash`; `template`: new machines
      get copies of it. */
  how: oneOf('disk', 'running', 'snapshot', 'below', 'trash', 'template'),
  /** The machine's name, the snapshot's or the volume's. */
  name: text,
})
export type VolumeUse = TypeOf<typeof volumeUseShape>

export const volumeShape = fields({
  pool: poolNameShape,
  name: shortText(256),
  path: shortText(4096),
  format: nullable(oneOf(...IMAGE_FORMATS)),
  /** Size of the disk a guest sees, and what the file takes on the host; bytes. */
  capacity: count,
  allocation: count,
  backing: nullable(shortText(4096)),
  modifiedAt: count,
  usedBy: list(volumeUseShape, 1000),
  problem: nullable(errorReportShape),
})
export type Volume = TypeOf<typeof volumeShape>

/** A deleted volume: its file lies beside those of its pool, out of sight, until the trash is emptied. */
export const trashedVolumeShape = fields({
  pool: poolNameShape,
  /** Within the pool; when it was deleted, ms since 1970. */
  id: count,
  name: volumeNameShape,
  /** What the file takes on the host, bytes. */
  size: count,
})
export type TrashedVolume = TypeOf<typeof trashedVolumeShape>
export const trashedVolumeRef = fields({ pool: poolNameShape, id: count })

export const volumeRef = fields({ pool: poolNameShape, name: volumeNameShape })
export const newVolumeShape = fields({
  pool: poolNameShape,
  name: volumeNameShape,
  format: oneOf(...WRITTEN_FORMATS),
  sizeMiB: within(1, IMAGE_SIZE_MOST_MIB),
  /** Holds only what differs from this volume of the pool, which is not to be written to any more; its size is that one's. */
  backing: nullable(volumeNameShape),
  /** Files that the user lets that one refer to. */
  allowedBacking: optional(list(shortText(4096), 64)),
})
export type NewVolume = TypeOf<typeof newVolumeShape>
