// The log lines of each domain, a bounded number of the latest. A guest can make its engine say much: more than a few lines
// a second are left out, and the next line says how many.
// Invariant: memory and what is told to windows are bounded whatever a guest does. Runs in: main, plain Node.
import type { LogLine } from '../public/types'

const LINES_KEPT = 2000
const LINES_PER_SECOND = 100

interface Log {
  lines: LogLine[]
  second: number
  inSecond: number
  leftOut: number
}

export class DomainLogs {
  private readonly logs = new Map<string, Log>()

  /** The lines that are new to those who listen: none when it was too much, two after a gap. */
  add(uuid: string, line: LogLine): readonly LogLine[] {
    const log = this.logs.get(uuid) ?? { lines: [], second: 0, inSecond: 0, leftOut: 0 }
    this.logs.set(uuid, log)
    const second = Math.floor(line.time / 1000)
    if (second !== log.second) {
      log.second = second
      log.inSecond = 0
    }
    if (++log.inSecond > LINES_PER_SECOND) {
      log.leftOut++
      return []
    }
    const gap: LogLine = { time: line.time, level: 'warning', source: 'engine', text: `(${log.leftOut} lines were left out)` }
    const told = log.leftOut > 0 ? [gap, line] : [line]
    log.leftOut = 0
    log.lines.push(...told)
    if (log.lines.length > LINES_KEPT) log.lines.splice(0, log.lines.length - LINES_KEPT)
    return told
  }

  of(uuid: string): readonly LogLine[] {
    return this.logs.get(uuid)?.lines ?? []
  }

  forget(uuid: string): void {
    this.logs.delete(uuid)
  }
}
