// Transports on things that post whole messages: Electron's MessagePortMain, utilityProcess and parentPort, a worker's
// MessagePort, a forked Node child and its parent. All are described by their form only, so main and engine share this file
// and it runs in plain Node too. A forked Node child needs `serialization: 'advanced'`, or bytes would not survive.
// Invariant: an exception while posting closes the transport with its text, it never reaches the sender (the peer is gone or
// the message was unclonable; either way nothing sent later would arrive). Runs in: main process and engine processes.
import { type Message, type Transport, TransportBase } from './transport'

/** What the table of carriers below is made of. */
interface Carrier {
  post(message: Message, ports: readonly unknown[]): void
  listen(received: (message: unknown, ports: readonly unknown[]) => void, ended: (reason: string) => void): void
  hangUp(): void
}

class PortTransport extends TransportBase {
  private readonly carrier: Carrier

  constructor(carrier: Carrier) {
    super()
    this.carrier = carrier
    carrier.listen(
      (message, ports) => this.received(message, ports),
      (reason) => this.ended(reason),
    )
  }

  protected post(message: Message, ports: readonly unknown[]): void {
    try {
      this.carrier.post(message, ports)
    } catch (error) {
      this.close(`could not send: ${error instanceof Error ? error.message : String(error)}`)
    }
  }

  protected hangUp(): void {
    try {
      this.carrier.hangUp()
    } catch {
      // Already gone: that is what we wanted.
    }
  }
}

/** Each maker types its `on` differently: only that it is there is asked, `listenTo` calls it. */
interface Emitter {
  readonly on: unknown
}

function listenTo(emitter: Emitter, event: string, listener: (...args: never[]) => void): void {
  if (typeof emitter.on === 'function') Reflect.apply(emitter.on, emitter, [event, listener])
}

/** Electron wraps what arrives on a port in an event with `data` and `ports`. */
interface ElectronEvent {
  readonly data?: unknown
  readonly ports?: readonly unknown[]
}

/** A MessagePortMain (Electron main or utility process). Starts it. */
export interface ElectronPortLike extends Emitter {
  postMessage(message: unknown, transfer?: never[]): void
  start(): void
  close(): void
}

export function isElectronPort(value: unknown): value is ElectronPortLike {
  return (
    typeof value === 'object' &&
    value !== null &&
    'postMessage' in value &&
    typeof value.postMessage === 'function' &&
    'start' in value &&
    typeof value.start === 'function' &&
    'on' in value &&
    typeof value.on === 'function'
  )
}

function refusePorts(ports: readonly unknown[]): void {
  if (ports.length > 0) throw new Error('this transport cannot hand over ports')
}

/** Calls a foreign function with ports without knowing their type: their maker does. */
function postWith(
  target: { postMessage(message: unknown, transfer?: never[]): void },
  message: Message,
  ports: readonly unknown[],
) {
  if (ports.length === 0) target.postMessage(message)
  else Reflect.apply(target.postMessage, target, [message, ports])
}

export function electronPortTransport(port: ElectronPortLike): Transport {
  return new PortTransport({
    post: (message, ports) => postWith(port, message, ports),
    listen(received, ended) {
      listenTo(port, 'message', (event: ElectronEvent | undefined) => received(event?.data, event?.ports ?? []))
      listenTo(port, 'close', () => ended('the other side closed the port'))
      port.start()
    },
    hangUp: () => port.close(),
  })
}

/** process.parentPort of an Electron utility process. It cannot be closed; the process ends instead. */
export interface ParentPortLike extends Emitter {
  postMessage(message: unknown): void
}

export function isParentPort(value: unknown): value is ParentPortLike {
  return (
    typeof value === 'object' &&
    value !== null &&
    'postMessage' in value &&
    typeof value.postMessage === 'function' &&
    'on' in value &&
    typeof value.on === 'function'
  )
}

export function parentPortTransport(port: ParentPortLike): Transport {
  return new PortTransport({
    post(message, ports) {
      refusePorts(ports)
      port.postMessage(message)
    },
    listen(received) {
      listenTo(port, 'message', (event: ElectronEvent | undefined) => received(event?.data, event?.ports ?? []))
    },
    hangUp() {},
  })
}

/** Main's end of an Electron utility process. Closing it kills the child (the owner waits for its exit). */
export interface UtilityProcessLike extends Emitter {
  postMessage(message: unknown, transfer?: never[]): void
  kill(): boolean
}

export function utilityProcessTransport(child: UtilityProcessLike): Transport {
  return new PortTransport({
    post: (message, ports) => postWith(child, message, ports),
    listen(received, ended) {
      listenTo(child, 'message', (message: unknown) => received(message, []))
      listenTo(child, 'exit', (code: number) => ended(`the process ended with code ${code}`))
    },
    hangUp: () => child.kill(),
  })
}

/** A worker_threads MessagePort, Worker or parentPort: messages come bare. */
export interface WorkerPortLike extends Emitter {
  postMessage(message: unknown, transfer?: never[]): void
  close?(): void
}

export function workerPortTransport(port: WorkerPortLike): Transport {
  return new PortTransport({
    post: (message, ports) => postWith(port, message, ports),
    listen(received, ended) {
      listenTo(port, 'message', (message: unknown) => received(message, []))
      listenTo(port, 'close', () => ended('the other side closed the port'))
    },
    hangUp: () => port.close?.(),
  })
}

/** Either end of a forked Node child: the ChildProcess in the parent, `process` in the child. */
export interface NodeProcessLike extends Emitter {
  send?(message: unknown, callback?: (error: Error | null) => void): boolean
  disconnect?(): void
  readonly connected?: boolean
}

export function nodeProcessTransport(end: NodeProcessLike): Transport {
  return new PortTransport({
    post(message, ports) {
      refusePorts(ports)
      // A callback keeps a failed write (the peer died a moment ago) from becoming an 'error' event; 'disconnect' reports it.
      if (end.connected) end.send?.(message, () => {})
    },
    listen(received, ended) {
      listenTo(end, 'message', (message: unknown) => received(message, []))
      listenTo(end, 'disconnect', () => ended('the other process is gone'))
    },
    hangUp() {
      if (end.connected) end.disconnect?.()
    },
  })
}
