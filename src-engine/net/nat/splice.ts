// Joins a guest's TCP connection to a TCP connection of the host, with back pressure both ways: what the host's socket has not
// taken stays in the guest's window, what the guest has not acknowledged pauses the socket. Half closes and resets pass.
// While the socket is slow, what comes in small pieces is gathered: a guest may send its window byte by byte, and each write that
// waits costs far more than a byte.
// Runs in: domain 0.
import { toKeep } from '../../lib/bytes'
import type { HostError, HostStream, StreamEvents } from '../host'
import type { CloseReason, TcpConnection, TcpUser } from '../tcp/connection'

/** Writes that may wait before pieces are gathered. */
const WRITES_MOST = 16
/** What is shorter is gathered, up to so much. */
const SMALL = 1024
const GATHERED_MOST = 16 * 1024

export class Splice implements TcpUser {
  /** Both are set right after construction, before any event. */
  stream: HostStream | undefined
  connection: TcpConnection | undefined
  /** Bytes on their way to the guest at which reading from the host pauses; at half of them it goes on. */
  buffer = 1024 * 1024
  private readonly events: { established?(): void; closed(): void }
  private paused = false
  private over = false
  /** Writes the socket has not taken, and what waits behind them. */
  private writes = 0
  private gathered = new Uint8Array(0)
  private gatheredLength = 0

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
    if (!this.stream) this.connection?.consumed(data.length)
    else if (this.writes < WRITES_MOST) this.write(toKeep(data))
    else if (data.length < SMALL) this.gather(data)
    else {
      this.flush()
      this.write(toKeep(data))
    }
  }

  finished(): void {
    this.flush()
    this.stream?.finish()
  }

  private write(bytes: Uint8Array): void {
    this.writes++
    this.stream?.write(bytes, () => {
      this.writes--
      // Before the guest hears that it may send: what it sends then comes behind.
      this.flush()
      this.connection?.consumed(bytes.length)
    })
  }

  private gather(data: Uint8Array): void {
    if (this.gatheredLength + data.length > GATHERED_MOST) this.flush()
    if (this.gatheredLength === 0) this.gathered = new Uint8Array(GATHERED_MOST)
    this.gathered.set(data, this.gatheredLength)
    this.gatheredLength += data.length
  }

  private flush(): void {
    if (this.gatheredLength === 0 || !this.stream) return
    const bytes = toKeep(this.gathered.subarray(0, this.gatheredLength))
    this.gatheredLength = 0
    this.write(bytes)
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
