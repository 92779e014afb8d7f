// Where a part of the engine says what happened. A process makes one that goes to main as `log` events; tests keep the lines.
// Invariant: logging never throws and never blocks. Nothing on the hot path logs. Runs in: any thread but a vcpu's hot loop.

export type LogLevel = 'debug' | 'info' | 'warning' | 'error'
export type Log = (level: LogLevel, text: string) => void

export const silentLog: Log = () => {}
