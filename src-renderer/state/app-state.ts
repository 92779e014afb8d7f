// What every window knows: domains, jobs, notices and the state of quitting, as one value, and the one pure function
// that turns an event into the next value. What is asked for and not pushed is kept elsewhere (answers.ts).
// Invariant: an action that changes nothing returns the same value, so that nothing is drawn again.
// Runs in: renderer and tests; pure.

import { type ConnectionInfo, LOCAL_CONNECTION } from '../../src-main/public/connection'
import type { DeviceRates } from '../../src-main/public/device'
import type { ErrorReport } from '../../src-main/public/error-code'
import type { DomainInfo, JobInfo, Notice } from '../../src-main/public/types'
import { addSample, HISTORY_MS, type Sample, spanSince } from './history'

export interface Failure {
  readonly id: number
  readonly error: ErrorReport
  /** The machine that was to do it, where it is known: its error may not name it. */
  readonly uuid?: string
}

export type Quitting =
  | { readonly kind: 'no' }
  | { readonly kind: 'asked'; readonly names: readonly string[] }
  | { readonly kind: 'waiting'; readonly names: readonly string[] }
  /** Quitting ended without an end: these guests did not follow, or were not saved. */
  | { readonly kind: 'gaveUp'; readonly names: readonly string[] }

export interface AppState {
  /** False until the first list of domains is here: views show their skeleton. */
  readonly ready: boolean
  /** In the order of the list; the first is always there. */
  readonly connections: readonly ConnectionInfo[]
  readonly domains: Readonly<Record<string, DomainInfo>>
  readonly jobs: Readonly<Record<number, JobInfo>>
  readonly notices: readonly Notice[]
  readonly failures: readonly Failure[]
  readonly quitting: Quitting
  /** The samples of the domain a window is about; the list's are in live-figures.ts. */
  readonly figures: Readonly<Record<string, readonly Sample[]>>
  /** Domains whose samples are kept for an hour, whatever the window keeps of others. */
  readonly watched: Readonly<Record<string, true>>
  /** Jobs this window has asked for that make a machine: what becomes of them is told here, though they belong to none it shows. */
  readonly followed: Readonly<Record<number, true>>
}

export const initialState: AppState = {
  ready: false,
  connections: [],
  domains: {},
  jobs: {},
  notices: [],
  failures: [],
  quitting: { kind: 'no' },
  figures: {},
  watched: {},
  followed: {},
}

export interface FigureSample {
  readonly uuid: string
  readonly time: number
  readonly cpu: number
  readonly vcpus?: readonly number[] | undefined
  readonly online?: number | undefined
  readonly memoryKiB: number
  readonly devices: readonly DeviceRates[]
}

export type Action =
  | { readonly kind: 'connectionsListed'; readonly connections: readonly ConnectionInfo[] }
  | { readonly kind: 'connectionEmptied'; readonly connection: string }
  | { readonly kind: 'domainsListed'; readonly domains: readonly DomainInfo[] }
  | { readonly kind: 'domainsChanged'; readonly domains: readonly DomainInfo[] }
  | { readonly kind: 'domainRemoved'; readonly uuid: string }
  | { readonly kind: 'jobsListed'; readonly jobs: readonly JobInfo[] }
  | { readonly kind: 'jobChanged'; readonly job: JobInfo }
  | { readonly kind: 'jobFollowed'; readonly job: number }
  | { readonly kind: 'jobLeft'; readonly job: number }
  | { readonly kind: 'noticesListed'; readonly notices: readonly Notice[] }
  | { readonly kind: 'noticeRaised'; readonly notice: Notice }
  | { readonly kind: 'noticeDismissed'; readonly id: number }
  | { readonly kind: 'quitAsked'; readonly names: readonly string[] }
  | { readonly kind: 'quitWaiting'; readonly names: readonly string[] }
  | { readonly kind: 'quitAnswered' }
  | { readonly kind: 'samples'; readonly samples: readonly FigureSample[]; readonly keepMs: number }
  | { readonly kind: 'historyWanted'; readonly uuid: string }
  | { readonly kind: 'historyLoaded'; readonly uuid: string; readonly samples: readonly Sample[] }
  | { readonly kind: 'failed'; readonly error: ErrorReport; readonly uuid?: string | null }
  | { readonly kind: 'failureDismissed'; readonly id: number }

const FAILURES_KEPT = 3
const JOBS_KEPT = 20

function without<T>(table: Readonly<Record<string, T>>, key: string): Readonly<Record<string, T>> {
  if (!(key in table)) return table
  return Object.fromEntries(Object.entries(table).filter(([each]) => each !== key))
}

