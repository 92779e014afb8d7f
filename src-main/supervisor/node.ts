// Processes and channels without Electron: forked Node children, and streams as local sockets with tickets. For the tests,
// and for a daemon later. Runs in: plain Node.
import { fork } from 'node:child_process'
import { randomBytes } from 'node:crypto'
import { rmSync } from 'node:fs'
import { connect, createServer, type Socket } from 'node:net'
import { availableParallelism, tmpdir } from 'node:os'
import { join } from 'node:path'
import { encodeFrame, FrameReader } from '../../src-engine/public/protocol/frame'
import { nodeProcessTransport } from '../../src-engine/public/protocol/port-transport'
import { type Message, type Transport, TransportBase, transportPair } from '../../src-engine/public/protocol/transport'
import { fields, oneOf, text } from '../../src-engine/public/shape'
import { v8ThreadOptions } from '../../src-engine/public/v8-threads'
import type { ChannelFactory, OpaquePort } from '../lib/channel'
import type { ChildExit, ChildProcess, ProcessForker } from './process-forker'

const ticketShape = fields({ kind: oneOf('ticket'), ticket: text })

/** The end of a stream that somebody else connects to: what was sent before that waits. */
class ListeningTransport extends TransportBase {
  private socket: Socket | undefined
  private readonly waiting: Message[] = []

  constructor(path: string, ticket: string) {
    super()
    const server = createServer((socket) => {
      const reader = new FrameReader()
      let known = false
      socket.on('error', () => socket.destroy())
      socket.on('data', (chunk) => {
        const messages = reader.push(new Uint8Array(chunk))
        if (!messages.ok) return socket.destroy()
        for (const message of messages.value) {
          if (known) this.received(message, [])
          else if (!ticketShape.is(message) || message.ticket !== ticket || this.socket) return socket.destroy()
          else {
            known = true
            this.socket = socket
            server.close()
            rmSync(path, { force: true })
            for (const early of this.waiting.splice(0)) this.post(early)
            socket.on('close', () => this.ended('the other side closed the socket'))
          }
        }
        return undefined
      })
    })
    server.listen(path)
    server.unref()
  }

  protected post(message: Message): void {
    if (this.socket) this.socket.write(encodeFrame(message))
    else this.waiting.push(message)
  }

  protected hangUp(): void {
    this.socket?.destroy()
  }
}

const socketAddress = fields({ path: text, ticket: text })

/** A stream's end reached over domain 0's socket. */
class SocketTransport extends TransportBase {
  private readonly socket: Socket
  private readonly reader = new FrameReader()

  constructor(path: string, ticket: string) {
    super()
    this.socket = connect(path)
    this.socket.on('data', (chunk) => {
      const messages = this.reader.push(new Uint8Array(chunk))
      if (!messages.ok) this.close(messages.error)
      else for (const message of messages.value) this.received(message, [])
    })
    this.socket.on('error', (error) => this.ended(error.message))
    this.socket.on('close', () => this.ended('the other side closed the socket'))
    this.send({ kind: 'ticket', ticket })
  }

  protected post(message: Message): void {
    this.socket.write(encodeFrame(message))
  }

  protected hangUp(): void {
    this.socket.destroy()
  }
}

/** Channels within this process; a stream of a forked domain 0 is reached by its address. */
export class NodeChannels implements ChannelFactory {
  private readonly ends = new Map<OpaquePort, Transport>()

  createChannel(): readonly [OpaquePort, OpaquePort] {
    const [first, second] = transportPair()
    for (const end of [first, second]) {
      this.ends.set(end, end)
      end.onClose(() => this.ends.delete(end))
    }
    return [first, second]
  }

  async listen() {
    const name = randomBytes(12).toString('hex')
    const path = join(tmpdir(), `ringmaster-${name}.sock`)
    const ticket = randomBytes(24).toString('hex')
    const end = new ListeningTransport(path, ticket)
    this.ends.set(end, end)
    return { link: { path, ticket }, port: end }
  }

  transport(port: OpaquePort): Transport {
    const end = this.ends.get(port)
    if (end) return end
    if (socketAddress.is(port)) return new SocketTransport(port.path, port.ticket)
    throw new Error('neither an end made here nor the address of a stream')
  }
}

export class NodeForker implements ProcessForker {
  readonly passesPorts = false

  fork(modulePath: string, _serviceName: string, onOutput: (text: string) => void): ChildProcess {
    const child = fork(modulePath, [], {
      serialization: 'advanced',
      stdio: ['ignore', 'pipe', 'pipe', 'ipc'],
      execArgv: [...v8ThreadOptions(availableParallelism())],
    })
    const transport = nodeProcessTransport(child)
    for (const stream of [child.stdout, child.stderr]) stream?.on('data', (data: unknown) => onOutput(String(data)))
    let exit: ChildExit | undefined
    const listeners: ((exit: ChildExit) => void)[] = []
    const ended = (end: ChildExit): void => {
      if (exit) return
      exit = end
      for (const listener of listeners) listener(end)
    }
    child.on('exit', (code, signal) => {
      ended({ text: signal === null ? `ended with code ${code}` : `was ended by ${signal}` })
    })
    child.on('error', (error) => ended({ text: `could not be started: ${error.message}` }))
    return {
      transport,
      pid: () => (exit ? undefined : child.pid),
      onExit: (listener) => {
        if (exit) listener(exit)
        else listeners.push(listener)
      },
      kill: () => void child.kill('SIGKILL'),
    }
  }
}
