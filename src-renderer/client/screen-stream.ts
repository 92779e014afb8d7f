// The stream of a screen as noVNC wants it: a channel like a WebSocket, made of the port that main handed over. Every message
// is bytes of the RFB protocol (RFC 6143), both ways; noVNC puts them together and checks them.
// Long pieces come through a file (screen-file.ts), which takes a while: what follows one waits for it.
// Invariant: pieces are handed on in the order they were sent; what is neither bytes nor such a piece ends the stream; after close
// nothing is sent or told any more but the one `onclose`.
// Runs in: domain window.

import type { Client } from '../../src-main/public/client'
import { type ErrorReport, errorReport } from '../../src-main/public/error-code'
import { err, ok, type Result } from '../../src-main/public/result'
import { SCREEN_TO_WINDOW, type ScreenFromWindow } from '../../src-main/public/stream'
import type { PortDesk } from './port-desk'
import { ScreenFile } from './screen-file'

type Told<E> = ((event: E) => void) | null

/** The ready states of a WebSocket, by their numbers. */
const OPEN = 1
const CLOSED = 3

/** What of a ScreenFile is needed. */
export type PieceFile = Pick<ScreenFile, 'read' | 'takeBack' | 'close'>

/** noVNC looks for these properties by name and sets the handlers itself. */
export class ScreenChannel {
  binaryType = 'arraybuffer'
  protocol = ''
  readyState = OPEN
  onopen: Told<Event> = null
  onmessage: Told<{ readonly data: ArrayBufferLike }> = null
  onerror: Told<Event> = null
  onclose: Told<{ readonly code: number; readonly reason: string; readonly wasClean: boolean }> = null
  /** What has come and is not handed on, in order; those that are being read from the file are empty. */
  private readonly waiting: { bytes: Uint8Array | undefined }[] = []

  constructor(
    private readonly port: MessagePort,
    private readonly file: PieceFile | null,
  ) {
    // Not by `onmessage`: setting that would start the port before anybody listens here.
    port.addEventListener('message', (event: MessageEvent<unknown>) => {
      const { data } = event
      if (data instanceof Uint8Array) this.came(data)
      else if (file !== null && SCREEN_TO_WINDOW.filed.is(data)) this.read(file, data.place, data.length)
      else this.end('not a message of a screen')
    })
    // Electron closes our end when the other process dies; Chromium tells by an event that has no property in the types.
    port.addEventListener('close', () => this.end('closed'))
  }

  /** Begins to hand on what came; once noVNC has set its handlers. */
  start(): void {
    this.port.start()
  }

  private came(bytes: Uint8Array): void {
    this.waiting.push({ bytes })
    this.handOn()
  }

  private read(file: PieceFile, place: number, length: number): void {
    const piece: { bytes: Uint8Array | undefined } = { bytes: undefined }
    this.waiting.push(piece)
    file.read(place, length, (bytes) => {
      if (this.readyState === CLOSED) return
      if (bytes.length < length) return this.end('a piece that is not there')
      this.port.postMessage({ kind: 'read', place } satisfies ScreenFromWindow)
      piece.bytes = bytes
      this.handOn()
    })
  }

  private handOn(): void {
    while (this.readyState === OPEN) {
      const bytes = this.waiting[0]?.bytes
      if (bytes === undefined) return
      this.waiting.shift()
      this.take(bytes)
    }
  }

  private take({ buffer, byteOffset, byteLength }: Uint8Array): void {
    // noVNC copies bytes to its queue, and those that are not a buffer once more.
    const data = byteLength === buffer.byteLength ? buffer : buffer.slice(byteOffset, byteOffset + byteLength)
    this.onmessage?.({ data })
    if (this.file?.takeBack(buffer) === true) return
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
    this.file?.close()
    // Not in this turn: noVNC expects its own call of close to return first.
    queueMicrotask(() => this.onclose?.({ code: 1000, reason, wasClean: true }))
  }
}

export async function openScreen(client: Client, desk: PortDesk, uuid: string): Promise<Result<ScreenChannel, ErrorReport>> {
  const file = await ScreenFile.make()
  const opened = await client.call('screenOpen', { uuid, ...(file !== null && { mark: file.mark }) })
  const port = opened.ok ? await desk.take(opened.value.stream) : null
  if (port !== null) return ok(new ScreenChannel(port, file))
  file?.close()
  return opened.ok ? err(errorReport('internal', { detail: 'the screen stream did not arrive' })) : opened
}
