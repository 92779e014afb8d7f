// The log lines of each domain, a bounded number of the latest. Runs in: main, plain Node.
import type { LogLine } from '../public/types'

const LINES_KEPT = 2000

export class DomainLogs {
  private readonly lines = new Map<string, LogLine[]>()

  add(uuid: string, line: LogLine): void {
    const lines = this.lines.get(uuid) ?? []
    lines.push(line)
    if (lines.length > LINES_KEPT) lines.splice(0, lines.length - LINES_KEPT)
    this.lines.set(uuid, lines)
  }

  of(uuid: string): readonly LogLine[] {
    return this.lines.get(uuid) ?? []
  }

  forget(uuid: string): void {
    this.lines.delete(uuid)
  }
}
