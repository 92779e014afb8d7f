// Names as windows and the toolstack treat them, and what is wrong with one, as the report that calls answer with and windows show
// beside the field.
// Runs in: main, preload, renderer. No platform.
import {
  bytesOf,
  labelFault,
  machineNameFault,
  NAME_BYTES_MOST,
  type NameFault,
  NEVER_IN_NAMES,
} from '../../src-engine/public/name'
import { type ErrorReport, errorReport } from './error-code'

export { charactersOf, cutTo, fileStem, isPlain, NAME_BYTES_MOST, nameKey, properName } from '../../src-engine/public/name'

const never = new RegExp(`[${NEVER_IN_NAMES}]`, 'u')

/** The character that no name has, as U+202E. */
function culprit(name: string): string {
  const code = never.exec(name)?.[0].codePointAt(0) ?? 0
  return `U+${code.toString(16).toUpperCase().padStart(4, '0')}`
}

function reportOf(fault: NameFault, name: string): ErrorReport {
  switch (fault) {
    case 'empty':
      return errorReport('name-empty')
    case 'long':
      return errorReport('name-long', { bytes: bytesOf(name), most: NAME_BYTES_MOST })
    case 'unwritten':
      return errorReport('name-unwritten', { character: culprit(name) })
    case 'turning':
      return errorReport('name-turning', { character: culprit(name) })
    case 'invisible':
      return errorReport('name-invisible')
    case 'slash':
      return errorReport('name-slash', { name })
    case 'dots':
    case 'dash':
      return errorReport('name-bad', { name })
  }
}

/** Of a name in its kept form (`properName`), of a machine. */
export function machineNameProblem(name: string): ErrorReport | undefined {
  const fault = machineNameFault(name)
  return fault && reportOf(fault, name)
}

/** The same of a name that is never near to a path or a command: a snapshot's, a template's. */
export function labelProblem(name: string): ErrorReport | undefined {
  const fault = labelFault(name)
  return fault && reportOf(fault, name)
}
