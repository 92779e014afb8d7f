// What happens to each domain, as lines of its log: the states of its life, and what driver and engine say of it. Windows are told of
// each line; how many are kept is domain-logs.ts' business.
// Runs in: main, plain Node.
import type { Clock } from '../lib/clock'
import type { DomainInfo, DomainState, LogLine } from '../public/types'
import { DomainLogs } from './domain-logs'

export class LifeLog {
  private readonly logs = new DomainLogs()
  private readonly states = new Map<string, DomainState>()

  constructor(
    private readonly clock: Clock,
    private readonly told: (uuid: string, line: LogLine) => void,
  ) {}

  /** A domain was loaded: its life goes on from here, and nothing is written. */
  begin({ uuid, state }: DomainInfo): void {
    this.states.set(uuid, state)
  }

  /** A domain is as told here: another state than before is a line. */
  noteState({ uuid, state, detail }: DomainInfo): void {
    const before = this.states.get(uuid)
    this.states.set(uuid, state)
    if (before === undefined || before === state) return
    const level = state === 'crashed' ? 'error' : 'info'
    const said = `${before} → ${state}${detail === '' ? '' : `: ${detail}`}`
    this.add(uuid, level, 'life', said, { from: before, to: state, detail })
  }

  add(uuid: string, level: LogLine['level'], source: LogLine['source'], text: string, change?: LogLine['change']): void {
    const line: LogLine = { time: this.clock.now(), level, source, text, ...(change !== undefined && { change }) }
    for (const each of this.logs.add(uuid, line)) this.told(uuid, each)
  }

  of(uuid: string): readonly LogLine[] {
    return this.logs.of(uuid)
  }

  forget(uuid: string): void {
    this.states.delete(uuid)
    this.logs.forget(uuid)
  }
}
