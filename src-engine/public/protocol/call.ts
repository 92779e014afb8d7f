// Calls: request, reply and event on a Transport, from a table of rows with shapes. Control runs on this.
// Wire form, plain messages: {kind:'call', id, call, ...args fields under `args`}, {kind:'reply', id, ok, value|error},
// {kind:'event', event, value}, {kind:'error', text} (the answer to what was not understood).
// What the peer sends is hostile. The answering side replies to garbage with one error and goes on (a closed control port
// would end the process, and it must outlive any garbage); wrong arguments or an unknown call get an error reply. The calling
// side closes the transport on garbage: main then ends a process that has gone mad, and shows it as crashed.
// Functions that throw are our own error: the reply is INTERNAL_ERROR with the text. Bytes may stand only directly in `args` or `value` when the carrier clones them (ports,
// 'advanced' IPC); control does not run on sockets, so that holds.
// Runs in: anything (no platform imports).
import { err, ok, type Result } from '../result'
import { anything, count, fields, flag, optional, type Shape, type TypeOf, text } from '../shape'
import type { Transport } from './transport'

/** Why a call failed. `code` is a word of the toolstack's vocabulary (src-main/public/error-code), `message` one sentence. */
export interface CallError {
  readonly code: string
  readonly message: string
}

/** A call that is refused. */
export function callError(code: string, message: string): { readonly ok: false; readonly error: CallError } {
  return err({ code, message })
}

export type CallTypes = Record<string, { args: unknown; reply: unknown }>
export type EventTypes = Record<string, unknown>
export type CallTable<C extends CallTypes> = {
  readonly [K in keyof C]: { readonly args: Shape<C[K]['args']>; readonly reply: Shape<C[K]['reply']> }
}
export type EventTable<E extends EventTypes> = { readonly [K in keyof E]: Shape<E[K]> }

/** From a table of rows (`as const`, each with args and reply) to its static types. */
export type CallTypesOf<T> = {
  [K in keyof T]: T[K] extends { args: infer A; reply: infer R } ? { args: TypeOf<A>; reply: TypeOf<R> } : never
}
export type EventTypesOf<T> = { [K in keyof T]: TypeOf<T[K]> }

/** One function per row; `ports` are those handed over with the call. */
export type CallServers<C extends CallTypes> = {
  readonly [K in keyof C]: (
    args: C[K]['args'],
    ports: readonly unknown[],
  ) => Result<C[K]['reply'], CallError> | Promise<Result<C[K]['reply'], CallError>>
}

const CALL = fields({ id: count, call: text, args: optional(anything) })
const REPLY = fields({
  id: count,
  ok: flag,
  value: optional(anything),
  error: optional(fields({ code: text, message: text })),
})
const EVENT = fields({ event: text, value: optional(anything) })
const KIND = fields({ kind: text })

function has<C extends object>(table: C, key: string): key is Extract<keyof C, string> {
  return Object.hasOwn(table, key)
}

/** The side that calls: main. */
export class Caller<C extends CallTypes, E extends EventTypes> {
  private readonly transport: Transport
  private readonly calls: CallTable<C>
  private readonly events: EventTable<E>
  private readonly onEvent: { [K in keyof E]: (value: E[K]) => void }
  private readonly waiting = new Map<number, (reply: Result<unknown, CallError>) => void>()
  private nextId = 1

  constructor(
    transport: Transport,
    calls: CallTable<C>,
    events: EventTable<E>,
    onEvent: { [K in keyof E]: (value: E[K]) => void },
  ) {
    this.transport = transport
    this.calls = calls
    this.events = events
    this.onEvent = onEvent
    transport.onMessage((message) => this.received(message))
    transport.onClose((reason) => {
      const gone = err({ code: 'OPERATION_FAILED', message: `The process is gone: ${reason}.` })
      for (const settle of this.waiting.values()) settle(gone)
      this.waiting.clear()
    })
  }

  /** It answers nothing any more. */
  get gone(): boolean {
    return this.transport.closed
  }

