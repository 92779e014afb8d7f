// The user's connections in one file, connections.json, in the order of the list. The first connection is always among them: a
// file that does not have it (a new folder, a damaged file) gets it as it is from the start.
// Invariant: the file is replaced whole; a damaged one and one of a newer version are put aside and reported, and nothing that
// could not be read is written over. Runs in: main, plain Node.
import { err, ok, type Result } from '../../src-engine/public/result'
import { fields, oneOf } from '../../src-engine/public/shape'
import { writeFileAtomic } from '../lib/atomic-file'
import { type ConnectionDefinition, connectionsShape, LOCAL_CONNECTION } from '../public/connection'
import { type ErrorReport, errorReport } from '../public/error-code'
import { readOwnFile, shaped } from './own-file'

const VERSION = 1
const fileShape = fields({ version: oneOf(VERSION), connections: connectionsShape })

export const localConnection: ConnectionDefinition = {
  connection: LOCAL_CONNECTION,
  name: null,
  driver: 'embedded',
  autoconnect: true,
}

function listed(read: unknown): Result<readonly ConnectionDefinition[], string> {
  const found = shaped(fileShape, 'connections')(read)
  if (!found.ok) return found
  const { connections } = found.value
  const twice = doubled(connections)
  return twice === undefined ? ok(withLocal(connections)) : err(twice)
}

/** Why a list of the right shape is none: two with one identifier, or with one name. */
function doubled(connections: readonly ConnectionDefinition[]): string | undefined {
  const seen = new Set<string>()
  for (const { connection, name } of connections) {
    for (const word of [connection, ...(name === null ? [] : [name.toLowerCase()])]) {
      if (seen.has(word)) return `${word} is there twice`
      seen.add(word)
    }
  }
  return connections.some(({ connection, name }) => name === null && connection !== LOCAL_CONNECTION)
    ? 'one has no name'
    : undefined
}

export class ConnectionStore {
  private readonly path: string
  private queue: Promise<unknown> = Promise.resolve()

  constructor(path: string) {
    this.path = path
  }

  async load(): Promise<{ readonly connections: readonly ConnectionDefinition[]; readonly problem: ErrorReport | null }> {
    const { value = [localConnection], problem = null } = await readOwnFile(this.path, {
      version: VERSION,
      check: listed,
      report: ({ newer, detail, kept }) => errorReport(newer ? 'connections-newer' : 'connections-corrupt', { detail, kept }),
    })
    return { connections: value, problem }
  }

  put(connections: readonly ConnectionDefinition[]): Promise<void> {
    const content = `${JSON.stringify({ version: VERSION, connections }, undefined, 2)}\n`
    const done = this.queue.then(() => writeFileAtomic(this.path, content))
    this.queue = done.catch(() => undefined)
    return done
  }

  async settled(): Promise<void> {
    await this.queue
  }
}

function withLocal(connections: readonly ConnectionDefinition[]): readonly ConnectionDefinition[] {
  const local = connections.find(({ connection }) => connection === LOCAL_CONNECTION) ?? localConnection
  return [local, ...connections.filter((each) => each !== local)]
}
