// A card for a guest that the app makes itself: what it is or why it cannot be had here, a button, and then how far it is.
// When the machine is defined its window opens and this one closes. Runs in: a window.
import { useEffect, useState } from 'react'
import type { ErrorReport } from '../../../src-main/public/error-code'
import type { HostInfo } from '../../../src-main/public/types'
import { useClient } from '../../client/Client'
import { errorText } from '../../client/error-text'
import { Button } from '../../components/Button'
import { Icon } from '../../components/Icon'
import { useWords } from '../../components/Language'
import { JobProgress } from '../../features/activity/Activity'
import { useAppState } from '../../state/store'

const KINDS = {
  demo: { call: 'demoGuestCreate', host: 'demoGuest', icon: 'guest' },
  debian: { call: 'debianGuestCreate', host: 'debianGuest', icon: 'disk' },
} as const

export interface ReadyGuestProps {
  readonly kind: keyof typeof KINDS
  readonly host: HostInfo | null
  /** Something else is being made. */
  readonly busy: boolean
  readonly onBusy: (busy: boolean) => void
  readonly onRefusal: (refusal: ErrorReport | null) => void
}

export function ReadyGuest({ kind, host, busy, onBusy, onRefusal }: ReadyGuestProps) {
  const { t } = useWords()
  const client = useClient()
  const { call, host: ability, icon } = KINDS[kind]
  const [number, setNumber] = useState<number | null>(null)
  const job = useAppState((state) => (number === null ? undefined : state.jobs[number]))
  /** Begun here, or in another window, or in this one before it was closed. */
  const making = useAppState((state) =>
    Object.values(state.jobs).find((each) => each.kind === ability && each.state === 'running'),
  )

  useEffect(() => {
    if (job === undefined) return
    const { uuid, state, error } = job
    if (state === 'failed') onRefusal(error)
    if (state === 'failed' || state === 'cancelled') {
      setNumber(null)
      onBusy(false)
    } else if (uuid !== null) {
      setNumber(null)
      void client.call('windowOpen', { view: 'domain', uuid }).then(() => client.call('windowClose', {}))
    }
  }, [job, client, onBusy, onRefusal])

  const start = async () => {
    onRefusal(null)
    onBusy(true)
    const started = await client.call(call, {})
    if (started.ok) setNumber(started.value.job)
    else {
      onBusy(false)
      onRefusal(started.error)
    }
  }

  const able = host?.[ability]
  const shown = job ?? making
  const title = `${kind}-title`
  return (
    <section className="ready-card" aria-labelledby={title}>
      <Icon name={icon} className="ready-icon" />
      {shown?.state === 'running' ? (
        <div className="ready-job">
          <JobProgress job={shown} />
        </div>
      ) : (
        <>
          <div className="ready-words">
            <h2 id={title}>{t(`create.${kind}-title`)}</h2>
            <p>{able?.error ? errorText(able.error, t.language).cause : t(`create.${kind}-body`)}</p>
          </div>
          <Button disabled={able?.available !== true || busy || number !== null} onPress={() => void start()}>
            {t(`action.${kind}`)}
          </Button>
        </>
      )}
    </section>
  )
}
