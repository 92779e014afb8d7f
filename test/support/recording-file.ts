// A host file in memory that writes down every write, truncation and sync, so that a test can build what a crash at any
// moment might have left on the disk: everything that was answered before the last completed sync began, and any part of
// the rest. Runs in: vitest, plain Node.
import type { ImageResult } from '../../src-engine/image/error'
import type { File } from '../../src-engine/image/file'
import { cut, lengthOf, scatter, type ViewList } from '../../src-engine/image/views'
import { ok } from '../../src-engine/public/result'

export type Recorded =
  | { readonly kind: 'write'; readonly offset: number; readonly bytes: Uint8Array; answeredAt: number }
  | { readonly kind: 'truncate'; readonly size: number; answeredAt: number }
  /** `covers`: records that were answered when it began, as a length of the list. */
  | { readonly kind: 'sync'; readonly beganAt: number; answeredAt: number }

export class RecordingFile implements File {
  readonly path: string
  readonly descriptor = undefined
  readonly records: Recorded[] = []
  private readonly first: Uint8Array
  private bytes: Uint8Array
  private length: number
  /** Counts what happened: records as they are made, and answers. */
  clock = 0

  constructor(path: string, contents: Uint8Array) {
    this.path = path
    this.first = contents.slice()
    this.bytes = contents.slice()
    this.length = contents.length
  }

  get size(): number {
    return this.length
  }

  async read(offset: number, targets: ViewList): Promise<ImageResult<void>> {
    await turn()
    const total = lengthOf(targets)
    const there = this.bytes.subarray(Math.min(offset, this.length), Math.min(offset + total, this.length))
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

  /** A new file like this one was at the start. */
  again(): RecordingFile {
    return new RecordingFile(this.path, this.first)
  }

  /**
   * The bytes after a crash when `count` records had been made; `survives` says of each record that no sync had made safe
   * whether it reached the disk. `time` is the clock then.
   */
  crashed(count: number, survives: (index: number) => boolean): Uint8Array {
    const made = this.records.slice(0, count)
    const time = this.timeOf(count)
    let safe = -1
    for (const record of made) {
      if (record.kind === 'sync' && record.answeredAt <= time) safe = Math.max(safe, record.beganAt)
    }
    const disk = { bytes: this.first.slice(), length: this.first.length }
    made.forEach((record, index) => {
      if (record.kind !== 'sync' && (record.answeredAt <= safe || survives(index))) apply(disk, record)
    })
    return disk.bytes.slice(0, disk.length)
  }

  /** The clock just before record `count` was made. */
  timeOf(count: number): number {
    return this.times[count] ?? this.clock
  }

  private readonly times: number[] = []

  private async record(record: Recorded): Promise<ImageResult<void>> {
    this.times.push(this.clock++)
    this.records.push(record)
    if (record.kind !== 'sync') {
      const disk = { bytes: this.bytes, length: this.length }
      apply(disk, record)
      this.bytes = disk.bytes
      this.length = disk.length
    }
    await turn()
    if (record.kind === 'sync') await turn()
    record.answeredAt = this.clock++
    return ok(undefined)
  }
}

const turn = () => new Promise<void>((resolve) => setImmediate(resolve))

function apply(disk: { bytes: Uint8Array; length: number }, record: Recorded): void {
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