  /** Never rejects: a dead process, an error reply and a reply of the wrong shape are all errors in the result. */
  async call<K extends keyof C & string>(
    name: K,
    args: C[K]['args'],
    ports: readonly unknown[] = [],
  ): Promise<Result<C[K]['reply'], CallError>> {
    if (this.transport.closed) return err({ code: 'OPERATION_FAILED', message: 'The process is gone.' })
    const id = this.nextId++
    const reply = await new Promise<Result<unknown, CallError>>((resolve) => {
      this.waiting.set(id, resolve)
      this.transport.send({ kind: 'call', id, call: name, args }, ports)
    })
    if (!reply.ok) return reply
    const shape = this.calls[name].reply
    if (shape.is(reply.value)) return ok(reply.value)
    return err({ code: 'INTERNAL_ERROR', message: `Bad reply to ${name}: ${shape.explain(reply.value)}.` })
  }

  private received(message: unknown): void {
    const wrong = this.take(message)
    if (wrong !== undefined) refuse(this.transport, wrong)
  }

  private take(message: unknown): string | undefined {
    if (!KIND.is(message)) return 'not a message'
    if (message.kind === 'reply') {
      if (!REPLY.is(message)) return REPLY.explain(message)
      const settle = this.waiting.get(message.id)
      // Its caller is not waiting any more, or never was: nobody is hurt.
      if (!settle) return undefined
      this.waiting.delete(message.id)
      settle(message.ok ? ok(message.value) : err(message.error ?? { code: 'INTERNAL_ERROR', message: 'No reason given.' }))
      return undefined
    }
    if (message.kind === 'event') return EVENT.is(message) ? this.event(message.event, message.value) : EVENT.explain(message)
    // It did not understand a message of ours; a call it belonged to would have had a reply of its own.
    if (message.kind === 'error') return undefined
    return `message of unknown kind ${message.kind.slice(0, 40)}`
  }

  private event(name: string, value: unknown): string | undefined {
    // A newer process may have more to tell: an event we do not know is no error.
    if (!has(this.events, name)) return undefined
    const shape = this.events[name]
    if (!shape.is(value)) return shape.explain(value, name)
    this.onEvent[name](value)
    return undefined
  }
}

/** The side that answers: a domain or domain 0. */
export class Answerer<C extends CallTypes, E extends EventTypes> {
  private readonly transport: Transport
  private readonly calls: CallTable<C>
  private readonly servers: CallServers<C>

  constructor(transport: Transport, calls: CallTable<C>, servers: CallServers<C>) {
    this.transport = transport
    this.calls = calls
    this.servers = servers
    transport.onMessage((message, ports) => this.received(message, ports))
  }

  event<K extends keyof E & string>(name: K, value: E[K]): void {
    this.transport.send({ kind: 'event', event: name, value })
  }

  private received(message: unknown, ports: readonly unknown[]): void {
    if (KIND.is(message) && message.kind === 'error') return
    if (!KIND.is(message) || message.kind !== 'call' || !CALL.is(message)) {
      this.transport.send({ kind: 'error', text: CALL.explain(message, 'call') ?? 'not a call' })
      return
    }
    const { id, call } = message
    if (!has(this.calls, call)) {
      this.reply(id, err({ code: 'NO_SUPPORT', message: `There is no call ${call.slice(0, 40)}.` }))
      return
    }
    this.serve(id, call, message.args, ports)
  }

  private serve<K extends Extract<keyof C, string>>(id: number, name: K, args: unknown, ports: readonly unknown[]): void {
    const shape = this.calls[name].args
    if (!shape.is(args)) {
      this.reply(id, err({ code: 'INVALID_ARG', message: `${name}: ${shape.explain(args, 'args')}.` }))
      return
    }
    const failed = (error: unknown) => {
      const detail = error instanceof Error ? error.message : String(error)
      this.reply(id, err({ code: 'INTERNAL_ERROR', message: `${name}: ${detail}` }))
    }
    try {
      Promise.resolve(this.servers[name](args, ports)).then((result) => this.reply(id, result), failed)
    } catch (error) {
      failed(error)
    }
  }

  private reply(id: number, result: Result<unknown, CallError>): void {
    this.transport.send(
      result.ok ? { kind: 'reply', id, ok: true, value: result.value } : { kind: 'reply', id, ok: false, error: result.error },
    )
  }
}

/** Garbage gets one error and a closed transport. */
export function refuse(transport: Transport, wrong: string | undefined): void {
  transport.send({ kind: 'error', text: wrong ?? 'not understood' })
  transport.close(`the other side sent garbage: ${wrong ?? 'not understood'}`)
}
