// Serves the calls about storage: pools, volumes and their trash. Runs in: main, plain Node.
import { err, ok } from '../../src-engine/public/result'
import { errorReport } from '../public/error-code'
import { asJob, type CallServers } from './call-server'
import type { Pools } from './pools'
import type { Storage } from './storage'

export type StorageCall =
  | 'poolList'
  | 'poolDefine'
  | 'poolUndefine'
  | 'volumeList'
  | 'volumeCreate'
  | 'volumeResize'
  | 'volumeRebase'
  | 'volumeCheck'
  | 'volumeClone'
  | 'volumeUpload'
  | 'volumeDelete'
  | 'volumeTrash'
  | 'volumeRestore'
  | 'volumeErase'

export function storageServers(pools: Pools, storage: Storage): CallServers<StorageCall> {
  return {
    poolList: async () => ok(await pools.list()),
    poolDefine: ({ name, path }, caller) => {
      const allowed = caller.choseFile(path, 'poolFolder') || pools.wasPool(path)
      return allowed ? pools.define({ name, path }) : err(errorReport('path-not-chosen', { path }))
    },
    poolUndefine: ({ name }) => pools.undefine(name),
    volumeList: ({ pool }) => storage.volumes(pool),
    volumeCreate: async (order) => asJob(await storage.create(order)),
    volumeResize: async (order) => asJob(await storage.resize(order)),
    volumeRebase: async (order) => asJob(await storage.rebase(order)),
    volumeCheck: ({ pool, name, repair }) => asJob(storage.check(pool, name, repair)),
    volumeClone: async (order) => asJob(await storage.clone(order)),
    volumeUpload: async ({ pool, from, name }, caller) => {
      if (!caller.choseFile(from, 'openDisk')) return err(errorReport('path-not-chosen', { path: from }))
      return asJob(await storage.upload(pool, from, name))
    },
    volumeDelete: ({ pool, name }) => storage.remove(pool, name),
    volumeTrash: async () => ok(await storage.trash()),
    volumeRestore: ({ pool, id }) => storage.restore(pool, id),
    volumeErase: ({ pool, id }) => storage.erase(pool, id),
  }
}
