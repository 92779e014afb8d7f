// The calls table over a local socket, for the command line of the same user: its folder and the socket are the user's alone,
// checked before it is opened. A caller there is the user in a shell: files it names are the user's wish, as with any command.
// Invariant: garbage ends the connection it came on and nothing else; a connection's streams end with it; calls that only a
// window can use are refused. Runs in: main, plain Node.
import { chmod, lstat, mkdir, rm } from 'node:fs/promises'
import { connect, createServer, type Server, type Socket } from 'node:net'
import type { Transport } from '../../src-engine/public/protocol/transport'
import { err, ok, type Result } from '../../src-engine/public/result'
import type { OpaquePort } from '../lib/channel'
import { LocalSocketTransport } from '../lib/socket-transport'
import type { UnderWay } from '../lib/under-way'
import type { CallName } from '../public/calls'
import { type ErrorReport, errorReport } from '../public/error-code'
import type { EventName, EventPayload } from '../public/events'
import { SOCKET_VERSION, type SocketPlace, TO_APP } from '../public/xm-socket'
import type { Caller, CallServers } from '../toolstack/call-server'
import { serveCall } from './serve-call'

const CONNECTIONS_MOST = 16
const CALLS_MOST = 32
const STREAMS_MOST = 8
/** Told to somebody who does not read: a command that was stopped (Ctrl+Z) would else fill our memory in time. */
const UNREAD_MOST = 16 * 1024 * 1024

export interface LocalSocketParts {
  readonly place: SocketPlace
  readonly servers: Partial<CallServers<CallName>>
  /** A command is at work while it is connected, between its calls too. */
  readonly underWay: Pick<UnderWay, 'begin'>
  /** Use a port here. */
  readonly transport: (port: OpaquePort) => Transport
}

export class LocalSocket {
  private readonly parts: LocalSocketParts
  private readonly connections = new Set<Connection>()
  private server: Server | undefined

  constructor(parts: LocalSocketParts) {
    this.parts = parts
  }

  async listen(): Promise<Result<null, ErrorReport>> {
    const { folder, path } = this.parts.place
    const refused = (detail: string) => err(errorReport('socket-refused', { path, detail }))
    try {
      await mkdir(folder, { recursive: true, mode: 0o700 })
      const found = await lstat(folder)
      if (!found.isDirectory() || found.uid !== process.getuid?.()) return refused('its folder is not yours')
      if ((found.mode & 0o077) !== 0) await chmod(folder, 0o700)
      if (await isServed(path)) return refused('another Ringmaster has it')
      await rm(path, { force: true })
      const server = createServer((socket) => this.admit(socket))
      await new Promise<void>((resolve, reject) => {
        server.once('error', reject)
        server.listen(path, resolve)
      })
      server.on('error', () => undefined)
      await chmod(path, 0o600)
      this.server = server
      return ok(null)
    } catch (thrown) {
      return refused(thrown instanceof Error ? thrown.message : String(thrown))
    }
  }

  broadcast<E extends EventName>(name: E, payload: EventPayload<E>): void {
    for (const connection of this.connections) connection.tell(name, payload)
  }

  async close(): Promise<void> {
    for (const connection of [...this.connections]) connection.close()
    const { server } = this
    if (!server) return
    await new Promise<void>((resolve) => server.close(() => resolve()))
    await rm(this.parts.place.path, { force: true })
  }

  private admit(socket: Socket): void {
    if (this.connections.size >= CONNECTIONS_MOST) {
      socket.on('error', () => undefined)
      socket.destroy()
      return
    }
    const ended = this.parts.underWay.begin()
    const connection = new Connection(new LocalSocketTransport(socket), this.parts, () => {
      this.connections.delete(connection)
      ended()
    })
    this.connections.add(connection)
  }
}

/** Whether somebody answers there: a socket file without that is left from a cut. */
function isServed(path: string): Promise<boolean> {
  return new Promise((resolve) => {
    const socket = connect(path)
    socket.once('connect', () => {
      socket.destroy()
      resolve(true)
    })
    socket.once('error', () => resolve(false))
  })
}

class Connection {
  private readonly transport: Transport
  private readonly parts: LocalSocketParts
  private readonly streams = new Map<number, Transport>()
  private nextStream = 1
  private calls = 0
  private greeted = false
  private hearsEvents = false

  constructor(transport: Transport, parts: LocalSocketParts, gone: () => void) {
    this.transport = transport
    this.parts = parts
    transport.onMessage((message) => this.received(message))
    transport.onClose(() => {
      for (const stream of this.streams.values()) stream.close()
      this.streams.clear()
      gone()
    })
  }

  tell(name: EventName, payload: unknown): void {
    if (!this.hearsEvents) return
    if (this.transport.backlog > UNREAD_MOST) this.transport.close('it does not read')
    else this.transport.send({ kind: 'event', name, payload })
  }

  close(): void {
    this.transport.close()
  }

  private received(message: unknown): void {
    if (TO_APP.hello.is(message) && !this.greeted) {
      this.greeted = true
      this.hearsEvents = message.events
      this.transport.send({ kind: 'hello', version: SOCKET_VERSION })
    } else if (!this.greeted) this.transport.close('no greeting')
    else if (TO_APP.call.is(message)) void this.serve(message.id, message.name, message.params)
    else if (TO_APP.stream.is(message)) this.forward(message.stream, message.message)
    else if (TO_APP.typed.is(message)) this.forward(message.stream, { kind: 'input', bytes: message.bytes })
    else if (TO_APP.close.is(message)) this.streams.get(message.stream)?.close()
    else this.transport.close('not a message')
  }

  private forward(stream: number, message: unknown): void {
    // What is in it the other end of the stream looks at.
    if (typeof message === 'object' && message !== null) this.streams.get(stream)?.send({ ...message })
  }

  private async serve(id: number, name: string, params: unknown): Promise<void> {
    if (this.calls >= CALLS_MOST) {
      this.transport.close('too many calls')
      return
    }
    this.calls++
    const reply = await serveCall(this.parts.servers, name, params, this.caller)
    this.calls--
    this.transport.send({ kind: 'reply', id, reply })
  }

  private readonly caller: Caller = {
    choseFile: () => true,
    allowsWriting: async () => true,
    handOver: (port) => this.handOver(port),
    pageFile: async () => undefined,
  }

  private handOver(port: OpaquePort): number {
    const stream = this.nextStream++
    const end = this.parts.transport(port)
    if (this.streams.size >= STREAMS_MOST || this.transport.closed) {
      end.close()
      return stream
    }
    this.streams.set(stream, end)
    end.onMessage((message) => {
      const { kind, ...rest } = typeof message === 'object' && message !== null && 'kind' in message ? message : { kind: '' }
      this.transport.send({ ...rest, kind: 'stream', stream, said: String(kind) })
    })
    end.onClose((reason) => {
      this.streams.delete(stream)
      this.transport.send({ kind: 'end', stream, reason })
    })
    return stream
  }
}
