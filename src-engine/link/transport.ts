// Transports on local sockets (Unix domain sockets; named pipes on Windows): links and streams in plain Node, where ports
// cannot be handed out. The connecting side first sends {kind:'ticket', ticket}; the listener gives the connection to whoever
// expects that ticket, once. A connection with an unknown ticket, or without one in time, is closed.
// Invariant: nothing the peer sends throws here. Runs in: engine processes (plain Node and Electron utility processes).
import { randomUUID } from 'node:crypto'
import { createServer, connect as netConnect, type Server, type Socket } from 'node:net'
import path from 'node:path'
import { encodeFrame, FrameReader } from '../public/protocol/frame'
import { type Message, type Transport, TransportBase } from '../public/protocol/transport'
import { err, ok, type Result } from '../public/result'
import { fields, oneOf, shortText } from '../public/shape'

const TICKET = fields({ kind: oneOf('ticket'), ticket: shortText(128) })
const TICKET_TIMEOUT_MS = 10_000
/** Connections that have not shown a ticket yet. */
const STRANGERS = 64

class SocketTransport extends TransportBase {
  private readonly socket: Socket
  private readonly reader = new FrameReader()

  constructor(socket: Socket) {
    super()
    this.socket = socket
    socket.on('data', (chunk) => {
      const messages = this.reader.push(chunk)
      if (!messages.ok) {
        this.close(`the other side sent garbage: ${messages.error}`)
        return
      }
      for (const message of messages.value) this.received(message, [])
    })
    socket.on('error', (error) => this.ended(`the connection broke: ${error.message}`))
    socket.on('close', () => this.ended('the other side closed the connection'))
  }

  override get backlog(): number {
    return this.socket.writableLength
  }

  protected post(message: Message, ports: readonly unknown[]): void {
    if (ports.length > 0) {
      this.close('could not send: a socket cannot hand over ports')
      return
    }
    this.socket.write(encodeFrame(message))
  }

  protected hangUp(): void {
    // end() lets what was written (the one error before a close) go out; a peer that never reads must not hold us though.
    this.socket.end()
    const timer = setTimeout(() => this.socket.destroy(), 2000)
    timer.unref()
    this.socket.on('close', () => clearTimeout(timer))
  }
}

/** A path that works as a local socket in this directory; on Windows a pipe name that nobody guesses. */
export function localSocketPath(directory: string, name: string): string {
  return process.platform === 'win32' ? `\\\\.\\pipe\\ringmaster-${name}-${randomUUID()}` : path.join(directory, `${name}.sock`)
}

export function connectTransport(socketPath: string, ticket: string): Promise<Result<Transport, string>> {
  return new Promise((resolve) => {
    const socket = netConnect(socketPath)
    const failed = (error: Error) => resolve(err(`cannot connect to ${socketPath}: ${error.message}`))
    socket.once('error', failed)
    socket.once('connect', () => {
      socket.off('error', failed)
      const transport = new SocketTransport(socket)
      transport.send({ kind: 'ticket', ticket })
      resolve(ok(transport))
    })
  })
}

/** Accepts connections and sorts them by ticket. */
export class TransportListener {
  readonly path: string
  private readonly server: Server
  private readonly expected = new Map<string, (transport: Transport) => void>()
  private readonly strangers = new Set<Transport>()

  private constructor(server: Server, socketPath: string) {
    this.server = server
    this.path = socketPath
    server.on('connection', (socket) => this.accept(socket))
    // A failing accept (no file descriptors) must not end the process; the connecting side sees it and tries again.
    server.on('error', () => {})
  }

  static listen(socketPath: string): Promise<Result<TransportListener, string>> {
    return new Promise((resolve) => {
      const server = createServer()
      server.once('error', (error) => resolve(err(`cannot listen on ${socketPath}: ${error.message}`)))
      server.listen(socketPath, () => {
        server.removeAllListeners('error')
        resolve(ok(new TransportListener(server, socketPath)))
      })
    })
  }

  /** The next connection that shows this ticket goes to `taken`. Expecting it again replaces the first. */
  expect(ticket: string, taken: (transport: Transport) => void): void {
    this.expected.set(ticket, taken)
  }

  forget(ticket: string): void {
    this.expected.delete(ticket)
  }

  /** Stops listening; connections already given out live on. */
  close(): void {
    this.server.close()
    for (const stranger of this.strangers) stranger.close('this side stops listening')
    this.strangers.clear()
    this.expected.clear()
  }

  private accept(socket: Socket): void {
    const transport = new SocketTransport(socket)
    if (this.strangers.size >= STRANGERS) {
      transport.close('too many connections without a ticket')
      return
    }
    this.strangers.add(transport)
    const timer = setTimeout(() => transport.close('no ticket in time'), TICKET_TIMEOUT_MS)
    timer.unref()
    const settled = () => {
      clearTimeout(timer)
      this.strangers.delete(transport)
    }
    transport.onClose(settled)
    transport.onMessage((message) => {
      settled()
      const taken = TICKET.is(message) ? this.expected.get(message.ticket) : undefined
      if (!TICKET.is(message) || !taken) {
        transport.send({ kind: 'error', text: 'unknown ticket' })
        transport.close('unknown ticket')
        return
      }
      this.expected.delete(message.ticket)
      // Until the new owner listens, messages are to be kept again.
      transport.pauseListening()
      taken(transport)
    })
  }
}
