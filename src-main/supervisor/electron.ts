// Processes and channels by Electron: utility processes for the engine's bundles, MessageChannelMain for ports.
// Invariant: every port that is handed to another process or window was made here.
// Runs in: main (Electron).
import { app, MessageChannelMain, type MessagePortMain, utilityProcess } from 'electron'
import { electronPortTransport, utilityProcessTransport } from '../../src-engine/public/protocol/port-transport'
import type { Transport } from '../../src-engine/public/protocol/transport'
import type { ChannelFactory, OpaquePort } from '../lib/channel'
import type { ChildExit, ChildProcess, ProcessForker } from './process-forker'

export class ElectronChannels implements ChannelFactory {
  private readonly made = new WeakSet<object>()

  createChannel(): readonly [MessagePortMain, MessagePortMain] {
    const { port1, port2 } = new MessageChannelMain()
    this.made.add(port1)
    this.made.add(port2)
    return [port1, port2]
  }

  isPort(port: OpaquePort): port is MessagePortMain {
    return typeof port === 'object' && port !== null && this.made.has(port)
  }

  transport(port: OpaquePort): Transport {
    if (!this.isPort(port)) throw new Error('not a port made here')
    return electronPortTransport(port)
  }
}

/** What follows “its process”, in brackets too. */
function endInWords(reason: string, code: number): string {
  if (reason === 'killed') return `was killed by signal ${code}`
  if (reason === 'crashed') return `crashed with code ${code}`
  if (reason === 'oom') return 'found no more memory'
  return `ended with code ${code}`
}

export class ElectronForker implements ProcessForker {
  readonly passesPorts = true
  /** Why processes went, by name: told beside `exit`, whose code is 0 for a killed process in Electron 25. */
  private readonly reasons = new Map<string, string>()

  constructor() {
    app.on('child-process-gone', (_event, { name, reason, exitCode }) => {
      if (name !== undefined) this.reasons.set(name, endInWords(reason, exitCode))
    })
  }

  fork(modulePath: string, serviceName: string, onOutput: (text: string) => void): ChildProcess {
    const child = utilityProcess.fork(modulePath, [], { serviceName, stdio: 'pipe' })
    const transport = utilityProcessTransport(child)
    for (const stream of [child.stdout, child.stderr]) stream?.on('data', (data: unknown) => onOutput(String(data)))
    let exit: ChildExit | undefined
    const listeners: ((exit: ChildExit) => void)[] = []
    child.on('exit', (code) => {
      // The reason comes a moment later than the exit.
      setTimeout(() => {
        const reason = this.reasons.get(serviceName)
        this.reasons.delete(serviceName)
        exit = { text: reason ?? (code === 0 ? 'ended unexpectedly' : `ended with code ${code}`) }
        for (const listener of listeners) listener(exit)
      }, 50)
    })
    return {
      transport,
      pid: () => child.pid,
      onExit: (listener) => {
        if (exit) listener(exit)
        else listeners.push(listener)
      },
      kill: () => void child.kill(),
    }
  }
}
