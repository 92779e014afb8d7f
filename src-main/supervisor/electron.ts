// Processes and channels by Electron: utility processes for the engine's bundles, MessageChannelMain for ports.
// Invariant: every port that is handed to another process or window was made here.
// Runs in: main (Electron).
import { MessageChannelMain, type MessagePortMain, utilityProcess } from 'electron'
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

export class ElectronForker implements ProcessForker {
  readonly passesPorts = true

  fork(modulePath: string, serviceName: string, onOutput: (text: string) => void): ChildProcess {
    const child = utilityProcess.fork(modulePath, [], { serviceName, stdio: 'pipe' })
    const transport = utilityProcessTransport(child)
    for (const stream of [child.stdout, child.stderr]) stream?.on('data', (data: unknown) => onOutput(String(data)))
    let exit: ChildExit | undefined
    const listeners: ((exit: ChildExit) => void)[] = []
    child.on('exit', (code) => {
      exit = { text: code === 0 ? 'ended with code 0' : `ended with code ${code}`, orderly: code === 0 }
      for (const listener of listeners) listener(exit)
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
