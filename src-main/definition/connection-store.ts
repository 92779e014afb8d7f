// The user's connections in one file, connections.json, in the order of the list. The first connection is always among them: a
// file that does not have it (a new folder, a damaged file) gets it as it is from the start.
// Invariant: the file is replaced whole; a damaged one and one of a newer version are put aside and reported, and nothing that
// could not be read is written over. Runs in: main, plain Node.
import { readFile, rename } from 'node:fs/promises'
import { fields, oneOf } from '../../src-engine/public/shape'
import { systemErrorCode, systemErrorText, writeFileAtomic } from '../lib/atomic-file'
import { isNewer } from '../lib/newer'
import { type ConnectionDefinition, connectionsShape, LOCAL_CONNECTION } from '../public/connection'
import { type ErrorReport, errorReport } from '../public/error-code'

const VERSION = 1
const fileShape = fields({ version: oneOf(VERSION), connections: connectionsShape })

export const localConnection: ConnectionDefinition = {
  connection: LOCAL_CONNECTION,
  name: null,
  driver: 'embedded',
  autoconnect: true,
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
    let detail: string
    let newer = false
    try {
      const read: unknown = JSON.parse(await readFile(this.path, 'utf8'))
      newer = isNewer(read, VERSION)
      const wrong = newer ? undefined : fileShape.explain(read, 'connections')
      if (fileShape.is(read)) {
        const twice = doubled(read.connections)
        if (twice === undefined) return { connections: withLocal(read.connections), problem: null }
        detail = twice
      } else detail = wrong ?? 'not a list of connections'
    } catch (thrown) {
      if (systemErrorCode(thrown) === 'ENOENT') return { connections: [localConnection], problem: null }
      detail = thrown instanceof SyntaxError ? 'it is not JSON' : systemErrorText(thrown)
    }
    const kept = `${this.path}.${Date.now()}.${newer ? 'newer' : 'damaged'}`
    const moved = await rename(this.path, kept).then(
      () => null,
      (thrown: unknown) => errorReport('file-unreadable', { path: this.path, detail: systemErrorText(thrown) }),
    )
    const problem = moved ?? errorReport(newer ? 'connections-newer' : 'connections-corrupt', { detail, kept })
    return { connections: [localConnection], problem }
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
