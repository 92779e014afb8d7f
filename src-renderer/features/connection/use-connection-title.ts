// The title of a window that is about one connection: named where there are others. Runs in: host, networks, new machine.

import { useEffect } from 'react'
import { useWords } from '../../components/Language'
import { connectionName } from '../../lib/connection-name'
import { useConnections, useHere } from '../../state/answers'

export function useConnectionTitle(title: string): void {
  const { t } = useWords()
  const connections = useConnections()
  const here = useHere()
  const info = connections.length > 1 ? connections.find(({ connection }) => connection === here) : undefined
  const name = info === undefined ? '' : connectionName(info, t)
  useEffect(() => {
    document.title = name === '' ? title : t('connection.window', { title, name })
  }, [title, name, t])
}
