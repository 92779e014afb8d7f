// Serves the calls about snapshots, branches, forks and clones. Runs in: main, plain Node.
import { err, ok } from '../../src-engine/public/result'
import type { SnapshotStore } from '../definition/snapshot-store'
import { errorReport } from '../public/error-code'
import type { Branches } from './branches'
import { asJob, type CallServers } from './call-server'
import type { Domains } from './domains'
import type { SnapshotTrees } from './snapshot-trees'
import type { Snapshots } from './snapshots'

export type SnapshotCall =
  | 'snapshotTree'
  | 'snapshotCreate'
  | 'snapshotRedefine'
  | 'snapshotRevert'
  | 'snapshotDelete'
  | 'snapshotPicture'
  | 'snapshotBranch'
  | 'domainFork'
  | 'domainClone'

export interface SnapshotServing {
  readonly domains: Domains
  readonly store: SnapshotStore
  readonly trees: SnapshotTrees
  readonly snapshots: Snapshots
  readonly branches: Branches
}

export function snapshotServers({ domains, store, trees, snapshots, branches }: SnapshotServing): CallServers<SnapshotCall> {
  return {
    snapshotTree: async ({ uuid }) => {
      const info = domains.info(uuid)
      return info.ok ? ok(await trees.info(uuid)) : info
    },
    snapshotCreate: ({ uuid, name, description }) => asJob(snapshots.create(uuid, name, description)),
    snapshotRedefine: ({ uuid, id, name, description }) => snapshots.redefine(uuid, id, name, description),
    snapshotRevert: ({ uuid, id }) => asJob(snapshots.revert(uuid, id)),
    snapshotDelete: ({ uuid, id, below }) => snapshots.remove(uuid, id, below),
    snapshotPicture: async ({ uuid, id }) => {
      const found = trees.find(uuid, id)
      return found.ok ? ok(await store.picture(uuid, id)) : found
    },
    snapshotBranch: ({ uuid, id, name }) => asJob(branches.branch(uuid, id, name)),
    domainFork: ({ uuid, name }) => asJob(branches.fork(uuid, name)),
    domainClone: ({ uuid, snapshot, name, disks }, caller) => {
      const path = disks.find(({ to }) => to !== undefined && !caller.choseFile(to, 'saveDisk'))?.to
      return path === undefined
        ? asJob(branches.clone(uuid, snapshot, name, disks))
        : err(errorReport('path-not-chosen', { path }))
    },
  }
}
