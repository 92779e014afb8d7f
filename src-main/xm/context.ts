// What a command has to work with, and the small things all commands do: finding a domain, failing with a sentence, waiting.
// Invariant: output for programs goes to `out`, sentences for people to `err`; a failure ends with code 1.
// Runs in: command line, plain Node.
import type { Readable, Writable } from 'node:stream'
import type { Result } from '../../src-engine/public/result'
import type { CallName, CallParams, CallResult } from '../public/calls'
import { domainKey, LOCAL_CONNECTION, ownUuid } from '../public/connection'
import { type ErrorReport, explainError } from '../public/error-code'
import { nameKey, properName } from '../public/name'
import { DOMAIN0_UUID, type DomainConfig, type DomainInfo } from '../public/types'
import type { Connection } from './connection'

export interface Context {
  readonly app: Connection
  /** The one the command is about; calls of `app` mean it too. */
  readonly connection: string
  out(text: string): void
  err(text: string): void
  readonly now: () => number
  /** The folder that names of files are seen from. */
  readonly folder: string
  readonly stdin: Terminal
  readonly stdout: Writable & { readonly rows?: number; readonly columns?: number }
}

/** Standard input: a terminal, or what was piped in. */
export type Terminal = Readable & { readonly isTTY?: boolean; setRawMode?(raw: boolean): unknown }

/** Ends a command with a sentence. */
export class Failure extends Error {}

export function taken<T>(result: Result<T, ErrorReport>): T {
  if (result.ok) return result.value
  // Whoever typed it knows the word, and nothing of the call.
  const { reason, values } = result.error
  const wrong = reason === 'bad-arguments' ? /^value\.(.+): (.+) expected, .+ found$/.exec(values['detail'] ?? '') : null
  if (wrong) throw new Failure(`${wrong[1]}: ${wrong[2]} is expected.`)
  const { cause, action } = explainError(result.error)
  throw new Failure(`${cause} ${action}`)
}

export async function call<C extends CallName>({ app }: Context, name: C, params: CallParams<C>): Promise<CallResult<C>> {
  return taken(await app.client.call(name, params))
}

/** Those of the connection the command is about. */
export async function domainList(context: Context): Promise<readonly DomainInfo[]> {
  const domains = await call(context, 'domainList', {})
  return domains.filter(({ connection = LOCAL_CONNECTION }) => connection === context.connection)
}

/** What names domain 0 of it: public/connection.ts says why. */
export function domain0Of({ connection }: Context): string {
  return domainKey(connection, DOMAIN0_UUID)
}

/** By name, domid or UUID, as xl finds it; those that are off have no domid. A name that two have, which files can make, is none. */
export async function findDomain(context: Context, word: string): Promise<DomainInfo> {
  const domains = await domainList(context)
  const typed = properName(word)
  const same = domains.filter(({ name }) => name === typed)
  const named = same.length > 0 ? same : domains.filter(({ name }) => nameKey(name) === nameKey(typed))
  if (named.length > 1) {
    throw new Failure(`${word} is the name of ${named.length} domains: use an identifier, ${named.map(ownUuid).join(' or ')}`)
  }
  const found =
    named[0] ??
    domains.find((domain) => ownUuid(domain) === word.toLowerCase()) ??
    (/^\d+$/.test(word) ? domains.find(({ domid }) => domid === Number(word)) : undefined)
  if (!found) throw new Failure(`${word} is an invalid domain identifier (rc=-6)`)
  return found
}

export async function findGuest(context: Context, word: string): Promise<DomainInfo & { readonly config: DomainConfig }> {
  const { config, ...domain } = await findDomain(context, word)
  if (config === null || domain.kind === 'domain0') throw new Failure(`${word} is domain 0, which cannot do this`)
  return { ...domain, config }
}

export function domidOf({ domid, name }: DomainInfo): number {
  if (domid === null) throw new Failure(`${name} is not running`)
  return domid
}

/** Looks at a domain whenever it has changed, until this is so; gone counts as null. */
export function untilDomain(context: Context, uuid: string, met: (domain: DomainInfo | null) => boolean): Promise<void> {
  const { client } = context.app
  return new Promise((resolve) => {
    const end = (): void => {
      for (const unsubscribe of ends) unsubscribe()
      resolve()
    }
    const ends = [
      client.subscribe('domainChanged', ({ domain }) => {
        if (domain.uuid === uuid && met(domain)) end()
      }),
      client.subscribe('domainRemoved', (removed) => {
        if (removed.uuid === uuid && met(null)) end()
      }),
      client.subscribe('connectionEmptied', ({ connection }) => {
        if (connection === context.connection && met(null)) end()
      }),
    ]
    void client.call('domainInfo', { uuid }).then((info) => {
      if (met(info.ok ? info.value : null)) end()
    })
  })
}

/** Waits for a job to end; a failed one is a failure. */
export async function untilJob(context: Context, job: number): Promise<void> {
  const { client } = context.app
  const ended = await new Promise<ErrorReport | null>((resolve) => {
    const look = (jobs: readonly { job: number; state: string; error: ErrorReport | null }[]): void => {
      const found = jobs.find((each) => each.job === job)
      if (found && found.state !== 'running') {
        unsubscribe()
        resolve(found.error)
      }
    }
    const unsubscribe = client.subscribe('jobChanged', (event) => look([event.job]))
    void client.call('jobList', {}).then((jobs) => {
      if (jobs.ok) look(jobs.value)
    })
  })
  if (ended) taken({ ok: false, error: ended })
}
