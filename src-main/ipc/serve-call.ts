// Serves one call of the table, whoever carried it: name and arguments are checked here and nowhere else, and whatever the
// function does, the answer is a Result. Invariant: never rejects. Runs in: main, plain Node.
import { err, type Result } from '../../src-engine/public/result'
import { type CallName, callTable, isCallName } from '../public/calls'
import { type ErrorReport, errorReport } from '../public/error-code'
import type { Caller, CallServers } from '../toolstack/call-server'

export type Reply = Result<unknown, ErrorReport>

/** Names from outside go into messages: keep them short and printable. */
function shown(name: unknown): string {
  return typeof name === 'string' ? name.slice(0, 60).replace(/[^\w.-]/g, '?') : typeof name
}

async function serveKnown<C extends CallName, W extends Caller>(
  servers: Partial<CallServers<CallName, W>>,
  name: C,
  params: unknown,
  caller: W,
): Promise<Reply> {
  const shape = callTable[name].params
  if (!shape.is(params)) {
    return err(errorReport('bad-arguments', { call: name, detail: shape.explain(params, 'arguments') ?? 'wrong shape' }))
  }
  const serve: Partial<CallServers<CallName, W>>[C] = servers[name]
  if (!serve) return err(errorReport('not-allowed', { call: name }))
  const result = await serve(params, caller)
  if (result.ok && !callTable[name].result.is(result.value)) {
    const detail = `${name} answered wrongly: ${callTable[name].result.explain(result.value)}`
    return err(errorReport('internal', { detail }))
  }
  return result
}

export async function serveCall<W extends Caller>(
  servers: Partial<CallServers<CallName, W>>,
  name: unknown,
  params: unknown,
  caller: W,
): Promise<Reply> {
  if (!isCallName(name)) return err(errorReport('no-such-call', { call: shown(name) }))
  try {
    return await serveKnown(servers, name, params, caller)
  } catch (thrown) {
    return err(errorReport('internal', { detail: thrown instanceof Error ? thrown.message : String(thrown) }))
  }
}
