// What is done with connections: opened, closed, added, changed, removed, each asking first where it has to. Views get one function
// and the dialog that is shown.
// Invariant: one dialog at a time; a removed connection can be brought back by Undo, with its domains. Runs in: manager window.

import { type ReactNode, useCallback, useState } from 'react'
import type { CloseChoice, ConnectionInfo, JobChoice } from '../../../src-main/public/connection'
import type { ErrorReport } from '../../../src-main/public/error-code'
import type { Result } from '../../../src-main/public/result'
import { useClient } from '../../client/Client'
import { useWords } from '../../components/Language'
import { connectionName } from '../../lib/connection-name'
import { offerUndo, useAppStore } from '../../state/store'
import {
  AddConnectionDialog,
  CloseConnectionDialog,
  ConnectionPropertiesDialog,
  RemoveConnectionDialog,
} from './ConnectionDialogs'
import { type ConnectionAction, canClose, canOpen } from './connection-words'

type Asked =
  | { readonly kind: 'add' }
  | { readonly kind: 'properties' | 'remove'; readonly connection: ConnectionInfo }
  /** `busy`: jobs are at work, too. */
  | { readonly kind: 'close'; readonly connection: ConnectionInfo; readonly busy: boolean }

export interface ConnectionActions {
  /** Null is for `connection-add`, which is about none. */
  act(action: ConnectionAction, connection: ConnectionInfo | null): void
  readonly shown: ReactNode
}

export function useConnectionActions(): ConnectionActions {
  const client = useClient()
  const store = useAppStore()
  const { t } = useWords()
  const [asked, setAsked] = useState<Asked | null>(null)
  const done = useCallback(() => setAsked(null), [])

  const report = useCallback(
    (result: Result<unknown, ErrorReport>) => {
      if (!result.ok) store.dispatch({ kind: 'failed', error: result.error })
    },
    [store],
  )

  /** Why one does not open is said in its row. */
  const open = useCallback((connection: string) => void client.call('connectionOpen', { connection }), [client])

  /** Guests and jobs may have begun since anybody looked: then it is asked what becomes of them. */
  const close = useCallback(
    async (info: ConnectionInfo, endings: { readonly guests?: CloseChoice; readonly jobs?: JobChoice } = {}) => {
      // Saving takes its time: jobs show it, not the dialog.
      setAsked(null)
      const closed = await client.call('connectionClose', { connection: info.connection, ...endings })
      const reason = closed.ok ? undefined : closed.error.reason
      if (reason === 'connection-busy') setAsked({ kind: 'close', connection: info, busy: true })
      else if (reason === 'connection-in-use') setAsked({ kind: 'close', connection: info, busy: false })
      else report(closed)
    },
    [client, report],
  )

  const remove = async (info: ConnectionInfo) => {
    done()
    const { connection, driver, autoconnect } = info
    const name = connectionName(info, t)
    const removed = await client.call('connectionRemove', { connection })
    report(removed)
    if (!removed.ok) return
    offerUndo(store, t('undo.connection-removed', { name }), () =>
      client.call('connectionDefine', { connection, name, driver, autoconnect }),
    )
  }

  const act = useCallback(
    (action: ConnectionAction, info: ConnectionInfo | null) => {
      if (action === 'connection-add') return setAsked({ kind: 'add' })
      if (info === null) return
      const { connection } = info
      switch (action) {
        case 'connection-open':
          if (canOpen(info)) open(connection)
          break
        case 'connection-close':
          if (!canClose(info)) break
          void close(info)
          break
        case 'connection-properties':
          setAsked({ kind: 'properties', connection: info })
          break
        case 'connection-remove':
          if (!info.permanent && canOpen(info)) setAsked({ kind: 'remove', connection: info })
          break
        case 'connection-new':
        case 'connection-host':
        case 'connection-networks': {
          const view = action === 'connection-new' ? 'create-domain' : action === 'connection-host' ? 'host' : 'networks'
          void client.call('windowOpen', { view, uuid: info.permanent ? null : connection }).then(report)
        }
      }
    },
    [client, close, open, report],
  )

  const shown =
    asked === null ? null : asked.kind === 'add' ? (
      <AddConnectionDialog
        onClose={done}
        onAdded={(connection) => {
          done()
          open(connection)
        }}
      />
    ) : asked.kind === 'properties' ? (
      <ConnectionPropertiesDialog connection={asked.connection} onClose={done} />
    ) : asked.kind === 'close' ? (
      <CloseConnectionDialog
        connection={asked.connection}
        busy={asked.busy}
        onClose={done}
        onChosen={(endings) => void close(asked.connection, endings)}
      />
    ) : (
      <RemoveConnectionDialog connection={asked.connection} onClose={done} onRemove={() => void remove(asked.connection)} />
    )
  return { act, shown }
}
