// Serves the calls about a domain's life: starting, pausing, ending, saving, restoring. Runs in: main, plain Node.
import { err, ok } from '../../src-engine/public/result'
import { errorReport } from '../public/error-code'
import { asJob, type CallServers } from './call-server'
import type { Domains } from './domains'

export type LifeCall =
  | 'domainCreate'
  | 'domainSuspend'
  | 'domainResume'
  | 'domainShutdown'
  | 'domainReboot'
  | 'domainReset'
  | 'domainDestroy'
  | 'domainSetMemory'
  | 'domainSetVcpus'
  | 'domainSave'
  | 'domainRestore'
  | 'domainManagedSave'

export function lifeServers(domains: Domains): CallServers<LifeCall> {
  return {
    domainCreate: ({ uuid, fresh, paused }) => domains.create(uuid, fresh, paused),
    domainSuspend: ({ uuid }) => domains.suspend(uuid),
    domainResume: ({ uuid }) => domains.resume(uuid),
    domainShutdown: ({ uuid }) => domains.shutdown(uuid),
    domainReboot: ({ uuid }) => domains.reboot(uuid),
    domainReset: ({ uuid }) => domains.reset(uuid),
    domainDestroy: ({ uuid }) => domains.destroy(uuid),
    domainSetMemory: ({ uuid, memoryMiB }) => domains.setMemory(uuid, memoryMiB),
    domainSetVcpus: ({ uuid, vcpus }) => domains.setVcpus(uuid, vcpus),
    domainSave: ({ uuid, path }, caller) => {
      if (!caller.choseFile(path, 'saveSaved')) return err(errorReport('path-not-chosen', { path }))
      return asJob(domains.save(uuid, path))
    },
    domainRestore: ({ path }, caller) => {
      if (!caller.choseFile(path, 'openSaved')) return err(errorReport('path-not-chosen', { path }))
      return ok({ job: domains.restore(path) })
    },
    domainManagedSave: ({ uuid }) => asJob(domains.managedSave(uuid)),
  }
}
