// Serves the calls that only look: at the list of domains, at figures and logs, at the host and a file of its. Runs in: main, plain Node.
import { cpus, freemem, hostname, totalmem } from 'node:os'
import { ok, type Result } from '../../src-engine/public/result'
import type { HypervisorDriver } from '../driver/driver'
import type { Clock } from '../lib/clock'
import type { ErrorReport } from '../public/error-code'
import type { DomainInfo, HostInfo } from '../public/types'
import type { CallServers } from './call-server'
import { hostFile } from './file-kind'
import type { HostFigures } from './host-figures'
import type { LifeLog } from './life-log'
import type { SampleHistory } from './sample-history'

export type LookCall =
  | 'domainList'
  | 'domainInfo'
  | 'domainSamples'
  | 'hostSamples'
  | 'domainDmesg'
  | 'domainLog'
  | 'hostInfo'
  | 'fileLook'

export interface LookServing {
  readonly driver: HypervisorDriver
  readonly clock: Clock
  /** With domain 0. */
  readonly list: () => DomainInfo[]
  readonly info: (uuid: string) => Result<DomainInfo, ErrorReport>
  readonly samples: SampleHistory
  readonly hostFigures: HostFigures
  readonly lifeLog: LifeLog
  readonly host: () => Promise<HostInfo>
}

export function lookServers(serving: LookServing): CallServers<LookCall> {
  const { driver, clock, list, info, samples, hostFigures, lifeLog, host } = serving
  return {
    domainList: () => ok(list()),
    domainInfo: ({ uuid }) => info(uuid),
    domainSamples: async ({ uuid, minutes }) => ok(await samples.series(uuid, minutes, clock.now())),
    hostSamples: async ({ of, minutes }) => ok(await hostFigures.series(of, minutes, clock.now())),
    domainDmesg: async ({ uuid }) => {
      const text = await driver.dmesg(uuid)
      return text.ok ? ok({ text: text.value }) : text
    },
    domainLog: ({ uuid }) => ok(lifeLog.of(uuid)),
    hostInfo: async () => ok(await host()),
    fileLook: ({ path }) => hostFile(path),
  }
}

const MIB = 1024 * 1024

/** The host as its system tells of it. */
export function hostItself(): Pick<HostInfo, 'hostName' | 'cpuModel' | 'cpus' | 'memoryMiB' | 'freeMemoryMiB' | 'platform'> {
  return {
    hostName: hostname(),
    cpuModel: cpus()[0]?.model.trim() ?? '',
    cpus: cpus().length,
    memoryMiB: Math.floor(totalmem() / MIB),
    freeMemoryMiB: Math.floor(freemem() / MIB),
    platform: process.platform,
  }
}
