// The journal: what happened to the store, in order, in a file that survives a SIGKILL of domain 0.
// A record is length u32, CRC-32 u32 (of kind and body), kind u8, body. A record is handed to the system (write(2)) before
// its effect is visible outside, which is enough: when a process is killed, what it has written stays. It is not synced,
// because the store does not outlive main. A torn last record (killed in the middle of a write) never had an effect: dropped.
// Compaction writes a new file whose first record is the whole store and renames it over the old one.
// A full disk stops no guest: records wait here and are written when there is room again; too many of them are dropped, and then
// only a compaction makes the journal whole (`behind`). A domain 0 that dies before that costs the guests what was not written.
// Invariant: replaying the records on an empty store gives the store. Runs in: domain 0.
import fs from 'node:fs'
import path from 'node:path'
import { crc32 } from '../lib/bytes'
import type { Log } from '../lib/log'

/** [kind, number, body] */
export const JOURNAL_ROWS = [
  ['store', 1, 'saved-state.writeStore; only as the first record'],
  ['request', 2, 'handle 16 bytes, sequence u32, message'],
  ['acknowledged', 3, 'handle 16 bytes, replies u32, events u32'],
  ['introduce', 4, 'JSON of the domain and its identity'],
  ['release', 5, 'handle 16 bytes'],
  ['restore', 6, 'handle 16 bytes, saved state of the domain'],
  ['changes', 7, 'JSON of changes made by the toolstack'],
] as const
export type JournalKind = (typeof JOURNAL_ROWS)[number][0]

const NUMBER = new Map<JournalKind, number>(JOURNAL_ROWS.map(([kind, number]) => [kind, number]))
const KIND = new Map<number, JournalKind>(JOURNAL_ROWS.map(([kind, number]) => [number, kind]))
const HEAD = 9
const FILE = 'xenstore.journal'
/** How soon a journal that could not be written is tried again, and how much may wait for it. */
const RETRY_MS = 1000
const WAITING_LIMIT = 8 * 1024 * 1024

export interface JournalRecord {
  readonly kind: JournalKind
  readonly body: Uint8Array
}

function encode(kind: JournalKind, body: Uint8Array): Uint8Array {
  const record = new Uint8Array(HEAD + body.length)
  const view = new DataView(record.buffer)
  record[8] = NUMBER.get(kind) ?? 0
  record.set(body, HEAD)
  view.setUint32(0, 1 + body.length, true)
  view.setUint32(4, crc32(record.subarray(8)), true)
  return record
}

/** Good records from the start, and how many bytes they take. */
export function decodeJournal(bytes: Uint8Array): { records: JournalRecord[]; length: number } {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength)
  const records: JournalRecord[] = []
  let at = 0
  while (at + HEAD <= bytes.length) {
    const length = view.getUint32(at, true)
    const end = at + 8 + length
    if (length < 1 || end > bytes.length || crc32(bytes.subarray(at + 8, end)) !== view.getUint32(at + 4, true)) break
    const kind = KIND.get(bytes[at + 8] ?? 0)
    if (!kind) break
    records.push({ kind, body: bytes.slice(at + HEAD, end) })
    at = end
  }
  return { records, length: at }
}

export class Journal {
  private readonly file: string
  private readonly log: Log
  private descriptor: number | undefined
  private waiting: Uint8Array[] = []
  private waitingBytes = 0
  /** Set while it cannot be written. */
  private retry: NodeJS.Timeout | undefined
  private failing = false
  /** Records were dropped: only the whole store makes it good. */
  private dropped = false
  /** Bytes in the file, and of those the first record's. */
  size = 0
  base = 0
  /** Records since it was compacted, or was to be. */
  records = 0

  private constructor(file: string, log: Log) {
    this.file = file
    this.log = log
  }

  /** Opens or makes the journal in this directory and gives what it holds. Throws only what fs throws for the directory. */
  static open(directory: string, log: Log): { journal: Journal; records: JournalRecord[] } {
    fs.mkdirSync(directory, { recursive: true, mode: 0o700 })
    const file = path.join(directory, FILE)
    const journal = new Journal(file, log)
    const bytes = fs.existsSync(file) ? new Uint8Array(fs.readFileSync(file)) : new Uint8Array(0)
    const { records, length } = decodeJournal(bytes)
    if (length < bytes.length) log('warning', `XenStore journal: ${bytes.length - length} bytes at the end were torn off`)
    journal.descriptor = fs.openSync(file, fs.constants.O_RDWR | fs.constants.O_CREAT, 0o600)
    fs.ftruncateSync(journal.descriptor, length)
    journal.size = length
    journal.records = records.length
    if (records[0]?.kind === 'store') journal.base = HEAD + records[0].body.length
    return { journal, records }
  }

  /** Takes a record; it is in the file after the next `flush`. */
  append(kind: JournalKind, body: Uint8Array): void {
    if (this.descriptor === undefined || this.dropped) return
    const record = encode(kind, body)
    this.records++
    this.waiting.push(record)
    this.waitingBytes += record.length
    if (!this.failing || this.waitingBytes <= WAITING_LIMIT) return
    this.dropped = true
    this.forgetWaiting()
  }

  /** It lacks records, and it is time to try to make it whole by `compact`. */
  get behind(): boolean {
    return this.dropped && this.retry === undefined
  }

  /** Before any reply or event leaves the process. */
  flush(): void {
    if (this.waiting.length === 0 || this.descriptor === undefined || this.retry !== undefined) return
    try {
      for (let record = this.waiting[0]; record; record = this.waiting[0]) {
        let done = 0
        // What a failed attempt has left at the end is written over.
        while (done < record.length) {
          done += fs.writeSync(this.descriptor, record, done, record.length - done, this.size + done)
        }
        this.size += record.length
        this.waitingBytes -= record.length
        this.waiting.shift()
      }
      if (!this.dropped) this.written()
    } catch (error) {
      this.failed(error)
    }
  }

  private failed(error: unknown): void {
    const why = error instanceof Error ? error.message : String(error)
    if (!this.failing) this.log('error', `XenStore journal cannot be written: ${why}`)
    this.failing = true
    this.retry = setTimeout(() => {
      this.retry = undefined
      this.flush()
    }, RETRY_MS)
    this.retry.unref()
  }

  private written(): void {
    if (this.failing) this.log('info', 'XenStore journal is written again')
    this.failing = false
  }

  private forgetWaiting(): void {
    this.waiting = []
    this.waitingBytes = 0
  }

  /** Replaces the journal's content by one record. */
  compact(store: Uint8Array): void {
    if (this.descriptor === undefined) return
    const next = `${this.file}.new`
    this.records = 0
    const record = encode('store', store)
    try {
      fs.writeFileSync(next, record, { mode: 0o600 })
      const descriptor = fs.openSync(next, 'r+')
      fs.renameSync(next, this.file)
      fs.closeSync(this.descriptor)
      this.descriptor = descriptor
      this.size = record.length
      this.base = record.length
      this.dropped = false
      this.forgetWaiting()
      this.written()
    } catch (error) {
      // The old journal is as it was; compaction is tried again later.
      fs.rmSync(next, { force: true })
      if (this.dropped) this.failed(error)
      else this.log('warning', `XenStore journal was not compacted: ${error instanceof Error ? error.message : error}`)
      this.base = this.size
    }
  }

  close(): void {
    clearTimeout(this.retry)
    this.retry = undefined
    if (this.descriptor !== undefined) fs.closeSync(this.descriptor)
    this.descriptor = undefined
  }
}
