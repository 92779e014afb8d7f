// Transport: how two of our processes exchange messages, whatever carries them (an Electron port, a worker's port, the IPC
// channel of a forked child, a local socket). Control, link and stream all run on one; test/engine/link has one contract
// test for every implementation. Rules of the contract:
//  - A message is either exact bytes (Uint8Array) or a plain message: an object of JSON values, of whose top-level fields
//    some may be Uint8Arrays. Nothing else is sent (an unclonable message would close an Electron port silently).
//  - Messages arrive whole and in order. What arrives is `unknown`: the receiver checks its shape.
//  - Messages that come before `onMessage` is called are kept. There is one listener; a later one replaces it.
//  - `close` may be called twice. `onClose` is told once, with a reason; if it is already closed, at once.
//  - `send` on a closed transport does nothing. There is no back pressure: senders keep a credit window.
// Runs in: anything (no platform imports); port-transport.ts and link/transport.ts implement it.

export interface PlainMessage {
  readonly [field: string]: unknown
}
export type Message = Uint8Array | PlainMessage

export interface Transport {
  /** `ports` only where the carrier can hand ports over (Electron, workers); elsewhere a non-empty list is an error. */
  send(message: Message, ports?: readonly unknown[]): void
  onMessage(listener: (message: unknown, ports: readonly unknown[]) => void): void
  onClose(listener: (reason: string) => void): void
  close(reason?: string): void
  readonly closed: boolean
  /** Bytes accepted by `send` but not yet handed to the system; 0 where the carrier does not say. */
  readonly backlog: number
}

/**
 * Bytes that are safe to post: a view of shared memory throws, and a view of a larger buffer drags all of it along, so
 * anything but an exact unshared array is copied.
 */
export function exactBytes(bytes: Uint8Array): Uint8Array {
  if (bytes.buffer instanceof ArrayBuffer && bytes.byteLength === bytes.buffer.byteLength) return bytes
  const copy = new Uint8Array(bytes.length)
  copy.set(bytes)
  return copy
}

/** Bytes as a Uint8Array proper: a Node Buffer is one too, but its `slice` shares memory instead of copying. */
function plainArray(bytes: Uint8Array): Uint8Array {
  if (bytes.constructor === Uint8Array) return bytes
  return new Uint8Array(bytes.buffer, bytes.byteOffset, bytes.byteLength)
}

/** The message with each Uint8Array made exact. */
export function exactMessage(message: Message): Message {
  if (message instanceof Uint8Array) return exactBytes(message)
  let changed: Record<string, unknown> | undefined
  for (const key of Object.keys(message)) {
    const value = message[key]
    if (!(value instanceof Uint8Array)) continue
    const exact = exactBytes(value)
    if (exact === value) continue
    changed ??= { ...message }
    changed[key] = exact
  }
  return changed ?? message
}

/** The half of a transport that all carriers share: early messages kept, one close, listeners. */
export abstract class TransportBase implements Transport {
  private listener: ((message: unknown, ports: readonly unknown[]) => void) | undefined
  private closeListeners: ((reason: string) => void)[] = []
  private early: { message: unknown; ports: readonly unknown[] }[] = []
  private reason: string | undefined

  get closed(): boolean {
    return this.reason !== undefined
  }

  get backlog(): number {
    return 0
  }

  send(message: Message, ports: readonly unknown[] = []): void {
    if (this.reason === undefined) this.post(exactMessage(message), ports)
  }

  onMessage(listener: (message: unknown, ports: readonly unknown[]) => void): void {
    this.listener = listener
    // One at a time: the listener may hand over to another, who gets the rest.
    while (this.early.length > 0 && this.listener === listener) {
      const next = this.early.shift()
      if (next) listener(next.message, next.ports)
    }
  }

  /** Back to keeping messages, for the next owner of the transport. */
  pauseListening(): void {
    this.listener = undefined
  }

  onClose(listener: (reason: string) => void): void {
    if (this.reason !== undefined) listener(this.reason)
    else this.closeListeners.push(listener)
  }

  close(reason = 'closed by this side'): void {
    if (this.reason !== undefined) return
    this.hangUp()
    this.ended(reason)
  }

  protected received(given: unknown, ports: readonly unknown[]): void {
    if (this.reason !== undefined) return
    const message = given instanceof Uint8Array ? plainArray(given) : given
    if (this.listener) this.listener(message, ports)
    else this.early.push({ message, ports })
  }

  protected ended(reason: string): void {
    if (this.reason !== undefined) return
    this.reason = reason
    const listeners = this.closeListeners
    this.closeListeners = []
    for (const listener of listeners) listener(reason)
  }

  protected abstract post(message: Message, ports: readonly unknown[]): void
  protected abstract hangUp(): void
}

/** Two transports joined in this process, asynchronous like real ones: for tests and for parts that share a process. */
export function transportPair(): [Transport, Transport] {
  class Joined extends TransportBase {
    other: Joined | undefined
    protected post(message: Message, ports: readonly unknown[]): void {
      const copy = message instanceof Uint8Array ? message.slice() : structuredCopy(message)
      Promise.resolve().then(() => this.other?.received(copy, ports))
    }
    protected hangUp(): void {
      Promise.resolve().then(() => this.other?.ended('closed by the other side'))
    }
  }
  const a = new Joined()
  const b = new Joined()
  a.other = b
  b.other = a
  return [a, b]
}

function structuredCopy(message: PlainMessage): PlainMessage {
  const copy: Record<string, unknown> = {}
  for (const key of Object.keys(message)) {
    const value = message[key]
    copy[key] =
      value instanceof Uint8Array ? value.slice() : value === undefined ? undefined : JSON.parse(JSON.stringify(value))
  }
  return copy
}
