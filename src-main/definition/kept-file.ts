// One small value in one JSON file: preferences, the list's layout. A damaged file is put aside and the defaults are used;
// one of an older version lacks fields and gets the defaults' for them.
// Invariant: the file is replaced whole, and writes follow one another. Runs in: main, plain Node.
import { readFile, rename } from 'node:fs/promises'
import type { Shape } from '../../src-engine/public/shape'
import { systemErrorCode, writeFileAtomic } from '../lib/atomic-file'
import { type ErrorReport, errorReport } from '../public/error-code'

export class KeptFile<T extends object> {
  private readonly path: string
  private readonly shape: Shape<T>
  private current: T
  private queue: Promise<unknown> = Promise.resolve()

  constructor(path: string, shape: Shape<T>, defaults: T) {
    this.path = path
    this.shape = shape
    this.current = defaults
  }

  get value(): T {
    return this.current
  }

  /** The problem, if the file was damaged. */
  async load(): Promise<ErrorReport | undefined> {
    try {
      const read: unknown = JSON.parse(await readFile(this.path, 'utf8'))
      const filled: unknown = typeof read === 'object' ? { ...this.current, ...read } : read
      if (this.shape.is(filled)) {
        this.current = filled
        return undefined
      }
    } catch (thrown) {
      if (systemErrorCode(thrown) === 'ENOENT') return undefined
    }
    const kept = `${this.path}.${Date.now()}.damaged`
    await rename(this.path, kept).catch(() => undefined)
    return errorReport('preferences-corrupt', { kept })
  }

  set(value: T): Promise<void> {
    this.current = value
    const done = this.queue.then(() => writeFileAtomic(this.path, `${JSON.stringify(value, undefined, 2)}\n`))
    this.queue = done.catch(() => undefined)
    return done
  }

  async settled(): Promise<void> {
    await this.queue
  }
}
