// A Transport over a local socket: frames of bytes. What is no frame ends it. Runs in: main, command line, plain Node.
import type { Socket } from 'node:net'
import { encodeFrame, FrameReader } from '../../src-engine/public/protocol/frame'
import { type Message, TransportBase } from '../../src-engine/public/protocol/transport'

/** How long the last words may take to be read. */
const LAST_WORDS_MS = 2000

export class LocalSocketTransport extends TransportBase {
  private readonly socket: Socket

  constructor(socket: Socket) {
    super()
    this.socket = socket
    const reader = new FrameReader()
    socket.on('data', (chunk) => {
      const messages = reader.push(new Uint8Array(chunk))
      if (!messages.ok) return this.close(messages.error)
      for (const message of messages.value) this.received(message, [])
    })
    socket.on('error', (error) => this.ended(error.message))
    socket.on('close', () => this.ended('the other side closed the socket'))
  }

  protected post(message: Message): void {
    this.socket.write(encodeFrame(message))
  }

  override get backlog(): number {
    return this.socket.writableLength
  }

  protected hangUp(): void {
    const { socket } = this
    socket.end()
    socket.destroySoon()
    // A stopped process reads nothing, and the end of the app must not wait for it.
    const timer = setTimeout(() => socket.destroy(), LAST_WORDS_MS)
    timer.unref()
    socket.once('close', () => clearTimeout(timer))
  }
}
