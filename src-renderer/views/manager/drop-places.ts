// Where files go that are dropped onto the window: to the machine of the row below the pointer, or to the connection of it; and the words
// that say so while they hang above it. Runs in: manager window.

import { useState } from 'react'
import type { ConnectionInfo } from '../../../src-main/public/connection'
import { useWords } from '../../components/Language'
import { connectionName } from '../../lib/connection-name'
import { connectionOf } from '../../state/app-state'
import { type DropPlaces, type DroppedOn, type FileDrop, useFileDrop } from './file-drop'
import type { Row } from './list/rows'

export interface ManagerDrop {
  readonly handlers: FileDrop['handlers']
  /** Key of the row of the machine that would take the files. */
  readonly onto: string | null
  /** null: no files hang above the window. */
  readonly words: string | null
  /** What was dropped onto a machine, until it is answered. */
  readonly dropped: DroppedOn | null
  readonly answered: () => void
}

/** Where machines can be made; undefined: not there, or where it is the same with or without saying so. */
export function placeIn(info: ConnectionInfo | null | undefined): string | undefined {
  return info?.state === 'connected' && !info.permanent ? info.connection : undefined
}

/** `place`: where what is made goes when the files are over no row. */
export function useManagerDrop(
  rows: readonly Row[],
  connections: readonly ConnectionInfo[],
  place: string | undefined,
): ManagerDrop {
  const { t } = useWords()
  const [dropped, setDropped] = useState<DroppedOn | null>(null)
  const rowOf = (key: string | null): Row | undefined => (key === null ? undefined : rows.find((row) => row.key === key))
  const places: DropPlaces = {
    domainOf: (key) => {
      const row = rowOf(key)
      return row?.kind === 'domain' && row.domain.operations.includes('redefine') ? row.domain : undefined
    },
    connectionOf: (key) => {
      const row = rowOf(key)
      const under = row && (row.kind === 'domain' ? connectionOf(row.domain) : row.connection.connection)
      const info = connections.find(({ connection }) => connection === under)
      return info?.state === 'connected' ? placeIn(info) : place
    },
  }
  const { over, target, handlers } = useFileDrop(places, setDropped)

  const words = (): string => {
    const domain = places.domainOf(target)
    if (domain !== undefined) return t('manager.drop-on', domain)
    const at = places.connectionOf(target)
    const into = connections.find((info) => (at === undefined ? info.state === 'connected' : info.connection === at))
    // With one connection there is nothing to say about where.
    if (connections.length < 2 || into === undefined) return t('manager.drop')
    return t('manager.drop-in', { name: connectionName(into, t) })
  }
  return {
    handlers,
    onto: places.domainOf(target) === undefined ? null : target,
    words: over ? words() : null,
    dropped,
    answered: () => setDropped(null),
  }
}
