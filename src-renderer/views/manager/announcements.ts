// State changes said to people who listen to the screen. Many at once are one sentence.
// Runs in: manager window.

import { useEffect } from 'react'
import { useAnnounce } from '../../components/Announcer'
import { useWords } from '../../components/Language'
import { connectionLine } from '../../features/connection/connection-words'
import { stateLine } from '../../features/domain-state/state-words'
import { connectionName } from '../../lib/connection-name'
import { connectionChanges, domainChanges } from '../../state/app-state'
import { useAppStore } from '../../state/store'

const SAID_ONE_BY_ONE = 4

export function useAnnouncements(): void {
  const store = useAppStore()
  const announce = useAnnounce()
  const { t, formats } = useWords()
  useEffect(
    () =>
      store.api.subscribe((after, before) => {
        for (const connection of connectionChanges(before, after)) {
          announce(t('announce.connection', { name: connectionName(connection, t), state: connectionLine(connection, t) }))
        }
        const changes = domainChanges(before, after)
        if (changes.length > SAID_ONE_BY_ONE) return announce(t('announce.many', { count: t.number(changes.length) }))
        for (const { kind, domain } of changes) {
          const { name } = domain
          if (kind === 'state') announce(t('announce.state', { name, state: stateLine(domain, undefined, t, formats) }))
          else announce(t(kind === 'new' ? 'announce.new' : 'announce.removed', { name }))
        }
      }),
    [store, announce, t, formats],
  )
}
