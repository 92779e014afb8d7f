// The virtual networks of the user in one file, networks.json. `default` is always among them: a file that does not have it
// (a new folder, a damaged file) gets it as it is from the start.
// Invariant: the file is replaced whole; a damaged one, or one of a newer version, is put aside and reported. Runs in: main, plain Node.
import { mkdir } from 'node:fs/promises'
import { dirname } from 'node:path'
import { fields, list, oneOf } from '../../src-engine/public/shape'
import { writeFileAtomic } from '../lib/atomic-file'
import { DEFAULT_NETWORK, type Network, networkShape } from '../public/device'
import { type ErrorReport, errorReport } from '../public/error-code'
import { readOwnFile, shaped } from './own-file'

const VERSION = 1
const fileShape = fields({ version: oneOf(VERSION), networks: list(networkShape, 256) })

export class NetworkStore {
  private readonly path: string
  private queue: Promise<unknown> = Promise.resolve()

  constructor(path: string) {
    this.path = path
  }

  async load(): Promise<{ readonly networks: readonly Network[]; readonly problem: ErrorReport | null }> {
    const { value = { networks: [] }, problem = null } = await readOwnFile(this.path, {
      version: VERSION,
      check: shaped(fileShape, 'networks'),
      report: ({ newer, detail, kept }) => errorReport(newer ? 'networks-newer' : 'networks-corrupt', { detail, kept }),
    })
    return { networks: withDefault(value.networks), problem }
  }

  put(networks: readonly Network[]): Promise<void> {
    const content = `${JSON.stringify({ version: VERSION, networks }, undefined, 2)}\n`
    const done = this.queue.then(async () => {
      await mkdir(dirname(this.path), { recursive: true })
      await writeFileAtomic(this.path, content)
    })
    this.queue = done.catch(() => undefined)
    return done
  }

  async settled(): Promise<void> {
    await this.queue
  }
}

function withDefault(networks: readonly Network[]): readonly Network[] {
  const own = networks.find(({ name }) => name === DEFAULT_NETWORK.name) ?? DEFAULT_NETWORK
  return [own, ...networks.filter((each) => each !== own)]
}
