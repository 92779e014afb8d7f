// Reading a JSON file of ours. One that is damaged or of a newer version is put aside beside itself and reported; whoever asked goes on
// without it. Invariant: nothing that could not be read is written over: it has another name before anybody hears of it, and where that
// cannot be, the report says that the file itself cannot be used. Runs in: main, plain Node.
import { readFile, rename } from 'node:fs/promises'
import { err, ok, type Result } from '../../src-engine/public/result'
import type { Shape } from '../../src-engine/public/shape'
import { systemErrorCode, systemErrorText } from '../lib/atomic-file'
import { isNewer } from '../lib/newer'
import { asideName } from '../lib/own-folder'
import { type ErrorReport, errorReport } from '../public/error-code'

/** A file that is none of ours, or none yet: where it is kept now, and what is wrong with it. */
export interface PutAside {
  readonly path: string
  readonly kept: string
  readonly detail: string
  readonly newer: boolean
}

export interface OwnFile<T> {
  /** The newest this program knows: a file of a later one is not even looked at. */
  readonly version: number
  /** What is in the file, or in words why it is none. */
  check(read: unknown): Result<T, string>
  report(aside: PutAside): ErrorReport
}

/** Neither value nor problem: there is no such file. */
export interface ReadOwnFile<T> {
  readonly value?: T
  readonly problem?: ErrorReport
}

export async function readOwnFile<T>(path: string, { version, check, report }: OwnFile<T>): Promise<ReadOwnFile<T>> {
  let detail: string
  let newer = false
  try {
    const read: unknown = JSON.parse(await readFile(path, 'utf8'))
    newer = isNewer(read, version)
    const checked = newer ? err('it is of a newer version') : check(read)
    if (checked.ok) return { value: checked.value }
    detail = checked.error
  } catch (thrown) {
    if (systemErrorCode(thrown) === 'ENOENT') return {}
    detail = thrown instanceof SyntaxError ? 'it is not JSON' : systemErrorText(thrown)
  }
  const kept = asideName(path, newer)
  try {
    await rename(path, kept)
    return { problem: report({ path, kept, detail, newer }) }
  } catch (thrown) {
    return { problem: errorReport('file-unreadable', { path, detail: systemErrorText(thrown) }) }
  }
}

/** For `check`: it has this shape. `what` names the whole of it. */
export function shaped<T>(shape: Shape<T>, what: string): (read: unknown) => Result<T, string> {
  return (read) => (shape.is(read) ? ok(read) : err(shape.explain(read, what) ?? 'not what it should be'))
}
