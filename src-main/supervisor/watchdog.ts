// Finds processes of ours that hang without dying: each is asked for a sign of life, and one that owes it for too long is reported.
// Only time in which it could have answered counts, by the state of its main thread at each look (process-usage.ts):
// computing counts as the processor time it got (a starved process is not hung), sleeping counts as time (it has our message and
// does not wake), being stopped, traced or waiting for a disk or swap counts as nothing. With a look that comes late the count
// begins anew: then we were stopped ourselves, or the computer slept. Where the system does not tell the state, nobody is reported.
// Invariant: `hung` is told once for each watched process. Runs in: main, plain Node.
import { mainThreadActivity, type ThreadActivity } from './process-usage'

export interface WatchedProcess {
  pid(): number | undefined
  /** Resolves when it has answered, whatever it said, or is gone. */
  ping(): Promise<unknown>
  hung(seconds: number): void
}

export interface WatchdogParts {
  /** Counted silence that makes a process a hung one. */
  readonly limitMs: number
  readonly everyMs: number
  /** Monotonic. */
  now(): number
  activity(pid: number): Promise<ThreadActivity | undefined>
}

/** Generous: building or restoring a guest keeps its main thread busy for seconds. */
const LIMIT_MS = 30_000
const EVERY_MS = 2000

interface Watch {
  readonly process: WatchedProcess
  owed: boolean
  silentMs: number
  cpuSeconds: number | undefined
}

export class Watchdog {
  private readonly parts: WatchdogParts
  private readonly watches = new Set<Watch>()
  private timer: NodeJS.Timeout | undefined
  private lastLook: number | undefined
  private looking = false

  constructor(parts: Partial<WatchdogParts> = {}) {
    const now = (): number => performance.now()
    this.parts = { limitMs: LIMIT_MS, everyMs: EVERY_MS, now, activity: mainThreadActivity, ...parts }
  }

  start(): void {
    this.timer ??= setInterval(() => void this.look(), this.parts.everyMs)
    this.timer.unref()
  }

  stop(): void {
    clearInterval(this.timer)
    this.timer = undefined
    this.watches.clear()
  }

  /** Watches until the returned function is called. */
  watch(process: WatchedProcess): () => void {
    const watch: Watch = { process, owed: false, silentMs: 0, cpuSeconds: undefined }
    this.watches.add(watch)
    return () => this.watches.delete(watch)
  }

  /** One look at everybody; the timer's work. */
  async look(): Promise<void> {
    if (this.looking) return
    this.looking = true
    const now = this.parts.now()
    const passed = this.lastLook === undefined ? 0 : now - this.lastLook
    this.lastLook = now
    const late = passed > 3 * this.parts.everyMs
    if (late) for (const watch of this.watches) watch.silentMs = 0
    await Promise.all([...this.watches].map((watch) => this.lookAt(watch, late ? 0 : passed)))
    this.looking = false
  }

  private async lookAt(watch: Watch, passed: number): Promise<void> {
    const { process } = watch
    if (!watch.owed) {
      watch.owed = true
      watch.silentMs = 0
      watch.cpuSeconds = undefined
      const answered = (): void => {
        watch.owed = false
      }
      process.ping().then(answered, answered)
      return
    }
    const pid = process.pid()
    const activity = pid === undefined ? undefined : await this.parts.activity(pid)
    if (!activity || !watch.owed) return
    const before = watch.cpuSeconds
    watch.cpuSeconds = activity.cpuSeconds
    if (activity.state === 'running' && before !== undefined) {
      watch.silentMs += Math.min(passed, (activity.cpuSeconds - before) * 1000)
    } else if (activity.state === 'sleeping') watch.silentMs += passed
    if (watch.silentMs < this.parts.limitMs || !this.watches.delete(watch)) return
    process.hung(Math.round(watch.silentMs / 1000))
  }
}
