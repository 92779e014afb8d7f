// Joins a guest's TCP connection to a TCP connection of the host, with back pressure both ways: what the host's socket has not
// taken stays in the guest's window, what the guest has not acknowledged pauses the socket. Half closes and resets pass.
// Runs in: domain 0.
import type { HostError, HostStream, StreamEvents } from '../host'
import type { CloseReason, TcpConnection, TcpUser } from '../tcp/connection'

export class Splice implements TcpUser {
  /** Both are set right after construction, before any event. */
  stream: HostStream | undefined
  connection: TcpConnection | undefined
  /** Bytes on their way to the guest at which reading from the host pauses; at half of them it goes on. */
  buffer = 1024 * 1024
  private readonly events: { established?(): void; closed(): void }
  private paused = false
  private over = false

  constructor(events: { established?(): void; closed(): void }) {
    this.events = events
  }

  /** What the host's side says; `connected` is the way in for connections that guests open. */
  fromHost(connected: () => void, failed: (error: HostError) => boolean): StreamEvents {
    return {
      connected,
      received: (bytes) => {
        this.connection?.send(bytes)
        if (!this.paused && (this.connection?.queued ?? 0) >= this.buffer) {
          this.paused = true
          this.stream?.pause()
        }
      },
      finished: () => this.connection?.finish(),
      closed: (error) => {
        this.stream = undefined
        if (error !== undefined && !failed(error)) this.connection?.abort()
        // Without an error both directions have ended, and the guest's side ends by itself.
      },
    }
  }

  established(): void {
    this.events.established?.()
  }

  received(data: Uint8Array): void {
    const { stream, connection } = this
    if (stream) stream.write(data, () => connection?.consumed(data.length))
    else connection?.consumed(data.length)
  }

  finished(): void {
    this.stream?.finish()
  }

  drained(): void {
    if (!this.paused || (this.connection?.queued ?? 0) > this.buffer / 2) return
    this.paused = false
    this.stream?.resume()
  }

  closed(reason: CloseReason): void {
    if (this.over) return
    this.over = true
    // After an orderly end the socket has ended too, or is about to.
    if (reason !== 'done') this.stream?.reset()
    this.stream = undefined
    this.events.closed()
  }
}