function keepRecentJobs(jobs: Readonly<Record<number, JobInfo>>): Readonly<Record<number, JobInfo>> {
  const all = Object.values(jobs)
  if (all.length <= JOBS_KEPT) return jobs
  const ended = all.filter(({ state }) => state !== 'running').sort((a, b) => a.job - b.job)
  const dropped = new Set(ended.slice(0, all.length - JOBS_KEPT).map(({ job }) => job))
  return Object.fromEntries(all.filter(({ job }) => !dropped.has(job)).map((job) => [job.job, job]))
}

function addSamples(state: AppState, samples: readonly FigureSample[], keepMs: number): AppState {
  if (samples.length === 0) return state
  const figures: Record<string, readonly Sample[]> = { ...state.figures }
  for (const { uuid, time, cpu, vcpus = [], online, memoryKiB, devices } of samples) {
    const history = figures[uuid] ?? []
    const spanMs = spanSince(history.at(-1)?.at, time)
    const sample = { at: time, spanMs, cpu, vcpus, online, memory: memoryKiB * 1024, devices }
    figures[uuid] = addSample(history, sample, state.watched[uuid] ? HISTORY_MS : keepMs)
  }
  return { ...state, figures }
}

function mergeHistory(older: readonly Sample[], newer: readonly Sample[]): readonly Sample[] {
  const end = older.at(-1)?.at ?? Number.NEGATIVE_INFINITY
  return [...older, ...newer.filter(({ at }) => at > end)]
}

export function reduce(state: AppState, action: Action): AppState {
  switch (action.kind) {
    case 'connectionsListed':
      return { ...state, connections: action.connections }
    case 'connectionEmptied': {
      const others = Object.values(state.domains).filter((domain) => connectionOf(domain) !== action.connection)
      if (others.length === Object.keys(state.domains).length) return state
      return { ...state, domains: Object.fromEntries(others.map((domain) => [domain.uuid, domain])) }
    }
    case 'domainsListed':
      return { ...state, ready: true, domains: Object.fromEntries(action.domains.map((domain) => [domain.uuid, domain])) }
    case 'domainsChanged': {
      const domains: Record<string, DomainInfo> = { ...state.domains }
      for (const domain of action.domains) domains[domain.uuid] = domain
      return { ...state, domains }
    }
    case 'domainRemoved':
      return {
        ...state,
        domains: without(state.domains, action.uuid),
        figures: without(state.figures, action.uuid),
        followed: leftBehind(state, action.uuid),
      }
    case 'jobsListed':
      return { ...state, jobs: Object.fromEntries(action.jobs.map((job) => [job.job, job])) }
    case 'jobChanged':
      return { ...state, jobs: keepRecentJobs({ ...state.jobs, [action.job.job]: action.job }) }
    case 'jobFollowed': {
      const { error, uuid } = state.jobs[action.job] ?? { error: null, uuid: null }
      const next = { ...state, followed: { ...state.followed, [action.job]: true as const } }
      // It may have ended before the answer that told its number.
      return error === null ? next : reduce(next, { kind: 'failed', error, uuid })
    }
    case 'jobLeft':
      return { ...state, followed: without(state.followed, `${action.job}`) }
    case 'noticesListed':
      return { ...state, notices: action.notices }
    case 'noticeRaised':
      return { ...state, notices: [...state.notices.filter(({ id }) => id !== action.notice.id), action.notice] }
    case 'noticeDismissed':
      return { ...state, notices: state.notices.filter(({ id }) => id !== action.id) }
    case 'quitAsked':
      return { ...state, quitting: { kind: 'asked', names: action.names } }
    case 'quitWaiting':
      if (action.names.length > 0) return { ...state, quitting: { kind: 'waiting', names: action.names } }
      return state.quitting.kind === 'waiting' ? { ...state, quitting: { kind: 'gaveUp', names: state.quitting.names } } : state
    case 'quitAnswered':
      return state.quitting.kind === 'waiting' ? state : { ...state, quitting: { kind: 'no' } }
    case 'samples':
      return addSamples(state, action.samples, action.keepMs)
    case 'historyWanted':
      return state.watched[action.uuid] ? state : { ...state, watched: { ...state.watched, [action.uuid]: true } }
    case 'historyLoaded': {
      const merged = mergeHistory(action.samples, state.figures[action.uuid] ?? [])
      return { ...state, figures: { ...state.figures, [action.uuid]: merged } }
    }
    case 'failed': {
      if (action.error.reason === 'cancelled') return state
      // What is said already is not said again: a disk that is full refuses one change after the other.
      if (state.failures.some(({ error }) => JSON.stringify(error) === JSON.stringify(action.error))) return state
      const id = (state.failures.at(-1)?.id ?? 0) + 1
      const { error, uuid = null } = action
      const failure = uuid === null ? { id, error } : { id, error, uuid }
      return { ...state, failures: [...state.failures.slice(1 - FAILURES_KEPT), failure] }
    }
    case 'failureDismissed':
      return { ...state, failures: state.failures.filter(({ id }) => id !== action.id) }
  }
}

