// Opens the stream of a text console: asks main, then takes the port that follows as a window message.
// Invariant: every message is checked; each byte of output is handed on once (offsets), and acknowledged only when drawn. Nothing
// typed is sent before the stream has said where the guest's input stands, so that each typed byte reaches the guest once.
// Runs in: domain window.

import type { Client } from '../../src-main/public/client'
import { type ErrorReport, errorReport } from '../../src-main/public/error-code'
import { err, ok, type Result } from '../../src-main/public/result'
import { CONSOLE_INPUT_LIMIT, CONSOLE_TO_WINDOW, type ConsoleFromWindow } from '../../src-main/public/stream'
import type { PortDesk } from './port-desk'
import { TypedInput } from './typed-input'

export interface ConsoleListener {
  /** Call `drawn` when the bytes are on the screen. */
  readonly onOutput: (bytes: Uint8Array, drawn: () => void) => void
  /** The guest's side came or went; the stream stays open. */
  readonly onGuest: (connected: boolean) => void
  /** Last call: the stream is over. */
  readonly onEnd: (reason: string) => void
}

export interface ConsoleStream {
  readonly send: (text: string) => void
  readonly resize: (columns: number, rows: number) => void
  /** Output before this byte has been seen: where to go on after a reconnection. */
  readonly offset: () => number
  readonly close: () => void
}

/** Cuts typed or pasted bytes so that no message is over the limit, and no character is cut. */
export function cutInput(whole: Uint8Array, limit = CONSOLE_INPUT_LIMIT): Uint8Array[] {
  const parts: Uint8Array[] = []
  let start = 0
  while (start < whole.length) {
    let end = Math.min(whole.length, start + limit)
    // A UTF-8 continuation byte is 10xxxxxx: step back to the start of its character.
    while (end < whole.length && end > start + 1 && ((whole[end] ?? 0) & 0xc0) === 0x80) end -= 1
    parts.push(whole.slice(start, end))
    start = end
  }
  return parts
}

export async function openConsole(
  client: Client,
  desk: PortDesk,
  uuid: string,
  fromOffset: number,
  listener: ConsoleListener,
  typed = new TypedInput(),
): Promise<Result<ConsoleStream, ErrorReport>> {
  const opened = await client.call('consoleOpen', { uuid, fromOffset })
  if (!opened.ok) return opened
  const port = await desk.take(opened.value.stream)
  if (port === null) return err(errorReport('internal', { detail: 'the console stream did not arrive' }))

  let seen = fromOffset
  let over = false
  const post = (message: ConsoleFromWindow) => {
    if (!over) port.postMessage(message)
  }
  let ready = false
  const type = (bytes: Uint8Array) => {
    for (const part of cutInput(bytes)) post({ kind: 'input', bytes: part })
  }
  const begin = (position: number | null) => {
    if (ready) return
    ready = true
    type(typed.begin(position))
  }
  const finish = (reason: string) => {
    if (over) return
    over = true
    port.close()
    listener.onEnd(reason)
  }
  port.onmessage = (event: MessageEvent<unknown>) => {
    const message = event.data
    if (CONSOLE_TO_WINDOW.output.is(message)) {
      const end = message.offset + message.bytes.length
      const fresh = message.bytes.subarray(Math.min(message.bytes.length, Math.max(0, seen - message.offset)))
      seen = Math.max(seen, end)
      listener.onOutput(fresh, () => post({ kind: 'ack', offset: end }))
    } else if (CONSOLE_TO_WINDOW.state.is(message)) {
      if (message.state === 'connected') begin(message.input ?? null)
      listener.onGuest(message.state === 'connected')
    } else if (CONSOLE_TO_WINDOW.end.is(message)) finish(message.reason)
    else finish('unknown message')
  }
  // Electron closes our end when the other process dies; Chromium tells by an event that has no property in the types.
  port.addEventListener('close', () => finish('closed'))
  port.start()
  return ok({
    send: (text) => {
      const bytes = new TextEncoder().encode(text)
      typed.add(bytes, ready && !over)
      if (ready) type(bytes)
    },
    resize: (columns, rows) => post({ kind: 'resize', columns, rows }),
    offset: () => seen,
    close: () => {
      over = true
      port.close()
    },
  })
}
