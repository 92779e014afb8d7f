// The toolstack's errors: a code named as in libvirt's list, and one row per thing that can go wrong, with its
// cause and what to do about it in English. An error crosses processes as (reason, values), never as finished text, so
// that the renderer's catalogue can say it in another language under the same reason. Nobody matches on text.
// The rows are in ./errors, by what they are about. Invariant: {name} in a sentence is filled from `values`.
// Runs in: main, preload, renderer. No platform.
import { callErrors } from './errors/calls'
import { connectionErrors } from './errors/connections'
import { deviceErrors } from './errors/devices'
import { domainErrors } from './errors/domains'
import type { ErrorCode } from './errors/error-row'
import { fileErrors } from './errors/files'
import { installErrors } from './errors/install'
import { networkErrors } from './errors/networks'
import { storageErrors } from './errors/storage'

export { type ErrorCode, errorCodes } from './errors/error-row'

export const errorReasons = {
  ...callErrors,
  ...fileErrors,
  ...domainErrors,
  ...deviceErrors,
  ...installErrors,
  ...storageErrors,
  ...networkErrors,
  ...connectionErrors,
} as const

export type ErrorReason = keyof typeof errorReasons

/** An error as it crosses processes: plain, without finished text. */
export interface ErrorReport {
  readonly code: ErrorCode
  readonly reason: ErrorReason
  readonly values: Readonly<Record<string, string>>
}

export function errorReport(reason: ErrorReason, values: Readonly<Record<string, string | number>> = {}): ErrorReport {
  const texts: Record<string, string> = {}
  for (const [key, value] of Object.entries(values)) texts[key] = String(value)
  return { code: errorReasons[reason].code, reason, values: texts }
}

/** Fills {name} marks; an unknown mark stays visible rather than vanish. */
export function fillSentence(sentence: string, values: Readonly<Record<string, string>>): string {
  return sentence.replace(/\{(\w+)\}/g, (mark, name: string) => values[name] ?? mark)
}

/** The English text of an error; the renderer uses its catalogue for the language the user chose. */
export function explainError(error: ErrorReport): { readonly cause: string; readonly action: string } {
  const row = errorReasons[error.reason]
  return { cause: fillSentence(row.cause, error.values), action: fillSentence(row.action, error.values) }
}
