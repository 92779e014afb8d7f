// A Transport over a local socket: frames of bytes. What is no frame ends it. Runs in: main, command line, plain Node.
import type { Socket } from 'node:net'
import { encodeFrame, FrameReader } from '../../src-engine/public/protocol/frame'
import { type Message, TransportBase } from '../../src-engine/public/protocol/transport'

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

  protected hangUp(): void {
    this.socket.end()
    this.socket.destroySoon()
  }
}
