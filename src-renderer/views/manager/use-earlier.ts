// The minute before the window was opened, for the curves of the first rows: a window opened late does not begin empty. Further
// rows begin with what is pushed; after a minute there is nothing to ask for any more.
// Runs in: manager window.

import { useQueryClient } from '@tanstack/react-query'
import { useEffect, useRef } from 'react'
import { useClient } from '../../client/Client'
import { earlierSamples } from '../../state/connect'
import { useAppStore } from '../../state/store'
import type { Row } from './list/rows'

const ROWS = 50

export function useEarlier(rows: readonly Row[]): void {
  const client = useClient()
  const queries = useQueryClient()
  const { live } = useAppStore()
  const asked = useRef(false)
  useEffect(() => {
    if (asked.current || rows.length === 0) return
    asked.current = true
    const domains = rows.flatMap((row) => (row.kind === 'domain' && row.domain.domid !== null ? [row.domain] : []))
    for (const { uuid, connection } of domains.slice(0, ROWS)) {
      void earlierSamples({ client, queries }, uuid, 1).then((samples) => {
        if (samples !== null && samples.length > 0) live.prepend(uuid, samples, connection)
      })
    }
  }, [rows, client, queries, live])
}
