// Asked when the app is to end while guests run: save all, shut down, force off, or not at all; then waits with the user.
// Invariant: the safe choice is the first and the default; Escape cancels the quitting, never a guest.
// Runs in: manager window.

import { useState } from 'react'
import type { QuitChoice } from '../../../src-main/public/types'
import { useClient } from '../../client/Client'
import { Button } from '../../components/Button'
import { Dialog } from '../../components/Dialog'
import { useWords } from '../../components/Language'
import { Progress } from '../../components/Progress'
import { Ways } from '../../components/Ways'
import { JobProgress } from '../../features/activity/Activity'
import { someNames, sortedNames } from '../../lib/some-names'
import { useAppState, useAppStore } from '../../state/store'

type Way = Exclude<QuitChoice, 'cancel'>
const ways = ['save', 'shutdown', 'destroy'] as const satisfies readonly Way[]

export function QuitDialog() {
  const { t } = useWords()
  const client = useClient()
  const store = useAppStore()
  const quitting = useAppState((state) => state.quitting)
  const jobs = useAppState((state) => state.jobs)
  const [way, setWay] = useState<Way>('save')

  const answer = (choice: QuitChoice) => {
    store.dispatch({ kind: 'quitAnswered' })
    void client.call('quitChoose', { choice }).then((result) => {
      if (!result.ok) store.dispatch({ kind: 'failed', error: result.error })
    })
  }

  if (quitting.kind === 'no') return null
  const names = someNames(sortedNames(quitting.names, t.language), t)
  if (quitting.kind === 'waiting') {
    // A save can be cancelled here too: then the app stays.
    const running = Object.values(jobs).filter(({ state }) => state === 'running')
    return (
      <Dialog title={t('quit.waiting')} closable={false} onClose={() => undefined}>
        <p className="quit-names">{t('manager.waiting', { names })}</p>
        <div className="quit-jobs">
          {running.map((job) => (
            <JobProgress key={job.job} job={job} />
          ))}
          {running.length === 0 && <Progress label={t('quit.waiting')} fraction={null} />}
        </div>
      </Dialog>
    )
  }
  if (quitting.kind === 'gaveUp') {
    const close = () => store.dispatch({ kind: 'quitAnswered' })
    return (
      <Dialog
        title={t('quit.gave-up')}
        alert
        onClose={close}
        onSubmit={close}
        buttons={
          <Button kind="primary" submit autoFocus>
            {t('button.close')}
          </Button>
        }
      >
        <p>{t('quit.gave-up-body', { names })}</p>
      </Dialog>
    )
  }
  return (
    <Dialog
      title={t.count('quit.title', quitting.names.length)}
      alert
      onClose={() => answer('cancel')}
      onSubmit={() => answer(way)}
      buttons={
        <>
          <Button onPress={() => answer('cancel')}>{t('button.cancel')}</Button>
          <Button kind="primary" submit>
            {t('quit.button')}
          </Button>
        </>
      }
    >
      <p className="quit-names">{names}</p>
      <p>{t('quit.body')}</p>
      <Ways
        label={t('quit.choices')}
        value={way}
        autoFocus
        ways={ways.map((value) => ({ value, name: t(`quit.${value}`), hint: t(`quit.${value}-hint`) }))}
        onChange={setWay}
      />
    </Dialog>
  )
}
