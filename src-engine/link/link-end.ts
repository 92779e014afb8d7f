// One end of a link: records cut out of messages and checked against their rows, records batched into messages.
// A batch goes out at the end of the current turn of the event loop (or when BATCH_LIMIT is reached), after `beforeFlush`:
// domain 0 writes its journal there, so nothing is told that a new domain 0 would not know.
// Garbage (unknown type, wrong direction, length outside the row, what `receive` complains of) gets one ERROR record and the
// link is closed. Invariant: after `closed` was called nothing is received any more. Runs in: main thread of both processes.
import { concatBytes, fromUtf8, utf8 } from '../lib/bytes'
import { LINK_BODY_LIMIT, LINK_RECORD_HEADER, LINK_RECORDS, type LinkRecordName } from '../public/protocol/link'
import type { Transport } from '../public/protocol/transport'
import { rowUsed } from '../public/row-use'

const BATCH_LIMIT = 64 * 1024
/** A link that has carried something more recently has a process at its other end that is awake, or soon so again. */
const REST_MS = 5
/** So many wake-ups may follow each other without a batch: nothing piles up at a process that does not read. */
const WAKES = 8
const NOTHING = new Uint8Array(0)

const BY_TYPE = new Map<number, LinkRecordName>()
for (const name of Object.keys(LINK_RECORDS)) if (isRecordName(name)) BY_TYPE.set(LINK_RECORDS[name].type, name)

function isRecordName(name: string): name is LinkRecordName {
  return Object.hasOwn(LINK_RECORDS, name)
}

export interface LinkReceiver {
  /**
   * One checked record. Returns what is wrong with it, which ends the link. `body` is part of a message that is nobody else's: it may
   * be kept, and keeps the whole message.
   */
  receive(name: LinkRecordName, body: Uint8Array, view: DataView, channel: number): string | undefined
  /** The link is gone, once. */
  closed(reason: string): void
  /** Before a batch leaves. */
  beforeFlush?(): void
}

export class LinkEnd {
  private readonly transport: Transport
  private readonly role: 'domain' | 'dom0'
  private readonly receiver: LinkReceiver
  private batch: Uint8Array[] = []
  private batchBytes = 0
  private scheduled = false
  private sentAt = Number.NEGATIVE_INFINITY
  private wakes = 0

  constructor(transport: Transport, role: 'domain' | 'dom0', receiver: LinkReceiver) {
    this.transport = transport
    this.role = role
    this.receiver = receiver
    transport.onClose((reason) => receiver.closed(reason))
    transport.onMessage((message) => this.take(message))
  }

  get open(): boolean {
    return !this.transport.closed
  }

  /** Adds a record to the batch. */
  send(name: LinkRecordName, ...parts: readonly Uint8Array[]): void {
    this.sendOn(0, name, ...parts)
  }

  /** The same on a device's channel. */
  sendOn(channel: number, name: LinkRecordName, ...parts: readonly Uint8Array[]): void {
    if (this.transport.closed) return
    let length = 0
    for (const part of parts) length += part.length
    const record = new Uint8Array((LINK_RECORD_HEADER + length + 3) & ~3)
    const view = new DataView(record.buffer)
    view.setUint16(0, LINK_RECORDS[name].type, true)
    view.setUint16(2, channel, true)
    view.setUint32(4, length, true)
    let at = LINK_RECORD_HEADER
    for (const part of parts) {
      record.set(part, at)
      at += part.length
    }
    this.batch.push(record)
    this.batchBytes += record.length
    if (this.batchBytes >= BATCH_LIMIT) this.flush()
    else if (!this.scheduled) {
      this.scheduled = true
      queueMicrotask(() => this.flush())
    }
  }

  /** Sends what is waiting now. */
  flush(): void {
    this.scheduled = false
    if (this.batch.length === 0) return
    this.receiver.beforeFlush?.()
    const [only, ...more] = this.batch
    const message = only && more.length === 0 ? only : concatBytes(this.batch)
    this.batch = []
    this.batchBytes = 0
    this.wakes = 0
    this.sentAt = performance.now()
    this.transport.send(message)
  }

  /**
   * A record follows soon: after a rest the other process is woken by a batch of none, and fills its caches while the record is made.
   */
  wake(): void {
    if (this.wakes >= WAKES || this.batch.length > 0) return
    const now = performance.now()
    if (now - this.sentAt < REST_MS) return
    this.sentAt = now
    this.wakes++
    this.transport.send(NOTHING)
  }

  close(reason: string): void {
    this.flush()
    this.transport.close(reason)
  }

  /** One error, then the end. */
  refuse(wrong: string): void {
    if (this.transport.closed) return
    this.send('ERROR', fromUtf8(wrong.slice(0, 1000)))
    this.close(`the other side sent garbage: ${wrong}`)
  }

  private take(message: unknown): void {
    const wrong = message instanceof Uint8Array ? this.records(message) : 'not a batch of records'
    if (wrong !== undefined) this.refuse(wrong)
  }

  /** Receives all records of a message. Returns what is wrong with them. */
  private records(message: Uint8Array): string | undefined {
    const view = new DataView(message.buffer, message.byteOffset, message.byteLength)
    let at = 0
    // Whoever receives a record may close the link.
    while (at < message.length && !this.transport.closed) {
      if (at + LINK_RECORD_HEADER > message.length) return 'record cut off'
      const type = view.getUint16(at, true)
      const length = view.getUint32(at + 4, true)
      const name = BY_TYPE.get(type)
      if (!name) return `record of unknown type ${type}`
      const row = LINK_RECORDS[name]
      rowUsed('LINK_RECORDS', name)
      if (row.from === this.role) return `${name} from the wrong side`
      if (length < row.least || length > row.most || length > LINK_BODY_LIMIT) return `${name} of ${length} bytes`
      const head = at
      const start = at + LINK_RECORD_HEADER
      if (start + length > message.length) return `${name} cut off`
      const body = message.subarray(start, start + length)
      at = (start + length + 3) & ~3
      if (name === 'ERROR') {
        this.transport.close(`the other side refused: ${utf8(body).slice(0, 1000)}`)
        return undefined
      }
      const part = new DataView(body.buffer, body.byteOffset, body.byteLength)
      const wrong = this.receiver.receive(name, body, part, view.getUint16(head + 2, true))
      if (wrong !== undefined) return wrong
    }
    return undefined
  }
}

/** Fields of records. Offsets are counts of bytes, exact as doubles. */
export function u32(...values: readonly number[]): Uint8Array {
  const bytes = new Uint8Array(4 * values.length)
  const view = new DataView(bytes.buffer)
  values.forEach((value, i) => {
    view.setUint32(4 * i, value, true)
  })
  return bytes
}

export function u64(value: number): Uint8Array {
  return u32(value % 0x1_0000_0000, Math.floor(value / 0x1_0000_0000))
}

/** A u64 as a number; what does not fit exactly is undefined (nobody counts that far honestly). */
export function readU64(view: DataView, at: number): number | undefined {
  const value = view.getUint32(at + 4, true) * 0x1_0000_0000 + view.getUint32(at, true)
  return Number.isSafeInteger(value) ? value : undefined
}
