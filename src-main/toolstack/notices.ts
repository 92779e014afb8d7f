// Notices: what the user should know and no call asked for, kept until dismissed. Runs in: main, plain Node.
import type { Clock } from '../lib/clock'
import { counter } from '../lib/counter'
import type { ErrorReport } from '../public/error-code'
import type { Notice } from '../public/types'

const NOTICES_KEPT = 100

export class Notices {
  private notices: Notice[] = []
  private readonly clock: Clock
  private readonly raised: (notice: Notice) => void
  private readonly nextNumber: () => number

  /** `nextNumber` gives a number that no other notice of the app has. */
  constructor(clock: Clock, raised: (notice: Notice) => void, nextNumber = counter()) {
    this.clock = clock
    this.raised = raised
    this.nextNumber = nextNumber
  }

  raise(severity: Notice['severity'], error: ErrorReport): void {
    const notice = { id: this.nextNumber(), time: this.clock.now(), severity, error }
    this.notices = [...this.notices, notice].slice(-NOTICES_KEPT)
    this.raised(notice)
  }

  list(): readonly Notice[] {
    return this.notices
  }

  dismiss(id: number): void {
    this.notices = this.notices.filter((notice) => notice.id !== id)
  }
}
