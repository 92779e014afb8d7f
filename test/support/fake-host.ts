// The machine as a test wants it: what is opened is listed, and the test plays the other side.
import type {
  BoundDatagrams,
  DatagramEvents,
  Endpoint,
  Host,
  HostDatagrams,
  HostStream,
  Listener,
  StreamEvents,
} from '../../src-engine/net/host'

export class FakeStream implements HostStream {
  readonly target: Endpoint
  events: StreamEvents | undefined
  written: number[] = []
  waiting: (() => void)[] = []
  readonly log: string[] = []
  /** Whether writes leave at once. */
  taking = true

  constructor(target: Endpoint) {
    this.target = target
  }

  write(bytes: Uint8Array, done: () => void): void {
    this.written.push(...bytes)
    if (this.taking) done()
    else this.waiting.push(done)
  }

  finish(): void {
    this.log.push('finish')
  }

  reset(): void {
    this.log.push('reset')
  }

  pause(): void {
    this.log.push('pause')
  }

  resume(): void {
    this.log.push('resume')
  }
}

export class FakeDatagrams implements HostDatagrams {
  readonly target: Endpoint
  readonly events: DatagramEvents
  readonly sent: Uint8Array[] = []
  closed = false

  constructor(target: Endpoint, events: DatagramEvents) {
    this.target = target
    this.events = events
  }

  send(bytes: Uint8Array): void {
    this.sent.push(bytes)
  }

  close(): void {
    this.closed = true
  }
}

export interface FakeListener {
  readonly at: Endpoint
  accept(stream: FakeStream, peer: Endpoint): void
  closed: boolean
}

export interface FakeBound {
  readonly at: Endpoint
  receive(bytes: Uint8Array, from: Endpoint): void
  readonly sent: { bytes: Uint8Array; to: Endpoint }[]
  closed: boolean
}

export class FakeHost implements Host {
  readonly streams: FakeStream[] = []
  readonly datagrams: FakeDatagrams[] = []
  readonly listeners: FakeListener[] = []
  readonly bound: FakeBound[] = []
  readonly pings: string[] = []
  /** Addresses that answer. */
  reachable = new Set<string>()
  servers: Endpoint[] = [{ address: '192.0.2.53', port: 53 }]
  readonly known = new Map<string, string[]>()

  connectTcp(target: Endpoint, events: StreamEvents): HostStream {
    const stream = new FakeStream(target)
    stream.events = events
    this.streams.push(stream)
    return stream
  }

  listenTcp(
    at: Endpoint,
    accept: (stream: HostStream, peer: Endpoint) => StreamEvents,
    ready: (port: number | undefined, error?: string) => void,
  ): Listener {
    const listener: FakeListener = {
      at,
      closed: false,
      accept: (stream, peer) => {
        stream.events = accept(stream, peer)
      },
    }
    this.listeners.push(listener)
    ready(at.port)
    return {
      close: () => {
        listener.closed = true
      },
    }
  }

  openUdp(target: Endpoint, events: DatagramEvents): HostDatagrams {
    const socket = new FakeDatagrams(target, events)
    this.datagrams.push(socket)
    return socket
  }

  listenUdp(
    at: Endpoint,
    received: (bytes: Uint8Array, from: Endpoint) => void,
    ready: (port: number | undefined, error?: string) => void,
  ): BoundDatagrams {
    const bound: FakeBound = { at, receive: received, sent: [], closed: false }
    this.bound.push(bound)
    ready(at.port)
    return {
      send: (bytes, to) => bound.sent.push({ bytes, to }),
      close: () => {
        bound.closed = true
      },
    }
  }

  ping(address: string, _bytes: number, done: (answered: boolean) => void): void {
    this.pings.push(address)
    queueMicrotask(() => done(this.reachable.has(address)))
  }

  resolvers(): readonly Endpoint[] {
    return this.servers
  }

  lookup(name: string, family: 4 | 6, done: (found: readonly string[] | undefined) => void): void {
    const found = (this.known.get(name) ?? []).filter((address) => address.includes(':') === (family === 6))
    queueMicrotask(() => done(found))
  }
}
