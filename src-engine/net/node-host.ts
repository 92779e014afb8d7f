// The machine as Node shows it: node:net, node:dgram, node:dns and the system's `ping`. Runs in: domain 0.
import { spawn } from 'node:child_process'
import dgram from 'node:dgram'
import dns from 'node:dns'
import net from 'node:net'
import { systemWords } from '../lib/system-error'
import type {
  BoundDatagrams,
  DatagramEvents,
  Endpoint,
  Host,
  HostDatagrams,
  HostError,
  HostStream,
  Listener,
  StreamEvents,
} from './host'

/** What a socket holds of datagrams while this process has no processor: 170 ms at 50 Mbit/s. The system may allow less. */
const DATAGRAM_BUFFER = 1024 * 1024
const PING_SECONDS = 4
const RESOLVER_AGE_MS = 5000
/** Larger ones the system's `ping` could only send in fragments. */
const PING_DATA_MOST = 1472

const ERRORS: Readonly<Record<string, HostError>> = {
  ECONNREFUSED: 'ECONNREFUSED',
  ECONNRESET: 'ECONNRESET',
  EPIPE: 'ECONNRESET',
  EHOSTUNREACH: 'EHOSTUNREACH',
  EHOSTDOWN: 'EHOSTUNREACH',
  ENETUNREACH: 'ENETUNREACH',
  ENETDOWN: 'ENETUNREACH',
  EADDRNOTAVAIL: 'ENETUNREACH',
  ETIMEDOUT: 'ETIMEDOUT',
  EACCES: 'EACCES',
  EPERM: 'EACCES',
}

function errorCode(error: unknown): string {
  return error instanceof Error && 'code' in error && typeof error.code === 'string' ? error.code : 'EOTHER'
}

const hostError = (error: unknown): HostError => ERRORS[errorCode(error)] ?? 'EOTHER'

/** Joins a socket to the events its user gave. */
class NodeStream implements HostStream {
  private readonly socket: net.Socket

  constructor(socket: net.Socket) {
    this.socket = socket
    socket.setNoDelay(true)
  }

  attach(events: StreamEvents): void {
    const { socket } = this
    let error: HostError | undefined
    socket.on('connect', () => events.connected())
    socket.on('data', (bytes: Buffer) => events.received(bytes))
    socket.on('end', () => events.finished())
    socket.on('error', (cause) => {
      error = hostError(cause)
    })
    socket.on('close', () => events.closed(error))
  }

  write(bytes: Uint8Array, done: () => void): void {
    // After an error there is no write any more; `closed` follows.
    this.socket.write(bytes, (error) => {
      if (!error) done()
    })
  }

  finish(): void {
    this.socket.end()
  }

  reset(): void {
    // Node would wait for the connection to be up, which with a peer that is silent takes two minutes: a guest that takes its SYN back
    // each time would have as many sockets as it likes.
    if (this.socket.connecting) this.socket.destroy()
    else this.socket.resetAndDestroy()
  }

  pause(): void {
    this.socket.pause()
  }

  resume(): void {
    this.socket.resume()
  }
}

/** Datagrams that wait for the socket to be ready. */
const WAITING_MOST = 16

/**
 * A socket that talks to one target. Where it cannot be joined to it (no route while the host is offline, a broadcast address, no file
 * descriptor left) that is told, and the next datagram tries again with another socket: some failures leave one that can never be joined.
 * No callback is given to `connect`: it would hear of the failure in place of the listener.
 */
class NodeDatagrams implements HostDatagrams {
  private readonly target: Endpoint
  private readonly events: DatagramEvents
  private socket: dgram.Socket | undefined
  private state: 'opening' | 'open' | 'failed' | 'closed' = 'opening'
  private waiting: Uint8Array[] = []

  constructor(target: Endpoint, events: DatagramEvents) {
    this.target = target
    this.events = events
    this.open()
  }

  send(bytes: Uint8Array): void {
    if (this.state === 'open') this.sendNow(bytes)
    else if (this.state !== 'closed' && this.waiting.length < WAITING_MOST) this.waiting.push(bytes)
    if (this.state === 'failed') this.open()
  }

  close(): void {
    if (this.state === 'closed') return
    this.state = 'closed'
    this.socket?.close()
  }

  private open(): void {
    this.state = 'opening'
    const socket = dgram.createSocket({ type: 'udp4', recvBufferSize: DATAGRAM_BUFFER })
    this.socket = socket
    socket.on('message', (bytes) => this.events.received(bytes))
    socket.on('error', (error) => {
      if (socket === this.socket) this.failed(error)
    })
    socket.on('connect', () => this.opened())
    socket.connect(this.target.port, this.target.address)
  }

  private opened(): void {
    if (this.state !== 'opening') return
    this.state = 'open'
    for (const bytes of this.waiting.splice(0)) this.sendNow(bytes)
  }

  private sendNow(bytes: Uint8Array): void {
    this.socket?.send(bytes, (error) => {
      if (error && this.state !== 'closed') this.events.failed(hostError(error))
    })
  }

