// Frames: how messages of a Transport are cut out of a byte stream (a local socket).
// A frame is: length u32 (of all that follows, little-endian), kind u8 (0 bytes, 1 plain), body. The body of a plain message
// is: JSON length u32, JSON text (UTF-8), then each top-level Uint8Array field as length u32 and bytes, in the order of the
// JSON's "$bytes" list of field names.
// The stream is hostile: a frame longer than FRAME_LIMIT, an unknown kind or JSON that does not parse ends the link.
// Runs in: anything (no platform imports).
import { err, ok, type Result } from '../result'
import type { Message } from './transport'

/** Longest frame accepted, body included. Saved store state of a domain is the largest thing sent. */
export const FRAME_LIMIT = 32 * 1024 * 1024
const KIND_BYTES = 0
const KIND_PLAIN = 1

const encoder = new TextEncoder()
const decoder = new TextDecoder()

export function encodeFrame(message: Message): Uint8Array {
  if (message instanceof Uint8Array) {
    const frame = new Uint8Array(5 + message.length)
    new DataView(frame.buffer).setUint32(0, 1 + message.length, true)
    frame[4] = KIND_BYTES
    frame.set(message, 5)
    return frame
  }
  const plain: Record<string, unknown> = {}
  const names: string[] = []
  const blobs: Uint8Array[] = []
  for (const key of Object.keys(message)) {
    const value = message[key]
    if (value instanceof Uint8Array) {
      names.push(key)
      blobs.push(value)
    } else plain[key] = value
  }
  if (names.length > 0) plain['$bytes'] = names
  const json = encoder.encode(JSON.stringify(plain))
  const length = 1 + 4 + json.length + blobs.reduce((sum, blob) => sum + 4 + blob.length, 0)
  const frame = new Uint8Array(4 + length)
  const view = new DataView(frame.buffer)
  view.setUint32(0, length, true)
  frame[4] = KIND_PLAIN
  view.setUint32(5, json.length, true)
  frame.set(json, 9)
  let at = 9 + json.length
  for (const blob of blobs) {
    view.setUint32(at, blob.length, true)
    frame.set(blob, at + 4)
    at += 4 + blob.length
  }
  return frame
}

function decodePlain(body: Uint8Array): Result<Message, string> {
  const view = new DataView(body.buffer, body.byteOffset, body.byteLength)
  if (body.length < 4) return err('plain frame too short')
  const jsonLength = view.getUint32(0, true)
  if (4 + jsonLength > body.length) return err('plain frame too short for its JSON')
  let parsed: unknown
  try {
    parsed = JSON.parse(decoder.decode(body.subarray(4, 4 + jsonLength)))
  } catch {
    return err('plain frame is not JSON')
  }
  if (typeof parsed !== 'object' || parsed === null || Array.isArray(parsed)) return err('plain frame is not an object')
  const message: Record<string, unknown> = { ...parsed }
  const names = message['$bytes']
  delete message['$bytes']
  let at = 4 + jsonLength
  for (const name of Array.isArray(names) ? names : []) {
    if (typeof name !== 'string' || at + 4 > body.length) return err('plain frame has a bad list of bytes')
    const length = view.getUint32(at, true)
    if (at + 4 + length > body.length) return err('plain frame too short for its bytes')
    message[name] = body.slice(at + 4, at + 4 + length)
    at += 4 + length
  }
  return at === body.length ? ok(message) : err('plain frame has bytes left over')
}

/** Memory for the body of a frame that is coming, to begin with: what a length promises is believed when it comes. */
const FIRST_BODY = 1024 * 1024

/**
 * Collects chunks and gives out whole messages, their bytes in memory that is nobody else's; after an error it gives nothing more.
 * Each byte is copied once: a chunk is the socket's, and a frame seldom ends with one.
 */
export class FrameReader {
  private readonly head = new Uint8Array(5)
  private readonly headView = new DataView(this.head.buffer)
  private headHeld = 0
  private body: Uint8Array | undefined
  private bodyHeld = 0
  private broken = false

  /** Messages completed by this chunk, or what is wrong with the stream. */
  push(chunk: Uint8Array): Result<Message[], string> {
    const messages: Message[] = []
    for (let at = 0; at < chunk.length && !this.broken; ) {
      at += this.body ? this.fill(this.body, chunk, at) : this.begin(chunk, at)
      if (this.headHeld < 4) break
      const length = this.headView.getUint32(0, true)
      if (length < 1 || length > FRAME_LIMIT) return this.fail(`frame of ${length} bytes`)
      if (this.headHeld < 5) break
      const kind = this.head[4]
      if (kind !== KIND_BYTES && kind !== KIND_PLAIN) return this.fail(`frame of unknown kind ${kind}`)
      this.body ??= new Uint8Array(Math.min(length - 1, FIRST_BODY))
      if (this.bodyHeld < length - 1) continue
      const { body } = this
      this.body = undefined
      this.headHeld = this.bodyHeld = 0
      const message = kind === KIND_BYTES ? ok(body) : decodePlain(body)
      if (!message.ok) return this.fail(message.error)
      messages.push(message.value)
    }
    return ok(messages)
  }

  /** Each gives how many bytes of the chunk it took. */
  private begin(chunk: Uint8Array, at: number): number {
    const part = Math.min(5 - this.headHeld, chunk.length - at)
    for (let i = 0; i < part; i++) this.head[this.headHeld + i] = chunk[at + i] ?? 0
    this.headHeld += part
    return part
  }

  private fill(body: Uint8Array, chunk: Uint8Array, at: number): number {
    if (this.bodyHeld === body.length) {
      const larger = new Uint8Array(Math.min(this.headView.getUint32(0, true) - 1, 2 * body.length))
      larger.set(body)
      this.body = larger
    }
    const into = this.body ?? body
    const part = Math.min(into.length - this.bodyHeld, chunk.length - at)
    into.set(part === chunk.length ? chunk : chunk.subarray(at, at + part), this.bodyHeld)
    this.bodyHeld += part
    return part
  }

  private fail(reason: string): Result<Message[], string> {
    this.broken = true
    this.body = undefined
    return err(reason)
  }
}
