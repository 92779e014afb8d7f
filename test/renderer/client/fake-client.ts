// A client for tests of the renderer: answers of calls from a table, events sent by hand, and what was called.

import { type CallName, type CallParams, type CallResult, callTable } from '../../../src-main/public/calls'
import type { Client } from '../../../src-main/public/client'
import { type ErrorReport, errorReport } from '../../../src-main/public/error-code'
import type { EventName, EventPayload } from '../../../src-main/public/events'
import { err, ok, type Result } from '../../../src-main/public/result'

export type Answers = { readonly [C in CallName]?: (params: CallParams<C>) => Promise<Result<unknown, ErrorReport>> }

export interface FakeClient extends Client {
  readonly called: CallName[]
  send<E extends EventName>(name: E, payload: EventPayload<E>): void
}

export function fakeClient(answers: Answers): FakeClient {
  const called: CallName[] = []
  const listeners = new Map<EventName, Set<(payload: unknown) => void>>()
  return {
    called,
    async call<C extends CallName>(name: C, params: CallParams<C>): Promise<Result<CallResult<C>, ErrorReport>> {
      called.push(name)
      const answer = await answers[name]?.(params)
      if (answer === undefined) return err(errorReport('no-such-call', { call: name }))
      if (!answer.ok) return answer
      const shape = callTable[name].result
      return shape.is(answer.value)
        ? ok(answer.value)
        : err(errorReport('internal', { detail: shape.explain(answer.value) ?? '' }))
    },
    subscribe(name, listener) {
      const set = listeners.get(name) ?? new Set()
      const heard = (payload: unknown) => listener(payload as never)
      listeners.set(name, set.add(heard))
      return () => {
        set.delete(heard)
      }
    },
    send(name, payload) {
      for (const listener of listeners.get(name) ?? []) listener(payload)
    },
  }
}
