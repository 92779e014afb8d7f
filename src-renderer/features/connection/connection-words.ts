// What connections say of themselves, and what can be done with them: one menu, wherever it opens.
// Invariant: an entry stays in its place, greyed with its reason when it cannot be chosen. Runs in: renderer and tests; pure.

import type { ConnectionInfo } from '../../../src-main/public/connection'
import { engineWords } from '../../../src-main/public/german/german-words'
import type { DomainInfo } from '../../../src-main/public/types'
import { errorText } from '../../client/error-text'
import type { MenuEntry } from '../../components/Menu'
import type { Translator } from '../../lib/translate'
import { connectionOf } from '../../state/app-state'

/** The guests of a connection that run. */
export function guestsThatRun(domains: Readonly<Record<string, DomainInfo>>, connection: string): readonly DomainInfo[] {
  return Object.values(domains).filter(
    (domain) => domain.kind === 'guest' && domain.domid !== null && connectionOf(domain) === connection,
  )
}

/** Why it failed, in one sentence beside its name; else its state. */
export function connectionLine({ state, error }: Pick<ConnectionInfo, 'state' | 'error'>, t: Translator): string {
  if (state !== 'failed' || error === null) return t(`connection.${state}`)
  const detail = error.values['detail']
  if (error.reason === 'connection-failed' && detail !== undefined)
    return t('connection.failed-why', { detail: engineWords(detail, t.language) })
  return errorText(error, t.language).cause
}

export const CONNECTION_ACTIONS = [
  'connection-new',
  'connection-open',
  'connection-close',
  'connection-host',
  'connection-networks',
  'connection-properties',
  'connection-remove',
  'connection-add',
] as const
export type ConnectionAction = (typeof CONNECTION_ACTIONS)[number]

export function isConnectionAction(id: string): id is ConnectionAction {
  return CONNECTION_ACTIONS.some((each) => each === id)
}

/** It can be opened: for the first time, or after it failed. */
export const canOpen = ({ state }: ConnectionInfo): boolean => state === 'disconnected' || state === 'failed'
/** Or it is being opened, and that can be called off. */
export const canClose = ({ state }: ConnectionInfo): boolean => state === 'connected' || state === 'connecting'

export function connectionEntries(connection: ConnectionInfo, t: Translator): readonly MenuEntry[] {
  const closed = connection.state !== 'connected'
  const removable = !connection.permanent && canOpen(connection)
  const whileClosed = { disabled: closed, ...(closed && { tip: t('why.closed') }) }
  const opening = connection.state === 'connecting' ? t('why.opening') : t('why.opened')
  return [
    { kind: 'action', id: 'connection-new', label: t('action.new'), icon: 'plus', ...whileClosed },
    { kind: 'separator', id: 's1' },
    {
      kind: 'action',
      id: 'connection-open',
      label: t(connection.state === 'failed' ? 'connection.retry' : 'connection.open'),
      icon: 'run',
      disabled: !canOpen(connection),
      ...(!canOpen(connection) && { tip: opening }),
    },
    {
      kind: 'action',
      id: 'connection-close',
      label: t(connection.state === 'connecting' ? 'connection.call-off' : 'connection.close'),
      icon: 'power',
      disabled: !canClose(connection),
      ...(!canClose(connection) && { tip: t('why.closed') }),
    },
    { kind: 'separator', id: 's2' },
    { kind: 'action', id: 'connection-host', label: t('action.host'), icon: 'host', ...whileClosed },
    { kind: 'action', id: 'connection-networks', label: t('action.networks'), icon: 'network', ...whileClosed },
    { kind: 'action', id: 'connection-properties', label: t('connection.properties'), icon: 'gear', keys: 'F2' },
    {
      kind: 'action',
      id: 'connection-remove',
      label: t('connection.remove'),
      icon: 'trash',
      keys: t('key.delete'),
      disabled: !removable,
      ...(!removable && { reason: t(connection.permanent ? 'connection.permanent' : 'connection.still-open') }),
    },
    { kind: 'separator', id: 's3' },
    { kind: 'action', id: 'connection-add', label: t('connection.add'), icon: 'plus' },
  ]
}
