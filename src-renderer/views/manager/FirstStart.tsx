// What stands in place of an empty list: one sentence, and the demo guest for one press. Runs in: manager window.

import { useEffect } from 'react'
import type { JobInfo } from '../../../src-main/public/types'
import { Button } from '../../components/Button'
import { EmptyState } from '../../components/EmptyState'
import { goHome } from '../../components/home'
import { useWords } from '../../components/Language'
import { JobProgress } from '../../features/activity/Activity'

export function FirstStart(props: {
  readonly demoAvailable: boolean
  /** The demo guest is being made. */
  readonly job: JobInfo | undefined
  /** Whether there can be a demo guest is not known yet: nothing is said that is taken back a moment later. */
  readonly unknown: boolean
  readonly onDemo: () => void
  readonly onNew: () => void
}) {
  const { t } = useWords()
  const { demoAvailable, job, unknown, onDemo, onNew } = props
  // The list comes in its place.
  useEffect(() => goHome, [])
  return (
    <EmptyState text={t(demoAvailable || unknown ? 'manager.empty' : 'manager.empty-own')}>
      {job !== undefined ? (
        <div className="first-start-job">
          <JobProgress job={job} />
        </div>
      ) : (
        <>
          <Button kind="primary" large icon="run" disabled={!demoAvailable} onPress={onDemo}>
            {t('action.demo')}
          </Button>
          <Button large icon="plus" onPress={onNew}>
            {t('action.new')}
          </Button>
        </>
      )}
    </EmptyState>
  )
}
