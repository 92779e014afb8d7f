// One domain as the toolstack keeps it, and what is shown of it. Runs in: main, plain Node.
import type { DomainConfig, DomainInfo, DomainOperation, DomainState } from '../public/types'
import { DOMAIN0_UUID } from '../public/types'
import { lifeCycle } from './life-cycle'

/** What nearly every job leaves. */
export const DESTROY_ALONE: readonly DomainOperation[] = ['destroy']

export interface Domain {
  readonly uuid: string
  config: DomainConfig
  /** What the present run was started with, its devices as they are now. */
  running: DomainConfig | null
  state: DomainState
  detail: string
  domid: number | null
  job: number | null
  /** What may be asked of it all the same while the job has it. */
  jobLeaves: readonly DomainOperation[]
  startedAt: number | null
  /** Time of the managed save to go on from. */
  managedSave: number | null
  /** What it ran with when that was made. */
  savedConfig: DomainConfig | null
  clockStandsAt: number | null
  /** By how much the host's clock was set while it ran: 0 as a rule. */
  clockOffMs: number
  /** Where viewers reach its screen. */
  vncAt: string | null
  /** Key of the disk the host has no room for, while the guest stands because of it. */
  stalledBy: string | null
  /** Counts its runs, so that a late answer to an earlier run is not taken for one to this. */
  run: number
  /** Changes of its devices happen one after the other. */
  changes: Promise<unknown>
  /** The run that is to end because the user forces it off: it is not rebooted, and its start does not go on. */
  endedRun: number | null
  /** The run that was asked from here to shut down: powered off, it stays off. */
  shutdownRun: number | null
}

/** The detail of a machine that was running when the app ended. */
export const CUT_OFF = 'Ringmaster ended unexpectedly while this machine was running.'

export function domainInfo(domain: Domain): DomainInfo {
  const { uuid, config, running, state, detail, domid, job, startedAt, managedSave, clockStandsAt, vncAt, stalledBy } = domain
  const { clockOffMs } = domain
  const operations = lifeCycle[state].operations
  return {
    uuid,
    name: config.name,
    kind: 'guest',
    state,
    detail,
    ...(detail === CUT_OFF && { cutOff: true }),
    domid,
    config,
    running,
    operations: [...operations],
    job,
    startedAt,
    savedAt: managedSave,
    vncAt,
    clockStandsAt,
    ...(clockOffMs !== 0 && { clockOffMs }),
    stalledBy,
  }
}

export function domain0Info(state: 'running' | 'crashed', detail: string, startedAt: number): DomainInfo {
  return {
    uuid: DOMAIN0_UUID,
    name: 'Domain-0',
    kind: 'domain0',
    state,
    detail,
    domid: 0,
    config: null,
    running: null,
    operations: [],
    job: null,
    startedAt,
    savedAt: null,
    vncAt: null,
    clockStandsAt: null,
    stalledBy: null,
  }
}
