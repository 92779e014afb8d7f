// The catalogue: every sentence of the windows, English and German side by side, one row each, by what they are about.
// German addresses nobody ("wird gelöscht"), keeps the field's words (Domain, vCPU, Kernel) and uses „…“ for names.
// Invariant: both languages of a row have the same {marks}; test/renderer/lib/messages.test.ts holds us to it.
// Texts of errors are in client/error-text.ts, under the toolstack's reasons. Runs in: every window.
import { actions } from './messages/actions'
import { app } from './messages/app'
import { connections } from './messages/connections'
import { definitions } from './messages/definitions'
import { devices } from './messages/devices'
import { doctor } from './messages/doctor'
import { domain } from './messages/domain'
import { errors } from './messages/errors'
import { inside } from './messages/inside'
import { jobs } from './messages/jobs'
import { manager } from './messages/manager'
import { networks } from './messages/networks'
import { preferences } from './messages/preferences'
import type { MessageRow } from './messages/row'
import { snapshots } from './messages/snapshots'
import { storage } from './messages/storage'

export const messages = {
  ...app,
  ...actions,
  ...jobs,
  ...manager,
  ...connections,
  ...definitions,
  ...devices,
  ...networks,
  ...storage,
  ...domain,
  ...snapshots,
  ...inside,
  ...preferences,
  ...doctor,
  ...errors,
} as const satisfies Record<string, MessageRow>

export type { MessageRow }
export type MessageKey = keyof typeof messages