// ---- what views ask of the state -------------------------------------------------------------

/** Domain 0 first, then the guests by name, as people read names (guest-2 before guest-10). */
export function listedDomains(
  domains: Readonly<Record<string, DomainInfo>>,
  filter: string,
  locale: string,
): readonly DomainInfo[] {
  const wanted = filter.trim().toLocaleLowerCase(locale)
  const collator = new Intl.Collator(locale, { numeric: true, sensitivity: 'base' })
  return Object.values(domains)
    .filter(({ kind, name }) => wanted === '' || (kind === 'guest' && name.toLocaleLowerCase(locale).includes(wanted)))
    .sort((a, b) => {
      if (a.kind !== b.kind) return a.kind === 'domain0' ? -1 : 1
      return collator.compare(a.name, b.name) || a.uuid.localeCompare(b.uuid)
    })
}

export function connectionOf({ connection }: Pick<DomainInfo, 'connection'>): string {
  return connection ?? LOCAL_CONNECTION
}

export type DomainChange =
  | { readonly kind: 'state'; readonly domain: DomainInfo }
  | { readonly kind: 'new'; readonly domain: DomainInfo }
  | { readonly kind: 'removed'; readonly domain: DomainInfo }

/** What to announce between two states of the list. Nothing is announced for the first list. */
export function domainChanges(before: AppState, after: AppState): readonly DomainChange[] {
  if (!before.ready || before.domains === after.domains) return []
  const changes: DomainChange[] = []
  // Those of a connection that opens or closes come and go with it.
  const open = new Set(after.connections.flatMap(({ connection, state }) => (state === 'connected' ? [connection] : [])))
  const comesOrGoes = (domain: DomainInfo) => after.connections.length === 0 || open.has(connectionOf(domain))
  for (const domain of Object.values(after.domains)) {
    const old = before.domains[domain.uuid]
    if (old === undefined) {
      if (comesOrGoes(domain)) changes.push({ kind: 'new', domain })
    } else if (old.state !== domain.state) changes.push({ kind: 'state', domain })
  }
  for (const domain of Object.values(before.domains)) {
    if (after.domains[domain.uuid] === undefined && comesOrGoes(domain)) changes.push({ kind: 'removed', domain })
  }
  return changes
}

/** Connections that came to another state which they stay in; that the first is there at the start is nothing to announce. */
export function connectionChanges(before: AppState, after: AppState): readonly ConnectionInfo[] {
  if (!before.ready || before.connections === after.connections) return []
  return after.connections.filter((now) => {
    const old = before.connections.find(({ connection }) => connection === now.connection)
    if (old === undefined || old.state === now.state) return false
    if (now.state === 'connected') return after.connections.length > 1
    return now.state === 'disconnected' || now.state === 'failed'
  })
}

/** Nobody waits for a machine that was made and is deleted: should that be undone, it is no news. */
function leftBehind({ followed, jobs }: AppState, uuid: string): AppState['followed'] {
  return Object.values(jobs)
    .filter((job) => job.uuid === uuid && job.state === 'done')
    .reduce((left, { job }) => without(left, `${job}`), followed)
}

/** Machines that are there now because this window asked for them, until they are looked at or dismissed. */
export function madeMachines({
  followed,
  jobs,
  domains,
}: Pick<AppState, 'followed' | 'jobs' | 'domains'>): readonly { readonly job: number; readonly domain: DomainInfo }[] {
  return Object.values(jobs).flatMap(({ job, state, uuid }) => {
    const domain = followed[job] && state === 'done' && uuid !== null ? domains[uuid] : undefined
    return domain === undefined ? [] : [{ job, domain }]
  })
}

/** The job at work on a domain, if it runs. */
export function jobOf(state: AppState, domain: DomainInfo): JobInfo | undefined {
  const job = domain.job === null ? undefined : state.jobs[domain.job]
  return job?.state === 'running' ? job : undefined
}
