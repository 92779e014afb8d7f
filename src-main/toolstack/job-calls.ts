// Serves the calls about jobs and notices, and about guests that are made by one job. Runs in: main, plain Node.
import { ok } from '../../src-engine/public/result'
import type { CallServers } from './call-server'
import type { Jobs } from './jobs'
import type { Notices } from './notices'
import type { ReadyGuests } from './ready-guests'

export type JobCall = 'jobList' | 'jobCancel' | 'noticeList' | 'noticeDismiss' | 'demoGuestCreate' | 'debianGuestCreate'

export interface JobServing {
  readonly jobs: Jobs
  readonly notices: Notices
  readonly ready: ReadyGuests
}

export function jobServers({ jobs, notices, ready }: JobServing): CallServers<JobCall> {
  return {
    jobList: () => ok(jobs.list()),
    jobCancel: ({ job }) => jobs.cancel(job),
    noticeList: () => ok(notices.list()),
    noticeDismiss: ({ id }) => {
      notices.dismiss(id)
      return ok(null)
    },
    demoGuestCreate: () => ok({ job: ready.demo() }),
    debianGuestCreate: () => ok({ job: ready.debian() }),
  }
}
