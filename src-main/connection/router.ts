// The toolstack's calls, served over all connections: one that names a domain goes to the connection that has it, one that names a
// connection (or none) goes there, and lists are joined. Which it is, is seen by the shape of the call's row.
// Invariant: a toolstack sees UUIDs of its own and nothing of other connections; what it answers leaves through Outward.
// Runs in: main, plain Node.
import { err, ok, type Result } from '../../src-engine/public/result'
import type { UnderWay } from '../lib/under-way'
import { type CallName, type CallParams, type CallResult, calls, isCallName } from '../public/calls'
import { type ErrorReport, errorReport } from '../public/error-code'
import type { Caller, CallServer, CallServers } from '../toolstack/call-server'
import type { Connections, Place } from './connections'

type Joined =
  | 'domainList'
  | 'metadataList'
  | 'metadataSet'
  | 'jobList'
  | 'jobCancel'
  | 'noticeList'
  | 'noticeDismiss'
  | 'trashList'
  | 'trashRestore'
  | 'trashEmpty'
  | 'storeWatch'

export type ConnectionCall =
  | 'connectionList'
  | 'connectionDefine'
  | 'connectionRemove'
  | 'connectionFormer'
  | 'connectionOpen'
  | 'connectionClose'

type Target = Omit<Place, 'uuid'> & { readonly uuid?: string }

export class Router {
  private readonly connections: Connections
  private readonly underWay: Pick<UnderWay, 'during'>

  constructor(connections: Connections, underWay: Pick<UnderWay, 'during'>) {
    this.connections = connections
    this.underWay = underWay
  }

  /** Of every call of the table; those that no toolstack serves are refused. */
  servers(): Partial<CallServers<CallName>> {
    const servers: { [C in CallName]?: CallServer<C> } = {}
    for (const name of Object.keys(calls)) if (isCallName(name)) put(servers, name, this.route(name))
    return { ...servers, ...this.joined(), ...this.connectionServers() }
  }

  private route<C extends CallName>(name: C): CallServer<C> {
    return async (params, caller) => {
      const target = this.target(params)
      if (!target.ok) return err(await this.deleted(target.error, caller))
      return this.ask(name, target.value, ofThere(params, target.value.uuid), caller)
    }
  }

  private async ask<C extends CallName>(
    name: C,
    { connection, served }: Target,
    params: CallParams<C>,
    caller: Caller,
  ): Promise<Result<CallResult<C>, ErrorReport>> {
    const serve: Partial<CallServers<CallName>>[C] = served[name]
    if (!serve) return err(errorReport('not-allowed', { call: name }))
    const answer = await this.underWay.during(() => serve(params, caller))
    return answer.ok ? ok(connection.outward.answer(name, answer.value)) : answer
  }

  private target(params: object): Result<Target, ErrorReport> {
    if ('uuid' in params && typeof params.uuid === 'string') {
      const place = this.connections.place(params.uuid)
      return place ? ok(place) : err(errorReport('no-domain', { uuid: params.uuid }))
    }
    const id = 'connection' in params && typeof params.connection === 'string' ? params.connection : undefined
    return this.connections.toolstackOf(id)
  }

  /** A domain that is in the trash is said by its name: another window, or `xm`, has deleted it. */
  private async deleted(error: ErrorReport, caller: Caller): Promise<ErrorReport> {
    const { uuid } = error.values
    if (error.reason !== 'no-domain' || uuid === undefined) return error
    const trash = await this.lists('trashList', {}, caller)
    const entry = trash.ok ? trash.value.find((each) => each.uuid === uuid) : undefined
    return entry ? errorReport('domain-deleted', { name: entry.name, uuid }) : error
  }

  // ---- joined -----------------------------------------------------------------------------------

