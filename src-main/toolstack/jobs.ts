// Jobs: operations that take long, with progress and cancel. A call starts one and answers with its number.
// Invariant: a job ends exactly once, whatever its work does; its number is never used again.
// Runs in: main, plain Node.
import { err, ok, type Result } from '../../src-engine/public/result'
import type { Clock } from '../lib/clock'
import { counter } from '../lib/counter'
import { type ErrorReport, errorReport } from '../public/error-code'
import type { JobInfo, JobStep } from '../public/types'

/** What the work of a job may say about itself. */
export interface JobControl {
  readonly job: number
  readonly signal: AbortSignal
  report(fraction: number): void
  step(step: JobStep): void
  /** An error when it was called off: asked before something that takes effect, by work that does not look at the signal itself. */
  wanted(): Result<null, ErrorReport>
  /** The same at the point of no return: from here on it cannot be called off any more. */
  commit(): Result<null, ErrorReport>
  /** The domain it turned out to be about, or has made: from which other one. */
  domain(uuid: string, subject: string, origin?: string): void
}

export interface JobOrder {
  readonly kind: JobInfo['kind']
  readonly subject: string
  readonly uuid: string | null
  readonly step: JobStep
  readonly cancellable: boolean
  work(control: JobControl): Promise<Result<null, ErrorReport>>
}

const ENDED_JOBS_KEPT = 50
/** Progress is told at most this often. */
const PROGRESS_MS = 100

interface Job {
  info: JobInfo
  readonly abort: AbortController
  readonly ended: Promise<Result<null, ErrorReport>>
}

export class Jobs {
  private readonly jobs = new Map<number, Job>()
  private readonly clock: Clock
  private readonly changed: (job: JobInfo) => void
  private readonly nextNumber: () => number

  /** `nextNumber` gives a number that no other job of the app has. */
  constructor(clock: Clock, changed: (job: JobInfo) => void, nextNumber = counter()) {
    this.clock = clock
    this.changed = changed
    this.nextNumber = nextNumber
  }

  start(order: JobOrder): number {
    const number = this.nextNumber()
    const abort = new AbortController()
    const info: JobInfo = {
      job: number,
      kind: order.kind,
      state: 'running',
      uuid: order.uuid,
      subject: order.subject,
      step: order.step,
      progress: null,
      cancellable: order.cancellable,
      startedAt: this.clock.now(),
      endedAt: null,
      error: null,
    }
    const job: Job = { info, abort, ended: Promise.resolve().then(() => this.work(number, order, abort.signal)) }
    this.jobs.set(number, job)
    this.changed(info)
    return number
  }

  list(): JobInfo[] {
    return [...this.jobs.values()].map((job) => job.info)
  }

  running(): JobInfo[] {
    return this.list().filter((job) => job.state === 'running')
  }

  cancel(number: number): Result<null, ErrorReport> {
    const job = this.jobs.get(number)
    if (job?.info.state !== 'running') return err(errorReport('no-job', { job: number }))
    if (!job.info.cancellable) return err(errorReport('job-past-return'))
    job.abort.abort()
    return ok(null)
  }

  /** Resolves when the job has ended, with what it ended with. */
  async wait(number: number): Promise<Result<null, ErrorReport>> {
    return (await this.jobs.get(number)?.ended) ?? err(errorReport('no-job', { job: number }))
  }

  private async work(number: number, order: JobOrder, signal: AbortSignal): Promise<Result<null, ErrorReport>> {
    let told = Number.NEGATIVE_INFINITY
    const wanted = (): Result<null, ErrorReport> => (signal.aborted ? err(errorReport('cancelled')) : ok(null))
    const control: JobControl = {
      job: number,
      signal,
      report: (fraction) => {
        const progress = Math.max(0, Math.min(1, fraction))
        // Not the time of day, which may be set back under a job.
        const now = performance.now()
        this.update(number, { progress }, now - told >= PROGRESS_MS || progress === 1)
        if (now - told >= PROGRESS_MS) told = now
      },
      step: (step) => this.update(number, { step, progress: null }, true),
      wanted,
      commit: () => {
        const still = wanted()
        if (still.ok) this.update(number, { cancellable: false }, true)
        return still
      },
      domain: (uuid, subject, origin) => this.update(number, { uuid, subject, origin }, true),
    }
    let outcome: Result<null, ErrorReport>
    try {
      outcome = await order.work(control)
    } catch (thrown) {
      outcome = err(errorReport('internal', { detail: thrown instanceof Error ? thrown.message : String(thrown) }))
    }
    const state = outcome.ok ? 'done' : outcome.error.code === 'OPERATION_ABORTED' ? 'cancelled' : 'failed'
    const error = outcome.ok ? null : outcome.error
    this.update(
      number,
      { state, error, cancellable: false, endedAt: this.clock.now(), ...(outcome.ok ? { progress: 1 } : {}) },
      true,
    )
    this.forgetOld()
    return outcome
  }

  private update(number: number, part: Partial<JobInfo>, tell: boolean): void {
    const job = this.jobs.get(number)
    if (job?.info.state !== 'running') return
    job.info = { ...job.info, ...part }
    if (tell) this.changed(job.info)
  }

  private forgetOld(): void {
    const ended = this.list().filter((job) => job.state !== 'running')
    for (const job of ended.slice(0, Math.max(0, ended.length - ENDED_JOBS_KEPT))) this.jobs.delete(job.job)
  }
}
