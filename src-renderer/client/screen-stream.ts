// The stream of a screen as noVNC wants it: a channel like a WebSocket, made of the port that main handed over. Every message
// is bytes of the RFB protocol (RFC 6143), both ways; noVNC puts them together and checks them.
// Invariant: what is no bytes ends the stream; after close nothing is sent or told any more but the one `onclose`.
// Runs in: domain window.

import type { Client } from '../../src-main/public/client'
import { type ErrorReport, errorReport } from '../../src-main/public/error-code'
import { err, ok, type Result } from '../../src-main/public/result'
import type { PortDesk } from './port-desk'

type Told<E> = ((event: E) => void) | null

/** The ready states of a WebSocket, by their numbers. */
const OPEN = 1
const CLOSED = 3

/** noVNC looks for these properties by name and sets the handlers itself. */
export class ScreenChannel {
  binaryType = 'arraybuffer'
  protocol = ''
  readyState = OPEN
  onopen: Told<Event> = null
  onmessage: Told<{ readonly data: ArrayBufferLike }> = null
  onerror: Told<Event> = null
  onclose: Told<{ readonly code: number; readonly reason: string; readonly wasClean: boolean }> = null
  private readonly port: MessagePort

  constructor(port: MessagePort) {
    this.port = port
    // Not by `onmessage`: setting that would start the port before anybody listens here.
    port.addEventListener('message', (event: MessageEvent<unknown>) => {
      const { data } = event
      if (data instanceof Uint8Array) this.take(data)
      else this.end('not a message of a screen')
    })
    // Electron closes our end when the other process dies; Chromium tells by an event that has no property in the types.
    port.addEventListener('close', () => this.end('closed'))
  }

  /** Begins to hand on what came; once noVNC has set its handlers. */
  start(): void {
    this.port.start()
  }

  private take({ buffer, byteOffset, byteLength }: Uint8Array): void {
    // noVNC copies bytes to its queue, and those that are not a buffer once more.
    const data = byteLength === buffer.byteLength ? buffer : buffer.slice(byteOffset, byteOffset + byteLength)
    this.onmessage?.({ data })
    // Given back at once: megabytes that wait for the garbage collector make it run all the time.
    if ('transfer' in buffer && typeof buffer.transfer === 'function') buffer.transfer(0)
  }

  send(data: Uint8Array): void {
    // A copy: the sender goes on using its buffer.
    if (this.readyState === OPEN) this.port.postMessage(data.slice())
  }

  close(): void {
    this.end('closed by this side')
  }

  private end(reason: string): void {
    if (this.readyState === CLOSED) return
    this.readyState = CLOSED
    this.port.close()
    // Not in this turn: noVNC expects its own call of close to return first.
    queueMicrotask(() => this.onclose?.({ code: 1000, reason, wasClean: true }))
  }
}

export async function openScreen(client: Client, desk: PortDesk, uuid: string): Promise<Result<ScreenChannel, ErrorReport>> {
  const opened = await client.call('screenOpen', { uuid })
  if (!opened.ok) return opened
  const port = await desk.take(opened.value.stream)
  if (port === null) return err(errorReport('internal', { detail: 'the screen stream did not arrive' }))
  return ok(new ScreenChannel(port))
}
