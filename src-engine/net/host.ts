// What the network needs of the machine it runs on: sockets, names and the `ping` program. node-host.ts has the real ones,
// tests have their own. Addresses are dotted quads: a guest's traffic is IPv4.
// Invariant: events come one by one from the event loop, never from inside the call that caused them, and nothing comes
// after `closed`. Runs in: domain 0.

export interface Endpoint {
  readonly address: string
  readonly port: number
}

/** Why a connection or datagram failed, in the words of the operating system. */
export type HostError = 'ECONNREFUSED' | 'ECONNRESET' | 'EHOSTUNREACH' | 'ENETUNREACH' | 'ETIMEDOUT' | 'EACCES' | 'EOTHER'

/** One TCP connection of the host. */
export interface HostStream {
  /** `done` when the bytes have left the process; `bytes` may be a view and must not change before. */
  write(bytes: Uint8Array, done: () => void): void
  /** No more is written (FIN); reading goes on. */
  finish(): void
  /** Ends both ways at once, by RST. */
  reset(): void
  pause(): void
  resume(): void
}

export interface StreamEvents {
  connected(): void
  /** The bytes belong to the receiver. */
  received(bytes: Uint8Array): void
  /** The peer writes no more. */
  finished(): void
  /** Gone, with the error if it was one. */
  closed(error: HostError | undefined): void
}

export interface HostDatagrams {
  send(bytes: Uint8Array): void
  close(): void
}

export interface DatagramEvents {
  received(bytes: Uint8Array): void
  failed(error: HostError): void
}

export interface BoundDatagrams {
  /** The port it is bound to, as soon as that is known. */
  send(bytes: Uint8Array, to: Endpoint): void
  close(): void
}

export interface Listener {
  close(): void
}

export interface Host {
  connectTcp(target: Endpoint, events: StreamEvents): HostStream
  /** `accept` gets each connection and returns who wants its events. `ready` is called once with the port, or an error. */
  listenTcp(
    at: Endpoint,
    accept: (stream: HostStream, peer: Endpoint) => StreamEvents,
    ready: (port: number | undefined, error?: string) => void,
  ): Listener
  /** Datagrams to and from one target alone. */
  openUdp(target: Endpoint, events: DatagramEvents): HostDatagrams
  listenUdp(
    at: Endpoint,
    received: (bytes: Uint8Array, from: Endpoint) => void,
    ready: (port: number | undefined, error?: string) => void,
  ): BoundDatagrams
  /** Tells once whether the address answered one echo request with this many bytes of data. */
  ping(address: string, bytes: number, done: (answered: boolean) => void): void
  /** Name servers of the system, the best first. */
  resolvers(): readonly Endpoint[]
  /** Tells once the addresses of a name by the system's own resolver: none when there is no such name, undefined when it failed. */
  lookup(name: string, family: 4 | 6, done: (found: readonly string[] | undefined) => void): void
}
