// All guests of a toolstack at once: quitting, the end of the session, closing the connection.
// Invariant: whoever waits is woken by each change of a domain, and for no longer than was said. Runs in: main, plain Node.
import { type ErrorReport, errorReport } from '../public/error-code'
import type { Domains } from './domains'
import type { EndableGuests } from './end-guests'
import type { Jobs } from './jobs'

/** How long a guest has to follow a request to shut down. */
const SHUTDOWN_WAIT_MS = 60_000

export class AllGuests implements EndableGuests {
  private readonly domains: Domains
  private readonly jobs: Jobs
  private readonly waiting = new Set<() => void>()

  constructor(domains: Domains, jobs: Jobs) {
    this.domains = domains
    this.jobs = jobs
  }

  /** A domain is not what it was. */
  changed(): void {
    for (const wake of [...this.waiting]) wake()
  }

  /** Saves every active guest; the errors of those that could not be. A start under way is waited for. */
  async saveAll(): Promise<ErrorReport[]> {
    await this.until(
      () => !this.domains.active().some(({ state }) => state === 'starting' || state === 'restoring'),
      SHUTDOWN_WAIT_MS,
    )
    const outcomes = await Promise.all(
      this.domains.active().map(({ uuid, job }) => {
        if (job !== null) return this.jobs.wait(job)
        const saving = this.domains.managedSave(uuid)
        return saving.ok ? this.jobs.wait(saving.value) : saving
      }),
    )
    return outcomes.flatMap((outcome) => (outcome.ok ? [] : [outcome.error]))
  }

  /** Asks every guest to shut down; an error for each that had not followed in time. */
  async shutdownAll(waitMs = SHUTDOWN_WAIT_MS): Promise<ErrorReport[]> {
    for (const { uuid, state } of this.domains.active()) {
      if (state === 'paused') await this.domains.resume(uuid)
      await this.domains.shutdown(uuid)
    }
    await this.until(() => this.domains.active().length === 0, waitMs)
    const seconds = Math.round(waitMs / 1000)
    return this.domains.active().map(({ name }) => errorReport('not-shut-down', { name, seconds }))
  }

  async destroyAll(): Promise<void> {
    await Promise.all(this.domains.active().map(({ uuid }) => this.domains.destroy(uuid)))
  }

  private until(condition: () => boolean, waitMs: number): Promise<boolean> {
    return new Promise((resolve) => {
      const end = (met: boolean): void => {
        clearTimeout(timer)
        this.waiting.delete(look)
        resolve(met)
      }
      const look = (): void => {
        if (condition()) end(true)
      }
      const timer = setTimeout(() => end(condition()), waitMs)
      this.waiting.add(look)
      look()
    })
  }
}
