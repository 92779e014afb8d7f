// How the supervisor starts one of the engine's processes and hears of its end; Electron and plain Node each do it their way.
// Invariant: `onExit` tells exactly once, also a listener that comes late.
// Runs in: main, plain Node.
import type { Transport } from '../../src-engine/public/protocol/transport'

export interface ChildExit {
  /** "ended with code 1", "was ended by SIGKILL". Whether it was to end is for its owner to know, who asked for it or not. */
  readonly text: string
}

export interface ChildProcess {
  readonly transport: Transport
  /** Unknown until it has started and after it has ended. */
  pid(): number | undefined
  onExit(listener: (exit: ChildExit) => void): void
  kill(): void
}

export interface ProcessForker {
  /** Whether ports can go along with a message; else links and streams are sockets with tickets. */
  readonly passesPorts: boolean
  /** `onOutput` gets what it writes to its standard output and error streams. */
  fork(modulePath: string, serviceName: string, onOutput: (text: string) => void): ChildProcess
}
