// What the toolstack's errors say in the language chosen. English comes from the toolstack's own table; German is in
// german-errors/, under the same reasons and in files of the same names, so a new reason without German does not compile.
// Values that are words of ours (states, operations) or the engine's, the toolstack's and the system's are translated too; what a guest or
// another program said stays as it came.
// Runs in: renderer and tests; pure.

import { type ErrorReason, type ErrorReport, errorReasons, fillSentence } from '../../src-main/public/error-code'
import { germanWords } from '../../src-main/public/german/german-words'
import { DEFAULT_POOL } from '../../src-main/public/storage'
import { domainOperations, domainStates } from '../../src-main/public/types'
import { isolatedValues } from '../lib/bidi'
import { type Language, makeTranslator } from '../lib/translate'
import { remedies } from './error-remedy'
import { germanCallErrors } from './german-errors/calls'
import { germanConnectionErrors } from './german-errors/connections'
import { germanDeviceErrors } from './german-errors/devices'
import { germanDomainErrors } from './german-errors/domains'
import { germanFileErrors } from './german-errors/files'
import type { GermanRow } from './german-errors/german-row'
import { germanInstallErrors } from './german-errors/install'
import { germanNetworkErrors } from './german-errors/networks'
import { germanStorageErrors } from './german-errors/storage'

export const german: Readonly<Record<ErrorReason, GermanRow>> = {
  ...germanCallErrors,
  ...germanConnectionErrors,
  ...germanDeviceErrors,
  ...germanDomainErrors,
  ...germanFileErrors,
  ...germanInstallErrors,
  ...germanNetworkErrors,
  ...germanStorageErrors,
}

const ofPools: readonly ErrorReason[] = ['no-pool', 'pool-exists', 'pool-permanent']

/** The first pool is called by our own word wherever it is shown. */
export function withPoolName(
  values: Readonly<Record<string, string>>,
  mark: string,
  language: Language,
): Record<string, string> {
  return values[mark] === DEFAULT_POOL ? { ...values, [mark]: makeTranslator(language)('storage.default-pool') } : { ...values }
}

function translateValues(values: Readonly<Record<string, string>>, language: Language): Record<string, string> {
  const t = makeTranslator(language)
  const translated: Record<string, string> = { ...values }
  const state = domainStates.find((known) => known === values['state'])
  if (state !== undefined) translated['state'] = t(`state.${state}`).toLowerCase()
  const operation = domainOperations.find((known) => known === values['operation'])
  if (operation !== undefined) translated['operation'] = t(`operation.${operation}`)
  return language === 'de' ? withGermanDetail(translated) : translated
}

/** Also for what the doctor finds. */
export function withGermanDetail(values: Readonly<Record<string, string>>): Record<string, string> {
  const { detail } = values
  return detail === undefined ? { ...values } : { ...values, detail: germanWords(detail) }
}

export interface ErrorText {
  readonly cause: string
  /** What follows from it. */
  readonly consequence: string
  readonly action: string
}

export function errorText(error: ErrorReport, language: Language): ErrorText {
  const row: GermanRow = language === 'de' ? german[error.reason] : errorReasons[error.reason]
  const told = ofPools.includes(error.reason) ? withPoolName(error.values, 'name', language) : error.values
  const values = isolatedValues(translateValues(told, language))
  const consequence = makeTranslator(language)(`effect.${remedies[error.reason].effect}`)
  return { cause: fillSentence(row.cause, values), consequence, action: fillSentence(row.action, values) }
}
