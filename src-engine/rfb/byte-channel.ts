// What RFB runs over: bytes both ways, in order. A stream to a window (each message is a Uint8Array of RFB bytes) or a socket.
// Invariant: as for Transport: `onClose` is told once; `send` after that does nothing.
// Runs in: anything (socket-channel in listen.ts needs Node).
import type { Transport } from '../public/protocol/transport'

export interface ByteChannel {
  send(bytes: Uint8Array): void
  onBytes(listener: (bytes: Uint8Array) => void): void
  onClose(listener: (reason: string) => void): void
  close(reason: string): void
  /** Bytes accepted but not yet taken by the system; 0 where that is not known. */
  readonly backlog: number
  /** Told when the backlog is gone. */
  onDrain(listener: () => void): void
  /** As wide as memory: packing pays only where it is hardly any work (trle). Such a channel copies what it is given before `send` returns. */
  readonly wide: boolean
}

/** A stream to a window. Anything but bytes on it closes it. */
export function windowChannel(transport: Transport): ByteChannel {
  return {
    wide: true,
    get backlog() {
      return transport.backlog
    },
    send: (bytes) => transport.send(bytes),
    onBytes: (listener) =>
      transport.onMessage((message) => {
        if (message instanceof Uint8Array) listener(message)
        else transport.close('not bytes of RFB')
      }),
    onClose: (listener) => transport.onClose(listener),
    close: (reason) => transport.close(reason),
    onDrain: () => {},
  }
}
