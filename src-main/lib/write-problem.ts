// What to tell of a file that could not be written: that there is no room, or what the system said. Runs in: main, plain Node.

import { isAbsolute, sep } from 'node:path'
import { type ErrorReport, errorReport } from '../public/error-code'
import { systemErrorCode, systemErrorText } from './atomic-file'

export function writeProblem(path: string, thrown: unknown): ErrorReport {
  const full = ['ENOSPC', 'EDQUOT'].includes(systemErrorCode(thrown))
  const place = whole(path, thrown)
  return full
    ? errorReport('disk-full', { path: place })
    : errorReport('file-unwritable', { path: place, detail: systemErrorText(thrown) })
}

/** A file of the app's folder may be given by its name there: people are told where that is, as far as the system says. */
function whole(path: string, thrown: unknown): string {
  if (isAbsolute(path) || !(thrown instanceof Error && 'path' in thrown && typeof thrown.path === 'string')) return path
  const at = `${thrown.path}${sep}`.lastIndexOf(`${sep}${path}${sep}`)
  return at < 0 ? thrown.path : thrown.path.slice(0, at + sep.length + path.length)
}
