// Starts the demo guest and opens its window as soon as it is there. Runs in: manager window.

import { useCallback, useEffect, useState } from 'react'
import { useClient } from '../../client/Client'
import { useAppState, useAppStore } from '../../state/store'

export function useDemoGuest(): { readonly start: (connection?: string) => void; readonly job: number | null } {
  const client = useClient()
  const store = useAppStore()
  const [job, setJob] = useState<number | null>(null)
  const info = useAppState((state) => (job === null ? undefined : state.jobs[job]))
  useEffect(() => {
    if (info === undefined || info.state === 'failed' || info.state === 'cancelled') return
    if (info.uuid === null) return
    setJob(null)
    void client.call('windowOpen', { view: 'domain', uuid: info.uuid })
  }, [info, client])
  const start = useCallback(
    (connection?: string) => {
      void client.call('demoGuestCreate', connection === undefined ? {} : { connection }).then((started) => {
        if (started.ok) setJob(started.value.job)
        else store.dispatch({ kind: 'failed', error: started.error })
      })
    },
    [client, store],
  )
  return { start, job }
}
