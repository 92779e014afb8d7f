// The virtual networks of the user in one file, networks.json. `default` is always among them: a file that does not have it
// (a new folder, a damaged file) gets it as it is from the start.
// Invariant: the file is replaced whole; a damaged one, or one of a newer version, is put aside and reported. Runs in: main, plain Node.
import { mkdir, readFile, rename } from 'node:fs/promises'
import { dirname } from 'node:path'
import { fields, list, oneOf } from '../../src-engine/public/shape'
import { systemErrorCode, systemErrorText, writeFileAtomic } from '../lib/atomic-file'
import { isNewer } from '../lib/newer'
import { DEFAULT_NETWORK, type Network, networkShape } from '../public/device'
import { type ErrorReport, errorReport } from '../public/error-code'

const VERSION = 1
const fileShape = fields({ version: oneOf(VERSION), networks: list(networkShape, 256) })

export class NetworkStore {
  private readonly path: string
  private queue: Promise<unknown> = Promise.resolve()

  constructor(path: string) {
    this.path = path
  }

  async load(): Promise<{ readonly networks: readonly Network[]; readonly problem: ErrorReport | null }> {
    let detail: string
    let newer = false
    try {
      const read: unknown = JSON.parse(await readFile(this.path, 'utf8'))
      newer = isNewer(read, VERSION)
      if (fileShape.is(read)) {
        const kept = read.networks.filter(({ name }) => name !== DEFAULT_NETWORK.name)
        const own = read.networks.find(({ name }) => name === DEFAULT_NETWORK.name) ?? DEFAULT_NETWORK
        return { networks: [own, ...kept], problem: null }
      }
      detail = fileShape.explain(read, 'networks') ?? 'not a list of networks'
    } catch (thrown) {
      if (systemErrorCode(thrown) === 'ENOENT') return { networks: [DEFAULT_NETWORK], problem: null }
      detail = thrown instanceof SyntaxError ? 'it is not JSON' : systemErrorText(thrown)
    }
    const kept = `${this.path}.${Date.now()}.${newer ? 'newer' : 'damaged'}`
    await rename(this.path, kept).catch(() => undefined)
    return {
      networks: [DEFAULT_NETWORK],
      problem: errorReport(newer ? 'networks-newer' : 'networks-corrupt', { detail, kept }),
    }
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
