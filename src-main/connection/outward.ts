// What a toolstack tells and answers, as it leaves its connection: domains under their keys, and what belongs to a connection
// with its identifier. One row for each event and answer that speaks of one of them.
// Invariant: the first connection's is left as it is. Runs in: main, plain Node.
import type { CallName, CallResult } from '../public/calls'
import { domainKey, LOCAL_CONNECTION } from '../public/connection'
import type { EventName, EventPayload } from '../public/events'
import type { DomainInfo, JobInfo, Notice } from '../public/types'

type EventRows = { readonly [E in EventName]?: (payload: EventPayload<E>) => EventPayload<E> }
type AnswerRows = { readonly [C in CallName]?: (value: CallResult<C>) => CallResult<C> }

export class Outward {
  private readonly connection: string
  private readonly events: EventRows
  private readonly answers: AnswerRows

  constructor(connection: string) {
    this.connection = connection
    if (connection === LOCAL_CONNECTION) {
      this.events = {}
      this.answers = {}
      return
    }
    const key = <T extends { readonly uuid: string }>(value: T): T => ({ ...value, uuid: domainKey(connection, value.uuid) })
    this.events = {
      domainChanged: ({ domain }) => ({ domain: this.domain(domain) }),
      domainRemoved: key,
      samples: ({ samples }) => ({ connection, samples: samples.map(key) }),
      hostSample: ({ sample }) => ({ connection, sample }),
      jobChanged: ({ job }) => ({ job: this.job(job) }),
      logLine: key,
      networksChanged: ({ networks }) => ({ connection, networks }),
      metadataChanged: ({ changes }) => ({ changes: changes.map(key) }),
      snapshotsChanged: ({ tree }) => ({ tree: key(tree) }),
      noticeRaised: ({ notice }) => ({ notice: this.notice(notice) }),
    }
    this.answers = {
      domainList: (domains) => domains.map((domain) => this.domain(domain)),
      domainInfo: (domain) => this.domain(domain),
      domainDefine: key,
      configDefine: key,
      trashRestore: key,
      metadataList: (list) => list.map(key),
      trashList: (entries) => entries.map(key),
      snapshotTree: key,
      jobList: (jobs) => jobs.map((job) => this.job(job)),
      noticeList: (notices) => notices.map((notice) => this.notice(notice)),
    }
  }

  event<E extends EventName>(name: E, payload: EventPayload<E>): EventPayload<E> {
    const row: EventRows[E] = this.events[name]
    return row ? row(payload) : payload
  }

  answer<C extends CallName>(name: C, value: CallResult<C>): CallResult<C> {
    const row: AnswerRows[C] = this.answers[name]
    return row ? row(value) : value
  }

  private domain(domain: DomainInfo): DomainInfo {
    return { ...domain, uuid: domainKey(this.connection, domain.uuid), connection: this.connection }
  }

  private job(job: JobInfo): JobInfo {
    return job.uuid === null ? job : { ...job, uuid: domainKey(this.connection, job.uuid) }
  }

  private notice(notice: Notice): Notice {
    return { ...notice, connection: this.connection }
  }
}
