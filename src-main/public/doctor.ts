// What the doctor looks at and what it finds, one row each. Cause, consequence and what to do are sentences of the renderer's
// catalogue under the same names, filled from `values`.
// Runs in: main, preload, renderer. No platform.
import { dictionary, fields, list, oneOf, shortText, type TypeOf, text } from '../../src-engine/public/shape'
import { nullable, uuidShape } from './types'

/** What is looked at on the machine; with nothing found, it is in order. */
export const doctorChecks = [
  'space',
  'pools',
  'permissions',
  'memory',
  'ports',
  'electron',
  'helpers',
  'domain0',
  'domains',
] as const
export type DoctorCheck = (typeof doctorChecks)[number]

export interface FindingRow {
  readonly check: DoctorCheck
  readonly severity: 'info' | 'warning' | 'error'
  /** What its button does: main mends it, the machine's window or Storage is opened, or nothing we can do. */
  readonly mend: 'mend' | 'open' | 'storage' | 'none'
}

export const findingTable = {
  'space-none': { check: 'space', severity: 'error', mend: 'storage' },
  'space-out': { check: 'space', severity: 'error', mend: 'storage' },
  'space-low': { check: 'space', severity: 'warning', mend: 'storage' },
  'pool-missing': { check: 'pools', severity: 'warning', mend: 'storage' },
  'folder-closed': { check: 'permissions', severity: 'error', mend: 'mend' },
  'folder-readable': { check: 'permissions', severity: 'warning', mend: 'mend' },
  'memory-promised': { check: 'memory', severity: 'warning', mend: 'none' },
  'memory-low': { check: 'memory', severity: 'warning', mend: 'none' },
  'port-taken': { check: 'ports', severity: 'warning', mend: 'open' },
  'port-low': { check: 'ports', severity: 'warning', mend: 'open' },
  'electron-old': { check: 'electron', severity: 'warning', mend: 'none' },
  'helper-demo': { check: 'helpers', severity: 'info', mend: 'none' },
  'helper-debian': { check: 'helpers', severity: 'info', mend: 'none' },
  'domain0-down': { check: 'domain0', severity: 'error', mend: 'mend' },
  'file-missing': { check: 'domains', severity: 'error', mend: 'open' },
  'disk-no-kernel': { check: 'domains', severity: 'warning', mend: 'open' },
  'disk-no-kernel-but': { check: 'domains', severity: 'warning', mend: 'open' },
  'disk-kernel-unread': { check: 'domains', severity: 'warning', mend: 'open' },
  'kernel-none': { check: 'domains', severity: 'warning', mend: 'open' },
  'medium-missing': { check: 'domains', severity: 'warning', mend: 'mend' },
  'disk-closed': { check: 'domains', severity: 'error', mend: 'mend' },
  'disk-broken': { check: 'domains', severity: 'error', mend: 'open' },
  'backing-missing': { check: 'domains', severity: 'error', mend: 'open' },
  'disk-volatile': { check: 'domains', severity: 'warning', mend: 'storage' },
  'disk-unsafe': { check: 'domains', severity: 'warning', mend: 'mend' },
  'disk-grows': { check: 'domains', severity: 'warning', mend: 'storage' },
  'disk-newer': { check: 'domains', severity: 'error', mend: 'open' },
  'vnc-open': { check: 'domains', severity: 'error', mend: 'mend' },
  'vnc-exposed': { check: 'domains', severity: 'warning', mend: 'mend' },
  'forward-open': { check: 'domains', severity: 'info', mend: 'mend' },
  'network-stopped': { check: 'domains', severity: 'warning', mend: 'mend' },
  'network-missing': { check: 'domains', severity: 'error', mend: 'mend' },
  'name-twice': { check: 'domains', severity: 'warning', mend: 'mend' },
  'clock-stands': { check: 'domains', severity: 'info', mend: 'open' },
  'clock-off': { check: 'domains', severity: 'info', mend: 'open' },
  crashed: { check: 'domains', severity: 'warning', mend: 'open' },
} as const satisfies Record<string, FindingRow>

export type FindingKind = keyof typeof findingTable

const kinds = Object.keys(findingTable).filter((key): key is FindingKind => key in findingTable)
export const findingKindShape = oneOf(...kinds)

export const findingShape = fields({
  kind: findingKindShape,
  /** The domain it is about; null for the machine. */
  uuid: nullable(uuidShape),
  /** Device, file or port: with kind and uuid it names the finding. */
  subject: shortText(4096),
  values: dictionary(text),
})
export type Finding = TypeOf<typeof findingShape>

export const diagnosisShape = fields({ findings: list(findingShape, 10_000), checks: list(oneOf(...doctorChecks)) })
export type Diagnosis = TypeOf<typeof diagnosisShape>
