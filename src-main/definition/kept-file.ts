// One small value in one JSON file: preferences, the list's layout. A file that is damaged or of a newer version is put aside and
// reported, and the defaults are used; one of an older version lacks fields and gets the defaults' for them.
// Invariant: the file is replaced whole, writes follow one another, and nothing that could not be read is written over.
// Runs in: main, plain Node.
import { err, type Result } from '../../src-engine/public/result'
import type { Shape } from '../../src-engine/public/shape'
import { writeFileAtomic } from '../lib/atomic-file'
import { type ErrorReport, errorReport } from '../public/error-code'
import { readOwnFile, shaped } from './own-file'

function isRecord(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
}

export class KeptFile<T extends object> {
  private readonly path: string
  private readonly shape: Shape<T>
  private readonly version: number
  private current: T
  private queue: Promise<unknown> = Promise.resolve()

  constructor(path: string, shape: Shape<T>, defaults: T, version = 1) {
    this.path = path
    this.shape = shape
    this.current = defaults
    this.version = version
  }

  get value(): T {
    return this.current
  }

  /** The problem, if the file could not be used. */
  async load(): Promise<ErrorReport | undefined> {
    const { value = this.current, problem } = await readOwnFile(this.path, {
      version: this.version,
      check: (read) => this.filled(read),
      report: ({ newer, kept, detail }) => errorReport(newer ? 'preferences-newer' : 'preferences-corrupt', { kept, detail }),
    })
    this.current = value
    return problem
  }

  /** What could not be written does not count: the value is what it was before, unless another was set since. */
  set(value: T): Promise<void> {
    const before = this.current
    this.current = value
    const text = `${JSON.stringify({ version: this.version, ...value }, undefined, 2)}\n`
    const done = this.queue.then(() => writeFileAtomic(this.path, text))
    this.queue = done.catch(() => {
      if (this.current === value) this.current = before
    })
    return this.queue.then(() => done)
  }

  async settled(): Promise<void> {
    await this.queue
  }

  private filled(read: unknown): Result<T, string> {
    if (!isRecord(read)) return err('no object')
    const { version: _, ...fields } = read
    return shaped(this.shape, '')({ ...this.current, ...fields })
  }
}
