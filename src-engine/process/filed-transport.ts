// A window's stream whose long pieces go through a file that the window has open too. A port between two processes copies each byte six
// times, mostly through fresh memory; a piece in the file is copied into it and out of it, through pages that stay.
// Invariant: a place holds one piece until the window has said that it was read; with none free, or a full disk, a piece goes as it
// would without the file, so nothing waits for it. Runs in: main thread of the domain's process.
import fs from 'node:fs'
import { SCREEN_FROM_WINDOW, SCREEN_PLACE_BYTES, SCREEN_PLACES } from '../public/protocol/stream'
import { type Message, type Transport, TransportBase } from '../public/protocol/transport'

/** Shorter pieces are sooner there by the port. */
const LONG_BYTES = 64 * 1024

/** The same stream; by the port alone where the file cannot be opened. */
export function throughFile(transport: Transport, file: string): Transport {
  try {
    return new FiledTransport(transport, fs.openSync(file, 'r+'))
  } catch {
    return transport
  }
}

class FiledTransport extends TransportBase {
  private readonly free = Array.from({ length: SCREEN_PLACES }, (_, place) => place)

  constructor(
    private readonly inner: Transport,
    private readonly file: number,
  ) {
    super()
    inner.onMessage((message, ports) => {
      if (SCREEN_FROM_WINDOW.read.is(message)) this.wasRead(message.place)
      else this.received(message, ports)
    })
    inner.onClose((reason) => {
      fs.closeSync(file)
      this.ended(reason)
    })
  }

  override get backlog(): number {
    return this.inner.backlog
  }

  protected post(message: Message, ports: readonly unknown[]): void {
    if (!(message instanceof Uint8Array) || !this.putInFile(message)) this.inner.send(message, ports)
  }

  protected hangUp(): void {
    this.inner.close()
  }

  private wasRead(place: number): void {
    if (!this.free.includes(place)) this.free.push(place)
  }

  private putInFile(bytes: Uint8Array): boolean {
    const [place] = this.free
    if (bytes.length < LONG_BYTES || bytes.length > SCREEN_PLACE_BYTES || place === undefined) return false
    try {
      if (fs.writeSync(this.file, bytes, 0, bytes.length, place * SCREEN_PLACE_BYTES) < bytes.length) return false
    } catch {
      return false
    }
    this.free.shift()
    this.inner.send({ kind: 'filed', place, length: bytes.length })
    return true
  }
}
