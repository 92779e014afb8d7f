// Starts the demo guest and opens its window as soon as it is there; why there can be none now. Runs in: manager window.

import { useCallback, useEffect, useState } from 'react'
import type { HostInfo } from '../../../src-main/public/types'
import { useClient } from '../../client/Client'
import { errorText } from '../../client/error-text'
import type { Translator } from '../../lib/translate'
import { useAppState, useAppStore } from '../../state/store'

/** Said where the command is greyed: one is being made, or what is missing here; undefined where it can be had. */
export function whyNoDemo(host: Pick<HostInfo, 'demoGuest'> | null, making: boolean, t: Translator): string | undefined {
  if (making) return t('why.demo-making')
  if (host === null) return t('why.demo-unknown')
  const { available, error } = host.demoGuest
  if (available) return undefined
  return error === null ? t('why.demo-unknown') : errorText(error, t.language).cause
}

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
