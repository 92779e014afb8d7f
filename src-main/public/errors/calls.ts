// Errors of calls, jobs and processes: what may go wrong whatever was asked for. Runs in: everywhere.
import type { ErrorRow } from './error-row'

export const callErrors = {
  internal: { code: 'INTERNAL_ERROR', cause: 'Ringmaster made a mistake: {detail}.', action: 'Please report it with the log.' },
  'no-such-call': {
    code: 'NO_SUPPORT',
    cause: 'There is no call named “{call}”.',
    action: 'Update both ends to the same version.',
  },
  'bad-arguments': {
    code: 'INVALID_ARG',
    cause: 'The arguments of “{call}” are wrong: {detail}.',
    action: 'Correct them and try again.',
  },
  'not-allowed': {
    code: 'OPERATION_DENIED',
    cause: 'This window may not use “{call}”.',
    action: 'Use the window made for it.',
  },
  'path-not-chosen': {
    code: 'OPERATION_DENIED',
    cause: 'The file {path} was not chosen in a file dialog.',
    action: 'Choose the file again.',
  },
  'job-past-return': {
    code: 'OPERATION_INVALID',
    cause: 'This can no longer be cancelled: what it changes is being changed.',
    action: 'Wait until it is done; what it did can be changed afterwards.',
  },
  'no-job': { code: 'OPERATION_INVALID', cause: 'There is no job number {job}.', action: 'It has probably ended.' },
  cancelled: {
    code: 'OPERATION_ABORTED',
    cause: 'The operation was cancelled.',
    action: 'Nothing was changed; start it again when you wish.',
  },
  'timed-out': {
    code: 'OPERATION_TIMEOUT',
    cause: 'No answer came within {seconds} seconds: {operation}.',
    action: 'Try again, or force the machine off.',
  },
  unsupported: {
    code: 'OPERATION_UNSUPPORTED',
    cause: 'This hypervisor cannot do it: {operation}.',
    action: 'Use another way.',
  },
  'engine-said': {
    code: 'OPERATION_FAILED',
    cause: 'The hypervisor reports: {detail}.',
    action: 'Look at the log of the machine.',
  },
  'process-died': {
    code: 'OPERATION_FAILED',
    cause: 'The process of “{name}” ended unexpectedly ({detail}).',
    action: 'Look at the log, then start the machine again.',
  },
  'socket-refused': {
    code: 'SYSTEM_ERROR',
    cause: 'The command line cannot reach this app: {path} cannot be opened ({detail}).',
    action: 'The windows are not affected; correct that and start Ringmaster again.',
  },
  'domain0-restarted': {
    code: 'OPERATION_FAILED',
    cause: 'Domain 0 ended unexpectedly ({detail}) and was started again.',
    action: 'Nothing to do: guests go on. Consoles reconnect by themselves.',
  },
  'domain0-away': {
    code: 'OPERATION_FAILED',
    cause: 'Domain 0 ended while it was doing this.',
    action: 'It is started again by itself: try again in a moment.',
  },
  'domain0-gone': {
    code: 'OPERATION_FAILED',
    cause: 'Domain 0 ends again and again ({detail}).',
    action: 'Let the doctor start it again; if it ends again, collect a report there.',
  },
  'old-electron': {
    code: 'OPERATION_FAILED',
    cause:
      'This is the old Electron {version} that no longer gets security fixes, used because the current one could not be downloaded.',
    action: 'When there is a network, run “npm run electron:update”.',
  },
} as const satisfies Record<string, ErrorRow>
