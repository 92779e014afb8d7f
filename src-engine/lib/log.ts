// Where a part of the engine says what happened. A process makes one that goes to main as `log` events; tests keep the lines.
// Invariant: logging never throws and never blocks. Nothing on the hot path logs. Runs in: any thread but a vcpu's hot loop.

export type LogLevel = 'debug' | 'info' | 'warning' | 'error'
export type Log = (level: LogLevel, text: string) => void

export const silentLog: Log = () => {}

/** A log that lets through at most `most` lines of each second and then tells how many it kept back: for hostile guests. */
export function limitedLog(log: Log, most = 20, now: () => number = Date.now): Log {
  let second = 0
  let lines = 0
  let dropped = 0
  return (level, text) => {
    const current = Math.floor(now() / 1000)
    if (current !== second) {
      if (dropped > 0) log('warning', `${dropped} more messages were left out`)
      second = current
      lines = 0
      dropped = 0
    }
    if (++lines > most) dropped++
    else log(level, text.length > 2000 ? `${text.slice(0, 2000)}…` : text)
  }
}
