// What to tell of a file that could not be written: that there is no room, or what the system said. Runs in: main, plain Node.
import { type ErrorReport, errorReport } from '../public/error-code'
import { systemErrorCode, systemErrorText } from './atomic-file'

export function writeProblem(path: string, thrown: unknown): ErrorReport {
  const full = ['ENOSPC', 'EDQUOT'].includes(systemErrorCode(thrown))
  return full ? errorReport('disk-full', { path }) : errorReport('file-unwritable', { path, detail: systemErrorText(thrown) })
}
