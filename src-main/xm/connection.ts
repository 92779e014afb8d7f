// The app as the command line reaches it: calls, events and streams over the local socket, every answer checked by its shape.
// Invariant: a connection that ends fails what waits; nobody waits for ever. Runs in: command line, plain Node.
import { lstat } from 'node:fs/promises'
import { connect } from 'node:net'
import { err, ok, type Result } from '../../src-engine/public/result'
import { LocalSocketTransport } from '../lib/socket-transport'
import { type Client, makeClient } from '../public/client'
import { FROM_APP, SOCKET_VERSION, type SocketPlace } from '../public/xm-socket'

export interface StreamEnd {
  send(message: { readonly kind: string; readonly [field: string]: unknown }): void
  close(): void
}

export interface StreamListener {
  onMessage(message: Readonly<Record<string, unknown>>): void
  onEnd(reason: string): void
}

export interface Connection {
  readonly client: Client
  /** Resolved with the reason when it has ended: what waits for an event then waits for nothing. */
  readonly lost: Promise<string>
  /** Use a stream that a call opened. */
  stream(number: number, listener: StreamListener): StreamEnd
  close(): void
}

/** Why there is none, in words. A folder that is somebody else's may hold anybody's socket. */
export async function openConnection({ folder, path }: SocketPlace): Promise<Result<Connection, string>> {
  const found = await lstat(folder).catch(() => undefined)
  if (found && (found.uid !== process.getuid?.() || (found.mode & 0o077) !== 0)) return err(`${folder} is not yours alone`)
  return openSocket(path)
}

function openSocket(path: string): Promise<Result<Connection, string>> {
  return new Promise((resolve) => {
    const socket = connect(path)
    socket.once('error', (error) => resolve(err(error.message)))
    socket.once('connect', () => {
      const transport = new LocalSocketTransport(socket)
      const made = new SocketConnection(transport)
      transport.onClose((reason) => {
        made.ended(reason)
        resolve(err(reason))
      })
      made.greet((version) =>
        resolve(
          version === SOCKET_VERSION ? ok(made) : err(`it speaks version ${version} of the socket, not ${SOCKET_VERSION}`),
        ),
      )
    })
  })
}

class SocketConnection implements Connection {
  readonly client: Client
  readonly lost: Promise<string>
  private lose: (reason: string) => void = () => {}
  private readonly transport: LocalSocketTransport
  private readonly waiting = new Map<number, (reply: unknown) => void>()
  private readonly streams = new Map<number, StreamListener>()
  /** Messages that came before somebody listened. */
  private readonly early = new Map<number, (() => void)[]>()
  private listener: (name: unknown, payload: unknown) => void = () => {}
  private nextCall = 1

  constructor(transport: LocalSocketTransport) {
    this.transport = transport
    this.lost = new Promise((resolve) => {
      this.lose = resolve
    })
    this.client = makeClient({
      invoke: (name, params) =>
        new Promise((resolve) => {
          if (transport.closed) return resolve(undefined)
          const id = this.nextCall++
          this.waiting.set(id, resolve)
          transport.send({ kind: 'call', id, name, params })
        }),
      listen: (listener) => {
        this.listener = listener
      },
    })
  }

  greet(greeted: (version: number) => void): void {
    this.transport.onMessage((message) => {
      if (FROM_APP.hello.is(message)) greeted(message.version)
      else this.received(message)
    })
    this.transport.send({ kind: 'hello', version: SOCKET_VERSION, events: true })
  }

  stream(number: number, listener: StreamListener): StreamEnd {
    this.streams.set(number, listener)
    for (const deliver of this.early.get(number) ?? []) deliver()
    this.early.delete(number)
    return {
      send: ({ bytes, ...message }) => {
        if (bytes instanceof Uint8Array) this.transport.send({ kind: 'typed', stream: number, bytes })
        else this.transport.send({ kind: 'stream', stream: number, message })
      },
      close: () => this.transport.send({ kind: 'close', stream: number }),
    }
  }

  close(): void {
    this.transport.close()
  }

  ended(reason: string): void {
    for (const settle of this.waiting.values()) settle(undefined)
    this.waiting.clear()
    for (const listener of this.streams.values()) listener.onEnd(reason)
    this.streams.clear()
    this.lose(reason)
  }

  private received(message: unknown): void {
    if (FROM_APP.reply.is(message)) {
      this.waiting.get(message.id)?.(message.reply)
      this.waiting.delete(message.id)
    } else if (FROM_APP.event.is(message)) this.listener(message.name, message.payload)
    else if (FROM_APP.stream.is(message)) {
      const { stream, said, kind: _kind, ...rest } = message
      this.deliver(stream, (listener) => listener.onMessage({ ...rest, kind: said }))
    } else if (FROM_APP.end.is(message)) {
      const { stream, reason } = message
      this.deliver(stream, (listener) => listener.onEnd(reason))
    }
  }

  private deliver(stream: number, act: (listener: StreamListener) => void): void {
    const deliver = (): void => {
      const listener = this.streams.get(stream)
      if (listener) act(listener)
    }
    if (this.streams.has(stream)) deliver()
    else this.early.set(stream, [...(this.early.get(stream) ?? []), deliver])
  }
}
