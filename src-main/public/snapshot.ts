// Snapshots of a domain as calls, events and files speak of them: a tree, each entry the configuration, the disks and, of a
// guest that ran, the memory of one instant. Runs in: main, preload, renderer. No platform.
import { count, fields, list, number, oneOf, shortText, type TypeOf } from '../../src-engine/public/shape'
import { domainConfigShape, nullable, uuidShape } from './types'

export const SNAPSHOTS_MOST = 1000

const kept = {
  id: uuidShape,
  name: shortText(256),
  description: shortText(8192),
  /** The one its state came from. */
  parent: nullable(uuidShape),
  createdAt: number,
  /** What the domain was; with `running` and `paused` the memory is there. */
  state: oneOf('running', 'paused', 'shutoff'),
  /** What it ran with. Its disks name files that stay as they were then. */
  config: domainConfigShape,
  /** What there is to show of it. */
  picture: oneOf('screen', 'text', 'none'),
} as const

/** As it is stored. */
export const snapshotShape = fields(kept)
export type Snapshot = TypeOf<typeof snapshotShape>

/** `merged`: with what stands on them, at once. `shared`: several stand on one, which stays until one alone does. `kept`: one is a file the
    user named and another snapshot stands on it; it stays until that is deleted too. */
export const deletedFates = ['merged', 'shared', 'kept'] as const
export type DeletedFate = (typeof deletedFates)[number]

export const snapshotInfoShape = fields({
  ...kept,
  /** What its memory takes on the host, bytes. */
  memoryBytes: count,
  /** What was written to the disks between its parent and it: the files that became its own, bytes on the host. */
  diskBytes: count,
  /** What becomes of its disks' files when it alone is deleted. */
  whenDeleted: oneOf(...deletedFates),
})
export type SnapshotInfo = TypeOf<typeof snapshotInfoShape>

export const snapshotTreeShape = fields({
  uuid: uuidShape,
  /** The one the present state came from. */
  current: nullable(uuidShape),
  /** Oldest first. */
  snapshots: list(snapshotInfoShape, SNAPSHOTS_MOST),
  /** What was written to the disks since the current one, bytes on the host. */
  presentBytes: count,
})
export type SnapshotTree = TypeOf<typeof snapshotTreeShape>

/** A written disk and what is deleted with it: `base`, the file that it was at a snapshot and still stands on, if that is no overlay. */
export const diskFilesShape = fields({ path: shortText(4096), base: nullable(shortText(4096)) })
export type DiskFiles = TypeOf<typeof diskFilesShape>

/** What a clone does with a disk: `copy` makes a file of its own, `link` one that holds what differs from the original's (which
    then stays as it is), `share` uses the original's file itself (read-only disks), `leave` has no such disk. */
export const diskFates = ['copy', 'link', 'share', 'leave'] as const
export type DiskFate = (typeof diskFates)[number]
