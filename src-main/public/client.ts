// The client of the calls table, made from two functions that carry calls and events: over Electron's IPC in a page (the preload
// script exposes them), over a socket in xm. A port cannot pass Electron's context bridge: it follows as a window message of
// STREAM_CHANNEL with its number, and the page takes event.ports[0] of it.
// Invariant: what comes from main is checked as well, so that a view sees only what the table names.
// Runs in: renderer, xm, tests. No platform.
import { err, ok, type Result } from '../../src-engine/public/result'
import { type CallName, type CallParams, type CallResult, callTable } from './calls'
import { type ErrorReport, errorReport } from './error-code'
import { type EventName, type EventPayload, eventTable, isEventName } from './events'
import { errorReportShape } from './types'

export const CALL_CHANNEL = 'ringmaster:call'
export const EVENT_CHANNEL = 'ringmaster:event'
export const STREAM_CHANNEL = 'ringmaster:stream'

export interface Client {
  /** Where calls go that may say which connection they mean, and do not; without it, to the first that is there. */
  readonly connection?: string
  call<C extends CallName>(name: C, params: CallParams<C>): Promise<Result<CallResult<C>, ErrorReport>>
  /** Returns the function that ends the subscription. */
  subscribe<E extends EventName>(name: E, listener: (payload: EventPayload<E>) => void): () => void
}

export interface ClientTransport {
  invoke(name: string, params: unknown): Promise<unknown>
  listen(listener: (name: unknown, payload: unknown) => void): void
}

/** The reply as it crosses the process border; anything else is our own mistake. */
function readReply<C extends CallName>(name: C, reply: unknown): Result<CallResult<C>, ErrorReport> {
  if (typeof reply !== 'object' || reply === null || !('ok' in reply))
    return err(errorReport('internal', { detail: `no reply to ${name}` }))
  if (reply.ok === true && 'value' in reply) {
    const shape = callTable[name].result
    if (shape.is(reply.value)) return ok(reply.value)
    return err(errorReport('internal', { detail: `reply to ${name}: ${shape.explain(reply.value)}` }))
  }
  const error = 'error' in reply ? reply.error : null
  return err(errorReportShape.is(error) ? error : errorReport('internal', { detail: `${name} failed without saying why` }))
}

export function makeClient(transport: ClientTransport): Client {
  const listeners = new Map<EventName, Set<(payload: unknown) => void>>()
  // One event goes to several listeners and is checked once: a thousand samples a second are much to look through.
  let last: { readonly name: EventName; readonly payload: unknown; readonly good: boolean } | undefined
  const isGood = <E extends EventName>(name: E, payload: unknown): payload is EventPayload<E> => {
    if (last?.name !== name || last.payload !== payload) last = { name, payload, good: eventTable[name].is(payload) }
    return last.good
  }
  transport.listen((name, payload) => {
    if (!isEventName(name)) return
    for (const listener of [...(listeners.get(name) ?? [])]) listener(payload)
    last = undefined
  })
  return {
    async call(name, params) {
      const wrong = callTable[name].params.explain(params)
      if (wrong !== undefined) return err(errorReport('bad-arguments', { call: name, detail: wrong }))
      try {
        return readReply(name, await transport.invoke(name, params))
      } catch (thrown) {
        return err(errorReport('internal', { detail: thrown instanceof Error ? thrown.message : String(thrown) }))
      }
    },
    subscribe(name, listener) {
      const checked = (payload: unknown): void => {
        if (isGood(name, payload)) listener(payload)
      }
      const set = listeners.get(name) ?? new Set()
      listeners.set(name, set.add(checked))
      return () => {
        set.delete(checked)
      }
    },
  }
}

/** The arguments with the connection they mean, where the call may say one and does not. */
export function withConnection<C extends CallName>({ connection }: Client, name: C, params: CallParams<C>): CallParams<C> {
  const shape: object = callTable[name].params
  const takes = 'parts' in shape && typeof shape.parts === 'object' && shape.parts !== null && 'connection' in shape.parts
  // Calls about connections themselves name the one they mean.
  return connection === undefined || !takes || name.startsWith('connection') ? params : { connection, ...params }
}

/** The same client, where what is called is meant for one connection. */
export function clientAt(client: Client, connection: string): Client {
  const at: Client = {
    connection,
    call: (name, params) => client.call(name, withConnection(at, name, params)),
    subscribe: (name, listener) => client.subscribe(name, listener),
  }
  return at
}
