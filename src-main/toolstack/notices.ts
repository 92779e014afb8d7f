// Notices: what the user should know and no call asked for, kept until dismissed. Runs in: main, plain Node.
import type { Clock } from '../lib/clock'
import type { ErrorReport } from '../public/error-code'
import type { Notice } from '../public/types'

const NOTICES_KEPT = 100

export class Notices {
  private notices: Notice[] = []
  private nextId = 1
  private readonly clock: Clock
  private readonly raised: (notice: Notice) => void

  constructor(clock: Clock, raised: (notice: Notice) => void) {
    this.clock = clock
    this.raised = raised
  }

  raise(severity: Notice['severity'], error: ErrorReport): void {
    const notice = { id: this.nextId++, time: this.clock.now(), severity, error }
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
