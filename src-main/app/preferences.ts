// The user's preferences in one small file. A damaged file is put aside and the defaults are used.
// Runs in: main, plain Node.
import { readFile, rename } from 'node:fs/promises'
import { systemErrorCode, writeFileAtomic } from '../lib/atomic-file'
import { type ErrorReport, errorReport } from '../public/error-code'
import { defaultPreferences, type Preferences, preferencesShape } from '../public/types'

export class PreferencesFile {
  private readonly path: string
  private current: Preferences = defaultPreferences

  constructor(path: string) {
    this.path = path
  }

  get value(): Preferences {
    return this.current
  }

  /** The problem, if the file was damaged. */
  async load(): Promise<ErrorReport | undefined> {
    try {
      const read: unknown = JSON.parse(await readFile(this.path, 'utf8'))
      // A file of an older version lacks what was added since.
      const filled: unknown = typeof read === 'object' ? { ...defaultPreferences, ...read } : read
      if (preferencesShape.is(filled)) {
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

  async set(preferences: Preferences): Promise<void> {
    this.current = preferences
    await writeFileAtomic(this.path, `${JSON.stringify(preferences, undefined, 2)}\n`)
  }
}
