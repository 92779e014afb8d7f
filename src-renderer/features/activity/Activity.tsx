// What is going on, what went wrong and which machines were made: cards over the lower right of a window, so that nothing below them moves.
// Invariant: a running job can be cancelled here when it can be at all; a failure says its cause and what to do, and
// stays until dismissed. What ended well, or only tells something, goes by itself; a machine's log keeps it.
// Runs in: manager and domain windows.

import type { ErrorReport } from '../../../src-main/public/error-code'
import { type JobInfo, type JobStep, jobSteps } from '../../../src-main/public/types'
import { useClient } from '../../client/Client'
import { remedies } from '../../client/error-remedy'
import { errorText } from '../../client/error-text'
import { Button } from '../../components/Button'
import { homeward } from '../../components/home'
import { useWords } from '../../components/Language'
import { Notice } from '../../components/Notice'
import { Progress } from '../../components/Progress'
import { connectionName } from '../../lib/connection-name'
import type { Formats } from '../../lib/format'
import type { Translator } from '../../lib/translate'
import { Remedy } from '../../remedy/Remedy'
import { useConnections } from '../../state/answers'
import { madeMachines } from '../../state/app-state'
import { useAppState, useAppStore } from '../../state/store'
import './activity.css'
import { PassingCard } from './PassingCard'

function isJobStep(step: string): step is JobStep {
  return Object.hasOwn(jobSteps, step)
}

function jobTitle(job: JobInfo, t: Translator): string {
  if (job.kind === 'demoGuest' || job.kind === 'debianGuest') return t(`job.${job.kind}`)
  return t(`job.${job.kind}`, { subject: job.subject })
}

function jobStep(job: JobInfo, t: Translator, formats: Formats): string {
  const step = isJobStep(job.step) ? t(`step.${job.step}`) : job.step
  return job.progress === null ? step : t('job.step-percent', { step, percent: formats.percent(job.progress) })
}

/** Title, bar and cancel button of one running job; also used inside the empty list and the wizard. */
export function JobProgress(props: { readonly job: JobInfo }) {
  const { job } = props
  const { t, formats } = useWords()
  const client = useClient()
  const store = useAppStore()
  const title = jobTitle(job, t)
  const cancel = async () => {
    const result = await client.call('jobCancel', { job: job.job })
    if (!result.ok) store.dispatch({ kind: 'failed', error: result.error })
  }
  return (
    <div className="job">
      <div className="job-words">
        <span className="job-title">{title}</span>
        <span className="job-step">{jobStep(job, t, formats)}</span>
      </div>
      <div className="job-bar">
        <Progress label={title} fraction={job.progress} />
        <Button label={t('job.cancel', { job: title })} disabled={!job.cancellable} onPress={() => void cancel()}>
          {t('button.cancel')}
        </Button>
      </div>
    </div>
  )
}

/** Cause, what follows, what to do, and a button that does it or leads there. */
function ErrorCard(props: {
  readonly error: ErrorReport
  readonly connection?: string | undefined
  readonly uuid?: string | undefined
  readonly tone: 'info' | 'warn' | 'bad'
  readonly onDismiss: () => void
}) {
  const { error, onDismiss } = props
  const { t } = useWords()
  const connections = useConnections()
  const of = connections.find(({ connection }) => connection === props.connection)
  const { cause, consequence, action } = errorText(error, t.language)
  return (
    <Notice
      tone={props.tone}
      boxed
      action={action}
      below={<Remedy error={error} connection={props.connection} uuid={props.uuid} onMended={onDismiss} />}
      dismissLabel={t('button.dismiss')}
      onDismiss={onDismiss}
    >
      {of === undefined ? cause : t('connection.says', { name: connectionName(of, t), text: cause })} {consequence}
    </Notice>
  )
}

export function Activity(props: {
  /** Of this machine; null: of none. Left out: all, and what belongs to the app. */
  readonly uuid?: string | null
  readonly hiddenJob?: number | null
}) {
  const { uuid, hiddenJob } = props
  const { t } = useWords()
  const client = useClient()
  const store = useAppStore()
  const jobs = useAppState((state) => state.jobs)
  const failures = useAppState((state) => state.failures)
  const notices = useAppState((state) => state.notices)
  const followed = useAppState((state) => state.followed)
  const domains = useAppState((state) => state.domains)
  const made = madeMachines({ followed, jobs, domains })
  const running = Object.values(jobs).filter(
    (job) =>
      job.state === 'running' &&
      job.job !== hiddenJob &&
      (uuid === undefined || job.uuid === uuid || followed[job.job] === true),
  )
  // Notices belong to the app, not to one machine: only the manager shows them.
  const shown = uuid === undefined ? notices : []
  if (running.length + failures.length + shown.length + made.length === 0) return null
  return (
    <div className="activity">
      {shown.map(({ id, severity, error, connection }) => {
        const dismiss = () => {
          store.dispatch({ kind: 'noticeDismissed', id })
          void client.call('noticeDismiss', { id })
        }
        const card = (
          <ErrorCard
            key={`n${id}`}
            error={error}
            connection={connection}
            tone={severity === 'error' ? 'bad' : severity === 'warning' ? 'warn' : 'info'}
            onDismiss={dismiss}
          />
        )
        const asksNothing = severity === 'info' && remedies[error.reason].mend === undefined
        return asksNothing ? (
          <PassingCard key={`n${id}`} onLeave={dismiss}>
            {card}
          </PassingCard>
        ) : (
          card
        )
      })}
      {failures.map(({ id, error, uuid: of }) => (
        <ErrorCard
          key={`f${id}`}
          error={error}
          uuid={of}
          tone="bad"
          onDismiss={() => store.dispatch({ kind: 'failureDismissed', id })}
        />
      ))}
      {made.map(({ job, domain }) => {
        const leave = () => store.dispatch({ kind: 'jobLeft', job })
        const open = async () => {
          const opened = await client.call('windowOpen', { view: 'domain', uuid: domain.uuid })
          if (opened.ok) leave()
          else store.dispatch({ kind: 'failed', error: opened.error })
        }
        return (
          <PassingCard key={`m${job}`} onLeave={leave}>
            <Notice
              tone="info"
              boxed
              actions={<Button onPress={() => void open()}>{t('action.open')}</Button>}
              dismissLabel={t('button.dismiss')}
              onDismiss={leave}
            >
              {t('activity.made', { name: domain.name })}
            </Notice>
          </PassingCard>
        )
      })}
      {running.map((job) => (
        <div key={`j${job.job}`} ref={homeward} className="activity-card">
          <JobProgress job={job} />
        </div>
      ))}
    </div>
  )
}
