// A host file in memory that writes down every write, truncation and sync, so that a test can build what a crash at any
// moment might have left on the disk (crash-replay.ts). Runs in: vitest, plain Node.
import type { ImageResult } from '../../src-engine/image/error'
import type { File } from '../../src-engine/image/file'
import { cut, lengthOf, scatter, type ViewList } from '../../src-engine/image/views'
import { ok } from '../../src-engine/public/result'

export type Recorded =
  | { readonly kind: 'write'; readonly offset: number; readonly bytes: Uint8Array; answeredAt: number }
  | { readonly kind: 'truncate'; readonly size: number; answeredAt: number }
  | { readonly kind: 'sync'; readonly beganAt: number; answeredAt: number }

/** The bytes of a file, with room behind its length. */
export interface Disk {
  bytes: Uint8Array
  length: number
}

export class RecordingFile implements File {
  readonly path: string
  readonly descriptor = undefined
  readonly records: Recorded[] = []
  /** What it held at the start. */
  readonly first: Uint8Array
  private readonly disk: Disk
  /** Counts what happened: records as they are made, and answers. */
  clock = 0

  constructor(path: string, contents: Uint8Array) {
    this.path = path
    this.first = contents.slice()
    this.disk = { bytes: contents.slice(), length: contents.length }
  }

  get size(): number {
    return this.disk.length
  }

  async read(offset: number, targets: ViewList): Promise<ImageResult<void>> {
    await turn()
    const total = lengthOf(targets)
    const { bytes, length } = this.disk
    const there = bytes.subarray(Math.min(offset, length), Math.min(offset + total, length))
    scatter(there, targets)
    for (const view of cut(targets, there.length, total - there.length)) view.fill(0)
    return ok(undefined)
  }

  write(offset: number, sources: ViewList): Promise<ImageResult<void>> {
    const bytes = new Uint8Array(lengthOf(sources))
    let at = 0
    for (const view of sources) {
      bytes.set(view, at)
      at += view.length
    }
    return this.record({ kind: 'write', offset, bytes, answeredAt: Number.POSITIVE_INFINITY })
  }

  truncate(size: number): Promise<ImageResult<void>> {
    return this.record({ kind: 'truncate', size, answeredAt: Number.POSITIVE_INFINITY })
  }

  async punch(): Promise<ImageResult<boolean>> {
    return ok(false)
  }

  sync(): Promise<ImageResult<void>> {
    return this.record({ kind: 'sync', beganAt: this.clock, answeredAt: Number.POSITIVE_INFINITY })
  }

  async close(): Promise<ImageResult<void>> {
    return ok(undefined)
  }

  /** What the file holds when everything that was written is there. */
  contents(): Uint8Array {
    return this.disk.bytes.slice(0, this.disk.length)
  }

  /** The clock just before record `count` was made. */
  timeOf(count: number): number {
    return this.times[count] ?? this.clock
  }

  private readonly times: number[] = []

  private async record(record: Recorded): Promise<ImageResult<void>> {
    this.times.push(this.clock++)
    this.records.push(record)
    apply(this.disk, record)
    await turn()
    if (record.kind === 'sync') await turn()
    record.answeredAt = this.clock++
    return ok(undefined)
  }
}

const turn = () => new Promise<void>((resolve) => setImmediate(resolve))

/** Does to a disk what a record says. */
export function apply(disk: Disk, record: Recorded): void {
  if (record.kind === 'sync') return
  const end = record.kind === 'write' ? record.offset + record.bytes.length : record.size
  if (end > disk.bytes.length) {
    const longer = new Uint8Array(Math.max(end, 2 * disk.bytes.length))
    longer.set(disk.bytes.subarray(0, disk.length))
    disk.bytes = longer
  }
  if (record.kind === 'write') {
    disk.bytes.set(record.bytes, record.offset)
    disk.length = Math.max(disk.length, end)
  } else {
    if (record.size < disk.length) disk.bytes.fill(0, record.size, disk.length)
    disk.length = record.size
  }
}
