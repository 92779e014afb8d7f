// From what the engine's processes answer to the toolstack's errors: their codes are ours already, their sentence becomes
// the detail. Runs in: main, plain Node.
import type { CallError } from '../../../src-engine/public/protocol/call'
import { type ErrorCode, type ErrorReason, type ErrorReport, errorCodes, errorReport } from '../../public/error-code'

/** What an error of the engine means while doing what. A code that is not listed is "the hypervisor reports". */
const REASONS: Readonly<Record<'start' | 'save' | 'snapshot' | 'restore' | 'other', Readonly<Record<string, ErrorReason>>>> = {
  start: { INVALID_ARG: 'image-unusable', CONFIG_UNSUPPORTED: 'image-unusable', OPERATION_ABORTED: 'cancelled' },
  save: { OPERATION_ABORTED: 'cancelled', OPERATION_FAILED: 'save-failed', INVALID_ARG: 'save-failed' },
  snapshot: { OPERATION_ABORTED: 'cancelled', OPERATION_FAILED: 'snapshot-failed', INVALID_ARG: 'snapshot-failed' },
  restore: {
    OPERATION_ABORTED: 'cancelled',
    INVALID_ARG: 'save-unusable',
    OPERATION_FAILED: 'save-unusable',
  },
  other: {},
}

function isErrorCode(code: string): code is ErrorCode {
  return errorCodes.some((each) => each === code)
}

export function engineError(doing: keyof typeof REASONS, error: CallError, path = ''): ErrorReport {
  const reason = REASONS[doing][error.code] ?? 'engine-said'
  const detail = error.message.replace(/\.\s*$/, '')
  const report = errorReport(reason, { detail, path })
  return isErrorCode(error.code) ? { ...report, code: error.code } : report
}