  private failed(error: unknown): void {
    if (this.state === 'closed') return
    if (this.state === 'opening') {
      this.state = 'failed'
      this.waiting = []
      this.socket?.close()
      this.socket = undefined
    }
    this.events.failed(hostError(error))
  }
}

type Ready = (port: number | undefined, error?: string) => void

/** How a listener began: whatever its socket says after, that is told once. */
function once(ready: Ready): Ready {
  let over = false
  return (port, error) => {
    if (over) return
    over = true
    ready(port, error)
  }
}

export class NodeHost implements Host {
  private servers: readonly Endpoint[] = []
  private serversAt = Number.NEGATIVE_INFINITY

  connectTcp(target: Endpoint, events: StreamEvents): HostStream {
    const socket = net.connect({ host: target.address, port: target.port, allowHalfOpen: true })
    const stream = new NodeStream(socket)
    stream.attach(events)
    return stream
  }

  listenTcp(
    at: Endpoint,
    accept: (stream: HostStream, peer: Endpoint) => StreamEvents,
    ready: (port: number | undefined, error?: string) => void,
  ): Listener {
    const server = net.createServer({ allowHalfOpen: true, pauseOnConnect: true }, (socket) => {
      const stream = new NodeStream(socket)
      const peer = { address: socket.remoteAddress ?? '127.0.0.1', port: socket.remotePort ?? 0 }
      stream.attach(accept(stream, peer))
    })
    const told = once(ready)
    // Later ones are of a connection that could not be accepted: its peer tries again, or has gone.
    server.on('error', (error) => told(undefined, systemWords(error)))
    server.listen({ host: at.address, port: at.port }, () => {
      const address = server.address()
      told(typeof address === 'object' && address ? address.port : undefined)
    })
    return { close: () => server.close() }
  }

  openUdp(target: Endpoint, events: DatagramEvents): HostDatagrams {
    return new NodeDatagrams(target, events)
  }

  listenUdp(
    at: Endpoint,
    received: (bytes: Uint8Array, from: Endpoint) => void,
    ready: (port: number | undefined, error?: string) => void,
  ): BoundDatagrams {
    const socket = dgram.createSocket({ type: net.isIPv6(at.address) ? 'udp6' : 'udp4', recvBufferSize: DATAGRAM_BUFFER })
    let closed = false
    socket.on('message', (bytes, from) => received(bytes, from))
    const told = once(ready)
    // Later ones are of a datagram, which may be lost.
    socket.on('error', (error) => told(undefined, systemWords(error)))
    socket.bind({ address: at.address, port: at.port, exclusive: true }, () => {
      if (!closed) told(socket.address().port)
    })
    return {
      send: (bytes, to) => {
        // From port 0 a datagram may come; nothing can be sent there.
        if (!closed && to.port > 0) socket.send(bytes, to.port, to.address, () => {})
      },
      close: () => {
        if (closed) return
        closed = true
        socket.close()
      },
    }
  }

  ping(address: string, bytes: number, done: (answered: boolean) => void): void {
    const size = String(Math.min(Math.max(0, bytes), PING_DATA_MOST))
    const words = ['-n', '-q', '-c', '1', '-W', String(PING_SECONDS), '-s', size, address]
    // Some failures to start it are thrown, others told: either way it is no answer.
    const pinged = new Promise<boolean>((resolve) => {
      const child = spawn('ping', words, { stdio: 'ignore' })
      const timer = setTimeout(() => child.kill('SIGKILL'), (PING_SECONDS + 2) * 1000)
      const end = (answered: boolean): void => {
        clearTimeout(timer)
        resolve(answered)
      }
      child.on('error', () => end(false))
      child.on('exit', (code) => end(code === 0))
    })
    pinged.then(done, () => done(false))
  }

  resolvers(): readonly Endpoint[] {
    const now = performance.now()
    if (now - this.serversAt < RESOLVER_AGE_MS) return this.servers
    this.serversAt = now
    // A new resolver reads the system's configuration anew.
    this.servers = new dns.Resolver().getServers().flatMap((server) => {
      // `address`, `address:port`, `[address]:port`.
      const match = /^\[?([^\]]+?)\]?(?::(\d+))?$/.exec(net.isIPv6(server) ? `[${server}]` : server)
      const address = match?.[1] ?? ''
      return net.isIPv4(address) ? [{ address, port: Number(match?.[2] ?? 53) }] : []
    })
    return this.servers
  }

  lookup(name: string, family: 4 | 6, done: (found: readonly string[] | undefined) => void): void {
    const looked = new Promise<readonly string[] | undefined>((resolve) => {
      dns.lookup(name, { family, all: true }, (error, found) => {
        if (!error) resolve(found.map(({ address }) => address))
        else resolve(errorCode(error) === 'ENOTFOUND' ? [] : undefined)
      })
    })
    looked.then(done, () => done(undefined))
  }
}
