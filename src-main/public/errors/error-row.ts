// What every error has: a code named as in libvirt’s list, and in English its cause and what to do about it. Runs in: everywhere.

export const errorCodes = [
  'INTERNAL_ERROR', // we erred
  'NO_MEMORY',
  'INVALID_ARG', // a call whose arguments do not fit its shape or limits
  'OPERATION_FAILED', // the operation was possible, and failed
  'NO_DOMAIN',
  'DOM_EXIST',
  'OPERATION_DENIED', // who asks may not
  'OPERATION_INVALID', // not in this state
  'OPERATION_ABORTED', // cancelled by the user
  'OPERATION_TIMEOUT',
  'OPERATION_UNSUPPORTED', // this driver cannot
  'CONFIG_UNSUPPORTED', // this definition cannot be run
  'SYSTEM_ERROR', // the operating system said no
  'RESOURCE_BUSY',
  'NO_SUPPORT', // no such call
  'NO_CONNECT', // a connection that is not there, or not open
] as const

export type ErrorCode = (typeof errorCodes)[number]

/** {name} in a sentence is filled from the error's values. */
export interface ErrorRow {
  readonly code: ErrorCode
  readonly cause: string
  readonly action: string
}