  private joined(): CallServers<Joined> {
    const { connections } = this
    return {
      domainList: () => ok(connections.domainList()),
      metadataList: (params, caller) => this.lists('metadataList', params, caller),
      metadataSet: async ({ changes }, caller) => {
        let known = 0
        for (const place of connections.opened()) {
          const own = changes.flatMap(({ uuid, metadata }) => {
            const there = place.connection.ownUuid(uuid)
            return there === undefined ? [] : [{ uuid: there, metadata }]
          })
          if (own.length === 0) continue
          const set = await this.ask('metadataSet', place, { changes: own }, caller)
          if (!set.ok) return set
          known += own.length
        }
        // Some of many may be gone by now; a change of nothing is told.
        const [first] = changes
        if (known > 0 || first === undefined) return ok(null)
        return err(await this.deleted(errorReport('no-domain', { uuid: first.uuid }), caller))
      },
      jobList: (params, caller) => this.lists('jobList', params, caller),
      jobCancel: ({ job }) => {
        const place = connections.opened().find(({ toolstack }) => toolstack.jobs.list().some((each) => each.job === job))
        return place ? place.toolstack.jobs.cancel(job) : err(errorReport('no-job', { job }))
      },
      noticeList: async (params, caller) => {
        const lists = await this.lists('noticeList', params, caller)
        return lists.ok ? ok([...connections.notices.list(), ...lists.value]) : lists
      },
      noticeDismiss: ({ id }) => {
        connections.notices.dismiss(id)
        for (const { toolstack } of connections.opened()) toolstack.notices.dismiss(id)
        return ok(null)
      },
      trashList: (params, caller) => this.lists('trashList', params, caller),
      trashRestore: async (params, caller) => {
        const [place = connections.toolstackOf(undefined)] = await this.trashed(params.id, caller)
        return place.ok ? this.ask('trashRestore', place.value, params, caller) : place
      },
      trashEmpty: async ({ ids }, caller) => {
        for (const place of connections.opened()) {
          const list = await this.ask('trashList', place, {}, caller)
          const own = list.ok ? ids.filter((id) => list.value.some((entry) => entry.id === id)) : []
          const emptied = own.length === 0 ? ok(null) : await this.ask('trashEmpty', place, { ids: own }, caller)
          if (!emptied.ok) return emptied
        }
        return ok(null)
      },
      storeWatch: async (params, caller) => {
        for (const place of connections.opened()) {
          const watched = await this.ask('storeWatch', place, params, caller)
          if (!watched.ok) return watched
        }
        return ok(null)
      },
    }
  }

  /** Where a deleted domain lies, at most one place. */
  private async trashed(id: string, caller: Caller): Promise<Result<Target, ErrorReport>[]> {
    for (const place of this.connections.opened()) {
      const list = await this.ask('trashList', place, {}, caller)
      if (list.ok && list.value.some((entry) => entry.id === id)) return [ok(place)]
    }
    return []
  }

  private async lists<C extends 'metadataList' | 'jobList' | 'noticeList' | 'trashList'>(
    name: C,
    params: CallParams<C>,
    caller: Caller,
  ): Promise<Result<CallResult<C>[number][], ErrorReport>> {
    const all: CallResult<C>[number][] = []
    for (const place of this.connections.opened()) {
      const list = await this.ask(name, place, params, caller)
      if (!list.ok) return list
      all.push(...list.value)
    }
    return ok(all)
  }

  private connectionServers(): CallServers<ConnectionCall> {
    const { connections } = this
    return {
      connectionList: () => ok(connections.list()),
      connectionDefine: (order) => connections.define(order),
      connectionRemove: ({ connection }) => connections.remove(connection),
      connectionFormer: async () => ok(await connections.former()),
      connectionOpen: ({ connection }) => connections.connect(connection),
      connectionClose: ({ connection, ...choices }) => connections.disconnect(connection, choices),
    }
  }
}

/** Arguments as the connection takes them. */
function ofThere<P extends object>(params: P, uuid: string | undefined): P {
  return uuid === undefined ? params : { ...params, uuid }
}

function put<C extends CallName>(servers: { [K in C]?: CallServer<K> }, name: C, server: CallServer<C>): void {
  servers[name] = server
}
