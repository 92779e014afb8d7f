// One small value in one JSON file: preferences, the list's layout. A file that is damaged or of a newer version is put aside and
// reported, and the defaults are used; one of an older version lacks fields and gets the defaults' for them.
// Invariant: the file is replaced whole, writes follow one another, and nothing that could not be read is written over.
// Runs in: main, plain Node.
import { readFile, rename } from 'node:fs/promises'
import type { Shape } from '../../src-engine/public/shape'
import { systemErrorCode, systemErrorText, writeFileAtomic } from '../lib/atomic-file'
import { isNewer } from '../lib/newer'
import { type ErrorReport, errorReport } from '../public/error-code'

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
    let read: unknown
    try {
      read = JSON.parse(await readFile(this.path, 'utf8'))
    } catch (thrown) {
      if (systemErrorCode(thrown) === 'ENOENT') return undefined
      return this.putAside('preferences-corrupt', systemErrorText(thrown))
    }
    if (!isRecord(read)) return this.putAside('preferences-corrupt', 'no object')
    const { version = 1, ...fields } = read
    if (isNewer(read, this.version)) return this.putAside('preferences-newer', String(version))
    const filled: unknown = { ...this.current, ...fields }
    if (!this.shape.is(filled)) return this.putAside('preferences-corrupt', this.shape.explain(filled) ?? '')
    this.current = filled
    return undefined
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

  private async putAside(reason: 'preferences-corrupt' | 'preferences-newer', detail: string): Promise<ErrorReport> {
    const kept = `${this.path}.${Date.now()}.${reason === 'preferences-newer' ? 'newer' : 'damaged'}`
    try {
      await rename(this.path, kept)
    } catch (thrown) {
      return errorReport('file-unreadable', { path: this.path, detail: systemErrorText(thrown) })
    }
    return errorReport(reason, { kept, detail })
  }
}
